"""The population: every decision that a log, up to its signed head, holds of a period.

The list is made from the log alone. Each record of the log is opened, whatever was asked for, so
that the header can say where every single one went: listed, outside the period, of another service
or environment, or no decision. These numbers add up to the log's size, which the signed checkpoint
fixes: no record below that head is left out. That the head is the newest one is shown by heads that
somebody kept, if by anything. ``docs/audit/population.md`` describes columns and header.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TypeAlias

from gate.audit.cells import PERMITS
from gate.audit.emergencies import Emergencies
from gate.audit.names import MATCH, NOT_ASKED, Opened, open_decision
from gate.audit.notes import notes
from gate.audit.outcomes import Outcomes
from gate.audit.rows import Ended, Place, Row, make_row
from gate.audit.source import Fetch, LogSource, nothing
from gate.audit.tally import Counts, Query, Tally
from gate.errors import InconsistentError, UsageError
from gate.record.canonical import digest_of, encode
from gate.record.predicates import DecisionPredicate
from gate.record.statement import DecisionRecord
from gate.tlog.checkpoint import Checkpoint

FORMAT = "gate/population/v1"


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying the log said of its head (``gate.log.verifying.verify``).

    ``kept`` are the kept checkpoints that it extends; ``beyond`` counts what lies beyond it.
    """

    kept: tuple[Checkpoint, ...] = ()
    beyond: int = 0


@dataclass(slots=True)
class Beside:
    """Of the rows: how many evidence bundles and disclosures were at hand, outcomes recorded."""

    evidence_present: int = 0
    evidence_absent: int = 0
    people_joined: int = 0
    people_not_available: int = 0
    allowed_without_outcome: int = 0

    def add(
        self, record: DecisionRecord, opened: Opened[DecisionPredicate], *, ended: bool
    ) -> None:
        """Count a row."""
        self.evidence_present += opened.evidence == MATCH
        self.evidence_absent += opened.evidence != MATCH
        self.people_joined += opened.people == MATCH
        self.people_not_available += opened.people not in {MATCH, NOT_ASKED}
        self.allowed_without_outcome += record.decision in PERMITS and not ended


@dataclass(frozen=True, slots=True)
class Header:
    """How the list was made and from what; what makes it provable and repeatable.

    ``checkpoint`` is the signed note; ``root`` hex. ``out_of_order`` are the indexes (the first
    1,000 of ``out_of_order_count``) of records whose own time is before that of one earlier in the
    log. ``rows_sha256`` is over each row's canonical JSON and a line feed.
    ``made_after_period_end`` compares this machine's clock with the query, which proves nothing of
    when the copy was taken; it is None for a period without end. ``first_record_at`` and
    ``last_record_at`` are the earliest and the latest time in the whole log; None in an empty one.
    """

    query: Query
    generated_at: datetime
    gate_version: str
    origin: str
    size: int
    root: str
    checkpoint: str
    verified: Verified
    first_record_at: datetime | None
    last_record_at: datetime | None
    people_asked: bool
    beside: Beside
    emergencies: Emergencies
    counts: Counts
    out_of_order: tuple[int, ...]
    out_of_order_count: int
    made_after_period_end: bool | None
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
        verified: Verified = Verified(),
    ) -> None:
        if query.start is not None and query.end is not None and query.end <= query.start:
            raise UsageError("the period ends before it begins", remedy="give --from before --to")
        self.source = source
        self.query = query
        self._generated_at = generated_at
        self._gate_version = gate_version
        self._evidence = evidence
        self._disclosures = disclosures
        self._verified = verified
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
        self._ends()
        tally, beside = Tally(self.query), Beside()
        emergencies = Emergencies(self._generated_at)
        digest = hashlib.sha256()
        for index in range(self.source.size):
            record, keyid = self.source.signed_record(index)
            if tally.add(index, record) and isinstance(record, DecisionRecord):
                row = self._row(index, record, keyid, beside, emergencies)
                digest.update(encode(row_json(row)) + b"\n")
                yield row
        self._header = self._make_header(tally, beside, emergencies, digest.hexdigest())

    def _row(
        self,
        index: int,
        record: DecisionRecord,
        keyid: str,
        beside: Beside,
        emergencies: Emergencies,
    ) -> Row:
        entry = self.source.entry(index)
        opened = open_decision(
            record, entry, evidence=self._evidence, disclosures=self._disclosures
        )
        place = Place(self.source.link(index), digest_of(entry), keyid)
        ended = self.ended(index)
        beside.add(record, opened, ended=ended is not None)
        row = make_row(record, opened, place, ended, self._ends().review_of(index))
        emergencies.add(record, row)
        return row

    def ended(self, index: int) -> Ended | None:
        """The newest outcome of the decision at ``index``."""
        return self._ends().of(index)

    def _ends(self) -> Outcomes:
        """What outcomes and reviews the log holds, read once."""
        if self._outcomes is None:
            self._outcomes = Outcomes(self.source)
        return self._outcomes

    def _make_header(
        self, tally: Tally, beside: Beside, emergencies: Emergencies, rows_sha256: str
    ) -> Header:
        source, query = self.source, self.query
        if tally.counts.records != source.size:
            raise InconsistentError(
                f"{tally.counts.records} records were read from a log of {source.size}"
            )
        after = None if query.end is None else query.end <= self._generated_at
        verified = self._verified
        return Header(
            query=query,
            generated_at=self._generated_at,
            gate_version=self._gate_version,
            origin=source.origin,
            size=source.size,
            root=source.root.hex(),
            checkpoint=source.checkpoint.decode("utf-8"),
            verified=verified,
            first_record_at=tally.first_at,
            last_record_at=tally.last_at,
            people_asked=self._disclosures is not None,
            beside=beside,
            emergencies=emergencies,
            counts=tally.counts,
            out_of_order=tuple(tally.out_of_order),
            out_of_order_count=tally.out_of_order_count,
            made_after_period_end=after,
            rows_sha256=rows_sha256,
            notes=tuple(
                notes(
                    tally,
                    query,
                    made_after_period_end=after,
                    kept=len(verified.kept),
                    beyond=verified.beyond,
                )
            ),
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
    verified: Verified = Verified(),
) -> Population:
    """The decisions of a period, by environment and service ("" for all).

    ``evidence`` completes records whose lists were too long, ``disclosures`` joins names; without
    it persons stay labels. ``verified`` goes into the header. Raises UsageError for a
    period that ends before it begins.
    """
    return Population(
        source,
        Query(start, end, environment, service),
        generated_at=generated_at,
        gate_version=gate_version,
        evidence=evidence,
        disclosures=disclosures,
        verified=verified,
    )


RowJson: TypeAlias = dict[str, str | int | list[str]]


def row_json(row: Row) -> RowJson:
    """A row as a JSON object, a key a column."""
    result: RowJson = {}
    for column in fields(row):
        value = getattr(row, column.name)
        result[column.name] = list(value) if isinstance(value, tuple) else value
    return result
