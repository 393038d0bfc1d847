"""approval-covers-change: what was approved is what is deployed; nothing was added afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from gate.config.types import Policy
from gate.controls.change import Range, Unit, range_of, shown
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    require,
    say,
    unavailable,
    undetermined,
)
from gate.controls.counted import Vote, in_future
from gate.controls.independence import Ballot, Candidate, standing
from gate.controls.last_change import LastChange, last_change
from gate.controls.makers import makers_of
from gate.controls.tickets import unread
from gate.controls.whose import whose
from gate.identity import Relation, same_account
from gate.model import (
    Approval,
    ChangeRequest,
    EditedText,
    Facts,
    Judgement,
    Maybe,
    Message,
    Outcome,
    Problem,
)


def judge(facts: Facts, policy: Policy, now: datetime) -> Judgement:
    """Each pull request and direct push is what it was before an approval that stands."""
    expected = say(
        "approval-covers.expected",
        "The last push of each pull request is older than a counted approval of a ticket that"
        " covers it, and the ticket was not edited since.",
    )
    unjudged = unread(facts)
    if unjudged:
        return conclude(expected, unjudged)
    change = range_of(facts)
    if isinstance(change, Finding):
        return conclude(expected, [change])
    ballot = Ballot(facts, policy, change, now)
    findings = [_unit(unit, change, ballot, now) for unit in change.landed]
    if change.loose:
        findings.append(_loose(change))
    return conclude(expected, findings)


def _unit(unit: Unit, change: Range, ballot: Ballot, now: datetime) -> Finding:
    since = last_change(unit)
    if isinstance(since, Finding):
        return since
    candidates = ballot.candidates(unit.commits)
    if not candidates:
        return ballot.nothing(unit.commits)
    tally = ballot.tally(unit.commits)
    # An approval that is late enough but a maker's own must not stand in for one that is
    # independent but too early: where there are independent ones, only they are asked.
    independent = [c for c in candidates if _is_independent(c, unit, change, ballot)]
    findings = [_judged(c, unit, since, now) for c in independent or candidates]
    later = [a for a in tally.possible if _is_after(a, since.at)]
    stale = _of_groups(independent or candidates, findings, ballot)
    if stale is not None and later and stale.outcome is Outcome.FAIL:
        return undetermined(stale.observed, whose(later, ballot.teller.people))
    if stale is not None:
        return stale
    for outcome in (Outcome.PASS, Outcome.UNDETERMINED):
        for finding in findings:
            if finding.outcome is outcome:
                return finding
    newest = max(zip(independent or candidates, findings, strict=True), key=lambda p: _rank(p[0]))[
        1
    ]
    if tally.problem is not None:
        return tally.problem
    if later:
        return undetermined(newest.observed, whose(later, ballot.teller.people))
    return newest


def _of_groups(
    candidates: Sequence[Candidate], findings: Sequence[Finding], ballot: Ballot
) -> Finding | None:
    """Of a group of which enough approved, what keeps it from having approved this."""
    order = (Outcome.PASS, Outcome.UNDETERMINED, Outcome.FAIL)
    for minimum in ballot.minimums:
        best: dict[str, Finding] = {}
        for candidate, finding in zip(candidates, findings, strict=True):
            person = candidate.vote.person
            before = best.get(person, finding)
            if person in minimum.members:
                best[person] = min(before, finding, key=lambda one: order.index(one.outcome))
        ranked = sorted(best.values(), key=lambda one: order.index(one.outcome))
        if len(ranked) >= minimum.count and ranked[minimum.count - 1].outcome is not Outcome.PASS:
            return ranked[minimum.count - 1]
    return None


def _rank(candidate: Candidate) -> tuple[datetime, str, str]:
    vote = candidate.vote
    return vote.latest, vote.account.system, vote.account.key


def _is_after(approval: Approval, time: datetime) -> bool:
    return approval.decided_at is None or approval.decided_at > time


def _is_independent(candidate: Candidate, unit: Unit, change: Range, ballot: Ballot) -> bool:
    teller = ballot.teller
    starter = None if isinstance(ballot.starter, Finding) else ballot.starter[0]
    makers = {makers_of(commit, change.units_of[commit.sha]) for commit in unit.commits}
    return all(
        standing(candidate, each, teller.people, teller.rules.independent_of, starter).relation
        is Relation.DIFFERENT
        for each in makers
    )


def _judged(candidate: Candidate, unit: Unit, since: LastChange, now: datetime) -> Finding:
    vote = candidate.vote
    future = in_future(vote, now)
    if future is not None:
        return future
    # What was given on the deployed commit itself is of all that it holds, whenever that came.
    if not vote.of_commit and vote.latest <= since.at:
        return failed(_too_early(vote, unit, since), _again(vote))
    is_later = vote.earliest is not None and vote.earliest >= _after(since.at)
    if vote.earliest is None or not (vote.of_commit or is_later):
        return undetermined(_inexact(vote, unit, since), _again(vote))
    return _unedited(candidate, vote, vote.earliest) or passed(_covers(vote, unit, since))


def _again(vote: Vote) -> Message:
    return say("approval-covers.remedy", "Have {place} approved once more.", place=vote.place)


def _too_early(vote: Vote, unit: Unit, since: LastChange) -> Message:
    if since.retargeted:
        return say(
            "approval-covers.retargeted",
            "{unit} was given another base at {retargeted}; {approver} approved {place} at"
            " {approved}.",
            unit=unit.name,
            retargeted=since.at,
            approver=vote.account,
            place=vote.place,
            approved=vote.latest,
        )
    return say(
        "approval-covers.pushed",
        "The last push to {unit} was at {pushed}; {approver} approved {place} at {approved}.",
        unit=unit.name,
        pushed=since.at,
        approver=vote.account,
        place=vote.place,
        approved=vote.latest,
    )


def _inexact(vote: Vote, unit: Unit, since: LastChange) -> Message:
    if since.retargeted:
        return say(
            "approval-covers.inexact-base",
            "{approver} approved {place} at {approved} at the latest; that it was after {unit} was"
            " given another base ({retargeted}) cannot be told.",
            approver=vote.account,
            place=vote.place,
            approved=vote.latest,
            unit=unit.name,
            retargeted=since.at,
        )
    return say(
        "approval-covers.inexact",
        "{approver} approved {place} at {approved} at the latest; that it was after the"
        " last push to {unit} ({pushed}) cannot be told.",
        approver=vote.account,
        place=vote.place,
        approved=vote.latest,
        unit=unit.name,
        pushed=since.at,
    )


def _covers(vote: Vote, unit: Unit, since: LastChange) -> Message:
    """What is told of an approval that covers the unit."""
    if vote.of_commit or vote.earliest is None:
        return say(
            "approval-covers.commit",
            "{approver} approved {place}, which is of this very commit.",
            approver=vote.account,
            place=vote.place,
        )
    if since.retargeted:
        return say(
            "approval-covers.covered-base",
            "{approver} approved {place} {later} after {unit} was given its base.",
            approver=vote.account,
            place=vote.place,
            later=vote.earliest - since.at,
            unit=unit.name,
        )
    return say(
        "approval-covers.covered",
        "{approver} approved {place} {later} after the last push to {unit}.",
        approver=vote.account,
        place=vote.place,
        later=vote.earliest - since.at,
        unit=unit.name,
    )


def _after(moment: datetime) -> datetime:
    """From when on an approval is surely later: GitHub tells whole seconds, others a part of one.

    Whoever waits for the approval can push within the second in which it is given.
    """
    return moment + timedelta(microseconds=1 if moment.microsecond else 1_000_000)


def _unedited(candidate: Candidate, vote: Vote, earliest: datetime) -> Finding | None:
    """What is wrong with the texts of the tickets that were approved; None where nothing is."""
    unsure: Finding | None = None
    for ticket in candidate.agreed:
        for text in _texts(ticket):
            if isinstance(text, Problem):
                return unavailable(text)
            if text.edited_at > vote.latest and not text.latest_possible:
                return failed(*_edited(ticket, text, vote))
            # A ticket is there before anybody can approve it: creating it needs no second's room.
            known = text.edited_at == ticket.created_at or _is_by(text, vote)
            if text.edited_at > earliest or (text.edited_at == earliest and not known):
                unsure = unsure or undetermined(*_edited(ticket, text, vote))
    return unsure


def _is_by(text: EditedText, vote: Vote) -> bool:
    """Whether approvers wrote it themselves, as they may on the form by which they approve.

    Of others, what has the approval's time may be later: some systems' times are whole seconds.
    """
    return text.edited_by is not None and same_account(text.edited_by, vote.account)


def _edited(ticket: ChangeRequest, text: EditedText, vote: Vote) -> tuple[Message, Message]:
    return (
        say(
            "approval-covers.edited",
            "{place} of {ticket} was edited at {edited}, and not surely before its approval"
            " ({approved} at the latest).",
            place=text.location,
            ticket=ticket.key,
            edited=text.edited_at,
            approved=vote.latest,
        ),
        say(
            "approval-covers.edited.remedy",
            "Have {ticket} approved once more as it is now.",
            ticket=ticket.key,
        ),
    )


def _texts(ticket: ChangeRequest) -> Iterator[EditedText | Problem]:
    """Scope, plans and window; an edit is told before a text that could not be had."""
    parts = (ticket.scope, ticket.rollback_plan, ticket.test_plan, _window(ticket))
    for part in parts:
        if not isinstance(part, Problem):
            yield from sorted(part, key=lambda text: (-text.edited_at.timestamp(), text.location))
    yield from (part for part in parts if isinstance(part, Problem))


def _window(ticket: ChangeRequest) -> Maybe[tuple[EditedText, ...]]:
    window = ticket.window
    if window is None or isinstance(window, Problem):
        return window or ()
    edited = EditedText(
        "the planned window", "", window.edited_at, latest_possible=window.latest_possible
    )
    return (edited,)


def _loose(change: Range) -> Finding:
    return undetermined(
        say(
            "approval-covers.loose",
            "The forge knows no push of {count} commit(s) ({commits}): when they came is unknown.",
            **shown(change.loose),
        ),
        say("approval-covers.loose.remedy", "Bring them in by a pull request."),
    )


CONTROL = Control(
    id="approval-covers-change",
    title="The approval is of this very change",
    criteria=(
        "SOC 2 CC8.1 (POF 8, 9)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3(b), SA-10",
        "PCI DSS 6.5.1",
    ),
    needs=(
        "the forge's push times, never commit dates",
        "when a pull request was last given another base",
        "the times of the approvals",
        "the last edits of scope, plans and planned window",
    ),
    default=require,
    integrity=False,
    demands=(
        "Each pull request (or direct push) of the change had its last push, and was last given "
        "another base, before a counted "
        "approval of a ticket that covers it, an independent one where there is any, and of each "
        "group of approvals.at_least as many; and neither "
        "scope nor plans nor planned window of the ticket were edited after that approval. The "
        "forge's approval of this run's deployment is of the commit itself, and covers every push "
        "that led to it. The forge's own merge is no push. Times are the forge's: a commit's date "
        "is whatever its author wrote."
    ),
    satisfy="After the last push, new base or edit, have the ticket approved once more.",
    judge=judge,
)
