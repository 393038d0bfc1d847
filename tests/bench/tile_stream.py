"""Bundles and tiles of a log that is written once, from the first entry to the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gate.tlog.merkle import tree_root
from gate.tlog.tile import WIDTH, encode_bundle, entries_path, tile_path


class TileStream:
    """Hands each bundle and tile to ``write`` (path, bytes) as soon as it is full."""

    def __init__(self, write: Callable[[str, bytes], None]) -> None:
        self._write = write
        self._entries: list[bytes] = []
        self._levels: list[list[bytes]] = [[]]  # hashes that fill no tile yet
        self._written: list[int] = [0]  # full tiles, by level

    def add(self, entries: Sequence[bytes], leaves: Sequence[bytes]) -> None:
        """Append ``entries``, whose leaf hashes are ``leaves``."""
        for entry, leaf in zip(entries, leaves, strict=True):
            self._entries.append(entry)
            self._levels[0].append(leaf)
            if len(self._entries) == WIDTH:
                self._write(entries_path(self._written[0]), encode_bundle(self._entries))
                self._entries = []
                self._fill(0)

    def finish(self) -> None:
        """Write what is left: the partial ones."""
        if self._entries:
            path = entries_path(self._written[0], len(self._entries))
            self._write(path, encode_bundle(self._entries))
        for level, hashes in enumerate(self._levels):
            if hashes:
                path = tile_path(level, self._written[level], len(hashes))
                self._write(path, b"".join(hashes))

    def _fill(self, level: int) -> None:
        hashes = self._levels[level]
        self._write(tile_path(level, self._written[level], WIDTH), b"".join(hashes))
        self._levels[level] = []
        self._written[level] += 1
        if level + 1 == len(self._levels):
            self._levels.append([])
            self._written.append(0)
        self._levels[level + 1].append(tree_root(hashes))
        if len(self._levels[level + 1]) == WIDTH:
            self._fill(level + 1)
