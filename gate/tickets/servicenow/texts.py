"""What a change's fields say, and when they were last edited.

A field that refers to something shows its name, so who gives that another name edits the field,
though the change itself is not touched.
"""

from __future__ import annotations

from datetime import datetime

from gate.frozen import dataclass
from gate.model import Account, EditedText, Window
from gate.tickets import sections, wiki
from gate.tickets.servicenow.accounts import named
from gate.tickets.servicenow.audit import Audit
from gate.tickets.servicenow.change import WINDOW, Change, field_of
from gate.tickets.servicenow.table import HiddenError

NAME = "name"  # of configuration items and the like


@dataclass(frozen=True, slots=True)
class Edited:
    """The last edit of a field; ``latest_possible``: it was not after that."""

    at: datetime
    by: Account | None
    latest_possible: bool = False


class Past:
    """The past of a change, as far as it can be read; ``audit`` None: it may not be.

    Raises IncompleteError where the audit does not lead to the state that the change is in.
    """

    def __init__(self, change: Change, audit: Audit | None) -> None:
        self.change = change
        self._audit = audit or Audit()
        # A change has been moved since it was made, or not been touched at all. Where the audit
        # has none of its moves, the table is not audited, or its audit is hidden from us.
        moves = self._audit.of(change.sys_id, "state", change.row.value("state"))
        self._is_whole = bool(moves) or change.updates == 0

    def last_edit(self, field: str) -> tuple[Edited, bool]:
        """The last edit of a field, and whether the audit shows one."""
        own, is_shown = self._own_edit(field)
        renamed = self._audit.renamed(self.change.row.value(field), NAME)
        if renamed is not None and renamed.at > own.at:
            return Edited(renamed.at, named(renamed.user)), True
        return own, is_shown

    def _own_edit(self, field: str) -> tuple[Edited, bool]:
        """The same of the change itself, whatever it refers to is called."""
        change = self.change
        edits = self._audit.of(change.sys_id, field, change.row.value(field))
        if edits:
            return Edited(edits[-1].at, named(edits[-1].user)), True
        if self._is_whole:
            return Edited(change.created_at, change.creator), False
        return Edited(change.updated_at, None, latest_possible=True), False


def edited_text(location: str, past: Past) -> EditedText | None:
    """The text at a location; None where the change has and had nothing there.

    Raises HiddenError where there is something that our account may not see.
    """
    row, field = past.change.row, field_of(location)
    text = row.shown(field)
    if row.value(field) and not text:
        raise HiddenError(f"what {field} refers to is hidden from us")
    edited, is_shown = past.last_edit(field)
    heading = location.partition("#")[2]
    found = sections.under(wiki.blocks(text), heading) if heading else text.strip() or None
    if found is None and not is_shown:
        return None
    return EditedText(location, found or "", edited.at, edited.by, edited.latest_possible)


def planned_window(past: Past) -> Window:
    """When the change is planned for."""
    row = past.change.row
    start, end = (row.maybe_time(field) for field in WINDOW)
    last = max((past.last_edit(field)[0] for field in WINDOW), key=lambda edited: edited.at)
    return Window(start, end, last.at, last.latest_possible)
