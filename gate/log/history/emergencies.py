"""Which emergencies of a service await their review, as the log proves it.

Every record of a deployment lists those of its service that were open below the head it was judged
at (``prior.emergencies``). So whoever has the newest record of a service and environment has to
read no more than the entries from that head on; ``gate log verify`` holds each list against the
whole log. An emergency is open from its decision until a review of it says ``approved``.

Which review is of which emergency is told here alone (``is_review``): to who appends one
(``judge_again``), to who reads what is open (``still_open``), to who verifies the whole log
(``Emergencies``, from summaries), and to the auditor's lists.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from gate.log.reading.source import HistorySource, Hit
from gate.model import DecisionKind, EntryLink, OpenEmergency
from gate.record.predicates import PriorPart, ReviewOutcome
from gate.record.statement import DecisionRecord, Record, ReviewRecord


class Subject(NamedTuple):
    """What was deployed, and where to: an emergency and its reviews have it in common."""

    service: str
    environment: str
    commit: str


def is_review(review: Subject, emergency: Subject | None) -> bool:
    """Whether a review is of what stands where it says, before it; None: no emergency does."""
    return emergency is not None and review == emergency


def is_review_of(review: ReviewRecord, named: Record) -> bool:
    """Whether a review is of the record that stands where it says, before it."""
    return is_review(_subject(review), _emergency(named))


def _emergency(record: Record) -> Subject | None:
    if isinstance(record, DecisionRecord) and record.decision is DecisionKind.EMERGENCY:
        return _subject(record)
    return None


def _subject(record: DecisionRecord | ReviewRecord) -> Subject:
    return Subject(record.service, record.environment, record.commit)


def still_open(
    view: HistorySource, prior: PriorPart | None, hits: Iterable[Hit]
) -> tuple[OpenEmergency, ...]:
    """Those of ``prior`` and ``hits`` that await their review in the log of ``view``, oldest first.

    ``hits`` are all of the service's emergencies and reviews from the head on that ``prior`` speaks
    of, newest first; all of the log's where there is no ``prior``. Raises what reading an emergency
    of ``prior`` raises, which is done where a review says that it settles it.
    """
    found: dict[EntryLink, OpenEmergency] = {}
    for one in () if prior is None else prior.emergencies:
        link = EntryLink(one.index, one.leaf)
        found[link] = OpenEmergency(link, one.review_by)
    for hit in reversed(list(hits)):
        record = hit.record
        if isinstance(record, DecisionRecord):
            found[hit.link] = OpenEmergency(hit.link, record.review_by)
        elif isinstance(record, ReviewRecord) and record.of in found and _settles(view, record):
            del found[record.of]
    return tuple(sorted(found.values(), key=lambda each: each.link.index))


def _settles(view: HistorySource, review: ReviewRecord) -> bool:
    """Whether the review leaves nothing to be done of what stands at its ``of``."""
    if review.outcome is not ReviewOutcome.APPROVED:
        return False
    return is_review_of(review, view.signed_record(review.of.index)[0])


class Open(NamedTuple):
    """An emergency: its place, its leaf hash (hex), and its deadline as ``record.times`` has it."""

    place: int
    leaf: str
    review_by: str


class Emergencies:
    """The emergencies of one service, as one pass over the log in its order meets them."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], Subject] = {}
        self._places: list[int] = []
        self._states: list[tuple[Open, ...]] = [()]  # before, and after each of the places

    def declare(self, emergency: Open, subject: Subject) -> None:
        """An emergency stands at its place."""
        self._known[emergency.place, emergency.leaf] = subject
        self._places.append(emergency.place)
        self._states.append((*self._states[-1], emergency))

    def review(self, index: int, of: tuple[int, str], subject: Subject, *, approved: bool) -> bool:
        """A review stands at ``index``; False where it is of no emergency before it."""
        if not is_review(subject, self._known.get(of)):
            return False
        if approved:
            self._places.append(index)
            self._states.append(tuple(one for one in self._states[-1] if one[:2] != of))
        return True

    def below(self, size: int) -> tuple[Open, ...]:
        """Those open at ``size`` entries, oldest first."""
        return self._states[bisect_left(self._places, size)]


def overdue_at(emergencies: Iterable[Open], at: str) -> tuple[int, ...]:
    """The places of those whose review was overdue at a time, as ``record.times`` spells it."""
    then = datetime.fromisoformat(at)
    return tuple(one.place for one in emergencies if datetime.fromisoformat(one.review_by) < then)
