"""One decision as one row of the population."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from gate.audit import change_cells as change
from gate.audit import run_cells as of_run
from gate.audit import ticket_cells as ticket
from gate.audit.cells import NONE_RECORDED, PERMITS, people
from gate.audit.names import Names, Opened
from gate.audit.row_notes import row_notes, tested_before
from gate.audit.run_cells import run_cells
from gate.model import DecisionKind, EntryLink, Level, Outcome
from gate.record.predicates import DecisionPredicate, ReviewOutcome
from gate.record.statement import DecisionRecord, OutcomeRecord, ReviewRecord
from gate.record.times import format_time

IN_TIME, LATE = "approved", "approved (late)"
Cell: TypeAlias = str | int | tuple[str, ...]
_Cells: TypeAlias = dict[str, Any]  # by the columns' names; ``Row`` takes all of them and no other


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
    base: str
    base_kind: str
    base_index: str
    artifacts: tuple[str, ...]
    tickets: tuple[str, ...]
    stories: tuple[str, ...]
    ticket_status: tuple[str, ...]
    ticket_created: tuple[str, ...]
    ticket_authors: tuple[str, ...]
    approved_at: tuple[str, ...]
    approvers: tuple[str, ...]
    approval_sources: tuple[str, ...]
    objected_at: tuple[str, ...]
    objections: tuple[str, ...]
    makers: tuple[str, ...]
    last_push_at: str
    reviewed_at: tuple[str, ...]
    reviewers: tuple[str, ...]
    merged_at: tuple[str, ...]
    tested_before: str
    run_url: str
    run_created_at: str
    run_attempt: str
    deployer: str
    outcome: str
    outcome_at: str
    outcome_index: str
    emergency_reason: str
    review_due: str
    review_outcome: str
    review_recorded_at: str
    review_index: str
    failed: tuple[str, ...]
    undetermined: tuple[str, ...]
    waived: tuple[str, ...]
    exceptions: tuple[str, ...]
    claims: tuple[str, ...]
    assurance: str
    policy_sha256: str
    policy_pin: str
    evidence_sha256: str
    entry_sha256: str
    keyid: str
    gate_version: str
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
class Reviewed:
    """The review that settles an emergency, else the newest attempt at one, and its place."""

    record: ReviewRecord
    index: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a decision stands: its link, its entry's SHA-256, and the key that signed it."""

    link: EntryLink
    entry_sha256: str
    keyid: str


def make_row(
    record: DecisionRecord,
    opened: Opened[DecisionPredicate],
    place: Place,
    ended: Ended | None,
    reviewed: Reviewed | None = None,
) -> Row:
    """The row of a decision."""
    predicate, names = opened.predicate, opened.names
    review = reviewed if record.decision is DecisionKind.EMERGENCY else None
    return Row(
        **_place_cells(place),
        **_subject_cells(record, predicate),
        **_ticket_cells(record, predicate, names),
        **_change_cells(predicate, names),
        **_run_cells(predicate, names),
        **_outcome_cells(record, ended),
        **_emergency_cells(record, predicate, names, review),
        **_control_cells(predicate),
        **_source_cells(predicate),
        notes=tuple(row_notes(opened, 0 if ended is None else ended.count)),
    )


def _place_cells(place: Place) -> _Cells:
    return {
        "index": place.link.index,
        "leaf": place.link.leaf,
        "entry_sha256": place.entry_sha256,
        "keyid": place.keyid,
    }


def _subject_cells(record: DecisionRecord, predicate: DecisionPredicate) -> _Cells:
    """When what was decided of which range of commits."""
    base = change.base(predicate)
    return {
        "decided_at": format_time(record.at),
        "decision": record.decision.value,
        "service": record.service,
        "environment": record.environment,
        "repository": record.repository,
        "commit": record.commit,
        "base": base.commit,
        "base_kind": base.kind,
        "base_index": base.index,
        "artifacts": tuple(f"{a.name}@sha256:{a.sha256}" for a in record.artifacts),
    }


