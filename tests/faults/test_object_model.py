"""The commit protocol over random courses of events: the real code, with simulated requests.

Writers compete on one bucket. Their requests come in any order, are lost, are done while the answer
is lost, land long after the writer gave up on them, and writers die at any of them. Afterwards one
more append must find everything as the protocol promises. ``GATE_TEST_SEEDS=20000`` runs more.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from hashlib import sha256

import pytest
from buckets import MemoryBucket
from faults.faulty_buckets import copy_of
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, digest, fill, filler
from faults.schedules import DrawnBucket, Odds, Schedule

from gate.errors import InconsistentError
from gate.log.reading.reader import log_reader
from gate.log.reading.view import LogView
from gate.log.writing.append import append, as_it_is
from gate.log.writing.create import init_log
from gate.store.bucket.engine import Bucket
from gate.store.bucket.store import ObjectStore
from gate.store.contract import Plan, StoreError
from gate.tlog.checkpoint import open_checkpoint

READER = log_reader([LOG_KEY.verifier])
SEEDS = int(os.environ.get("GATE_TEST_SEEDS", "240"))
BLOCKS = 8

CALM = Odds(crash=0, doubt=0, land=0)
ROUGH = Odds()
ODDS = (ROUGH, Odds(stagger=20), Odds(crash=0.004, doubt=0.2, stagger=40), CALM, Odds(crash=0.04))


class Counted(ObjectStore):
    """Counts the commits that it lost."""

    lost = 0

    def commit(self, expected: bytes | None, plan: Plan) -> bool:
        won = super().commit(expected, plan)
        self.lost += not won
        return won


def connect(bucket: Bucket, pause: Callable[[float], None] = lambda _: None) -> Counted:
    return Counted(bucket, READER, pause=pause)


@cache
def prepared(size: int) -> MemoryBucket:
    bucket = MemoryBucket()
    store = connect(bucket)
    init_log(store, ORIGIN, LOG_KEY)
    for count in (size - 1, 1) if size > 1 else ():
        fill(store, count)
    return bucket


class Course:
    """What happened in one run, and what must hold afterwards."""

    def __init__(self, seed: int, *, conditional: bool = True, writers: int = 0) -> None:
        self.seed = seed
        size = 253 if seed % 9 == 0 else 3 * (seed % 2)
        self.bucket = MemoryBucket(conditional=conditional)
        self.bucket.objects = copy_of(prepared(size)).objects
        self.size = size
        self.receipts: list[tuple[int, bytes]] = []
        self.lost: list[int] = []
        self.refused = 0
        self.schedule = Schedule(self.bucket, seed, ODDS[seed % len(ODDS)])
        self.writers = writers or (2, 4, 8, 12)[seed // 2 % 4]

    def run(self) -> None:
        entries = filler(self.writers, 1000)
        self.schedule.run([self._writer(entry) for entry in entries] + [self._reader])
        # Whoever comes next brings in all that waits, and publishes all there is.
        store = connect(self.bucket)
        append(
            store,
            TRUST,
            LOG_KEY,
            filler(1, 2000)[0],
            rejudge=as_it_is,
            pause=lambda _: None,
        )
        self._check()

    def _writer(self, entry: bytes) -> Callable[[DrawnBucket], None]:
        def write(bucket: DrawnBucket) -> None:
            bucket.name = entry[:40] + sha256(entry).digest()
            store = connect(bucket, lambda _: bucket.wait())
            try:
                appended = append(
                    store,
                    TRUST,
                    LOG_KEY,
                    entry,
                    rejudge=as_it_is,
                    pause=lambda _: bucket.wait(),
                )
            except StoreError:
                self.refused += 1
            else:
                assert appended.entry == entry
                self.receipts.append((appended.index, entry))
            finally:
                self.lost.append(store.lost)

        return write

    def _reader(self, bucket: DrawnBucket) -> None:
        """Whatever the hint and the checkpoint say, the log never becomes shorter."""
        size = 0
        for _ in range(6):
            try:
                view = LogView(connect(bucket, lambda _: bucket.wait()), TRUST)
            except StoreError:
                continue
            assert view.size >= size
            size = view.size

    def _check(self) -> None:
        store = connect(self.bucket)
        view = LogView(store, TRUST)
        entries = [view.entry(index) for index in range(view.size)]
        assert [one.message for one in store.examine(view.size, view.leaf) if one.fault] == []
        assert len(set(entries)) == len(entries), "an entry twice"
        logged = {digest(entry) for entry in entries}
        offers = {key[8:] for key in self.bucket.ever if key.startswith("pending/")}
        assert offers <= logged, "an offer was lost"
        for key, bodies in self.bucket.ever.items():
            if key not in {"checkpoint", "index/head"}:
                assert len(set(bodies)) == 1, f"two contents under {key}"
        for note in self.bucket.ever["checkpoint"]:
            head = open_checkpoint(note, [LOG_KEY.verifier])
            assert view.root_at(head.size) == head.root, "a checkpoint that is no prefix: a fork"
        for index, entry in self.receipts:
            assert entries[index] == entry, "a receipt for another place"
        rows = sorted(store.rows())
        assert rows == sorted(
            (token, n) for n, one in enumerate(entries) for token in READER.row_of(n, one).tokens
        )
        assert max(self.lost, default=0) <= 2, "more than two lost rounds"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_course_of_events_loses_doubles_or_forks(block: int) -> None:
    crashes = receipts = 0
    for seed in range(block, SEEDS, BLOCKS):
        course = Course(seed)
        try:
            course.run()
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
        crashes += course.schedule.crashes
        receipts += len(course.receipts)
        if course.schedule.odds is CALM:
            assert len(course.receipts) == course.writers
    assert crashes
    assert receipts


@pytest.mark.parametrize("writers", [24, 40])
def test_at_most_two_rounds_are_lost_however_many_compete(writers: int) -> None:
    course = Course(3 * len(ODDS) + 3, writers=writers)
    assert course.schedule.odds is CALM
    course.run()
    assert len(course.receipts) == writers
    assert max(course.lost) <= 2


def violates(seed: int) -> bool:
    try:
        Course(seed, conditional=False, writers=8).run()
    except (AssertionError, InconsistentError):
        return True
    return False


def test_the_check_fails_on_a_bucket_that_ignores_the_condition() -> None:
    assert any(violates(seed) for seed in range(40))
