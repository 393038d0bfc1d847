"""Many writers at once, a process each: all are started first, and then go together."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, cast

from fresh_record import fresh_record
from generated import LOG_KEY, SIGNER, trust
from record_template import GATE

from gate.errors import GateError
from gate.log.reading.reader import log_reader
from gate.log.reading.view import LogView
from gate.log.writing.append import append
from gate.log.writing.judge_again import judge_again
from gate.log.writing.plan import plan_append
from gate.log.writing.reindex import catch_up
from gate.record.canonical import digest_of
from gate.store.contract import Store, Surroundings
from gate.store.open import open_store

_MODULES = [  # imported once, and not by each writer; obstore not, which starts threads
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "gate.log.writing.append",
    "gate.log.writing.judge_again",
    "gate.log.verifying.verify",
    "gate.store.directory.store",
    "gate.store.open",
]


@dataclass(frozen=True, slots=True)
class Place:
    """A store as a writer opens it."""

    url: str
    environ: Mapping[str, str]
    endpoint: str = ""
    region: str = ""

    def open(self) -> Store:
        """The store."""
        reader = log_reader([LOG_KEY.verifier])
        return open_store(
            self.url, Surroundings(Path(), reader, self.environ, self.endpoint, self.region)
        )


@dataclass(frozen=True, slots=True)
class Wrote:
    """What became of one writer's record.

    ``index`` is its place, None where it gave up or failed (``error``); ``checkpoint`` the head of
    its receipt, b"" without one; ``lost`` the rounds that others won; ``seconds`` until it ended,
    and ``cpu`` the processor's time that it took for that.
    """

    digest: str
    index: int | None
    checkpoint: bytes
    lost: int
    seconds: float
    cpu: float
    error: str = ""


class _Counted:
    """A store that counts the commits it lost."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.lost = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, *arguments: Any) -> bool:
        won: bool = self._store.commit(*arguments)
        self.lost += not won
        return won


def write_at_once(place: Place, writers: int, *, alone: bool, patience: float) -> Sequence[Wrote]:
    """Have each of ``writers`` append a record of its own to the log at ``place``.

    As gate appends or, with ``alone``, as one would without offers and batches: each commits its
    own record only, and tries again at the new head where another was first. After ``patience``
    seconds those who try alone give up.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_MODULES)
    lines: list[Connection] = []
    processes = []
    for number in range(writers):
        ours, theirs = context.Pipe()
        processes.append(
            context.Process(
                target=_writer, args=(theirs, place, number, alone, patience), daemon=True
            )
        )
        processes[-1].start()
        theirs.close()
        lines.append(ours)
    for line in lines:
        line.recv()  # it stands ready
    began = time.perf_counter()
    for line in lines:
        line.send(began)
    done: list[Wrote] = []
    busy = list(lines)
    while busy:
        ready = wait(busy)
        done += [line.recv() for line in busy if line in ready]
        busy = [line for line in busy if line not in ready]
    for process in processes:
        process.join()
    return done


def _writer(line: Connection, place: Place, number: int, alone: bool, patience: float) -> None:
    counted = _Counted(place.open())
    entry = fresh_record(LogView(cast("Store", counted), trust()), number)
    line.send(None)
    began: float = line.recv()
    worked = time.process_time()
    index, checkpoint, error = None, b"", ""
    try:
        if alone:
            index = _retry(cast("Store", counted), entry, began + patience)
        else:
            again = judge_again(SIGNER, lambda: datetime.now(UTC), GATE)
            done = append(cast("Store", counted), trust(), LOG_KEY, entry, rejudge=again)
            index, checkpoint = done.index, done.proof.checkpoint
    except GateError as problem:
        error = f"{type(problem).__name__}: {problem.message}"
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    line.send(Wrote(digest_of(entry), index, checkpoint, counted.lost, seconds, cpu, error))


def _retry(store: Store, entry: bytes, end: float) -> int | None:
    """Compare-and-swap of the head by one record, again and again; its place."""
    again = judge_again(SIGNER, lambda: datetime.now(UTC), GATE)
    while time.perf_counter() < end:
        view = LogView(store, trust())
        catch_up(view)
        plan = plan_append(view, [again(view, entry)], LOG_KEY)
        if store.commit(view.checkpoint, plan):
            return view.size
    return None
