"""What the directory store does beyond the contract: its files, its index, its lock."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from gate.store.contract import IndexRow, Plan, StoreError, token
from gate.store.directory.index import SqliteIndex
from gate.store.directory.store import DirectoryStore
from gate.store.durable import Calls
from gate.store.lock import only_writer


def row(index: int, ticket: str = "CHG-1") -> IndexRow:
    return IndexRow(index, (token("ticket", ticket),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    store = DirectoryStore(tmp_path / "log")
    assert store.commit(None, Plan({"tile/0/000.p/2": b"x" * 64}, (), (row(0), row(1)), b"head"))
    return tmp_path / "log"


def test_the_folder_holds_the_layout_the_index_and_the_lock(path: Path) -> None:
    assert sorted(one.name for one in path.iterdir()) == [
        ".lock",
        ".scratch",
        "checkpoint",
        "index.sqlite",
        "tile",
    ]
    assert list((path / ".scratch").iterdir()) == []


def test_empty_folders_of_partial_tiles_go_with_the_last_of_them(path: Path) -> None:
    store = DirectoryStore(path)
    assert store.commit(b"head", Plan({"tile/0/000": b"x"}, ("tile/0/000.p/2",), (), b"b"))
    assert sorted(one.name for one in (path / "tile" / "0").iterdir()) == ["000"]


def test_a_folder_with_something_else_in_it_stays(path: Path) -> None:
    (path / "tile/0/000.p/note").write_text("mine")
    store = DirectoryStore(path)
    assert store.commit(b"head", Plan({"tile/0/000": b"x"}, ("tile/0/000.p/2",), (), b"b"))
    assert list(store.names("tile/")) == ["tile/0/000", "tile/0/000.p/note"]


def test_what_a_crash_left_in_the_scratch_folder_is_cleared(path: Path) -> None:
    for name in ("object", "index.sqlite", "index.sqlite-journal"):
        (path / ".scratch" / name).write_bytes(b"left over")
    (path / "index.sqlite").unlink()
    assert DirectoryStore(path).commit(b"head", Plan({"a": b"b"}, (), (row(0),), b"next"))
    assert list((path / ".scratch").iterdir()) == []
    assert DirectoryStore(path).indexed() == 1


def test_links_are_not_followed_when_listing(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_text("x")
    (path / "tile" / "link").symlink_to(tmp_path / "elsewhere")
    assert list(DirectoryStore(path).names("tile/")) == ["tile/0/000.p/2", "tile/link"]


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../log/checkpoint", "tile//0", "tile/./0"])
def test_a_path_stays_inside_the_store(path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a path inside a store"):
        DirectoryStore(path).read(name)


def test_an_impossibly_large_object_is_not_read_into_memory(path: Path) -> None:
    with (path / "tile/0/001").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(StoreError, match="impossibly large"):
        DirectoryStore(path).read("tile/0/001")


def test_a_folder_where_a_file_should_be(path: Path) -> None:
    (path / "tile/0/001").mkdir()
    with pytest.raises(StoreError, match="cannot read tile/0/001"):
        DirectoryStore(path).read("tile/0/001")
    assert DirectoryStore(path).read("tile/0/000.p/2/deeper") is None


# ---------------------------------------------------------------- the index


@pytest.mark.parametrize("content", [b"", b"garbage" * 99, b"SQLite format 3\0" + b"\xff" * 9999])
def test_a_damaged_index_covers_nothing_and_is_made_anew(path: Path, content: bytes) -> None:
    (path / "index.sqlite").write_bytes(content)
    store = DirectoryStore(path)
    assert store.indexed() == 0
    assert list(store.rows()) == []
    if content:
        assert store.lookup("ticket", "CHG-1", 9, 9) is None
    assert not store.commit(b"head", Plan({}, (), (row(2),), b"next"))  # rows from 0 are wanted
    assert store.commit(b"head", Plan({}, (), (row(0), row(1), row(2)), b"next"))
    assert store.lookup("ticket", "CHG-1", 9, 9) == (2, 1, 0)


def test_damage_found_only_when_writing_is_told_apart_from_a_full_disk(path: Path) -> None:
    store = DirectoryStore(path)
    rows = [row(n, f"CHG-{n}") for n in range(2000)]
    assert store.commit(b"head", Plan({}, (), tuple(rows), b"many"))
    data = bytearray((path / "index.sqlite").read_bytes())
    page = int.from_bytes(data[16:18], "big")
    for at in range(2 * page, len(data), page):
        data[at : at + page] = b"\xff" * page
    (path / "index.sqlite").write_bytes(bytes(data))
    rounds = 0
    while True:  # as append does: plan anew from what the index covers
        behind = tuple(row(n) for n in range(min(store.indexed(), 2000), 2001))
        rounds += 1
        if store.commit(b"many", Plan({}, (), behind, b"next")):
            break
    assert rounds <= 2
    assert (store.head(), store.indexed()) == (b"next", 2001)
    assert store.lookup("ticket", "CHG-1", 3000, 1) == (2000,)


def test_an_index_of_another_version_is_made_anew(path: Path) -> None:
    connection = sqlite3.connect(path / "index.sqlite")
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    store = DirectoryStore(path)
    assert (store.indexed(), store.lookup("ticket", "CHG-1", 9, 9)) == (0, None)
    assert store.commit(b"head", Plan({}, (), (row(0),), b"next"))
    assert store.indexed() == 1


def test_a_journal_that_a_crash_left_is_rolled_back_not_lost(path: Path) -> None:
    """Killed inside SQLite's own commit: the rows before it are still there."""
    child = os.fork()
    if child == 0:
        try:
            connection = sqlite3.connect(path / "index.sqlite", isolation_level=None)
            connection.execute("PRAGMA cache_size = 1")
            connection.execute("BEGIN IMMEDIATE")
            for n in range(2, 3000):  # more than the cache holds, so the file is written to
                connection.execute("INSERT INTO key VALUES (randomblob(16), ?)", (n,))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert (path / "index.sqlite-journal").exists()
    store = DirectoryStore(path)
    assert store.indexed() == 2
    assert [place for _, place in store.rows()] == [0, 1]
    assert store.commit(b"head", Plan({}, (), (row(2),), b"next"))


