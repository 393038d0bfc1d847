"""The system calls of an append, recorded, to be made again without anything around them.

What is played again is what reaches the disk: the same new files with the same bytes, the same
``fsync`` of each, renames, deletions and ``fsync`` of directories, in the same order. SQLite's
commit stands for itself: the same rows are put into an equal file, by the same statements, on a
connection opened for it. The writer's lock is no part of it, nor is anything that reads.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from gate.store.contract import IndexRow
from gate.store.durable import Calls

Step: TypeAlias = Callable[[Path], None]
"""One system call, to be made below another root."""


class RecordedCalls(Calls):
    """Passes every call on, and keeps what it takes to make it again elsewhere."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.steps: list[tuple[str, str, bytes]] = []

    def _note(self, name: str, path: Path | None = None, data: bytes = b"") -> None:
        self.steps.append((name, "" if path is None else str(path.relative_to(self._root)), data))

    def make_directory(self, path: Path) -> None:
        self._note("mkdir", path)
        super().make_directory(path)

    def create(self, path: Path, mode: int) -> int:
        self._note("create", path)
        return super().create(path, mode)

    def write(self, descriptor: int, data: bytes) -> None:
        self._note("write", data=data)
        super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._note("fsync")
        super().sync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self._note("rename", source, str(target.relative_to(self._root)).encode())
        super().rename(source, target)

    def unlink(self, path: Path) -> None:
        self._note("unlink", path)
        super().unlink(path)

    def remove_directory(self, path: Path) -> None:
        self._note("rmdir", path)
        super().remove_directory(path)

    def sync_directory(self, path: Path) -> None:
        self._note("fsync directory", path)
        super().sync_directory(path)

    def settle(self, connection: sqlite3.Connection) -> None:
        self._note("sqlite")
        super().settle(connection)


def play(steps: Sequence[tuple[str, str, bytes]], root: Path, index: Path, row: IndexRow) -> None:
    """Make the recorded calls below ``root``; ``row`` is what went into the file ``index``."""
    descriptor = -1
    for name, path, data in steps:
        where = f"{root}/{path}"
        if name == "create":
            descriptor = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC)
        elif name == "write":
            os.write(descriptor, data)
        elif name == "fsync":
            os.fsync(descriptor)
            os.close(descriptor)
        elif name == "rename":
            os.rename(where, f"{root}/{data.decode()}")  # noqa: PTH104  # the bare call is the floor
        elif name == "fsync directory":
            folder = os.open(where, os.O_RDONLY | os.O_DIRECTORY)
            os.fsync(folder)
            os.close(folder)
        elif name == "sqlite":
            _insert(index, row)
        else:
            with contextlib.suppress(FileNotFoundError, FileExistsError):
                {"mkdir": os.mkdir, "unlink": os.unlink, "rmdir": os.rmdir}[name](where)


def _insert(index: Path, row: IndexRow) -> None:
    with contextlib.closing(sqlite3.connect(index, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        pairs = [(one, row.index) for one in row.tokens]
        connection.executemany("INSERT OR IGNORE INTO key VALUES (?, ?)", pairs)
        connection.execute("UPDATE covered SET entries = ?", (row.index + 1,))
        connection.commit()
