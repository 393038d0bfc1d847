"""What a run of records says of one service and environment: what succeeded there, and when.

Pure, and the same for whoever asks: before a decision (``history``), when a record takes its place
(``judge_again``), and when the whole log is verified (``verify``). So a question can be put at any
size of the log: ``below`` means that only the entries before that one are asked.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import datetime

from gate.model import PERMITTING, Base, BaseKind, DecisionKind, EntryLink, PastDecision
from gate.record.predicates import Unknown
from gate.record.statement import DecisionRecord, DeploymentOutcome, OutcomeRecord


@dataclass(slots=True)
class _Decided:
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
        self._decided: dict[int, _Decided] = {}
        self._by_commit: dict[str, list[int]] = {}
        self._succeeded: list[int] = []  # decisions that ever had that outcome

    def add_decision(self, link: EntryLink, record: DecisionRecord) -> None:
        """Add the decision that stands at ``link``."""
        change = record.predicate.change
        base = record.history.base if isinstance(change, Unknown) else change.base
        self._decided[link.index] = _Decided(
            link, record.at, record.commit, record.decision, base.commit or "", start_of(record)
        )
        self._by_commit.setdefault(record.commit, []).append(link.index)

    def add_outcome(self, index: int, record: OutcomeRecord) -> bool:
        """Add the outcome that stands at ``index``.

        False, and nothing added, unless it names place and leaf of an earlier decision that permits
        exactly this deployment: then it is an outcome of nothing.
        """
        of = self._decided.get(record.of.index)
        if of is None or of.link != record.of or of.link.index >= index:
            return False
        if of.decision not in PERMITTING or of.commit != record.commit:
            return False
        succeeded = record.outcome == DeploymentOutcome.SUCCEEDED
        of.outcomes.append((index, succeeded))
        if succeeded and of.link.index not in self._succeeded:
            insort(self._succeeded, of.link.index)
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
                return Base(BaseKind.REDEPLOYED, self._decided[index].base, index)
        for index in reversed(self._succeeded[: bisect_left(self._succeeded, below)]):
            if self._decided[index].succeeded(below):
                return Base(BaseKind.DEPLOYED, self._decided[index].commit, index)
        for index, one in sorted(self._decided.items()):
            if index < below and one.start:
                return Base(BaseKind.FIRST, one.start, index)
        return Base(BaseKind.FIRST, "", None)

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
    if isinstance(change, Unknown) or change.base.kind is not BaseKind.FIRST:
        return ""
    if isinstance(change.release_refs, Unknown) or not change.release_refs:
        return ""
    return change.base.commit or change.start or ""
