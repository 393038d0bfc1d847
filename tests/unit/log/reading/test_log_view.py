from __future__ import annotations

import pytest
from faults.pipelines import (
    LOG_KEY,
    ORIGIN,
    OTHER_LOG_KEY,
    TRUST,
    Pipeline,
    fill,
    filler,
    good_trust,
)
from naive_tree import NaiveTree
from records import OTHER

from gate.errors import InconsistentError
from gate.log.reading.view import LogView
from gate.log.writing.create import init_log
from gate.record.errors import MalformedRecordError, UnknownSignerError
from gate.store.contract import StoreError
from gate.store.memory import MemoryStore
from gate.tlog.errors import MissingTileError, ProofError, UnknownKeyError
from gate.tlog.proof import verify_proof


def log_of(size: int) -> MemoryStore:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    if size:
        fill(store, size)
    return store


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 600])
def test_a_view_hands_out_every_entry_with_its_proof(size: int) -> None:
    view = LogView(log_of(size), TRUST)
    entries = filler(size)
    assert (view.size, view.root) == (size, NaiveTree(entries).root(size))
    for index in {0, 1, 254, 255, 256, size - 1} & set(range(size)):
        assert view.entry(index) == entries[index]
        verify_proof(view.prove(index), entries[index], TRUST.policy)
    for outside in (-1, size, size + 1):
        with pytest.raises(ValueError, match=f"a log of {size} has no entry"):
            view.entry(outside)


@pytest.mark.parametrize("size", [5, 300])
def test_no_changed_byte_gets_out(size: int) -> None:
    """Bytes of every tile and bundle: the view refuses, or is not concerned."""
    store = log_of(size)
    entries = filler(size)
    for name in tuple(store.names("tile/")):
        whole = store._objects[name]
        for at in range(0, len(whole), 7 if "entries" not in name else max(1, len(whole) // 50)):
            store._objects[name] = whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :]
            refused = 0
            for index in (0, size // 2, size - 1):
                try:
                    assert LogView(store, TRUST).entry(index) == entries[index]
                except InconsistentError:
                    refused += 1
            assert refused or "entries" in name or size > 256
        store._objects[name] = whole


def test_a_tile_below_a_full_one_is_held_against_the_root_too() -> None:
    store = log_of(300)
    whole = store._objects["tile/0/000"]
    store._objects["tile/0/000"] = whole[:-1] + b"\0"
    view = LogView(store, TRUST)  # the right edge is whole
    for index in (0, 255):
        with pytest.raises(ProofError):
            view.entry(index)
    assert view.entry(256) == filler(300)[256]


def test_a_view_is_pinned_while_the_log_grows_and_loses_its_partial_tiles() -> None:
    store = log_of(200)
    view = LogView(store, TRUST)
    fill(store, 55)
    fill(store, 3)
    assert "tile/0/000.p/200" not in store._objects
    assert [view.entry(index) for index in range(200)] == filler(200)
    assert view.size == 200


def test_roots_of_the_past_are_proved_by_the_present_one() -> None:
    view = LogView(log_of(300), TRUST)
    tree = NaiveTree(filler(300))
    for size in (0, 1, 255, 256, 299, 300):
        assert view.root_at(size) == tree.root(size)
    with pytest.raises(ValueError, match="never had 301"):
        view.root_at(301)
    store = log_of(300)
    whole = store._objects["tile/0/000"]
    store._objects["tile/0/000"] = b"\0" + whole[1:]
    with pytest.raises(ProofError):
        LogView(store, TRUST).root_at(20)


def test_missing_things_are_named() -> None:
    store = log_of(5)
    for name in ("tile/0/000.p/5", "tile/entries/000.p/5"):
        whole = store._objects.pop(name)
        with pytest.raises(MissingTileError, match=name):
            LogView(store, TRUST).entry(0)
        store._objects[name] = whole
    with pytest.raises(StoreError, match="there is no log at memory:"):
        LogView(MemoryStore(), TRUST)


def test_another_log_key_is_not_believed() -> None:
    with pytest.raises(UnknownKeyError):
        LogView(log_of(2), good_trust(OTHER_LOG_KEY))


def test_a_record_by_a_signer_who_is_not_trusted_is_named_with_its_place() -> None:
    store = log_of(0)
    Pipeline(store).deploy("one")
    view = LogView(store, good_trust(record=OTHER))
    with pytest.raises(UnknownSignerError, match="entry 1: record: signed by key"):
        view.record(1)
    assert not isinstance(UnknownSignerError("x"), MalformedRecordError)
