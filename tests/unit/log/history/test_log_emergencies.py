"""Which emergencies await their review: as history tells it, at a record's place, and verified."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, Pipeline, fill, sha
from hypothesis import given
from hypothesis import strategies as st
from records import SIGNER
from worlds import NOW, at

from gate.audit.outcomes import Outcomes
from gate.errors import InconsistentError
from gate.log.history.emergencies import Emergencies, Open, Subject, overdue_at
from gate.log.history.history import read_history
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import Appended, append, as_it_is
from gate.log.writing.batch import Rejudge, judge_batch
from gate.log.writing.create import init_log
from gate.log.writing.judge_again import judge_again
from gate.model import DecisionKind, History, Level, OpenEmergency
from gate.record.canonical import digest_of
from gate.record.dsse import seal
from gate.record.predicates import DecisionPredicate
from gate.record.statement import DecisionRecord, ReviewRecord, open_record
from gate.record.summary import link_text
from gate.store.memory import MemoryStore

HOUR = timedelta(hours=1)
LATER, PAST = NOW + 24 * HOUR, NOW - HOUR


class Waiting(MemoryStore):
    """Others have left entries in it."""

    left: tuple[bytes, ...] = ()

    def offered(self, digests: Iterable[str]) -> Mapping[str, bytes]:
        return {digest_of(one): one for one in self.left if digest_of(one) in set(digests)}


@pytest.fixture
def pipeline() -> Pipeline:
    store = Waiting()
    init_log(store, ORIGIN, LOG_KEY)
    return Pipeline(store)


def waiting(
    pipeline: Pipeline, service: str = "shop", environment: str = "production"
) -> list[int]:
    found = []
    for tail in (256, 3, 0):
        pipeline.tail = tail
        history = read_history(pipeline.view(), service, environment, sha("x"))
        found.append([one.link.index for one in history.emergencies])
    assert found[0] == found[1] == found[2]
    return found[0]


def faults(pipeline: Pipeline) -> list[str]:
    return [one.message for one in verify_log(pipeline.store, TRUST).faults]


def add(pipeline: Pipeline, entry: bytes) -> Appended:
    """Append it as it is: whoever holds both keys can."""
    return append(pipeline.store, TRUST, LOG_KEY, entry, rejudge=as_it_is, pause=lambda _: None)


# ---------------------------------------------------------------- history


def test_an_emergency_is_open_in_every_environment_until_a_review_approves(
    pipeline: Pipeline,
) -> None:
    first = pipeline.append(pipeline.urgent("one", LATER))
    pipeline.append(pipeline.urgent("other", LATER, service="billing"))
    staged = pipeline.append(pipeline.urgent("two", LATER, environment="staging"))
    assert waiting(pipeline) == waiting(pipeline, environment="staging") == [0, 2]
    assert waiting(pipeline, environment="never deployed to") == [0, 2]
    assert waiting(pipeline, "billing") == [1]
    for kind in (DecisionKind.DENIED, DecisionKind.UNDETERMINED):
        pipeline.append(pipeline.review(first, kind))
    assert waiting(pipeline) == [0, 2]
    pipeline.append(pipeline.review(first))
    assert waiting(pipeline) == [2]
    pipeline.append(pipeline.review(staged))
    pipeline.deploy("three")
    assert waiting(pipeline) == []
    assert faults(pipeline) == []


def test_history_tells_when_each_review_is_due(pipeline: Pipeline) -> None:
    done = pipeline.append(pipeline.urgent("one", LATER))
    history = read_history(pipeline.view(), "shop", "production", sha("two"))
    assert history.emergencies == (OpenEmergency(done.link, LATER),)


def test_an_emergency_that_names_no_deadline_is_due_at_once(pipeline: Pipeline) -> None:
    done = pipeline.enforce("one", kind=DecisionKind.EMERGENCY)
    record = pipeline.view().record(done.index)
    assert isinstance(record, DecisionRecord)
    (one,) = read_history(pipeline.view(), "shop", "production", sha("two")).emergencies
    assert one.review_by == record.at


def test_what_is_open_is_told_from_record_to_record_of_a_long_log(pipeline: Pipeline) -> None:
    pipeline.append(pipeline.urgent("one", LATER))
    fill(pipeline.store, 600)
    pipeline.append(pipeline.urgent("two", LATER, environment="staging"))
    pipeline.deploy("three")
    assert waiting(pipeline) == [0, 601]
    assert pipeline.view().record(602).prior.emergencies  # type: ignore[union-attr]
    assert faults(pipeline) == []


# ---------------------------------------------------------------- at its own place


def test_a_decision_is_denied_at_its_place_where_a_review_is_overdue_there(
    pipeline: Pipeline,
) -> None:
    entry = pipeline.decide("two", reviewed=Level.REQUIRE)
    pipeline.append(pipeline.urgent("one", PAST))
    done = pipeline.append(entry)
    assert done.superseded
    record = pipeline.view().record(done.index)
    assert isinstance(record, DecisionRecord)
    assert record.predicate.replaces is not None
    assert record.predicate.replaces.failed == ("emergency-overdue",)
    assert faults(pipeline) == []


@pytest.mark.parametrize("level", [Level.WARN, Level.OFF])
def test_it_is_not_where_its_policy_did_not_require_that(pipeline: Pipeline, level: Level) -> None:
    entry = pipeline.decide("two", reviewed=level)
    pipeline.append(pipeline.urgent("one", PAST))
    assert not pipeline.append(entry).superseded
    assert faults(pipeline) == []


def test_nor_where_the_review_is_not_due_yet(pipeline: Pipeline) -> None:
    entry = pipeline.decide("two", reviewed=Level.REQUIRE)
    pipeline.append(pipeline.urgent("one", LATER))
    assert not pipeline.append(entry).superseded


@pytest.mark.parametrize("seconded", [True, False])
def test_an_emergency_goes_on_where_it_was_seconded(pipeline: Pipeline, seconded: bool) -> None:
    entry = pipeline.urgent("two", LATER, seconded=seconded, reviewed=Level.REQUIRE)
    pipeline.append(pipeline.urgent("one", PAST))
    assert pipeline.append(entry).superseded is not seconded
    assert faults(pipeline) == []


def test_an_emergency_and_what_it_blocks_may_wait_side_by_side(pipeline: Pipeline) -> None:
    """Both are judged in one commit, the second after the first."""
    late, next_ = pipeline.urgent("one", PAST), pipeline.decide("two", reviewed=Level.REQUIRE)
    again = judge_again(SIGNER, pipeline.now, "0.1.0")
    assert isinstance(pipeline.store, Waiting)
    pipeline.store.left = (next_,)
    batch = judge_batch(pipeline.view(), late, [digest_of(next_)], again)
    first, second = batch.entries
    assert first == late
    denial, _ = open_record(second, TRUST.signers)
    assert isinstance(denial, DecisionRecord)
    assert denial.predicate.replaces is not None
    assert denial.predicate.replaces.entry == digest_of(next_)
    assert [one.index for one in denial.prior.emergencies] == [0]


def test_a_review_of_something_else_is_not_appended(pipeline: Pipeline) -> None:
    done = pipeline.append(pipeline.urgent("one", LATER))
    review = pipeline.review(replace(done, index=done.index + 7))
    with pytest.raises(InconsistentError, match="the review's decision is not entry"):
        pipeline.append(review)


# ---------------------------------------------------------------- the whole log


def without(history: History) -> History:
    return replace(history, emergencies=())


def doubled(history: History) -> History:
    (one,) = history.emergencies
    return replace(history, emergencies=(one, replace(one, review_by=LATER + HOUR)))


@pytest.mark.parametrize("lie", [without, doubled])
def test_a_list_that_lies_is_a_fault(pipeline: Pipeline, lie: Callable[[History], History]) -> None:
    pipeline.append(pipeline.urgent("one", LATER))
    done = add(pipeline, pipeline.decide("two", told=lie))
    (fault,) = faults(pipeline)
    assert fault.startswith(f"entry {done.index} does not name the emergencies of its service")


def test_permitting_while_a_review_is_overdue_is_a_fault(pipeline: Pipeline) -> None:
    pipeline.append(pipeline.urgent("one", PAST))
    add(pipeline, pipeline.decide("two", reviewed=Level.REQUIRE))
    (fault,) = faults(pipeline)
    assert fault == "entry 1 permits, though the review of the emergency at entry 0 was overdue"


def test_the_review_of_no_emergency_is_a_fault(pipeline: Pipeline) -> None:
    ordinary = pipeline.enforce("one")
    add(pipeline, pipeline.review(ordinary))
    (fault,) = faults(pipeline)
    assert fault == "entry 1 is the review of no emergency before it"


def due_later(said: DecisionPredicate) -> DecisionPredicate:
    assert said.emergency is not None
    return replace(said, emergency=replace(said.emergency, review_by=LATER))


def decided_before(said: DecisionPredicate) -> DecisionPredicate:
    return replace(said, at=PAST)


@pytest.mark.parametrize("lie", [due_later, decided_before])
def test_a_review_that_lies_of_the_times_of_its_emergency_is_a_fault(
    pipeline: Pipeline, lie: Callable[[DecisionPredicate], DecisionPredicate]
) -> None:
    done = pipeline.append(pipeline.urgent("one", PAST))
    record, _ = open_record(done.entry, TRUST.signers)
    assert isinstance(record, DecisionRecord)
    add(pipeline, pipeline.review(done, predicate=lie(record.predicate)))
    (fault,) = faults(pipeline)
    assert fault == "entry 1 gives entry 0, which it reviews, other times than its own"


@pytest.mark.parametrize(("due", "word"), [(PAST, "in time"), (LATER, "late")])
def test_a_review_that_lies_of_being_late_is_a_fault(
    pipeline: Pipeline, due: datetime, word: str
) -> None:
    done = pipeline.append(pipeline.urgent("one", due))
    payload = base64.b64decode(json.loads(pipeline.review(done))["payload"])
    true, lie = (b'"late":true', b'"late":false')[:: 1 if due is PAST else -1]
    assert payload.count(true) == 1
    add(pipeline, seal(payload.replace(true, lie), SIGNER))
    (fault,) = faults(pipeline)
    assert fault.startswith(f"entry 1 says that it is {word}: it is of ")


def test_a_review_is_found_like_any_record_of_its_deployment(pipeline: Pipeline) -> None:
    done = pipeline.append(pipeline.urgent("one", PAST))
    settled = pipeline.append(pipeline.review(done))
    view = pipeline.view()
    for key in (("deployment", "shop\nproduction"), ("commit", sha("one")), ("ticket", "CHG-one")):
        assert [hit.link.index for hit in view.find(*key)] == [1, 0]
    record = view.record(settled.index)
    assert isinstance(record, ReviewRecord)
    assert record.predicate.late
    assert (record.of, record.kind) == (done.link, "review")


# ---------------------------------------------------------------- which review is of which

KINDS = [kind for kind in DecisionKind if kind is not DecisionKind.EMERGENCY]


def misreviewed(pipeline: Pipeline, done: Appended, **lies: Any) -> bytes:
    """An approving review of ``done``, said to be of another service, environment or commit."""
    record, _ = open_record(done.entry, TRUST.signers)
    assert isinstance(record, DecisionRecord)
    return pipeline.review(done, predicate=replace(record.predicate, **lies))


def all_refuse(pipeline: Pipeline, done: Appended, review: bytes) -> None:
    """At commit, in verify and in the auditor's lists; and to the log's history it is nothing."""
    before = waiting(pipeline), waiting(pipeline, environment="staging")
    with pytest.raises(InconsistentError, match=f"entry {done.index} of .* is no emergency of "):
        pipeline.append(review)
    batch = judge_batch(pipeline.view(), None, [digest_of(review)], judge_again_now(pipeline))
    assert batch.entries == ()
    stands = add(pipeline, review).index
    assert (waiting(pipeline), waiting(pipeline, environment="staging")) == before
    assert f"entry {stands} is the review of no emergency before it" in faults(pipeline)
    with pytest.raises(InconsistentError, match=f"entry {stands} is the review of entry"):
        Outcomes(pipeline.view())


def judge_again_now(pipeline: Pipeline) -> Rejudge:
    return judge_again(SIGNER, pipeline.now, "0.1.0")


def test_all_take_a_review_of_an_emergency(pipeline: Pipeline) -> None:
    done = pipeline.append(pipeline.urgent("one", LATER))
    assert waiting(pipeline) == [done.index]
    review = pipeline.append(pipeline.review(done))
    assert waiting(pipeline) == waiting(pipeline, environment="staging") == []
    assert faults(pipeline) == []
    found = Outcomes(pipeline.view()).review_of(done.index)
    assert found is not None
    assert found.index == review.index


@pytest.mark.parametrize(
    "lies",
    [{"commit": sha("two")}, {"environment": "staging"}, {"service": "billing"}],
    ids=lambda lies: next(iter(lies)),
)
@pytest.mark.parametrize("between", [0, 1])
def test_none_takes_a_review_of_another_deployment_than_the_emergencys(
    pipeline: Pipeline, lies: dict[str, str], between: int
) -> None:
    done = pipeline.append(pipeline.urgent("one", LATER))
    for _ in range(between):  # what lists the emergency, so that history begins with that list
        pipeline.deploy("next")
    assert isinstance(pipeline.store, Waiting)
    review = misreviewed(pipeline, done, **lies)
    pipeline.store.left = (review,)
    all_refuse(pipeline, done, review)
    assert waiting(pipeline) == [done.index]


@pytest.mark.parametrize("kind", KINDS)
def test_none_takes_a_review_of_a_decision_that_is_no_emergency(
    pipeline: Pipeline, kind: DecisionKind
) -> None:
    done = pipeline.enforce("one", kind=kind)
    assert isinstance(pipeline.store, Waiting)
    review = pipeline.review(done)
    pipeline.store.left = (review,)
    all_refuse(pipeline, done, review)


def test_none_takes_a_review_of_an_outcome(pipeline: Pipeline) -> None:
    decision = pipeline.append(pipeline.urgent("one", LATER))
    outcome = pipeline.complete(decision)
    assert isinstance(pipeline.store, Waiting)
    payload = base64.b64decode(json.loads(pipeline.review(decision))["payload"])
    true, lie = (
        b'"decision":' + link_text(*astuple(one.link)).encode() for one in (decision, outcome)
    )
    assert payload.count(true) == 1
    review = seal(payload.replace(true, lie), SIGNER)
    pipeline.store.left = (review,)
    all_refuse(pipeline, outcome, review)
    assert waiting(pipeline) == [decision.index]


def test_a_decision_after_a_review_of_another_commit_is_still_held_against_the_emergency(
    pipeline: Pipeline,
) -> None:
    done = pipeline.append(pipeline.urgent("one", PAST))
    entry = pipeline.decide("two", reviewed=Level.REQUIRE)
    add(pipeline, misreviewed(pipeline, done, commit=sha("two")))
    assert pipeline.append(entry).superseded


# ---------------------------------------------------------------- one pass

SUBJECT = Subject("shop", "production", "c")
EVENTS = st.lists(
    st.one_of(st.integers(0, 20).map(lambda hour: ("declared", hour)),
              st.tuples(st.sampled_from(["approved", "denied"]), st.integers(0, 8))),
    max_size=9,
)  # fmt: skip


@given(EVENTS)
def test_one_pass_tells_what_reading_everything_tells(events: list[tuple[str, int]]) -> None:
    known = Emergencies()
    for place, (what, number) in enumerate(events):
        if what == "declared":
            due = f"2026-01-05T{number:02}:00:00.000Z"
            known.declare(Open(place, f"leaf {place}", due), SUBJECT)
        else:
            is_one = number < place and events[number][0] == "declared"
            of = (number, f"leaf {number}")
            assert known.review(place, of, SUBJECT, approved=what == "approved") == is_one
            for other in (
                SUBJECT._replace(commit="another"),
                SUBJECT._replace(environment="another"),
                SUBJECT._replace(service="another"),
            ):
                assert not known.review(place, of, other, approved=True)
    for size in range(len(events) + 2):
        expected: list[Open] = []
        for place, (what, number) in enumerate(events[:size]):
            settled = any(
                kind == "approved" and of == place and later > place
                for later, (kind, of) in enumerate(events[:size])
            )
            if what == "declared" and not settled:
                due = f"2026-01-05T{number:02}:00:00.000Z"
                expected.append(Open(place, f"leaf {place}", due))
        assert known.below(size) == tuple(expected)


def test_overdue_is_after_the_deadline_and_not_at_it() -> None:
    one = Open(3, "leaf", "2026-01-05T09:00:00.000Z")
    assert overdue_at([one], "2026-01-05T09:00:00.000Z") == ()
    assert overdue_at([one], "2026-01-05T09:00:00.001Z") == (3,)
    assert at("09:00").isoformat() == "2026-01-05T09:00:00+00:00"
