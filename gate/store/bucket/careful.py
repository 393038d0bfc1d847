"""A bucket whose doubtful answers are cleared up: asked again, read back, never guessed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from gate.store.bucket.engine import Bucket, BusyError, DoubtError, TakenError
from gate.store.contract import StoreError

T = TypeVar("T")

Pause: TypeAlias = Callable[[float], None]
"""Waits for so many seconds."""

ATTEMPTS = 6
"""How often a request is made that is not answered, or not for certain."""
WAITS = 14
"""How often one is made again that the engine, by its own word, is too busy for."""
_FIRST, _LONGEST, _LONGEST_BUSY = 0.1, 2.0, 8.0  # seconds


class Careful:
    """``bucket``, each request of which is made again, with pauses, for as long as that helps.

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
        tries = _Tries(self._pause)
        while True:
            try:
                for after in self._bucket.keys(folder, after):  # noqa: PLR1704,B020  # to go on from
                    tries = _Tries(self._pause)
                    yield after
            except DoubtError as error:
                if not tries.again(error):
                    raise
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
        tries = _Tries(self._pause)
        while True:
            try:
                self._bucket.create(key, data)
            except (TakenError, DoubtError) as error:
                there = self.get(key)
                if there is not None:
                    return there == data
                if not tries.again(error):
                    raise StoreError(
                        f"{key} of {self.url} is not known to be recorded: {error.message}",
                        remedy="run again: what was written meanwhile is found and not written "
                        "twice",
                    ) from error
            else:
                return True

    def _again(self, call: Callable[[], T]) -> T:
        tries = _Tries(self._pause)
        while True:
            try:
                return call()
            except DoubtError as error:
                if not tries.again(error):
                    raise


class _Tries:
    """What is left of the tries of one request."""

    def __init__(self, pause: Pause) -> None:
        self._pause = pause
        self._failed = self._busy = 0

    def again(self, error: StoreError) -> bool:
        """Wait, if it is to be tried again after ``error``."""
        if isinstance(error, BusyError):
            self._busy += 1
            left, longest = WAITS - self._busy, min(_LONGEST_BUSY, _FIRST * 2.0**self._busy)
        else:
            self._failed += 1
            left, longest = ATTEMPTS - 1 - self._failed, min(_LONGEST, _FIRST * 2.0**self._failed)
        if left < 0:
            return False
        self._pause(longest * (0.5 + random.random() / 2))  # noqa: S311  # to spread, not to hide
        return True
