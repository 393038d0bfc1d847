"""A log of any size with true signatures: a million records in a few minutes.

``python tests/bench/generate.py --size 1000000 --output DIR`` makes ``DIR/log``, as a directory
store keeps it, and ``DIR/trust`` to verify it by. Nothing is synced to the disk before the end, and
the evidence that the records name is not there. ``--to URL`` then copies it into another store, a
branch of a git remote or a bucket that is there, by that store's own commits (``copy_log``).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from copy_log import copy_log
from generated import LOG, LOG_KEY, ORIGIN, write_trust
from tile_stream import TileStream
from waves import waves
from writers import Place

from gate.store.contract import CHECKPOINT, TOKEN_SIZE, IndexRow
from gate.store.directory.index import SqliteIndex
from gate.store.directory.store import INDEX, SCRATCH
from gate.store.durable import Calls
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.merkle import Frontier

_STRETCH = 1 << 16
_BATCH = 8_192
LANES = max(1, min(os.cpu_count() or 1, 8))


def main() -> None:
    """Generate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, required=True, help="number of records")
    parser.add_argument("--output", type=Path, required=True, help="a folder that is not there yet")
    parser.add_argument("--to", metavar="URL", help="a log's URL: copy it there, too")
    parser.add_argument("--endpoint", default="", help="of the object store, if not the default")
    parser.add_argument("--region", default="")
    parser.add_argument("--batch", type=int, default=_BATCH, help="records in one commit there")
    given = parser.parse_args()
    began = time.monotonic()
    held = generate(given.size, given.output)
    took = time.monotonic() - began
    sys.stdout.write(
        f"{given.size} records, {held / given.size:.0f} bytes each, in {took:.0f} s: "
        f"{given.output / LOG}\n"
    )
    if given.to:
        place = Place(given.to, os.environ, given.endpoint, given.region)
        commits = copy_log(given.output, place.open(), given.size, given.batch)
        sys.stdout.write(f"copied in {commits} commits: {given.to}\n")


def generate(size: int, home: Path, lanes: int = LANES) -> int:
    """Make a log of ``size`` records below ``home``; how many bytes its entries have."""
    log = home / LOG
    (log / SCRATCH).mkdir(parents=True)
    write_trust(home)
    stream = TileStream(_Folder(log).write)
    tokens: list[bytes] = []
    frontier, held = Frontier.empty(), 0
    for wave in waves(size, lanes):
        stream.add(wave.entries, wave.leaves)
        tokens += [b"".join(row) for row in wave.tokens]
        frontier = wave.frontier
        held += sum(map(len, wave.entries))
    stream.finish()
    SqliteIndex(log / INDEX, log / SCRATCH / INDEX, Calls()).make(_rows(tokens))
    head = Checkpoint(ORIGIN, frontier.size, frontier.root())
    (log / CHECKPOINT).write_bytes(sign_checkpoint(head, [LOG_KEY]))
    os.sync()  # whoever measures next shall not pay for this
    return held


def _rows(tokens: list[bytes]) -> Iterator[IndexRow]:
    """The index's rows; ``tokens`` holds those of each entry, joined.

    Sorted by stretches of the log, which spares SQLite most reading of pages. Sorted as a whole
    they would make pages that are fuller than appends leave them.
    """
    for start in range(0, len(tokens), _STRETCH):
        pairs = [
            (joined[at : at + TOKEN_SIZE], index)
            for index, joined in enumerate(tokens[start : start + _STRETCH], start)
            for at in range(0, len(joined), TOKEN_SIZE)
        ]
        for one, index in sorted(pairs):
            yield IndexRow(index, (one,))
    yield IndexRow(len(tokens) - 1, ())  # the last row says how many entries are covered


class _Folder:
    """Writes files below a folder, the folders between as they are wanted."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: set[str] = set()

    def write(self, path: str, data: bytes) -> None:
        """Write the file at ``path``."""
        folder, _, _ = path.rpartition("/")
        if folder not in self._made:
            (self._root / folder).mkdir(parents=True, exist_ok=True)
            self._made.add(folder)
        (self._root / path).write_bytes(data)


if __name__ == "__main__":
    main()
