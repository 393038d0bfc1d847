"""A bucket whose doubtful answers are cleared up: asked again, read back, never guessed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from gate.store.bucket import Bucket, DoubtError, TakenError
from gate.store.contract import StoreError

T = TypeVar("T")

Pause: TypeAlias = Callable[[float], None]
"""Waits for so many seconds."""

ATTEMPTS = 6
_FIRST, _LONGEST = 0.1, 2.0  # seconds


class Careful:
    """``bucket``, each request of which is made up to ``ATTEMPTS`` times with pauses in between.

    All methods raise ``StoreError``, which a ``DoubtError`` that does not go away is as well.
    """

    def __init__(self, bucket: Bucket, pause: Pause = time.sleep) -> None:
        self.url = bucket.url
        self._bucket = bucket
        self._pause = pause

    def get(self, key: str) -> bytes | None:
        """The object; None where there is none."""
        return self._again(lambda: self._bucket.get(key))

    def put(self, key: str, data: bytes) -> None:
        """Store ``data`` in the place of whatever is there."""
        self._again(lambda: self._bucket.put(key, data))

    def delete(self, keys: Sequence[str]) -> None:
        """Remove these objects."""
        if keys:
            self._again(lambda: self._bucket.delete(keys))

    def keys(self, folder: str, after: str = "") -> Iterator[str]:
        """The keys in ``folder`` after ``after``; goes on from the last one after a failure."""
        failed = 0
        while True:
            try:
                for after in self._bucket.keys(folder, after):  # noqa: PLR1704,B020  # to go on from
                    failed = 0
                    yield after
            except DoubtError:
                failed += 1
                if failed == ATTEMPTS:
                    raise
                self._wait(failed)
            else:
                return

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """What these calls return, made side by side."""
        return self._bucket.together(calls) if calls else []

    def create(self, key: str, data: bytes) -> bool:
        """Store ``data`` if there is no object yet.

        True: it is there. False: there is another object. On anything but success the key is read
        back: the same bytes are ours, whichever of our requests brought them; others are not; and
        where there is nothing the same bytes are sent again. ``StoreError`` where it stays unclear,
        or is refused.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._bucket.create(key, data)
            except (TakenError, DoubtError) as error:
                last = error
            else:
                return True
            there = self.get(key)
            if there is not None:
                return there == data
            if attempt < ATTEMPTS:
                self._wait(attempt)
        raise StoreError(
            f"{key} of {self.url} is not known to be recorded: {last.message}",
            remedy="run again: what was written meanwhile is found and not written twice",
        ) from last

    def _again(self, call: Callable[[], T]) -> T:
        for attempt in range(1, ATTEMPTS):
            try:
                return call()
            except DoubtError:
                self._wait(attempt)
        return call()

    def _wait(self, attempt: int) -> None:
        longest = min(_LONGEST, _FIRST * 2.0**attempt)
        self._pause(longest * (0.5 + random.random() / 2))  # noqa: S311  # to spread, not to hide
