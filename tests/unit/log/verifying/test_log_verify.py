"""Logs whose bytes all agree, and whose records lie: appended by somebody who holds both keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from faults.pipelines import (
    LOG_KEY,
    ORIGIN,
    TRUST,
    Pipeline,
    fill,
    filler,
    good_trust,
    new_directory,
    sha,
    story,
)
from records import OTHER, good_decision, write
from worlds import NOW, good_change, good_deployment, good_facts

from gate.log.history.history import read_history
from gate.log.reading.view import LogView
from gate.log.receipts.kept import Kept
from gate.log.verifying.findings import MOST
from gate.log.verifying.verify import Extent, LogReport, verify_log
from gate.log.writing.append import append
from gate.log.writing.create import init_log
from gate.log.writing.plan import plan_append
from gate.model import Base, BaseKind, EntryLink, History
from gate.store.contract import IndexRow, Oddity, StoreError
from gate.store.directory.store import DirectoryStore
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
        note_counts={},
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
    from gate.store.contract import Plan
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


@pytest.mark.parametrize("service", ["shop", "billing"])
def test_a_permission_under_a_used_ticket_is_a_fault(pipeline: Pipeline, service: str) -> None:
    pipeline.enforce("one", service=service, tickets=("CHG-7", "CHG-1"), approved=NOW)
    entry = pipeline.decide("two", tickets=("CHG-1",), approved=NOW)
    place = append(pipeline.store, TRUST, LOG_KEY, entry).index  # by a gate that does not judge
    (fault,) = verify_log(pipeline.store, TRUST).faults
    assert (fault.kind, fault.place) == ("history", f"entry {place}")
    assert "permits under 'CHG-1'" in fault.message
    entry = pipeline.decide("three", tickets=("CHG-7",))  # approved anew
    append(pipeline.store, TRUST, LOG_KEY, entry)
    assert verify_log(pipeline.store, TRUST).fault_counts == {"history": 1}


def test_wrong_links_are_faults(pipeline: Pipeline) -> None:
    pipeline.deploy("one", tickets=("CHG-1",))
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


# ---------------------------------------------------------------- parts of a log, side by side


@pytest.fixture
def folder(tmp_path: Path) -> DirectoryStore:
    """A log of several chunks, with records of each kind at both ends."""
    pipeline = Pipeline(new_directory(tmp_path / "log"))
    story(pipeline, 20)
    fill(pipeline.store, 1_200)
    story(pipeline, 1_250)
    return DirectoryStore(tmp_path / "log")


def test_many_processes_find_what_one_finds(folder: DirectoryStore, tmp_path: Path) -> None:
    whole = verify_log(folder, TRUST, jobs=1)
    assert (whole.faults, whole.notes) == ((), ())
    assert verify_log(folder, TRUST, jobs=3) == whole
    copy = MemoryStore()
    copy._objects = {name: folder.read(name) or b"" for name in folder.names("")}
    by_place: dict[int, list[bytes]] = {}
    for token, place in folder.rows():
        by_place.setdefault(place, []).append(token)
    copy._rows = [IndexRow(place, tuple(found)) for place, found in by_place.items()]
    assert verify_log(copy, TRUST, jobs=3) == whole  # which only this process can look at

    log = tmp_path / "log"
    tiles = ("tile/entries/000", "tile/entries/004.p/*", "tile/0/001")
    # All evidence: that of a record which can no longer be read is nobody's.
    for path in (*(max(log.glob(name)) for name in tiles), *log.glob("evidence/*/*")):
        data = path.read_bytes()
        at = min(3000, len(data) - 1)
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    report = verify_log(folder, TRUST, jobs=1)
    assert set(report.fault_counts) >= {"record", "bundle", "tile", "evidence", "root"}
    assert verify_log(folder, TRUST, jobs=3) == report


def test_faults_stand_in_the_order_of_the_log(folder: DirectoryStore, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "log" / "index.sqlite", isolation_level=None)
    connection.execute("DELETE FROM key WHERE place IN (3, 700, 1240)")
    connection.close()
    report = verify_log(folder, good_trust(record=OTHER), jobs=2)
    assert report.faults[0].kind == "record"
    assert [one.place for one in report.faults if one.kind == "record"] == [
        f"entry {n}" for n in range(MOST)
    ]
    # of entries that cannot be read nobody can tell what the index should have of them
    assert report.fault_counts == {"record": report.size}


def test_progress_comes_to_the_size_of_the_log(folder: DirectoryStore) -> None:
    seen: list[tuple[int, int]] = []
    for jobs in (1, 2):
        seen.clear()
        report = verify_log(folder, TRUST, jobs=jobs, progress=lambda *now: seen.append(now))
        assert sum(more for more, _ in seen) == report.size == seen[0][1]
        assert len(seen) > 1


def test_integrity_alone_sees_bytes_and_nothing_in_records(
    folder: DirectoryStore, tmp_path: Path
) -> None:
    only = Extent(records=False)
    report = verify_log(folder, good_trust(record=OTHER), extent=only, jobs=2)
    assert (report.faults, report.records, report.counts["entries"]) == ((), False, report.size)
    assert "decision" not in report.counts
    path = tmp_path / "log" / "tile/entries/002"
    data = path.read_bytes()
    path.write_bytes(data[:99] + b"\0" + data[100:])
    report = verify_log(folder, TRUST, extent=only)
    assert [(one.kind, one.place) for one in report.faults] == [("bundle", "tile/entries/002")]
    kept = [Kept("kept", (folder.head() or b"").replace(b"\n1", b"\n2", 1))]
    assert "kept" in verify_log(folder, TRUST, extent=only, kept=kept).fault_counts


# ---------------------------------------------------------------- since a checkpoint


def test_since_a_checkpoint_signatures_and_evidence_below_are_not_asked(
    pipeline: Pipeline,
) -> None:
    pipeline.deploy("one")
    head = pipeline.view().checkpoint
    pipeline.deploy("two")
    store = pipeline.store
    assert isinstance(store, MemoryStore)
    since = Extent(since=Kept("before", head))
    report = verify_log(store, TRUST, extent=since)
    assert (report.faults, report.since, report.kept[0].size) == ((), 2, 2)
    assert (report.counts["decision"], report.counts["evidence"]) == (2, 1)
    strange = verify_log(store, good_trust(record=OTHER), extent=since)
    assert [one.place for one in strange.faults] == ["entry 2", "entry 3"]


def test_since_a_checkpoint_older_records_still_count(pipeline: Pipeline) -> None:
    pipeline.deploy("one")
    told = truth(pipeline)
    head = pipeline.view().checkpoint
    pipeline.deploy("two")
    place = lie(pipeline, told)
    report = verify_log(pipeline.store, TRUST, extent=Extent(since=Kept("before", head)))
    assert [(one.kind, one.place) for one in report.faults] == [("history", f"entry {place}")]


def test_since_a_checkpoint_of_another_log_is_a_fault_and_all_is_checked(
    pipeline: Pipeline,
) -> None:
    pipeline.deploy("one")
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    other = Pipeline(store)
    other.deploy("another")
    short, same = other.view().checkpoint, pipeline.view().checkpoint
    other.deploy("more")
    for note, checked in ((short, 2), (other.view().checkpoint, 0), (b"nothing", 0)):
        extent = Extent(since=Kept("elsewhere", note))
        report = verify_log(pipeline.store, TRUST, extent=extent)
        assert (report.fault_counts, report.since) == ({"kept": 1}, checked)
    assert verify_log(pipeline.store, TRUST, extent=Extent(since=Kept("now", same))).faults == ()


def test_an_entry_below_the_checkpoint_must_still_be_a_record(pipeline: Pipeline) -> None:
    from gate.store.contract import Plan
    from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
    from gate.tlog.tile import plan_tiles

    entries = [filler(1)[0], filler(1)[0].replace(b"in-toto", b"in_toto")]
    tiles = plan_tiles(0, pipeline.store.read, entries)
    head = sign_checkpoint(Checkpoint(ORIGIN, 2, tiles.frontier.root()), [LOG_KEY])
    plan = Plan(tiles.objects, (), (IndexRow(0, ()), IndexRow(1, ())), head)
    assert pipeline.store.commit(pipeline.view().checkpoint, plan)
    report = verify_log(pipeline.store, TRUST, extent=Extent(since=Kept("now", head)))
    assert ("record", "entry 1") in {(one.kind, one.place) for one in report.faults}


# ---------------------------------------------------------------- a store's own structures


class OddStore(MemoryStore):
    """A store that finds something odd in itself."""

    leaves: tuple[bytes, ...] = ()

    def examine(self, size: int, leaf: Callable[[int], bytes]) -> Iterator[Oddity]:
        self.leaves = tuple(leaf(index) for index in range(size))
        yield Oddity(fault=True, kind="commit", place="commits/7", message="is void")
        yield Oddity(fault=False, kind="pending", place="pending/ab", message="waits")


def test_what_a_store_finds_odd_in_itself_is_told() -> None:
    store = OddStore()
    init_log(store, ORIGIN, LOG_KEY)
    fill(store, 300)
    report = verify_log(store, TRUST)
    assert [(one.kind, one.place) for one in report.faults] == [("commit", "commits/7")]
    assert [(one.kind, one.place) for one in report.notes] == [("pending", "pending/ab")]
    view = LogView(store, TRUST)
    assert store.leaves == tuple(view.leaf(index) for index in range(300))
