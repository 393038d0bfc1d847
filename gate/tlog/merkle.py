r"""Merkle trees as RFC 6962 section 2.1 defines them, over SHA-256.

Hashes, each 32 bytes::

    leaf  = SHA-256(0x00 || entry)
    node  = SHA-256(0x01 || left || right)
    empty = SHA-256("")

A tree of n > 1 leaves splits at k, the largest power of two below n: the left subtree holds k
leaves and is perfect (all its leaves are at one depth), the right one holds the rest. So a tree is
a row of perfect subtrees whose sizes are the ones of n's binary digits, joined from the right. For
the entries a, b, c, d, e::

            r               r  = node(p, E)         A..E are leaf hashes
           / \
          p   E             p  = node(q, s)
         / \
        q   s               q  = node(A, B)   s = node(C, D)
       / \ / \
       A B C D

- The *frontier* of this tree is (p, E): enough to append to it and to compute its root.
- The *inclusion proof* of c (index 2, size 5) is (D, q, E): from the leaf up, what c's path is
  hashed with.
- The *consistency proof* from size 3 to size 5 is (C, D, q, E): the old root is node(q, C), the new
  one node(node(q, node(C, D)), E).

A perfect subtree is addressed by (level, index): the hash over the leaves from index * 2**level up
to, but not including, (index + 1) * 2**level. Above, p is (2, 0), s is (1, 1), E is (0, 4).

The functions that make proofs and those that check them walk the tree in the same way, written
side by side. Sizes and indexes are below 2**63, so a proof has at most 63 hashes plus one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from gate.frozen import dataclass
from gate.tlog.canonical import HASH_SIZE, MAX_NUMBER
from gate.tlog.errors import MalformedError, ProofError

EMPTY_ROOT = hashlib.sha256(b"").digest()

NodeReader: TypeAlias = Callable[[int, int], bytes]
"""(level, index) -> the hash of that perfect subtree; asked only for subtrees inside the tree."""


def leaf_hash(entry: bytes) -> bytes:
    """The leaf hash of an entry (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children's hashes (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


# ---------------------------------------------------------------- roots


@dataclass(frozen=True, slots=True)
class Frontier:
    """The perfect subtrees of a tree of ``size`` leaves, left to right, largest first.

    The "compact range" of other implementations. Raises ``MalformedError`` if the number or length
    of ``hashes`` does not fit ``size``.
    """

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_NUMBER or len(self.hashes) != self.size.bit_count():
            raise MalformedError(f"{len(self.hashes)} subtrees do not make a tree of {self.size}")
        if any(len(one) != HASH_SIZE for one in self.hashes):
            raise MalformedError(f"a subtree's hash is not {HASH_SIZE} bytes long")

    @classmethod
    def empty(cls) -> Frontier:
        """The frontier of the tree without leaves."""
        return cls(0, ())

    def extend(self, leaf_hashes: Iterable[bytes]) -> Frontier:
        """The frontier after these leaves (hashes, in order) were appended."""
        hashes, size = list(self.hashes), self.size
        for leaf in leaf_hashes:
            hashes.append(leaf)
            size += 1
            filled = size
            while not filled & 1:  # as a binary counter carries: two of one size become one
                right = hashes.pop()
                hashes[-1] = node_hash(hashes[-1], right)
                filled >>= 1
        return Frontier(size, tuple(hashes))

    def root(self) -> bytes:
        """The tree's root hash."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root


def tree_root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root of the tree over these leaf hashes: ``MTH(D[n])`` of RFC 6962 section 2.1."""
    return Frontier.empty().extend(leaf_hashes).root()


def frontier_from(size: int, node: NodeReader) -> Frontier:
    """The frontier of a tree of ``size`` leaves whose perfect subtrees ``node`` reads."""
    _check_size(size)
    hashes, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            hashes.append(node(level, start >> level))
            start += 1 << level
    return Frontier(size, tuple(hashes))


def root_from(size: int, node: NodeReader) -> bytes:
    """The root of a tree of ``size`` leaves whose perfect subtrees ``node`` reads."""
    return frontier_from(size, node).root()


# ---------------------------------------------------------------- inclusion
#
# Each walk below is over the leaves start..end-1, where start is a multiple of a power of two that
# is at least end - start. _split gives the boundary between the left, perfect part and the rest.


def inclusion_proof(index: int, size: int, node: NodeReader) -> tuple[bytes, ...]:
    """The audit path ``PATH(index, D[size])`` of RFC 6962 section 2.1.1, from the leaf upwards.

    ``ValueError`` if there is no leaf ``index`` in a tree of ``size``.
    """
    _check_size(size)
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} has no leaf {index}")
    return tuple(_inclusion(index, 0, size, node))


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that ``leaf`` (a leaf hash) is leaf ``index`` of the tree of ``size`` with ``root``.

    Raises ``ProofError`` if the proof does not show it.
    """
    _check_hashes(leaf, root, *proof)
    if not 0 <= index < size <= MAX_NUMBER:
        raise ProofError(f"a tree of {size} has no leaf {index}")
    rest = list(proof)
    found = _run_inclusion(index, 0, size, leaf, rest)
    if rest:
        raise ProofError(f"the inclusion proof has {len(rest)} hashes too many")
    if found != root:
        raise ProofError(f"the inclusion proof of leaf {index} does not lead to the root")


def _inclusion(index: int, start: int, end: int, node: NodeReader) -> list[bytes]:
    if not start <= index < end:
        raise AssertionError("walked past the leaf")
    if end - start == 1:
        return []
    middle = _split(start, end)
    if index < middle:
        return [*_inclusion(index, start, middle, node), _root(middle, end, node)]
    return [*_inclusion(index, middle, end, node), _root(start, middle, node)]


def _run_inclusion(index: int, start: int, end: int, leaf: bytes, rest: list[bytes]) -> bytes:
    if not start <= index < end:
        raise AssertionError("walked past the leaf")
    if end - start == 1:
        return leaf
    middle = _split(start, end)
    if index < middle:
        left = _run_inclusion(index, start, middle, leaf, rest)
        return node_hash(left, _next(rest))
    right = _run_inclusion(index, middle, end, leaf, rest)
    return node_hash(_next(rest), right)


# ---------------------------------------------------------------- consistency


def consistency_proof(old: int, new: int, node: NodeReader) -> tuple[bytes, ...]:
    """``PROOF(old, D[new])`` of RFC 6962 section 2.1.2; empty if the sizes are equal.

    ``ValueError`` unless 0 < old <= new: RFC 6962 has no proof from the empty tree. See
    ``append_only_proof``.
    """
    _check_size(new)
    if not 0 < old <= new:
        raise ValueError(f"there is no consistency proof from size {old} to size {new}")
    return tuple(_consistency(old, 0, new, node))


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of ``new_size`` begins with all leaves of the tree of ``old_size``.

    Raises ``ProofError`` if the proof does not show it, and always for ``old_size`` 0.
    """
    _check_hashes(old_root, new_root, *proof)
    if not 0 < old_size <= new_size <= MAX_NUMBER:
        raise ProofError(f"there is no consistency proof from size {old_size} to size {new_size}")
    rest = list(proof)
    found_old, found_new = _run_consistency(old_size, 0, new_size, old_root, rest)
    if rest:
        raise ProofError(f"the consistency proof has {len(rest)} hashes too many")
    if found_old != old_root:
        raise ProofError(f"the consistency proof does not lead to the root at size {old_size}")
    if found_new != new_root:
        raise ProofError(f"the consistency proof does not lead to the root at size {new_size}")


