"""Population and sample as files: CSV with a header beside it, and JSON.

A CSV file holds column names and rows, nothing else, so that every reader takes it; how the list
was made stands in ``<name>.header.json`` beside it, with the CSV file's SHA-256, so that a list
edited by hand is noticed (``docs/audit/population.md`` says why). A JSON file holds both.

Cells that a spreadsheet could take for a formula begin with an apostrophe (``output.escape``); a
JSON file has the values as they are.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import IO, Any

from gate.audit import population as listing
from gate.audit import sample as drawing
from gate.audit.notes import OUTCOMES
from gate.audit.population import Header, Population, row_json
from gate.audit.rows import COLUMNS, Cell, Row
from gate.audit.sample import Sample
from gate.audit.tally import Counts, Query
from gate.output.escape import csv_cell
from gate.record.times import format_time
from gate.tlog.checkpoint import Checkpoint

SAMPLE_COLUMNS = ("number", "rank", *COLUMNS)
_BETWEEN = "; "  # of several values in one cell


def write_population_csv(population: Population, out: IO[bytes]) -> str:
    """Write the rows (RFC 4180, UTF-8, CRLF); returns the file's SHA-256 for the header file."""
    return _write_csv(COLUMNS, (_cells(row) for row in population.rows()), out)


def write_sample_csv(sample: Sample, out: IO[bytes]) -> str:
    """Write the items in the order of drawing; returns the file's SHA-256."""
    rows = ((str(item.number), item.rank, *_cells(item.row)) for item in sample.items)
    return _write_csv(SAMPLE_COLUMNS, rows, out)


def population_header(header: Header, csv_sha256: str) -> str:
    """The text of ``population.header.json``."""
    return _pretty({**header_json(header), "columns": list(COLUMNS), "csv_sha256": csv_sha256})


def sample_header(sample: Sample, csv_sha256: str) -> str:
    """The text of ``sample.header.json``."""
    return _pretty(
        {**sample_json(sample), "columns": list(SAMPLE_COLUMNS), "csv_sha256": csv_sha256}
    )


def write_population_json(population: Population, out: IO[bytes]) -> None:
    """Write ``{"rows":[…],"header":{…}}``, a row a line. The header comes last: it counts them."""
    out.write(b'{"rows":[')
    for number, row in enumerate(population.rows()):
        out.write((",\n" if number else "\n").encode() + _compact(row_json(row)))
    out.write(b'\n],"header":' + _pretty(header_json(population.header)).strip().encode() + b"}\n")


def write_sample_json(sample: Sample, out: IO[bytes]) -> None:
    """Write ``{"items":[…],"header":{…}}``, an item a line."""
    items = [
        _compact({"number": item.number, "rank": item.rank, **row_json(item.row)})
        for item in sample.items
    ]
    out.write(b'{"items":[\n' + b",\n".join(items))
    out.write(b'\n],"header":' + _pretty(sample_json(sample)).strip().encode() + b"}\n")


def header_json(header: Header) -> dict[str, Any]:
    """How the population was made, as a JSON object."""
    counts, beside = header.counts, header.beside
    return {
        "format": listing.FORMAT,
        "query": _query(header.query),
        "generated_at": format_time(header.generated_at),
        "made_after_period_end": header.made_after_period_end,
        "gate_version": header.gate_version,
        "time_zone": "UTC",
        "log": _log(header),
        "first_record_at": _time(header.first_record_at),
        "last_record_at": _time(header.last_record_at),
        "kept_checkpoints": [_checkpoint(kept) for kept in header.verified.kept],
        "files_beyond_head": header.verified.beyond,
        "records": _records(counts),
        "decisions": _decisions(counts),
        "listed_by_decision": counts.by_decision,
        "in_period_by_place": counts.by_place,
        "out_of_order": {"count": header.out_of_order_count, "index": list(header.out_of_order)},
        "allowed_without_outcome": beside.allowed_without_outcome,
        "emergencies": _emergencies(header),
        "outcomes": OUTCOMES,
        "evidence": {"present": beside.evidence_present, "absent": beside.evidence_absent},
        "people": {
            "asked": header.people_asked,
            "joined": beside.people_joined,
            "not_available": beside.people_not_available,
        },
        "rows_sha256": header.rows_sha256,
        "notes": list(header.notes),
    }


def _query(query: Query) -> dict[str, Any]:
    return {
        "from": _time(query.start),
        "to": _time(query.end),
        "environment": query.environment,
        "service": query.service,
    }


def _log(header: Header) -> dict[str, Any]:
    return {
        "origin": header.origin,
        "size": header.size,
        "root": header.root,
        "first_index": 0 if header.size else None,
        "last_index": header.size - 1 if header.size else None,
        "checkpoint": header.checkpoint,
    }


def _checkpoint(kept: Checkpoint) -> dict[str, Any]:
    return {"origin": kept.origin, "size": kept.size, "root": kept.root.hex()}


def _records(counts: Counts) -> dict[str, Any]:
    """All records of the log, by kind."""
    return {
        "read": counts.records,
        "decision": counts.decisions,
        "outcome": counts.outcomes,
        "review": counts.reviews,
        "key": counts.keys,
        "unknown": counts.unknown,
    }


def _decisions(counts: Counts) -> dict[str, int]:
    """Where each decision went."""
    return {
        "listed": counts.listed,
        "outside_period": counts.outside_period,
        "other_environment": counts.other_environment,
        "other_service": counts.other_service,
    }


def _emergencies(header: Header) -> dict[str, Any]:
    """Their counts; by person only where names were asked for, since labels are of one row."""
    found = header.emergencies
    by_person = dict(sorted(found.deployers.items())) if header.people_asked else None
    return {
        "declared": found.declared,
        "of_permitted": found.went_on,
        "refused": found.refused,
        "deferred": found.deferred,
        "spooled": found.spooled,
        "reviewed_in_time": found.in_time,
        "reviewed_late": found.late,
        "awaiting_review": found.awaiting,
        "overdue": found.overdue,
        "by_person": by_person,
    }


def sample_json(sample: Sample) -> dict[str, Any]:
    """How the sample was drawn, as a JSON object."""
    return {
        "format": drawing.FORMAT,
        "algorithm": drawing.ALGORITHM,
        "seed": sample.seed,
        "requested": sample.requested,
        "rule": sample.rule,
        "drawn": len(sample.items),
        "sampled_decisions": [kind.value for kind in sample.decisions],
        "sampled_population": sample.sampled,
        "population": header_json(sample.population),
    }


def _cells(row: Row) -> tuple[str, ...]:
    values: Iterator[Cell] = (getattr(row, column) for column in COLUMNS)
    return tuple(_BETWEEN.join(v) if isinstance(v, tuple) else str(v) for v in values)


def _write_csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]], out: IO[bytes]) -> str:
    digest = hashlib.sha256()
    line = io.StringIO()
    writer = csv.writer(line)
    for cells in chain([columns], rows):
        writer.writerow([csv_cell(cell) for cell in cells])
        data = line.getvalue().encode("utf-8", "replace")
        digest.update(data)
        out.write(data)
        line.seek(0)
        line.truncate()
    return digest.hexdigest()


def _time(at: datetime | None) -> str | None:
    return None if at is None else format_time(at)


def _compact(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, indent=2) + "\n"
