"""Hiding rows of the index: noticed, or without effect, or reported afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, Pipeline, fill, sha, story

from gate.errors import InconsistentError
from gate.log.history.history import read_history
from gate.log.reading import search
from gate.log.reading.keys import COMMIT, DEPLOYMENT, TICKET, keys_of, might_have, payload_of, peek
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.create import init_log
from gate.model import BaseKind
from gate.store.contract import IndexRow, Key, StoreError, token
from gate.store.memory import MemoryStore

SHOP: Key = (DEPLOYMENT, "shop\nproduction")


@pytest.fixture
def pipeline() -> Pipeline:
    """Deployments of shop at the entries 0, 4, 8 and 10, then nothing but other records."""
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    pipeline = Pipeline(store)
    pipeline.deploy("one", tickets=("CHG-1",))
    pipeline.deploy("other", service="billing", tickets=("CHG-2",))
    pipeline.deploy("two", tickets=("CHG-3", "CHG-1"))
    pipeline.deploy("other2", service="billing", tickets=("CHG-2",))
    pipeline.deploy("three", tickets=("CHG-4",))
    pipeline.deploy("four", tickets=("CHG-1",))
    fill(store, 20)
    assert pipeline.view().size == 32
    return pipeline


def short_tail(pipeline: Pipeline, tail: int = 4) -> LogView:
    return LogView(pipeline.store, TRUST, tail=tail)


def edit(pipeline: Pipeline, change: Callable[[IndexRow], IndexRow]) -> None:
    store = pipeline.store
    assert isinstance(store, MemoryStore)
    store._rows = [change(row) for row in store._rows]


def without(key: Key, *places: int) -> Callable[[IndexRow], IndexRow]:
    """The row without ``key``, at these places or at all."""

    def change(row: IndexRow) -> IndexRow:
        if places and row.index not in places:
            return row
        return replace(row, tokens=tuple(one for one in row.tokens if one != token(*key)))

    return change


def places(view: LogView, key: Key, *, thorough: bool = False) -> list[int]:
    return [hit.link.index for hit in view.find(*key, thorough=thorough)]


def uses(view: LogView, ticket: str) -> list[int]:
    found = read_history(view, "shop", "production", sha("new"), (ticket,))
    assert (ticket in found.prior_tickets) == bool(found.uses[ticket])
    return [use.link.index for use in found.uses[ticket]]


def test_what_is_found_is_the_same_however_it_is_looked_for(pipeline: Pipeline) -> None:
    whole = pipeline.view()
    keys = {key for i in range(12) for key in keys_of(whole.record(i))} | {(TICKET, "CHG-99")}
    for key in keys:
        expected = [i for i in reversed(range(12)) if key in keys_of(whole.record(i))]
        assert places(whole, key) == expected
        for tail in (0, 1, 25, 31):
            for thorough in (False, True):
                assert places(short_tail(pipeline, tail), key, thorough=thorough) == expected
    for covered in range(32):
        store = pipeline.store
        assert isinstance(store, MemoryStore)
        rows = store._rows
        store._rows = rows[:covered]
        assert places(short_tail(pipeline), SHOP) == [11, 10, 9, 8, 5, 4, 1, 0]
        assert places(short_tail(pipeline), (COMMIT, sha("two"))) == [5, 4]
        store._rows = rows


@pytest.mark.parametrize("hidden", [(10,), (9,), (4, 5), (1,), (0,), (9, 8, 5), (10, 9, 8, 5, 4)])
def test_a_hidden_row_below_one_that_is_found_is_tampering(
    pipeline: Pipeline, hidden: tuple[int, ...]
) -> None:
    edit(pipeline, without(SHOP, *hidden))
    with pytest.raises(InconsistentError, match="index of memory: and the log disagree") as caught:
        places(short_tail(pipeline), SHOP)
    assert f"entry {max(hidden)}" in caught.value.message
    assert "gate log verify" in caught.value.remedy


@pytest.mark.parametrize("hidden", [(11,), (11, 10), tuple(range(12)), ()])
def test_hiding_the_newest_or_all_does_not_shorten_what_was_deployed(
    pipeline: Pipeline, hidden: tuple[int, ...]
) -> None:
    edit(pipeline, without(SHOP, *hidden))
    with pytest.raises(InconsistentError, match="leaves it out"):
        read_history(short_tail(pipeline), "shop", "production", sha("new"))


def test_hiding_all_of_a_ticket_is_reported_afterwards(pipeline: Pipeline) -> None:
    """What remains: see docs/decisions/0003-index-hints.md."""
    edit(pipeline, without((TICKET, "CHG-1")))
    assert uses(short_tail(pipeline), "CHG-1") == []
    assert uses(pipeline.view(), "CHG-1") == [0, 4, 10]  # a short log is read whole
    pipeline.tail = 4
    pipeline.enforce("five", tickets=("CHG-1",))
    report = verify_log(pipeline.store, TRUST)
    assert ("prior", "entry 32") in {(fault.kind, fault.place) for fault in report.faults}
    assert report.fault_counts["index"] == 6


def test_a_row_too_many_is_tampering(pipeline: Pipeline) -> None:
    def add(row: IndexRow) -> IndexRow:
        return replace(row, tokens=(*row.tokens, token(*SHOP))) if row.index == 20 else row

    edit(pipeline, add)
    with pytest.raises(InconsistentError, match="entry 20, which has not"):
        places(short_tail(pipeline), SHOP)


def test_an_index_that_fails_is_not_silence(pipeline: Pipeline) -> None:
    class Failing(MemoryStore):
        def lookup(self, *_: object) -> None:
            return None

    store = Failing()
    source = pipeline.store
    assert isinstance(source, MemoryStore)
    store._objects, store._rows = source._objects, source._rows
    with pytest.raises(StoreError, match="index of memory: cannot be read"):
        places(LogView(store, TRUST, tail=4), SHOP)


def test_pages_of_the_index_are_followed_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    pipeline = Pipeline(store)
    monkeypatch.setattr(search, "_PAGE", 4)
    for n in range(12):
        pipeline.enforce(f"c{n % 2}")
    assert places(LogView(store, TRUST, tail=0), SHOP) == list(reversed(range(12)))
    assert places(LogView(store, TRUST, tail=0), (COMMIT, sha("c1"))) == [11, 9, 7, 5, 3, 1]


def test_records_written_side_by_side_do_not_contradict_each_other(pipeline: Pipeline) -> None:
    """Two decisions judged at one head: neither links to the other."""
    first, second = pipeline.decide("five"), pipeline.decide("six")
    pipeline.append(first)
    pipeline.append(second)
    fill(pipeline.store, 9)
    assert places(short_tail(pipeline), SHOP)[:3] == [33, 32, 11]
    assert verify_log(pipeline.store, TRUST).faults == ()
    edit(pipeline, without(SHOP, 32))
    with pytest.raises(InconsistentError, match="entry 32"):
        places(short_tail(pipeline), SHOP)


def test_an_entry_might_have_exactly_the_keys_that_it_has(pipeline: Pipeline) -> None:
    story(pipeline, 60)
    view = pipeline.view()
    entries = [view.entry(i) for i in range(view.size)]
    for entry in entries:
        has = set(keys_of(peek(entry)))
        assert all(might_have(payload_of(entry), key) for key in has)
        assert keys_of(peek(entry)) == keys_of(view.record(entries.index(entry)))
    assert not might_have(payload_of(entries[0]), (TICKET, "CHG-77"))


@pytest.mark.parametrize("name", ['sh"op', "sh\\op", "shöp", "</script>", "shop'; --"])
def test_names_that_json_escapes_are_found(name: str) -> None:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    pipeline = Pipeline(store)
    pipeline.deploy("one", service=name, environment=name, tickets=(name,))
    assert read_history(pipeline.view(), name, name, sha("two")).base.kind == BaseKind.DEPLOYED
    assert places(pipeline.view(), (TICKET, name)) == [1, 0]
