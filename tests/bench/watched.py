"""A process with its children, timed, and how much memory they held at once."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAUSE = 0.02  # seconds between two looks
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(frozen=True, slots=True)
class Watched:
    """``peak`` is in bytes: the largest sum of resident sets at one look.

    Pages that several processes share count for each of them, so it errs on the high side.
    """

    seconds: float
    peak: int
    code: int
    said: str


def watch(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Watched:
    """Run ``command`` to its end. Needs /proc for the memory; without it ``peak`` is 0."""
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        env=None if environment is None else dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        peak = 0
        said: list[str] = []
        while True:
            try:
                out, _ = process.communicate(timeout=_PAUSE)
            except subprocess.TimeoutExpired:
                peak = max(peak, sum(map(_resident, _family(process.pid))))
            else:
                said.append(out)
                break
    return Watched(time.perf_counter() - began, peak, process.returncode, "".join(said))


def _family(pid: int) -> Sequence[int]:
    """``pid`` and every process below it."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, task.read_text().split())
            except OSError:
                continue  # it has ended meanwhile
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0  # it has ended meanwhile
