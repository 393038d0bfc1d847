"""Whatever is changed in a log's folder, verifying says so."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from faults.pipelines import LOG_KEY, OTHER_LOG_KEY, TRUST, Pipeline, fill, new_directory, story

from gate.log import check_records
from gate.log.verify import LogReport, verify_log
from gate.record.statement import open_record
from gate.store.directory import DirectoryStore
from gate.store.memory import MemoryStore
from gate.tlog.note import add_signatures, open_note, sign_note
from gate.tlog.tile import decode_bundle, encode_bundle

ENTRIES = 40


@pytest.fixture(scope="module", autouse=True)
def records_are_parsed_once() -> Iterator[None]:
    """Opening a record is pure and takes most of the time; nearly all are the same each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check_records, "open_record", cache(open_record))
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tampering") / "log"
    pipeline = Pipeline(new_directory(path))
    fill(pipeline.store, 3)
    story(pipeline, ENTRIES)
    assert verify(path).faults == ()
    return path


@pytest.fixture
def log(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "log"))


def verify(path: Path) -> LogReport:
    return verify_log(DirectoryStore(path), TRUST)


def in_memory(path: Path) -> MemoryStore:
    """A copy to change quickly."""
    source, copy = DirectoryStore(path), MemoryStore()
    copy._objects = {name: source.read(name) or b"" for name in source.names("")}
    copy._rows = list(source.rows())
    return copy


def flips(data: bytes) -> Iterator[bytes]:
    """``data`` with one byte changed, once for each byte."""
    chance = random.Random(1)
    for at in range(len(data)):
        yield data[:at] + bytes([data[at] ^ chance.randrange(1, 256)]) + data[at + 1 :]


def test_every_byte_of_checkpoint_and_tiles_and_of_four_records_counts(tmp_path: Path) -> None:
    path = tmp_path / "log"
    pipeline = Pipeline(new_directory(path))
    fill(pipeline.store, 3)
    outcome = pipeline.complete(pipeline.enforce())
    store = in_memory(path)
    assert verify_log(store, TRUST).faults == ()
    bundle = store._objects["tile/entries/000.p/5"]
    start = bundle.index(outcome.entry)
    assert start > 0
    decision = bundle.index(b'{"payload"', bundle.index(b'{"payload"', 2500))
    for name in ("checkpoint", "tile/0/000.p/5", "tile/0/000.p/4", "tile/entries/000.p/3"):
        whole = store._objects[name]
        for changed in flips(whole):
            store._objects[name] = changed
            assert verify_log(store, TRUST, evidence=False).faults
        store._objects[name] = whole
    for at, changed in enumerate(flips(bundle)):
        if at < start and at > decision and at % 16:
            continue  # of the one long record a sixteenth is enough
        store._objects["tile/entries/000.p/5"] = changed
        faults = verify_log(store, TRUST, evidence=False).faults
        assert "tile/entries/000.p/5" in {fault.place for fault in faults}


def test_any_byte_elsewhere_counts(built: Path) -> None:
    """Obsolete partial tiles and bundles, evidence: what older readers and auditors are served."""
    store = in_memory(built)
    chance = random.Random(2)
    names = [name for name in store.names("") if name != "checkpoint"]
    for _ in range(300):
        name = chance.choice(names)
        whole = store._objects[name]
        at = chance.randrange(len(whole))
        flipped = bytes([whole[at] ^ chance.randrange(1, 256)])
        store._objects[name] = whole[:at] + flipped + whole[at + 1 :]
        report = verify_log(store, TRUST)
        assert name in {fault.place for fault in report.faults}
        store._objects[name] = whole


