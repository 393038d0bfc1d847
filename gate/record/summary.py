"""What of a record the rest of the log is held against, in plain values that are quick to keep."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from gate.model import DecisionKind, Level, Outcome
from gate.record.predicates import LinkPart, Unknown
from gate.record.statement import DecisionRecord, OutcomeRecord, Record, ReviewRecord
from gate.record.times import format_time

NOT_REUSED: Final = "ticket-not-reused"
"""The control that depends on other records than those of the same service and environment."""

REVIEWED: Final = "emergency-reviewed"
"""The control that depends on the records of the same service in every environment."""

_EMERGENCY: Final = DecisionKind.EMERGENCY


class Judged(NamedTuple):
    """A decision: what it decided, and what it told of history.

    ``said_…`` is the base that history gave and ``here`` its records of the commit. ``base_…`` is
    the change's own base (its kind "" where the change could not be had), ``start`` where its range
    starts, ``released`` whether its head is on a release ref. No commit is "". ``anew`` has of each
    ticket when it was approved anew ("" for null), and ``not_reused`` says whether the decision
    counted on the control of that name: required, and not waived. ``reviewed`` says the same of
    ``emergency-reviewed``, but of an emergency that was seconded: that counts on nothing. Of an
    emergency ``review_by`` is when its review is due; "" of any other decision. ``spooled``: it was
    judged without the log, and so not from the base that the log tells.
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
    reviewed: bool = False
    review_by: str = ""
    spooled: bool = False


class Ended(NamedTuple):
    """An outcome: of which decision (index, leaf hash in hex), and how it ended."""

    of_index: int
    of_leaf: str
    outcome: str


class Settled(NamedTuple):
    """A review: of which decision (index, leaf hash in hex), and what it came to."""

    of_index: int
    of_leaf: str
    outcome: str
    evidence: str


class Summary(NamedTuple):
    """A record: ``told`` is None, and the rest empty, unless it belongs to a deployment.

    ``at`` is as ``times`` spells it, "" where an unknown kind names none; leaf hashes and roots are
    in lower-case hex. ``prior`` is (index, leaf) of the newest record here, ``prior_tickets`` has
    (id, index, leaf); ``emergencies`` those that await their review, as (index, leaf, review by).
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
    told: Judged | Ended | Settled | None = None
    emergencies: tuple[tuple[int, str, str], ...] = ()


def summarise(record: Record) -> Summary:
    """The summary of a record."""
    if not isinstance(record, DecisionRecord | OutcomeRecord | ReviewRecord):
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
        told=_told(record),
        emergencies=tuple(
            (one.index, one.leaf, format_time(one.review_by)) for one in record.prior.emergencies
        ),
    )


def _told(record: DecisionRecord | OutcomeRecord | ReviewRecord) -> Judged | Ended | Settled:
    if isinstance(record, DecisionRecord):
        return _judged(record)
    if isinstance(record, ReviewRecord):
        of = record.of
        return Settled(of.index, of.leaf, record.outcome.value, record.predicate.evidence)
    return _ended(record)


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
        not_reused=counts_on(record, NOT_REUSED),
        reviewed=counts_on(record, REVIEWED) and not is_seconded(record),
        review_by=format_time(record.review_by) if record.decision is _EMERGENCY else "",
        spooled=is_spooled(record),
    )


def counts_on(record: DecisionRecord, control: str) -> bool:
    """Whether the decision counted on a control: required, and not waived."""
    return any(
        one.id == control and one.level is Level.REQUIRE and one.outcome is not Outcome.WAIVED
        for one in record.predicate.controls
    )


def is_spooled(record: DecisionRecord) -> bool:
    """Whether it is an emergency that was judged without the log, and recorded in it later."""
    emergency = record.predicate.emergency
    return record.decision is _EMERGENCY and emergency is not None and emergency.spooled


def is_seconded(record: DecisionRecord) -> bool:
    """Whether it is an emergency that somebody other than its deployer approved."""
    emergency = record.predicate.emergency
    return record.decision is _EMERGENCY and emergency is not None and emergency.seconded


def _ended(record: OutcomeRecord) -> Ended:
    return Ended(record.of.index, record.of.leaf, record.outcome.value)


def _time(at: datetime | None) -> str:
    return "" if at is None else format_time(at)


def _link(link: LinkPart | None) -> tuple[int, str] | None:
    return None if link is None else (link.index, link.leaf)
