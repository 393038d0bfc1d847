"""What the log proves of the environment that must come first, and what hiding rows does to it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, Pipeline, fill, sha
from records import SIGNER
from worlds import NOW

from gate.config.types import After
from gate.errors import InconsistentError
from gate.log.history.earlier import read_earlier
from gate.log.history.history import keys_asked, read_history
from gate.log.history.standing import NOT_TESTED
from gate.log.reading.keys import COMMIT, DEPLOYMENT, payload_of
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import Appended, append
from gate.log.writing.create import init_log
from gate.model import (
    Artifact,
    DecisionKind,
    Earlier,
    EarlierDeployment,
    EntryLink,
    History,
    Level,
)
from gate.record.canonical import encode
from gate.record.dsse import seal
from gate.record.statement import DecisionRecord, OutcomeRecord, open_record
from gate.record.writing import outcome_statement
from gate.store.contract import IndexRow, Key, token
from gate.store.memory import MemoryStore

STAGING: Key = (DEPLOYMENT, "shop\nstaging")
AFTER = After("staging", timedelta(days=14))
A, B = Artifact("app", "a" * 64), Artifact("app", "b" * 64)


@pytest.fixture
def pipeline() -> Pipeline:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    return Pipeline(store)


def read(view: LogView, commit: str = "one", *artifacts: Artifact) -> Earlier:
    return read_earlier(view, "shop", "staging", sha(commit), artifacts)


def outcomes(earlier: Earlier) -> list[tuple[int, int, str]]:
    return [(e.decision.index, e.ended.index, e.outcome) for e in earlier.deployments]


def staged(
    pipeline: Pipeline, commit: str = "one", outcome: str = "succeeded", *artifacts: Artifact
) -> Appended:
    return pipeline.deploy(commit, environment="staging", outcome=outcome, artifacts=artifacts)


def record_of(done: Appended) -> DecisionRecord:
    record, _ = open_record(done.entry, TRUST.signers)
    assert isinstance(record, DecisionRecord)
    return record


# ---------------------------------------------------------------- what is read


def test_an_empty_log_proves_nothing(pipeline: Pipeline) -> None:
    assert read(pipeline.view()) == Earlier("staging")


def test_outcomes_of_permitted_deployments_there_are_told_in_their_order(
    pipeline: Pipeline,
) -> None:
    staged(pipeline, outcome="failed")
    pipeline.enforce("one", environment="staging")  # has not ended
    pipeline.enforce("one", environment="staging", kind=DecisionKind.DENIED)
    staged(pipeline, "other")
    pipeline.deploy("one")  # in production
    pipeline.deploy("one", service="billing", environment="staging")
    again = staged(pipeline, "one", "succeeded", A)
    pipeline.complete(again, "rolled-back")
    found = read(pipeline.view())
    ended = [(0, 1, "failed"), (10, 11, "succeeded"), (10, 12, "rolled-back")]
    assert outcomes(found) == ended
    assert [each.artifacts for each in found.deployments] == [(), (A,), (A,)]


def test_an_outcome_of_no_permitted_deployment_proves_nothing(pipeline: Pipeline) -> None:
    one = pipeline.enforce("one", environment="staging")
    other = pipeline.enforce("two", environment="staging")
    real = pipeline.end(one)
    denied = pipeline.enforce("one", environment="staging", kind=DecisionKind.DENIED)
    pipeline.append(pipeline.end(denied))  # as somebody with the keys could
    astray = outcome_statement(
        other.link,
        record_of(one),
        "succeeded",
        at=NOW,
        judged=read_history(pipeline.view(), "shop", "staging", sha("one"), ("CHG-one",)),
        gate_version="0.1.0",
    )
    pipeline.append(seal(astray, SIGNER))
    assert read(pipeline.view()) == Earlier("staging")
    pipeline.append(real)
    assert outcomes(read(pipeline.view())) == [(0, 5, "succeeded")]


def test_a_second_implementation_that_reads_everything_agrees(pipeline: Pipeline) -> None:
    chance = random.Random(4)
    for _ in range(24):
        staged(
            pipeline,
            chance.choice(["one", "two"]),
            chance.choice(["succeeded", "failed", "rolled-back"]),
            *chance.choice([(), (A,), (A, B)]),
        )
        pipeline.deploy("one")
        for tail in (0, 2, 256):
            view = LogView(pipeline.store, TRUST, tail=tail)
            for artifacts in ((), (A,), (B,)):
                found = read(view, "one", *artifacts).decisive(artifacts)
                assert (found and found.ended.index) == _naively(view, artifacts)


def _naively(view: LogView, artifacts: tuple[Artifact, ...]) -> int | None:
    """The last outcome of commit "one" in staging, with these artifacts."""
    for index in reversed(range(view.size)):
        record = view.record(index)
        if not isinstance(record, OutcomeRecord) or record.environment != "staging":
            continue
        there = set(record.artifacts)
        covered = set(artifacts) <= there if artifacts else not there
        if record.commit == sha("one") and covered:
            return index
    return None


# ---------------------------------------------------------------- rows that are hidden


def without(key: Key, *places: int) -> Callable[[IndexRow], IndexRow]:
    def change(row: IndexRow) -> IndexRow:
        kept = tuple(one for one in row.tokens if one != token(*key))
        return replace(row, tokens=kept) if row.index in places else row

    return change


def hide(pipeline: Pipeline, key: Key, *places: int) -> LogView:
    """The log behind many others, with rows of its index hidden."""
    fill(pipeline.store, 20)
    store = pipeline.store
    assert isinstance(store, MemoryStore)
    store._rows = [without(key, *places)(row) for row in store._rows]
    return LogView(store, TRUST, tail=4)


@pytest.fixture
def rolled_back(pipeline: Pipeline) -> Pipeline:
    """Commit one succeeded in staging (entries 0 and 1), and was rolled back (6)."""
    one = staged(pipeline)
    staged(pipeline, "two")
    staged(pipeline, "three")
    pipeline.complete(one, "rolled-back")
    return pipeline


def test_hiding_from_the_commit_what_came_after_a_success_is_no_success(
    rolled_back: Pipeline,
) -> None:
    view = hide(rolled_back, (COMMIT, sha("one")), 6)
    found = read(view)
    assert outcomes(found) == [(0, 1, "succeeded"), (0, 6, "rolled-back")]
    assert (last := found.decisive(()))
    assert last.outcome == "rolled-back"


@pytest.mark.parametrize("also", [(), (4, 5), (2, 3, 4, 5)])
def test_hiding_it_from_the_environment_as_well_is_tampering(
    rolled_back: Pipeline, also: tuple[int, ...]
) -> None:
    hide(rolled_back, (COMMIT, sha("one")), 6)
    view = hide(rolled_back, STAGING, 6, *also)
    with pytest.raises(InconsistentError, match="leaves it out"):
        read(view)


def test_hiding_a_success_makes_it_untested(pipeline: Pipeline) -> None:
    staged(pipeline)
    view = hide(pipeline, (COMMIT, sha("one")), 0, 1)
    assert read(view).decisive(()) is None


# ---------------------------------------------------------------- judged again at its place


def test_what_still_holds_at_its_place_stays(pipeline: Pipeline) -> None:
    staged(pipeline)
    entry = pipeline.decide("one", after=AFTER)
    staged(pipeline, "two")
    staged(pipeline)  # once more
    done = pipeline.append(entry)
    assert done.entry == entry
    tested = record_of(done).history.tested
    assert tested
    assert (tested.environment, tested.within) == ("staging", timedelta(days=14))
    assert tested.ended
    assert tested.ended.index == 1


@pytest.mark.parametrize("outcome", ["rolled-back", "failed"])
def test_what_ended_otherwise_meanwhile_is_a_denial(pipeline: Pipeline, outcome: str) -> None:
    one = staged(pipeline)
    entry = pipeline.decide("one", after=AFTER)
    pipeline.complete(one, outcome)
    done = pipeline.append(entry)
    record = record_of(done)
    assert record.decision is DecisionKind.DENIED
    assert record.predicate.replaces
    assert record.predicate.replaces.failed == (NOT_TESTED,)
    assert record.history.tested  # what it went by is told still


@pytest.mark.parametrize(
    ("artifacts", "other", "kind"),
    [
        ((A,), (A,), DecisionKind.DENIED),
        ((A,), (A, B), DecisionKind.DENIED),
        ((A,), (B,), DecisionKind.ALLOWED),
        ((A,), (), DecisionKind.ALLOWED),
    ],
)
def test_a_failure_of_other_artifacts_is_another_matter(
    pipeline: Pipeline,
    artifacts: tuple[Artifact, ...],
    other: tuple[Artifact, ...],
    kind: DecisionKind,
) -> None:
    staged(pipeline, "one", "succeeded", *artifacts)
    entry = pipeline.decide("one", after=AFTER, artifacts=artifacts)
    staged(pipeline, "one", "failed", *other)
    assert record_of(pipeline.append(entry)).decision is kind


def test_what_was_only_warned_of_is_not_judged_again(pipeline: Pipeline) -> None:
    one = staged(pipeline)
    entry = pipeline.decide("one", after=AFTER, level=Level.WARN)
    pipeline.complete(one, "failed")
    assert record_of(pipeline.append(entry)).decision is DecisionKind.ALLOWED


def test_a_success_that_was_too_long_ago_never_holds(pipeline: Pipeline) -> None:
    staged(pipeline)
    pipeline.minutes += 60
    entry = pipeline.decide("one", after=After("staging", timedelta(hours=1)))
    staged(pipeline, "two")
    assert record_of(pipeline.append(entry)).decision is DecisionKind.DENIED


def test_a_store_is_told_which_keys_will_be_asked() -> None:
    assert STAGING in keys_asked("shop", "production", sha("one"), (), "staging")
    assert STAGING not in keys_asked("shop", "production", sha("one"))


# ---------------------------------------------------------------- verified of the whole log


def faults(pipeline: Pipeline) -> list[tuple[str, str, str]]:
    found = verify_log(pipeline.store, TRUST).faults
    return [(fault.kind, fault.place, fault.message) for fault in found]


def unjudged(pipeline: Pipeline, entry: bytes) -> int:
    """Append without judging again, as somebody with the keys could; its place."""
    return append(pipeline.store, TRUST, LOG_KEY, entry, pause=lambda _: None).index


@pytest.mark.parametrize("artifacts", [(), (A,), (A, B)])
def test_a_log_in_which_all_held_is_right(
    pipeline: Pipeline, artifacts: tuple[Artifact, ...]
) -> None:
    one = staged(pipeline, "one", "succeeded", *artifacts)
    pipeline.append(pipeline.decide("one", after=AFTER, artifacts=artifacts[:1]))
    pipeline.complete(one, "rolled-back")  # afterwards
    denied = DecisionKind.DENIED
    pipeline.append(pipeline.decide("one", after=AFTER, artifacts=artifacts[:1], kind=denied))
    staged(pipeline, "one", "succeeded", *artifacts)
    pipeline.append(pipeline.decide("one", after=AFTER, artifacts=artifacts[:1]))
    assert faults(pipeline) == []


def test_what_was_permitted_without_it_is_tampering(pipeline: Pipeline) -> None:
    one = staged(pipeline, "one", "succeeded", A)
    staged(pipeline, "two")
    held = pipeline.decide("one", after=AFTER, artifacts=(A,))
    other = pipeline.decide("one", after=AFTER, artifacts=(B,))
    late = pipeline.decide("two", after=After("staging", timedelta(seconds=1)))
    never = pipeline.decide("three", after=AFTER)
    elsewhere = pipeline.decide("two", after=AFTER, service="billing")
    warned = pipeline.decide("three", after=AFTER, level=Level.WARN)
    assert unjudged(pipeline, held) == 4
    wrong = [unjudged(pipeline, entry) for entry in (other, late, never, elsewhere)]
    unjudged(pipeline, warned)
    pipeline.complete(one, "failed")
    again = pipeline.decide("one", after=AFTER, artifacts=(A,))
    wrong.append(unjudged(pipeline, again))
    told = [fault for fault in faults(pipeline) if "had not succeeded" in fault[2]]
    assert [place for _, place, _ in told] == [f"entry {index}" for index in wrong]
    assert {kind for kind, _, _ in told} == {"history"}


def test_one_that_does_not_say_what_it_went_by_counted_on_nothing(pipeline: Pipeline) -> None:
    staged(pipeline)
    entry = pipeline.decide("one", after=AFTER)
    statement = json.loads(payload_of(entry))
    del statement["predicate"]["history"]["tested"]
    index = unjudged(pipeline, seal(encode(statement), SIGNER))
    assert any(place == f"entry {index}" for _, place, _ in faults(pipeline))


# ---------------------------------------------------------------- proved by another log's receipts

ELSEWHERE = After("staging", timedelta(hours=1), "acme.example/staging", "staging")


def told_by_receipts(minutes: int, *, link: bool = True) -> Callable[[History], History]:
    """History in which receipts tell of a success so many minutes after the world's time."""
    at = NOW + timedelta(minutes=minutes)
    one = EarlierDeployment(EntryLink(6, "d" * 64), EntryLink(7, "e" * 64), at, "succeeded")
    earlier = Earlier("staging", (one,) if link else (), ELSEWHERE.origin)
    return lambda history: replace(history, earlier=earlier)


def test_what_receipts_told_holds_at_any_place(pipeline: Pipeline) -> None:
    """What this log says of staging, nobody asked; and a failure here is of something else."""
    entry = pipeline.decide("one", after=ELSEWHERE, told=told_by_receipts(0))
    staged(pipeline, outcome="failed")
    assert pipeline.append(entry).entry == entry
    assert faults(pipeline) == []


@pytest.mark.parametrize("told", [told_by_receipts(-60), told_by_receipts(0, link=False)])
def test_receipts_that_told_of_no_success_in_time_never_hold(
    pipeline: Pipeline, told: Callable[[History], History]
) -> None:
    entry = pipeline.decide("one", after=ELSEWHERE, told=told)
    other = pipeline.decide("one", after=ELSEWHERE, told=told)
    staged(pipeline)  # this log's own staging is not asked instead
    record = record_of(pipeline.append(entry))
    assert record.decision is DecisionKind.DENIED
    assert record.predicate.replaces
    assert record.predicate.replaces.failed == (NOT_TESTED,)
    assert faults(pipeline) == []
    index = unjudged(pipeline, other)
    assert any(place == f"entry {index}" for _, place, _ in faults(pipeline))
