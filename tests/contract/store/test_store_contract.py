"""What every store must do. A new store is one more entry in ``stores.MAKERS``."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from contract.store.small_log import (
    KEY,
    STRANGER,
    append,
    digest,
    entry,
    first,
    names_of,
    plan,
    read_entries,
    row_of,
    size_of,
)
from contract.store.stores import Connect

from gate.errors import InconsistentError
from gate.store.contract import DIGEST, IndexRow, Plan, Store, token
from gate.tlog.note import add_signatures, open_note


def started(connect: Connect) -> Store:
    """A store with an empty log."""
    store = connect()
    assert store.commit(None, first())
    return store


# ---------------------------------------------------------------- the head


def test_a_new_store_has_no_head_and_nothing_in_it(connect: Connect) -> None:
    store = connect()
    assert store.head() is None
    assert store.read("tile/0/000") is None
    assert list(store.names("")) == []
    assert store.indexed() == 0
    assert list(store.rows()) == []
    assert store.waiting() == ()


def test_a_won_commit_is_seen_by_everybody(connect: Connect) -> None:
    store = started(connect)
    wanted = plan(store, entry("one"))
    assert store.commit(store.head(), wanted)
    other = connect()
    assert other.head() == other.read("checkpoint") == wanted.checkpoint
    for path, data in wanted.objects.items():
        assert other.read(path) == data
    assert store.head() == wanted.checkpoint


def test_a_commit_that_expects_another_head_loses_and_leaves_no_trace(connect: Connect) -> None:
    store = started(connect)
    empty = store.head()
    append(store, entry("one"))
    head = store.head()
    late = plan(store, entry("late", ("ticket", "CHG-1")), head=empty)
    assert not connect().commit(None, first())
    assert not connect().commit(empty, late)
    assert not store.commit(empty, late)
    other = connect()
    assert other.head() == head
    assert set(other.names("tile/")) == {"tile/0/000.p/1", "tile/entries/000.p/1"}
    assert read_entries(other, 1) == [entry("one")]
    assert other.indexed() == 1
    assert other.lookup("ticket", "CHG-1", 9, 9) == ()


def test_two_first_heads_are_one(connect: Connect) -> None:
    assert connect().commit(None, first())
    assert not connect().commit(None, first())


def test_a_head_may_get_more_signatures_and_nothing_else_changes(connect: Connect) -> None:
    store = started(connect)
    append(store, entry("one"))
    head = store.head()
    assert head is not None
    signed = add_signatures(head, [STRANGER])
    assert store.commit(head, Plan({}, (), (), signed))
    other = connect()
    assert other.head() == other.read("checkpoint") == signed
    assert len(open_note(signed, [KEY.verifier]).unknown) == 1
    append(other, entry("two"))
    assert size_of(connect().head()) == 2
    assert read_entries(connect(), 2) == [entry("one"), entry("two")]


def test_a_head_that_grew_meanwhile_gets_no_signatures(connect: Connect) -> None:
    store = started(connect)
    append(store, entry("one"))
    head = store.head()
    assert head is not None
    append(connect(), entry("two"))
    assert not store.commit(head, Plan({}, (), (), add_signatures(head, [STRANGER])))
    assert size_of(connect().head()) == 2


def test_partial_tiles_go_once_the_full_one_is_there(connect: Connect) -> None:
    store = started(connect)
    plans: list[Plan] = []
    for count in (250, 5, 3):
        plans.append(plan(store, *(entry(f"{len(plans)}-{n}") for n in range(count))))
        assert store.commit(store.head(), plans[-1])
    found = set(connect().names("tile/"))
    assert found == names_of(plans)
    assert "tile/entries/000" in found
    assert not [name for name in found if name.startswith("tile/entries/000.p/")]
    assert len(read_entries(connect(), 258)) == 258


def test_names_are_the_paths_of_the_layout_sorted_and_nothing_else(connect: Connect) -> None:
    store = started(connect)
    append(store, *(entry(str(n), ("ticket", "CHG-1")) for n in range(3)))
    expected = ["checkpoint"]
    expected += [f"tile/{kind}/000.p/{n}" for kind in ("0", "entries") for n in (1, 2, 3)]
    assert list(connect().names("")) == expected
    assert list(store.names("tile/0")) == expected[1:4]
    assert list(store.names("tile/entries/")) == expected[4:]
    assert list(store.names("nothing/")) == []


def test_what_was_asked_for_in_advance_reads_the_same(connect: Connect) -> None:
    store = started(connect)
    append(store, entry("one", ("ticket", "CHG-1")))
    other = connect()
    paths = ["tile/0/000.p/1", "tile/entries/000.p/1", "tile/0/000", "checkpoint"]
    other.prefetch(paths, [("ticket", "CHG-1"), ("ticket", "CHG-2")])
    assert [other.read(path) for path in paths] == [store.read(path) for path in paths]
    assert other.lookup("ticket", "CHG-1", 1, 9) == (0,)
    assert other.lookup("ticket", "CHG-2", 1, 9) == ()
    append(store, entry("two", ("ticket", "CHG-2")))
    assert other.head() == store.head()
    assert other.read("checkpoint") == store.head()
    assert other.lookup("ticket", "CHG-2", 2, 9) == (1,)


# ---------------------------------------------------------------- races


def test_exactly_one_of_many_writers_wins_and_the_losers_see_its_head(connect: Connect) -> None:
    head = started(connect).head()
    start = threading.Barrier(16)

    def write(n: int) -> tuple[bool, bytes | None]:
        store = connect()
        mine = plan(store, entry(f"by {n}", ("ticket", f"CHG-{n}")))
        start.wait()
        won = store.commit(head, mine)
        return won, store.head()

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(write, range(16)))
    winners = [n for n, (won, _) in enumerate(results) if won]
    assert len(winners) == 1
    assert len({seen for _, seen in results}) == 1
    store = connect()
    assert read_entries(store, 1) == [entry(f"by {winners[0]}", ("ticket", f"CHG-{winners[0]}"))]
    assert store.lookup("ticket", f"CHG-{winners[0]}", 9, 9) == (0,)
    assert {place for _, place in store.rows()} == {0}
    assert len(list(store.names("tile/0/"))) == 1


def test_no_append_is_lost_however_many_compete(connect: Connect) -> None:
    """Writers that plan again after each loss all come through, each entry once."""
    started(connect)
    start = threading.Barrier(6)

    def write(n: int) -> None:
        store = connect()
        start.wait()
        for m in range(4):
            while True:
                head = store.head()
                if store.commit(head, plan(store, entry(f"{n}-{m}"), head=head)):
                    break

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    store = connect()
    assert size_of(store.head()) == 24
    wanted = sorted(entry(f"{n}-{m}") for n in range(6) for m in range(4))
    assert sorted(read_entries(store, 24)) == wanted
    rows = sorted(store.rows(), key=lambda row: row[1])
    assert [place for _, place in rows] == list(range(24))


# ---------------------------------------------------------------- the index


def test_the_index_finds_entries_newest_first_below_a_place_and_at_most_so_many(
    connect: Connect,
) -> None:
    store = started(connect)
    entries = [entry(str(n), ("ticket", f"CHG-{n % 2}"), ("commit", "c")) for n in range(6)]
    append(store, *entries[:4])
    assert store.commit(store.head(), plan(store, *entries[4:]))
    for one in (store, connect()):
        assert one.indexed() == 6
        assert one.lookup("ticket", "CHG-1", 6, 9) == (5, 3, 1)
        assert one.lookup("ticket", "CHG-1", 5, 9) == (3, 1)
        assert one.lookup("commit", "c", 6, 2) == (5, 4)
        assert one.lookup("ticket", "c", 6, 9) == ()
        assert one.lookup("ticket", "CHG-", 6, 9) == ()
        assert one.lookup(DIGEST, digest(entries[4]), 6, 9) == (4,)
        assert one.lookup(DIGEST, digest(entries[4]), 4, 9) == ()
        wanted = [(key, n) for n in range(6) for key in row_of(n, entries[n]).tokens]
        assert sorted(one.rows()) == sorted(wanted)


def test_keys_are_any_text(connect: Connect) -> None:
    store = started(connect)
    keys = [
        ("deployment", "shop\nproduction"),
        ("ticket", "' OR 1=1 --"),
        ("ticket", "%_*/../x"),
        ("é", ""),
    ]
    append(store, *(entry(str(n), key) for n, key in enumerate(keys)))
    for n, (kind, value) in enumerate(keys):
        assert connect().lookup(kind, value, 9, 9) == (n,)


def test_an_index_made_anew_holds_exactly_the_rows_given(connect: Connect) -> None:
    store = started(connect)
    entries = [entry(str(n), ("ticket", f"CHG-{n}")) for n in range(3)]
    append(store, *entries)
    head = store.head()
    assert head is not None
    rows = [row_of(n, one) for n, one in enumerate(entries)]
    wrong = [rows[0], IndexRow(1, (token("ticket", "CHG-9"),)), rows[2]]
    assert not store.reindex(first().checkpoint, rows)
    assert store.reindex(head, wrong)
    assert connect().lookup("ticket", "CHG-9", 3, 9) == (1,)
    assert store.reindex(head, iter(rows))
    other = connect()
    assert other.head() == head
    assert other.lookup("ticket", "CHG-9", 3, 9) == ()
    assert other.lookup("ticket", "CHG-1", 3, 9) == (1,)
    assert sorted(other.rows()) == sorted((key, row.index) for row in rows for key in row.tokens)
    append(other, entry("later", ("ticket", "CHG-1")))
    assert connect().lookup("ticket", "CHG-1", 4, 9) == (3, 1)


# ---------------------------------------------------------------- offers


def test_offers_wait_until_they_are_settled_or_are_not_kept_at_all(connect: Connect) -> None:
    store = started(connect)
    one, two = entry("one"), entry("two")
    store.offer(one)
    connect().offer(two)
    waiting = connect().waiting()
    if not waiting:  # a store whose writers wait for one another
        assert store.offered([digest(one)]) == {}
        return
    assert waiting == tuple(sorted([digest(one), digest(two)]))
    found = store.offered([*waiting, "0" * 64])
    assert found == {digest(one): one, digest(two): two}
    assert list(store.names("")) == ["checkpoint"]
    assert store.commit(store.head(), plan(store, one))
    assert connect().waiting() == (digest(two),)
    store.offer(two)
    assert store.waiting() == (digest(two),)
    other = connect()
    assert other.commit(other.head(), plan(other, two))
    assert connect().waiting() == ()


# ---------------------------------------------------------------- evidence, and what else there is


def test_evidence_is_kept_by_its_digest(connect: Connect) -> None:
    store = started(connect)
    name = sha256(b"evidence").hexdigest()
    assert store.read_evidence(name) is None
    store.put_evidence(name, b"evidence")
    store.put_evidence(name, b"evidence")
    append(store, entry("one"))
    other = connect()
    assert other.read_evidence(name) == b"evidence"
    assert list(other.names("evidence/")) == [f"evidence/{name[:2]}/{name}"]
    with pytest.raises(InconsistentError, match="altered"):
        other.put_evidence(name, b"other evidence")
    assert other.read_evidence(name) == b"evidence"
    append(other, entry("two"))
    assert connect().read_evidence(name) == b"evidence"


@pytest.mark.parametrize("name", ["", "../../../etc/passwd", "A" * 64, "a" * 63, "a" * 65])
def test_what_is_no_digest_is_no_path(connect: Connect, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        connect().put_evidence(name, b"x")
    with pytest.raises(ValueError, match="not a SHA-256"):
        connect().read_evidence(name)


def test_a_whole_log_has_no_oddities(connect: Connect) -> None:
    from gate.tlog.merkle import leaf_hash

    store = started(connect)
    entries = [entry(str(n)) for n in range(5)]
    append(store, *entries)
    found = list(connect().examine(5, lambda index: leaf_hash(entries[index])))
    assert found == []
