"""A log in a folder of the local file system.

``checkpoint`` is the truth. A writer holds the lock, writes everything else and forces it to the
disk, and then replaces ``checkpoint``: that rename is the commit. What a crash leaves behind lies
beyond the checkpoint, where nobody reads, and the next writer writes over it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gate.errors import InconsistentError
from gate.store.contract import (
    CHECKPOINT,
    IndexRow,
    Key,
    Oddity,
    Plan,
    StoreError,
    evidence_path,
)
from gate.store.directory.index import SqliteIndex
from gate.store.durable import Calls, explain, keep_names, make_directories, place
from gate.store.lock import only_writer

INDEX = "index.sqlite"
LOCK = ".lock"
SCRATCH = ".scratch"

_OWN = frozenset({LOCK, SCRATCH, INDEX, f"{INDEX}-journal"})
_LARGEST = 64 << 20  # bytes; the largest bundle the format allows has 16 MiB


class DirectoryStore:
    """The store in the folder ``root``; ``url`` is how the configuration calls it."""

    def __init__(self, root: Path, url: str = "", calls: Calls | None = None) -> None:
        self._root = root
        self.url = url or f"dir:{root}"
        self._calls = calls or Calls()
        self._scratch = root / SCRATCH
        self._index = SqliteIndex(root / INDEX, self._scratch / INDEX, self._calls)

    # ------------------------------------------------------------ reading

    def head(self) -> bytes | None:
        """The checkpoint as stored; None where there is none, or no folder."""
        return self.read(CHECKPOINT)

    def read(self, path: str) -> bytes | None:
        """The object at ``path``; None where there is none."""
        with self._explained(f"read {path} of the log {self.url}"):
            try:
                with self._path(path).open("rb") as file:
                    if os.fstat(file.fileno()).st_size > _LARGEST:
                        raise StoreError(f"{path} of the log {self.url} is impossibly large")
                    return file.read()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def prefetch(self, paths: Iterable[str] = (), keys: Iterable[Key] = ()) -> None:
        """Nothing: reading a file waits for nobody."""

    def names(self, prefix: str) -> Iterator[str]:
        """The paths that begin with ``prefix``, sorted."""
        start, _, _ = prefix.rpartition("/")
        with self._explained(f"list the log {self.url}"):
            for name in _walk(self._root, start):
                if name.startswith(prefix) and name.partition("/")[0] not in _OWN:
                    yield name

    def indexed(self) -> int:
        """The number of entries that the index covers."""
        return self._index.covered()

    def lookup(self, kind: str, value: str, below: int, most: int) -> tuple[int, ...] | None:
        """Places with this key, newest first; None where the index cannot be read."""
        return self._index.lookup(kind, value, below, most)

    def rows(self) -> Iterator[tuple[bytes, int]]:
        """All rows of the index."""
        return self._index.rows()

    def examine(self, size: int, leaf: Callable[[int], bytes]) -> Iterator[Oddity]:
        """Nothing: there is nothing here beside the layout and the index."""
        del size, leaf
        return iter(())

    def read_evidence(self, sha256: str) -> bytes | None:
        """An evidence bundle as stored."""
        return self.read(evidence_path(sha256))

    # ------------------------------------------------------------ writing

    def offer(self, entry: bytes) -> None:
        """Nothing: writers wait for one another here."""

    def waiting(self) -> tuple[str, ...]:
        """None, for the same reason."""
        return ()

    def offered(self, digests: Iterable[str]) -> Mapping[str, bytes]:
        """None, for the same reason."""
        del digests
        return {}

    def commit(self, expected: bytes | None, plan: Plan) -> bool:
        """Write ``plan`` and replace the checkpoint, if it still is ``expected``.

        1. Under the lock, compare the head. 2. Write the objects, in order, each synced. 3. Update
        the index. 4. Sync the directories. 5. Replace the checkpoint: **the commit point**. 6. Sync
        its directory. 7. Remove obsolete partial tiles, which no longer can fail the commit.
        """
        with self._writing(new=expected is None):
            if self.head() != expected:  # 1
                return False
            directories = {self._root}
            for path, data in plan.objects.items():  # 2
                directories.add(self._place(path, data))
            if not self._index.update(plan.rows):  # 3
                return False
            keep_names(self._calls, self._root, directories)  # 4
            self._replace_checkpoint(plan.checkpoint)  # 5, 6
            self._remove(plan.obsolete)  # 7
            return True

    def reindex(self, expected: bytes, rows: Iterable[IndexRow]) -> bool:
        """Put ``rows`` in the place of the index, if the head is ``expected``."""
        with self._writing():
            if self.head() != expected:
                return False
            self._index.make(rows)
            keep_names(self._calls, self._root, {self._root})
            return True

    def put_evidence(self, sha256: str, data: bytes) -> None:
        """Keep an evidence bundle, durably.

        ``InconsistentError`` if other bytes stand under this digest already.
        """
        path = evidence_path(sha256)
        there = self.read(path)
        if there is not None and there != data:
            raise InconsistentError(
                f"{path} of the log {self.url} was altered: its bytes do not have that digest",
                remedy="keep the file for the investigation, and put back the original from a copy",
            )
        with self._writing():
            keep_names(self._calls, self._root, {self._place(path, data)})

    # ------------------------------------------------------------ inside

    def _place(self, path: str, data: bytes) -> Path:
        """Place one object; returns its directory, whose names are yet to be synced."""
        target = self._path(path)
        make_directories(self._calls, self._root, target.parent)
        place(self._calls, self._scratch / "object", target, data)
        return target.parent

    def _replace_checkpoint(self, checkpoint: bytes) -> None:
        try:
            place(self._calls, self._scratch / "object", self._root / CHECKPOINT, checkpoint)
        except OSError:
            if self.head() != checkpoint:
                raise
            # The rename took place and only its report was lost: it is in the log once it lasts.
        self._calls.sync_directory(self._root)

    def _remove(self, obsolete: tuple[str, ...]) -> None:
        by_directory: dict[Path, set[str]] = {}
        for target in map(self._path, obsolete):
            by_directory.setdefault(target.parent, set()).add(target.name)
        try:
            for directory, names in by_directory.items():
                there = {one.name for one in directory.iterdir()} if directory.is_dir() else set()
                for name in sorted(there & names):
                    self._calls.unlink(directory / name)
                if there and there <= names:
                    self._calls.remove_directory(directory)
        except OSError:
            return  # recorded all the same; what is left over is named by `gate log verify`

    @contextmanager
    def _writing(self, *, new: bool = False) -> Iterator[None]:
        """Hold the lock, with an empty scratch folder; ``new`` makes the store's folder."""
        with self._explained(f"write the log {self.url}"):
            if new and not self._root.is_dir():
                self._calls.make_directory(self._root)
                self._calls.sync_directory(self._root.absolute().parent)
            with only_writer(self._root / LOCK):
                if not self._scratch.is_dir():
                    self._calls.make_directory(self._scratch)
                for left in self._scratch.iterdir():  # by a writer that did not come to its end
                    self._calls.unlink(left)
                yield

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise explain(error, what) from error

    def _path(self, path: str) -> Path:
        if not path or any(part in {"", ".", ".."} for part in path.split("/")):
            raise ValueError(f"not a path inside a store: {path!r}")
        return self._root / path


def _walk(root: Path, start: str) -> Iterator[str]:
    """The files below ``root``/``start``, as sorted relative paths; links are not followed."""
    try:
        entries = sorted(os.scandir(root / start), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        name = f"{start}/{entry.name}" if start else entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(root, name)
        else:
            yield name
