"""When a ticket was last sent back, by the changelog of its status.

That is a move out of the statuses in which it may be deployed; a move to one in which it may not,
and which it had had before; and its resolution taken away, as whoever reopens it does. Who moved it
does not matter. A step forward through statuses that it never had is none of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from gate.config.statuses import is_listed
from gate.model import SentBack, Status
from gate.tickets.jira.history import History, IncompleteError, Item


def sent_back(status: Status, history: History, deployable: Sequence[str]) -> SentBack | None:
    """The last time, None where the history shows none.

    Raises IncompleteError where the moves do not lead to the status, each from where the one before
    led, or do not say between what they were.
    """
    moves = history.of("status", "status")
    _check(moves, status)
    reopened = [
        item.at for item in history.of("resolution", "resolution") if item.old and not item.new
    ]
    times = [*_moved_back(moves, status, deployable), *reopened]
    return SentBack(max(times)) if times else None


def _moved_back(
    moves: tuple[Item, ...], status: Status, deployable: Sequence[str]
) -> Iterator[datetime]:
    ends = {status, *(end for move in moves for end in _ends(move))}
    listed = {end for end in ends if any(is_listed(end, entry) for entry in deployable)}
    # A status that was renamed is listed by one of its names: it counts as either, to be strict.
    maybe = {end.id for end in listed}
    surely = maybe - {end.id for end in ends - listed}
    had: set[str | None] = set()
    for move in moves:
        is_back = move.old in maybe or move.new in had
        if move.new not in surely and move.new != move.old and is_back:
            yield move.at
        had.add(move.old)


def _ends(move: Item) -> tuple[Status, Status]:
    """Where a move led from and to, with the names of then."""
    return (
        Status(move.old or "", move.old_name or ""),
        Status(move.new or "", move.new_name or ""),
    )


def _check(moves: tuple[Item, ...], status: Status) -> None:
    for before, after in pairwise(moves):
        if before.new != after.old:
            raise IncompleteError("the changelog lacks a move of the ticket")
    if any(not (move.old and move.new and move.old_name and move.new_name) for move in moves):
        raise IncompleteError("the changelog does not say between which statuses it was moved")
    if moves and moves[-1].new != status.id:
        raise IncompleteError("the changelog does not lead to the status that the ticket has")
