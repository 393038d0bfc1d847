from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import pytest
from naive_tree import NaiveTree, entry, shows_consistency, shows_inclusion

from gate.tlog.errors import MalformedError, ProofError
from gate.tlog.merkle import (
    EMPTY_ROOT,
    Frontier,
    NodeReader,
    append_only_proof,
    consistency_proof,
    frontier_from,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_from,
    tree_root,
    verify_append_only,
    verify_consistency,
    verify_inclusion,
)

SMALL = 70
EDGES = [*range(255, 261), *range(511, 514)]
LARGE = [65_535, 65_536, 65_537]

NAIVE = NaiveTree([entry(i) for i in range(max(LARGE))])
LEAVES = [leaf_hash(one) for one in NAIVE.entries]


def node(level: int, index: int) -> bytes:
    start = index << level
    return NAIVE.mth(start, start + (1 << level))


def reader(size: int) -> NodeReader:
    """Refuses what lies outside the tree, as a store that has no such tile would."""

    def read(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size
        return node(level, index)

    return read


def interesting(size: int) -> list[int]:
    """Indexes (and old sizes) of a large tree where the shape of a proof changes."""
    near = {0, 1, 2, 127, 128, 254, 255, 256, 257, 510, 511, 512, 513, 32_767, 32_768, 40_000}
    return sorted(i for i in near | {size - 2, size - 1} if 0 <= i < size)


# ---------------------------------------------------------------- roots


@pytest.mark.parametrize("size", [*range(SMALL), *EDGES, *LARGE])
def test_roots_agree_with_the_naive_tree(size: int) -> None:
    root = NAIVE.root(size)
    assert tree_root(LEAVES[:size]) == root
    assert root_from(size, reader(size)) == root
    assert frontier_from(size, reader(size)).root() == root


def test_the_empty_tree_has_the_hash_of_nothing_and_an_empty_entry_has_not() -> None:
    assert tree_root([]) == EMPTY_ROOT == Frontier.empty().root()
    assert tree_root([leaf_hash(b"")]) == leaf_hash(b"") != EMPTY_ROOT


def test_leaves_and_nodes_cannot_be_taken_for_each_other() -> None:
    left, right = leaf_hash(b"l"), leaf_hash(b"r")
    assert node_hash(left, right) != leaf_hash(left + right)
    assert node_hash(left, right) != node_hash(right, left)


@pytest.mark.parametrize("old", range(34))
def test_a_frontier_grows_the_same_however_it_is_cut(old: int) -> None:
    for new in range(old, 40):
        grown = Frontier.empty().extend(LEAVES[:old]).extend(LEAVES[old:new])
        assert grown == frontier_from(new, reader(new))


def test_a_frontier_that_does_not_fit_its_size_is_refused() -> None:
    one = leaf_hash(b"")
    for size, hashes in [(0, (one,)), (1, ()), (3, (one,)), (2, (one, one)), (-1, (one,))]:
        with pytest.raises(MalformedError):
            Frontier(size, hashes)
    with pytest.raises(MalformedError):
        Frontier(1, (one[:-1],))
    with pytest.raises(MalformedError):
        Frontier(2**63, (one,))


def test_the_docstrings_example() -> None:
    a, b, c, d, e = (leaf_hash(bytes([letter])) for letter in b"abcde")
    q, s = node_hash(a, b), node_hash(c, d)
    p = node_hash(q, s)
    tree = NaiveTree([bytes([letter]) for letter in b"abcde"])

    def five(level: int, index: int) -> bytes:
        return tree.mth(index << level, (index + 1) << level)

    assert frontier_from(5, five).hashes == (p, e)
    assert root_from(5, five) == node_hash(p, e)
    assert inclusion_proof(2, 5, five) == (d, q, e)
    assert consistency_proof(3, 5, five) == (c, d, q, e)
    assert (five(2, 0), five(1, 1), five(0, 4)) == (p, s, e)


# ---------------------------------------------------------------- every proof of small trees


@pytest.mark.parametrize("size", range(1, SMALL))
def test_every_inclusion_proof(size: int) -> None:
    for index in range(size):
        check_inclusion(index, size)


@pytest.mark.parametrize("new", range(1, SMALL))
def test_every_consistency_proof(new: int) -> None:
    for old in range(1, new + 1):
        check_consistency(old, new)


@pytest.mark.parametrize("size", EDGES + LARGE)
def test_proofs_at_the_edges_of_tiles(size: int) -> None:
    for index in interesting(size):
        check_inclusion(index, size)
        check_consistency(index + 1, size)


def check_inclusion(index: int, size: int) -> None:
    proof = inclusion_proof(index, size, reader(size))
    assert list(proof) == NAIVE.path(index, 0, size)
    verify_inclusion(LEAVES[index], index, size, proof, NAIVE.root(size))
    assert shows_inclusion(LEAVES[index], index, size, proof, NAIVE.root(size))


def check_consistency(old: int, new: int) -> None:
    proof = consistency_proof(old, new, reader(new))
    assert list(proof) == NAIVE.proof(old, new)
    verify_consistency(old, NAIVE.root(old), new, NAIVE.root(new), proof)
    assert old == new or shows_consistency(old, NAIVE.root(old), new, NAIVE.root(new), proof)


# ---------------------------------------------------------------- proofs that prove nothing


def flip(data: bytes, bit: int = 0) -> bytes:
    return bytes([data[0] ^ (1 << bit), *data[1:]])


def mangled(proof: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Every hash changed, dropped, doubled, cut; neighbours swapped; one more at either end."""
    hashes = list(proof)
    stranger = leaf_hash(b"stranger")
    yield [stranger, *hashes]
    yield [*hashes, stranger]
    for i, one in enumerate(hashes):
        rest = hashes[i + 1 :]
        yield [*hashes[:i], flip(one), *rest]
        yield [*hashes[:i], one[:-1] + bytes([one[-1] ^ 0x80]), *rest]
        yield [*hashes[:i], *rest]
        yield [*hashes[:i], one, one, *rest]
        yield [*hashes[:i], one[:-1], *rest]
        yield [*hashes[:i], one + b"\0", *rest]
        yield [*hashes[:i], b"", *rest]
    for i, j in combinations(range(len(hashes)), 2):
        swapped = hashes.copy()
        swapped[i], swapped[j] = swapped[j], swapped[i]
        yield swapped


def refused(verify: Callable[..., None], *arguments: object) -> bool:
    try:
        verify(*arguments)
    except ProofError:
        return True
    return False


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33])
def test_no_mangled_inclusion_proof_is_accepted(size: int) -> None:
    root = NAIVE.root(size)
    for index in range(size):
        leaf, proof = LEAVES[index], NAIVE.path(index, 0, size)
        for bad in mangled(proof):
            assert refused(verify_inclusion, leaf, index, size, bad, root)
            assert not shows_inclusion(leaf, index, size, bad, root)
        with pytest.raises(ProofError):
            verify_inclusion(flip(leaf), index, size, proof, root)
        with pytest.raises(ProofError):
            verify_inclusion(leaf, index, size, proof, flip(root))


@pytest.mark.parametrize("size", range(1, 20))
def test_no_inclusion_proof_serves_for_another_index(size: int) -> None:
    for index in range(size):
        proof = NAIVE.path(index, 0, size)
        for other in range(-1, size + 2):
            if other != index:
                with pytest.raises(ProofError):
                    verify_inclusion(LEAVES[index], other, size, proof, NAIVE.root(size))


@pytest.mark.parametrize("new", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33])
def test_no_mangled_consistency_proof_is_accepted(new: int) -> None:
    for old in range(1, new + 1):
        roots = NAIVE.root(old), NAIVE.root(new)
        for bad in mangled(NAIVE.proof(old, new)):
            assert refused(verify_consistency, old, roots[0], new, roots[1], bad)
        for old_root, new_root in [(flip(roots[0]), roots[1]), (roots[0], flip(roots[1]))]:
            with pytest.raises(ProofError):
                verify_consistency(old, old_root, new, new_root, NAIVE.proof(old, new))


def test_a_forked_tree_is_no_continuation() -> None:
    forked = NaiveTree([*NAIVE.entries[:6], b"other", *NAIVE.entries[7:20]])
    for new in range(8, 20):
        with pytest.raises(ProofError):
            verify_consistency(7, NAIVE.root(7), new, forked.root(new), forked.proof(7, new))
        verify_consistency(6, NAIVE.root(6), new, forked.root(new), forked.proof(6, new))


def test_sizes_that_no_proof_is_about() -> None:
    root, other = NAIVE.root(5), NAIVE.root(3)
    for index, size in [(5, 5), (-1, 5), (0, 0), (0, 2**63)]:
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[0], index, size, [], root)
    for old, new in [(0, 5), (6, 5), (-1, 5), (3, 2**63)]:
        with pytest.raises(ProofError):
            verify_consistency(old, other, new, root, NAIVE.proof(3, 5))
    for index, size in [(5, 5), (-1, 5), (0, 0), (0, 2**63)]:
        with pytest.raises(ValueError, match="no "):
            inclusion_proof(index, size, node)
    for old, new in [(0, 5), (6, 5), (-1, 5), (3, 2**63)]:
        with pytest.raises(ValueError, match="no "):
            consistency_proof(old, new, node)
    with pytest.raises(ValueError, match="no tree"):
        frontier_from(-1, node)


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    verify_consistency(5, NAIVE.root(5), 5, NAIVE.root(5), [])
    with pytest.raises(ProofError):
        verify_consistency(5, NAIVE.root(5), 5, flip(NAIVE.root(5)), [])
    with pytest.raises(ProofError):
        verify_consistency(5, NAIVE.root(5), 5, NAIVE.root(5), [LEAVES[0]])


# ---------------------------------------------------------------- from the empty tree


@pytest.mark.parametrize("new", [0, 1, 2, 5, 256])
def test_the_empty_tree_begins_every_tree_without_a_proof(new: int) -> None:
    assert append_only_proof(0, new, reader(new)) == ()
    verify_append_only(0, EMPTY_ROOT, new, NAIVE.root(new), [])


def test_an_old_size_of_zero_proves_nothing_by_itself() -> None:
    root = NAIVE.root(5)
    with pytest.raises(ProofError):
        verify_append_only(0, NAIVE.root(3), 5, root, [])
    with pytest.raises(ProofError):
        verify_append_only(0, EMPTY_ROOT, 5, root, [LEAVES[0]])
    with pytest.raises(ProofError):
        verify_append_only(0, EMPTY_ROOT, 0, root, [])
    with pytest.raises(ProofError):
        verify_append_only(0, EMPTY_ROOT, 5, root[:-1], [])
    with pytest.raises(ProofError):
        verify_append_only(0, EMPTY_ROOT, -1, root, [])
    with pytest.raises(ValueError, match="no tree"):
        append_only_proof(0, -1, node)


def test_otherwise_append_only_is_consistency() -> None:
    proof = append_only_proof(3, 5, node)
    assert proof == consistency_proof(3, 5, node)
    verify_append_only(3, NAIVE.root(3), 5, NAIVE.root(5), proof)
    with pytest.raises(ProofError):
        verify_append_only(3, NAIVE.root(3), 5, NAIVE.root(4), proof)


def test_a_tree_of_the_largest_size_has_proofs_too() -> None:
    size = 2**63 - 1
    same = leaf_hash(b"same")
    perfect = [same]  # every entry is the same, so each level has one hash
    for _ in range(63):
        perfect.append(node_hash(perfect[-1], perfect[-1]))

    def read(level: int, _index: int) -> bytes:
        return perfect[level]

    root = root_from(size, read)
    for index in (0, size // 2, size - 1):
        proof = inclusion_proof(index, size, read)
        assert len(proof) <= 63
        verify_inclusion(same, index, size, proof, root)
    for old in (1, 2**62, 2**62 + 1, size - 1):
        proof = consistency_proof(old, size, read)
        verify_consistency(old, root_from(old, read), size, root, proof)
