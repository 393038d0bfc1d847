"""System calls that fail, or end the process, at a chosen one: what a bad disk or a crash does."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gate.store.durable import Calls

R = TypeVar("R")


class CountingCalls(Calls):
    """Passes every call on, and keeps their names in order."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def around(self, name: str, call: Callable[[], R], halfway: Callable[[], object]) -> R:
        """Called in the place of each system call; ``halfway`` does a part of it."""
        del halfway
        self.names.append(name)
        return call()

    def make_directory(self, path: Path) -> None:
        self.around(f"mkdir {path.name}", lambda: Calls.make_directory(self, path), _nothing)

    def create(self, path: Path, mode: int) -> int:
        return self.around(f"open {path.name}", lambda: Calls.create(self, path, mode), _nothing)

    def write(self, descriptor: int, data: bytes) -> None:
        self.around(
            f"write {len(data)}",
            lambda: Calls.write(self, descriptor, data),
            lambda: Calls.write(self, descriptor, data[: len(data) // 2]),
        )

    def sync(self, descriptor: int) -> None:
        self.around("fsync", lambda: Calls.sync(self, descriptor), _nothing)

    def rename(self, source: Path, target: Path) -> None:
        self.around(f"rename {target.name}", lambda: Calls.rename(self, source, target), _nothing)

    def unlink(self, path: Path) -> None:
        self.around(f"unlink {path.name}", lambda: Calls.unlink(self, path), _nothing)

    def remove_directory(self, path: Path) -> None:
        self.around(f"rmdir {path.name}", lambda: Calls.remove_directory(self, path), _nothing)

    def sync_directory(self, path: Path) -> None:
        self.around(f"fsync {path.name}/", lambda: Calls.sync_directory(self, path), _nothing)

    def settle(self, connection: sqlite3.Connection) -> None:
        self.around("sqlite commit", lambda: Calls.settle(self, connection), _nothing)


class FailingCalls(CountingCalls):
    """The call number ``at`` fails with ``code``: not done, or done all the same."""

    def __init__(self, at: int, *, done: bool, code: int = errno.EIO) -> None:
        super().__init__()
        self._at = at
        self._done = done
        self._code = code

    def around(self, name: str, call: Callable[[], R], halfway: Callable[[], object]) -> R:
        self.names.append(name)
        if len(self.names) - 1 != self._at:
            return call()
        if self._done:
            call()
        else:
            halfway()
        raise OSError(self._code, os.strerror(self._code))


class KillingCalls(CountingCalls):
    """The process is killed at call number ``at``: before it, halfway, or after it."""

    def __init__(self, at: int, moment: str) -> None:
        super().__init__()
        self._at = at
        self._moment = moment

    def around(self, name: str, call: Callable[[], R], halfway: Callable[[], object]) -> R:
        self.names.append(name)
        if len(self.names) - 1 == self._at:
            {"before": _nothing, "halfway": halfway, "after": call}[self._moment]()
            os.kill(os.getpid(), signal.SIGKILL)
        return call()


def _nothing() -> None:
    return None
