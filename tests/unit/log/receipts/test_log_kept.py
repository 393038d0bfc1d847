"""A log at an older head is whole by itself; a checkpoint kept elsewhere tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, OTHER_LOG_KEY, TRUST, Pipeline

from gate.errors import InconsistentError, UsageError
from gate.log.receipts.kept import Kept, read_kept
from gate.log.receipts.receipt import write_receipt
from gate.log.verifying.verify import LogReport, verify_log
from gate.log.writing.create import init_log
from gate.store.memory import MemoryStore
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint


@pytest.fixture
def pipeline() -> Pipeline:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    made = Pipeline(store)
    made.deploy("one")
    return made


def verify(pipeline: Pipeline, *notes: bytes) -> LogReport:
    kept = [Kept(f"kept-{number}", note) for number, note in enumerate(notes)]
    return verify_log(pipeline.store, TRUST, kept=kept)


def test_every_head_of_the_past_is_extended(pipeline: Pipeline) -> None:
    notes = [pipeline.view().checkpoint]
    for commit in ("two", "three"):
        pipeline.enforce(commit)
        notes.append(pipeline.view().checkpoint)
    report = verify(pipeline, *notes)
    assert report.fault_counts == {}
    assert [kept.size for kept in report.kept] == [2, 3, 4]
    assert report.kept[-1].root.hex() == report.root
    assert verify(pipeline).kept == ()


def test_an_older_head_over_newer_entries_is_warned_of_and_shown_by_a_kept_one(
    pipeline: Pipeline,
) -> None:
    older = pipeline.view().checkpoint
    pipeline.enforce("two")
    newest = pipeline.view().checkpoint
    store = pipeline.store
    assert isinstance(store, MemoryStore)
    store._objects["checkpoint"] = older
    report = verify(pipeline)
    assert (report.fault_counts, report.size) == ({}, 2)
    assert report.beyond == 3  # a bundle, a tile, an evidence bundle
    report = verify(pipeline, newest, older)
    assert report.fault_counts == {"kept": 1}
    (fault,) = report.faults
    assert "the newest are missing here" in fault.message
    for note in (newest, older):
        assert note.decode().rstrip() in fault.message
    assert [kept.size for kept in report.kept] == [2]


def test_a_log_written_anew_does_not_extend_what_was_kept(pipeline: Pipeline) -> None:
    other = Pipeline(MemoryStore())
    init_log(other.store, ORIGIN, LOG_KEY)
    other.deploy("another")
    kept = other.view().checkpoint
    pipeline.enforce("two")
    (fault,) = verify(pipeline, kept).faults
    assert "its first 2 entries are others" in fault.message


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"nonsense",
        sign_checkpoint(Checkpoint(ORIGIN, 2, bytes(32)), [OTHER_LOG_KEY]),
        sign_checkpoint(Checkpoint(ORIGIN, 2, bytes(32)), [LOG_KEY])[:-3] + b"A=\n",
    ],
)
def test_what_the_log_key_did_not_sign_is_no_kept_checkpoint(
    pipeline: Pipeline, note: bytes
) -> None:
    report = verify(pipeline, note)
    assert report.fault_counts == {"kept": 1}
    assert "the kept checkpoint kept-0" in report.faults[0].message
    assert report.kept == ()


def test_a_receipt_holds_a_head_too(pipeline: Pipeline, tmp_path: Path) -> None:
    view = pipeline.view()
    path = write_receipt(tmp_path / "r", view.entry(0), view.prove(0))
    assert read_kept(path).note == view.checkpoint
    plain = tmp_path / "checkpoint"
    plain.write_bytes(view.checkpoint)
    assert read_kept(plain).note == view.checkpoint
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InconsistentError):
        read_kept(path)
    with pytest.raises(UsageError, match="cannot read"):
        read_kept(tmp_path / "gone")
    plain.write_bytes(bytes(1 << 22))
    with pytest.raises(UsageError, match="larger"):
        read_kept(plain)


def test_what_cannot_be_read_leaves_no_evidence_of_something_newer(pipeline: Pipeline) -> None:
    store = pipeline.store
    assert isinstance(store, MemoryStore)
    name = f"tile/entries/000.p/{pipeline.view().size}"
    whole = store._objects[name]
    store._objects[name] = whole.replace(b'"sig":"', b'"sig":"AA', 1)[: len(whole)]
    report = verify(pipeline)
    assert report.fault_counts
    assert report.beyond == 0
    assert report.counts.get("index rows", 0) < report.size
