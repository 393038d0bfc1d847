"""What happened to an issue, as GitLab keeps it in events: labels, and whether it is open.

Nobody can take an event away. What they lead to must be what the issue shows: so one that is kept
from us is noticed. An event holds its label by number and shows the name that the label has now:
where that label was deleted, it shows none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.tickets.gitlab.client import IncompleteError
from gate.tickets.gitlab.issue import Issue, person
from gate.tickets.gitlab.order import in_order
from gate.tickets.labels import Labelling, leave_on

_ACTIONS = {"add": True, "remove": False}
_STATES = {"opened": "opened", "reopened": "opened", "closed": "closed"}

Row = TypeVar("Row", Labelling, "Turn")


@dataclass(frozen=True, slots=True)
class Turn:
    """The issue was closed, or opened again: ``state`` is what it was from then on."""

    id: str
    at: datetime
    state: str


def parse_labellings(rows: Iterable[Document], issue: Issue) -> tuple[Labelling, ...]:
    """What happened to its labels, oldest first.

    Raises ShapeError, and IncompleteError where it does not lead to the labels that the issue has.
    """
    told = _of_issue(rows, issue, _labelling)
    names = {event.label for event in told}
    if {name for name in names if leave_on(of_label(name, told))} != set(issue.labels):
        raise IncompleteError("the label events do not lead to the labels that the issue has")
    return told


def of_label(name: str, events: Iterable[Labelling]) -> tuple[Labelling, ...]:
    """What happened to one label; letter case tells labels apart."""
    return tuple(event for event in events if event.label == name)


def parse_turns(rows: Iterable[Document], issue: Issue) -> tuple[Turn, ...]:
    """When it was closed and opened again, oldest first.

    Raises ShapeError, and IncompleteError where it does not lead to the state that the issue has.
    """
    turns = _of_issue(rows, issue, _turn)
    if (turns[-1].state if turns else "opened") != issue.state:
        raise IncompleteError("the state events do not lead to the state that the issue has")
    return turns


def last_opened(turns: Iterable[Turn]) -> datetime | None:
    """When the issue was last opened again; None where it never was."""
    return max((turn.at for turn in turns if turn.state == "opened"), default=None)


def _of_issue(
    rows: Iterable[Document], issue: Issue, parse: Callable[[Document], Row]
) -> tuple[Row, ...]:
    told = []
    for row in rows:
        of = (row["resource_type"].text(), row["resource_id"].numeric_identifier())
        if of != ("Issue", issue.id):
            raise ShapeError(f"{row.place} is an event of something else")
        told.append(parse(row))
    return in_order(told)


def _labelling(row: Document) -> Labelling:
    action = row["action"].text()
    if action not in _ACTIONS or not row.has("label"):
        raise ShapeError(f"{row.place} does not tell what happened to which label")
    label = row.find("label")
    if label is None:
        raise IncompleteError(
            "a label that the issue once had was deleted, and GitLab tells no more which it was"
        )
    return Labelling(
        id=row["id"].numeric_identifier(),
        at=row["created_at"].time(),
        actor=person(row, "user"),
        label=label["name"].text(),
        is_on=_ACTIONS[action],
    )


def _turn(row: Document) -> Turn:
    state = row["state"].text()
    if state not in _STATES:
        raise ShapeError(f"{row.place}.state is none that an issue can have")
    return Turn(row["id"].numeric_identifier(), row["created_at"].time(), _STATES[state])
