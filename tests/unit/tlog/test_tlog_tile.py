from __future__ import annotations

from collections.abc import Sequence

import pytest
from naive_tree import NaiveTree, entry

from gate.tlog.errors import MalformedError, MissingTileError, ProofError
from gate.tlog.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_from,
    verify_consistency,
    verify_inclusion,
)
from gate.tlog.tile import (
    MAX_ENTRY,
    TileName,
    TreeReader,
    decode_bundle,
    encode_bundle,
    entries_path,
    parse_path,
    plan_tiles,
    tile_path,
)

NAIVE = NaiveTree([entry(i) for i in range(66_100)])
SIZES = [0, 1, 2, 255, 256, 257, 511, 512, 513, 1000]

Objects = dict[str, bytes]
NOTHING: Objects = {}


def grow(objects: Objects, old: int, new: int) -> None:
    """One append, as a store carries it out: write everything, then remove what is obsolete."""
    plan = plan_tiles(old, objects.get, NAIVE.entries[old:new], old_root=NAIVE.root(old))
    assert plan.before.root() == NAIVE.root(old)
    assert plan.frontier.root() == NAIVE.root(new)
    assert not set(plan.objects) & set(plan.obsolete)
    objects |= plan.objects
    for path in plan.obsolete:
        objects.pop(path, None)


def grown(*sizes: int) -> Objects:
    objects: Objects = {}
    for old, new in zip((0, *sizes), sizes, strict=False):
        grow(objects, old, new)
    return objects


