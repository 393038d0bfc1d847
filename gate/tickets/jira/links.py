"""Which issues a ticket is linked to: by links of any type, as its parent or as its subtasks."""

from __future__ import annotations

from collections.abc import Iterator

from gate.http.document import Document, ShapeError

_ENDS = ("inwardIssue", "outwardIssue")


def linked_issues(fields: Document) -> tuple[str, ...]:
    """The keys, each once, in Jira's order; issues that our account may not see are not there.

    Raises ShapeError naming what is not as described.
    """
    return tuple(dict.fromkeys(_keys(fields)))


def _keys(fields: Document) -> Iterator[str]:
    links = fields.find("issuelinks")
    for link in links.each() if links else ():
        ends = [end for name in _ENDS if (end := link.find(name)) is not None]
        if not ends:
            raise ShapeError(f"{link.place} has no issue at its other end")
        yield from (end["key"].text() for end in ends)
    parent = fields.find("parent")
    if parent is not None:
        yield parent["key"].text()
    subtasks = fields.find("subtasks")
    for subtask in subtasks.each() if subtasks else ():
        yield subtask["key"].text()
