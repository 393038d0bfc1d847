"""What was asked for, and where each record of the log went."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gate.record.statement import DecisionRecord, OutcomeRecord, Record, ReviewRecord, UnknownRecord

LISTED = 1_000  # out-of-order records named one by one; beyond that they are counted


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for.

    The period is [``start``, ``end``) by the records' own times; None: open on that side. "" is
    every environment, every service.
    """

    start: datetime | None = None
    end: datetime | None = None
    environment: str = ""
    service: str = ""

    def in_period(self, at: datetime) -> bool:
        """Whether a record of this time belongs to the period."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


@dataclass(slots=True)
class Counts:
    """Where each record of the log went.

    The first group adds up to the log's size, the second to its decisions.
    """

    decisions: int = 0
    outcomes: int = 0
    keys: int = 0
    unknown: dict[str, int] = field(default_factory=dict)  # by predicateType

    reviews: int = 0

    listed: int = 0
    outside_period: int = 0
    other_environment: int = 0
    other_service: int = 0

    by_decision: dict[str, int] = field(default_factory=dict)  # of those listed
    by_place: dict[str, int] = field(default_factory=dict)  # "service to environment", in period

    @property
    def records(self) -> int:
        """All records read."""
        return (
            self.decisions + self.outcomes + self.keys + self.reviews + sum(self.unknown.values())
        )


class Tally:
    """Sorts records by what was asked for, and counts."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._newest: datetime | None = None
        self.first_at: datetime | None = None
        self.counts = Counts()
        self.out_of_order: list[int] = []
        self.out_of_order_count = 0
        self.found_environment = not query.environment
        self.found_service = not query.service

    @property
    def last_at(self) -> datetime | None:
        """The latest time that any record of the log gives itself; ``first_at`` is the earliest."""
        return self._newest

    def add(self, index: int, record: Record) -> bool:
        """Whether the record is a row."""
        self._add_time(index, record.at)
        if isinstance(record, DecisionRecord):
            self.counts.decisions += 1
            return self._add_decision(record)
        if isinstance(record, OutcomeRecord):
            self.counts.outcomes += 1
        elif isinstance(record, ReviewRecord):
            self.counts.reviews += 1
        elif isinstance(record, UnknownRecord):
            kinds = self.counts.unknown
            kinds[record.predicate_type] = kinds.get(record.predicate_type, 0) + 1
        else:
            self.counts.keys += 1
        return False

    def _add_time(self, index: int, at: datetime | None) -> None:
        if at is None:
            return
        if self.first_at is None or at < self.first_at:
            self.first_at = at
        if self._newest is not None and at < self._newest:
            self.out_of_order_count += 1
            if len(self.out_of_order) < LISTED:
                self.out_of_order.append(index)
        else:
            self._newest = at

    def _add_decision(self, record: DecisionRecord) -> bool:
        query, counts = self._query, self.counts
        self.found_environment |= record.environment == query.environment
        self.found_service |= record.service == query.service
        if not query.in_period(record.at):
            counts.outside_period += 1
            return False
        place = f"{record.service} to {record.environment}"
        counts.by_place[place] = counts.by_place.get(place, 0) + 1
        if query.environment not in {"", record.environment}:
            counts.other_environment += 1
            return False
        if query.service not in {"", record.service}:
            counts.other_service += 1
            return False
        counts.listed += 1
        kind = record.decision.value
        counts.by_decision[kind] = counts.by_decision.get(kind, 0) + 1
        return True
