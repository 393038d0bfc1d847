"""An append to a log in a directory: whether it stays the same as the log grows, and its floor.

Each round appends one record to a log of about a thousand and to one of many, of equal size mod
256, so that both have the same partial tiles to write; and then makes the same system calls again
in a copy of the folder (``recorded_calls``).
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from figures import Figure, show, spread
from fresh_record import fresh_record
from generated import LOG, LOG_KEY, SIGNER, trust
from record_template import GATE
from recorded_calls import RecordedCalls, play

from gate.log.reading.keys import row_of
from gate.log.reading.view import LogView
from gate.log.writing.append import append
from gate.log.writing.judge_again import judge_again
from gate.store.directory.store import INDEX, SCRATCH, DirectoryStore

ROUNDS = 21
_WARM_UP = 2


@dataclass(slots=True)
class _Log:
    """A log that is appended to, and the copy in which its system calls are made again."""

    folder: Path
    copy: Path
    size: int
    appends: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    calls: int = 0


def measure(small: Path, large: Path, rounds: int = ROUNDS) -> None:
    """Measure on copies of two generated logs, and print."""
    with tempfile.TemporaryDirectory(prefix="gate-append-", dir=large.parent) as home:
        logs = [_copies(one / LOG, Path(home) / name) for name, one in _named(small, large)]
        for number in range(-_WARM_UP, rounds):
            for log in logs:
                _round(log, number)
    for log in logs:
        del log.appends[:_WARM_UP], log.floors[:_WARM_UP]
    show("Append to a log in a directory", [*_figures(*logs), *_least(*logs)], _notes(logs, rounds))


def _named(small: Path, large: Path) -> Sequence[tuple[str, Path]]:
    return ("small", small), ("large", large)


def _copies(log: Path, home: Path) -> _Log:
    for name in ("log", "copy"):
        linked_copy(log, home / name)
    size = LogView(DirectoryStore(home / "log"), trust()).size
    return _Log(home / "log", home / "copy", size)


def linked_copy(log: Path, to: Path) -> None:
    """A copy that may be appended to: files that are only ever replaced are linked."""
    shutil.copytree(log, to, copy_function=lambda one, two: Path(two).hardlink_to(one))
    (to / INDEX).unlink()
    shutil.copyfile(log / INDEX, to / INDEX)
    (to / SCRATCH).mkdir(exist_ok=True)


def _round(log: _Log, number: int) -> None:
    believed = trust()
    calls = RecordedCalls(log.folder)
    entry = fresh_record(LogView(DirectoryStore(log.folder), believed), number)
    again = judge_again(SIGNER, lambda: datetime.now(UTC), GATE)
    began = time.perf_counter()
    done = append(DirectoryStore(log.folder, calls=calls), believed, LOG_KEY, entry, rejudge=again)
    log.appends.append(time.perf_counter() - began)
    row = row_of(done.index, done.entry)
    began = time.perf_counter()
    play(calls.steps, log.copy, log.copy / INDEX, row)
    log.floors.append(time.perf_counter() - began)
    log.calls = len(calls.steps)


def _figures(small: _Log, large: _Log) -> Sequence[Figure]:
    growth = median(large.appends) / median(small.appends)
    grown = f"{spread(large.appends)} to {spread(small.appends)}"
    return (
        Figure(f"at {large.size:,} records to at {small.size:,}", growth, "x", grown, at_most=1.3),
        *(
            Figure(
                f"at {log.size:,} records to the same files and fsyncs by bare calls",
                median(log.appends) / median(log.floors),
                "x",
                f"{spread(log.appends)} to {spread(log.floors)}",
                at_most=1.5,
            )
            for log in (small, large)
        ),
    )


def _least(small: _Log, large: _Log) -> Iterator[Figure]:
    """The same by the quickest rounds, which other work on the machine disturbed least."""
    grown = min(large.appends) / min(small.appends)
    yield Figure("the growth, quickest round to quickest", grown)
    floor = min(large.appends) / min(large.floors)
    yield Figure("the large log to its floor, quickest round to quickest", floor)


def _notes(logs: Sequence[_Log], rounds: int) -> Sequence[str]:
    return (
        f"medians of {rounds} interleaved rounds",
        f"an append makes {logs[-1].calls} calls that write, one of them SQLite's commit",
        "timed: an append from opening the store to the verified receipt, the record ready",
        "the floor: those calls again, the same rows put into an equal SQLite file; no reading",
    )
