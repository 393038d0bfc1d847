from __future__ import annotations

import errno
from pathlib import Path

import pytest
from faults.faulty import CountingCalls, FailingCalls
from faults.pipelines import LOG_KEY, ORIGIN, OTHER_LOG_KEY, TRUST, Pipeline, good_trust
from records import OTHER

from gate.errors import InconsistentError, UsageError
from gate.log.receipts.receipt import read_receipt, verify_receipt, write_receipt
from gate.log.writing.append import Appended
from gate.log.writing.create import init_log
from gate.record.errors import UnknownSignerError
from gate.record.statement import DecisionRecord
from gate.store.contract import StoreError
from gate.store.memory import MemoryStore
from gate.tlog.errors import MalformedError, ProofError, UnknownKeyError


@pytest.fixture(scope="module")
def appended() -> Appended:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    pipeline = Pipeline(store)
    pipeline.deploy("one")
    return pipeline.enforce("two")


def test_a_receipt_is_two_files_under_one_name(appended: Appended, tmp_path: Path) -> None:
    path = write_receipt(tmp_path / "new" / "folder" / "2", appended.entry, appended.proof)
    assert path == tmp_path / "new" / "folder" / "2.tlog-proof"
    assert {one.name for one in path.parent.iterdir()} == {"2.dsse.json", "2.tlog-proof"}
    assert (path.parent / "2.dsse.json").read_bytes() == appended.entry
    for given in ("2", "2.tlog-proof", "2.dsse.json"):
        receipt = read_receipt(path.parent / given)
        assert (receipt.entry, receipt.proof) == (appended.entry, appended.proof)
        assert receipt.link == appended.link
        record = verify_receipt(receipt, TRUST)
        assert isinstance(record, DecisionRecord)


def test_a_receipt_replaces_an_older_one_and_dots_in_its_name_are_kept(
    appended: Appended, tmp_path: Path
) -> None:
    for name in ("r", "r.tlog-proof", "r.dsse.json"):
        assert write_receipt(tmp_path / name, appended.entry, appended.proof).name == "r.tlog-proof"
    assert write_receipt(tmp_path / "v1.2.json", appended.entry, appended.proof).name == (
        "v1.2.json.tlog-proof"
    )
    assert len(list(tmp_path.iterdir())) == 4


def test_every_changed_byte_of_a_receipt_is_noticed(appended: Appended, tmp_path: Path) -> None:
    path = write_receipt(tmp_path / "r", appended.entry, appended.proof)
    for file in (path, tmp_path / "r.dsse.json"):
        whole = file.read_bytes()
        for at in range(0, len(whole), 1 if file == path else 11):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            with pytest.raises(InconsistentError):
                verify_receipt(read_receipt(path), TRUST)
        file.write_bytes(whole)
    verify_receipt(read_receipt(path), TRUST)


def test_whom_to_believe_is_the_reader_s_to_say(appended: Appended, tmp_path: Path) -> None:
    receipt = read_receipt(write_receipt(tmp_path / "r", appended.entry, appended.proof))
    with pytest.raises(UnknownKeyError):
        verify_receipt(receipt, good_trust(OTHER_LOG_KEY))
    with pytest.raises(UnknownSignerError):
        verify_receipt(receipt, good_trust(record=OTHER))


def test_the_entry_of_another_receipt_does_not_pass(appended: Appended, tmp_path: Path) -> None:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    other = Pipeline(store).enforce("other")
    write_receipt(tmp_path / "r", other.entry, appended.proof)
    with pytest.raises(ProofError):
        verify_receipt(read_receipt(tmp_path / "r"), TRUST)


def test_receipts_that_cannot_be_read(appended: Appended, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file") as caught:
        read_receipt(tmp_path / "r")
    assert "both" in caught.value.remedy
    write_receipt(tmp_path / "r", appended.entry, appended.proof)
    (tmp_path / "r.tlog-proof").unlink()
    with pytest.raises(UsageError, match=r"r\.tlog-proof: No such file"):
        read_receipt(tmp_path / "r")
    (tmp_path / "r.tlog-proof").write_bytes(b"")
    with pytest.raises(MalformedError):
        read_receipt(tmp_path / "r")
    (tmp_path / "r.dsse.json").write_bytes(b"x" * (1 << 22))
    with pytest.raises(InconsistentError, match="larger"):
        read_receipt(tmp_path / "r")
    with pytest.raises(UsageError, match="empty"):
        read_receipt(Path())


def test_a_receipt_that_cannot_be_written_is_not_recorded(
    appended: Appended, tmp_path: Path
) -> None:
    calls = CountingCalls()
    write_receipt(tmp_path / "r", appended.entry, appended.proof, calls)
    for at in range(len(calls.names)):
        failing = FailingCalls(at, done=False, code=errno.ENOSPC)
        with pytest.raises(StoreError, match="write the receipt") as caught:
            write_receipt(tmp_path / "r", appended.entry, appended.proof, failing)
        assert caught.value.exit_code == 12
        assert "free some space" in caught.value.remedy
    write_receipt(tmp_path / "r", appended.entry, appended.proof)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="write the receipt"):
        write_receipt(tmp_path / "file" / "r", appended.entry, appended.proof)
