"""What the log proves, held against a second implementation that reads everything."""

from __future__ import annotations

import random

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, Pipeline, fill, sha

from gate.log.history.history import read_history
from gate.log.reading.view import LogView
from gate.log.writing.append import Appended
from gate.log.writing.create import init_log
from gate.model import Base, BaseKind, DecisionKind, EntryLink, History
from gate.record.predicates import ChangePart
from gate.record.statement import DecisionRecord, OutcomeRecord
from gate.store.memory import MemoryStore


@pytest.fixture
def pipeline() -> Pipeline:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    return Pipeline(store)


def history(pipeline: Pipeline, commit: str, environment: str = "production") -> History:
    return read_history(pipeline.view(), "shop", environment, sha(commit))


def test_an_empty_log_proves_nothing(pipeline: Pipeline) -> None:
    found = history(pipeline, "one")
    assert found == History(0, pipeline.view().root.hex(), Base(BaseKind.FIRST, "", None))


def test_the_base_is_the_newest_decision_that_succeeded(pipeline: Pipeline) -> None:
    pipeline.deploy("one")
    two = pipeline.deploy("two")
    pipeline.enforce("three")
    failed = pipeline.enforce("four")
    pipeline.complete(failed, "failed")
    pipeline.enforce("five", kind=DecisionKind.DENIED)
    assert history(pipeline, "six").base == Base(BaseKind.DEPLOYED, sha("two"), two.index)


def test_other_services_and_environments_are_no_base(pipeline: Pipeline) -> None:
    pipeline.deploy("one", service="billing")
    pipeline.deploy("one", environment="staging")
    assert history(pipeline, "one").base.kind == BaseKind.FIRST
    assert history(pipeline, "one").here == ()
    assert history(pipeline, "two", "staging").base.commit == sha("one")


def test_the_order_of_decisions_counts_not_that_of_outcomes(pipeline: Pipeline) -> None:
    one, two = pipeline.enforce("one"), pipeline.enforce("two")
    pipeline.complete(two)
    pipeline.complete(one)
    assert history(pipeline, "three").base == Base(BaseKind.DEPLOYED, sha("two"), two.index)


def test_what_was_rolled_back_is_no_base(pipeline: Pipeline) -> None:
    one = pipeline.deploy("one")
    two = pipeline.deploy("two")
    pipeline.complete(two, "rolled-back")
    assert history(pipeline, "three").base == Base(BaseKind.DEPLOYED, sha("one"), one.index)
    assert history(pipeline, "two").base.kind == BaseKind.DEPLOYED


def test_a_commit_that_succeeded_before_keeps_the_range_of_its_first_success(
    pipeline: Pipeline,
) -> None:
    first = pipeline.deploy("one")
    second = pipeline.deploy("two")
    pipeline.deploy("three")
    assert history(pipeline, "two").base == Base(BaseKind.REDEPLOYED, sha("one"), second.index)
    assert history(pipeline, "one").base == Base(BaseKind.REDEPLOYED, "", first.index)
    pipeline.deploy("two")
    assert history(pipeline, "two").base == Base(BaseKind.REDEPLOYED, sha("one"), second.index)


def test_here_are_the_earlier_decisions_of_the_commit(pipeline: Pipeline) -> None:
    denied = pipeline.enforce("one", kind=DecisionKind.DENIED)
    allowed = pipeline.deploy("one")
    pipeline.deploy("two")
    here = history(pipeline, "one").here
    assert [(past.link, past.decision) for past in here] == [
        (denied.link, "denied"),
        (allowed.link, "allowed"),
    ]


def test_prior_links_are_the_newest_records_of_any_kind(pipeline: Pipeline) -> None:
    pipeline.deploy("one", tickets=("CHG-1", "CHG-2"))
    last = pipeline.complete(pipeline.enforce("two", tickets=("CHG-2",)), "cancelled")
    pipeline.deploy("three", service="billing", tickets=("CHG-3",))
    view = pipeline.view()
    found = read_history(view, "shop", "production", sha("x"), ("CHG-1", "CHG-2", "CHG-9"))
    assert found.prior_deployment == last.link
    assert found.prior_tickets == {"CHG-1": view.link(1), "CHG-2": last.link}


def test_an_outcome_that_names_another_leaf_proves_nothing(pipeline: Pipeline) -> None:
    decision = pipeline.enforce("one")
    other = Appended(
        decision.index, pipeline.decide("two"), decision.proof, superseded=False, origin=ORIGIN
    )
    ending = pipeline.end(other)
    from gate.log.writing.append import append

    append(pipeline.store, TRUST, LOG_KEY, ending)  # no gate would, without judging again
    assert history(pipeline, "three").base.kind == BaseKind.FIRST


def naive(view: LogView, service: str, environment: str, commit: str) -> Base:
    """Everything read, from the start, in the plainest words."""
    decisions: list[tuple[EntryLink, DecisionRecord]] = []
    newest: dict[EntryLink, str] = {}
    for index in range(view.size):
        record = view.record(index)
        if (record.service, record.environment) != (service, environment):
            continue
        if isinstance(record, DecisionRecord):
            decisions.append((view.link(index), record))
        elif isinstance(record, OutcomeRecord):
            newest[record.of] = record.outcome.value
    succeeded = [
        (link, record)
        for link, record in decisions
        if record.decision.value in {"allowed", "emergency"} and newest.get(link) == "succeeded"
    ]
    for link, record in succeeded:
        if record.commit == commit:
            change = record.predicate.change
            return Base(BaseKind.REDEPLOYED, getattr(change, "base").commit or "", link.index)  # noqa: B009  # either type
    if succeeded:
        link, record = succeeded[-1]
        return Base(BaseKind.DEPLOYED, record.commit, link.index)
    for link, record in decisions:
        change = record.predicate.change
        if isinstance(change, ChangePart) and change.release_refs and change.start:
            return Base(BaseKind.FIRST, change.start, link.index)
    return Base(BaseKind.FIRST, "", None)


@pytest.mark.parametrize("seed", range(4))
def test_any_history_agrees_with_reading_everything(pipeline: Pipeline, seed: int) -> None:
    chance = random.Random(seed)
    open_decisions: list[Appended] = []
    for _ in range(24):
        if open_decisions and chance.random() < 0.5:
            outcome = chance.choice(["succeeded", "succeeded", "failed", "rolled-back"])
            pipeline.complete(chance.choice(open_decisions), outcome)
            continue
        decision = pipeline.enforce(
            chance.choice("abc"),
            service=chance.choice(["shop", "billing"]),
            kind=chance.choice(list(DecisionKind)),
        )
        if pipeline.view().record(decision.index).decision in {"allowed", "emergency"}:  # type: ignore[union-attr]
            open_decisions.append(decision)
    fill(pipeline.store, 3)
    for tail in (256, 5, 0):
        view = LogView(pipeline.store, TRUST, tail=tail)
        for service in ("shop", "billing", "none"):
            for commit in "abcd":
                found = read_history(view, service, "production", sha(commit))
                assert found.base == naive(view, service, "production", sha(commit))
