"""Trees and proofs published by others.

Source: the reference vectors of Certificate Transparency's Merkle tree tests, as they stand today
in github.com/transparency-dev/merkle: ``rfc6962/rfc6962_test.go`` (single hashes),
``testonly/constants.go`` (eight leaves, all roots), ``testdata/inclusion`` and
``testdata/consistency`` (proofs, files ``happy-path.json``).
"""

from __future__ import annotations

from base64 import b64decode

import pytest

from gate.tlog.errors import ProofError
from gate.tlog.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from gate.tlog.tile import TreeReader, plan_tiles

LEAF_INPUTS = [
    bytes.fromhex(one)
    for one in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A, B, C, D, E, F, G, H = (leaf_hash(one).hex() for one in LEAF_INPUTS)
AB = ROOTS[2]
CD = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
EF = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
GH = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
ABCD = ROOTS[4]
EFGH = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"

INCLUSION = {  # (index, size): hashes in base64, as published
    (0, 1): [],
    (0, 8): [
        "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
        "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
        "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=",
    ],
    (5, 8): [
        "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
        "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
        "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
    ],
    (2, 3): ["+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU="],
    (1, 5): [
        "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
        "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
        "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
    ],
}
CONSISTENCY = {  # (old, new): hashes in base64, as published
    (1, 1): [],
    (1, 8): [
        "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
        "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
        "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=",
    ],
    (6, 8): [
        "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=",
        "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
        "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
    ],
    (2, 5): [
        "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
        "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
    ],
    (6, 7): [
        "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=",
        "sIaT7C5yFZcTBkHoIR5+7cy0wmQTlj7ubB4u0W/7Gl8=",
        "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
    ],
}


def root(size: int) -> bytes:
    return bytes.fromhex(ROOTS[size])


def decoded(hashes: list[str]) -> tuple[bytes, ...]:
    return tuple(b64decode(one) for one in hashes)


def reader(size: int) -> TreeReader:
    return TreeReader(plan_tiles(0, lambda _: None, LEAF_INPUTS[:size]).objects.get, size)


def test_single_hashes() -> None:
    assert EMPTY_ROOT.hex() == ROOTS[0]
    assert leaf_hash(b"").hex() == ROOTS[1]
    leaf = "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert leaf_hash(b"L123456").hex() == leaf
    node = "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    assert node_hash(b"N123", b"N456").hex() == node


@pytest.mark.parametrize("size", range(9))
def test_roots(size: int) -> None:
    assert tree_root(leaf_hash(one) for one in LEAF_INPUTS[:size]) == root(size)
    assert plan_tiles(0, lambda _: None, LEAF_INPUTS[:size]).frontier.root() == root(size)


@pytest.mark.parametrize(
    ("size", "hashes"),
    [
        (3, (AB, C)),
        (4, (ABCD,)),
        (5, (ABCD, E)),
        (6, (ABCD, EF)),
        (7, (ABCD, EF, G)),
        (8, (ROOTS[8],)),
    ],
)
def test_frontiers(size: int, hashes: tuple[str, ...]) -> None:
    """``CompactTrees`` of the same source."""
    frontier = Frontier.empty().extend(leaf_hash(one) for one in LEAF_INPUTS[:size])
    assert tuple(one.hex() for one in frontier.hashes) == hashes


def test_inner_nodes() -> None:
    """``NodeHashes`` of the same source, read back from our tiles."""
    node = reader(8).node
    assert [node(0, i).hex() for i in range(8)] == [A, B, C, D, E, F, G, H]
    assert [node(1, i).hex() for i in range(4)] == [AB, CD, EF, GH]
    assert [node(2, i).hex() for i in range(2)] == [ABCD, EFGH]
    assert node(3, 0).hex() == ROOTS[8]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion(index: int, size: int) -> None:
    published = decoded(INCLUSION[index, size])
    assert inclusion_proof(index, size, reader(size).node) == published
    verify_inclusion(leaf_hash(LEAF_INPUTS[index]), index, size, published, root(size))


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency(old: int, new: int) -> None:
    published = decoded(CONSISTENCY[old, new])
    assert consistency_proof(old, new, reader(new).node) == published
    verify_consistency(old, root(old), new, root(new), published)


@pytest.mark.parametrize(("index", "size"), [key for key in INCLUSION if key[1] > 1])
def test_inclusion_probes_that_must_fail(index: int, size: int) -> None:
    """The kinds of damage in the source's other inclusion probes."""
    leaf, good, top = leaf_hash(LEAF_INPUTS[index]), decoded(INCLUSION[index, size]), root(size)
    for bad_leaf, bad_index, bad_size, bad_proof, bad_root in [
        (leaf, index + 1, size, good, top),
        (leaf, index ^ 2, size, good, top),
        (leaf, index + size, size, good, top),
        (leaf, index, size * 2, good, top),
        (leaf, index, size // 2, good, top),
        (leaf, index, size, good, EMPTY_ROOT),
        (leaf, index, size, good, leaf_hash(b"other")),
        (EMPTY_ROOT, index, size, good, top),
        (b"", index, size, good, top),
        (leaf, index, size, good, b""),
        (leaf, index, size, (), top),
        (leaf, index, size, (*good, b""), top),
        (leaf, index, size, (*good, top), top),
        (leaf, index, size, (b"", *good), top),
        (leaf, index, size, (top, *good), top),
        (leaf, index, size, good[:-1], top),
        (leaf, index, size, good[1:], top),
        (leaf, index, 0, good, top),
    ]:
        with pytest.raises(ProofError):
            verify_inclusion(bad_leaf, bad_index, bad_size, bad_proof, bad_root)


@pytest.mark.parametrize(("old", "new"), [key for key in CONSISTENCY if key[1] > 1])
def test_consistency_probes_that_must_fail(old: int, new: int) -> None:
    """The kinds of damage in the source's other consistency probes."""
    good, first, last = decoded(CONSISTENCY[old, new]), root(old), root(new)
    for bad_old, bad_first, bad_new, bad_last, bad_proof in [
        (old - 1, first, new, last, good),
        (old + 1, first, new, last, good),
        (old ^ 2, first, new, last, good),
        (old, first, new * 2, last, good),
        (old, first, new // 2, last, good),
        (new, first, old, last, good),
        (old, last, new, first, good),
        (old, leaf_hash(b"other"), new, last, good),
        (old, first, new, leaf_hash(b"other"), good),
        (old, first, new, last, ()),
        (old, first, new, last, (*good, b"")),
        (old, first, new, last, (*good, first)),
        (old, first, new, last, (*good, last)),
        (old, first, new, last, (first, *good)),
        (old, first, new, last, (last, *good)),
        (old, first, new, last, good[:-1]),
        (old, first, new, last, good[1:]),
        (0, first, new, last, good),
    ]:
        with pytest.raises(ProofError):
            verify_consistency(bad_old, bad_first, bad_new, bad_last, bad_proof)
