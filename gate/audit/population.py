"""The population: every decision of a period, and the proof that none is left out.

The list is made from the log alone. Each record of the log is opened, whatever was asked for, so
that the header can say where every single one went: listed, outside the period, of another service
or environment, or no decision. These numbers add up to the log's size, which the signed checkpoint
fixes. ``docs/audit/population.md`` describes columns and header for the auditor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TypeAlias

from gate.audit.names import open_decision
from gate.audit.outcomes import Outcomes
from gate.audit.rows import Ended, Place, Row, make_row
from gate.audit.source import Fetch, LogSource, nothing
from gate.audit.tally import Counts, Query, Tally, notes
from gate.errors import InconsistentError, UsageError
from gate.record.canonical import encode
from gate.record.statement import DecisionRecord

FORMAT = "gate/population/v1"


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
        self._outcomes: Outcomes | None = None
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
            self._outcomes = Outcomes(self.source)
        tally = Tally(self.query)
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
            self._outcomes = Outcomes(self.source)
        return self._outcomes.of(index)

    def _make_header(self, tally: Tally, rows_sha256: str) -> Header:
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
            notes=tuple(notes(tally, query, period_ended=ended)),
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
