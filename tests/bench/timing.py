"""Whole processes, timed side by side: every round runs each command once."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

WARM_UP = 2  # rounds that only fill the file cache


@dataclass(frozen=True, slots=True)
class Timed:
    """A command to time: what it is run with and how it must end.

    ``prepare`` is called before each run, outside of its time.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    code: int = 0
    prepare: Callable[[], None] | None = None


def medians(commands: Sequence[Timed], rounds: int) -> dict[str, float]:
    """Seconds from start to end of each command, by name.

    Interleaved, so that what else the machine does strikes all of them alike. A command that does
    not end as it must ends the bench: a quick failure is no figure.
    """
    seconds: dict[str, list[float]] = {timed.name: [] for timed in commands}
    for number in range(WARM_UP + rounds):
        for timed in commands:
            took = run(timed)
            if number >= WARM_UP:
                seconds[timed.name].append(took)
    return {name: median(taken) for name, taken in seconds.items()}


def run(timed: Timed) -> float:
    """Run a command once; the seconds it took."""
    if timed.prepare is not None:
        timed.prepare()
    began = time.perf_counter()
    done = subprocess.run(
        timed.command,
        env=timed.environment,
        cwd=timed.directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    took = time.perf_counter() - began
    if done.returncode != timed.code:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise SystemExit(f"{timed.name} ended {done.returncode}, not {timed.code}:\n{said}")
    return took