def _ticket_cells(record: DecisionRecord, predicate: DecisionPredicate, names: Names) -> _Cells:
    """The change requests; what was decided on run and change stands beside what was on them."""
    approvals = (*ticket.approvals(predicate), *of_run.approvals(predicate))
    objections = (
        *ticket.objections(predicate),
        *of_run.objections(predicate),
        *change.objections(predicate),
    )
    return {
        "tickets": ticket.ids(record, predicate),
        "stories": ticket.stories(predicate),
        "ticket_status": ticket.statuses(predicate),
        "ticket_created": ticket.created(predicate),
        "ticket_authors": people(names, dict.fromkeys(ticket.authors(predicate))),
        "approved_at": tuple(at for _, at in approvals),
        "approvers": people(names, (label for label, _ in approvals)),
        "approval_sources": (*ticket.sources(predicate), *of_run.sources(predicate)),
        "objected_at": tuple(at for _, at in objections),
        "objections": people(names, (label for label, _ in objections)),
    }


def _change_cells(predicate: DecisionPredicate, names: Names) -> _Cells:
    reviews = tuple(change.reviews(predicate))
    return {
        "makers": people(names, dict.fromkeys(change.makers(predicate))),
        "last_push_at": change.last_push_at(predicate),
        "reviewed_at": tuple(at for _, at in reviews),
        "reviewers": people(names, (label for label, _ in reviews)),
        "merged_at": change.merged_at(predicate),
        "tested_before": tested_before(predicate),
    }


def _run_cells(predicate: DecisionPredicate, names: Names) -> _Cells:
    run = run_cells(predicate.run, names)
    return {
        "run_url": run.url,
        "run_created_at": run.created_at,
        "run_attempt": run.attempt,
        "deployer": run.deployer,
    }


def _outcome_cells(record: DecisionRecord, ended: Ended | None) -> _Cells:
    return {
        "outcome": _outcome(record, ended),
        "outcome_at": "" if ended is None else format_time(ended.record.at),
        "outcome_index": "" if ended is None else str(ended.index),
    }


def _emergency_cells(
    record: DecisionRecord, predicate: DecisionPredicate, names: Names, review: Reviewed | None
) -> _Cells:
    is_emergency = record.decision is DecisionKind.EMERGENCY
    return {
        "emergency_reason": _reason(predicate, names),
        "review_due": format_time(record.review_by) if is_emergency else "",
        "review_outcome": review_outcome(review) if is_emergency else "",
        "review_recorded_at": "" if review is None else format_time(review.record.at),
        "review_index": "" if review is None else str(review.index),
    }


def _control_cells(predicate: DecisionPredicate) -> _Cells:
    return {
        "failed": _controls(predicate, Level.REQUIRE, Outcome.FAIL),
        "undetermined": _controls(predicate, Level.REQUIRE, Outcome.UNDETERMINED),
        "waived": _controls(predicate, Level.REQUIRE, Outcome.WAIVED),
        "exceptions": _controls(predicate, Level.WARN, Outcome.FAIL, Outcome.UNDETERMINED),
    }


def _source_cells(predicate: DecisionPredicate) -> _Cells:
    """What the decision rests on: policy, evidence, and what vouches for them."""
    return {
        "claims": predicate.claims,
        "assurance": predicate.assurance.value,
        "policy_sha256": predicate.policy.sha256,
        "policy_pin": predicate.policy.pin.value,
        "evidence_sha256": predicate.evidence,
        "gate_version": predicate.gate,
        "replaces": "" if predicate.replaces is None else predicate.replaces.entry,
    }


def _outcome(record: DecisionRecord, ended: Ended | None) -> str:
    if ended is not None:
        return ended.record.outcome.value
    return NONE_RECORDED if record.decision in PERMITS else ""


def _reason(predicate: DecisionPredicate, names: Names) -> str:
    """Why an emergency was declared, also where it was not granted."""
    declared = predicate.emergency
    return "" if declared is None else names.text(declared.reason)


def review_outcome(review: Reviewed | None) -> str:
    """What the review of an emergency came to."""
    if review is None:
        return NONE_RECORDED
    if review.record.outcome is not ReviewOutcome.APPROVED:
        return review.record.outcome.value
    return LATE if review.record.predicate.late else IN_TIME


def _controls(predicate: DecisionPredicate, level: Level, *outcomes: Outcome) -> tuple[str, ...]:
    return tuple(
        f"{control.id} ({control.outcome})" if len(outcomes) > 1 else control.id
        for control in predicate.controls
        if control.level is level and control.outcome in outcomes
    )
