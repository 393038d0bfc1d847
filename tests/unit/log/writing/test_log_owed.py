"""Records that wait on the disk for a log that was down."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, Pipeline, sha
from worlds import NOW

from gate.errors import InconsistentError, UsageError
from gate.log.history.history import base_before, read_history
from gate.log.verifying.verify import verify_log
from gate.log.writing.create import init_log
from gate.log.writing.owed import DISCLOSURE, ENTRY, EVIDENCE, Owed, forget, keep, read_owed
from gate.model import Base, BaseKind, DecisionKind, Emergency, Free, History
from gate.store.contract import StoreError
from gate.store.memory import MemoryStore


def owed(folder: Path, entry: bytes = b"entry") -> Owed:
    return Owed(folder, entry, b"evidence", b"disclosure")


def test_what_is_kept_is_read_again_until_it_is_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "gate-spool"
    one, two = owed(folder), owed(folder, b"another")
    path = keep(one)
    keep(two)
    keep(one)  # once more changes nothing
    assert path.name == one.digest + ENTRY
    assert set(read_owed(folder)) == {one, two}
    forget(one)
    assert read_owed(folder) == (two,)
    forget(two)
    assert list(folder.iterdir()) == []


def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    keep(owed(tmp_path / "spool"))
    for path in (tmp_path / "spool").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("ending", [EVIDENCE, DISCLOSURE])
def test_a_file_that_is_missing_is_named(tmp_path: Path, ending: str) -> None:
    one = owed(tmp_path)
    keep(one)
    (tmp_path / f"{one.digest}{ending}").unlink()
    with pytest.raises(UsageError) as caught:
        read_owed(tmp_path)
    assert "three files" in caught.value.remedy


def test_a_file_that_was_changed_is_inconsistent(tmp_path: Path) -> None:
    one = owed(tmp_path)
    keep(one).write_bytes(b"changed")
    with pytest.raises(InconsistentError, match="is not the record of its name"):
        read_owed(tmp_path)


def test_no_folder_and_a_file_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        read_owed(tmp_path / "nothing")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError):
        keep(owed(tmp_path / "file"))


# ---------------------------------------------------------------- at its place


def blind(_: History) -> History:
    """What is known without the log."""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    return History(0, empty, Base(BaseKind.FIRST, "", None), offline=True)


def spooled(pipeline: Pipeline, commit: str) -> bytes:
    declared = Emergency(Free("It burns."), ("approved",), NOW, spooled=True)
    return pipeline.decide(commit, kind=DecisionKind.EMERGENCY, emergency=declared, told=blind)


@pytest.fixture
def pipeline() -> Pipeline:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    return Pipeline(store)


def test_what_was_judged_without_the_log_stands_where_it_is_appended(pipeline: Pipeline) -> None:
    entry = spooled(pipeline, "urgent")
    pipeline.deploy("one")
    pipeline.deploy("two")
    done = pipeline.append(entry)
    assert not done.superseded
    assert verify_log(pipeline.store, TRUST).faults == ()
    history = read_history(pipeline.view(), "shop", "production", sha("next"))
    assert [one.link for one in history.emergencies] == [done.link]
    place = ("shop", "production", sha("urgent"))
    before = base_before(pipeline.view(), *place, done.index)
    assert (before.kind, before.commit) == (BaseKind.DEPLOYED, sha("two"))
    assert base_before(pipeline.view(), *place, 2).commit == sha("one")


def test_nothing_else_may_leave_the_log_out(pipeline: Pipeline) -> None:
    """The mark counts for an emergency alone."""
    pipeline.deploy("one")
    entry = pipeline.decide("two", told=blind)
    assert pipeline.append(entry).superseded
