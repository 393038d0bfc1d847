"""A log in memory: for tests, gone with the process."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from gate.errors import InconsistentError
from gate.store.contract import CHECKPOINT, IndexRow, Plan, evidence_path
from gate.store.index import DIGEST


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

    def names(self, prefix: str) -> Iterator[str]:
        """The paths that begin with ``prefix``, sorted."""
        return iter(sorted(name for name in tuple(self._objects) if name.startswith(prefix)))

    def offer(self, entry: bytes) -> None:
        """Nothing: writers wait for one another here."""

    def waiting(self) -> tuple[bytes, ...]:
        """None, for the same reason."""
        return ()

    def commit(self, expected: bytes | None, plan: Plan) -> bool:
        """Write ``plan`` and replace the head, if it still is ``expected``."""
        with self._lock:
            first = plan.rows[0].index if plan.rows else len(self._rows)
            if self.head() != expected or first > len(self._rows):
                return False
            self._objects.update(plan.objects)
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
        found = [
            row.index
            for row in reversed(self._rows[:below])
            if (row.digest == value if kind == DIGEST else (kind, value) in row.keys)
        ]
        return tuple(found[:most])

    def rows(self) -> Iterator[IndexRow]:
        """All rows of the index."""
        return iter(tuple(self._rows))

    def put_evidence(self, sha256: str, data: bytes) -> None:
        """Keep an evidence bundle; ``InconsistentError`` if other bytes stand under its digest."""
        if self._objects.setdefault(evidence_path(sha256), data) != data:
            raise InconsistentError(f"{evidence_path(sha256)} of the log {self.url} was altered")

    def read_evidence(self, sha256: str) -> bytes | None:
        """An evidence bundle as stored."""
        return self.read(evidence_path(sha256))
