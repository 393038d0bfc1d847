"""A log in memory: for tests, gone with the process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

from gate.errors import InconsistentError
from gate.store.contract import CHECKPOINT, IndexRow, Key, Oddity, Plan, evidence_path, token


class MemoryStore:
    """The store of one process; threads may share it."""

    def __init__(self, url: str = "memory:") -> None:
        self.url = url
        self._objects: dict[str, bytes] = {}
        self._rows: list[IndexRow] = []
        self._lock = threading.Lock()

    def head(self) -> bytes | None:
        """The checkpoint; None where there is none."""
        return self.read(CHECKPOINT)

    def read(self, path: str) -> bytes | None:
        """The object at ``path``; None where there is none."""
        return self._objects.get(path)

    def prefetch(self, paths: Iterable[str] = (), keys: Iterable[Key] = ()) -> None:
        """Nothing: all is at hand."""

    def names(self, prefix: str) -> Iterator[str]:
        """The paths that begin with ``prefix``, sorted."""
        return iter(sorted(name for name in tuple(self._objects) if name.startswith(prefix)))

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
        """Write ``plan`` and replace the head, if it still is ``expected``."""
        with self._lock:
            first = plan.rows[0].index if plan.rows else len(self._rows)
            if self.head() != expected or first > len(self._rows):
                return False
            self._objects.update(plan.objects)
            if plan.rows:
                self._rows[first:] = plan.rows
            self._objects[CHECKPOINT] = plan.checkpoint
            for path in plan.obsolete:
                self._objects.pop(path, None)
            return True

    def indexed(self) -> int:
        """The number of entries that the index covers."""
        return len(self._rows)

    def lookup(self, kind: str, value: str, below: int, most: int) -> tuple[int, ...] | None:
        """Places with this key, newest first."""
        wanted = token(kind, value)
        found = [row.index for row in reversed(self._rows[:below]) if wanted in row.tokens]
        return tuple(found[:most])

    def rows(self) -> Iterator[tuple[bytes, int]]:
        """All rows of the index."""
        return ((one, row.index) for row in tuple(self._rows) for one in row.tokens)

    def reindex(self, expected: bytes, rows: Iterable[IndexRow]) -> bool:
        """Put ``rows`` in the place of the index, if the head is ``expected``."""
        with self._lock:
            if self.head() != expected:
                return False
            self._rows = list(rows)
            return True

    def put_evidence(self, sha256: str, data: bytes) -> None:
        """Keep an evidence bundle; ``InconsistentError`` if other bytes stand under its digest."""
        if self._objects.setdefault(evidence_path(sha256), data) != data:
            raise InconsistentError(f"{evidence_path(sha256)} of the log {self.url} was altered")

    def read_evidence(self, sha256: str) -> bytes | None:
        """An evidence bundle as stored."""
        return self.read(evidence_path(sha256))

    def examine(self, size: int, leaf: Callable[[int], bytes]) -> Iterator[Oddity]:
        """Nothing: there is nothing here beside the layout."""
        del size, leaf
        return iter(())
