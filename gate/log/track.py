"""What a run of records says of one service and environment: what succeeded there, and when.

Pure, and the same for whoever asks: before a decision (``history``), when a record takes its place
(``judge_again``), and when the whole log is verified (``verify``). So a question can be put at any
size of the log: ``below`` means that only the entries before that one are asked.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from gate.model import PERMITTING, Base, BaseKind, DecisionKind, EntryLink, PastDecision
from gate.record.predicates import Unknown
from gate.record.statement import DecisionRecord, DeploymentOutcome, OutcomeRecord

_base = lru_cache(256)(Base)  # the next decisions mostly start from the same


@dataclass(slots=True)
class Decided:
    """A decision, and its outcomes by place: (index, whether it succeeded)."""

    link: EntryLink
    at: datetime
    commit: str
    decision: DecisionKind
    base: str
    start: str
    outcomes: list[tuple[int, bool]] = field(default_factory=list)

    def succeeded(self, below: int) -> bool:
        """Whether it succeeded, by the newest outcome before ``below``.

        A deployment that was rolled back afterwards is no longer what runs there.
        """
        for index, succeeded in reversed(self.outcomes):
            if index < below:
                return succeeded
        return False


class Track:
    """The decisions of one service and environment with their outcomes, added in log order."""

    def __init__(self) -> None:
        self._decided: dict[int, Decided] = {}
        self._by_commit: dict[str, list[int]] = {}
        self._starting: list[int] = []  # decisions that say where the first range starts
        self._succeeded: list[int] = []  # decisions that ever had that outcome

    def add_decision(self, link: EntryLink, record: DecisionRecord) -> None:
        """Add the decision that stands at ``link``."""
        change = record.predicate.change
        base = record.history.base if isinstance(change, Unknown) else change.base
        start = start_of(record)
        self.add(Decided(link, record.at, record.commit, record.decision, base.commit or "", start))

    def add(self, decided: Decided) -> None:
        """Add a decision that was taken apart already."""
        index = decided.link.index
        self._decided[index] = decided
        self._by_commit.setdefault(decided.commit, []).append(index)
        if decided.start:
            self._starting.append(index)

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
        of = self._decided.get(link[0])
        if of is None or (of.link.index, of.link.leaf) != link or of.link.index >= index:
            return False
        if of.decision not in PERMITTING or of.commit != commit:
            return False
        of.outcomes.append((index, succeeded))
        at = bisect_left(self._succeeded, link[0])
        if succeeded and self._succeeded[at : at + 1] != [link[0]]:
            self._succeeded.insert(at, link[0])
        return True

    def base(self, commit: str, below: int) -> Base:
        """Where the range of a deployment of ``commit`` starts, by the entries before ``below``.

        A commit that succeeded here before is judged over the range of its first success; another
        from the newest decision that succeeded. Where none succeeded yet, from where the range of
        the first decision started, so that nobody gets past a denial by deploying the next commit;
        the first of all from nothing.
        """
        for index in self._by_commit.get(commit, ()):
            if index < below and self._decided[index].succeeded(below):
                return _base(BaseKind.REDEPLOYED, self._decided[index].base, index)
        for at in reversed(range(bisect_left(self._succeeded, below))):
            index = self._succeeded[at]
            if self._decided[index].succeeded(below):
                return _base(BaseKind.DEPLOYED, self._decided[index].commit, index)
        for index in self._starting[:1]:
            if index < below:
                return Base(BaseKind.FIRST, self._decided[index].start, index)
        return Base(BaseKind.FIRST, "", None)

    def places(self, commit: str, below: int) -> list[tuple[int, DecisionKind]]:
        """Where decisions on ``commit`` before ``below`` stand, and what they are, oldest first."""
        return [
            (index, self._decided[index].decision)
            for index in self._by_commit.get(commit, ())
            if index < below
        ]

    def here(self, commit: str, below: int) -> tuple[PastDecision, ...]:
        """The decisions on ``commit`` before ``below``, oldest first."""
        return tuple(
            PastDecision(one.link, one.at, one.commit, one.decision.value, one.base)
            for index in self._by_commit.get(commit, ())
            if index < below
            for one in [self._decided[index]]
        )


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


def start_from(kind: BaseKind, base: str, start: str, *, released: bool) -> str:
    """As ``start_of``, of a change that was taken apart already."""
    return (base or start) if kind is BaseKind.FIRST and released else ""
