"""What verifying a log found, as it is collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from gate.frozen import dataclass

MOST = 100
"""Findings of one kind that are kept; a log that is all wrong should not fill the memory."""

At: TypeAlias = tuple[int, int]
"""Where a finding stands in the report: (entry, step of its checks), then as they came."""

HEAD: Final[At] = (-1, 0)
AFTER: Final = 1 << 63  # what belongs to no entry comes after all of them

TREE, RECORD, KEY, PRIOR, HISTORY, EVIDENCE, INDEX = range(7)  # the steps of an entry's checks


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


class _Kept:
    """Findings of which the first ``MOST`` of each kind are kept, and all are counted."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.kept: dict[str, list[tuple[At, Finding]]] = {}

    def add(self, at: At, finding: Finding) -> None:
        self.counts[finding.kind] += 1
        self._keep(finding.kind, [(at, finding)])

    def join(self, other: _Kept) -> None:
        self.counts.update(other.counts)
        for kind, found in other.kept.items():
            self._keep(kind, found)

    def _keep(self, kind: str, found: list[tuple[At, Finding]]) -> None:
        kept = self.kept.setdefault(kind, [])
        kept += found
        if len(kept) > 2 * MOST:  # parts of a log come in any order, so not simply the first
            kept.sort(key=lambda one: one[0])
            del kept[MOST:]

    def listed(self) -> tuple[Finding, ...]:
        kept = [
            one
            for found in self.kept.values()
            for one in sorted(found, key=lambda one: one[0])[:MOST]
        ]
        return tuple(finding for _, finding in sorted(kept, key=lambda one: one[0]))


class Findings:
    """Faults, notes and counts; told in the order of the log, in whatever order they come."""

    def __init__(self) -> None:
        self._faults = _Kept()
        self._notes = _Kept()
        self._unwitnessed: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def fault(self, kind: str, place: str, message: str, at: At = (AFTER, 0)) -> None:
        """Something contradicts the head, a signature or another entry."""
        self._faults.add(at, Finding(kind, place, message))

    def note(self, kind: str, place: str, message: str, at: At = (AFTER, 0)) -> None:
        """Something to know that contradicts nothing."""
        self._notes.add(at, Finding(kind, place, message))

    def miss_quorum(self, place: str, message: str) -> None:
        """Too few witnesses cosigned a head: no contradiction, and still not to be believed."""
        self._unwitnessed.append(Finding("quorum", place, message))

    def note_all(self, kind: str, places: Sequence[str], count: int, message: str) -> None:
        """The same note of ``count`` places, of which the first are given."""
        for place in places[:MOST]:
            self.note(kind, place, message)
        self.count_notes(kind, count - min(len(places), MOST))

    def count_notes(self, kind: str, more: int) -> None:
        """``more`` notes of which none would be kept: the ``MOST`` that come before them are."""
        self._notes.counts[kind] += more

    def count(self, what: str, more: int = 1) -> None:
        """``more`` of ``what`` were checked."""
        self._counts[what] += more

    def join(self, part: Findings) -> None:
        """Take in what was found in a part of the log. Among equals the part joined first leads."""
        self._faults.join(part._faults)  # its own class
        self._notes.join(part._notes)
        self._counts.update(part._counts)

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The faults kept."""
        return self._faults.listed()

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The notes kept."""
        return self._notes.listed()

    @property
    def unwitnessed(self) -> tuple[Finding, ...]:
        """The heads that miss the quorum."""
        return tuple(self._unwitnessed)

    @property
    def fault_counts(self) -> Mapping[str, int]:
        """All faults, by kind."""
        return dict(self._faults.counts)

    @property
    def note_counts(self) -> Mapping[str, int]:
        """All notes, by kind."""
        return dict(+self._notes.counts)

    @property
    def counts(self) -> Mapping[str, int]:
        """What was checked."""
        return dict(self._counts)
