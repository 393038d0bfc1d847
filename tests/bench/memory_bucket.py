"""A bucket in memory that answers after a moment, and remembers who asked what and when.

The engine's share of an append is the engine's own; how many round trips gate waits for is ours,
and needs no engine to be counted.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_THREADS = 64


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, and from when to when it took, in seconds."""

    what: str
    began: float
    ended: float


class MemoryBucket:
    """A ``Bucket`` of one process; ``taken`` is the error that says that a key is taken."""

    def __init__(self, taken: Callable[[str], Exception]) -> None:
        self.url = "memory bucket"
        self.objects: dict[str, bytes] = {}
        self.requests: list[Request] = []
        self.latency = 0.0  # seconds
        self._taken = taken
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_THREADS)

    def get(self, key: str) -> bytes | None:
        return self._request(f"get {key}", lambda: self.objects.get(key))

    def create(self, key: str, data: bytes) -> None:
        def creating() -> bool:
            return self.objects.setdefault(key, data) is data

        if not self._request(f"create {key}", creating):
            raise self._taken(key)

    def put(self, key: str, data: bytes) -> None:
        self._request(f"put {key}", lambda: self.objects.update({key: data}))

    def delete(self, keys: Sequence[str]) -> None:
        def deleting() -> None:
            for key in keys:
                self.objects.pop(key, None)

        self._request(f"delete {len(keys)}", deleting)

    def keys(self, folder: str, after: str = "") -> Iterator[str]:
        def listing() -> Sequence[str]:
            return sorted(key for key in self.objects if key.startswith(folder) and key > after)

        yield from self._request(f"list {folder}", listing)

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        return [one.result() for one in [self._pool.submit(call) for call in calls]]

    def _request(self, what: str, act: Callable[[], T]) -> T:
        began = time.perf_counter()
        if self.latency:
            time.sleep(self.latency)
        with self._lock:
            done = act()
            self.requests.append(Request(what, began, time.perf_counter()))
        return done


def longest_chain(requests: Sequence[Request]) -> Sequence[Request]:
    """The most requests of which each began after the one before it had ended."""
    chain: list[Request] = []
    for one in sorted(requests, key=lambda request: request.ended):
        if not chain or one.began >= chain[-1].ended:
            chain.append(one)
    return chain


def kinds(requests: Sequence[Request]) -> str:
    """How many of each kind: "12 create, 4 get"."""
    counted = Counter(one.what.partition(" ")[0] for one in requests)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counted.items()))
