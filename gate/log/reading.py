"""What a store must know of the log it keeps: whose heads count, what entries are found by."""

from __future__ import annotations

from collections.abc import Iterable

from gate.log.keys import row_of
from gate.store.contract import LogReader
from gate.tlog.checkpoint import Checkpoint, open_checkpoint
from gate.tlog.keys import Verifier


def log_reader(keys: Iterable[Verifier]) -> LogReader:
    """The reader of the log whose heads any of ``keys`` signs."""
    trusted = tuple(keys)

    def open_head(note: bytes) -> Checkpoint:
        return open_checkpoint(note, trusted)

    return LogReader(open_head, row_of)