def test_the_index_is_not_opened_to_find_it_missing(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "index.sqlite", tmp_path / "scratch", Calls())
    assert index.covered() == 0
    assert index.lookup("ticket", "x", 9, 9) is None
    assert list(tmp_path.iterdir()) == []


def test_a_row_of_another_type_is_no_row_of_an_entry(path: Path) -> None:
    """No query finds a text by the same bytes: such a row hides its entry."""
    key = token("ticket", "CHG-1")
    (path / "index.sqlite").unlink()
    with closing(sqlite3.connect(path / "index.sqlite")) as connection:
        connection.execute("CREATE TABLE key (token, place)")
        connection.execute("CREATE TABLE covered AS SELECT 2 AS entries")
        connection.execute("PRAGMA user_version = 2")
        connection.execute("INSERT INTO key VALUES (CAST(? AS TEXT), 0), (?, 1.0)", (key, key))
        connection.execute("INSERT INTO key VALUES (?, 1), (NULL, NULL), (16, 'x')", (key,))
        connection.commit()
    store = DirectoryStore(path)
    assert [*store.rows()] == [(b"", 0), (key, -1), (key, 1), (b"", -1), (b"", -1)]
    assert store.lookup("ticket", "CHG-1", 1, 9) == ()


def test_a_reader_holds_no_writer_up(path: Path) -> None:
    store = DirectoryStore(path)
    rows = store.rows()
    next(rows)
    rows.close()  # type: ignore[attr-defined]  # a generator
    assert store.commit(b"head", Plan({}, (), (row(2),), b"next"))


# ---------------------------------------------------------------- the lock


def test_a_lock_that_is_held_for_too_long_is_reported(path: Path) -> None:
    with (
        only_writer(path / ".lock"),
        pytest.raises(StoreError, match="held the lock") as caught,
        only_writer(path / ".lock", patience=0),
    ):
        pass
    assert "hangs" in caught.value.remedy
    with only_writer(path / ".lock", patience=0):
        pass


def test_a_waiting_writer_goes_on_when_the_lock_is_free(path: Path) -> None:
    done = threading.Event()

    def wait() -> None:
        with only_writer(path / ".lock"):
            done.set()

    with only_writer(path / ".lock"):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not done.is_set()
    waiting.join()
    assert done.is_set()


def test_the_lock_goes_with_its_process(path: Path) -> None:
    child = os.fork()
    if child == 0:
        lock = only_writer(path / ".lock")
        lock.__enter__()  # never left
        os._exit(0)
    os.waitpid(child, 0)
    with only_writer(path / ".lock", patience=0):
        pass
