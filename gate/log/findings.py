"""What verifying a log found, as it is collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from gate.frozen import dataclass

MOST = 100
"""Findings of one kind that are kept; a log that is all wrong should not fill the memory."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found: its kind ("tile", "record", "prior" …), the path or entry, a sentence."""

    kind: str
    place: str
    message: str

    @property
    def told(self) -> str:
        """The sentence with its place, which many sentences begin with."""
        if self.message.startswith((f"{self.place}: ", f"{self.place} ")):
            return self.message
        return f"{self.place}: {self.message}"


class Findings:
    """Faults, notes and counts, in the order they come."""

    def __init__(self) -> None:
        self._faults: list[Finding] = []
        self._notes: list[Finding] = []
        self._unwitnessed: list[Finding] = []
        self._fault_counts: Counter[str] = Counter()
        self._note_counts: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()

    def fault(self, kind: str, place: str, message: str) -> None:
        """Something contradicts the head, a signature or another entry."""
        self._fault_counts[kind] += 1
        if self._fault_counts[kind] <= MOST:
            self._faults.append(Finding(kind, place, message))

    def note(self, kind: str, place: str, message: str) -> None:
        """Something to know that contradicts nothing."""
        self._note_counts[kind] += 1
        if self._note_counts[kind] <= MOST:
            self._notes.append(Finding(kind, place, message))

    def miss_quorum(self, place: str, message: str) -> None:
        """Too few witnesses cosigned a head: no contradiction, and still not to be believed."""
        self._unwitnessed.append(Finding("quorum", place, message))

    def count(self, what: str) -> None:
        """One more of ``what`` was checked."""
        self._counts[what] += 1

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The faults kept."""
        return tuple(self._faults)

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The notes kept."""
        return tuple(self._notes)

    @property
    def unwitnessed(self) -> tuple[Finding, ...]:
        """The heads that miss the quorum."""
        return tuple(self._unwitnessed)

    @property
    def fault_counts(self) -> Mapping[str, int]:
        """All faults, by kind."""
        return dict(self._fault_counts)

    @property
    def note_counts(self) -> Mapping[str, int]:
        """All notes, by kind."""
        return dict(self._note_counts)

    @property
    def counts(self) -> Mapping[str, int]:
        """What was checked."""
        return dict(self._counts)
