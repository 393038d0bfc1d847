"""Verifying a log whose keys were replaced, and one whose old keys somebody went on with."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from faults.pipelines import LOG_KEY, ORIGIN, OTHER_LOG_KEY, TRUST, fill, new_directory, vkey
from records import OTHER, SIGNER, trusted
from worlds import NOW

from gate.log.reading.trust import Trust
from gate.log.reading.view import LogView
from gate.log.receipts.kept import Kept
from gate.log.verifying.verify import Extent, LogReport, verify_log
from gate.log.writing.append import append
from gate.log.writing.create import init_log
from gate.log.writing.plan import plan_append
from gate.log.writing.rotation import Period, new_rotation, record_rotation, with_rotation
from gate.record.dsse import seal
from gate.record.predicates import KeyAction, KeyRole
from gate.record.signer import RecordSigner, key_id
from gate.record.signers import SignerEntry, TrustedSigners
from gate.record.writing import key_statement
from gate.store.directory.store import DirectoryStore
from gate.store.memory import MemoryStore
from gate.tlog.note import Ed25519Signer
from gate.tlog.trust import parse_policy

HOUR = timedelta(hours=1)
SINCE = trusted().entries[0].not_before
THIRD = RecordSigner(Ed25519PrivateKey.from_private_bytes(b"\x31" * 32))
THIRD_LOG_KEY = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x32" * 32))
LOG_KEYS = (LOG_KEY, OTHER_LOG_KEY, THIRD_LOG_KEY)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    return store


def policy(*keys: Ed25519Signer, signers: TrustedSigners | None = None) -> Trust:
    lines = "".join(f"log {vkey(key)}\n" for key in keys)
    return Trust(parse_policy(f"{lines}quorum none\n"), signers or TRUST.signers)


def record(by: RecordSigner, at: datetime, name: bytes = b"\x09") -> bytes:
    """A record of this time that says nothing of a trusted key."""
    public = name * 32
    strange = SignerEntry(key_id(public), public, "", SINCE)
    payload = key_statement(strange, KeyAction.RETIRED, KeyRole.RECORD, at=at, gate_version="0.1.0")
    return seal(payload, by)


def rotate_log_key(store: MemoryStore, trust: Trust, number: int) -> None:
    """Replace log key ``number`` by the next one."""
    old, new = LOG_KEYS[number : number + 2]
    periods = Period(old.verifier.public_key, SINCE), Period(new.verifier.public_key, NOW)
    rotation = new_rotation(KeyRole.LOG, *periods, SIGNER, NOW, "0.1.0")
    record_rotation(store, trust, rotation, old, [new])


def rotate_record_key(
    store: MemoryStore, old: RecordSigner, new: RecordSigner, hours: int, trust: Trust = TRUST
) -> Trust:
    """Replace ``old`` by ``new``, with one hour of overlap; the trust folder of afterwards."""
    now = NOW + hours * HOUR
    since = SINCE if old is SIGNER else NOW
    periods = Period(old.public_key, since, now + HOUR), Period(new.public_key, now)
    rotation = new_rotation(KeyRole.RECORD, *periods, old, now, "0.1.0")
    record_rotation(store, trust, rotation, LOG_KEY)
    return Trust(trust.policy, with_rotation(trust.signers, rotation))


def found(report: LogReport) -> list[tuple[str, str]]:
    return [(one.kind, one.place) for one in report.faults]


def test_a_log_whose_keys_were_each_replaced_twice_has_no_faults(store: MemoryStore) -> None:
    trust = rotate_record_key(store, SIGNER, OTHER, 0)
    append(store, trust, LOG_KEY, record(SIGNER, NOW + HOUR / 2))  # in the overlap
    trust = rotate_record_key(store, OTHER, THIRD, 5, trust)
    append(store, trust, LOG_KEY, record(THIRD, NOW + 7 * HOUR))
    report = verify_log(store, trust)
    assert (report.faults, report.notes, report.size) == ((), (), 6)


def test_a_log_whose_log_key_was_replaced_twice_has_no_faults(store: MemoryStore) -> None:
    kept = []
    for number in range(2):
        trust = policy(*LOG_KEYS[: number + 1])
        append(store, trust, LOG_KEYS[number], record(SIGNER, NOW, b"%d" % number))
        kept.append(Kept(f"kept-{number}", LogView(store, trust).checkpoint))
        rotate_log_key(store, trust, number)
    trust = policy(*LOG_KEYS)
    append(store, trust, THIRD_LOG_KEY, record(SIGNER, NOW))
    report = verify_log(store, trust, kept=kept)
    assert (report.faults, report.notes, report.size) == ((), (), 7)
    assert [one.size for one in report.kept] == [1, 4]


@pytest.mark.parametrize("extent", [Extent(), Extent(records=False)])
def test_a_head_by_a_replaced_key_alone_is_a_fault(store: MemoryStore, extent: Extent) -> None:
    rotate_log_key(store, TRUST, 0)
    rotated = LogView(store, TRUST)
    # by a thief of the old key: gate itself refuses to plan this
    plan = plan_append(rotated, [record(SIGNER, NOW)], LOG_KEY)
    assert store.commit(rotated.checkpoint, plan)
    report = verify_log(store, policy(*LOG_KEYS[:2]), extent=extent)
    assert found(report) == [("checkpoint", "checkpoint")]
    assert "a key that was replaced" in report.faults[0].message
    assert (report.size, report.checkpoint) == (0, b"")


def test_a_kept_head_of_after_the_end_of_its_keys_is_a_fault(store: MemoryStore) -> None:
    rotate_log_key(store, TRUST, 0)
    at_end = Kept("at-end", LogView(store, TRUST).checkpoint)
    trust = policy(*LOG_KEYS[:2])
    entry = record(SIGNER, NOW)
    stolen = plan_append(LogView(store, TRUST), [entry], LOG_KEY).checkpoint
    append(store, trust, OTHER_LOG_KEY, entry)
    honest = verify_log(store, trust, kept=[at_end])
    assert (honest.faults, [one.size for one in honest.kept]) == ((), [2])
    report = verify_log(store, trust, kept=[at_end, Kept("stolen", stolen)])
    assert found(report) == [("kept", "checkpoint")]
    assert report.faults[0].message.startswith("the kept checkpoint stolen: a head of 3 entries")
    assert "entry 1 says was replaced" in report.faults[0].message


def test_a_record_of_after_the_end_that_its_key_gave_itself_is_a_fault(
    store: MemoryStore,
) -> None:
    rotate_record_key(store, SIGNER, OTHER, 0)
    lenient = Trust(TRUST.policy, TrustedSigners((*trusted().entries, *trusted(OTHER).entries)))
    append(store, lenient, LOG_KEY, record(SIGNER, NOW + HOUR))
    append(store, lenient, LOG_KEY, record(OTHER, NOW + HOUR))
    report = verify_log(store, lenient)
    assert found(report) == [("key", "entry 2")]
    assert "as entry 1 says" in report.faults[0].message
    assert [one.place for one in report.notes] == ["entry 0", "entry 1"]  # the folder differs


def test_chunks_are_passed_over_and_seen_to_the_same_by_many_processes(tmp_path: Path) -> None:
    """The end stands in the first chunk, and what contradicts it in the last one."""
    folder = new_directory(tmp_path / "log")
    end = new_rotation(
        KeyRole.RECORD,
        Period(SIGNER.public_key, SINCE, NOW + HOUR),
        Period(OTHER.public_key, NOW),
        SIGNER,
        NOW,
        "0.1.0",
    )
    record_rotation(folder, TRUST, end, LOG_KEY)
    fill(folder, 1_100)  # by the old key, of before its end
    lenient = Trust(TRUST.policy, TrustedSigners((*trusted().entries, *trusted(OTHER).entries)))
    append(folder, lenient, LOG_KEY, record(OTHER, NOW + 2 * HOUR))
    append(folder, lenient, LOG_KEY, record(SIGNER, NOW + 2 * HOUR))
    append(folder, lenient, LOG_KEY, record(SIGNER, NOW, b"\x0a"))
    report = verify_log(DirectoryStore(tmp_path / "log"), lenient, jobs=2)
    assert found(report) == [("key", "entry 1103")]
    late = [one for one in report.notes if "it was long on its way" in one.message]
    assert [one.place for one in late] == ["entry 1104"]
    assert report == verify_log(folder, lenient, jobs=1)


def test_a_key_that_only_the_log_names_is_told_of(store: MemoryStore) -> None:
    rotate_record_key(store, SIGNER, OTHER, 0)
    report = verify_log(store, TRUST)
    assert report.faults == ()
    assert [(one.kind, one.place) for one in report.notes] == [
        ("key", "entry 0"),
        ("key", "entry 1"),
    ]
    assert "get the new trust folder" in report.notes[0].message


# ---------------------------------------------------------------- an index without rows


def without_rows(path: Path) -> DirectoryStore:
    connection = sqlite3.connect(path / "index.sqlite", isolation_level=None)
    connection.execute("DELETE FROM key")
    connection.close()
    return DirectoryStore(path)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_index_that_claims_entries_and_has_no_rows_is_a_fault(tmp_path: Path, jobs: int) -> None:
    fill(new_directory(tmp_path / "log"), 300)
    store = without_rows(tmp_path / "log")
    assert store.indexed() == 300
    report = verify_log(store, TRUST, jobs=jobs)
    assert report.fault_counts == {"index": 300}
    assert report.notes == ()  # it is there, and wrong


def test_an_index_that_is_not_there_is_a_note(tmp_path: Path) -> None:
    fill(new_directory(tmp_path / "log"), 3)
    (tmp_path / "log" / "index.sqlite").unlink()
    report = verify_log(DirectoryStore(tmp_path / "log"), TRUST)
    assert (report.faults, [one.kind for one in report.notes]) == ((), ["index"])
