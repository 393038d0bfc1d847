"""Objects that never change, read once and kept in memory within a bound."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from gate.store.bucket.careful import Careful

_MOST = 64 << 20  # bytes


class Objects:
    """The tiles, bundles, commits and offers of ``bucket``. Threads may share it."""

    def __init__(self, bucket: Careful) -> None:
        self._bucket = bucket
        self._kept: dict[str, bytes] = {}  # the one used longest ago first
        self._bytes = 0
        self._lock = threading.Lock()

    def read(self, key: str) -> bytes | None:
        """The object; None where there is none, which is asked again each time."""
        with self._lock:
            data = self._kept.pop(key, None)
            if data is not None:
                self._kept[key] = data
                return data
        data = self._bucket.get(key)
        if data is not None:
            self.keep(key, data)
        return data

    def keep(self, key: str, data: bytes) -> None:
        """Remember that this is the object."""
        with self._lock:
            self._bytes += len(data) - len(self._kept.pop(key, b""))
            self._kept[key] = data
            while self._bytes > _MOST and len(self._kept) > 1:
                oldest = next(iter(self._kept))
                self._bytes -= len(self._kept.pop(oldest))

    def has(self, key: str) -> bool:
        """Whether reading it takes no request."""
        with self._lock:
            return key in self._kept

    def forget(self, keys: Iterable[str]) -> None:
        """These may be gone from now on."""
        with self._lock:
            for key in keys:
                self._bytes -= len(self._kept.pop(key, b""))
