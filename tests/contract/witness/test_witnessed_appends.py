"""Appends to a log that asks for witnesses: each receipt has the quorum, or there is none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, Pipeline, filler
from witnesses import make_witness, poster, trust

from gate.demo import faults
from gate.demo.witness import WitnessSimulator
from gate.log.reading.trust import Trust
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.witnesses.witness import NotCosignedError
from gate.log.writing.append import Appended, append, as_it_is
from gate.log.writing.create import init_log
from gate.log.writing.sync import sync
from gate.store.memory import MemoryStore
from gate.tlog.errors import QuorumError
from gate.tlog.proof import verify_proof


@pytest.fixture
def witnesses() -> Iterator[tuple[WitnessSimulator, ...]]:
    with ExitStack() as stack:
        yield tuple(stack.enter_context(make_witness(n)) for n in range(3))


@pytest.fixture
def witnessed(witnesses: tuple[WitnessSimulator, ...]) -> Trust:
    return trust("group g 2 w0 w1 w2\nquorum g", witnesses)


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    init_log(made, ORIGIN, LOG_KEY)
    return made


def write(store: MemoryStore, trusted: Trust, entry: bytes) -> Appended:
    with closing(poster()) as post:
        return append(store, trusted, LOG_KEY, entry, pause=lambda _: None, post=post)


def test_every_receipt_and_every_head_has_the_quorum(store: MemoryStore, witnessed: Trust) -> None:
    for n, entry in enumerate(filler(4)):
        appended = write(store, witnessed, entry)
        assert appended.index == n
        verify_proof(appended.proof, entry, witnessed.policy)
        assert LogView(store, witnessed).size == n + 1
    assert verify_log(store, witnessed).unwitnessed == ()


def test_a_record_is_not_recorded_until_the_quorum_has_seen_it(
    store: MemoryStore, witnessed: Trust, witnesses: tuple[WitnessSimulator, ...]
) -> None:
    one, two = filler(2)
    write(store, witnessed, one)
    for down in witnesses[:2]:
        down.fault("/add-checkpoint", faults.status(500))
    with pytest.raises(NotCosignedError) as caught:
        write(store, witnessed, two)
    assert caught.value.exit_code == 12
    assert LogView(store, TRUST).size == 2  # it is in the log, and nobody is told that it counts
    with pytest.raises(QuorumError):
        LogView(store, witnessed)
    for up in witnesses:
        up.heal()
    appended = write(store, witnessed, two)  # the same record again: found, and witnessed now
    assert appended.index == 1
    verify_proof(appended.proof, two, witnessed.policy)
    assert LogView(store, witnessed).size == 2


def test_sync_has_a_head_cosigned_that_lacks_it(store: MemoryStore, witnessed: Trust) -> None:
    append(store, TRUST, LOG_KEY, filler(1)[0])
    with closing(poster()) as post:
        done = sync(store, witnessed, LOG_KEY, rejudge=as_it_is, post=post)
    assert done.size == 1
    assert LogView(store, witnessed).checkpoint == done.checkpoint


def test_writers_at_once_each_get_a_receipt_with_the_quorum(
    store: MemoryStore, witnessed: Trust
) -> None:
    start = threading.Barrier(6)

    def run(entry: bytes) -> Appended:
        start.wait()
        return write(store, witnessed, entry)

    entries = filler(6)
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(run, entries))
    assert sorted(one.index for one in done) == list(range(6))
    for entry, one in zip(entries, done, strict=True):
        verify_proof(one.proof, entry, witnessed.policy)
    with closing(
        poster()
    ) as post:  # whoever was overtaken left the newest head to the one who overtook it
        sync(store, witnessed, LOG_KEY, rejudge=as_it_is, post=post)
    assert verify_log(store, witnessed).faults == ()
    assert verify_log(store, witnessed).unwitnessed == ()


def test_decisions_and_outcomes_go_on_above_a_head_that_was_not_witnessed(
    store: MemoryStore, witnessed: Trust
) -> None:
    pipeline = Pipeline(store)
    pipeline.deploy("one")
    entry = pipeline.decide("two", tickets=("CHG-2",))
    appended = write(store, witnessed, entry)
    assert appended.index == 2
    assert LogView(store, witnessed).size == 3
