"""What a run of records says of one service and environment: what succeeded there, and when.

Pure, and the same for whoever asks: before a decision (``history``), when a record takes its place
(``judge_again``), and when the whole log is verified (``verify``). So a question can be put at any
size of the log: ``below`` means that only the entries before that one are asked.

Any entry may be asked about for as long as the log grows, so of each decision a row of bytes is
kept: a service may have a million.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain
from struct import Struct
from typing import TypeAlias

from gate.model import PERMITTING, Base, BaseKind, DecisionKind, EntryLink
from gate.record.predicates import Unknown
from gate.record.statement import DecisionRecord, DeploymentOutcome, OutcomeRecord

Based: TypeAlias = tuple[BaseKind, str, int | None]
"""A base, as the fields of ``model.Base``."""

_KINDS = tuple(DecisionKind)
_PERMITS = tuple(kind in PERMITTING for kind in _KINDS)
_NUMBER = {kind.value: number for number, kind in enumerate(_KINDS)}

# Of a decision: leaf, commit, base ("" for none), its kind; its first outcome's place, and whether
# that succeeded (0: there is none).
_ROW = Struct("<32s33p33pBQB")
_ENDED = Struct("<QB")
_ENDED_AT = _ROW.size - _ENDED.size
_FAILED, _SUCCEEDED = 1, 2


class Track:
    """The decisions of one service and environment with their outcomes, added in log order."""

    def __init__(self) -> None:
        self._places = array("Q")
        self._rows = bytearray()
        self._first: dict[bytes, int] = {}  # the first decision on a commit, by its row
        self._others: dict[bytes, array[int]] = {}  # and the others: mostly there are none
        self._endings: dict[int, list[tuple[int, bool]]] = {}  # outcomes after a first one, by row
        self._start: tuple[str, int] | None = None  # the first that says where its range starts
        self._succeeded = array("Q")  # decisions that ever had that outcome, by place
        self._settled = 0  # what came since changes nothing of the base of a commit that is new
        self._now: Based | None = None  # which is this one, if somebody asked

    def add_decision(self, link: EntryLink, record: DecisionRecord) -> None:
        """Add the decision that stands at ``link``."""
        leaf, base = bytes.fromhex(link.leaf), base_in(record)
        self.add(link.index, leaf, record.commit, record.decision, base, start_of(record))

    @property
    def started(self) -> bool:
        """Whether a decision said where its range starts: then no later one is asked for that."""
        return self._start is not None

    def add(
        self, index: int, leaf: bytes, commit: str, decision: str, base: str, start: str
    ) -> None:
        """Add the decision at ``index``, taken apart already; ``base`` is its commit ("": none)."""
        row, key = len(self._places), bytes.fromhex(commit)
        self._places.append(index)
        self._rows += _ROW.pack(leaf, key, bytes.fromhex(base), _NUMBER[decision], 0, 0)
        if self._first.setdefault(key, row) != row:
            self._others.setdefault(key, array("Q")).append(row)
        if start and self._start is None:
            self._start = start, index
            self._settled, self._now = index, None

    def add_outcome(self, index: int, record: OutcomeRecord) -> bool:
        """Add the outcome that stands at ``index``.

        False, and nothing added, unless it names place and leaf of an earlier decision that permits
        exactly this deployment: then it is an outcome of nothing.
        """
        succeeded = record.outcome == DeploymentOutcome.SUCCEEDED
        link = record.of.index, record.of.leaf
        return self.end(index, link, record.commit, succeeded=succeeded)

    def end(self, index: int, link: tuple[int, str], commit: str, *, succeeded: bool) -> bool:
        """As ``add_outcome``, of an outcome that was taken apart: ``link`` is its ``of``."""
        place, leaf = link
        row = bisect_left(self._places, place) if place >= 0 else len(self._places)
        if place >= index or row == len(self._places) or self._places[row] != place:
            return False
        own, of, _, kind, ended, _ = self._row(row)
        if (own.hex(), of.hex()) != (leaf, commit) or not _PERMITS[kind]:
            return False
        self._settled, self._now = index, None
        if ended:
            self._endings.setdefault(row, []).append((index, succeeded))
        else:
            ending = index, _SUCCEEDED if succeeded else _FAILED
            _ENDED.pack_into(self._rows, row * _ROW.size + _ENDED_AT, *ending)
        if succeeded:
            self._note_success(place, commit)
        return True

    def _note_success(self, place: int, commit: str) -> None:
        at = bisect_left(self._succeeded, place)
        if at == len(self._succeeded) or self._succeeded[at] != place:
            self._succeeded.insert(at, place)
        if self._succeeded[-1] == place:
            self._now = BaseKind.DEPLOYED, commit, place

    def base(self, commit: str, below: int) -> Base:
        """Where the range of a deployment of ``commit`` starts, by the entries before ``below``.

        A commit that succeeded here before is judged over the range of its first success; another
        from the newest decision that succeeded. Where none succeeded yet, from where the range of
        the first decision started, so that nobody gets past a denial by deploying the next commit;
        the first of all from nothing.
        """
        return Base(*self.based(commit, below))

    def based(self, commit: str, below: int) -> Based:
        """As ``base``."""
        for row in chain(*self._on(commit)):
            if self._places[row] >= below:
                break
            if self._has_succeeded(row, below):
                return BaseKind.REDEPLOYED, self._row(row)[2].hex(), self._places[row]
        if below <= self._settled:
            return self._newest(below)
        if self._now is None:
            self._now = self._newest(below)
        return self._now

    def _newest(self, below: int) -> Based:
        for at in reversed(range(bisect_left(self._succeeded, below))):
            row = bisect_left(self._places, self._succeeded[at])
            if self._has_succeeded(row, below):
                return BaseKind.DEPLOYED, self._row(row)[1].hex(), self._places[row]
        if self._start is not None and self._start[1] < below:
            return BaseKind.FIRST, *self._start
        return BaseKind.FIRST, "", None

    def permitted(self, commit: str, below: int, most: int) -> list[int]:
        """Where the newest ``most`` decisions on ``commit`` before ``below`` that permit stand."""
        places: list[int] = []
        first, others = self._on(commit)
        for row in chain(reversed(others), first):
            if len(places) == most:
                break
            if self._places[row] < below and _PERMITS[self._row(row)[3]]:
                places.append(self._places[row])
        places.reverse()
        return places

    def _on(self, commit: str) -> tuple[Sequence[int], Sequence[int]]:
        """The rows of the decisions on a commit: the first, and the others in their order."""
        key = bytes.fromhex(commit)
        first = self._first.get(key)
        return ((), ()) if first is None else ((first,), self._others.get(key, ()))

    def _row(self, row: int) -> tuple[bytes, bytes, bytes, int, int, int]:
        return _ROW.unpack_from(self._rows, row * _ROW.size)

    def _has_succeeded(self, row: int, below: int) -> bool:
        """Whether a decision succeeded, by its newest outcome before ``below``.

        A deployment that was rolled back afterwards is no longer what runs there.
        """
        for index, succeeded in reversed(self._endings.get(row, ())):
            if index < below:
                return succeeded
        place, ending = _ENDED.unpack_from(self._rows, row * _ROW.size + _ENDED_AT)
        return bool(ending == _SUCCEEDED and place < below)


def base_in(record: DecisionRecord) -> str:
    """The commit that a decision's range starts from; "" for none."""
    change = record.predicate.change
    base = record.history.base if isinstance(change, Unknown) else change.base
    return base.commit or ""


def start_of(record: DecisionRecord) -> str:
    """The commit that the range of a first decision started from; "" where none can be told.

    A head on no release ref was never to be deployed, so it starts nothing: from a branch that was
    cut long ago the range would be all that was merged since.
    """
    change = record.predicate.change
    if isinstance(change, Unknown):
        return ""
    released = not isinstance(change.release_refs, Unknown) and bool(change.release_refs)
    base = change.base
    return start_from(base.kind, base.commit or "", change.start or "", released=released)


def start_from(kind: str, base: str, start: str, *, released: bool) -> str:
    """As ``start_of``, of a change that was taken apart already."""
    return (base or start) if kind == BaseKind.FIRST and released else ""
