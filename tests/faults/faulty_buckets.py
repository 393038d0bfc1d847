"""Buckets that go wrong at a chosen request: what engines, networks and killed runners do."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from buckets import MemoryBucket

from gate.store.bucket.engine import Bucket, DoubtError, TakenError
from gate.store.contract import StoreError

T = TypeVar("T")


class Crash(BaseException):
    """The process ends here."""


class FaultyBucket:
    """``below``, whose request number ``at`` (and the ``times`` - 1 after it) goes wrong.

    ``how``: "not done", "done" (and reported as failed), "crash before", "crash after", "late" (it
    reports failure and is done when ``land`` is called), "twice" (done now, and once more then),
    "conflict" (409: a create is refused although nothing is there), "refused" (403, for good).
    """

    def __init__(self, below: Bucket, at: int, how: str, times: int = 1) -> None:
        self.url = below.url
        self.names: list[str] = []
        self.hit = ""
        self._below = below
        self._wrong = range(at, at + times)
        self._how = how
        self._late: list[Callable[[], object]] = []

    def land(self) -> None:
        """What was on its way arrives."""
        for call in self._late:
            try:
                call()
            except TakenError:
                continue

    def _request(self, name: str, call: Callable[[], T]) -> T:
        number = len(self.names)
        self.names.append(name)
        if number not in self._wrong:
            return call()
        self.hit = self.hit or name
        write = name.startswith(("create", "put", "delete"))
        if self._how == "crash before":
            raise Crash
        if self._how == "refused":
            raise StoreError(f"may not {name}")
        if self._how == "conflict" and name.startswith("create"):
            raise TakenError(f"409 on {name}")
        if self._how in {"done", "crash after", "twice"}:
            found = call()
            if self._how == "crash after":
                raise Crash
            if self._how == "twice":
                if write:
                    self._late.append(call)
                return found
        if self._how == "late" and write:
            self._late.append(call)
        raise DoubtError(f"503 on {name}")

    def get(self, key: str) -> bytes | None:
        return self._request(f"get {key}", lambda: self._below.get(key))

    def create(self, key: str, data: bytes) -> None:
        self._request(f"create {key}", lambda: self._below.create(key, data))

    def put(self, key: str, data: bytes) -> None:
        self._request(f"put {key}", lambda: self._below.put(key, data))

    def delete(self, keys: Sequence[str]) -> None:
        self._request(f"delete {keys[0]}", lambda: self._below.delete(keys))

    def keys(self, folder: str, after: str = "") -> Iterator[str]:
        found = self._below.keys(folder, after)
        if len(self.names) in self._wrong and self._how in {"not done", "done"}:
            yield from itertools.islice(found, 1)  # a page, and then it breaks off
        yield from self._request(f"list {folder}", lambda: found)

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        found: list[T] = []
        errors: list[Exception] = []
        for call in calls:
            try:
                found.append(call())
            except Exception as error:  # noqa: BLE001  # the others go on, as with threads
                errors.append(error)
        if errors:
            raise errors[0]
        return found


def copy_of(bucket: MemoryBucket) -> MemoryBucket:
    """Another bucket with the same objects."""
    copy = MemoryBucket(bucket.url)
    copy.objects = dict(bucket.objects)
    return copy


def write_out(bucket: MemoryBucket, folder: Path) -> None:
    """The layout as files, for a reader who knows of nothing else."""
    for key, data in bucket.objects.items():
        if key == "checkpoint" or key.startswith("tile/entries/"):
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
