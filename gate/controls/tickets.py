"""The tickets of a deployment: each one is judged, and none is no pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from gate.config.types import Policy, TicketSettings
from gate.controls.control import Finding, say, undetermined
from gate.model import ChangeRequest, Facts, Lookup, MissingTicket, Problem

UNREAD = "ticket.unread"  # the code of what is said of a ticket that could not be read
JudgeTicket: TypeAlias = Callable[[ChangeRequest], Iterable[Finding]]


def found(facts: Facts) -> tuple[ChangeRequest, ...]:
    """The tickets that were asked for and came back under the same ID, each once."""
    tickets = {
        lookup.result.key: lookup.result
        for lookup in facts.tickets
        if isinstance(lookup.result, ChangeRequest) and is_asked_for(lookup, lookup.result)
    }
    return tuple(tickets.values())


def settings_of(ticket: ChangeRequest, policy: Policy) -> TicketSettings | None:
    """What the policy says of the ticket's system; None where it has no such system."""
    return policy.tickets.get(ticket.system)


def is_asked_for(lookup: Lookup, ticket: ChangeRequest) -> bool:
    """Whether what came back is what was asked for: systems answer for moved tickets too."""
    asked = lookup.reference
    return bool(asked.id) and (asked.system, asked.id) == (ticket.system, ticket.key)


def unread(facts: Facts) -> list[Finding]:
    """A finding for each ticket that could not be judged, and one where there is none."""
    return list(each_ticket(facts, lambda _ticket: ()))


def nothing_given(facts: Facts) -> Finding | None:
    """What every control of tickets says where none was given, or not all were looked up."""
    if facts.given and all_looked_up(facts):
        return None
    return undetermined(
        say("ticket.none", "There is no ticket to judge; see ticket-given."),
        say("ticket.none.remedy", "Put ticket-given right first."),
    )


def each_ticket(facts: Facts, judge: JudgeTicket) -> Iterator[Finding]:
    """The findings of ``judge`` on every ticket, and one for each that could not be judged."""
    nothing = nothing_given(facts)
    if nothing is not None:
        yield nothing
        return
    for lookup in facts.tickets:
        if not isinstance(lookup.result, ChangeRequest) or not is_asked_for(lookup, lookup.result):
            yield undetermined(
                say(
                    "ticket.missing" if _is_missing(lookup) else "ticket.unread",
                    "{ticket} could not be judged; see ticket-exists.",
                    ticket=lookup.reference.id,
                ),
                say("ticket.unread.remedy", "Put ticket-exists right first."),
            )
            continue
        yield from judge(lookup.result)


def all_looked_up(facts: Facts) -> bool:
    """Whether the lookups are those of the references given, neither more nor fewer."""
    given = facts.given
    return not isinstance(given, Problem) and set(given) == {t.reference for t in facts.tickets}


def _is_missing(lookup: Lookup) -> bool:
    return isinstance(lookup.result, (MissingTicket, ChangeRequest))
