"""Entry bundles and tiles, held against the one tree that they must all agree on.

The tree is computed twice: over the hashes of the entries, and over the leaf hashes that the
level-0 tiles store. Where the two differ, the checkpoint's root says which was changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gate.log.findings import Findings
from gate.store.contract import CHECKPOINT, Store
from gate.tlog.checkpoint import Checkpoint
from gate.tlog.errors import MalformedError
from gate.tlog.merkle import leaf_hash, tree_root
from gate.tlog.paths import WIDTH, TileName, parse_path
from gate.tlog.tile import decode_bundle

_HASH = 32
_ABSENT = b""


class TreeChecks:
    """Checks the tree of ``checkpoint``; ``names`` are the paths below ``tile/`` that are there."""

    def __init__(
        self, store: Store, checkpoint: Checkpoint, names: Sequence[str], findings: Findings
    ) -> None:
        self._store = store
        self._checkpoint = checkpoint
        self._findings = findings
        self._hashed: list[bytes] = []  # of the entries; _ABSENT where one cannot be read
        self._differ: list[int] = []  # entries whose hash is not the stored leaf
        self._there: dict[tuple[int | None, int], list[TileName]] = {}
        for name in names:
            try:
                tile = parse_path(name)
            except MalformedError:
                findings.note("stray", name, "a file among the tiles that is none")
            else:
                self._there.setdefault((tile.level, tile.n), []).append(tile)

    def entries(self) -> Iterator[bytes | None]:
        """Every entry in order; None for one that cannot be read."""
        size = self._checkpoint.size
        for n in range(-(-size // WIDTH)):
            width = min(WIDTH, size - n * WIDTH)
            entries = self._bundle(n, width)
            stored = self._stored_leaves(n, width)
            for at in range(width):
                entry = entries[at] if entries is not None else None
                leaf = stored[at] if stored is not None else _ABSENT
                hashed = _ABSENT if entry is None else leaf_hash(entry)
                if hashed and leaf and hashed != leaf:
                    self._differ.append(n * WIDTH + at)
                self._hashed.append(hashed or leaf)
                self._findings.count("entries")
                yield entry

    def leaf(self, index: int) -> bytes:
        """The leaf hash of an entry that ``entries`` has passed; b"" where none can be had."""
        return self._hashed[index]

    def root_at(self, size: int) -> bytes:
        """The root that the entries made at ``size``; b"" where a leaf before it is not known."""
        leaves = self._hashed[:size]
        return tree_root(leaves) if all(leaves) else b""

    def finish(self) -> None:
        """Compare root and tiles, once all entries have passed."""
        true = self._true_leaves()
        if true is None:
            self._findings.fault(
                "root",
                CHECKPOINT,
                "neither the entries nor the stored leaf hashes make the root that was signed",
            )
        leaves = self._hashed if true is None else true
        if all(leaves):
            self._check_tiles(leaves)
        self._check_old_bundles(leaves)
        for left in self._there.values():
            for tile in left:
                self._findings.note("beyond", tile.path, "lies beyond the head, read by nobody")

    # ------------------------------------------------------------ entries

    def _bundle(self, n: int, width: int) -> tuple[bytes, ...] | None:
        read = self._read(TileName(None, n, width), "bundle")
        if read is None:
            return None
        data, name = read
        try:
            return decode_bundle(data, name.width)[:width]
        except MalformedError as error:
            self._findings.fault("bundle", name.path, f"{name.path}: {error.message}")
            return None

    def _stored_leaves(self, n: int, width: int) -> list[bytes] | None:
        read = self._read(TileName(0, n, width), "tile")
        if read is None:
            return None
        data, name = read
        if len(data) != name.width * _HASH:
            return None  # named when the tiles are compared
        return [data[at * _HASH : (at + 1) * _HASH] for at in range(width)]

    def _read(self, name: TileName, kind: str) -> tuple[bytes, TileName] | None:
        """What ``name`` names or, as every reader may, the full one that begins with it."""
        for one in dict.fromkeys((name, name.full)):
            data = self._store.read(one.path)
            if data is not None:
                return data, one
        self._findings.fault(kind, name.path, f"{name.path} is missing")
        return None

    # ------------------------------------------------------------ the tree

    def _true_leaves(self) -> list[bytes] | None:
        """The leaf hashes that make the root that was signed; faults for what differs from them."""
        root = self._checkpoint.root
        hashed_right = all(self._hashed) and tree_root(self._hashed) == root
        if not self._differ:
            return self._hashed if hashed_right else None
        stored = list(self._hashed)
        for index in self._differ:
            n, at = divmod(index, WIDTH)
            leaves = self._stored_leaves(n, min(WIDTH, self._checkpoint.size - n * WIDTH))
            stored[index] = leaves[at] if leaves else _ABSENT
        stored_right = all(stored) and tree_root(stored) == root
        for index in self._differ:
            n, at = divmod(index, WIDTH)
            width = min(WIDTH, self._checkpoint.size - n * WIDTH)
            level, kind, what = (None, "bundle", "is not the entry that was logged")
            if hashed_right:
                level, kind, what = (0, "tile", "is not the hash of its entry")
            elif not stored_right:
                what = "and its leaf hash differ, and neither makes the root that was signed"
            place = TileName(level, n, width).path
            self._findings.fault(kind, place, f"{place}: number {at} (entry {index}) {what}")
        if hashed_right:
            return self._hashed
        return stored if stored_right else None

    def _check_tiles(self, leaves: Sequence[bytes]) -> None:
        level, hashes = 0, list(leaves)
        while hashes:
            above = []
            for n in range(-(-len(hashes) // WIDTH)):
                chunk = hashes[n * WIDTH : (n + 1) * WIDTH]
                self._check_tile(level, n, chunk)
                if len(chunk) == WIDTH:
                    above.append(tree_root(chunk))
            level, hashes = level + 1, above

    def _check_tile(self, level: int, n: int, chunk: Sequence[bytes]) -> None:
        expected = b"".join(chunk)
        there = self._take(level, n)
        widths = {tile.width for tile in there}
        if level and not widths & {len(chunk), WIDTH}:
            path = TileName(level, n, len(chunk)).path
            self._findings.fault("tile", path, f"{path} is missing")
        for tile in there:
            beyond = tile.width > len(chunk)
            if beyond:
                self._findings.note("beyond", tile.path, "reaches beyond the head")
            if beyond and len(chunk) in widths:
                continue  # what an append that did not come to its end left behind
            data = self._store.read(tile.path) or b""
            if len(data) != tile.width * _HASH or data[: len(expected)] != expected[: len(data)]:
                self._fault_tile(tile)
            self._findings.count("tiles")

    def _fault_tile(self, tile: TileName) -> None:
        self._findings.fault(
            "tile", tile.path, f"{tile.path} is not the tile that its entries make"
        )

    def _check_old_bundles(self, leaves: Sequence[bytes]) -> None:
        """Partial bundles, which readers of older checkpoints use, hold the same entries."""
        size = self._checkpoint.size
        for n in range(-(-size // WIDTH)):
            width = min(WIDTH, size - n * WIDTH)
            right, count = b"", 0  # the longest bundle found right; longer ones begin with it
            for tile in self._take(None, n):
                if tile.width > width:
                    self._findings.note("beyond", tile.path, "reaches beyond the head")
                    continue
                data = self._store.read(tile.path) or b""
                if not data.startswith(right):
                    right, count = b"", 0
                try:
                    rest = decode_bundle(data[len(right) :], tile.width - count)
                except MalformedError as error:
                    if tile.width < width:  # the newest was looked at entry by entry already
                        self._fault_bundle(tile, error.message)
                    continue
                start = n * WIDTH + count
                if [leaf_hash(one) for one in rest] == list(leaves[start : start + len(rest)]):
                    right, count = data, tile.width
                elif tile.width < width:
                    self._fault_bundle(tile, "it does not hold the entries that were logged")

    def _fault_bundle(self, tile: TileName, what: str) -> None:
        self._findings.fault("bundle", tile.path, f"{tile.path}: {what}")

    def _take(self, level: int | None, n: int) -> list[TileName]:
        """The stored tiles with this number, which from now on are accounted for."""
        return sorted(self._there.pop((level, n), []), key=lambda tile: tile.width)
