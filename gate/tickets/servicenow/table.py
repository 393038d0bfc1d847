"""A reply of the Table API: rows of which none is missing, and their fields, strictly.

With ``sysparm_display_value=all`` each field is ``{"display_value": …, "value": …}``, and ``value``
is raw: the same for every reader, times in UTC as ``YYYY-MM-DD HH:MM:SS``.

ServiceNow counts what a query finds (``X-Total-Count``) before its access rules take rows away, and
leaves out fields that the reader may not see. So a page with fewer rows than were counted hides
some, and a field that was asked for and is not there says nothing about what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from gate.http.document import Document, ShapeError

LIMIT = 1000  # rows of one page; more is no change request

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
SYS_ID = re.compile(r"[0-9a-f]{32}")
_COUNT = re.compile(r"[0-9]{1,12}")


class HiddenError(Exception):
    """Something is there and not shown to us; the text says what."""


class IncompleteError(Exception):
    """A list or a history that is not provably whole; the text says what does not add up."""


class Row:
    """One row; each method raises ShapeError, or HiddenError where access rules may be why."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def has(self, field: str) -> bool:
        """Whether the field is shown at all."""
        return self._document.has(field)

    def value(self, field: str) -> str:
        """The raw value, "" where the field is empty."""
        return self._part(field, "value")

    def text(self, field: str) -> str:
        """The raw value of a field that every row has something in."""
        found = self.value(field)
        if not found:
            raise HiddenError(f"{self._place(field)} is empty, as where an account may not see it")
        return found

    def sys_id(self, field: str) -> str:
        """A row's id or a reference to one, which every row has."""
        found = self.text(field)
        if not SYS_ID.fullmatch(found):
            raise ShapeError(f"{self._place(field)} is no sys_id")
        return found

    def shown(self, field: str) -> str:
        """What people see of it; "" where the field is empty."""
        return self._part(field, "display_value")

    def time(self, field: str) -> datetime:
        """A time that every row has, in UTC."""
        found = self.maybe_time(field)
        if found is None:
            raise HiddenError(f"{self._place(field)} is empty, as where an account may not see it")
        return found

    def maybe_time(self, field: str) -> datetime | None:
        """A time in UTC; None where the field is empty."""
        found = self.value(field)
        if not found:
            return None
        if not _TIME.fullmatch(found):
            raise ShapeError(f"{self._place(field)} is no raw time")
        try:
            return datetime.fromisoformat(found).replace(tzinfo=UTC)
        except ValueError:
            raise ShapeError(f"{self._place(field)} is no time") from None

    def flag(self, field: str) -> bool | None:
        """True or false; None where the field is empty or not shown."""
        if not self._document.has(field):
            return None
        return {"true": True, "false": False}.get(self.value(field))

    def count(self, field: str) -> int:
        """A number that counts."""
        found = self.text(field)
        if not _COUNT.fullmatch(found):
            raise ShapeError(f"{self._place(field)} is not a number that counts")
        return int(found)

    def _part(self, field: str, part: str) -> str:
        if not self._document.has(field):
            raise HiddenError(
                f"{self._place(field)} is not there, as where an account may not see it"
            )
        cell = self._document[field]
        if not cell.has(part):
            raise ShapeError(f"{self._place(field)}.{part} is missing")
        found = cell.find(part)
        return "" if found is None else found.string()

    def _place(self, field: str) -> str:
        return f"{self._document.place}.{field}"


def parse_rows(reply: Document, headers: Mapping[str, str], what: str) -> tuple[Row, ...]:
    """All rows that a query found; ``what`` names them in an error ("approvals").

    Raises HiddenError where some are not shown, IncompleteError where they are more than a page or
    nobody says how many there are.
    """
    rows = visible_rows(reply)
    total = headers.get("X-Total-Count", "")
    if not _COUNT.fullmatch(total):
        raise IncompleteError(f"ServiceNow does not say how many {what} there are")
    if int(total) > LIMIT:
        raise IncompleteError(f"there are {int(total)} {what}, more than the {LIMIT} that are read")
    if len(rows) < int(total):
        raise HiddenError(f"{int(total) - len(rows)} of {int(total)} {what} are hidden from us")
    if len(rows) > int(total):
        raise IncompleteError(f"ServiceNow gave more {what} than it says there are")
    return rows


def visible_rows(reply: Document) -> tuple[Row, ...]:
    """The rows that are shown, where it does not matter whether they are all.

    Raises IncompleteError where ServiceNow broke off: then rows and an error come with status 200.
    """
    if reply.has("error"):
        raise IncompleteError("ServiceNow broke off its reply with an error")
    rows = reply["result"].each()
    for row in rows:
        row.object()
    return tuple(Row(row) for row in rows)
