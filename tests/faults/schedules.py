"""Writers on one bucket whose requests come in an order drawn by lot, and go wrong by lot.

Each writer is a thread that runs the real code; only the one that holds the baton runs, and it
hands the baton back before each of its requests. So a seed fixes the whole course of events.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from buckets import MemoryBucket
from faults.faulty_buckets import Crash

from gate.store.bucket.engine import DoubtError, TakenError

T = TypeVar("T")

_WRITES = ("create", "put", "delete")


@dataclass(frozen=True)
class Odds:
    """How often a request goes wrong: the writer dies at it, or does not learn what became of it.

    ``stagger`` spreads the writers' arrivals: the larger, the fewer at once.
    """

    crash: float = 0.01
    doubt: float = 0.06
    land: float = 0.05
    stagger: int = 0


@dataclass
class Schedule:
    """Who runs when on ``bucket``, by ``seed``. ``late`` are writes that are still on their way."""

    bucket: MemoryBucket
    seed: int
    odds: Odds
    late: list[Callable[[], None]] = field(default_factory=list)
    crashes: int = 0
    failed: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._main = threading.Semaphore(0)

    def run(self, jobs: Sequence[Callable[[DrawnBucket], None]]) -> None:
        """Run these to their ends; then what is late lands. Raises what one of them raised."""
        coming = [_Writer(self, job) for job in jobs]
        here: list[_Writer] = []
        while coming or here:
            if coming and (not here or self.random.random() * (self.odds.stagger + 1) < 1):
                here.append(coming.pop())
            if self.late and self.random.random() < self.odds.land:
                self._land(self.random.randrange(len(self.late)))
            writer = self.random.choice(here)
            writer.go_on()
            self._main.acquire()
            if writer.ended:
                here.remove(writer)
        while self.late:
            self._land(self.random.randrange(len(self.late)))
        for error in self.failed:
            raise error

    def hand_back(self) -> None:
        """The writer that runs waits for its next turn, or has ended."""
        self._main.release()

    def _land(self, at: int) -> None:
        try:
            self.late.pop(at)()
        except TakenError:
            return


class _Writer:
    def __init__(self, schedule: Schedule, job: Callable[[DrawnBucket], None]) -> None:
        self.ended = False
        self._schedule = schedule
        self._turn = threading.Semaphore(0)
        self._job = job
        self._thread: threading.Thread | None = None

    def go_on(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        else:
            self._turn.release()

    def wait(self) -> None:
        self._schedule.hand_back()
        self._turn.acquire()

    def _run(self) -> None:
        try:
            self._job(DrawnBucket(self._schedule, self.wait))
        except Crash:
            self._schedule.crashes += 1
        except BaseException as error:  # noqa: BLE001  # raised again in the main thread
            self._schedule.failed.append(error)
        self.ended = True
        self._schedule.hand_back()


class DrawnBucket:
    """One writer's door to the bucket of ``schedule``; ``wait`` is called before each request."""

    def __init__(self, schedule: Schedule, wait: Callable[[], None]) -> None:
        self.url = schedule.bucket.url
        self.name = b""
        self.wait = wait
        self._schedule = schedule

    def _request(self, kind: str, call: Callable[[], T]) -> T:
        self.wait()
        odds, lots = self._schedule.odds, self._schedule.random
        drawn = lots.random()
        if drawn >= odds.crash + odds.doubt:
            return call()
        fate = lots.random()
        if fate < 0.4:
            self._do(call)
        elif fate < 0.7 and kind in _WRITES:
            self._schedule.late.append(lambda: self._do(call))
        if drawn < odds.crash:
            raise Crash
        raise DoubtError(f"no answer to {kind}")

    def _do(self, call: Callable[[], object]) -> None:
        try:
            call()
        except TakenError:
            return

    def get(self, key: str) -> bytes | None:
        return self._request("get", lambda: self._schedule.bucket.get(key))

    def create(self, key: str, data: bytes) -> None:
        self._request("create", lambda: self._schedule.bucket.create(key, data))

    def put(self, key: str, data: bytes) -> None:
        self._request("put", lambda: self._schedule.bucket.put(key, data))

    def delete(self, keys: Sequence[str]) -> None:
        self._request("delete", lambda: self._schedule.bucket.delete(keys))

    def keys(self, folder: str, after: str = "") -> Iterator[str]:
        return self._request("list", lambda: self._schedule.bucket.keys(folder, after))

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """In an order drawn by lot; the first error once all have ended."""
        order = list(range(len(calls)))
        self._schedule.random.shuffle(order)
        found: dict[int, T] = {}
        errors: list[Exception] = []
        for at in order:
            try:
                found[at] = calls[at]()
            except Exception as error:  # noqa: BLE001  # the others go on, as with threads
                errors.append(error)
        if errors:
            raise errors[0]
        return [found[at] for at in range(len(calls))]
