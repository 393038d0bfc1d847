"""What ``sys_audit`` tells of a change and its approvals: who set which field when.

The table has a row for each field that an update changed, where its table is audited; a record's
creation leaves none. ``record_checkpoint`` counts the record's updates and puts rows of one second
in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from gate.frozen import dataclass
from gate.tickets.servicenow.table import IncompleteError, Row

FIELDS = (
    *("sys_id", "documentkey", "fieldname", "oldvalue", "newvalue", "user"),
    *("record_checkpoint", "sys_created_on"),
)
LONG = 255  # values at least so long may have been cut in the audit table


@dataclass(frozen=True, slots=True)
class Edit:
    """One field's change: ``user`` is a user name, the values are raw."""

    id: str
    document: str
    field: str
    at: datetime
    user: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Audit:
    """Every edit of some records' fields, oldest first."""

    edits: tuple[Edit, ...] = ()

    def of(self, document: str, field: str, value: str) -> tuple[Edit, ...]:
        """The edits of one field that now holds ``value``.

        Raises IncompleteError where they do not lead to it, each from where the one before led.
        """
        found = tuple(e for e in self.edits if (e.document, e.field) == (document, field))
        for before, after in pairwise(found):
            if not (_same(before.new, after.old) or _same(after.old, before.new)):
                raise IncompleteError(f"the audit lacks an edit of {field}")
        if found and not _same(found[-1].new, value):
            raise IncompleteError(f"the audit does not lead to what {field} holds now")
        return found

    def renamed(self, document: str, field: str) -> Edit | None:
        """The last edit of what a record of another table is called."""
        found = [e for e in self.edits if (e.document, e.field) == (document, field)]
        return found[-1] if found else None


def parse_audit(rows: Iterable[Row], documents: frozenset[str], fields: frozenset[str]) -> Audit:
    """The rows of the records and fields that were asked for, and of no other.

    Raises IncompleteError for others: ServiceNow leaves out conditions that it does not understand.
    """
    found: dict[str, tuple[tuple[datetime, int, str], Edit]] = {}
    for row in rows:
        edit = Edit(
            id=row.sys_id("sys_id"),
            document=row.text("documentkey"),
            field=row.text("fieldname"),
            at=row.time("sys_created_on"),
            user=row.text("user"),
            old=row.value("oldvalue"),
            new=row.value("newvalue"),
        )
        if edit.document not in documents or edit.field not in fields:
            raise IncompleteError("the audit that came back is not only the one that was asked for")
        if edit.id in found:
            raise IncompleteError("the audit shows one edit twice")
        found[edit.id] = ((edit.at, row.count("record_checkpoint"), edit.id), edit)
    return Audit(tuple(edit for _, edit in sorted(found.values(), key=lambda pair: pair[0])))


def _same(kept: str, held: str) -> bool:
    """Whether the audit's value is the field's, which line ends and its cut may tell apart."""
    one, other = (text.replace("\r\n", "\n").strip() for text in (kept, held))
    return one == other or (len(one) >= LONG and other.startswith(one))
