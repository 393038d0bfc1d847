"""What a store must know of the log it keeps: whose heads count, what entries are found by."""

from __future__ import annotations

from collections.abc import Iterable

from gate.log.keys import row_of
from gate.store.contract import LogReader
from gate.tlog.checkpoint import Checkpoint, open_checkpoint
from gate.tlog.keys import Verifier, verify_ed25519
from gate.tlog.note import open_note


def log_reader(keys: Iterable[Verifier]) -> LogReader:
    """The reader of the log that had ``keys``, one after the other; the last is its current one."""
    trusted = tuple(keys)

    def open_head(note: bytes) -> Checkpoint:
        return open_checkpoint(note, trusted)

    def generation(note: bytes) -> int:
        signed = {(one.name, one.key_id) for one in open_note(note, trusted).verified}
        return max(n for n, one in enumerate(trusted) if (one.name, one.key_id) in signed)

    def sealed_by(message: bytes, signature: bytes) -> int:
        for n, one in enumerate(trusted):
            if verify_ed25519(one.public_key, message, signature):
                return n
        return -1

    return LogReader(open_head, generation, sealed_by, row_of)
