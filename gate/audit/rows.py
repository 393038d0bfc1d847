"""One decision as one row of the population."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeAlias

from gate.audit.names import UNCHECKED, Names, Opened
from gate.model import EntryLink, Level, Outcome, Verdict
from gate.record.predicates import (
    ChangePart,
    DecisionPredicate,
    Spilled,
    TextReference,
    TicketFact,
    TicketPart,
    Unknown,
)
from gate.record.statement import DecisionRecord, OutcomeRecord
from gate.record.times import format_time

Cell: TypeAlias = str | int | tuple[str, ...]

# What stands in a cell where there is no value to show, and why.
UNKNOWN = "(unknown)"  # the fact could not be had when it was decided
MISSING = "(missing)"  # the system showed no such change request
IN_EVIDENCE = "(in evidence)"  # too long for the record, and the evidence bundle is not at hand


@dataclass(frozen=True, slots=True)
class Row:
    """A decision; its columns are described in ``docs/audit/population.md``.

    Times are RFC 3339 UTC, "" for none; persons are labels of their own record, or names where
    they were joined.
    """

    index: int
    leaf: str
    decided_at: str
    decision: str
    service: str
    environment: str
    repository: str
    commit: str
    artifacts: tuple[str, ...]
    tickets: tuple[str, ...]
    ticket_created: tuple[str, ...]
    ticket_authors: tuple[str, ...]
    approved_at: tuple[str, ...]
    approvers: tuple[str, ...]
    makers: tuple[str, ...]
    run_url: str
    outcome: str
    outcome_at: str
    outcome_index: str
    failed: tuple[str, ...]
    waived: tuple[str, ...]
    exceptions: tuple[str, ...]
    claims: tuple[str, ...]
    assurance: str
    policy_sha256: str
    policy_pin: str
    evidence_sha256: str
    entry_sha256: str
    keyid: str
    replaces: str
    notes: tuple[str, ...]


COLUMNS = tuple(field.name for field in fields(Row))


@dataclass(frozen=True, slots=True)
class Ended:
    """The newest outcome of a decision, its place in the log, and how many there are."""

    record: OutcomeRecord
    index: int
    count: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a decision stands: its link, its entry's SHA-256, and the key that signed it."""

    link: EntryLink
    entry_sha256: str
    keyid: str


def make_row(record: DecisionRecord, opened: Opened, place: Place, ended: Ended | None) -> Row:
    """The row of a decision."""
    predicate, names = opened.predicate, opened.names
    tickets = _tickets(predicate)
    return Row(
        index=place.link.index,
        leaf=place.link.leaf,
        decided_at=format_time(record.at),
        decision=record.decision.value,
        service=record.service,
        environment=record.environment,
        repository=record.repository,
        commit=record.commit,
        artifacts=tuple(f"{a.name}@sha256:{a.sha256}" for a in record.artifacts),
        tickets=(UNKNOWN,) if isinstance(predicate.given, Unknown) else record.tickets,
        ticket_created=tuple(_created(ticket) for ticket in tickets),
        ticket_authors=_people(names, _authors(tickets)),
        approved_at=tuple(at for _, at in _approvals(tickets)),
        approvers=_each(names, [label for label, _ in _approvals(tickets)]),
        makers=_people(names, _makers(predicate)),
        run_url=_run_url(predicate, names),
        outcome="" if ended is None else ended.record.outcome.value,
        outcome_at="" if ended is None else format_time(ended.record.at),
        outcome_index="" if ended is None else str(ended.index),
        failed=_controls(predicate, Level.REQUIRE, Outcome.FAIL, Outcome.UNDETERMINED),
        waived=_controls(predicate, Level.REQUIRE, Outcome.WAIVED),
        exceptions=_controls(predicate, Level.WARN, Outcome.FAIL, Outcome.UNDETERMINED),
        claims=predicate.claims,
        assurance=predicate.assurance.value,
        policy_sha256=predicate.policy.sha256,
        policy_pin=predicate.policy.pin.value,
        evidence_sha256=predicate.evidence,
        entry_sha256=place.entry_sha256,
        keyid=place.keyid,
        replaces="" if predicate.replaces is None else predicate.replaces.entry,
        notes=tuple(_notes(predicate, opened, ended)),
    )


