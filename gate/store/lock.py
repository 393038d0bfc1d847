"""One writer at a time, by a lock that belongs to the process and goes with it.

The lock file stays where it is, for ever: deleting it would let two writers each hold "the" lock.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gate.store.contract import StoreError

PATIENCE = 60.0  # seconds; an append takes some hundredths of one
_PAUSE = 0.005

if os.name == "nt":  # pragma: no cover  # untested: gate is developed on POSIX
    import msvcrt

    def _try(descriptor: int) -> bool:
        try:
            msvcrt.locking(  # type: ignore[attr-defined,unused-ignore]
                descriptor,
                msvcrt.LK_NBLCK,  # type: ignore[attr-defined,unused-ignore]
                1,
            )
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def only_writer(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock at ``path``. ``StoreError`` if another holds it for ``patience`` seconds."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
    try:
        end = time.monotonic() + patience
        while not _try(descriptor):
            if time.monotonic() >= end:
                raise StoreError(
                    f"another writer has held the lock {path} for {patience:g} seconds",
                    remedy="look for a gate that hangs or was stopped, end it, then run again",
                )
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)  # which releases it