def append_only_proof(old: int, new: int, node: NodeReader) -> tuple[bytes, ...]:
    """``consistency_proof``, or no hashes where ``old`` is 0: the empty tree begins every tree."""
    if old == 0:
        _check_size(new)
        return ()
    return consistency_proof(old, new, node)


def verify_append_only(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """``verify_consistency``, and for ``old_size`` 0 what takes its place.

    Every tree begins with the empty one, so there is nothing to prove: the old root must be the
    empty tree's and the proof empty. Kept out of ``verify_consistency`` so that an old size that
    was lost and became 0 is not taken for a proof. Raises ``ProofError``.
    """
    if old_size != 0:
        verify_consistency(old_size, old_root, new_size, new_root, proof)
        return
    _check_hashes(old_root, new_root)
    if not 0 <= new_size <= MAX_NUMBER:
        raise ProofError(f"there is no tree of size {new_size}")
    if proof:
        raise ProofError("from the empty tree a proof has no hashes")
    if old_root != EMPTY_ROOT or (new_size == 0 and new_root != EMPTY_ROOT):
        raise ProofError("the root given for the empty tree is not the empty tree's")


def _consistency(old: int, start: int, end: int, node: NodeReader) -> list[bytes]:
    if not start < old <= end:
        raise AssertionError("walked past the old size")
    if old == end:  # the verifier knows the old root, and so this subtree if it is all of it
        return [] if start == 0 else [_root(start, end, node)]
    middle = _split(start, end)
    if old <= middle:
        return [*_consistency(old, start, middle, node), _root(middle, end, node)]
    return [*_consistency(old, middle, end, node), _root(start, middle, node)]


def _run_consistency(
    old: int, start: int, end: int, old_root: bytes, rest: list[bytes]
) -> tuple[bytes, bytes]:
    if not start < old <= end:
        raise AssertionError("walked past the old size")
    if old == end:
        same = old_root if start == 0 else _next(rest)
        return same, same
    middle = _split(start, end)
    if old <= middle:
        before, after = _run_consistency(old, start, middle, old_root, rest)
        return before, node_hash(after, _next(rest))
    before, after = _run_consistency(old, middle, end, old_root, rest)
    left = _next(rest)
    return node_hash(left, before), node_hash(left, after)


# ---------------------------------------------------------------- the shape they share


def _split(start: int, end: int) -> int:
    """Where the walk over start..end-1 divides: after the largest power of two below its length."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _root(start: int, end: int, node: NodeReader) -> bytes:
    length = end - start
    if not length & (length - 1):
        level = length.bit_length() - 1
        return node(level, start >> level)
    middle = _split(start, end)
    return node_hash(_root(start, middle, node), _root(middle, end, node))


def _next(rest: list[bytes]) -> bytes:
    if not rest:
        raise ProofError("the proof has too few hashes")
    return rest.pop(0)


def _check_size(size: int) -> None:
    if not 0 <= size <= MAX_NUMBER:
        raise ValueError(f"there is no tree of size {size}")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_SIZE for one in hashes):
        raise ProofError(f"a hash of the proof is not {HASH_SIZE} bytes long")
