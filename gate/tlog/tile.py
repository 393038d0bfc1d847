"""The tree as files, in the layout of C2SP tlog-tiles.

A *tile* holds up to 256 neighbouring hashes of one level, 32 bytes each, without any framing.
Level 0 holds leaf hashes; a hash at level L > 0 is the root of one full tile of level L - 1, so it
stands for 256**L leaves. An *entry bundle* holds up to 256 entries, each after its length::

    bundle = (16-bit big-endian length || entry)*

A full tile is exactly 8,192 bytes; a partial one of width W, from 1 to 255, is W * 32. ``paths``
says what they are called.

A tree of s leaves has floor(s / 256**L) hashes at level L: full tiles, and a partial one if the
number is no multiple of 256. No tile is empty. So 3 entries are ``tile/0/000.p/3`` (96 bytes) and
``tile/entries/000.p/3``; 256 entries are ``tile/0/000``, ``tile/entries/000`` and
``tile/1/000.p/1`` (32 bytes: the root); 70,000 entries have at level 0 the tiles 0 to 272 and
``tile/0/273.p/112``, at level 1 ``tile/1/000`` and ``tile/1/001.p/17``, at level 2
``tile/2/000.p/1``. The bundle of the entries "a" and "" is ``00 01 61 00 00``.

Partial tiles stay until the full tile is there, since readers of older checkpoints need them; the
full tile begins with the same bytes, so a reader that misses a partial one takes its beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias

from gate.frozen import dataclass
from gate.tlog.canonical import HASH_SIZE, MAX_NUMBER
from gate.tlog.errors import MalformedError, MissingTileError, ProofError
from gate.tlog.merkle import Frontier, frontier_from, leaf_hash, node_hash
from gate.tlog.paths import WIDTH, TileName, entries_path, parse_path, tile_path

__all__ = [
    "MAX_ENTRY",
    "WIDTH",
    "Read",
    "TileName",
    "TilePlan",
    "TreeReader",
    "decode_bundle",
    "encode_bundle",
    "entries_path",
    "parse_path",
    "plan_tiles",
    "right_edge",
    "tile_path",
]

HEIGHT = 8
"""Levels of the tree that one level of tiles spans: 256 = 2**8."""
MAX_ENTRY = 65_535
"""Bytes of the largest entry: what 16 bits of length can say."""

Read: TypeAlias = Callable[[str], bytes | None]
"""path -> the object's bytes, or None if there is none."""

_TILES_CACHED = 512
_BUNDLES_CACHED = 16
_TILES_SPLIT = 16


# ---------------------------------------------------------------- contents


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """The bundle of 1 to 256 entries; ``ValueError`` for more, none, or one over ``MAX_ENTRY``."""
    if not 1 <= len(entries) <= WIDTH:
        raise ValueError(f"a bundle holds 1 to {WIDTH} entries, not {len(entries)}")
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise ValueError(f"an entry is longer than {MAX_ENTRY} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """The ``width`` entries of a bundle; ``MalformedError`` unless it holds exactly those."""
    entries: list[bytes] = []
    at = 0
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data):
            raise MalformedError(f"the bundle ends inside entry {len(entries)} of {width}")
        entries.append(data[start:at])
    if at != len(data):
        raise MalformedError(f"the bundle goes on after its {width} entries")
    return tuple(entries)


def _split_tile(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


@lru_cache(_TILES_SPLIT)  # an append looks at the same few tiles before, while and after it plans
def _subtrees(data: bytes, width: int) -> tuple[list[bytes], ...]:
    return _rows(_split_tile(data)[:width])


def _rows(hashes: list[bytes]) -> tuple[list[bytes], ...]:
    """The rows of the subtrees that a tile's hashes make, from the hashes themselves upwards."""
    rows = [hashes]
    for _ in range(HEIGHT - 1):
        row = rows[-1]
        rows.append([node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)])
    return tuple(rows)


# ---------------------------------------------------------------- reading


