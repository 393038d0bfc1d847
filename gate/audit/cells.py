"""What stands in a cell of the auditor's lists, and what stands there instead of a value."""

from __future__ import annotations

from collections.abc import Iterable

from gate.audit.names import Names
from gate.model import PERMITTING, DecisionKind
from gate.record.predicates import ApprovalPart, Spilled, Unknown
from gate.record.times import format_time

UNKNOWN = "(unknown)"  # the fact could not be had when it was decided
MISSING = "(missing)"  # the system showed no such change request
IN_EVIDENCE = "(in evidence)"  # too long for the record, and the evidence bundle is not at hand
NOT_MERGED = "(not merged)"  # the forge showed no merge of the pull request
NONE_RECORDED = "(none recorded)"  # what was let pass, and of which no outcome is in the log
CLAIM = " (a claim)"  # behind what only the pipeline's environment says
LATEST = " (at the latest)"  # behind an upper bound, where the system has no time of its own

PERMITS = tuple(kind for kind in DecisionKind if kind in PERMITTING)  # in the model's order


def people(names: Names, labels: Iterable[str | None]) -> tuple[str, ...]:
    """A name for each label; what stands in brackets is no label, and None is nobody."""
    return tuple(
        label if label.startswith("(") else names.person(label)
        for label in labels
        if label is not None
    )


def absent(part: Unknown | Spilled) -> str:
    """Why a list is not there."""
    return UNKNOWN if isinstance(part, Unknown) else IN_EVIDENCE


def given_by(approval: ApprovalPart) -> tuple[str, str]:
    """Whose approval or objection it is, and its time: with its bounds where it has no own."""
    who = approval.person or UNKNOWN
    since = "" if approval.not_before is None else format_time(approval.not_before)
    if approval.decided_at is None:
        return who, f"{UNKNOWN[:-1]}, after {since})" if since else UNKNOWN
    at = format_time(approval.decided_at)
    if not approval.latest_possible:
        return who, at
    return who, at + (f"{LATEST[:-1]}, not before {since})" if since else LATEST)
