"""An issue as the API gives it, and when those before it were opened."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.http.gitlab import account
from gate.model import Account, Neighbour

_REFERENCE = re.compile(r"(?P<project>[A-Za-z0-9_./-]+)#(?P<number>[1-9][0-9]{0,9})")


@dataclass(frozen=True, slots=True)
class Issue:
    """What every issue has. ``labels`` are names; ``comments`` says how many people wrote.

    ``key`` is the ID that GitLab knows it by now. ``is_moved``: it was, to another project, and
    what is here is what it left; ``is_imported``: what it says of people, an importer wrote.
    """

    id: str
    key: str
    project: str
    number: int
    url: str
    title: str
    description: str
    type: str
    state: str
    created_at: datetime
    author: Account | None
    labels: tuple[str, ...]
    comments: int
    is_moved: bool
    is_imported: bool


def parse_issue(row: Document) -> Issue:
    """An issue; raises ShapeError."""
    key = row["references"]["full"].text()
    place = _REFERENCE.fullmatch(key)
    number = row["iid"].integer()
    if place is None or place["number"] != str(number):
        raise ShapeError("references.full is not the ID of the issue")
    description = row.find("description")
    if not (row.has("description") and row.has("moved_to_id")):
        raise ShapeError("description or moved_to_id is missing")
    imported = row.find("imported")  # older versions do not tell
    return Issue(
        id=row["id"].numeric_identifier(),
        key=key,
        project=place["project"],
        number=number,
        url=row["web_url"].text(),
        title=row["title"].text(),
        description="" if description is None else description.string(),
        type=row["issue_type"].text(),
        state=row["state"].text(),
        created_at=row["created_at"].time(),
        author=person(row, "author"),
        labels=tuple(label.text() for label in row["labels"].each()),
        comments=row["user_notes_count"].integer(),
        is_moved=row.find("moved_to_id") is not None,
        is_imported=imported is not None and imported.boolean(),
    )


def parse_neighbours(rows: Iterable[Document], asked: Iterable[str]) -> tuple[Neighbour, ...]:
    """When each of the issues that were asked for was opened; raises ShapeError for others."""
    found = tuple(Neighbour(one.key, one.created_at) for one in map(parse_issue, rows))
    if not {each.key for each in found} <= set(asked):
        raise ShapeError("the reply tells of an issue that was not asked for")
    return found


def person(row: Document, name: str) -> Account | None:
    """Whom a member names; None where GitLab has nobody any more."""
    user = row.find(name)
    return None if user is None else account(user)
