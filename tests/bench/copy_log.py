"""A generated log, committed once more into another store, by the store's own commits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from generated import LOG, LOG_KEY, ORIGIN, trust

from gate.log.reading.view import LogView
from gate.log.writing.create import init_log
from gate.log.writing.plan import plan_append
from gate.store.contract import Store
from gate.store.directory.store import DirectoryStore
from gate.tlog.tile import WIDTH, TreeReader


def copy_log(home: Path, store: Store, size: int, batch: int) -> int:
    """Commit the first ``size`` entries of the log in ``home``, ``batch`` in one commit.

    The number of commits, that of the empty head not counted.
    """
    init_log(store, ORIGIN, LOG_KEY)
    commits = 0
    for entries in _batches(home, size, batch):
        view = LogView(store, trust())
        if not store.commit(view.checkpoint, plan_append(view, entries, LOG_KEY)):
            raise RuntimeError(f"somebody else commits to {store.url}")
        commits += 1
    return commits


def _batches(home: Path, size: int, batch: int) -> Iterator[Sequence[bytes]]:
    log = DirectoryStore(home / LOG)
    reader = TreeReader(log.read, LogView(log, trust()).size)
    entries: list[bytes] = []
    for n in range(-(-size // WIDTH)):
        entries += reader.bundle(n)[: size - n * WIDTH]
        while len(entries) >= batch:
            yield entries[:batch]
            del entries[:batch]
    if entries:
        yield entries
