"""Logs whose bytes all agree, and whose records lie: appended by somebody who holds both keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, Pipeline, fill, good_trust, sha, story
from records import OTHER, good_decision, write
from worlds import good_change, good_deployment, good_facts

from gate.log.append import append
from gate.log.create import init_log
from gate.log.findings import MOST
from gate.log.history import read_history
from gate.log.plan import plan_append
from gate.log.verify import LogReport, verify_log
from gate.log.view import LogView
from gate.model import Base, BaseKind, EntryLink, History
from gate.store.contract import StoreError
from gate.store.memory import MemoryStore


@pytest.fixture
def pipeline() -> Pipeline:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    return Pipeline(store)


def faults(pipeline: Pipeline) -> set[tuple[str, str]]:
    return {(one.kind, one.place) for one in verify_log(pipeline.store, TRUST).faults}


def lie(pipeline: Pipeline, told: History, commit: str = "new") -> int:
    """Append an allowed decision that says it was judged by ``told``; returns its place."""
    facts = good_facts(
        deployment=good_deployment(commit=sha(commit)),
        change=good_change(head=sha(commit), base=told.base),
        history=told,
    )
    written = write(facts, replace(good_decision(), at=pipeline.now()), judged=told)
    return append(pipeline.store, TRUST, LOG_KEY, written.entry).index


def truth(pipeline: Pipeline, commit: str = "new") -> History:
    return read_history(pipeline.view(), "shop", "production", sha(commit), ("CHG-1",))


def test_an_honest_log_has_no_faults_and_says_what_was_checked(pipeline: Pipeline) -> None:
    story(pipeline, 30)
    fill(pipeline.store, 2)
    report = verify_log(pipeline.store, TRUST)
    view = pipeline.view()
    assert (report.faults, report.notes, report.fault_counts) == ((), (), {})
    assert (report.size, report.root, report.origin) == (view.size, view.root.hex(), ORIGIN)
    assert report.checkpoint == view.checkpoint
    counts = report.counts
    assert counts["entries"] == view.size
    assert counts["decision"] + counts["outcome"] + counts["key"] == view.size
    assert counts["evidence"] == counts["decision"]
    assert "evidence" not in verify_log(pipeline.store, TRUST, evidence=False).counts


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 513])
def test_every_size_verifies(size: int) -> None:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    if size:
        fill(store, size)
    assert verify_log(store, TRUST) == LogReport(
        origin=ORIGIN,
        size=size,
        root=LogView(store, TRUST).root.hex(),
        checkpoint=store.head() or b"",
        faults=(),
        notes=(),
        fault_counts={},
        counts=verify_log(store, TRUST).counts,
    )


def test_no_log_at_all(pipeline: Pipeline) -> None:
    with pytest.raises(StoreError, match="there is no log"):
        verify_log(MemoryStore(), TRUST)
    fill(pipeline.store, 1)
    store = pipeline.store
    assert isinstance(store, MemoryStore)
    del store._objects["checkpoint"]
    assert faults(pipeline) == {("checkpoint", "checkpoint")}


def test_a_record_by_a_stranger_is_a_fault(pipeline: Pipeline) -> None:
    pipeline.enforce()
    report = verify_log(pipeline.store, good_trust(record=OTHER))
    assert [(one.kind, one.place) for one in report.faults] == [("record", "entry 0")]
    assert "signers.toml" in report.faults[0].message


def test_an_entry_that_is_no_record_is_a_fault(pipeline: Pipeline) -> None:
    view = pipeline.view()
    plan = plan_append(view, [pipeline.decide()], LOG_KEY)
    assert plan.checkpoint
    # what plan_append would refuse, by somebody who plans otherwise
    from gate.store.contract import IndexRow, Plan
    from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
    from gate.tlog.tile import plan_tiles

    tiles = plan_tiles(0, pipeline.store.read, [b"garbage"])
    head = sign_checkpoint(Checkpoint(ORIGIN, 1, tiles.frontier.root()), [LOG_KEY])
    rows = (IndexRow(0, ()),)
    assert pipeline.store.commit(view.checkpoint, Plan(tiles.objects, (), rows, head))
    assert faults(pipeline) == {("record", "entry 0")}


def test_a_range_that_starts_too_late_is_a_fault(pipeline: Pipeline) -> None:
    pipeline.deploy("one")
    pipeline.enforce("two")
    told = truth(pipeline)
    place = lie(pipeline, replace(told, base=Base(BaseKind.DEPLOYED, sha("two"), 2)))
    assert faults(pipeline) == {("history", f"entry {place}")}
    report = verify_log(pipeline.store, TRUST)
    assert report.fault_counts == {"history": 2}  # not true then, and not at its place


def test_a_first_deployment_that_is_none_is_a_fault(pipeline: Pipeline) -> None:
    pipeline.deploy("one")
    place = lie(pipeline, replace(truth(pipeline), base=Base(BaseKind.FIRST, "", None)))
    assert ("history", f"entry {place}") in faults(pipeline)


def test_a_permission_that_did_not_hold_at_its_place_is_a_fault(pipeline: Pipeline) -> None:
    told = truth(pipeline)
    pipeline.deploy("one")
    place = lie(pipeline, told)  # true when it was judged
    assert faults(pipeline) == {("history", f"entry {place}")}
    (fault,) = verify_log(pipeline.store, TRUST).faults
    assert sha("one")[:12] in fault.message


def test_wrong_links_are_faults(pipeline: Pipeline) -> None:
    pipeline.deploy("one")
    told = truth(pipeline)
    leaf = pipeline.view().link(0).leaf
    for changed in (
        replace(told, prior_deployment=None),
        replace(told, prior_deployment=EntryLink(0, leaf)),
        replace(told, prior_deployment=EntryLink(1, leaf)),
        replace(told, prior_tickets={}),
        replace(told, prior_tickets={"CHG-1": EntryLink(0, leaf)}),
    ):
        store = MemoryStore()
        source = pipeline.store
        assert isinstance(source, MemoryStore)
        store._objects, store._rows = dict(source._objects), list(source._rows)
        liar = Pipeline(store)
        liar.minutes = pipeline.minutes
        place = lie(liar, changed)
        assert faults(liar) == {("prior", f"entry {place}")}


@pytest.mark.parametrize(("size", "root"), [(99, "0" * 64), (1, "0" * 64), (2, "ab" * 32)])
def test_a_head_that_never_was_is_a_fault(pipeline: Pipeline, size: int, root: str) -> None:
    pipeline.deploy("one")
    place = lie(pipeline, replace(truth(pipeline), size=size, root=root))
    assert ("prior", f"entry {place}") in faults(pipeline)


def test_forgotten_records_of_the_commit_are_a_fault(pipeline: Pipeline) -> None:
    pipeline.enforce("new")
    place = lie(pipeline, replace(truth(pipeline), here=()))
    assert faults(pipeline) == {("history", f"entry {place}")}


def test_an_outcome_of_nothing_is_a_fault(pipeline: Pipeline) -> None:
    decision = pipeline.enforce("one")
    ending = pipeline.end(replace(decision, entry=pipeline.decide("two")))
    place = append(pipeline.store, TRUST, LOG_KEY, ending).index
    assert faults(pipeline) == {("history", f"entry {place}")}


def test_a_log_that_is_all_wrong_is_counted_and_not_listed_for_ever(pipeline: Pipeline) -> None:
    fill(pipeline.store, MOST + 50)
    report = verify_log(pipeline.store, good_trust(record=OTHER))
    assert report.fault_counts == {"record": MOST + 50}
    assert len(report.faults) == MOST
