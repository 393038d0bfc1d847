"""ticket-not-reused: a ticket lets one commit into an environment, or is approved anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from gate.config.types import Policy
from gate.controls.change import short
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
from gate.controls.counted import Tally, Teller
from gate.controls.tickets import each_ticket, found
from gate.controls.whose import whose
from gate.model import Approval, ChangeRequest, Facts, Judgement, Problem, TicketUse


def judge(facts: Facts, policy: Policy, now: datetime) -> Judgement:
    """No earlier use of the ticket here was of another commit and after its newest approvals."""
    teller, history, commit = Teller(facts, policy), facts.history, facts.deployment.commit
    expected = say(
        "ticket-not-reused.expected",
        "No ticket has let another commit into {environment}, unless {required} of {by} approved"
        " it anew since.",
        environment=facts.deployment.environment,
        required=teller.required,
        by=teller.by,
    )

    def ticket_is_fresh(ticket: ChangeRequest) -> Iterator[Finding]:
        if isinstance(history, Problem):
            yield unavailable(history)
            return
        uses = history.uses.get(ticket.key)
        if uses is None:
            yield _unread(ticket)
            return
        others = [use for use in uses if use.commit != commit]
        if others:
            last = max(others, key=lambda use: (use.at, use.link.index))
            yield _judged(ticket, last, teller, now)
        else:
            yield passed(
                say(
                    "ticket-not-reused.first",
                    "{ticket} has let no other commit in.",
                    ticket=ticket.key,
                )
            )

    return conclude(expected, each_ticket(facts, ticket_is_fresh))


def approved_anew(facts: Facts, policy: Policy, now: datetime) -> Mapping[str, datetime | None]:
    """For each ticket asked for, from when on it counts as approved anew.

    That is the earliest time of its newest approvals, as many as are required, each of another
    person. None where there are not so many, or it is not proved when they were given.
    """
    teller = Teller(facts, policy)
    tickets = {ticket.key: ticket for ticket in found(facts)}
    return {
        asked: _anew(teller.of_ticket(tickets[asked]), teller.required, now)
        if asked in tickets
        else None
        for asked in (lookup.reference.id for lookup in facts.tickets)
    }


def _anew(tally: Tally, required: int, now: datetime) -> datetime | None:
    if tally.problem is not None or tally.objections:
        return None
    newest: dict[str, datetime] = {}
    for vote in tally.votes:
        if vote.earliest is not None and vote.latest <= now:
            given = _to_the_millisecond(min(vote.earliest, vote.latest))
            newest[vote.person] = max(given, newest.get(vote.person, given))
    times = sorted(newest.values(), reverse=True)
    return times[required - 1] if len(times) >= required else None


def _to_the_millisecond(at: datetime) -> datetime:
    """As records have it, so that it is compared with the time of a use there as it is here."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _judged(ticket: ChangeRequest, last: TicketUse, teller: Teller, now: datetime) -> Finding:
    """A ticket that let another commit in, the last time by ``last``."""
    tally = teller.of_ticket(ticket)
    if tally.problem is not None:
        return tally.problem
    anew = _anew(tally, teller.required, now)
    if anew is not None and anew > last.at:
        return passed(
            say(
                "ticket-not-reused.anew",
                "{ticket} was approved anew at {anew}, {later} after it had let {commit} in.",
                ticket=ticket.key,
                anew=anew,
                later=anew - last.at,
                commit=short(last.commit),
            )
        )
    unclear = _unclear(ticket, last, tally, teller, now)
    if unclear is not None:
        return unclear
    return failed(
        say(
            "ticket-not-reused.used",
            "{ticket} let {commit} of {service} in at {at} (entry {entry} of the log), and was not"
            " approved anew since.",
            ticket=ticket.key,
            commit=short(last.commit),
            service=last.service,
            at=last.at,
            entry=last.link.index,
        ),
        say(
            "ticket-not-reused.remedy",
            "Open a ticket for this change, or have {required} of {by} approve {ticket} anew.",
            required=teller.required,
            by=teller.by,
            ticket=ticket.key,
        ),
    )


def _unclear(
    ticket: ChangeRequest, last: TicketUse, tally: Tally, teller: Teller, now: datetime
) -> Finding | None:
    """Undetermined while it may turn out that enough people approved since the last use."""
    late = {vote.person for vote in tally.votes if last.at < vote.latest <= now}
    possible = [approval for approval in tally.possible if _may_be_since(approval, last)]
    if tally.objections or len(late) + len(possible) < teller.required:
        return None
    observed = say(
        "ticket-not-reused.unclear",
        "{ticket} let {commit} of {service} in at {at} (entry {entry} of the log); whether it was"
        " approved anew since cannot be told.",
        ticket=ticket.key,
        commit=short(last.commit),
        service=last.service,
        at=last.at,
        entry=last.link.index,
    )
    if possible:
        return undetermined(observed, whose(possible, teller.people))
    return undetermined(
        observed,
        say(
            "ticket-not-reused.unclear.remedy",
            "Open a ticket for this change, or have {ticket} approved in a step that begins now:"
            " of the present one it is only known that it ended after the last use.",
            ticket=ticket.key,
        ),
    )


def _may_be_since(approval: Approval, last: TicketUse) -> bool:
    return approval.decided_at is None or approval.decided_at > last.at


def _unread(ticket: ChangeRequest) -> Finding:
    return undetermined(
        say(
            "ticket-not-reused.unread",
            "It is not known what {ticket} let in before.",
            ticket=ticket.key,
        ),
        say("ticket-not-reused.unread.remedy", "Run again; the log is read for every ticket."),
    )


CONTROL = Control(
    id="ticket-not-reused",
    title="The change request is used once",
    criteria=(
        "SOC 2 CC8.1 (POF 2, 8)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3",
        "PCI DSS 6.5.1",
    ),
    needs=(
        "the log's records of what each ticket let into this environment",
        "the ticket's approvals, with the earliest time that each can have",
    ),
    default=require,
    integrity=False,
    demands=(
        "No allowed or emergency record of this environment, of any service, names the ticket "
        "with another commit. Or as many approvals of the ticket itself as approvals.required "
        "states, by different people of approvals.by, were provably given after the newest of "
        "them. A deployment that failed or was cancelled has used its ticket, too. It is judged "
        "again where the record takes its place in the log."
    ),
    satisfy="Open a ticket for each change, or have the ticket approved anew before its next use.",
    judge=judge,
)
