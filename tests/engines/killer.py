"""Kills writers at random moments, and knows what they had said was recorded."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from faults.pipelines import filler

from gate.record.canonical import digest_of

LONG = 60.0  # seconds; a writer that says nothing for so long hangs, and the test fails
ENDLESS = 1000  # records: more than a writer gets to before it is killed
_NEVER = -1


@dataclass
class Killer:
    """Runs ``doomed.py`` on the log at ``place``.

    ``calls``: about how many system calls an append makes, where a writer can be killed at a chosen
    one. ``tree``: the processes that a writer started die with it. ``killed`` counts writers that
    were alive until then, ``acknowledged`` are the records that a writer said are in the log.
    """

    place: str
    home: Path
    lots: random.Random
    environ: Mapping[str, str] = field(default_factory=dict)
    calls: int = 0
    tree: bool = False
    killed: int = 0
    acknowledged: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._writers = 0
        self._pace = 0.02  # seconds that an append takes, about; measured as it goes
        self._lines: list[list[str]] = []
        self._cut = b""

    def __enter__(self) -> Self:
        script = Path(__file__).parent / "doomed.py"
        self._nursery = subprocess.Popen(
            [sys.executable, str(script), self.place, str(self.home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **self.environ, "PYTHONPATH": str(script.parents[2])},
        )
        self._await("ready")
        return self

    def __exit__(self, *_: object) -> None:
        self._nursery.communicate(timeout=LONG)  # it ends with its input

    def kill_one(self) -> None:
        """Let a writer have some records acknowledged, and kill it anywhere in the next append."""
        if self.calls and self.lots.random() < 0.5:
            at, moment = self.lots.randrange(3 * self.calls), ("before", "halfway", "after")
            pid = self._begin(ENDLESS, at, self.lots.choice(moment))
        else:
            pid = self._begin(ENDLESS)
            for _ in range(self.lots.randrange(3)):
                started = time.monotonic()
                self._await("ack", self._writers)
                self._pace += (time.monotonic() - started - self._pace) / 8
            self._listen(self.lots.random() * 1.2 * self._pace)
            for one in _with_children(pid) if self.tree else [pid]:
                _kill(one)
        assert self._end(pid) == signal.SIGKILL
        self.killed += 1

    def append_one(self) -> None:
        """A writer that is left alone appends one record."""
        before = len(self.acknowledged)
        assert self._end(self._begin(1)) == 0
        assert len(self.acknowledged) == before + 1

    def kill_one_of_two(self) -> None:
        """As ``kill_one``, beside a writer that comes through."""
        other = self._begin(2)
        self.kill_one()
        assert self._end(other) == 0

    # ------------------------------------------------------------ the writers

    def _begin(self, count: int, at: int = _NEVER, moment: str = "before") -> int:
        """Start a writer; its process."""
        self._writers += 1
        self._tell(f"start {self._writers * ENDLESS} {count} {at} {moment}")
        return int(self._await("writer")[1])

    def _end(self, pid: int) -> int:
        """Wait for a writer; the signal it was killed by, or its exit code."""
        self._tell(f"reap {pid}")
        status = int(self._await("ended")[2])
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

    def _tell(self, words: str) -> None:
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(f"{words}\n".encode())
        self._nursery.stdin.flush()

    def _await(self, kind: str, writer: int = 0) -> list[str]:
        """The next line of this kind (by this writer); what is acknowledged meanwhile is noted."""
        while True:
            while self._lines:
                line = self._lines.pop(0)
                if line[0] == kind and (not writer or int(line[1]) // ENDLESS == writer):
                    return line
            assert self._listen(LONG), f"no {kind!r} within {LONG:g} s"

    def _listen(self, seconds: float) -> bool:
        """Wait so long for something to be said; whether it was."""
        assert self._nursery.stdout is not None
        if not select.select([self._nursery.stdout], [], [], seconds)[0]:
            return False
        data = os.read(self._nursery.stdout.fileno(), 1 << 16)
        assert data, "the writers' parent ended"
        *whole, self._cut = (self._cut + data).split(b"\n")
        for line in whole:
            words = line.decode().split()
            if words[0] == "ack":
                (entry,) = filler(1, int(words[1]))
                assert digest_of(entry) == words[2]
                self.acknowledged.append(entry)
            self._lines.append(words)
        return True


def _with_children(pid: int) -> list[int]:
    """A process and all that it started, and these did, whose sessions are their own.

    A remote in a folder has its side of a push run by the pusher's git: that is not the writer's.
    """
    found = [pid]
    for one in found:
        told = _proc(one, f"task/{one}/children")
        found += [n for n in map(int, told.split()) if b"receive-pack" not in _proc(n, "cmdline")]
    return found


def _proc(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""  # it ended


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it ended first; the writer itself is a zombie at least
