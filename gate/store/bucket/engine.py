"""A bucket of objects: the one narrow door between the log's protocol and an engine.

The protocol's safety rests on ``create`` alone: of any number that create one key, exactly one
wins. Everything else may be slow, repeated or late. An answer that does not say for certain what
happened is a ``DoubtError``; nothing is ever concluded from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from gate.store.contract import StoreError

T = TypeVar("T")


class TakenError(StoreError):
    """The engine refused to create: it says that there is an object already."""


class DoubtError(StoreError):
    """No answer, or one that does not tell whether it was done: a conflict, 5xx, a timeout."""


class BusyError(DoubtError):
    """The engine asks to come back later: 429, 503."""


class Bucket(Protocol):
    """Objects by key. ``StoreError`` where the engine refuses for good, ``DoubtError`` else.

    Each call makes one request (``keys`` one a page, ``delete`` one a key, side by side) and tries
    nothing again.
    """

    @property
    def url(self) -> str:
        """The place as the configuration names it, for messages."""
        ...

    def get(self, key: str) -> bytes | None:
        """The object; None where there is none."""
        ...

    def create(self, key: str, data: bytes) -> None:
        """Store ``data`` if there is no object yet; ``TakenError`` if there is."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Store ``data`` in the place of whatever is there."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Remove these objects; those that are not there are no error."""
        ...

    def keys(self, folder: str, after: str = "") -> Iterator[str]:
        """The keys after ``after`` that begin with ``folder`` ("" or ending in "/"), by bytes."""
        ...

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """What these calls return, made side by side; the first error once all have ended."""
        ...
