"""A chunk of the log: its bundles held against its level-0 tiles, its records read.

The tree is computed twice: over the hashes of the entries, and over the leaf hashes that the
level-0 tiles store. Where the two differ, ``check_tree`` says which was changed, once all chunks
have passed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from gate.frozen import dataclass
from gate.log.verifying.check_records import RecordChecks
from gate.log.verifying.check_tiles import check_tile
from gate.log.verifying.findings import TREE, Findings
from gate.log.verifying.known_tree import HASH, UNKNOWN, edge, joined, rows_of
from gate.log.verifying.scope import Scope
from gate.tlog.errors import MalformedError
from gate.tlog.paths import WIDTH, TileName
from gate.tlog.tile import decode_bundle

There = Mapping[int | None, Sequence[int]]
"""Widths of what is stored under one number, by level (None: bundles); full ones may be missing."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk by its number, and what is stored of its bundles beside the full ones."""

    number: int
    there: Mapping[int, There]


@dataclass(frozen=True, slots=True)
class Differing:
    """A bundle whose entries and stored leaf hashes do not agree, or cannot all be had.

    ``stored`` is the root with the stored leaf hash in the place of each that differs; ``places``
    are those, counted from the bundle's first entry.
    """

    n: int
    stored: bytes
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A chunk that was checked: the roots of its bundles as their entries make them.

    Where an entry cannot be had its stored leaf hash stands for it, else ``UNKNOWN``. ``tail`` are
    the leaves of a bundle that is not full, and ``stored_tail`` those as stored.
    """

    entries: int
    roots: tuple[bytes, ...]
    differing: tuple[Differing, ...]
    tail: tuple[bytes, ...]
    stored_tail: tuple[bytes, ...]
    findings: Findings


def check_chunk(scope: Scope, chunk: Chunk) -> Checked:
    """Check a chunk. Raises ``StoreError`` where the store cannot be read."""
    findings = Findings()
    records = RecordChecks(scope, chunk.number, findings) if scope.records else None
    first = chunk.number * scope.bundles
    last = min(first + scope.bundles, -(-scope.size // WIDTH))
    roots: list[bytes] = []
    differing: list[Differing] = []
    tail: Leaves | None = None
    for n in range(first, last):
        bundle = Bundle(scope, n, findings)
        leaves = bundle.leaves
        rows = rows_of(leaves.hashed)
        if leaves.agree:
            bundle.check_stored(leaves.hashed, chunk.there.get(n, {}))
        if not leaves.agree:
            stored = joined(edge(rows_of(leaves.stored), bundle.width))
            differing.append(Differing(n, stored, leaves.differ))
        if bundle.width == WIDTH:
            roots.append(rows[-1][0])
        else:
            tail = leaves
        if records is not None:
            records.check(n, bundle.entries, leaves.hashed, rows)
    entries = min(last * WIDTH, scope.size) - min(first * WIDTH, scope.size)
    findings.count("entries", entries)
    if records is not None:
        records.finish()
    return Checked(
        entries=entries,
        roots=tuple(roots),
        differing=tuple(differing),
        tail=() if tail is None else tuple(tail.hashed),
        stored_tail=() if tail is None else tuple(tail.stored),
        findings=findings,
    )


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """The leaf hashes of entries (``merkle.leaf_hash`` of each)."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves of a bundle: of its entries, and with what is stored where that differs.

    They ``agree`` if all can be had and none differs; ``differ`` are the places that do.
    """

    hashed: Sequence[bytes]
    stored: Sequence[bytes]
    differ: tuple[int, ...]

    @property
    def agree(self) -> bool:
        """Whether the bundle and its tile are at one."""
        return not self.differ and all(self.hashed)


class Bundle:
    """Bundle ``n`` of the log, with its level-0 tile. ``entries`` is None if it cannot be read.

    What is wrong goes to ``findings``, which may be exchanged.
    """

    def __init__(self, scope: Scope, n: int, findings: Findings) -> None:
        self.n = n
        self.width = min(WIDTH, scope.size - n * WIDTH)
        self._read = scope.store.read
        self.findings = findings
        self._at = (n * WIDTH, TREE)
        self._tile: tuple[TileName, bytes] | None = None
        self.entries = self._entries()
        self.leaves = self._leaves()

    def check_stored(self, leaves: Sequence[bytes], there: There) -> None:
        """Hold all that is stored of this bundle against its true leaves."""
        widths = {*there.get(0, ()), *([self._tile[0].width] if self._tile else [])}
        name = TileName(0, self.n, self.width)
        check_tile(self._read, name, b"".join(leaves), widths, self.findings, self._tile)
        self._check_bundles(leaves, there.get(None, ()))

    def _entries(self) -> Sequence[bytes] | None:
        found = self._stored(TileName(None, self.n, self.width), "bundle")
        if found is None:
            return None
        name, data = found
        try:
            return decode_bundle(data, name.width)[: self.width]
        except MalformedError as error:
            self._fault("bundle", name, error.message)
            return None

    def _leaves(self) -> Leaves:
        stored: Sequence[bytes] | None = None
        self._tile = self._stored(TileName(0, self.n, self.width), "tile")
        if self._tile is not None:
            name, data = self._tile
            if len(data) == name.width * HASH:  # else named when the tiles are compared
                stored = [data[at : at + HASH] for at in range(0, self.width * HASH, HASH)]
        if self.entries is None:
            one = stored or [UNKNOWN] * self.width
            return Leaves(one, one, ())
        hashed = leaf_hashes(self.entries)
        if stored is None or hashed == stored:
            return Leaves(hashed, hashed, ())
        differ = [at for at in range(self.width) if hashed[at] != stored[at]]
        return Leaves(hashed, stored, tuple(differ))

    def _stored(self, name: TileName, kind: str) -> tuple[TileName, bytes] | None:
        """What ``name`` names or, as every reader may, the full one that begins with it."""
        for one in dict.fromkeys((name, name.full)):
            data = self._read(one.path)
            if data is not None:
                return one, data
        self.findings.fault(kind, name.path, f"{name.path} is missing", self._at)
        return None

    # ------------------------------------------------------------ all that is stored

    def _check_bundles(self, leaves: Sequence[bytes], partial: Sequence[int]) -> None:
        """Partial bundles, which readers of older checkpoints use, hold the same entries."""
        right, count = b"", 0  # the longest bundle found right; longer ones begin with it
        for width in sorted(partial):
            name = TileName(None, self.n, width)
            if width > self.width:
                self.findings.note("beyond", name.path, "reaches beyond the head", self._at)
                continue
            data = self._read(name.path) or b""
            if not data.startswith(right):
                right, count = b"", 0
            try:
                rest = decode_bundle(data[len(right) :], width - count)
            except MalformedError as error:
                if width < self.width:  # the newest was looked at entry by entry already
                    self._fault("bundle", name, error.message)
                continue
            if leaf_hashes(rest) == list(leaves[count : count + len(rest)]):
                right, count = data, width
            elif width < self.width:
                self._fault("bundle", name, "it does not hold the entries that were logged")

    def _fault(self, kind: str, name: TileName, what: str) -> None:
        self.findings.fault(kind, name.path, f"{name.path}: {what}", self._at)
