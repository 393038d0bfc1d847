"""A log's head, committed first and cosigned after, over every store and with a crash between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, filler
from witnesses import make_witness, poster, trust

from gate.demo.witness import WitnessSimulator
from gate.log.reading.trust import Trust
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.witnesses.cosigning import cosign_head
from gate.log.witnesses.witness import NewerHeadError, NotCosignedError
from gate.log.writing.create import init_log
from gate.log.writing.plan import plan_append
from gate.store.contract import Plan, Store
from gate.store.directory.store import DirectoryStore
from gate.store.memory import MemoryStore
from gate.tlog.errors import QuorumError


@pytest.fixture
def witnesses() -> Iterator[tuple[WitnessSimulator, ...]]:
    with ExitStack() as stack:
        yield tuple(stack.enter_context(make_witness(n)) for n in range(3))


@pytest.fixture
def witnessed(witnesses: tuple[WitnessSimulator, ...]) -> Trust:
    return trust("group g 2 w0 w1 w2\nquorum g", witnesses)


@pytest.fixture(params=["memory", "directory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    made: Store = MemoryStore() if request.param == "memory" else DirectoryStore(tmp_path / "log")
    init_log(made, ORIGIN, LOG_KEY)
    return made


def append(store: Store, trusted: Trust, count: int = 1) -> LogView:
    """Commit entries, and stop where a crash would: before anybody is asked. The view after."""
    view = LogView(store, trusted, quorum=False)
    entries = filler(count, view.size)
    assert store.commit(view.checkpoint, plan_append(view, entries, LOG_KEY))
    return LogView(store, trusted, quorum=False)


def cosign(store: Store, trusted: Trust, view: LogView, known: int = 0) -> bytes:
    """Have the head cosigned, and put it in its own place."""
    cosigned = cosign_head(store, trusted, view, known=known, post=poster())
    assert store.commit(view.checkpoint, Plan({}, (), (), cosigned))
    return cosigned


def test_a_head_is_committed_and_then_replaced_by_itself_cosigned(
    store: Store, witnessed: Trust, witnesses: tuple[WitnessSimulator, ...]
) -> None:
    cosign(store, witnessed, LogView(store, witnessed, quorum=False))  # the empty log
    for count in (1, 2, 300):
        before = LogView(store, witnessed).size
        view = append(store, witnessed, count)
        with pytest.raises(QuorumError):
            LogView(store, witnessed)
        cosigned = cosign(store, witnessed, view, known=before)
        after = LogView(store, witnessed)
        assert (after.size, after.root, after.checkpoint) == (view.size, view.root, cosigned)
        assert store.indexed() == after.size
    report = verify_log(store, witnessed)
    assert (report.fault_counts, report.unwitnessed) == ({}, ())
    assert {one.heads[ORIGIN].size for one in witnesses} == {303}


def test_after_a_crash_between_commit_and_cosigning_the_next_writer_covers_both(
    store: Store, witnessed: Trust
) -> None:
    cosign(store, witnessed, append(store, witnessed, 3))
    append(store, witnessed, 2)  # crashed here
    view = append(store, witnessed, 4)
    cosign(store, witnessed, view, known=5)  # the witnesses are at 3
    assert LogView(store, witnessed).size == 9
    assert verify_log(store, witnessed).unwitnessed == ()


def test_after_a_crash_once_cosigned_the_same_head_is_cosigned_again(
    store: Store, witnessed: Trust
) -> None:
    view = append(store, witnessed, 3)
    cosign_head(store, witnessed, view, post=poster())  # crashed before it was stored
    cosign(store, witnessed, view)
    assert LogView(store, witnessed).size == 3


def test_whoever_is_overtaken_is_told_of_the_newer_head(store: Store, witnessed: Trust) -> None:
    slow = append(store, witnessed, 3)
    cosign(store, witnessed, append(store, witnessed, 2))
    with pytest.raises(NewerHeadError) as caught:
        cosign_head(store, witnessed, slow, post=poster())
    assert caught.value.size == 5
    assert LogView(store, witnessed).size == 5  # and the newer head has the quorum already


def test_a_log_that_was_rolled_back_has_no_newer_head_to_show(witnessed: Trust) -> None:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    append(store, witnessed, 3)
    old = dict(store._objects)
    cosign(store, witnessed, append(store, witnessed, 2))
    store._objects.clear()
    store._objects.update(old)
    with pytest.raises(NotCosignedError, match="memory: shows no more than 3 entries") as caught:
        cosign_head(store, witnessed, LogView(store, witnessed, quorum=False), post=poster())
    assert not isinstance(caught.value, NewerHeadError)
    assert "rolled it back" in caught.value.remedy


def test_a_log_that_was_written_anew_is_not_cosigned(witnessed: Trust) -> None:
    for start, words in ((0, "the quorum"), (50, "does not continue the one")):
        store = MemoryStore()
        init_log(store, ORIGIN, LOG_KEY)
        view = LogView(store, witnessed, quorum=False)
        plan = plan_append(view, filler(4, start), LOG_KEY)
        assert store.commit(view.checkpoint, plan)
        view = LogView(store, witnessed, quorum=False)
        if start == 0:
            cosign(store, witnessed, view)
            continue
        with pytest.raises(NotCosignedError, match=words):
            cosign_head(store, witnessed, view, post=poster())


def test_without_a_quorum_nobody_is_asked_and_nothing_is_changed(store: Store) -> None:
    view = append(store, TRUST, 2)
    assert cosign_head(store, TRUST, view) == view.checkpoint


def test_the_own_poster_asks_by_the_policy_of_the_house(store: Store, witnessed: Trust) -> None:
    view = append(store, witnessed, 2)
    assert witnessed.policy.open(cosign_head(store, witnessed, view)).size == 2
