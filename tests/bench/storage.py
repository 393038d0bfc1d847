"""What a log takes up, beside the bytes of its entries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from figures import Figure, show
from generated import LOG

from gate.store.directory.store import INDEX
from gate.tlog.canonical import HASH_SIZE
from gate.tlog.tile import WIDTH

_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes of files, blocks of the disk in bytes, and how many files."""

    size: int
    on_disk: int
    files: int


def measure(home: Path, size: int, entries: int) -> None:
    """Print what the log in ``home`` takes up; ``entries`` are the bytes of its entries."""
    whole = held(home / LOG)
    index = (home / LOG / INDEX).stat().st_size
    single = _older_partials(size, entries / size)
    show(
        f"Stored for {size:,} records, evidence aside: directory",
        _figures(whole, single, index, entries),
        (
            f"counted in: {single / 1e6:,.1f} MB of older partial bundles and tiles, which appends",
            "one by one leave until the full ones are there",
        ),
    )


def _older_partials(size: int, average: float) -> int:
    """The bytes of the partial bundles and tiles that single appends leave at the right edge."""
    width = size % WIDTH
    older = width * (width - 1) // 2 if width else 0
    return round(older * (average + 2 + HASH_SIZE))


def held(folder: Path) -> Held:
    """What all files below ``folder`` take up."""
    found = [one.stat() for one in folder.rglob("*") if one.is_file()]
    return Held(
        sum(one.st_size for one in found),
        sum(one.st_blocks * _BLOCK for one in found),
        len(found),
    )


def entry_bytes(home: Path, size: int) -> int:
    """The bytes of a generated log's entries: its bundles without the two bytes before each."""
    folder = home / LOG / "tile/entries"
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) - 2 * size


def _figures(whole: Held, single: int, index: int, entries: int) -> Iterator[Figure]:
    yield Figure(
        "bytes of files to the entries' bytes",
        (whole.size + single) / entries,
        beside=f"{(whole.size + single) / 1e6:,.1f} MB to {entries / 1e6:,.1f} MB",
        at_most=1.3,
    )
    yield Figure("of that the index", index / entries, beside=f"{index / 1e6:,.1f} MB")
    yield Figure("blocks of the file system to the entries' bytes", whole.on_disk / entries)
    yield Figure("files, at most", whole.files + 2 * WIDTH, "", at_most=50_000)
