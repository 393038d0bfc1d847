"""One commit that settles many: whose entries go in, at which place each is judged, who is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
from faults.pipelines import (
    LOG_KEY,
    ORIGIN,
    OTHER_LOG_KEY,
    TRUST,
    Pipeline,
    digest,
    filler,
)
from faults.waiting_room import WaitingRoom
from records import OTHER, SIGNER, good_decision, trusted, write
from worlds import NOW, good_history

from gate.errors import InconsistentError
from gate.log.reading.trust import Trust
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import append
from gate.log.writing.batch import as_it_is, judge_batch
from gate.log.writing.create import init_log
from gate.log.writing.judge_again import judge_again
from gate.log.writing.plan import plan_append
from gate.log.writing.queue import COURTESIES, PATIENCE, Queue
from gate.model import DecisionKind
from gate.record.dsse import open_signed, seal
from gate.record.signers import TrustedSigners
from gate.record.statement import DecisionRecord
from gate.store.contract import DIGEST, IndexRow, token


@pytest.fixture
def store() -> WaitingRoom:
    room = WaitingRoom()
    init_log(room, ORIGIN, LOG_KEY)
    return room


@pytest.fixture
def pipeline(store: WaitingRoom) -> Pipeline:
    return Pipeline(store)


def entries(store: WaitingRoom) -> list[bytes]:
    view = LogView(store, TRUST)
    return [view.entry(index) for index in range(view.size)]


def no_pause(_: float) -> None:
    return None


def test_what_others_left_goes_in_with_ours_and_each_gets_its_receipt(store: WaitingRoom) -> None:
    one, two, three = filler(3)
    store.offer(two)
    store.offer(three)
    appended = append(store, TRUST, LOG_KEY, one, rejudge=as_it_is, pause=no_pause)
    assert appended.index == 0
    assert entries(store) == [one, *sorted([two, three], key=digest)]
    assert store.waiting() == ()
    for other in (two, three):  # their writers come back, and find it done
        theirs = append(store, TRUST, LOG_KEY, other, rejudge=as_it_is, pause=no_pause)
        assert (theirs.entry, theirs.superseded) == (other, False)
    assert LogView(store, TRUST).size == 3
    assert store.waiting() != ()  # offered again by those who came back, and known to be done
    append(store, TRUST, LOG_KEY, filler(1, 9)[0], rejudge=as_it_is, pause=no_pause)
    assert store.waiting() == ()
    assert LogView(store, TRUST).size == 4


def test_a_writer_steps_back_for_those_before_it_and_not_for_ever(store: WaitingRoom) -> None:
    first, second = sorted(filler(2), key=digest)
    store.offer(first)
    pauses: list[float] = []
    append(store, TRUST, LOG_KEY, second, rejudge=as_it_is, pause=pauses.append)
    assert len(pauses) == COURTESIES
    assert set(entries(store)) == {first, second}
    pauses.clear()
    store.offer(filler(1, 5)[0])
    later = max(filler(20, 10), key=digest)

    def settle(_: float) -> None:
        pauses.append(0)
        append(
            store, TRUST, LOG_KEY, min(filler(20, 10), key=digest), rejudge=as_it_is, pause=no_pause
        )

    assert append(store, TRUST, LOG_KEY, later, rejudge=as_it_is, pause=settle).entry == later
    assert len(pauses) == 1


def test_each_is_judged_at_its_own_place_after_those_before_it(pipeline: Pipeline) -> None:
    """An outcome in the same batch moves the base of the decision that comes after it."""
    store = pipeline.store
    assert isinstance(store, WaitingRoom)
    first = pipeline.enforce("one", tickets=("CHG-1",))
    waiting = pipeline.decide("two", tickets=("CHG-2",))
    again = judge_again(SIGNER, pipeline.now, "0.1.0")
    store.offer(waiting)
    alone = judge_batch(LogView(store, TRUST), filler(1)[0], store.waiting(), again)
    assert alone.entries[1] == waiting
    behind = judge_batch(LogView(store, TRUST), pipeline.end(first), store.waiting(), again)
    assert behind.entries[1] != waiting
    assert behind.settled[1] == digest(waiting)
    assert not behind.superseded


def test_of_a_batch_s_decisions_on_one_ticket_the_first_alone_stands(pipeline: Pipeline) -> None:
    """All were judged before any was recorded; whoever commits holds each against those before."""
    store = pipeline.store
    waiting = [
        pipeline.decide(commit, service=service, tickets=("CHG-7",), approved=NOW)
        for commit, service in (("two", "billing"), ("three", "mail"), ("one", "shop"))
    ]
    for entry in waiting:
        store.offer(entry)
    own = pipeline.decide("one", tickets=("CHG-7",), approved=NOW)
    again = judge_again(SIGNER, pipeline.now, "0.1.0")
    append(store, TRUST, LOG_KEY, own, rejudge=again, pause=no_pause)
    view = pipeline.view()
    first, *others = (view.record(n) for n in range(view.size))
    assert isinstance(first, DecisionRecord)
    assert (first.decision, len(others)) == (DecisionKind.ALLOWED, 3)
    for record in others:
        assert isinstance(record, DecisionRecord)
        replaces = record.predicate.replaces
        if record.commit == first.commit:
            assert (record.decision, replaces) == (DecisionKind.ALLOWED, None)
        else:
            assert record.decision == DecisionKind.DENIED
            assert replaces is not None
            assert replaces.failed == ("ticket-reused",)
            assert replaces.entry in {digest(entry) for entry in waiting}
    faults = verify_log(store, TRUST).faults
    assert faults == ()


def test_a_denial_that_another_logged_for_us_is_found(pipeline: Pipeline) -> None:
    pipeline.deploy("one", tickets=("CHG-1",))
    late = pipeline.decide("late", tickets=("CHG-2",))
    pipeline.deploy("two", tickets=("CHG-3",))
    store = pipeline.store
    assert isinstance(store, WaitingRoom)
    store.offer(late)
    committed = pipeline.append(pipeline.decide("three", tickets=("CHG-4",)))
    assert store.waiting() == ()
    record = LogView(store, TRUST).record(committed.index + 1)
    assert isinstance(record, DecisionRecord)
    assert record.decision is DecisionKind.DENIED
    assert record.predicate.replaces is not None
    assert record.predicate.replaces.entry == digest(late)
    found = pipeline.append(late)
    assert (found.index, found.superseded) == (committed.index + 1, True)
    assert LogView(store, TRUST).size == committed.index + 2
    assert verify_log(store, TRUST).faults == ()


def test_offers_that_no_trusted_key_signed_stay_and_harm_nobody(
    store: WaitingRoom, pipeline: Pipeline
) -> None:
    stranger = write(signer=OTHER, judged=good_history()).entry
    astray = write(decision=good_decision(), judged=good_history()).entry  # of another log
    for bad in (stranger, astray, b"", b"garbage"):
        store.offer(bad)
    store.room["0" * 64] = filler(1, 77)[0]  # under a digest that is not its own
    appended = pipeline.append(pipeline.decide("one"))
    assert entries(store) == [appended.entry]
    assert len(store.waiting()) == 5


def test_our_own_that_does_not_fit_the_log_is_refused(
    store: WaitingRoom, pipeline: Pipeline
) -> None:
    with pytest.raises(InconsistentError):
        pipeline.append(write(judged=good_history()).entry)
    assert LogView(store, TRUST).size == 0


def test_a_batch_has_an_end(store: WaitingRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    from gate.log.writing import batch

    monkeypatch.setattr(batch, "LARGEST", 3 * len(filler(1)[0]))
    for one in filler(6):
        store.offer(one)
    taken = judge_batch(LogView(store, TRUST), filler(1, 50)[0], store.waiting(), as_it_is)
    assert len(taken.entries) == 3
    append(store, TRUST, LOG_KEY, filler(1, 50)[0], rejudge=as_it_is, pause=no_pause)
    append(store, TRUST, LOG_KEY, filler(1, 51)[0], rejudge=as_it_is, pause=no_pause)
    append(store, TRUST, LOG_KEY, filler(1, 52)[0], rejudge=as_it_is, pause=no_pause)
    assert store.waiting() == ()
    assert LogView(store, TRUST).size == 9


def test_two_keys_may_sign_one_head(store: WaitingRoom) -> None:
    append(store, TRUST, LOG_KEY, filler(1)[0], also=[OTHER_LOG_KEY])
    head = store.head()
    assert head is not None
    assert head.count("\u2014".encode()) == 2


LOOK = 0.05  # seconds


def test_the_first_in_the_queue_does_not_wait_and_the_last_waits_longest() -> None:
    names = [f"{n:064x}" for n in range(100)]
    assert Queue(names[0]).step_back(b"head", names, LOOK) == 0
    assert Queue(names[5]).step_back(b"head", names[5:], LOOK) == 0
    second = Queue(names[1]).step_back(b"head", names, LOOK)
    last = Queue(names[99])
    waits = [last.step_back(b"head", names, LOOK) for _ in range(COURTESIES + 1)]
    assert 0 < second < min(waits[:-1])
    assert waits[-1] == 0


def test_a_writer_waits_longer_where_the_store_is_slow_or_many_wait() -> None:
    few, many = [f"{n:064x}" for n in (0, 1)], [f"{n:064x}" for n in range(100)]
    assert Queue(few[1]).step_back(b"head", few, LOOK) < 0.3
    quick = Queue(many[1]).step_back(b"head", many, LOOK)
    assert 3 * quick < Queue(many[1]).step_back(b"head", many, 40 * LOOK)
    assert quick > 3 * Queue(few[1]).step_back(b"head", few, LOOK)


def test_what_nobody_takes_is_not_waited_for() -> None:
    bad, mine = "0" * 64, "f" * 64
    queue = Queue(mine)
    assert queue.step_back(b"one", [bad, mine], LOOK) > 0
    assert queue.step_back(b"two", [bad, mine], LOOK) == 0
    assert queue.step_back(b"two", [bad, "1" * 64, mine], LOOK) > 0


# ---------------------------------------------------------------- old records left waiting again


def leave_again(store: WaitingRoom, *entries: tuple[int, bytes]) -> list[IndexRow]:
    """As somebody who may write the store and has no key: hide the digest rows, and offer again.

    Returns the rows as they were.
    """
    rows = list(store._rows)
    for index, entry in entries:
        hidden = token(DIGEST, digest(entry))
        left = tuple(one for one in rows[index].tokens if one != hidden)
        store._rows[index] = IndexRow(index, left)
        store.offer(entry)
    return rows


def test_what_is_in_the_log_is_not_committed_again_though_the_index_hides_it(
    pipeline: Pipeline,
) -> None:
    store = pipeline.store
    assert isinstance(store, WaitingRoom)
    decision = pipeline.enforce("one")
    outcome = pipeline.complete(decision)
    pipeline.complete(decision, "rolled-back")
    pipeline.enforce("one", kind=DecisionKind.DENIED)
    before = entries(store)
    rows = leave_again(store, (decision.index, decision.entry), (outcome.index, outcome.entry))
    own = pipeline.enforce("two", service="billing")
    assert entries(store) == [*before, own.entry]
    with pytest.raises(InconsistentError, match=r"entry 0 of .* settles this record already"):
        pipeline.append(decision.entry)
    store._rows[: len(rows)] = rows
    assert verify_log(store, TRUST).fault_counts == {}


def test_nor_is_a_record_for_which_a_denial_stands(pipeline: Pipeline) -> None:
    """The ranges of commits may be again what they were when it was judged."""
    store = pipeline.store
    assert isinstance(store, WaitingRoom)
    late = pipeline.decide("late")
    first = pipeline.deploy("one")
    denied = pipeline.append(late)
    assert denied.superseded
    pipeline.complete(first, "rolled-back")
    size = len(entries(store))
    leave_again(store, (denied.index, late))
    pipeline.enforce("two", service="billing")
    assert len(entries(store)) == size + 1


def test_an_entry_that_stands_in_the_log_twice_is_named(pipeline: Pipeline) -> None:
    store = pipeline.store
    decision = pipeline.enforce("one")
    outcome = pipeline.complete(decision)
    pipeline.complete(decision, "rolled-back")
    view = LogView(store, TRUST)
    assert store.commit(view.checkpoint, plan_append(view, [outcome.entry], LOG_KEY))
    report = verify_log(store, TRUST)
    assert report.fault_counts == {"history": 1}
    assert report.faults[0].told.startswith("entry 3 is entry 1 once more")


def test_nobody_commits_a_record_by_a_key_that_ended_a_while_ago(pipeline: Pipeline) -> None:
    """It says that it is of the key's time; who would know?"""
    store = pipeline.store
    assert isinstance(store, WaitingRoom)
    store.offer(pipeline.decide("old"))
    end = pipeline.now()
    signers = (*trusted(not_after=end).entries, *trusted(OTHER).entries)
    trust = Trust(TRUST.policy, TrustedSigners(signers))
    for late, count in ((timedelta(hours=1), 1), (timedelta(minutes=5), 3)):
        again = judge_again(OTHER, partial(datetime.__add__, end, late), "0.1.0")
        view = LogView(store, trust)
        own = seal(open_signed(filler(1, count)[0], trust.signers)[0], OTHER)
        append(store, trust, LOG_KEY, own, rejudge=again, pause=no_pause)
        assert LogView(store, trust).size == view.size + (1 if count == 1 else 2)


def test_no_number_of_offers_makes_a_writer_wait_for_long() -> None:
    queue, names = Queue("f" * 64), [f"{n:064x}" for n in range(10_000)]
    waits = [queue.step_back(b"head", names, 60.0) for _ in range(COURTESIES + 1)]
    assert 0 < sum(waits) <= PATIENCE
    assert waits[-1] == 0
