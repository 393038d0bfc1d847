"""What of a record the rest of the log is held against, in plain values that are quick to keep."""

from __future__ import annotations

from typing import NamedTuple

from gate.record.predicates import BasePart, LinkPart, Unknown
from gate.record.statement import DecisionRecord, OutcomeRecord, Record


class Range(NamedTuple):
    """Where a range starts: a base's kind, commit ("" for none) and log index."""

    kind: str
    commit: str
    index: int | None


class Judged(NamedTuple):
    """A decision: what it decided, and what it told of history.

    ``said`` and ``here`` are of ``history``; ``base`` is the change's own, None where the change
    could not be had, ``start`` where it starts and ``released`` whether on a release ref.
    """

    decision: str
    said: Range
    here: tuple[int, ...]
    base: Range | None
    start: str
    released: bool
    replaces: str
    evidence: str


class Ended(NamedTuple):
    """An outcome: of which decision (index, leaf hash in hex), and how it ended."""

    index: int
    leaf: str
    outcome: str


class Summary(NamedTuple):
    """A record: ``told`` is None, and the rest empty, unless it belongs to a deployment.

    Leaf hashes and roots are in lower-case hex. ``prior`` is (index, leaf) of the newest record
    here, ``prior_tickets`` has (id, index, leaf).
    """

    kind: str
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
        return Summary(record.kind)
    return Summary(
        kind=record.kind,
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
    predicate, change = record.predicate, record.predicate.change
    refs = () if isinstance(change, Unknown) else change.release_refs
    return Judged(
        decision=record.decision.value,
        said=_range(record.history.base),
        here=record.history.here,
        base=None if isinstance(change, Unknown) else _range(change.base),
        start="" if isinstance(change, Unknown) else change.start or "",
        released=not isinstance(refs, Unknown) and bool(refs),
        replaces=predicate.replaces.entry if predicate.replaces else "",
        evidence=predicate.evidence,
    )


def _ended(record: OutcomeRecord) -> Ended:
    return Ended(record.of.index, record.of.leaf, record.outcome.value)


def _range(base: BasePart) -> Range:
    return Range(base.kind.value, base.commit or "", base.index)


def _link(link: LinkPart | None) -> tuple[int, str] | None:
    return None if link is None else (link.index, link.leaf)
