"""Which emergencies of a service await their review, as the log proves it.

Every record of a deployment lists those of its service that were open below the head it was judged
at (``prior.emergencies``). So whoever has the newest record of a service and environment has to
read no more than the entries from that head on; ``gate log verify`` holds each list against the
whole log. An emergency is open from its decision until a review record says ``approved``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from gate.log.reading.source import Hit
from gate.model import EntryLink, OpenEmergency
from gate.record.predicates import PriorPart, ReviewOutcome
from gate.record.statement import DecisionRecord, ReviewRecord


def still_open(prior: PriorPart | None, hits: Iterable[Hit]) -> tuple[OpenEmergency, ...]:
    """Those of ``prior`` and ``hits`` that await their review, oldest first.

    ``hits`` are all of the service's emergencies and reviews from the head on that ``prior`` speaks
    of, newest first; all of the log's where there is no ``prior``.
    """
    found: dict[EntryLink, OpenEmergency] = {}
    for one in () if prior is None else prior.emergencies:
        link = EntryLink(one.index, one.leaf)
        found[link] = OpenEmergency(link, one.review_by)
    for hit in reversed(list(hits)):
        if isinstance(hit.record, DecisionRecord):
            found[hit.link] = OpenEmergency(hit.link, hit.record.review_by)
        elif isinstance(hit.record, ReviewRecord) and settles(hit.record):
            found.pop(hit.record.of, None)
    return tuple(sorted(found.values(), key=lambda each: each.link.index))


def settles(review: ReviewRecord) -> bool:
    """Whether the review leaves nothing to be done."""
    return review.outcome is ReviewOutcome.APPROVED


Open: TypeAlias = tuple[int, str, str]  # an emergency: index, leaf in hex, review by


class Emergencies:
    """The emergencies of one service, as one pass over the log in its order meets them."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], str] = {}  # -> commit
        self._places: list[int] = []
        self._states: list[tuple[Open, ...]] = [()]  # before, and after each of the places

    def declare(self, index: int, leaf: str, review_by: str, commit: str) -> None:
        """An emergency stands at ``index``; ``review_by`` is as ``record.times`` spells it."""
        self._known[index, leaf] = commit
        self._places.append(index)
        self._states.append((*self._states[-1], (index, leaf, review_by)))

    def review(self, index: int, of: tuple[int, str], commit: str, *, approved: bool) -> bool:
        """A review stands at ``index``; False where it is of no emergency before it."""
        if self._known.get(of) != commit:
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
    return tuple(index for index, _, by in emergencies if datetime.fromisoformat(by) < then)
