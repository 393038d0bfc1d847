"""What every store must do. A new store is one more entry in ``MAKERS``."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from gate.errors import InconsistentError
from gate.store.contract import IndexRow, Plan, Store
from gate.store.directory import DirectoryStore
from gate.store.memory import MemoryStore

Maker = Callable[[Path], Callable[[], Store]]
"""A folder -> a function that opens the one store in it, as each writer does for itself."""


def directory(path: Path) -> Callable[[], Store]:
    return lambda: DirectoryStore(path / "log")


def memory(_: Path) -> Callable[[], Store]:
    store = MemoryStore()
    return lambda: store


MAKERS: dict[str, Maker] = {"directory": directory, "memory": memory}


@pytest.fixture(params=MAKERS)
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    return MAKERS[request.param](tmp_path)


def row(index: int, *keys: tuple[str, str]) -> IndexRow:
    return IndexRow(index, sha256(b"%d" % index).hexdigest(), keys)


def plan(name: str, *rows: IndexRow, obsolete: tuple[str, ...] = ()) -> Plan:
    objects = {f"tile/0/{name}": b"tile " + name.encode(), f"tile/entries/{name}": name.encode()}
    return Plan(objects, obsolete, rows, b"head " + name.encode())


# ---------------------------------------------------------------- the head


def test_a_new_store_has_no_head_and_nothing_in_it(connect: Callable[[], Store]) -> None:
    store = connect()
    assert store.head() is None
    assert store.read("tile/0/000") is None
    assert list(store.names("")) == []
    assert store.indexed() == 0
    assert list(store.rows()) == []


def test_a_won_commit_is_seen_by_everybody(connect: Callable[[], Store]) -> None:
    assert connect().commit(None, plan("000"))
    store = connect()
    assert store.head() == store.read("checkpoint") == b"head 000"
    assert store.read("tile/0/000") == b"tile 000"
    assert store.read("tile/entries/000") == b"000"


def test_a_commit_that_expects_another_head_loses_and_leaves_no_trace(
    connect: Callable[[], Store],
) -> None:
    store = connect()
    assert store.commit(None, plan("000", row(0)))
    for expected in (None, b"", b"head 00", b"head 000 ", b"head 001"):
        assert not store.commit(expected, plan("001", row(1, ("ticket", "CHG-1"))))
    assert store.head() == b"head 000"
    assert store.read("tile/0/001") is None
    assert store.indexed() == 1
    assert store.lookup("ticket", "CHG-1", 9, 9) == ()


def test_objects_are_replaced_whole(connect: Callable[[], Store]) -> None:
    store = connect()
    assert store.commit(None, Plan({"tile/0/000": b"long and old"}, (), (), b"a"))
    assert store.commit(b"a", Plan({"tile/0/000": b"new"}, (), (), b"b"))
    assert store.read("tile/0/000") == b"new"


def test_only_what_is_named_obsolete_goes_and_only_after_a_win(
    connect: Callable[[], Store],
) -> None:
    store = connect()
    partial = ("tile/0/000.p/1", "tile/0/000.p/2")
    assert store.commit(None, Plan({partial[0]: b"1", "tile/0/005": b"x"}, (), (), b"a"))
    gone = (partial[0], "tile/0/000.p/200", "tile/7/000.p/1")  # most of them never were there
    assert not store.commit(b"z", Plan({}, gone, (), b"b"))
    assert store.read(partial[0]) == b"1"
    assert store.commit(b"a", Plan({partial[1]: b"2"}, gone, (), b"b"))
    assert list(store.names("tile/")) == ["tile/0/000.p/2", "tile/0/005"]
    assert store.commit(b"b", Plan({}, (partial[1],), (), b"c"))
    assert list(store.names("tile/")) == ["tile/0/005"]


def test_names_are_the_paths_of_the_layout_sorted_and_nothing_else(
    connect: Callable[[], Store],
) -> None:
    store = connect()
    first = Plan(dict.fromkeys(("tile/1/000", "tile/0/000.p/3"), b"x"), (), (row(0),), b"a")
    assert store.commit(None, first)
    assert list(store.names("")) == ["checkpoint", "tile/0/000.p/3", "tile/1/000"]
    assert list(store.names("tile/0")) == ["tile/0/000.p/3"]
    assert list(store.names("tile/1/")) == ["tile/1/000"]
    assert list(store.names("nothing/")) == []


# ---------------------------------------------------------------- races


def test_exactly_one_of_many_writers_wins_and_the_losers_see_its_head(
    connect: Callable[[], Store],
) -> None:
    assert connect().commit(None, plan("000"))
    start = threading.Barrier(16)

    def write(n: int) -> tuple[bool, bytes | None]:
        store = connect()
        start.wait()
        won = store.commit(b"head 000", plan(f"0{n + 10}", row(0, ("ticket", f"CHG-{n}"))))
        return won, store.head()

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(write, range(16)))
    winners = [n for n, (won, _) in enumerate(results) if won]
    assert len(winners) == 1
    assert {head for _, head in results} == {b"head 0%d" % (winners[0] + 10)}
    store = connect()
    assert store.lookup("ticket", f"CHG-{winners[0]}", 9, 9) == (0,)
    assert len(list(store.rows())) == 1
    assert len(list(store.names("tile/0/"))) == 2


def test_no_append_is_lost_however_many_compete(connect: Callable[[], Store]) -> None:
    """Writers that plan again after each loss all come through; the head counts them."""
    assert connect().commit(None, Plan({}, (), (), b"0"))
    start = threading.Barrier(8)

    def write(n: int) -> None:
        store = connect()
        start.wait()
        for _ in range(5):
            while True:
                head = store.head() or b""
                size = int(head)
                if store.commit(
                    head, Plan({f"tile/{size}": b"%d" % n}, (), (row(size),), b"%d" % (size + 1))
                ):
                    break

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    store = connect()
    assert store.head() == b"40"
    by = [store.read(f"tile/{n}") or b"" for n in range(40)]
    assert sorted(by) == sorted(b"%d" % n for n in range(8) for _ in range(5))
    assert [one.index for one in store.rows()] == list(range(40))


_RACER = """
import sys
from pathlib import Path
from gate.store.contract import Plan
from gate.store.directory import DirectoryStore
path, number = sys.argv[1:]
store = DirectoryStore(Path(path))
print("ready", flush=True)
sys.stdin.readline()
won = store.commit(b"head", Plan({"tile/0/00" + number: b"x"}, (), (), b"head " + number.encode()))
print(won, store.head().decode())
"""


def test_exactly_one_of_many_processes_wins(tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert DirectoryStore(path).commit(None, Plan({}, (), (), b"head"))
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, str(path), str(n)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(6)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    results = [racer.communicate()[0].split(maxsplit=1) for racer in racers]
    winners = [n for n, (won, _) in enumerate(results) if won == "True"]
    assert len(winners) == 1
    assert {head for _, head in results} == {f"head {winners[0]}\n"}


# ---------------------------------------------------------------- the index


def test_the_index_finds_entries_newest_first_below_a_place_and_at_most_so_many(
    connect: Callable[[], Store],
) -> None:
    store = connect()
    rows = [row(n, ("ticket", f"CHG-{n % 2}"), ("commit", "c")) for n in range(6)]
    assert store.commit(None, plan("000", *rows))
    assert store.indexed() == 6
    assert store.lookup("ticket", "CHG-1", 6, 9) == (5, 3, 1)
    assert store.lookup("ticket", "CHG-1", 5, 9) == (3, 1)
    assert store.lookup("commit", "c", 6, 2) == (5, 4)
    assert store.lookup("ticket", "c", 6, 9) == ()
    assert store.lookup("ticket", "CHG-", 6, 9) == ()
    assert store.lookup("digest", rows[4].digest, 6, 9) == (4,)
    assert store.lookup("digest", rows[4].digest, 4, 9) == ()
    assert [(one.index, set(one.keys)) for one in store.rows()] == [
        (one.index, set(one.keys)) for one in rows
    ]


def test_keys_are_any_text(connect: Callable[[], Store]) -> None:
    store = connect()
    keys = [
        ("deployment", "shop\nproduction"),
        ("ticket", "' OR 1=1 --"),
        ("ticket", "%_*"),
        ("é", ""),
    ]
    assert store.commit(None, plan("000", *(row(n, key) for n, key in enumerate(keys))))
    for n, (kind, value) in enumerate(keys):
        assert store.lookup(kind, value, 9, 9) == (n,)


def test_rows_replace_all_rows_from_the_first_of_them_on(connect: Callable[[], Store]) -> None:
    store = connect()
    assert store.commit(None, plan("000", *(row(n, ("ticket", "old")) for n in range(4))))
    assert store.commit(b"head 000", plan("001", row(2, ("ticket", "new"))))
    assert store.indexed() == 3
    assert store.lookup("ticket", "old", 9, 9) == (1, 0)
    assert store.lookup("ticket", "new", 9, 9) == (2,)


def test_rows_that_would_leave_a_gap_lose(connect: Callable[[], Store]) -> None:
    store = connect()
    assert store.commit(None, plan("000", row(0)))
    assert not store.commit(b"head 000", plan("001", row(2)))
    assert store.head() == b"head 000"
    assert store.commit(b"head 000", plan("001", row(1), row(2)))


# ---------------------------------------------------------------- offers and evidence


def test_offers_need_no_keeping_where_writers_wait_for_one_another(
    connect: Callable[[], Store],
) -> None:
    store = connect()
    assert store.commit(None, plan("000"))
    store.offer(b"entry")
    assert store.waiting() == ()


def test_evidence_is_kept_by_its_digest(connect: Callable[[], Store]) -> None:
    store = connect()
    assert store.commit(None, plan("000"))
    digest = sha256(b"evidence").hexdigest()
    assert store.read_evidence(digest) is None
    store.put_evidence(digest, b"evidence")
    store.put_evidence(digest, b"evidence")
    assert connect().read_evidence(digest) == b"evidence"
    assert list(store.names("evidence/")) == [f"evidence/{digest[:2]}/{digest}"]
    with pytest.raises(InconsistentError, match="altered"):
        store.put_evidence(digest, b"other evidence")
    assert store.read_evidence(digest) == b"evidence"


@pytest.mark.parametrize("digest", ["", "../../../etc/passwd", "A" * 64, "a" * 63, "a" * 65])
def test_what_is_no_digest_is_no_path(connect: Callable[[], Store], digest: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        connect().put_evidence(digest, b"x")
    with pytest.raises(ValueError, match="not a SHA-256"):
        connect().read_evidence(digest)
