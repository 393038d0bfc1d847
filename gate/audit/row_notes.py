"""What else must be said of a decision's row: of its record, its names, and where it was tested."""

from __future__ import annotations

from collections.abc import Iterator

from gate.audit.cells import NONE_RECORDED
from gate.audit.names import NOT_AT_HAND, UNCHECKED, Opened
from gate.record.predicates import DecisionPredicate
from gate.record.times import format_time


def row_notes(opened: Opened[DecisionPredicate], outcomes: int) -> Iterator[str]:
    """The notes of a row; ``outcomes``: how many the log has of the decision."""
    predicate = opened.predicate
    if predicate.replaces is not None:
        codes = ", ".join(predicate.replaces.failed)
        yield f"denied at its place in the log ({predicate.replaces.reason}: {codes})"
    emergency = predicate.emergency
    if emergency is not None and emergency.deferred:
        yield f"a service was down: not judged were {', '.join(emergency.deferred)}"
    if emergency is not None and emergency.spooled:
        yield "the log was down: recorded later, and judged without it"
    if outcomes > 1:
        yield f"the newest of {outcomes} outcomes"
    if opened.people == NOT_AT_HAND:
        yield "no names: this record's disclosure is not at hand"
    if opened.people == UNCHECKED:
        yield "no names: the evidence that vouches for them is missing"


def tested_before(predicate: DecisionPredicate) -> str:
    """The outcome that ``tested-before`` went by, and in which log; "" where none is asked for."""
    tested = predicate.history.tested
    if tested is None:
        return ""
    if tested.ended is None:
        return f"{tested.environment}: {NONE_RECORDED}"
    entry = f"{tested.environment}: outcome at entry {tested.ended.index}"
    elsewhere = tested.elsewhere
    if elsewhere is None:
        return entry
    at = "" if elsewhere.at is None else f", recorded {format_time(elsewhere.at)}"
    return f"{entry} (leaf {tested.ended.leaf}) of the other log {elsewhere.origin}{at}"
