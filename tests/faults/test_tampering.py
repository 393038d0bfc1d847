"""Whatever is changed in a log's folder, verifying says so.

The log has 300 records: two bundles, of which one is full, and a tile above level 0. It is built
once, and copied into memory where it is changed thousands of times; what is pure and takes long
(opening records, hashing bundles) is then remembered by the exact bytes.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from faults.pipelines import LOG_KEY, OTHER_LOG_KEY, TRUST, Pipeline, fill, new_directory, story

from gate.log.verifying import check_bundles
from gate.log.verifying.verify import Extent, LogReport, verify_log
from gate.record.quick import QuickReader
from gate.record.summary import Summary
from gate.store.contract import IndexRow
from gate.store.directory.store import DirectoryStore
from gate.store.memory import MemoryStore
from gate.tlog.note import add_signatures, open_note, sign_note
from gate.tlog.tile import decode_bundle, encode_bundle

RECORDS = 300
STORY = 80  # the others are fillers, which are small
BUNDLES = ("tile/entries/000", f"tile/entries/001.p/{RECORDS - 256}")
TILES = ("tile/0/000", f"tile/0/001.p/{RECORDS - 256}", "tile/1/000.p/1")
INTEGRITY = Extent(records=False)
PARTS = 8  # of the byte by byte tests, for as many processes


@pytest.fixture(scope="module", autouse=True)
def records_are_opened_once() -> Iterator[None]:
    whole, several = QuickReader.open, QuickReader.open_quickly

    @lru_cache(4096)
    def opened(entry: bytes) -> Summary:
        return whole(QuickReader(TRUST.signers), entry)

    @lru_cache(4096)
    def quickly(entry: bytes) -> Summary | None:
        return several(QuickReader(TRUST.signers), [entry])[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuickReader, "open", lambda _reader, entry: opened(entry))
        patch.setattr(
            QuickReader, "open_quickly", lambda _reader, entries: [*map(quickly, entries)]
        )
        for name in ("decode_bundle", "leaf_hashes"):
            patch.setattr(check_bundles, name, lru_cache(64)(getattr(check_bundles, name)))
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tampering") / "log"
    pipeline = Pipeline(new_directory(path))
    fill(pipeline.store, 3)
    story(pipeline, STORY)
    fill(pipeline.store, RECORDS - 20 - pipeline.view().size)
    story(pipeline, RECORDS - 2)
    fill(pipeline.store, RECORDS - pipeline.view().size)
    report = verify(path)
    assert (report.size, report.faults, report.notes) == (RECORDS, (), ())
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
    copy._rows = rows_of(source)
    return copy


def rows_of(store: DirectoryStore) -> list[IndexRow]:
    by_place: dict[int, list[bytes]] = {}
    for token, place in store.rows():
        by_place.setdefault(place, []).append(token)
    return [IndexRow(place, tuple(sorted(by_place[place]))) for place in sorted(by_place)]


def flips(data: bytes, places: range) -> Iterator[tuple[int, bytes]]:
    """``data`` with one byte changed, once for each of ``places``."""
    for at in places:
        chance = random.Random(at)
        yield at, data[:at] + bytes([data[at] ^ chance.randrange(1, 256)]) + data[at + 1 :]


def eight_records(store: MemoryStore) -> Iterator[tuple[str, int, int]]:
    """Where a decision, two outcomes and five keys stand, first and last ones: (path, from, to)."""
    for name, width, wanted in (
        (BUNDLES[0], 256, (0, 3, 4, 6, 200, 255)),
        (BUNDLES[1], RECORDS - 256, (0, RECORDS - 257)),
    ):
        at = 0
        for n, entry in enumerate(decode_bundle(store._objects[name], width)):
            if n in wanted:
                yield name, at, at + 2 + len(entry)  # with its length
            at += 2 + len(entry)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_byte_of_checkpoint_tiles_and_eight_records_counts(built: Path, part: int) -> None:
    """A change is found by hashes alone; every 64th is also looked at by all the checks."""
    store = in_memory(built)
    places = [(name, 0, len(store._objects[name])) for name in ("checkpoint", *TILES)]
    places += eight_records(store)
    for name, start, end in places:
        whole = store._objects[name]
        for at, changed in flips(whole, range(start + part, end, PARTS)):
            store._objects[name] = changed
            faults = verify_log(store, TRUST, extent=INTEGRITY).faults
            assert name in {fault.place for fault in faults}, (name, at)
            if (at - start) % 64 == part:
                faults = verify_log(store, TRUST).faults
                assert name in {fault.place for fault in faults}, (name, at)
        store._objects[name] = whole


@pytest.mark.parametrize("part", range(PARTS))
def test_any_byte_elsewhere_counts(built: Path, part: int) -> None:
    """Other entries, evidence, obsolete partial tiles: what auditors and older readers are served.

    2,000 random bytes of everything but the checkpoint and the tiles of the head.
    """
    store = in_memory(built)
    chance = random.Random(part)
    names = [name for name in store.names("") if name not in {"checkpoint", *TILES}]
    for _ in range(2000 // PARTS):
        name = chance.choice(names)
        whole = store._objects[name]
        ((at, changed),) = flips(whole, range(at := chance.randrange(len(whole)), at + 1))
        store._objects[name] = changed
        report = verify_log(store, TRUST)
        assert name in {fault.place for fault in report.faults}, (name, at)
        store._objects[name] = whole


@pytest.mark.parametrize("part", range(PARTS))
def test_truncated_and_lengthened_files(built: Path, part: int) -> None:
    store = in_memory(built)
    chance = random.Random(part)
    for name in list(store.names(""))[part::PARTS]:
        whole = store._objects[name]
        cuts = {0, 1, len(whole) // 2, len(whole) - 1, chance.randrange(len(whole))}
        for changed in (*(whole[:cut] for cut in cuts), whole + b"\0", whole + whole):
            store._objects[name] = changed
            assert name in {f.place for f in verify_log(store, TRUST).faults}, (name, len(changed))
        store._objects[name] = whole


def test_every_truncation_of_what_the_head_needs_is_found(built: Path) -> None:
    store = in_memory(built)
    for name in ("checkpoint", *TILES, *BUNDLES):
        whole = store._objects[name]
        step = 1 if len(whole) < 2_000 else len(whole) // 499
        for end in range(0, len(whole), step):
            store._objects[name] = whole[:end]
            faults = verify_log(store, TRUST, extent=INTEGRITY).faults
            assert name in {fault.place for fault in faults}, (name, end)
        store._objects[name] = whole


def test_deleted_files_are_faults_where_the_head_needs_them_and_else_named(built: Path) -> None:
    store = in_memory(built)
    needed = {"checkpoint", *TILES, *BUNDLES}
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


def test_swapped_entries_of_a_bundle(built: Path) -> None:
    store = in_memory(built)
    for name, width in zip(BUNDLES, (256, 44), strict=True):
        whole = store._objects[name]
        for at in range(0, width - 1, 7):
            entries = list(decode_bundle(whole, width))
            entries[at], entries[at + 1] = entries[at + 1], entries[at]
            store._objects[name] = encode_bundle(entries)
            faults = verify_log(store, TRUST).faults
            assert ("bundle", name) in {(fault.kind, fault.place) for fault in faults}
        store._objects[name] = whole


def test_swapped_files(built: Path) -> None:
    names = list(in_memory(built).names(""))
    chance = random.Random(3)
    for _ in range(60):
        store = in_memory(built)
        first, second = chance.sample(names, 2)
        store._objects[first], store._objects[second] = (
            store._objects[second],
            store._objects[first],
        )
        if store._objects[first] == store._objects[second]:
            continue
        places = {fault.place for fault in verify_log(store, TRUST).faults}
        assert {first, second} & places, (first, second)


def test_an_entry_and_its_leaf_hash_changed_together(built: Path) -> None:
    """Then the two agree, and only the signed root speaks against them."""
    from gate.tlog.merkle import leaf_hash

    store = in_memory(built)
    entries = list(decode_bundle(store._objects[BUNDLES[1]], 44))
    entries[5] = entries[6]
    store._objects[BUNDLES[1]] = encode_bundle(entries)
    store._objects[TILES[1]] = b"".join(map(leaf_hash, entries))
    for extent in (Extent(), INTEGRITY):
        report = verify_log(store, TRUST, extent=extent)
        assert "root" in report.fault_counts


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
    pipeline.minutes = 1_000
    pipeline.enforce("later")
    (log / "checkpoint").write_bytes(older)
    report = verify(log)
    assert report.faults == ()  # it is a prefix; only a head kept elsewhere tells
    assert {note.kind for note in report.notes} >= {"beyond", "index"}
    assert report.beyond >= 3  # a bundle, a tile, an evidence bundle


# ---------------------------------------------------------------- the index


def test_every_missing_row_of_the_index_is_a_fault(built: Path) -> None:
    store = in_memory(built)
    for place, row in enumerate(store._rows):
        for gone in row.tokens:
            store._rows[place] = IndexRow(place, tuple(t for t in row.tokens if t != gone))
            faults = verify_log(store, TRUST, evidence=False).faults
            assert [(f.kind, f.place) for f in faults] == [("index", f"index row {place}")]
        store._rows[place] = row


def test_every_changed_row_of_the_index_is_a_fault(built: Path) -> None:
    store = in_memory(built)
    chance = random.Random(4)
    for place, row in enumerate(store._rows):
        n = chance.randrange(len(row.tokens))
        other = chance.choice([bytes(16), row.tokens[n][:-1] + b"\0", chance.randbytes(16)])
        store._rows[place] = IndexRow(place, (*row.tokens[:n], other, *row.tokens[n + 1 :]))
        faults = verify_log(store, TRUST, evidence=False).faults
        assert [(f.kind, f.place) for f in faults] == [("index", f"index row {place}")]
        store._rows[place] = row


CHANGES: dict[str, str] = {
    "a row gone": "DELETE FROM key WHERE place = 7 AND token = (SELECT min(token) FROM key "
    "WHERE place = 7)",
    "all rows of an entry gone": "DELETE FROM key WHERE place = 7",
    "moved to another entry": "UPDATE OR IGNORE key SET place = 8 WHERE place = 7",
    "moved before the first": "UPDATE key SET place = -1 WHERE place = 7",
    "moved beyond the head": "UPDATE key SET place = 100000 WHERE place = 7",
    "another token": "UPDATE key SET token = zeroblob(16) WHERE place = 7 AND token = "
    "(SELECT max(token) FROM key WHERE place = 7)",
    "a row too many": "INSERT INTO key VALUES (zeroblob(16), 7)",
    "a row too many of a filler": "INSERT INTO key VALUES (zeroblob(16), 1)",
    "a token of another size": "UPDATE key SET token = zeroblob(7) WHERE place = 1",
    "all of a ticket": "DELETE FROM key WHERE token = (SELECT token FROM key GROUP BY token "
    "ORDER BY count(*) DESC, token LIMIT 1)",
    "the newest gone": "DELETE FROM key WHERE place > 30",
    "all gone": "DELETE FROM key",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_changed_rows_of_the_index_are_faults(log: Path, statement: str) -> None:
    connection = sqlite3.connect(log / "index.sqlite", isolation_level=None)
    assert connection.execute(statement).rowcount > 0
    connection.close()
    report = verify(log)
    assert {fault.kind for fault in report.faults} == {"index"}


def test_an_index_that_says_itself_that_it_is_behind_is_named(log: Path) -> None:
    connection = sqlite3.connect(log / "index.sqlite", isolation_level=None)
    connection.execute("UPDATE covered SET entries = 290")
    connection.execute("DELETE FROM key WHERE place >= 290")
    connection.close()
    report = verify(log)
    assert report.faults == ()  # readers read those entries themselves
    assert [note.message for note in report.notes] == [
        "the index covers 290 of 300 entries; the others are read"
    ]
    assert report.counts["index rows"] == 290


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
    whole = rows_of(DirectoryStore(log))
    harm(log)
    report = verify(log)
    assert "index" in {finding.kind for finding in (*report.faults, *report.notes)}
    pipeline = Pipeline(DirectoryStore(log), tail=0)
    pipeline.minutes = 1_000
    pipeline.deploy("next", service="shop")
    report = verify(log)
    assert report.faults == ()
    assert [note for note in report.notes if note.kind == "index"] == []
    assert rows_of(DirectoryStore(log))[: len(whole)] == whole


def test_files_that_nobody_refers_to_are_named(log: Path) -> None:
    strays = (
        *("README", "tile/0/001.p/3", "tile/x", "tile/9/000"),
        *("evidence/ab/" + "ab" * 32, "evidence/ab/" + "cd" * 32, "evidence/README"),
    )
    for name in strays:
        (log / name).parent.mkdir(parents=True, exist_ok=True)
        (log / name).write_bytes(b"stray")
    report = verify(log)
    assert {fault.place for fault in report.faults} == {"tile/0/001.p/3"}
    (log / "tile/0/001.p/3").unlink()
    report = verify(log)
    assert report.faults == ()
    assert {*strays} - {"tile/0/001.p/3"} <= {note.place for note in report.notes}
