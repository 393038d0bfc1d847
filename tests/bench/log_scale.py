"""``make bench`` and ``make bench-log``: the log at scale, each figure beside its floor or peer.

A log of the given size is generated first, and a small one of equal size mod 256. Every bench
prints what it measured against in the same run, and skips itself, saying so, where this version or
this machine lacks what it takes.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import append_directory
import contention
import git_append
import object_append
import storage
import verify_log
from figures import machine, say
from generate import generate

SIZE, WRITERS, GIT_WRITERS = 20_000, 40, 8
_SMALL = 1_024


@dataclass(frozen=True, slots=True)
class Bench:
    """What the benches are given: the command, two generated logs, and how many compete."""

    gate: tuple[str, ...]
    home: Path
    large: Path
    size: int
    small: Path
    small_size: int
    entries: int
    writers: int
    git_writers: int


BENCHES: Mapping[str, Callable[[Bench], None]] = {
    "append-directory": lambda b: append_directory.measure(b.small, b.large),
    "verify": lambda b: verify_log.measure(b.gate, b.large, b.size, (b.small, b.small_size)),
    "storage": lambda b: storage.measure(b.large, b.size, b.entries),
    "object-append": lambda b: object_append.measure(b.large, b.size),
    "git-append": lambda b: git_append.measure(b.large, b.size),
    "contention-object": lambda b: contention.measure_object(b.small, b.writers),
    "contention-git": lambda b: contention.measure_git(b.small, b.git_writers),
}


def main() -> None:
    """Generate, measure, print, and remove what was generated."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gate", type=Path, required=True, help="the installed console script")
    parser.add_argument("--size", type=int, default=SIZE, help="records in the large log")
    parser.add_argument("--writers", type=int, default=WRITERS, help="at once on a bucket")
    parser.add_argument("--git-writers", type=int, default=GIT_WRITERS, help="at once on git")
    parser.add_argument("--home", type=Path, default=Path("build/bench"), help="a folder on a disk")
    parser.add_argument("--only", choices=BENCHES, action="append", help="repeatable")
    given = parser.parse_args()
    home: Path = given.home.absolute()
    shutil.rmtree(home, ignore_errors=True)
    try:
        bench = _prepare(given, home)
        for name in given.only or BENCHES:
            BENCHES[name](bench)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _prepare(given: argparse.Namespace, home: Path) -> Bench:
    size: int = given.size
    small = _SMALL + size % 256
    began = time.monotonic()
    entries = generate(size, home / "large")
    took = time.monotonic() - began
    generate(small, home / "small")
    say(machine())
    say(f"generated {size:,} records of {entries / size:,.0f} bytes on average in {took:.0f} s", "")
    return Bench(
        gate=(str(given.gate.absolute()),),
        home=home,
        large=home / "large",
        size=size,
        small=home / "small",
        small_size=small,
        entries=entries,
        writers=given.writers,
        git_writers=given.git_writers,
    )


if __name__ == "__main__":
    main()
