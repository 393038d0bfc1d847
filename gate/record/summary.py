"""What of a record the rest of the log is held against, in plain values that are quick to keep."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from gate.model import Level, Outcome
from gate.record.predicates import LinkPart, Unknown
from gate.record.statement import DecisionRecord, OutcomeRecord, Record
from gate.record.times import format_time

NOT_REUSED: Final = "ticket-not-reused"
TESTED: Final = "tested-before"
"""The controls that depend on other records than those of the same service and environment."""


class Judged(NamedTuple):
    """A decision: what it decided, and what it told of history.

    ``said_…`` is the base that history gave and ``here`` its records of the commit. ``base_…`` is
    the change's own base (its kind "" where the change could not be had), ``start`` where its range
    starts, ``released`` whether its head is on a release ref. No commit is "". ``anew`` has of each
    ticket when it was approved anew ("" for null), and ``not_reused`` says whether the decision
    counted on the control of that name: required, and not waived.
    """

    decision: str
    said_kind: str
    said_commit: str
    said_index: int | None
    here: tuple[int, ...]
    base_kind: str
    base_commit: str
    start: str
    released: bool
    replaces: str
    evidence: str
    anew: tuple[tuple[str, str], ...]
    not_reused: bool


class Ended(NamedTuple):
    """An outcome: of which decision (index, leaf hash in hex), and how it ended."""

    of_index: int
    of_leaf: str
    outcome: str


class Summary(NamedTuple):
    """A record: ``told`` is None, and the rest empty, unless it belongs to a deployment.

    ``at`` is as ``times`` spells it, "" where an unknown kind names none; leaf hashes and roots are
    in lower-case hex. ``prior`` is (index, leaf) of the newest record here, ``prior_tickets`` has
    (id, index, leaf).
    """

    kind: str
    at: str = ""
    service: str = ""
    environment: str = ""
    commit: str = ""
    tickets: tuple[str, ...] = ()
    size: int = 0
    root: str = ""
    prior: tuple[int, str] | None = None
    prior_tickets: tuple[tuple[str, int, str], ...] = ()
    told: Judged | Ended | None = None


def summarise(record: Record) -> Summary:
    """The summary of a record."""
    if not isinstance(record, DecisionRecord | OutcomeRecord):
        return Summary(record.kind, _time(record.at))
    return Summary(
        kind=record.kind,
        at=format_time(record.at),
        service=record.service,
        environment=record.environment,
        commit=record.commit,
        tickets=record.tickets,
        size=record.judged_at.size,
        root=record.judged_at.root,
        prior=_link(record.prior.deployment),
        prior_tickets=tuple((one.id, one.index, one.leaf) for one in record.prior.tickets),
        told=_judged(record) if isinstance(record, DecisionRecord) else _ended(record),
    )


def _judged(record: DecisionRecord) -> Judged:
    predicate, said = record.predicate, record.history.base
    change = None if isinstance(predicate.change, Unknown) else predicate.change
    refs = () if change is None or isinstance(change.release_refs, Unknown) else change.release_refs
    return Judged(
        decision=record.decision.value,
        said_kind=said.kind.value,
        said_commit=said.commit or "",
        said_index=said.index,
        here=record.history.here,
        base_kind="" if change is None else change.base.kind.value,
        base_commit="" if change is None else change.base.commit or "",
        start="" if change is None else change.start or "",
        released=bool(refs),
        replaces=predicate.replaces.entry if predicate.replaces else "",
        evidence=predicate.evidence,
        anew=tuple((one.id, _time(one.approved_anew)) for one in record.history.tickets),
        not_reused=any(
            control.id == NOT_REUSED
            and control.level is Level.REQUIRE
            and control.outcome is not Outcome.WAIVED
            for control in predicate.controls
        ),
    )


def _ended(record: OutcomeRecord) -> Ended:
    return Ended(record.of.index, record.of.leaf, record.outcome.value)


def _time(at: datetime | None) -> str:
    return "" if at is None else format_time(at)


def _link(link: LinkPart | None) -> tuple[int, str] | None:
    return None if link is None else (link.index, link.leaf)