class TreeReader:
    """Reads the tree of ``size`` leaves from its tiles, as one checkpoint fixes it.

    ``read`` is asked once for a path while its tile stays cached (about 20 MB at most, whatever the
    size of the log). What is read is *not* compared with any root: use ``node`` to make a proof or
    a root, then check that. Raises ``MissingTileError`` and ``MalformedError``, both with the path
    as ``place``; ``ValueError`` for what lies outside the tree.
    """

    def __init__(self, read: Read, size: int) -> None:
        if not 0 <= size <= MAX_NUMBER:
            raise ValueError(f"there is no tree of size {size}")
        self.size = size
        self._read = read
        self._tile = lru_cache(_TILES_CACHED)(self._read_tile)
        self._bundle = lru_cache(_BUNDLES_CACHED)(self._read_bundle)

    def node(self, level: int, index: int) -> bytes:
        """The hash of the perfect subtree (level, index): a ``merkle.NodeReader``."""
        if level < 0 or index < 0 or (index + 1) << level > self.size:
            raise ValueError(f"a tree of {self.size} has no subtree {index} at level {level}")
        tile_level, row = divmod(level, HEIGHT)
        per_row = HEIGHT - row  # a tile has 2**per_row hashes in this row
        return self._tile(tile_level, index >> per_row)[row][index & ((1 << per_row) - 1)]

    def leaf(self, index: int) -> bytes:
        """The leaf hash of entry ``index``."""
        return self.node(0, index)

    def entry(self, index: int) -> bytes:
        """Entry ``index``; ``ProofError`` if it does not hash to its leaf."""
        leaf = self.leaf(index)
        entry = self.bundle(index // WIDTH)[index % WIDTH]
        if leaf_hash(entry) != leaf:
            place = entries_path(index // WIDTH, self._width(0, index // WIDTH))
            raise ProofError(
                f"entry {index} in {place} is not the one that its leaf hash stands for",
                place=place,
            )
        return entry

    def bundle(self, n: int) -> tuple[bytes, ...]:
        """The entries of bundle ``n`` as stored, compared with nothing."""
        return self._bundle(n)

    def _width(self, level: int, n: int) -> int:
        width = (self.size >> (HEIGHT * level)) - n * WIDTH
        if n < 0 or width <= 0:
            raise ValueError(f"a tree of {self.size} has no tile {n} at level {level}")
        return min(width, WIDTH)

    def _read_tile(self, level: int, n: int) -> tuple[list[bytes], ...]:
        width = self._width(level, n)
        data, found = self._stored(TileName(level, n, width))
        if len(data) != found.width * HASH_SIZE:
            raise MalformedError(
                f"{found.path} is {len(data)} bytes long, not {found.width * HASH_SIZE}",
                place=found.path,
            )
        return _subtrees(data, width)

    def _read_bundle(self, n: int) -> tuple[bytes, ...]:
        width = self._width(0, n)
        data, found = self._stored(TileName(None, n, width))
        try:
            return decode_bundle(data, found.width)[:width]
        except MalformedError as error:
            raise MalformedError(f"{found.path}: {error.message}", place=found.path) from None

    def _stored(self, name: TileName) -> tuple[bytes, TileName]:
        """What ``name`` names or, where a partial one is gone, the full one that begins with it."""
        for one in dict.fromkeys((name, name.full)):
            data = self._read(one.path)
            if data is not None:
                return data, one
        raise MissingTileError(
            f"{name.path} is missing, and the checkpoint needs it", place=name.path
        )


def right_edge(size: int) -> tuple[str, ...]:
    """The paths at the right edge of a tree of ``size`` leaves: where every reader begins.

    The last bundle with the one before it, and the last tile of each level, full or partial.
    """
    paths: list[str] = []
    level, count = 0, size
    while count:
        n = (count - 1) // WIDTH
        paths.append(tile_path(level, n, count - n * WIDTH))
        if level == 0:
            paths.append(entries_path(n, count - n * WIDTH))
            paths += [entries_path(n - 1), tile_path(0, n - 1)] if n else []
        level, count = level + 1, count // WIDTH
    return tuple(paths)


# ---------------------------------------------------------------- appending


@dataclass(frozen=True, slots=True)
class TilePlan:
    """What an append writes, and the tree before and after it.

    ``objects``: path -> bytes, bundles first. Writing them again, or over what an append that died
    left behind, is harmless: they depend on the old tree and the entries alone.
    ``obsolete``: partial tiles and bundles that a full one among ``objects`` replaces. It names
    every width that some earlier append may have written, so most of them may not exist.
    ``before`` and ``frontier``: the trees before and after.
    """

    objects: dict[str, bytes]
    obsolete: tuple[str, ...]
    before: Frontier
    frontier: Frontier


def plan_tiles(
    old_size: int, read: Read, new_entries: Sequence[bytes], *, old_root: bytes | None = None
) -> TilePlan:
    """What to write to append ``new_entries`` to the stored tree of ``old_size`` leaves.

    Reads only the partial tiles and the partial bundle at the right edge. With ``old_root``, raises
    ``ProofError`` if they do not make that root; without it, the caller must compare
    ``plan.before.root()`` with a signed one itself, or it extends a tree that was tampered with.
    Raises what ``TreeReader`` raises, and ``ValueError`` for an entry over ``MAX_ENTRY``.
    """
    reader = TreeReader(read, old_size)
    before = frontier_from(old_size, reader.node)
    if old_root is not None and before.root() != old_root:
        raise ProofError(f"the stored tiles do not make the root at size {old_size}")
    edge = old_size - old_size % WIDTH
    objects = _plan_bundles(edge, [reader.entry(i) for i in range(edge, old_size)], new_entries)
    obsolete = _obsolete(TileName(None, edge // WIDTH, WIDTH), objects)

    level, fresh = 0, [leaf_hash(entry) for entry in new_entries]
    while fresh:
        count = old_size >> (HEIGHT * level)
        first, width = divmod(count, WIDTH)
        start = count - width
        kept = [reader.node(HEIGHT * level, i) for i in range(start, count)]
        tiles, fresh = _plan_level(level, first, kept + fresh)
        objects |= tiles
        obsolete += _obsolete(TileName(level, first, WIDTH), tiles)
        level += 1

    after = TreeReader(lambda path: objects.get(path) or read(path), old_size + len(new_entries))
    return TilePlan(objects, tuple(obsolete), before, frontier_from(after.size, after.node))


def _plan_bundles(edge: int, kept: list[bytes], new: Sequence[bytes]) -> dict[str, bytes]:
    """The bundles from entry ``edge`` (a multiple of 256) on; none if there is nothing new."""
    if not new:
        return {}
    entries = [*kept, *new]
    chunks = [entries[at : at + WIDTH] for at in range(0, len(entries), WIDTH)]
    return {
        entries_path(edge // WIDTH + i, len(chunk)): encode_bundle(chunk)
        for i, chunk in enumerate(chunks)
    }


def _plan_level(
    level: int, first: int, hashes: list[bytes]
) -> tuple[dict[str, bytes], list[bytes]]:
    """The tiles from tile ``first`` on, and the full ones' roots: hashes for the level above."""
    tiles: dict[str, bytes] = {}
    roots: list[bytes] = []
    for at in range(0, len(hashes), WIDTH):
        chunk = hashes[at : at + WIDTH]
        tiles[tile_path(level, first + at // WIDTH, len(chunk))] = b"".join(chunk)
        if len(chunk) == WIDTH:
            left, right = _rows(chunk)[-1]
            roots.append(node_hash(left, right))
    return tiles, roots


def _obsolete(full: TileName, written: dict[str, bytes]) -> list[str]:
    if full.path not in written:
        return []
    return [replace(full, width=width).path for width in range(1, WIDTH)]
