"""The population: every decision of a period, and the proof that none is left out.

The list is made from the log alone. Each record of the log is opened, whatever was asked for, so
that the header can say where every single one went: listed, outside the period, of another service
or environment, or no decision. These numbers add up to the log's size, which the signed checkpoint
fixes. ``docs/audit/population.md`` describes columns and header for the auditor.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TypeAlias

from gate.audit.names import open_decision
from gate.audit.rows import Ended, Place, Row, make_row
from gate.audit.source import Fetch, LogSource, nothing
from gate.errors import InconsistentError, UsageError
from gate.record.canonical import encode
from gate.record.dsse import mentions
from gate.record.statement import OUTCOME, DecisionRecord, OutcomeRecord, Record, UnknownRecord

FORMAT = "gate/population/v1"
LISTED = 1_000  # out-of-order records named one by one; beyond that they are counted
_MANY = 255


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

    listed: int = 0
    outside_period: int = 0
    other_environment: int = 0
    other_service: int = 0

    by_decision: dict[str, int] = field(default_factory=dict)  # of those listed
    by_place: dict[str, int] = field(default_factory=dict)  # "service to environment", in period

    @property
    def records(self) -> int:
        """All records read."""
        return self.decisions + self.outcomes + self.keys + sum(self.unknown.values())


@dataclass(frozen=True, slots=True)
class Header:
    """How the list was made and from what; what makes it provable and repeatable.

    ``checkpoint`` is the signed note; ``root`` hex. ``out_of_order`` are the indexes (the first
    1,000 of ``out_of_order_count``) of records whose own time is before that of one earlier in the
    log. ``rows_sha256`` is over each row's canonical JSON and a line feed. ``period_ended`` is None
    for a period without end.
    """

    query: Query
    generated_at: datetime
    gate_version: str
    origin: str
    size: int
    root: str
    checkpoint: str
    people_joined: bool
    counts: Counts
    out_of_order: tuple[int, ...]
    out_of_order_count: int
    period_ended: bool | None
    rows_sha256: str
    notes: tuple[str, ...]


class Population:
    """A list to be read row by row in bounded memory: a row, and 9 bytes for each log record.

    ``rows`` may be read again; ``header`` is there when they were read to the end.
    """

    def __init__(
        self,
        source: LogSource,
        query: Query,
        *,
        generated_at: datetime,
        gate_version: str,
        evidence: Fetch = nothing,
        disclosures: Fetch | None = None,
    ) -> None:
        if query.start is not None and query.end is not None and query.end <= query.start:
            raise UsageError("the period ends before it begins", remedy="give --from before --to")
        self.source = source
        self.query = query
        self._generated_at = generated_at
        self._gate_version = gate_version
        self._evidence = evidence
        self._disclosures = disclosures
        self._outcomes: _Outcomes | None = None
        self._header: Header | None = None

    @property
    def header(self) -> Header:
        """How the list was made; ValueError before all rows were read, since it counts them."""
        if self._header is None:
            raise ValueError("the header is known when the rows have been read")
        return self._header

    def rows(self) -> Iterator[Row]:
        """The rows in the log's order. Raises what reading the log raises, and ``AlteredError``."""
        if self._outcomes is None:
            self._outcomes = _Outcomes(self.source)
        tally = _Tally(self.query)
        digest = hashlib.sha256()
        for index in range(self.source.size):
            record, keyid = self.source.signed_record(index)
            if tally.add(index, record) and isinstance(record, DecisionRecord):
                row = self._row(index, record, keyid)
                digest.update(encode(row_json(row)) + b"\n")
                yield row
        self._header = self._make_header(tally, digest.hexdigest())

    def _row(self, index: int, record: DecisionRecord, keyid: str) -> Row:
        entry = self.source.entry(index)
        opened = open_decision(
            record, entry, evidence=self._evidence, disclosures=self._disclosures or nothing
        )
        place = Place(self.source.link(index), hashlib.sha256(entry).hexdigest(), keyid)
        return make_row(record, opened, place, self.ended(index))

    def ended(self, index: int) -> Ended | None:
        """The newest outcome of the decision at ``index``."""
        if self._outcomes is None:
            self._outcomes = _Outcomes(self.source)
        return self._outcomes.of(index)

    def _make_header(self, tally: _Tally, rows_sha256: str) -> Header:
        source, query = self.source, self.query
        if tally.counts.records != source.size:
            raise InconsistentError(
                f"{tally.counts.records} records were read from a log of {source.size}"
            )
        ended = None if query.end is None else query.end <= self._generated_at
        return Header(
            query=query,
            generated_at=self._generated_at,
            gate_version=self._gate_version,
            origin=source.origin,
            size=source.size,
            root=source.root.hex(),
            checkpoint=source.checkpoint.decode("utf-8"),
            people_joined=self._disclosures is not None,
            counts=tally.counts,
            out_of_order=tuple(tally.out_of_order),
            out_of_order_count=tally.out_of_order_count,
            period_ended=ended,
            rows_sha256=rows_sha256,
            notes=tuple(_notes(tally, query, period_ended=ended)),
        )


