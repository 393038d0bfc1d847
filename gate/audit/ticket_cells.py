"""The columns that tell of a decision's change requests."""

from __future__ import annotations

from collections.abc import Iterator

from gate.audit.cells import IN_EVIDENCE, MISSING, UNKNOWN, given_by
from gate.model import Verdict
from gate.record.predicates import (
    DecisionPredicate,
    Spilled,
    TicketFact,
    TicketPart,
    Unknown,
)
from gate.record.statement import DecisionRecord
from gate.record.times import format_time


def ids(record: DecisionRecord, predicate: DecisionPredicate) -> tuple[str, ...]:
    """The change requests given; with the key that came back where that is another."""
    if isinstance(predicate.given, Unknown):
        return (UNKNOWN,)
    keys = {
        ticket.id: ticket.fact.key
        for ticket in _tickets(predicate)
        if ticket is not None and isinstance(ticket.fact, TicketFact)
    }
    return tuple(
        id_ if keys.get(id_, id_) == id_ else f"{id_} (came back as {keys[id_]})"
        for id_ in record.tickets
    )


def statuses(predicate: DecisionPredicate) -> tuple[str, ...]:
    """Each ticket's status when it was read."""
    facts = _facts(predicate)
    return tuple(fact if isinstance(fact, str) else fact.status for fact in facts)


def created(predicate: DecisionPredicate) -> tuple[str, ...]:
    """When each ticket was created."""
    facts = _facts(predicate)
    return tuple(fact if isinstance(fact, str) else format_time(fact.created_at) for fact in facts)


def authors(predicate: DecisionPredicate) -> Iterator[str | None]:
    """Who created or reported the tickets."""
    for fact in _facts(predicate):
        if isinstance(fact, str):
            yield fact
        else:
            yield fact.creator
            yield fact.reporter


def approvals(predicate: DecisionPredicate) -> Iterator[tuple[str, str]]:
    """Who approved, and when: all approvals as recorded, whether or not they counted."""
    return _given(predicate, Verdict.APPROVED)


def sources(predicate: DecisionPredicate) -> Iterator[str]:
    """Where each approval was read, in the order of ``approvals``."""
    for fact in _facts(predicate):
        if isinstance(fact, str):
            if fact != MISSING:
                yield fact
        elif isinstance(fact.approvals, Unknown):
            yield UNKNOWN
        else:
            approved = (one for one in fact.approvals if one.verdict is Verdict.APPROVED)
            yield from (f"{fact.key}: {one.source}" for one in approved)


def stories(predicate: DecisionPredicate) -> tuple[str, ...]:
    """Which change request was found by way of which story."""
    if isinstance(predicate.given, Unknown):
        return (UNKNOWN,)
    return tuple(
        f"{one.through} (linked to {one.id})" for one in predicate.given if one.through is not None
    )


def objections(predicate: DecisionPredicate) -> Iterator[tuple[str, str]]:
    """Who declined a ticket, and when."""
    return _given(predicate, Verdict.DECLINED)


def _given(predicate: DecisionPredicate, verdict: Verdict) -> Iterator[tuple[str, str]]:
    for fact in _facts(predicate):
        if isinstance(fact, str):
            if fact != MISSING:
                yield fact, fact
        elif isinstance(fact.approvals, Unknown):
            yield UNKNOWN, UNKNOWN
        else:
            yield from (given_by(one) for one in fact.approvals if one.verdict is verdict)


def _facts(predicate: DecisionPredicate) -> tuple[TicketFact | str, ...]:
    return tuple(_fact(ticket) for ticket in _tickets(predicate))


def _tickets(predicate: DecisionPredicate) -> tuple[TicketPart | None, ...]:
    """The tickets; one None where they stand in evidence that is not at hand."""
    return (None,) if isinstance(predicate.tickets, Spilled) else predicate.tickets


def _fact(ticket: TicketPart | None) -> TicketFact | str:
    if ticket is None:
        return IN_EVIDENCE
    if ticket.fact is None:
        return MISSING
    return UNKNOWN if isinstance(ticket.fact, Unknown) else ticket.fact