def partials(size: int) -> set[str]:
    """The partial tiles and bundle that C2SP tlog-tiles says a tree of ``size`` has."""
    names = {entries_path(size // 256, size % 256)} if size % 256 else set()
    level = 0
    while size >> (8 * level):
        count = size >> (8 * level)
        if count % 256:
            names.add(tile_path(level, count // 256, count % 256))
        level += 1
    return names


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("tile/0/000", TileName(0, 0, 256)),
        ("tile/0/005", TileName(0, 5, 256)),
        ("tile/0/999.p/1", TileName(0, 999, 1)),
        ("tile/0/x001/000.p/255", TileName(0, 1000, 255)),
        ("tile/0/x001/067.p/5", TileName(0, 1067, 5)),
        ("tile/63/x001/x234/067", TileName(63, 1_234_067, 256)),
        ("tile/entries/x001/x234/067.p/7", TileName(None, 1_234_067, 7)),
        ("tile/entries/x001/x000/000", TileName(None, 1_000_000, 256)),
    ],
)
def test_paths(path: str, name: TileName) -> None:
    assert name.path == path
    assert parse_path(path) == name


def test_the_path_functions_agree_with_the_names() -> None:
    assert tile_path(0, 1067, 5) == "tile/0/x001/067.p/5"
    assert entries_path(1_234_067) == "tile/entries/x001/x234/067"
    assert TileName(0, 5, 7).full == TileName(0, 5, 256)


@pytest.mark.parametrize(
    "path",
    [
        *("", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000"),
        *("tile/0/x000/001", "tile/0/001/002", "tile/0/x001", "tile/0/001/x002", "tile/0/1000"),
        *("tile/0/x001/x002", "tile/0/x01/002", "tile/0//001", "tile/00/001", "tile/-1/001"),
        *("tile/64/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/"),
        *("tile/0/000.p", "tile/0/000.p/1/", "tile/0/000.p/1.p/1", "tile/+0/000", "tile/0/+01"),
        *(
            "tile/0/ 01",
            "tile/0/000 ",
            "tile/0/000\n",
            "tile/data/000",
            "/tile/0/000",
            "Tile/0/000",
        ),
        *("tile/0/../0/000", "tile/entries", "entries/000", "tile/0/\u0660\u0660\u0660"),
        "tile/0/" + "x999/" * 40 + "999",
    ],
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(MalformedError, match="not the path of a tile") as caught:
        parse_path(path)
    assert caught.value.place == path


def test_a_tile_that_cannot_be_has_no_path() -> None:
    for level, n, width in [
        (-1, 0, 1),
        (64, 0, 1),
        (0, -1, 1),
        (0, 0, 0),
        (0, 0, 257),
        (0, 2**63, 1),
    ]:
        with pytest.raises(ValueError, match="there is no tile"):
            tile_path(level, n, width)


# ---------------------------------------------------------------- bundles


def test_the_docstrings_bundle() -> None:
    assert encode_bundle([b"a", b""]).hex(" ") == "00 01 61 00 00"
    assert decode_bundle(bytes.fromhex("0001610000"), 2) == (b"a", b"")


def test_entries_go_up_to_65535_bytes() -> None:
    largest = bytes(MAX_ENTRY)
    assert decode_bundle(encode_bundle([largest, b"x"]), 2) == (largest, b"x")
    with pytest.raises(ValueError, match="longer than 65535"):
        encode_bundle([largest + b"x"])
    with pytest.raises(ValueError, match="longer than 65535"):
        plan_tiles(0, NOTHING.get, [largest + b"x"])


def test_a_bundle_has_1_to_256_entries() -> None:
    assert len(decode_bundle(encode_bundle([b"x"] * 256), 256)) == 256
    for count in (0, 257):
        with pytest.raises(ValueError, match="1 to 256"):
            encode_bundle([b"x"] * count)


def test_a_bundle_is_exactly_its_entries() -> None:
    data = encode_bundle([b"one", b"", b"three"])
    for width in (0, 1, 2, 4, 256):
        with pytest.raises(MalformedError, match="the bundle"):
            decode_bundle(data, width)
    for cut in range(len(data)):
        with pytest.raises(MalformedError, match="the bundle ends"):
            decode_bundle(data[:cut], 3)
    with pytest.raises(MalformedError, match="goes on"):
        decode_bundle(data + b"\0", 3)


# ---------------------------------------------------------------- the files of a tree


def test_a_full_tile_is_8192_bytes_and_the_level_above_begins() -> None:
    assert set(grown(255)) == {"tile/0/000.p/255", "tile/entries/000.p/255"}
    objects = grown(255, 256)
    assert set(objects) == {"tile/0/000", "tile/entries/000", "tile/1/000.p/1"}
    assert len(objects["tile/0/000"]) == 8192
    assert objects["tile/1/000.p/1"] == NAIVE.root(256)
    assert grown(256, 257).keys() - objects.keys() == {"tile/0/001.p/1", "tile/entries/001.p/1"}


@pytest.mark.parametrize("size", [*SIZES, 65_535, 65_536, 65_537])
def test_a_tree_written_at_once_has_the_tiles_of_its_size_and_no_others(size: int) -> None:
    objects = grown(size) if size else {}
    full = {entries_path(n) for n in range(size // 256)}
    for level in range(3):
        full |= {tile_path(level, n) for n in range(size >> (8 * level + 8))}
    assert set(objects) == full | partials(size)


@pytest.mark.parametrize("step", [1, 7, 100, 255, 256, 257])
def test_a_tree_written_in_steps_is_the_same_tree(step: int) -> None:
    sizes = [*range(step, 600, step), 600]
    objects, at_once = grown(*sizes), grown(600)
    assert {path: objects[path] for path in at_once} == at_once
    leftovers = {parse_path(path) for path in objects.keys() - at_once.keys()}
    # what readers of older checkpoints need, and only while the full tile is not there
    assert {name.path for name in leftovers} <= {p for size in sizes for p in partials(size)}
    assert all(name.full.path not in objects for name in leftovers)


@pytest.mark.parametrize("old", [0, 1, 2, 3, 100, 254, 255, 256, 257, 300, 511, 512, 513])
def test_any_append_continues_any_tree(old: int) -> None:
    before = grown(old) if old else {}
    for new in [old, old + 1, old + 2, 254, 255, 256, 257, 511, 512, 513, 514, 770]:
        if new >= old:
            objects = dict(before)
            grow(objects, old, new)
            check_readable(objects, new, [old, 1, new])


@pytest.mark.parametrize("old", [65_279, 65_280, 65_535, 65_536, 65_537])
def test_appends_where_a_third_level_begins(old: int) -> None:
    before = grown(old)
    for new in [old + 1, 65_536, 65_537, 65_792, 66_000]:
        if new >= old:
            objects = dict(before)
            grow(objects, old, new)
            check_readable(objects, new, [old])


def check_readable(objects: Objects, size: int, old_sizes: Sequence[int]) -> None:
    reader = TreeReader(objects.get, size)
    root = NAIVE.root(size)
    assert root_from(size, reader.node) == root
    for index in {0, 255, 256, size // 2, size - 1}:
        if 0 <= index < size:
            assert reader.entry(index) == NAIVE.entries[index]
            proof = inclusion_proof(index, size, reader.node)
            verify_inclusion(leaf_hash(NAIVE.entries[index]), index, size, proof, root)
    for old in old_sizes:
        if 0 < old <= size:
            proof = consistency_proof(old, size, reader.node)
            verify_consistency(old, NAIVE.root(old), size, root, proof)


def test_appending_nothing_writes_nothing() -> None:
    plan = plan_tiles(0, NOTHING.get, [])
    assert (plan.objects, plan.obsolete, plan.frontier) == ({}, (), Frontier.empty())
    plan = plan_tiles(300, grown(300).get, [], old_root=NAIVE.root(300))
    assert (plan.objects, plan.obsolete) == ({}, ())
    assert plan.frontier == plan.before


def test_an_append_reads_only_the_right_edge() -> None:
    objects, asked = grown(66_000), set()

    def read(path: str) -> bytes | None:
        asked.add(path)
        return objects.get(path)

    plan_tiles(66_000, read, [b"one more"])
    assert asked - partials(66_001) == partials(66_000) - partials(66_001)


def test_leftovers_of_a_writer_that_died_do_not_outlive_the_full_tile() -> None:
    objects = grown(5)
    objects |= plan_tiles(5, objects.get, NAIVE.entries[5:9]).objects  # no checkpoint followed
    grow(objects, 5, 256)
    assert set(objects) == {"tile/0/000", "tile/entries/000", "tile/1/000.p/1"}


# ---------------------------------------------------------------- readers of older checkpoints


def test_an_older_tree_is_read_from_the_tiles_of_a_newer_one() -> None:
    sizes = [3, 255, 256, 257, 300, 511, 512, 700]
    objects = grown(*sizes)
    assert not objects.keys() & (partials(3) | {"tile/0/001.p/1", "tile/entries/001.p/1"})
    for size in sizes:
        check_readable(objects, size, [1, size])


# ---------------------------------------------------------------- what is missing or wrong


@pytest.mark.parametrize("size", [1, 3, 256, 300])
def test_a_missing_object_is_named(size: int) -> None:
    objects = grown(size)
    for path in objects:
        reader = TreeReader({k: v for k, v in objects.items() if k != path}.get, size)
        with pytest.raises(MissingTileError, match="is missing") as caught:
            read_everything(reader)
        assert caught.value.place == path
        assert path in caught.value.message


@pytest.mark.parametrize("size", [1, 3, 256, 300])
def test_an_object_of_a_wrong_length_is_named(size: int) -> None:
    objects = grown(size)
    for path, data in objects.items():
        for bad in (b"", data[:-1], data[1:], data + b"\0", data + data, data[:-32]):
            reader = TreeReader({**objects, path: bad}.get, size)
            with pytest.raises((MalformedError, ProofError)) as caught:
                read_everything(reader)
            assert caught.value.place == path


def test_a_full_tile_in_a_partial_ones_place_is_checked_whole() -> None:
    objects = grown(256)
    for path in ("tile/0/000", "tile/entries/000"):
        reader = TreeReader({**objects, path: objects[path][:-1]}.get, 5)
        with pytest.raises(MalformedError) as caught:
            read_everything(reader)
        assert caught.value.place == path


def test_no_byte_of_a_stored_tree_can_be_changed() -> None:
    objects = grown(5)
    for path, data in objects.items():
        for at in range(len(data)):
            for bit in range(8):
                bad = data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
                reader = TreeReader({**objects, path: bad}.get, 5)
                with pytest.raises((MalformedError, ProofError)):
                    read_everything(reader)


def read_everything(reader: TreeReader) -> None:
    """Each entry, against its leaf, against the root that the checkpoint would hold."""
    root = NAIVE.root(reader.size)
    if root_from(reader.size, reader.node) != root:
        raise ProofError("root", place=wrong_tile(reader))
    for index in range(reader.size):
        leaf = leaf_hash(reader.entry(index))
        proof = inclusion_proof(index, reader.size, reader.node)
        verify_inclusion(leaf, index, reader.size, proof, root)


def wrong_tile(reader: TreeReader) -> str:
    return tile_path(0, 0, min(reader.size, 256))


def test_an_append_to_a_changed_tree_is_refused() -> None:
    objects = grown(300)
    for path in partials(300):
        changed = bytes([objects[path][5] ^ 1])
        bad = {**objects, path: objects[path][:5] + changed + objects[path][6:]}
        with pytest.raises((ProofError, MalformedError)):
            plan_tiles(300, bad.get, [b"more"], old_root=NAIVE.root(300))
    with pytest.raises(ProofError, match="do not make the root"):
        plan_tiles(300, objects.get, [b"more"], old_root=NAIVE.root(299))
    with pytest.raises(ProofError, match="do not make the root"):
        plan_tiles(0, objects.get, [b"more"], old_root=NAIVE.root(1))
    assert plan_tiles(0, objects.get, [b"more"], old_root=EMPTY_ROOT).frontier.size == 1


def test_what_lies_outside_the_tree_is_a_bug_of_the_caller() -> None:
    reader = TreeReader(grown(300).get, 300)
    for level, index in [(0, 300), (0, -1), (-1, 0), (8, 1), (9, 0), (64, 0)]:
        with pytest.raises(ValueError, match="a tree of 300 has no"):
            reader.node(level, index)
    for index in (300, -1):
        with pytest.raises(ValueError, match="a tree of 300 has no"):
            reader.entry(index)
    for n in (2, -1):
        with pytest.raises(ValueError, match="a tree of 300 has no"):
            reader.bundle(n)
    with pytest.raises(ValueError, match="no tree"):
        TreeReader(NOTHING.get, -1)


def test_a_tile_is_read_once() -> None:
    objects = grown(300)
    asked: list[str] = []

    def read(path: str) -> bytes | None:
        asked.append(path)
        return objects.get(path)

    read_everything(TreeReader(read, 300))
    assert len(asked) == len(set(asked)) == len(objects)
