"""Buckets in memory: one that is right, and ones that count or go wrong."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from gate.store.bucket.engine import Bucket, TakenError

T = TypeVar("T")


class MemoryBucket:
    """A bucket of one process; threads may share it. ``ever`` are all bodies each key ever had."""

    def __init__(self, url: str = "s3://memory/log", *, conditional: bool = True) -> None:
        self.url = url
        self.objects: dict[str, bytes] = {}
        self.ever: dict[str, list[bytes]] = defaultdict(list)
        self._conditional = conditional
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def create(self, key: str, data: bytes) -> None:
        with self._lock:
            if key in self.objects and self._conditional:
                raise TakenError(f"{key} is taken")
            self.objects[key] = data
            self.ever[key].append(data)

    def put(self, key: str, data: bytes) -> None:
        with self._lock:
            self.objects[key] = data
            self.ever[key].append(data)

    def delete(self, keys: Sequence[str]) -> None:
        with self._lock:
            for key in keys:
                self.objects.pop(key, None)

    def keys(self, folder: str, after: str = "") -> Iterator[str]:
        with self._lock:
            keys = sorted(key for key in self.objects if key.startswith(folder) and key > after)
        return iter(keys)

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        return [call() for call in calls]


class CountingBucket:
    """Counts the requests, and the longest chain of those that wait for one another."""

    def __init__(self, below: Bucket) -> None:
        self.url = below.url
        self.requests: list[str] = []
        self.chain = 0
        self._below = below

    def _count(self, request: str) -> None:
        self.requests.append(request)
        self.chain += 1

    def get(self, key: str) -> bytes | None:
        self._count(f"get {key}")
        return self._below.get(key)

    def create(self, key: str, data: bytes) -> None:
        self._count(f"create {key}")
        self._below.create(key, data)

    def put(self, key: str, data: bytes) -> None:
        self._count(f"put {key}")
        self._below.put(key, data)

    def delete(self, keys: Sequence[str]) -> None:
        self._count(f"delete {keys[0]}")
        self._below.delete(keys)

    def keys(self, folder: str, after: str = "") -> Iterator[str]:
        self._count(f"list {folder}")
        return self._below.keys(folder, after)

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        start, longest, found = self.chain, self.chain, []
        for call in calls:
            self.chain = start
            found.append(call())
            longest = max(longest, self.chain)
        self.chain = longest
        return found
