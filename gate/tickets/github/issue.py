"""An issue as the REST API gives it, and when those before it were opened."""

from __future__ import annotations

import re
from datetime import datetime

from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.http.github import account
from gate.model import Account, Neighbour

GHOST = "ghost"  # whom GitHub shows for every account that was deleted: several people's
_REPOSITORY = re.compile(r"/repos/([A-Za-z0-9-]+/[A-Za-z0-9._-]+)$")


@dataclass(frozen=True, slots=True)
class Issue:
    """What every issue has. ``labels`` are names; ``comments`` says how many there are.

    ``key`` is the ID that GitHub knows it by now: that of where it was moved to.
    """

    id: str
    key: str
    repository: str
    number: int
    url: str
    title: str
    state: str
    created_at: datetime
    author: Account | None
    labels: tuple[str, ...]
    comments: int
    is_pull_request: bool


def parse_issue(row: Document) -> Issue:
    """An issue; raises ShapeError."""
    place = _REPOSITORY.search(row["repository_url"].text())
    if place is None:
        raise ShapeError("repository_url is not that of a repository")
    number = row["number"].integer()
    return Issue(
        id=row["id"].numeric_identifier(),
        key=f"{place[1]}#{number}",
        repository=place[1],
        number=number,
        url=row["html_url"].text(),
        title=row["title"].text(),
        state=row["state"].text(),
        created_at=row["created_at"].time(),
        author=person(row, "user"),
        labels=tuple(label["name"].text() for label in row["labels"].each()),
        comments=row["comments"].integer(),
        is_pull_request=row.find("pull_request") is not None,
    )


def parse_neighbour(row: Document, asked: str) -> Neighbour | None:
    """When an issue or pull request was opened; None for one that was moved away."""
    found = parse_issue(row)
    return Neighbour(found.key, found.created_at) if found.key == asked else None


def person(row: Document, name: str) -> Account | None:
    """Whom a member names; None where GitHub has nobody any more."""
    user = row.find(name)
    found = None if user is None else account(user)
    return None if found is None or found.key == GHOST else found
