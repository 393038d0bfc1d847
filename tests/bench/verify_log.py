"""``gate log verify`` as a process, beside bare loops over as many records on all cores."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from figures import Figure, show, skip, spread
from floors import CORES, hash_bundles, hash_trees, verify_signatures
from generated import LOG, TRUST
from watched import Watched, watch

ROUNDS = 3
_FULL = "gate log verify"
_INTEGRITY = "gate log verify --integrity-only"
_MEGA = 1e6


def measure(
    gate: Sequence[str], home: Path, size: int, smaller: tuple[Path, int], rounds: int = ROUNDS
) -> None:
    """Measure on the generated log in ``home``; ``smaller`` is another, to compare memory with."""
    log = home / LOG
    floors, runs = [], []
    for _ in range(rounds):
        floors.append(verify_signatures(log, size))
        runs.append(_verify(gate, home))
    less = _verify(gate, smaller[0])
    show(_FULL, _full(size, runs, floors, smaller[1], less), _notes(rounds))
    if not _has_option(gate, "--integrity-only"):
        skip(_INTEGRITY, "this version has no such option")
        return
    hashed = [(hash_bundles(log), hash_bundles(log, 1), hash_trees(log)) for _ in range(rounds)]
    quick = [_verify(gate, home, "--integrity-only") for _ in range(rounds)]
    show(_INTEGRITY, _integrity(size, quick, hashed), ("the files are in the system's cache",))


def _verify(gate: Sequence[str], home: Path, *options: str) -> Watched:
    where = ("--log", f"dir:{home / LOG}", "--trust", str(home / TRUST))
    done = watch([*gate, "log", "verify", *where, *options])
    if done.code != 0:
        raise SystemExit(f"gate log verify ended {done.code}:\n{done.said[:4000]}")
    return done


def _has_option(gate: Sequence[str], option: str) -> bool:
    told = subprocess.run(
        [*gate, "log", "verify", "--help"], capture_output=True, text=True, check=True
    )
    return option in told.stdout


def _full(
    size: int, runs: Sequence[Watched], floors: Sequence[float], fewer: int, less: Watched
) -> Iterator[Figure]:
    taken = [one.seconds for one in runs]
    beside = f"{spread(taken, 1, 's')} to {spread(list(floors), 1, 's')}"
    yield Figure(
        f"{size:,} records to bare Ed25519 verification on {CORES} cores",
        median(taken) / median(floors),
        beside=beside,
        at_most=1.35,
    )
    peak = max(one.peak for one in runs)
    yield Figure(f"most memory at {size:,} records", peak / _MEGA, "MB", at_most=300)
    yield Figure(
        f"that to the most memory at {fewer:,} records",
        peak / max(less.peak, 1),
        beside=f"{peak / _MEGA:.0f} MB to {less.peak / _MEGA:.0f} MB",
    )


def _integrity(
    size: int, runs: Sequence[Watched], hashed: Sequence[tuple[float, float, float]]
) -> Iterator[Figure]:
    taken = [one.seconds for one in runs]
    cores = f"{CORES} core{'s' * (CORES > 1)}"
    beside = (
        (f"hashing the same bytes on {cores}", 3),
        ("hashing the same bytes on 1 core", None),
        (f"hashing the same leaves and nodes on {cores}", None),
    )
    for (what, aim), floors in zip(beside, zip(*hashed, strict=True), strict=True):
        yield Figure(
            f"{size:,} records to {what}",
            median(taken) / median(floors),
            beside=f"{spread(taken, 1, 's')} to {spread(list(floors), 1, 's')}",
            at_most=aim,
        )
    peak = max(one.peak for one in runs)
    yield Figure(f"most memory at {size:,} records", peak / _MEGA, "MB", at_most=300)


def _notes(rounds: int) -> tuple[str, ...]:
    return (
        f"medians of {rounds} rounds, the loop and the command in turn; whole processes",
        "the evidence is not there, which the command notes and does not take for a fault",
        "the loop: cryptography's Ed25519 verify, messages decoded before, one process a core",
        "memory: the largest sum of resident sets of the process and its children, every 20 ms",
    )