def population(
    source: LogSource,
    *,
    generated_at: datetime,
    gate_version: str,
    start: datetime | None = None,
    end: datetime | None = None,
    environment: str = "",
    service: str = "",
    evidence: Fetch = nothing,
    disclosures: Fetch | None = None,
) -> Population:
    """The decisions of a period, by environment and service ("" for all).

    ``evidence`` completes records whose lists were too long, ``disclosures`` joins names; without
    it persons stay labels. Raises UsageError for a period that ends before it begins.
    """
    return Population(
        source,
        Query(start, end, environment, service),
        generated_at=generated_at,
        gate_version=gate_version,
        evidence=evidence,
        disclosures=disclosures,
    )


RowJson: TypeAlias = dict[str, str | int | list[str]]


def row_json(row: Row) -> RowJson:
    """A row as a JSON object, a key a column."""
    result: RowJson = {}
    for column in fields(row):
        value = getattr(row, column.name)
        result[column.name] = list(value) if isinstance(value, tuple) else value
    return result


class _Tally:
    """Sorts records by what was asked for, and counts."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._newest: datetime | None = None
        self.counts = Counts()
        self.out_of_order: list[int] = []
        self.out_of_order_count = 0
        self.found_environment = not query.environment
        self.found_service = not query.service

    def add(self, index: int, record: Record) -> bool:
        """Whether the record is a row."""
        self._add_time(index, record.at)
        if isinstance(record, DecisionRecord):
            self.counts.decisions += 1
            return self._add_decision(record)
        if isinstance(record, OutcomeRecord):
            self.counts.outcomes += 1
        elif isinstance(record, UnknownRecord):
            kinds = self.counts.unknown
            kinds[record.predicate_type] = kinds.get(record.predicate_type, 0) + 1
        else:
            self.counts.keys += 1
        return False

    def _add_time(self, index: int, at: datetime | None) -> None:
        if at is None:
            return
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


class _Outcomes:
    """Which outcome record is a decision's newest; 9 bytes for each record of the log.

    Outcomes stand later in the log than their decisions, so they are looked up beforehand. Raises
    ``InconsistentError`` for one whose decision is not where it says.
    """

    def __init__(self, source: LogSource) -> None:
        self._source = source
        self._newest = array("q", [-1]) * source.size
        self._count = bytearray(source.size)
        for index in range(source.size):
            if mentions(source.entry(index), OUTCOME):
                record, _ = source.signed_record(index)
                if isinstance(record, OutcomeRecord):
                    self._add(index, record)

    def _add(self, index: int, record: OutcomeRecord) -> None:
        of = record.of
        if not 0 <= of.index < index or self._source.link(of.index) != of:
            raise _stray(index, of.index)
        decision, _ = self._source.signed_record(of.index)
        if not isinstance(decision, DecisionRecord) or (
            (decision.service, decision.environment, decision.commit)
            != (record.service, record.environment, record.commit)
        ):
            raise _stray(index, of.index)
        self._newest[of.index] = index
        self._count[of.index] = min(_MANY, self._count[of.index] + 1)

    def of(self, index: int) -> Ended | None:
        """The newest outcome of the decision at ``index``."""
        at = self._newest[index]
        if at < 0:
            return None
        record, _ = self._source.signed_record(at)
        if not isinstance(record, OutcomeRecord):
            raise _stray(at, index)
        return Ended(record, at, self._count[index])


def _stray(index: int, of: int) -> InconsistentError:
    return InconsistentError(
        f"entry {index} is the outcome of entry {of}, which is not its decision"
    )


def _notes(tally: _Tally, query: Query, *, period_ended: bool | None) -> Iterator[str]:
    """What the reader of the list must know beyond its numbers."""
    if period_ended is False:
        yield (
            "The period had not ended when this list was made: it is not complete. Make it again "
            "after the period's end."
        )
    if tally.counts.listed == 0:
        yield (
            "No decision was recorded for this query. The list is empty, and the counts above show "
            "where every record of the log went."
        )
    if not tally.found_environment:
        yield f"No decision in the whole log is for an environment {query.environment!r}."
    if not tally.found_service:
        yield f"No decision in the whole log is for a service {query.service!r}."
    if tally.counts.unknown:
        yield (
            "The log holds records of types that this version does not know; they are counted and "
            "not listed."
        )
    if tally.out_of_order_count:
        yield (
            f"{tally.out_of_order_count} records give themselves an earlier time than a record "
            "before them in the log; their indexes are listed."
        )
