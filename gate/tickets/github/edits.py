"""The text of an issue with the time of its last edit, and which comments were never edited.

REST tells neither: there ``updated_at`` moves with every label and comment, and is in whole
seconds. GraphQL gives a text and its time in one answer, so that no edit can come between.
"""

from __future__ import annotations

from datetime import datetime

from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.model import Account, AccountKind
from gate.tickets.github.issue import GHOST

QUERY = """\
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    issue(number: $number) {
      number
      body
      lastEditedAt
      editor { __typename login }
      comments(last: 100) { nodes { databaseId lastEditedAt isMinimized } }
    }
  }
}
"""
LATEST = """\
query($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { issues(last: 1) { nodes { number lastEditedAt } } }
}
"""

_KINDS = {"User": AccountKind.PERSON, "Bot": AccountKind.APP}


@dataclass(frozen=True, slots=True)
class Edits:
    """``at`` is None where the body was never edited; ``by`` None where GitHub does not say who.

    ``comments`` has the newest hundred: the id of each, and whether it is as its author left it,
    never edited and not hidden.
    """

    body: str
    at: datetime | None
    by: Account | None
    comments: tuple[tuple[str, bool], ...]


def parse_edits(data: Document, number: int) -> Edits:
    """The answer to the query; raises ShapeError, also for one about another issue."""
    issue = data["repository"]["issue"]
    if issue["number"].integer() != number:
        raise ShapeError("the reply is not about the issue that was asked for")
    if not issue.has("lastEditedAt"):
        raise ShapeError("lastEditedAt is missing")
    edited = issue.find("lastEditedAt")
    return Edits(
        body=issue["body"].string(),
        at=None if edited is None else edited.time(),
        by=_editor(issue.find("editor")),
        comments=tuple(_comment(node) for node in issue["comments"]["nodes"].each()),
    )


def parse_latest(data: Document) -> None:
    """Raises ShapeError where it is not told of the newest issue whether it was edited."""
    for node in data["repository"]["issues"]["nodes"].each():
        if not node.has("lastEditedAt"):
            raise ShapeError("lastEditedAt is missing")


def _comment(node: Document) -> tuple[str, bool]:
    if not node.has("lastEditedAt"):
        raise ShapeError(f"{node.place}.lastEditedAt is missing")
    is_as_left = node.find("lastEditedAt") is None and not node["isMinimized"].boolean()
    return node["databaseId"].numeric_identifier(), is_as_left


def _editor(editor: Document | None) -> Account | None:
    if editor is None:
        return None
    login = editor["login"].text()
    if login.lower() == GHOST:
        return None
    kind = _KINDS.get(editor["__typename"].text(), AccountKind.UNKNOWN)
    return Account("github", login.lower(), kind, login)
