"""One record as one line."""

from __future__ import annotations

from gate.output.escape import terminal
from gate.record.statement import (
    DecisionRecord,
    KeyRecord,
    OutcomeRecord,
    Record,
    ReviewRecord,
    UnknownRecord,
)
from gate.record.times import format_time


def entry_line(index: int, record: Record) -> str:
    """A line for a terminal: place, time, what it is and of what."""
    at = "(no time)" if record.at is None else format_time(record.at)
    return terminal(f"{index:>8}  {at:<24}  {_what(record)}")


def _what(record: Record) -> str:
    if isinstance(record, DecisionRecord):
        tickets = ", ".join(record.tickets) or "no change request"
        place = f"{record.service} to {record.environment}"
        return f"{record.decision:<12}  {place}  {record.commit[:12]}  {tickets}"
    if isinstance(record, OutcomeRecord):
        place = f"{record.service} to {record.environment}"
        return f"{record.outcome:<12}  {place}  {record.commit[:12]}  of entry {record.of.index}"
    if isinstance(record, ReviewRecord):
        late = ", late" if record.predicate.late else ""
        place = f"{record.service} to {record.environment}"
        of = f"review of entry {record.of.index}{late}"
        return f"{record.outcome:<12}  {place}  {record.commit[:12]}  {of}"
    if isinstance(record, KeyRecord):
        key = record.predicate
        return f"{'key':<12}  {key.role} key {key.action}  {key.keyid[:16]}"
    return f"{'unknown':<12}  {_unknown(record)}"


def _unknown(record: UnknownRecord) -> str:
    return f"a record of type {record.predicate_type}, which this version does not know"
