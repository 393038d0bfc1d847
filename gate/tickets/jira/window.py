"""When a ticket plans its deployment, and when that was last changed."""

from __future__ import annotations

from datetime import datetime

from gate.config.types import WindowFields
from gate.http.document import Document
from gate.model import Window
from gate.tickets.jira.history import History
from gate.tickets.jira.issue import Issue


def planned_window(fields: WindowFields, issue: Issue, history: History) -> Window:
    """What the two fields say, and the last edit of either.

    Raises ShapeError for what is no time with a zone (a field of dates has none), IncompleteError
    where the edits cannot be told.
    """
    ids = [issue.field_id(name) for name in (fields.start, fields.end)]
    edits = [item.at for field in ids for item in issue.changes(field, history)]
    start, end = (_time(issue.fields.find(field)) for field in ids)
    return Window(start, end, max(edits, default=issue.created_at))


def _time(value: Document | None) -> datetime | None:
    return None if value is None else value.time()
