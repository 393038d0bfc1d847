"""What of a record the rest of the log is held against, in plain values that are quick to keep.

Links and bases stay as the record spells them: canonical JSON has one spelling, so two are the same
if their texts are, and of most records nobody wants to know more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from gate.model import DecisionKind, Level, Outcome
from gate.record.predicates import BasePart, LinkPart, Unknown
from gate.record.statement import DecisionRecord, OutcomeRecord, Record, ReviewRecord
from gate.record.times import format_time

Text: TypeAlias = str
"""Canonical JSON of a link, a base or a list of places; "null" for a link to nothing."""

NOT_REUSED: Final = "ticket-not-reused"
TESTED: Final = "tested-before"
REVIEWED: Final = "emergency-reviewed"
"""The controls that depend on other records than those of the same service and environment."""

_EMERGENCY: Final = DecisionKind.EMERGENCY


class Judged(NamedTuple):
    """A decision: what it decided, and what it told of history.

    ``said`` is the base that history gave, and ``here`` its records of the commit. ``base`` is the
    change's own ("" where the change could not be had), ``start`` where its range starts ("" for
    null), ``released`` whether its head is on a release ref. ``terms`` says by ticket when it was
    approved anew ("" for null), and ``not_reused`` whether the decision counted on the control of
    that name: required, and not waived. ``tested`` is the environment that must come first and for
    how many milliseconds a success there counts, None where the decision did not count on it, or
    says enough itself: that receipts of another log told of a success in time.
    ``replaces`` and ``evidence`` are digests, "" for none. ``reviewed`` is as ``not_reused``, of
    ``emergency-reviewed``, but of an emergency that was seconded: that counts on nothing. Of an
    emergency ``review_by`` is when its review is due; "" of any other decision. ``spooled``: it was
    judged without the log, and so not from the base that the log tells.
    """

    decision: str
    said: Text
    here: Text
    base: Text
    start: str
    released: bool
    terms: tuple[tuple[str, str], ...]
    not_reused: bool
    tested: tuple[str, int] | None
    replaces: str
    evidence: str
    reviewed: bool = False
    review_by: str = ""
    spooled: bool = False


class Ended(NamedTuple):
    """An outcome: of which decision, and how it ended."""

    of: Text
    outcome: str


class Settled(NamedTuple):
    """A review: of which decision, and what it came to.

    ``decided_at`` and ``review_by`` are the decision's by the review's own word, as ``times``
    spells them, and so is ``late``.
    """

    of: Text
    outcome: str
    evidence: str
    decided_at: str
    review_by: str
    late: bool


class Summary(NamedTuple):
    """A record: ``told`` is None, and the rest empty, unless it belongs to a deployment.

    ``at`` is as ``times`` spells it, "" where an unknown kind names none; ``root`` is in lower-case
    hex. ``prior`` links to the newest record here, and ``prior_tickets`` by ticket to theirs.
    ``artifacts`` are digests in hex. ``emergencies`` are those that await their review, as (index,
    leaf, review by).
    """

    kind: str
    at: str = ""
    service: str = ""
    environment: str = ""
    commit: str = ""
    tickets: tuple[str, ...] = ()
    size: int = 0
    root: str = ""
    prior: Text = "null"
    prior_tickets: tuple[tuple[str, Text], ...] = ()
    told: Judged | Ended | Settled | None = None
    artifacts: tuple[str, ...] = ()
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
        prior_tickets=tuple(
            (one.id, link_text(one.index, one.leaf)) for one in record.prior.tickets
        ),
        told=_told(record),
        artifacts=tuple(artifact.sha256 for artifact in record.artifacts),
        emergencies=tuple(
            (one.index, one.leaf, format_time(one.review_by)) for one in record.prior.emergencies
        ),
    )


def _told(record: DecisionRecord | OutcomeRecord | ReviewRecord) -> Judged | Ended | Settled:
    if isinstance(record, DecisionRecord):
        return _judged(record)
    if isinstance(record, ReviewRecord):
        review = record.predicate
        return Settled(
            _link(review.decision),
            record.outcome.value,
            review.evidence,
            format_time(review.decided_at),
            format_time(review.review_by),
            review.late,
        )
    return _ended(record)


def _judged(record: DecisionRecord) -> Judged:
    predicate, said = record.predicate, record.history.base
    change = None if isinstance(predicate.change, Unknown) else predicate.change
    refs = () if change is None or isinstance(change.release_refs, Unknown) else change.release_refs
    return Judged(
        decision=record.decision.value,
        said=_base(said),
        here=here_text(record.history.here),
        base="" if change is None else _base(change.base),
        start="" if change is None else change.start or "",
        released=bool(refs),
        terms=tuple((one.id, _time(one.approved_anew)) for one in record.history.tickets),
        not_reused=counted_on(record, NOT_REUSED),
        tested=_tested(record),
        replaces=predicate.replaces.entry if predicate.replaces else "",
        evidence=predicate.evidence,
        reviewed=counted_on(record, REVIEWED) and not is_seconded(record),
        review_by=format_time(record.review_by) if record.decision is _EMERGENCY else "",
        spooled=is_spooled(record),
    )


def is_spooled(record: DecisionRecord) -> bool:
    """Whether it is an emergency that was judged without the log, and recorded in it later."""
    emergency = record.predicate.emergency
    return record.decision is _EMERGENCY and emergency is not None and emergency.spooled


def is_seconded(record: DecisionRecord) -> bool:
    """Whether it is an emergency that somebody other than its deployer approved."""
    emergency = record.predicate.emergency
    return record.decision is _EMERGENCY and emergency is not None and emergency.seconded


def counted_on(record: DecisionRecord, control_id: str) -> bool:
    """Whether the decision rests on the control: it was required, and not waived."""
    return any(
        control.id == control_id
        and control.level is Level.REQUIRE
        and control.outcome is not Outcome.WAIVED
        for control in record.predicate.controls
    )


def proved_elsewhere(record: DecisionRecord) -> bool | None:
    """Whether receipts of another log told of a success in time; None: it went by its own log."""
    tested = record.history.tested
    if tested is None or tested.elsewhere is None:
        return None
    at = tested.elsewhere.at
    told = tested.ended is not None and tested.elsewhere.decision is not None
    return told and at is not None and record.at - at <= tested.within


def _tested(record: DecisionRecord) -> tuple[str, int] | None:
    """Nowhere and never, where the record does not say what it counted on."""
    if not counted_on(record, TESTED):
        return None
    tested, elsewhere = record.history.tested, proved_elsewhere(record)
    if elsewhere is not None:
        return None if elsewhere else ("", 0)
    if tested is None:
        return "", 0
    return tested.environment, tested.within // timedelta(milliseconds=1)


def _ended(record: OutcomeRecord) -> Ended:
    return Ended(_link(record.predicate.decision), record.outcome.value)


def _time(at: datetime | None) -> str:
    return "" if at is None else format_time(at)


def _link(link: LinkPart | None) -> Text:
    return "null" if link is None else link_text(link.index, link.leaf)


def _base(base: BasePart) -> Text:
    return base_text(base.kind, base.commit or "", base.index)


# ---------------------------------------------------------------- what a ``Text`` spells


def link_text(index: int, leaf: str) -> Text:
    """A link to entry ``index``, whose leaf hash is ``leaf`` (hex)."""
    return f'{{"index":{index},"leaf":"{leaf}"}}'


def link_of(text: Text) -> tuple[int, str] | None:
    """Index and leaf hash of a link; None for null."""
    return None if text == "null" else (int(text[9:-75]), text[-66:-2])


def base_text(kind: str, commit: str, index: int | None) -> Text:
    """A base; no commit is ""."""
    said = f'"{commit}"' if commit else "null"
    return f'{{"commit":{said},"index":{"null" if index is None else index},"kind":"{kind}"}}'


def base_of(text: Text) -> tuple[str, str]:
    """Kind and commit of a base; no commit is ""."""
    commit, _, rest = text[len('{"commit":') :].partition(",")
    return rest.rpartition(":")[2][1:-2], "" if commit == "null" else commit[1:-1]


def here_text(places: Sequence[int]) -> Text:
    """The places of records."""
    return f"[{','.join(map(str, places))}]"
