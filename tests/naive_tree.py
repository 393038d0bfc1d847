"""A second implementation of RFC 6962's trees, written to be obvious, to hold gate.tlog against.

Trees and proofs follow the definitions of RFC 6962 section 2.1 word by word over lists of entries;
the verifiers follow the loops of RFC 9162 sections 2.1.3.2 and 2.1.4.2. Neither shares a line or a
shape with ``gate.tlog.merkle``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache


def entry(index: int) -> bytes:
    """An entry that differs from all others, also in length."""
    return b"entry %d %b" % (index, b"." * (index % 7))


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


class NaiveTree:
    """D[n] of RFC 6962: a list of entries, and what the RFC defines over it."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.entries = list(entries)
        self.mth = cache(self._mth)

    def _mth(self, start: int, end: int) -> bytes:
        n = end - start
        if n == 0:
            return _sha256(b"")
        if n == 1:
            return _sha256(b"\0" + self.entries[start])
        k = largest_power_below(n)
        return _sha256(b"\1" + self.mth(start, start + k) + self.mth(start + k, end))

    def root(self, size: int) -> bytes:
        return self.mth(0, size)

    def path(self, m: int, start: int, end: int) -> list[bytes]:
        """PATH(m, D[start:end]), m counted from start."""
        n = end - start
        if n == 1:
            return []
        k = largest_power_below(n)
        if m < k:
            return [*self.path(m, start, start + k), self.mth(start + k, end)]
        return [*self.path(m - k, start + k, end), self.mth(start, start + k)]

    def proof(self, m: int, n: int) -> list[bytes]:
        """PROOF(m, D[n])."""
        return self._subproof(m, 0, n, whole=True)

    def _subproof(self, m: int, start: int, end: int, *, whole: bool) -> list[bytes]:
        n = end - start
        if m == n:
            return [] if whole else [self.mth(start, end)]
        k = largest_power_below(n)
        if m <= k:
            left = self._subproof(m, start, start + k, whole=whole)
            return [*left, self.mth(start + k, end)]
        right = self._subproof(m - k, start + k, end, whole=False)
        return [*right, self.mth(start, start + k)]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def shows_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """RFC 9162 section 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn % 2 == 1 or fn == sn:
            r = _sha256(b"\1" + p + r)
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn // 2, sn // 2
        else:
            r = _sha256(b"\1" + r + p)
        fn, sn = fn // 2, sn // 2
    return sn == 0 and r == root


def shows_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """RFC 9162 section 2.1.4.2, for 0 < old < new."""
    if not proof:
        return False
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    fn, sn = old - 1, new - 1
    while fn % 2 == 1:
        fn, sn = fn // 2, sn // 2
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn % 2 == 1 or fn == sn:
            fr, sr = _sha256(b"\1" + c + fr), _sha256(b"\1" + c + sr)
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn // 2, sn // 2
        else:
            sr = _sha256(b"\1" + sr + c)
        fn, sn = fn // 2, sn // 2
    return fr == old_root and sr == new_root and sn == 0
