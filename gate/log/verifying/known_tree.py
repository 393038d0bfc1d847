"""The tree of a log whose entries were all hashed: roots and leaves at any place of it.

Of each full bundle only the root of its 256 leaves is kept (a million entries make 3,906 of them);
leaves are read again where one is asked for, and held against that root.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from gate.frozen import dataclass
from gate.tlog.errors import MalformedError
from gate.tlog.merkle import EMPTY_ROOT
from gate.tlog.paths import WIDTH, TileName
from gate.tlog.tile import Read, decode_bundle

HASH = 32
UNKNOWN = b""
"""Stands for a hash that cannot be had."""


def rows_of(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """The rows of the perfect subtrees over ``leaves``, from themselves upwards.

    A node over something ``UNKNOWN`` is ``UNKNOWN``.
    """
    rows: list[Sequence[bytes]] = [leaves]
    while len(rows[-1]) > 1:
        row = rows[-1]
        if all(row):
            joined = b"".join(row)
            end = len(joined) - len(joined) % (2 * HASH)
            above = [
                sha256(b"\x01" + joined[at : at + 2 * HASH]).digest()
                for at in range(0, end, 2 * HASH)
            ]
        else:
            above = [_node(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        rows.append(above)
    return rows


def edge(rows: Sequence[Sequence[bytes]], count: int) -> list[bytes]:
    """The largest perfect subtrees over the first ``count`` leaves of ``rows``, left to right."""
    nodes: list[bytes] = []
    level = 0
    while count:  # from the smallest, which is the last
        if count & 1:
            nodes.append(rows[level][count - 1])
        count >>= 1
        level += 1
    nodes.reverse()
    return nodes


def joined(nodes: Sequence[bytes], last: bytes = UNKNOWN) -> bytes:
    """The root over perfect subtrees, largest first; ``last`` is one more at the end."""
    rest = [*nodes, last] if last else list(nodes)
    if not rest:
        return EMPTY_ROOT
    if not all(rest):
        return UNKNOWN
    root = rest.pop()
    for left in reversed(rest):
        root = sha256(b"\x01" + left + root).digest()
    return root


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest() if left and right else UNKNOWN


@dataclass(frozen=True, slots=True)
class TreeSummary:
    """What a ``KnownTree`` is made of, to be handed to another process."""

    size: int
    bundles: bytes
    tail: bytes

    def over(self, read: Read) -> KnownTree:
        """The tree, its leaves read by ``read``."""
        return KnownTree(self.size, _split(self.bundles), _split(self.tail), read)


class KnownTree:
    """The tree of ``size`` leaves over the roots of its full ``bundles`` and the leaves after."""

    def __init__(
        self, size: int, bundles: Sequence[bytes], tail: Sequence[bytes], read: Read
    ) -> None:
        self.size = size
        self.bundles = bundles
        self._rows = rows_of(bundles)
        self.tail = tail
        self._tail = rows_of(tail)
        self._read = read
        self._edge: tuple[int, list[bytes]] = (0, [])
        self._tile: tuple[int, list[Sequence[bytes]]] = (-1, [])

    def summary(self) -> TreeSummary:
        """What another process needs to know the same tree."""
        return TreeSummary(self.size, _join(self.bundles), _join(self.tail))

    def root_at(self, size: int, part: bytes = UNKNOWN) -> bytes:
        """The root of the first ``size`` leaves; ``UNKNOWN`` where it cannot be had.

        ``part`` is the root over those that are in no full bundle, if it is known already.
        """
        full, rest = divmod(size, WIDTH)
        if self._edge[0] != full:
            self._edge = (full, edge(self._rows, full))
        if not rest:
            return joined(self._edge[1])
        if not part:
            rows = self._leaf_rows(full)
            part = joined(edge(rows, rest)) if rows else UNKNOWN
        return joined(self._edge[1], part) if part else UNKNOWN

    def leaf(self, index: int) -> bytes:
        """The leaf hash of an entry; ``UNKNOWN`` where it cannot be had."""
        n, at = divmod(index, WIDTH)
        rows = self._leaf_rows(n)
        return rows[0][at] if rows else UNKNOWN

    def _leaf_rows(self, n: int) -> list[Sequence[bytes]]:
        if n == self.size // WIDTH:
            return self._tail
        if self._tile[0] != n:
            self._tile = (n, self._read_leaves(n))
        return self._tile[1]

    def _read_leaves(self, n: int) -> list[Sequence[bytes]]:
        """The rows over a full bundle's leaves, as stored or else hashed; [] if neither is true."""
        for read in (self._stored_leaves, self._hashed_leaves):
            leaves = read(n)
            if len(leaves) == WIDTH and len(leaves[-1]) == HASH:
                rows = rows_of(leaves)
                if rows[-1][0] == self._rows[0][n]:
                    return rows
        return []

    def _stored_leaves(self, n: int) -> list[bytes]:
        tile = self._read(TileName(0, n, WIDTH).path) or b""
        return [tile[at : at + HASH] for at in range(0, len(tile), HASH)]

    def _hashed_leaves(self, n: int) -> list[bytes]:
        try:
            entries = decode_bundle(self._read(TileName(None, n, WIDTH).path) or b"", WIDTH)
        except MalformedError:
            return []
        return [sha256(b"\x00" + entry).digest() for entry in entries]


def _join(hashes: Sequence[bytes]) -> bytes:
    return b"".join(one or bytes(HASH) for one in hashes)


def _split(data: bytes) -> list[bytes]:
    hashes = [data[at : at + HASH] for at in range(0, len(data), HASH)]
    return [UNKNOWN if one == bytes(HASH) else one for one in hashes]  # no hash is all zeros
