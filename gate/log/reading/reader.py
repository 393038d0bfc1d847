"""What a store must know of the log it keeps: whose heads count, what entries are found by."""

from __future__ import annotations

from collections.abc import Iterable

from gate.frozen import dataclass
from gate.log.reading.keys import row_of
from gate.store.contract import LogReader
from gate.tlog.checkpoint import Checkpoint, open_checkpoint
from gate.tlog.keys import Verifier, verify_ed25519
from gate.tlog.note import open_note


def log_reader(keys: Iterable[Verifier]) -> LogReader:
    """The reader of the log that had ``keys``, one after the other; the last is its current one.

    It can be pickled, so that other processes can open the store that has it.
    """
    log = _KeyedLog(tuple(keys))
    return LogReader(log.open_head, log.generation, log.sealed_by, row_of)


@dataclass(frozen=True, slots=True)
class _KeyedLog:
    """The log that had ``keys``."""

    keys: tuple[Verifier, ...]

    def open_head(self, note: bytes) -> Checkpoint:
        return open_checkpoint(note, self.keys)

    def generation(self, note: bytes) -> int:
        signed = {(one.name, one.key_id) for one in open_note(note, self.keys).verified}
        return max(n for n, one in enumerate(self.keys) if (one.name, one.key_id) in signed)

    def sealed_by(self, message: bytes, signature: bytes) -> int:
        for n, one in enumerate(self.keys):
            if verify_ed25519(one.public_key, message, signature):
                return n
        return -1
