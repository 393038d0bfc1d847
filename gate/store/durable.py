"""How a file is made to last: every system call, in order.

A file is *placed* by writing a new one aside and renaming it over its name, so a reader sees the
old bytes or the new ones. It *lasts* once three things were forced to the disk: its bytes
(``fsync`` of the file), its name (``fsync`` of the directory), and the names of the directories
above it. A file is always written anew, even where equal bytes are there already: after a crash, or
a failed ``fsync``, what can be read back need not be on the disk.

``Calls`` is the only door to these system calls, so that tests can make each of them fail, or end
the process at it.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from gate.store.contract import StoreError

if TYPE_CHECKING:
    import sqlite3

PUBLIC = 0o666  # before the process's umask
PRIVATE = 0o600

_NEW = (
    os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
)


if sys.platform == "darwin":  # pragma: no cover  # untested: gate is developed on Linux
    import fcntl

    def _force(descriptor: int) -> None:
        # macOS's fsync leaves the bytes in the drive's cache; this asks the drive to write them.
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)

else:

    def _force(descriptor: int) -> None:
        os.fsync(descriptor)


class Calls:
    """The system calls. Each raises ``OSError``, or does what it says."""

    def make_directory(self, path: Path) -> None:
        """Makes a directory, if it is not there yet: mkdir(2)."""
        path.mkdir(exist_ok=True)

    def create(self, path: Path, mode: int) -> int:
        """Opens a new file for writing, and returns its descriptor: open(2)."""
        return os.open(path, _NEW, mode)

    def write(self, descriptor: int, data: bytes) -> None:
        """Writes all of ``data``, in as many system calls as it takes."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def sync(self, descriptor: int) -> None:
        """Forces the bytes of a file to the disk: fsync(2), and on macOS what does that there."""
        _force(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Gives a file another name, replacing what is there, in one step."""
        source.replace(target)

    def unlink(self, path: Path) -> None:
        """Deletes a file, if it is still there."""
        path.unlink(missing_ok=True)

    def remove_directory(self, path: Path) -> None:
        """Deletes an empty directory: rmdir(2)."""
        path.rmdir()

    def sync_directory(self, path: Path) -> None:
        """Forces the names in a directory to the disk: fsync(2). Windows has no such call."""
        if os.name == "nt":
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _force(descriptor)
        finally:
            os.close(descriptor)

    def settle(self, connection: sqlite3.Connection) -> None:
        """SQLite's commit, which writes and syncs its journal and its file by itself."""
        connection.commit()


def place(calls: Calls, scratch: Path, target: Path, data: bytes, mode: int = PUBLIC) -> None:
    """Have ``target`` hold ``data``, its bytes on the disk.

    ``scratch`` is a free name on the same file system. The name lasts only after ``keep_names``.
    """
    descriptor = calls.create(scratch, mode)
    try:
        calls.write(descriptor, data)
        calls.sync(descriptor)
    finally:
        os.close(descriptor)
    calls.rename(scratch, target)


def make_directories(calls: Calls, root: Path, path: Path) -> None:
    """Make ``path`` and what is missing between it and ``root``."""
    for directory in reversed(chain(root, path)):
        if not directory.is_dir():
            calls.make_directory(directory)


def keep_names(calls: Calls, root: Path, directories: Iterable[Path]) -> None:
    """Force the names in ``directories`` to the disk, the deepest first.

    And those in the directories above them, up to ``root``.
    """
    every = {one for directory in directories for one in chain(root, directory)}
    for directory in sorted(every, key=lambda one: (-len(one.parts), one)):
        calls.sync_directory(directory)


def chain(root: Path, path: Path) -> tuple[Path, ...]:
    """``path`` and the directories above it, up to and with ``root``."""
    above = len(path.parts) - len(root.parts)
    return (path, *path.parents[:above])


def explain(error: OSError, what: str) -> StoreError:
    """What to tell of a system call that failed while doing ``what`` ("write the log in …")."""
    remedies = {
        errno.ENOSPC: "the disk is full: free some space there, then run again",
        errno.EDQUOT: "the disk quota is used up: free some space there, then run again",
        errno.EFBIG: "a file may not grow that far (see `ulimit -f`): raise the limit, run again",
        errno.EROFS: "the file system is mounted read-only: mount it writable, then run again",
        errno.EACCES: "give the user that runs gate the right to read and write there",
        errno.EPERM: "give the user that runs gate the right to read and write there",
        errno.ENOENT: "the folder is not there: check the path, and that the disk is mounted",
        errno.ENOTDIR: "a file stands where a folder should be: check the path",
        errno.EIO: "the disk reports an error: check it before anything else",
    }
    reason = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
    return StoreError(
        f"cannot {what}: {reason}",
        remedy=remedies.get(error.errno or 0, "put that right, then run again"),
    )
