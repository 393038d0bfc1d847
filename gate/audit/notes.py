"""What the reader of a list must know beyond its numbers."""

from __future__ import annotations

from collections.abc import Iterator

from gate.audit.tally import Query, Tally
from gate.record.times import format_time

NO_KEPT = (
    "No kept checkpoint was given: that this copy holds the newest entries rests on whoever made "
    "the copy. Ask for checkpoints from jobs' logs or receipts, and give them with --kept."
)
OUTCOMES = (
    "An outcome is the word of the job that deployed. The newest of the whole log is joined, also "
    "where it was recorded after the period's end."
)


def notes(
    tally: Tally, query: Query, *, made_after_period_end: bool | None, kept: int, beyond: int
) -> Iterator[str]:
    """Notes in the order of their weight."""
    if beyond:
        yield beyond_head(beyond)
    if not kept:
        yield NO_KEPT
    yield from _period(tally, query, made_after_period_end=made_after_period_end)
    yield from _found(tally, query)


def beyond_head(count: int) -> str:
    """That something in the log's place is newer than its head."""
    return (
        f"{count} {'file reaches' if count == 1 else 'files reach'} beyond this head: an older "
        "head may lie over newer entries (an append that was cut off leaves such files, too); ask "
        "for the newest checkpoint."
    )


def _period(tally: Tally, query: Query, *, made_after_period_end: bool | None) -> Iterator[str]:
    if made_after_period_end is False:
        yield (
            "The period had not ended when this list was made: it is not complete. Make it again "
            "after the period's end."
        )
    first, last = tally.first_at, tally.last_at
    if query.end is not None and last is not None and last < query.end:
        yield (
            f"The newest record of the log is of {format_time(last)}, before the period's end: "
            "nothing here shows that this copy was taken after it."
        )
    if first is None:
        yield "The log holds no record with a time: nothing is shown about the period."
    elif query.start is None or query.start <= first:
        yield (
            f"The log's first record is of {format_time(first)}: nothing is shown about the part "
            "of the period before."
        )


def _found(tally: Tally, query: Query) -> Iterator[str]:
    if tally.counts.listed == 0:
        yield (
            "No decision was recorded for this query. The list is empty, and the counts above show "
            "where every record of this log went."
        )
    if not tally.found_environment:
        yield f"No decision in the whole log is for an environment {query.environment!r}."
    if not tally.found_service:
        yield f"No decision in the whole log is for a service {query.service!r}."
    if tally.counts.unknown:
        yield (
            "The log holds records of types that this version does not know; they are counted and "
            "not listed."
        )
    if tally.out_of_order_count:
        yield (
            f"{tally.out_of_order_count} records give themselves an earlier time than a record "
            "before them in the log; their indexes are listed."
        )