def _tickets(predicate: DecisionPredicate) -> tuple[TicketPart | None, ...]:
    """The tickets; one None where they stand in evidence that is not at hand."""
    return (None,) if isinstance(predicate.tickets, Spilled) else predicate.tickets


def _fact(ticket: TicketPart | None) -> TicketFact | str:
    if ticket is None:
        return IN_EVIDENCE
    if ticket.fact is None:
        return MISSING
    return UNKNOWN if isinstance(ticket.fact, Unknown) else ticket.fact


def _created(ticket: TicketPart | None) -> str:
    fact = _fact(ticket)
    return fact if isinstance(fact, str) else format_time(fact.created_at)


def _authors(tickets: tuple[TicketPart | None, ...]) -> Iterator[str | None]:
    for ticket in tickets:
        fact = _fact(ticket)
        if isinstance(fact, str):
            yield fact
        else:
            yield fact.creator
            yield fact.reporter


def _approvals(tickets: tuple[TicketPart | None, ...]) -> Iterator[tuple[str, str]]:
    """Who approved, and when: all approvals as recorded, whether or not they counted."""
    for ticket in tickets:
        fact = _fact(ticket)
        if isinstance(fact, str):
            if fact != MISSING:
                yield fact, fact
        elif isinstance(fact.approvals, Unknown):
            yield UNKNOWN, UNKNOWN
        else:
            for approval in fact.approvals:
                if approval.verdict is Verdict.APPROVED:
                    at = approval.decided_at
                    yield approval.person or UNKNOWN, UNKNOWN if at is None else format_time(at)


def _makers(predicate: DecisionPredicate) -> Iterator[str | None]:
    """The makers of the change as recorded, the ticket's authors apart.

    Authors, co-authors and signers of each commit that the forge did not write itself when it
    merged, pushers, and the authors of pull requests.
    """
    change = predicate.change
    if isinstance(change, Unknown):
        yield UNKNOWN
        return
    yield from _commit_makers(change)
    if isinstance(change.pull_requests, Unknown | Spilled):
        yield _absent(change.pull_requests)
    else:
        for pull in change.pull_requests:
            yield pull.author or UNKNOWN
            yield from _pushers(pull.pushes)
    yield from _pushers(change.direct_pushes)


def _commit_makers(change: ChangePart) -> Iterator[str | None]:
    if isinstance(change.commits, Unknown | Spilled):
        yield _absent(change.commits)
        return
    for commit in change.commits:
        if not commit.merged_by_forge:
            yield from (commit.author, *commit.co_authors, commit.signer)


def _pushers(pushes: object) -> Iterator[str | None]:
    if isinstance(pushes, Unknown | Spilled):
        yield _absent(pushes)
    elif isinstance(pushes, tuple):
        for push in pushes:
            yield push.person or UNKNOWN


def _absent(part: Unknown | Spilled) -> str:
    return UNKNOWN if isinstance(part, Unknown) else IN_EVIDENCE


def _people(names: Names, labels: Iterator[str | None]) -> tuple[str, ...]:
    """Each person once, in order of appearance."""
    return _each(names, dict.fromkeys(label for label in labels if label is not None))


def _each(names: Names, labels: list[str] | dict[str, None]) -> tuple[str, ...]:
    return tuple(label if label.startswith("(") else names.person(label) for label in labels)


def _run_url(predicate: DecisionPredicate, names: Names) -> str:
    run = predicate.run
    url = run.url if run.fact is None or isinstance(run.fact, Unknown) else run.fact.url
    return names.text(url.label) if isinstance(url, TextReference) else url


def _controls(predicate: DecisionPredicate, level: Level, *outcomes: Outcome) -> tuple[str, ...]:
    return tuple(
        f"{control.id} ({control.outcome})" if len(outcomes) > 1 else control.id
        for control in predicate.controls
        if control.level is level and control.outcome in outcomes
    )


def _notes(predicate: DecisionPredicate, opened: Opened, ended: Ended | None) -> Iterator[str]:
    if predicate.replaces is not None:
        codes = ", ".join(predicate.replaces.failed)
        yield f"denied at its place in the log ({predicate.replaces.reason}: {codes})"
    if ended is not None and ended.count > 1:
        yield f"the newest of {ended.count} outcomes"
    if opened.people == UNCHECKED:
        yield "names not shown: the evidence that vouches for them is missing"
