"""approved: enough people who may approve did, and nobody objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from gate.config.types import Policy, StandardTemplate
from gate.controls import peer_reviewed
from gate.controls.change import Range, range_of
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    require,
    say,
    together,
    unavailable,
    undetermined,
)
from gate.controls.counted import Tally, Teller, ask_of, merged
from gate.controls.minimum import Minimum, of_group
from gate.controls.run_approvals import ENVIRONMENT
from gate.controls.sent_back import fell
from gate.controls.tickets import each_ticket, found
from gate.controls.whose import in_order, whose
from gate.model import (
    Account,
    ChangeRequest,
    Facts,
    Free,
    Judgement,
    Message,
    Outcome,
    Problem,
    Verdict,
)

OBJECTION = "approved.objection"


def judge(facts: Facts, policy: Policy, now: datetime) -> Judgement:
    """Each ticket has the number of approvals, with reviews where these count."""
    teller = Teller(facts, policy, now)
    expected = _expected(teller)

    def ticket_is_approved(ticket: ChangeRequest) -> Iterator[Finding]:
        if ticket.unfinished and teller.counts_tickets:
            yield _unfinished(ticket)
        if ticket.key in teller.standard:
            yield _beforehand(ticket, teller.standard[ticket.key])
            yield from _objections(teller.of_run())
            yield _reviewed(facts, policy, now)
            return
        own = teller.of_ticket_and_run(ticket)
        if not teller.counts_reviews:
            yield _explained(_judged(merged(own), teller), ticket)
            return
        change = range_of(facts)
        if isinstance(change, Finding):
            yield change
            return
        for tally in _with_reviews(own, change, teller):
            yield _explained(_judged(tally, teller), ticket)

    findings = list(each_ticket(facts, ticket_is_approved))
    if not found(facts):
        findings += _against(facts, teller)
    return conclude(expected, findings)


def _against(facts: Facts, teller: Teller) -> Iterator[Finding]:
    """What stands against the deployment beside its tickets, of which none could be judged.

    What cannot be told is told as such: an emergency may do without tickets, not without these.
    """
    yield from _objections(teller.of_run())
    if not teller.counts_reviews:
        return
    change = range_of(facts)
    if isinstance(change, Finding):
        yield change
        return
    for tally in teller.of_change(change).values():
        yield from _objections(tally)


def _expected(teller: Teller) -> Message:
    if not teller.minimums:
        return say(
            "approved.expected",
            "Each ticket is approved by {required} of {by}, and nobody objects.",
            required=teller.required,
            by=teller.by,
        )
    return say(
        "approved.expected.groups",
        "Each ticket is approved by {required} of {by}, at least {least} of them, and nobody"
        " objects.",
        required=teller.required,
        by=teller.by,
        least=tuple(Free(f"{each.count} of {each.name}") for each in teller.minimums),
    )


def _beforehand(ticket: ChangeRequest, template: StandardTemplate) -> Finding:
    """A standard change that nobody objects to, as far as can be told.

    Objections to it count though its approvals may be no source of any.
    """
    if isinstance(ticket.approvals, Problem):
        return unavailable(ticket.approvals)
    against = tuple(a for a in ticket.approvals if a.verdict is Verdict.DECLINED)
    if against:
        return _objected(Tally(ticket.key, objections=against))
    return passed(
        say(
            "approved.standard",
            "{ticket} is a standard change; the policy approves its template {template} until"
            " {expires}.",
            ticket=ticket.key,
            template=template.id,
            expires=template.expires,
        )
    )


def _unfinished(ticket: ChangeRequest) -> Finding:
    """Steps of approval that the ticket system still waits for, whoever else approved."""
    return failed(
        say(
            "approved.unfinished",
            "{ticket} still waits for an approval step (id {steps}).",
            ticket=ticket.key,
            steps=ticket.unfinished,
        ),
        say(
            "approved.unfinished.remedy",
            "Have every approval step of {ticket} answered; or send it round once more, so that the"
            " step begins anew.",
            ticket=ticket.key,
        ),
    )


def _objections(tally: Tally) -> Iterator[Finding]:
    """What stands against it in a place whose approvals are not asked for, or may do so."""
    if tally.objections:
        yield _objected(tally)
    elif tally.problem is not None:
        yield tally.problem


def _reviewed(facts: Facts, policy: Policy, now: datetime) -> Finding:
    """What peer-reviewed finds, which a standard change needs whatever that control's level."""
    review = peer_reviewed.judge(facts, policy, now)
    return Finding(review.outcome, review.observed, review.remedy, review.claims)


def _explained(finding: Finding, ticket: ChangeRequest) -> Finding:
    """Of a standard change also why it is not approved beforehand."""
    if finding.outcome is not Outcome.FAIL or ticket.standard is None:
        return finding
    if isinstance(ticket.standard, Problem):
        return unavailable(ticket.standard)
    unlisted = say(
        "approved.unlisted",
        "{ticket} is a standard change of template {template}, which the policy does not list for"
        " this service and time, or not every ticket is a standard change.",
        ticket=ticket.key,
        template=ticket.standard.template,
    )
    return replace(finding, observed=together([finding.observed, unlisted]))


