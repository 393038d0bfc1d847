"""The one tree that entries, tiles and checkpoint must all agree on.

Chunks were checked by themselves (``check_bundles``); here their roots come together: into the root
that was signed, and into the tiles above level 0. Where entries and stored leaf hashes differ, the
checkpoint's root says which was changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gate.log.verifying.check_bundles import Bundle, Checked, Chunk, Differing, There
from gate.log.verifying.check_tiles import check_tile
from gate.log.verifying.findings import AFTER, TREE, Findings
from gate.log.verifying.known_tree import KnownTree
from gate.log.verifying.scope import Scope
from gate.store.contract import CHECKPOINT
from gate.tlog.checkpoint import Checkpoint
from gate.tlog.errors import MalformedError
from gate.tlog.merkle import tree_root
from gate.tlog.paths import WIDTH, TileName, parse_path


class TreeChecks:
    """Checks the tree of ``checkpoint``, chunk by chunk, then whole."""

    def __init__(self, scope: Scope, checkpoint: Checkpoint, findings: Findings) -> None:
        self._scope = scope
        self._checkpoint = checkpoint
        self._findings = findings
        self._roots: list[bytes] = []
        self._differing: list[Differing] = []
        self._tail: tuple[Sequence[bytes], Sequence[bytes]] = ((), ())
        self._there: dict[tuple[int | None, int], list[int]] = {}
        self._list(scope.store.names("tile/"))

    def _list(self, names: Iterable[str]) -> None:
        """Note what is stored, apart from full tiles of the entries: those are read anyway."""
        full = self._checkpoint.size // WIDTH
        for name in names:
            try:
                tile = parse_path(name)
            except MalformedError:
                self._findings.note("stray", name, "a file among the tiles that is none")
                continue
            if tile.level or tile.width != WIDTH or tile.n >= full:
                self._there.setdefault((tile.level, tile.n), []).append(tile.width)

    def chunks(self) -> Iterator[Chunk]:
        """All chunks, in order, for ``check_chunk``."""
        step = self._scope.bundles
        for number in range(self._scope.chunks):
            there: dict[int, There] = {}
            for n in range(number * step, (number + 1) * step):
                found = {level: self._there.get((level, n)) for level in (None, 0)}
                if any(found.values()):
                    there[n] = {level: widths for level, widths in found.items() if widths}
            yield Chunk(number, there)

    def add(self, checked: Checked) -> None:
        """Take in the next chunk."""
        self._findings.join(checked.findings)
        self._roots += checked.roots
        self._differing += checked.differing
        if checked.tail:
            self._tail = checked.tail, checked.stored_tail

    def finish(self) -> KnownTree:
        """Compare root and tiles, once all chunks have passed; the tree as it is true.

        Where nothing makes the signed root, it is the tree that the entries make.
        """
        hashed = KnownTree(
            self._checkpoint.size, self._roots, self._tail[0], self._scope.store.read
        )
        size, root = self._checkpoint.size, self._checkpoint.root
        true = hashed
        if hashed.root_at(size) != root:
            stored = self._stored_tree()
            if stored is not None and stored.root_at(size) == root:
                true = stored
            else:
                self._fault_root()
        hashed_right = true is hashed and hashed.root_at(size) == root
        for one in self._differing:
            self._fault_differing(one, hashed_right=hashed_right, stored_right=true is not hashed)
        if true.root_at(size):
            self._check_upper(true.bundles)
        for one in self._differing:
            self._check_again(one, true)
        self._name_beyond()
        return true

    def _stored_tree(self) -> KnownTree | None:
        """The tree with the stored leaf hashes where they differ; None where none does."""
        if not any(one.places for one in self._differing):
            return None
        roots = list(self._roots)
        for one in self._differing:
            if one.n < len(roots):
                roots[one.n] = one.stored
        return KnownTree(self._checkpoint.size, roots, self._tail[1], self._scope.store.read)

    def _fault_root(self) -> None:
        self._findings.fault(
            "root",
            CHECKPOINT,
            "neither the entries nor the stored leaf hashes make the root that was signed",
            (self._checkpoint.size, TREE),
        )

    def _fault_differing(self, one: Differing, *, hashed_right: bool, stored_right: bool) -> None:
        level, kind, what = (None, "bundle", "is not the entry that was logged")
        if hashed_right:
            level, kind, what = (0, "tile", "is not the hash of its entry")
        elif not stored_right:
            what = "and its leaf hash differ, and neither makes the root that was signed"
        width = min(WIDTH, self._checkpoint.size - one.n * WIDTH)
        place = TileName(level, one.n, width).path
        for at in one.places:
            index = one.n * WIDTH + at
            message = f"{place}: number {at} (entry {index}) {what}"
            self._findings.fault(kind, place, message, (index, TREE))

    def _check_again(self, one: Differing, true: KnownTree) -> None:
        """Hold what is stored of a bundle against its leaves, now that those are known."""
        width = min(WIDTH, self._checkpoint.size - one.n * WIDTH)
        leaves = [true.leaf(one.n * WIDTH + at) for at in range(width)]
        if all(leaves):
            there = {level: self._there.get((level, one.n), []) for level in (None, 0)}
            bundle = Bundle(self._scope, one.n, Findings())  # named when it was read first
            bundle.findings = self._findings
            bundle.check_stored(leaves, there)

    def _check_upper(self, roots: Sequence[bytes]) -> None:
        """Check the tiles above level 0."""
        level, hashes = 1, roots
        while hashes:
            above = []
            for n in range(-(-len(hashes) // WIDTH)):
                chunk = hashes[n * WIDTH : (n + 1) * WIDTH]
                self._check_upper_tile(TileName(level, n, len(chunk)), chunk)
                if len(chunk) == WIDTH:
                    above.append(tree_root(chunk))
            level, hashes = level + 1, above

    def _check_upper_tile(self, name: TileName, hashes: Sequence[bytes]) -> None:
        widths = self._there.pop((name.level, name.n), [])
        if not {name.width, WIDTH} & set(widths):
            first = (name.n * WIDTH) << (8 * (name.level or 0))
            message = f"{name.path} is missing"
            self._findings.fault("tile", name.path, message, (first, TREE))
        expected = b"".join(hashes)
        check_tile(self._scope.store.read, name, expected, widths, self._findings)

    def _name_beyond(self) -> None:
        """Name what stands where the head has nothing."""
        bundles = -(-self._checkpoint.size // WIDTH)
        for (level, n), widths in sorted(self._there.items(), key=lambda one: one[0][1]):
            if not level and n < bundles:
                continue
            for width in widths:
                path = TileName(level, n, width).path
                message = "lies beyond the head, read by nobody"
                self._findings.note("beyond", path, message, (AFTER, 0))
