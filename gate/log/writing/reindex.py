"""The index of a log, made anew from its entries."""

from __future__ import annotations

from gate.log.reading.keys import row_of
from gate.log.reading.view import LogView

FAR_BEHIND = 4096
"""Entries without rows from which on the index is made anew by itself, apart from the append."""


def reindex(view: LogView) -> bool:
    """Replace the index of the log by one that covers all entries of ``view``.

    False where the log has another head by now. Raises ``StoreError`` where it cannot be written,
    ``InconsistentError`` where an entry does not fit the head.
    """
    rows = (row_of(index, view.entry(index)) for index in range(view.size))
    done = view.store.reindex(view.checkpoint, rows)
    view.forget_index()
    return done


def catch_up(view: LogView) -> None:
    """Make the index anew where it is far behind.

    A plan would have to hold all the missing rows at once.
    """
    if view.size - view.covered() > FAR_BEHIND:
        reindex(view)
