"""What every store of a log does.

A store keeps objects by path, and a head. Objects may be written by anyone at any time before the
head refers to them; what is in the log is what the head says and nothing else. So a store needs one
primitive only, a compare-and-swap of the head:

- exactly one of any number of writers that expect the same head wins;
- once won, the objects are readable by all and survive a crash;
- a crash midway leaves the old head, or the new one with all its objects;
- nothing is ever deleted but partial tiles whose full tile is there, and the store's own scratch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeAlias

from gate.errors import NotRecordedError
from gate.frozen import dataclass

CHECKPOINT = "checkpoint"

Key: TypeAlias = tuple[str, str]
"""What an entry is found by: a kind and a value, such as ("ticket", "CHG-1")."""


class StoreError(NotRecordedError):
    """The store could not be read or written, or does not say whether it was.

    Where nothing was to be recorded, whoever catches it makes it an undetermined fact.
    """


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the index holds of one entry.

    Its place, the SHA-256 of its bytes in lower-case hex, and what it is found by.
    """

    index: int
    digest: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """An append, worked out: everything to write before the head is replaced by ``checkpoint``.

    ``objects`` maps paths to bytes, in the order to write them. ``obsolete`` are partial tiles that
    go once the head is replaced. ``rows`` are consecutive and begin at or before the first entry
    that the index does not cover; they replace all rows from there on.
    """

    objects: Mapping[str, bytes]
    obsolete: tuple[str, ...]
    rows: tuple[IndexRow, ...]
    checkpoint: bytes


class Store(Protocol):
    """A log's objects and its head. All methods raise ``StoreError`` where they cannot answer."""

    @property
    def url(self) -> str:
        """The store as the configuration names it, for messages."""
        ...

    def head(self) -> bytes | None:
        """The checkpoint as stored; None where there is none."""
        ...

    def read(self, path: str) -> bytes | None:
        """The object at ``path``; None where there is none."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """The paths that begin with ``prefix``, sorted, without what is only the store's own."""
        ...

    def offer(self, entry: bytes) -> None:
        """Leave ``entry`` for whoever commits next; nothing where writers wait for one another."""
        ...

    def waiting(self) -> tuple[bytes, ...]:
        """The entries offered and not yet committed."""
        ...

    def commit(self, expected: bytes | None, plan: Plan) -> bool:
        """Write ``plan`` and replace the head, if it still is ``expected``.

        True: won, and durable. False: lost, plan again from the new head. ``StoreError``: not
        recorded, or not known to be; planning again from the head tells which.
        """
        ...

    def indexed(self) -> int:
        """The number of entries, from the first, that the index covers; a hint like all of it."""
        ...

    def lookup(self, kind: str, value: str, below: int, most: int) -> tuple[int, ...] | None:
        """At most ``most`` entries before ``below`` that have this key, newest first.

        None where the index cannot be read, which is not the same as none. Kind "digest" finds an
        entry by the SHA-256 of its bytes in lower-case hex.
        """
        ...

    def rows(self) -> Iterator[IndexRow]:
        """All rows of the index, by place."""
        ...

    def put_evidence(self, sha256: str, data: bytes) -> None:
        """Keep an evidence bundle, durably. The same bundle may be put again."""
        ...

    def read_evidence(self, sha256: str) -> bytes | None:
        """An evidence bundle as stored, not yet held against its digest; None where it is gone."""
        ...


def evidence_path(sha256: str) -> str:
    """The path of the evidence bundle with this digest (64 lower-case hex digits)."""
    check_digest(sha256)
    return f"evidence/{sha256[:2]}/{sha256}"


def check_digest(sha256: str) -> None:
    """``ValueError`` unless this is a SHA-256 in lower-case hex: digests become paths."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise ValueError(f"not a SHA-256 in lower-case hex: {sha256!r}")
