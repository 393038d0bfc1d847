"""The notes of an issue: comments of people, and GitLab's own record of what was done to it.

Comments can be edited and deleted by their authors and by maintainers; GitLab's own notes by
nobody. Of an edit they tell who and when, not what. They are sentences, which change with versions:
so whatever is not known to leave the text alone is taken for an edit of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.model import Account
from gate.tickets.gitlab.client import IncompleteError
from gate.tickets.gitlab.issue import Issue, person
from gate.tickets.gitlab.order import in_order

_TITLE = "changed title from "
_DESCRIPTION = "changed the description"
_TASKS = ("marked the checklist item ", "marked the task ")  # boxes in the description
_MOVED_TO = re.compile(r"moved to (?P<project>[A-Za-z0-9_./-]+)#(?P<number>[1-9][0-9]{0,9})")
_BROUGHT = ("moved from ", "cloned from ")
# What GitLab notes besides, all of which leaves title and description as they are.
_HARMLESS = re.compile(
    r"mentioned in .+"
    r"|(assigned to|unassigned) .+|removed (all )?assignees?"
    r"|(changed|removed|set|added) (the )?"
    r"(milestone|weight|health status|status|due date|start date|time estimate)( .+)?"
    r"|(added|subtracted|removed) ([0-9dhmosw ]+ of )?(time spent|spent time)( .+)?"
    r"|made (the|this) .+ (confidential|visible to everyone)|(un)?locked this .+"
    r"|(closed|reopened)( via .+)?|(moved|cloned) to .+"
    r"|marked this .+ as (related to|blocked by|blocking|a duplicate of) .+"
    r"|removed the relation with .+|created (branch|merge request) .+"
    r"|(added|removed) [#&!]\S+ as (child|parent|related) .+"
    r"|(set|removed) (the )?parent .+"
)


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it is now. ``is_edited``: its text may be another than its author's."""

    id: str
    at: datetime
    author: Account | None
    text: str
    is_edited: bool
    is_imported: bool


@dataclass(frozen=True, slots=True)
class Edit:
    """The last edit of a text. ``is_certain`` False: it was no later than that, if at all."""

    at: datetime
    by: Account | None
    is_certain: bool


@dataclass(frozen=True, slots=True)
class Notes:
    """All of them, oldest first: those of people, and GitLab's own."""

    remarks: tuple[Note, ...]
    records: tuple[Note, ...]

    def title_edit(self) -> Edit | None:
        """The last edit of the title; None where there was none."""
        return self._last_edit(lambda text: text.startswith(_TITLE))

    def description_edit(self) -> Edit | None:
        """The last edit of the description; None where there was none."""
        return self._last_edit(lambda text: text == _DESCRIPTION or text.startswith(_TASKS))

    @property
    def moved_to(self) -> tuple[str, int] | None:
        """Project and number of where it was moved to last, as the note has it."""
        found = [match for note in self.records if (match := _MOVED_TO.fullmatch(note.text))]
        return (found[-1]["project"], int(found[-1]["number"])) if found else None

    @property
    def is_brought(self) -> bool:
        """Whether it came from another issue, along with what people had said there."""
        return any(note.text.startswith(_BROUGHT) for note in self.records)

    def _last_edit(self, is_one: Callable[[str], bool]) -> Edit | None:
        """The last note that is one, or may be."""
        for note in reversed(self.records):
            if is_one(note.text):
                return Edit(note.at, note.author, is_certain=True)
            if not _is_known(note.text):
                return Edit(note.at, note.author, is_certain=False)
        return None


def _is_known(text: str) -> bool:
    known = text.startswith((_TITLE, *_TASKS, *_BROUGHT)) or text == _DESCRIPTION
    return known or _HARMLESS.fullmatch(text) is not None


def parse_notes(rows: Iterable[Document], issue: Issue) -> Notes:
    """The notes of an issue; raises ShapeError, and IncompleteError where some may be hidden."""
    remarks: list[Note] = []
    records: list[Note] = []
    for row in rows:
        of = (row["noteable_type"].text(), row["noteable_id"].numeric_identifier())
        if of != ("Issue", issue.id):
            raise ShapeError(f"{row.place} is a note of something else")
        (records if row["system"].boolean() else remarks).append(_note(row))
    # More than were counted came in since; GitLab counts internal ones or not by its version.
    if len(remarks) < issue.comments:
        raise IncompleteError(
            f"the notes show {len(remarks)} of the {issue.comments} comments that the issue says "
            "it has"
        )
    in_order((*remarks, *records))
    return Notes(in_order(remarks), in_order(records))


def _note(row: Document) -> Note:
    at = row["created_at"].time()
    imported = row.find("imported")
    return Note(
        id=row["id"].numeric_identifier(),
        at=at,
        author=person(row, "author"),
        text=row["body"].string(),
        is_edited=row["updated_at"].time() != at or row.find("last_edited_at") is not None,
        is_imported=imported is not None and imported.boolean(),
    )