def test_truncated_and_lengthened_files(built: Path) -> None:
    store = in_memory(built)
    for name in tuple(store.names("")):
        whole = store._objects[name]
        for changed in (b"", whole[:-1], whole[: len(whole) // 2], whole + b"\0", whole + whole):
            store._objects[name] = changed
            assert name in {f.place for f in verify_log(store, TRUST).faults}, (name, len(changed))
        store._objects[name] = whole


def test_deleted_files_are_faults_where_the_head_needs_them_and_else_named(built: Path) -> None:
    store = in_memory(built)
    size = verify(built).size
    needed = {"checkpoint", f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}"}
    for name in tuple(store.names("")):
        whole = store._objects.pop(name)
        report = verify_log(store, TRUST)
        if name in needed:
            assert name in {fault.place for fault in report.faults}
        elif name.startswith("evidence/"):
            assert name in {note.place for note in report.notes}
            assert report.counts["evidence missing"] >= 1
            assert report.faults == ()
        else:  # partial tiles of older heads may go
            assert report.faults == ()
        store._objects[name] = whole


def test_swapped_entries_and_files(built: Path) -> None:
    store = in_memory(built)
    size = verify(built).size
    name = f"tile/entries/000.p/{size}"
    entries = list(decode_bundle(store._objects[name], size))
    entries[4], entries[5] = entries[5], entries[4]
    store._objects[name] = encode_bundle(entries)
    places = {(fault.kind, fault.place) for fault in verify_log(store, TRUST).faults}
    assert ("bundle", name) in places

    store = in_memory(built)
    first, second = list(store.names("evidence/"))[:2]
    store._objects[first], store._objects[second] = store._objects[second], store._objects[first]
    places = {(fault.kind, fault.place) for fault in verify_log(store, TRUST).faults}
    assert places == {("evidence", first), ("evidence", second)}


def test_a_head_of_another_key_is_refused_and_another_key_beside_ours_is_named(log: Path) -> None:
    checkpoint = log / "checkpoint"
    ours = checkpoint.read_bytes()
    both = add_signatures(ours, [OTHER_LOG_KEY])
    checkpoint.write_bytes(both)
    report = verify(log)
    assert report.faults == ()
    assert any(OTHER_LOG_KEY.key_id.hex() in note.message for note in report.notes)
    text = open_note(ours, [LOG_KEY.verifier]).text
    checkpoint.write_bytes(sign_note(text, [OTHER_LOG_KEY]))
    report = verify(log)
    assert [fault.kind for fault in report.faults] == ["checkpoint"]
    assert "unknown key" in report.faults[0].message


def test_a_head_put_back_to_an_older_one_shows_what_lies_beyond_it(log: Path) -> None:
    older = (log / "checkpoint").read_bytes()
    pipeline = Pipeline(DirectoryStore(log))
    pipeline.enforce("later")
    (log / "checkpoint").write_bytes(older)
    report = verify(log)
    assert report.faults == ()  # it is a prefix; only a head kept elsewhere tells
    assert {note.kind for note in report.notes} >= {"beyond", "index"}
    assert report.beyond >= 3  # a bundle, a tile, an evidence bundle


CHANGES: dict[str, str] = {
    "a key row gone": "DELETE FROM key WHERE kind = 'deployment' AND place = 7",
    "a ticket moved": "UPDATE key SET value = 'CHG-999' WHERE kind = 'ticket' AND place = 7",
    "a key row too many": "INSERT INTO key VALUES ('ticket', 'CHG-999', 7)",
    "a key of a filler": "INSERT INTO key VALUES ('ticket', 'CHG-999', 1)",
    "all of a ticket": "DELETE FROM key WHERE value = 'CHG-1'",
    "an entry row gone": "DELETE FROM entry WHERE place = 7",
    "the newest rows gone": "DELETE FROM entry WHERE place > 30",
    "another digest": "UPDATE entry SET digest = zeroblob(32) WHERE place = 7",
    "all keys gone": "DELETE FROM key",
    "moved up": "UPDATE entry SET place = -1 WHERE place = 7",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_changed_rows_of_the_index_are_faults(log: Path, statement: str) -> None:
    connection = sqlite3.connect(log / "index.sqlite", isolation_level=None)
    assert connection.execute(statement).rowcount > 0
    connection.close()
    report = verify(log)
    assert {fault.kind for fault in report.faults} == {"index"}


def damage(log: Path) -> None:
    (log / "index.sqlite").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)


def truncate(log: Path) -> None:
    data = (log / "index.sqlite").read_bytes()
    (log / "index.sqlite").write_bytes(data[: len(data) // 3])


def delete(log: Path) -> None:
    (log / "index.sqlite").unlink()


@pytest.mark.parametrize("harm", [damage, truncate, delete])
def test_an_index_that_cannot_be_read_is_named_and_made_anew(
    log: Path, harm: Callable[[Path], None]
) -> None:
    whole = list(DirectoryStore(log).rows())
    harm(log)
    report = verify(log)
    assert "index" in {finding.kind for finding in (*report.faults, *report.notes)}
    Pipeline(DirectoryStore(log), tail=0).deploy("next", service="shop")
    assert verify(log).faults == ()
    assert [n for n in verify(log).notes if n.kind == "index"] == []
    assert list(DirectoryStore(log).rows())[: len(whole)] == whole


def test_files_that_nobody_refers_to_are_named(log: Path) -> None:
    strays = ("README", "tile/0/001.p/3", "tile/x", "tile/9/000", "evidence/ab/" + "ab" * 32)
    for name in strays:
        (log / name).parent.mkdir(parents=True, exist_ok=True)
        (log / name).write_bytes(b"stray")
    report = verify(log)
    assert report.faults == ()
    assert set(strays) <= {note.place for note in report.notes}
