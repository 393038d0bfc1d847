"""Work notes on changes, which those who opened a change do not see.

A note is an update of the change like any other: it moves ``sys_updated_on``. Where the audit shows
what else was edited when, nothing hangs on that; where it does not, the last update is all that is
known of the plan's last edit, and a note of ours would pass for one. So none is written on a change
of which the audit shows no move: what gate says of a ticket must not keep it from being deployed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gate.http import FetchError, write_once
from gate.http.document import ShapeError
from gate.http.failure import credentials_of, malformed
from gate.model import ChangeRequest, Problem, ProblemKind
from gate.tickets.comment import Comment
from gate.tickets.servicenow import rights
from gate.tickets.servicenow.accounts import SYSTEM
from gate.tickets.servicenow.audit import FIELDS as AUDIT_FIELDS
from gate.tickets.servicenow.audit import parse_audit
from gate.tickets.servicenow.client import Client
from gate.tickets.servicenow.table import HiddenError, IncompleteError, Row, parse_rows
from gate.tickets.system import Right

CHANGES, AUDIT, NOTES = "change_request", "sys_audit", "work_notes"

_FIELDS = ("sys_id", "sys_mod_count", NOTES)
_CODE = re.compile(r"\[(?=/?code\])", re.IGNORECASE)  # what stands between is read as HTML
_REMEDY = (
    f"give the account behind {credentials_of(SYSTEM)} the right to read and write "
    "change_request.work_notes, and no other field; or set write_back.ticket = false in gate.toml"
)
_AUDIT_REMEDY = (
    "have change_request audited, and let gate's account read sys_audit; or set write_back.ticket "
    "= false in gate.toml"
)


class NoteWriter:
    """Writes on the changes of one instance; ``refused`` is what is wrong with the credentials."""

    def __init__(self, client: Client, refused: Problem | None) -> None:
        self._client = client
        self._refused = refused

    def comment(self, change: ChangeRequest, comment: Comment) -> Problem | None:
        """Write the comment as a work note, unless it is there."""
        if self._refused is not None:
            return self._refused
        try:
            if not self._is_moved(change.id):
                return self._unaudited()
            note = Note(self._client, change.id, comment)
            write_once(note.is_there, note.write)
        except FetchError as error:
            return _problem(error)
        except HiddenError as error:
            return self._told(ProblemKind.HIDDEN, CHANGES, str(error), _REMEDY)
        except IncompleteError as error:
            return self._told(ProblemKind.INCOMPLETE, CHANGES, str(error), "look at the change")
        except ShapeError as error:
            return malformed(SYSTEM, self._client.label(CHANGES), str(error))
        return None

    def rights(self) -> Iterator[Right]:
        """That notes and the audit of changes can be read; writing is not tried."""
        if self._refused is not None:
            yield Right(NOTES, "", self._refused)
            return
        yield from rights.of_notes(self._client)
        cause = "whether our account may write work notes cannot be told without writing one"
        yield Right(
            f"write {NOTES}", "", self._told(ProblemKind.PERMISSION, CHANGES, cause, _REMEDY)
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _is_moved(self, sys_id: str) -> bool:
        """Whether the audit shows a move of the change, and so all that was edited."""
        query = f"documentkey={sys_id}^fieldname=state^ORDERBYsys_created_on"
        try:
            page = self._client.rows(AUDIT, query, AUDIT_FIELDS)
            rows = parse_rows(page.document, page.headers, "audit rows")
            audit = parse_audit(rows, frozenset({sys_id}), frozenset({"state"}))
        except HiddenError:
            return False
        except FetchError as error:
            if error.status in {400, 403, 404}:
                return False
            raise
        return bool(audit.edits)

    def _unaudited(self) -> Problem:
        cause = (
            "the audit shows our account no move of the change, so a note would look like a later "
            "edit of its plan; none was written"
        )
        return self._told(ProblemKind.INCOMPLETE, AUDIT, cause, _AUDIT_REMEDY)

    def _told(self, kind: ProblemKind, table: str, cause: str, remedy: str) -> Problem:
        return Problem(kind, SYSTEM, self._client.label(table), cause, remedy)


class Note:
    """One note on its way to one change."""

    def __init__(self, client: Client, sys_id: str, comment: Comment) -> None:
        self._client = client
        self._sys_id = sys_id
        self._mark = comment.mark
        self._text = _CODE.sub("[ ", f"{comment.text}\n\n{comment.block}")
        self._updates: int | None = None

    def is_there(self) -> bool:
        """Whether the change has the note.

        Raises FetchError where that cannot be told: it does not show it, and was updated since we
        looked first, perhaps by us.
        """
        page = self._client.rows(CHANGES, f"sys_id={self._sys_id}", _FIELDS)
        rows = parse_rows(page.document, page.headers, "changes of this sys_id")
        if len(rows) != 1 or rows[0].sys_id("sys_id") != self._sys_id:
            raise ShapeError("the reply is not the one change that was asked for")
        if self._mark in rows[0].shown(NOTES):
            return True
        updates = rows[0].count("sys_mod_count")
        if self._updates is None:
            self._updates = updates
        if updates != self._updates:
            cause = "the change was updated meanwhile, so it cannot be told whether by our note"
            raise FetchError(
                Problem(
                    ProblemKind.INCOMPLETE,
                    SYSTEM,
                    self._client.label(CHANGES),
                    cause,
                    "look at the change's work notes",
                )
            )
        return False

    def write(self) -> None:
        """Send it. ServiceNow leaves out, without a word, a field that we may not write."""
        reply = self._client.update(CHANGES, self._sys_id, {NOTES: self._text}, _FIELDS)
        row = Row(reply["result"])
        if row.sys_id("sys_id") != self._sys_id:
            raise ShapeError("the reply is not about the change that was written to")
        if self._mark not in row.shown(NOTES):
            raise HiddenError("the change does not show the note that was sent")


def _problem(error: FetchError) -> Problem:
    found = error.problem
    if error.status in {400, 401, 403, 404}:
        return Problem(found.kind, found.service, found.request, found.cause, _REMEDY)
    return found
