"""What every store of a log does.

A store keeps objects by path, and a head. Objects may be written by anyone at any time before the
head refers to them; what is in the log is what the head says and nothing else. So a store needs one
primitive only, a compare-and-swap of the head:

- exactly one of any number of writers that expect the same head wins;
- once won, the objects are readable by all and survive a crash;
- a crash midway leaves the old head, or one that the next writer completes to the same bytes;
- nothing is ever deleted but partial tiles whose full tile is there, and the store's own scratch.

A new store is one file: the methods of ``Store``, and an entry in ``tests/contract/store``, whose
suite holds each of them to these words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from gate.errors import NotRecordedError
from gate.frozen import dataclass
from gate.tlog.checkpoint import Checkpoint

CHECKPOINT = "checkpoint"

Key: TypeAlias = tuple[str, str]
"""What an entry is found by: a kind and a value, such as ("ticket", "CHG-1")."""

DIGEST: Final = "digest"
"""The kind under which an entry is found by the SHA-256 of its bytes, in lower-case hex."""

TOKEN_SIZE = 16


class StoreError(NotRecordedError):
    """The store could not be read or written, or does not say whether it was.

    Where nothing was to be recorded, whoever catches it makes it an undetermined fact.
    """


def token(kind: str, value: str) -> bytes:
    """What stands for a key in every index: SHA-256(kind || 0x00 || value), its first 16 bytes."""
    return hashlib.sha256(f"{kind}\0{value}".encode()).digest()[:TOKEN_SIZE]


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the index holds of one entry: its place, and the tokens of all that it is found by."""

    index: int
    tokens: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """An append, worked out: everything to write before the head is replaced by ``checkpoint``.

    ``objects`` maps paths to bytes, in the order to write them. ``obsolete`` are partial tiles that
    go once the head is replaced. ``rows`` are consecutive and begin at or before the first entry
    that the index does not cover; they replace all rows from there on. ``entries`` are the new ones
    in order, and ``settled`` the digests of the offers that need not wait any longer. ``seal``
    gives the log key's 64-byte Ed25519 signature of what a store adds to the head.

    A plan without entries replaces the head by the same head with other signatures.
    """

    objects: Mapping[str, bytes]
    obsolete: tuple[str, ...]
    rows: tuple[IndexRow, ...]
    checkpoint: bytes
    entries: tuple[bytes, ...] = ()
    settled: tuple[str, ...] = ()
    seal: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True, slots=True)
class LogReader:
    """What a store cannot know of what it keeps; the log hands it over.

    ``open_head`` gives the checkpoint in a note that a key of the log signed (witnesses are not
    asked) and raises ``InconsistentError`` for any other bytes. ``generation`` says of such a note
    how many keys the log had before the newest one that signed it: from head to head it never
    falls. ``sealed_by`` says the same of a message and its bare signature, -1 where no key of the
    log made it. ``row_of`` gives the index's row of an entry at its place.
    """

    open_head: Callable[[bytes], Checkpoint]
    generation: Callable[[bytes], int]
    sealed_by: Callable[[bytes, bytes], int]
    row_of: Callable[[int, bytes], IndexRow]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What opening a place takes beside its URL.

    Paths of URLs start from ``base``; credentials are read from ``environ``. ``endpoint`` and
    ``region`` are those of an object store that is not the provider's default; ``ca`` is the path
    of a CA bundle. ``section`` of the configuration is where they stand, for messages.
    """

    base: Path
    environ: Mapping[str, str]
    endpoint: str = ""
    region: str = ""
    ca: str = ""
    section: str = "log"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What opening a log's store takes beside its URL: ``reader``, and as ``Whereabouts`` says."""

    base: Path
    reader: LogReader
    environ: Mapping[str, str]
    endpoint: str = ""
    region: str = ""
    ca: str = ""

    @property
    def where(self) -> Whereabouts:
        """All but the reader."""
        return Whereabouts(self.base, self.environ, self.endpoint, self.region, self.ca)


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something in a store's own structures that does not fit the log; a ``fault``, or a note."""

    fault: bool
    kind: str
    place: str
    message: str


class Store(Protocol):
    """A log's objects and its head. All methods raise ``StoreError`` where they cannot answer."""

    @property
    def url(self) -> str:
        """The store as the configuration names it, for messages."""
        ...

    def head(self) -> bytes | None:
        """The newest checkpoint; None where there is none."""
        ...

    def read(self, path: str) -> bytes | None:
        """The object at ``path``; None where there is none."""
        ...

    def prefetch(self, paths: Iterable[str] = (), keys: Iterable[Key] = ()) -> None:
        """A hint: these will be read, or looked up, soon; fetch them side by side if that helps."""
        ...

    def names(self, prefix: str) -> Iterator[str]:
        """The paths that begin with ``prefix``, sorted, without what is only the store's own."""
        ...

    def offer(self, entry: bytes) -> None:
        """Leave ``entry`` for whoever commits next; nothing where writers wait for one another."""
        ...

    def waiting(self) -> tuple[str, ...]:
        """The digests (SHA-256, hex) of the entries offered and not settled, sorted."""
        ...

    def offered(self, digests: Iterable[str]) -> Mapping[str, bytes]:
        """Of these offers those that are still there, each with the digest it is known by."""
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

        None where the index cannot be read, which is not the same as none.
        """
        ...

    def rows(self) -> Iterator[tuple[bytes, int]]:
        """All rows of the index as (token, place), in no particular order."""
        ...

    def reindex(self, expected: bytes, rows: Iterable[IndexRow]) -> bool:
        """Put ``rows``, all from 0 on, in the place of the index, if the head is ``expected``."""
        ...

    def put_evidence(self, sha256: str, data: bytes) -> None:
        """Keep an evidence bundle: durable at the latest when the next commit is won.

        The same bundle may be put again.
        """
        ...

    def read_evidence(self, sha256: str) -> bytes | None:
        """An evidence bundle as stored, not yet held against its digest; None where it is gone."""
        ...

    def examine(self, size: int, leaf: Callable[[int], bytes]) -> Iterator[Oddity]:
        """Hold the store's own structures against the log of ``size`` entries.

        ``leaf`` gives the verified leaf hash of an entry. Nothing, where a store has no truth of
        its own beside the layout that all readers see.
        """
        ...


def evidence_path(sha256: str) -> str:
    """The path of the evidence bundle with this digest (64 lower-case hex digits)."""
    check_digest(sha256)
    return f"evidence/{sha256[:2]}/{sha256}"


def check_digest(sha256: str) -> None:
    """``ValueError`` unless this is a SHA-256 in lower-case hex: digests become paths."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise ValueError(f"not a SHA-256 in lower-case hex: {sha256!r}")