def _with_reviews(own: tuple[Tally, ...], change: Range, teller: Teller) -> Iterator[Tally]:
    """A ticket's and the run's approvals with each pull request's reviews, which are its alone."""
    for unit in change.units:
        if unit.pull_request is None:
            yield merged(own or [Tally(unit.name)])
        else:
            yield merged([*own, teller.of_pull_request(unit.pull_request)])
    if change.loose:
        yield merged(own or [Tally("what was not pushed")])


def _judged(tally: Tally, teller: Teller) -> Finding:
    if tally.objections:
        return _objected(tally)
    if tally.problem is not None:
        return tally.problem
    persons = tally.persons
    if teller.suffice(persons):
        return passed(
            say(
                "approved.by",
                "{place} is approved by {approvers}.",
                place=tally.place,
                approvers=_approvers(tally),
            )
        )
    short = [each for each in teller.minimums if each.of(persons) < each.count]
    observed = _too_few(tally, teller, short)
    if not teller.may_suffice(persons, tally.possible):
        enough = len(persons) >= teller.required
        return failed(observed, ask_of(tally, teller, short[0] if short and enough else None))
    return undetermined(observed, whose(tally.possible, teller.people))


def _too_few(tally: Tally, teller: Teller, short: list[Minimum]) -> Message:
    """Of the whole where it is too few, and of each group of which there are."""
    whole = len(tally.persons) < teller.required or not short
    said = [_of_all(tally, teller.required)] if whole else []
    said += [of_group(tally.place, each.of(tally.persons), each) for each in short]
    if not whole and (unclear := _possible(tally)):
        said.append(_unclear(tally.place, unclear))
    if tally.since is not None:
        said.append(fell(tally.place, tally.voided, tally.since))
    return together(said)


def _unclear(place: str, unclear: tuple[Account, ...]) -> Message:
    return say(
        "approved.group.unclear",
        "{unclear} approved {place} too, and it is not known whether that counts.",
        place=place,
        unclear=unclear,
    )


def _of_all(tally: Tally, required: int) -> Message:
    count, unclear = len(tally.persons), _possible(tally)
    if unclear:
        return say(
            "approved.unclear",
            "{place} has {count} of {required} approvals; {unclear} approved too, and it is not"
            " known whether that counts.",
            place=tally.place,
            count=count,
            required=required,
            unclear=unclear,
        )
    if tally.others:
        return say(
            "approved.others",
            "{place} has {count} of {required} approvals that count; {others} more by accounts"
            " that may not approve.",
            place=tally.place,
            count=count,
            required=required,
            others=tally.others,
        )
    return say(
        "approved.too-few",
        "{place} has {count} of {required} approvals.",
        place=tally.place,
        count=count,
        required=required,
    )


def _objected(tally: Tally) -> Finding:
    known = in_order(o.account for o in tally.objections if o.account is not None)
    settle = say(
        "approved.objection.remedy",
        "Settle it with them: an objection to {place} stands until its giver withdraws it.",
        place=tally.place,
    )
    if all(objection.source == ENVIRONMENT for objection in tally.objections):
        settle = say(
            "approved.rejected.remedy",
            "Settle it with them, then start a new run: this one's deployment was rejected.",
        )
    return failed(
        say(
            "approved.objection",
            "{place} is declined by {accounts}.",
            place=tally.place,
            accounts=known or "an account that was deleted",
        ),
        settle,
    )


def _approvers(tally: Tally) -> tuple[Account, ...]:
    return in_order(vote.account for vote in tally.votes)


def _possible(tally: Tally) -> tuple[Account, ...]:
    return in_order(a.account for a in tally.possible if a.account is not None)


CONTROL = Control(
    id="approved",
    title="The change is approved",
    criteria=(
        "SOC 2 CC8.1 (POF 2, 8)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3(b), CM-3(1)(d)",
        "PCI DSS 6.5.1",
    ),
    needs=(
        "the ticket's approvals, provably all of them, and when it was last sent back",
        "reviews, and the forge's approvals of this run's deployment, where they are approvals",
    ),
    default=require,
    integrity=False,
    demands=(
        "The number of individual approvals that approvals.required states, by different people of "
        "approvals.by, among them of each group of approvals.at_least as many as that states "
        "(somebody in two groups counts for both), on each ticket (with reviews of each pull "
        "request, and with the forge's approvals of this run's deployment to its environment, "
        "where approvals.sources adds them), and neither an objection left nor a step of approval "
        "that the ticket system still waits for. Once anybody sent the ticket back (out of the "
        "statuses that deployable lists, back to one that it had had before, to a closed one or on "
        "hold), what was given before is void. Apps, deleted accounts and gate's own accounts "
        "count for nothing; an account that nobody owns counts once [[people]] says whose it is. A "
        "standard change made from a template that the policy lists for the service, not expired, "
        "is approved beforehand where nobody objects and peer-reviewed passes."
    ),
    satisfy="Have somebody of approvals.by approve the ticket under an account of their own.",
    judge=judge,
)
