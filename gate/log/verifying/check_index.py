"""The rows of a store's index, held against the entries.

Rows come in no order, five for each entry. They are laid down by chunks of the log, and each chunk
then compares what the index has with what its entries' keys demand: exactly, row by row.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from gate.frozen import dataclass
from gate.log.verifying.facts import PLACE, TOKENS, UNREAD
from gate.log.verifying.findings import AFTER, INDEX, Findings
from gate.log.verifying.scope import Scope
from gate.log.verifying.scratch import Gathering
from gate.store.contract import TOKEN_SIZE

ROWS = "rows"
_ROW = TOKEN_SIZE + PLACE.size
_AT_ONCE = 200_000  # rows held before they are laid down


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows the index has, and of how many entries, from the first, it says it has them."""

    count: int
    covered: int
    findings: Findings


class RowsChecked(NamedTuple):
    """A chunk's rows that were checked; ``behind`` counts the newest entries that have none."""

    findings: Findings
    behind: int


def gather_rows(scope: Scope, _: None = None) -> Rows:
    """Lay down the rows of the index by chunks. Raises ``StoreError``."""
    findings = Findings()
    gathering, chunk, size, pack = (
        Gathering(scope.scratch, ROWS),
        scope.chunk,
        scope.size,
        PLACE.pack,
    )
    parts, count = gathering.parts, 0
    for token, place in scope.store.rows():
        count += 1
        if 0 <= place < size and len(token) == TOKEN_SIZE:
            parts[place // chunk] += token + pack(place % chunk)
            if not count % _AT_ONCE:
                gathering.finish()
        elif 0 <= place < size:
            _fault(findings, place, "has a row that is none")
        else:
            name = f"index row {place}"
            what = "a row beyond the head, read by nobody"
            findings.note("index", name, what, (AFTER, INDEX))
    gathering.finish()
    return Rows(count, scope.store.indexed(), findings)


def check_rows(scope: Scope, number: int, covered: int) -> RowsChecked:
    """Compare the rows of chunk ``number``, of an index that has those of ``covered`` entries."""
    findings = Findings()
    wanted = scope.scratch.get(f"{TOKENS}-{number}", 0)
    data = scope.scratch.whole(f"{ROWS}-{number}")
    unread = set(scope.scratch.numbers(UNREAD, number))
    first = number * scope.chunk
    entries = min(scope.chunk, scope.size - first) - len(unread)
    expected, present = set(_split(wanted)), set(_split(data))
    behind = 0
    if expected == present and len(data) == len(present) * _ROW:
        findings.count("index rows", entries)
        return RowsChecked(findings, behind)
    found = _split(data)
    per_place = _by_place(found)
    odd = {_place(row) for row in expected ^ present}
    odd.update(_place(row) for row, count in Counter(found).items() if count > 1)
    for place in sorted(first + one for one in odd):
        if place in unread:
            continue  # named as a record; what it is found by cannot be told
        entries -= 1
        if place - first in per_place:
            _fault(findings, place, "has other rows than its entry has keys")
        elif place >= covered:
            behind += 1
        else:
            _fault(findings, place, "has no row")
    findings.count("index rows", entries)
    return RowsChecked(findings, behind)


def name_index(findings: Findings, rows: Rows, behind: int, size: int) -> None:
    """Name an index that is not there, or that does not reach up to the head."""
    if not rows.count and not rows.covered and size:
        what = "the index is not there, or cannot be read; it can be made anew"
    elif behind or min(rows.covered, size) < size:
        what = f"the index covers {min(rows.covered, size)} of {size} entries; the others are read"
    else:
        return
    findings.note("index", "index", what, (AFTER, INDEX))


def _split(rows: bytes) -> list[bytes]:
    return [rows[at : at + _ROW] for at in range(0, len(rows), _ROW)]


def _place(row: bytes) -> int:
    (place,) = PLACE.unpack_from(row, TOKEN_SIZE)
    return int(place)


def _by_place(rows: list[bytes]) -> set[int]:
    return {_place(row) for row in rows}


def _fault(findings: Findings, place: int, what: str) -> None:
    message = f"in the index, entry {place} {what}"
    findings.fault("index", f"index row {place}", message, (place, INDEX))
