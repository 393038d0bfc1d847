"""The text index of a git store, against a list of all rows."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.store.contract import IndexRow
from gate.store.git.index import (
    before,
    block_of,
    blocks_below,
    faults_of,
    is_shard,
    parse_shard,
    places_of,
    shard_path,
    shards_of,
)

TOKEN = bytes.fromhex("c3a7" + "0" * 28)
_PLACES = st.one_of(st.integers(0, 70_000), st.integers(0, 2_000_000))


def token(n: int) -> bytes:
    return hashlib.sha256(b"%d" % n).digest()[:16]


@pytest.mark.parametrize(
    ("place", "block"),
    [(0, 0), (4095, 0), (4096, 1), (65_535, 1), (65_536, 2), (1_048_575, 2), (1_048_576, 3)],
)
def test_blocks(place: int, block: int) -> None:
    assert block_of(place) == block
    assert list(blocks_below(place + 1)) == list(range(block, -1, -1))


def test_paths_are_as_the_format_says() -> None:
    assert list(blocks_below(0)) == []
    names = [shard_path(block, TOKEN) for block in range(5)]
    assert names == ["index/0/c", "index/1/c3", "index/2/c3/a", "index/3/c3/a7", "index/4/c3/a70"]
    assert all(map(is_shard, names))
    for name in ("index/0/c3", "index/1/c", "index/2/c3a", "index/00/c", "index/0/C", "index/0"):
        assert not is_shard(name)


@given(st.lists(st.tuples(_PLACES, st.sets(st.integers(0, 40), max_size=4)), max_size=60))
def test_every_row_is_found_where_a_reader_looks(drawn: list[tuple[int, set[int]]]) -> None:
    rows = [IndexRow(at, tuple(map(token, some))) for at, some in sorted(dict(drawn).items())]
    shards = {path: bytes(data) for path, data in shards_of(rows).items()}
    for path, data in shards.items():
        assert is_shard(path)
        assert list(faults_of(path, data)) == []
    for n in range(41):
        wanted = sorted(row.index for row in rows if token(n) in row.tokens)
        paths = [shard_path(block, token(n)) for block in blocks_below(2_000_001)]
        found = [
            place for path in paths for place in places_of(shards.get(path, b""), token(n)) or ()
        ]
        assert sorted(found) == wanted
    pairs = [pair for data in shards.values() for pair in parse_shard(data) or ()]
    assert sorted(pairs) == sorted((one, row.index) for row in rows for one in row.tokens)


@pytest.mark.parametrize(
    "data",
    [
        *(b"x", b"\n", b"c3 1\n", b"C" * 32 + b" 1\n", b"c" * 32 + b" 01\n", b"c" * 32 + b" 1"),
        *(b"c" * 32 + b"  1\n", b"c" * 32 + b" -1\n", b"c" * 32 + b" 1\r\n", b"c" * 31 + b" 1\n"),
    ],
)
def test_what_is_not_in_the_form_has_no_rows_and_is_named(data: bytes) -> None:
    assert parse_shard(data) is None
    assert places_of(data, TOKEN) is None
    assert before(data, 0) == data
    assert len(list(faults_of("index/0/c", data))) == 1


def test_rows_in_the_wrong_place_are_named() -> None:
    line = TOKEN.hex().encode()
    for path, data in (
        ("index/0/d", line + b" 1\n"),
        ("index/0/c", line + b" 4096\n"),
        ("index/0/c", line + b" 2\n" + line + b" 1\n"),
        ("index/0/c", line + b" 2\n" + line + b" 2\n"),
    ):
        assert len(list(faults_of(path, data))) == 1
    assert before(line + b" 2\n" + line + b" 3\n", 3) == line + b" 2\n"
