"""What happened to an issue: labels put on and off, new titles, comments, closed and reopened.

GitHub does not let anybody take an event away, whereas comments can be edited and deleted. What
the events lead to must be what the issue shows now: so one that is kept from us is noticed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.model import Account
from gate.tickets.github.client import IncompleteError
from gate.tickets.github.issue import Issue, person
from gate.tickets.labels import Labelling, leave_on

_LABELLING = {"labeled": True, "unlabeled": False}
_STATES = {"closed": "closed", "reopened": "open"}
_BROUGHT = "transferred"  # from another repository, along with what people had said there


@dataclass(frozen=True, slots=True)
class Renaming:
    """The title was changed."""

    id: str
    at: datetime
    actor: Account | None
    new: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment as it is now. ``updated_at`` is ``at`` where nobody edited it."""

    id: str
    at: datetime
    updated_at: datetime
    author: Account | None
    by_app: bool
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """The issue was closed, or opened again: ``state`` is what it was from then on."""

    id: str
    at: datetime
    state: str


Event = TypeVar("Event", Labelling, Renaming, Remark, Turn)


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of it, oldest first."""

    labellings: tuple[Labelling, ...]
    renamings: tuple[Renaming, ...]
    remarks: tuple[Remark, ...]
    turns: tuple[Turn, ...]

    @property
    def opened_again(self) -> datetime | None:
        """When the issue was last opened again; None where it never was."""
        return max((turn.at for turn in self.turns if turn.state == "open"), default=None)

    def of_label(self, name: str) -> tuple[Labelling, ...]:
        """What happened to one label; names are one whatever their letter case."""
        return tuple(each for each in self.labellings if same(each.label, name))


def parse_timeline(rows: Iterable[Document], issue: Issue) -> Timeline:
    """The timeline of an issue.

    Raises ShapeError, and IncompleteError where it does not lead to what the issue shows.
    """
    labellings, renamings, remarks, turns = [], [], [], []
    for row in rows:
        kind = row["event"].text()
        if kind in _LABELLING:
            labellings.append(_labelling(row, is_on=_LABELLING[kind]))
        elif kind == "renamed":
            renamings.append(_renaming(row))
        elif kind == "commented":
            remarks.append(_remark(row))
        elif kind in _STATES:
            turns.append(_turn(row, _STATES[kind]))
        elif kind == _BROUGHT:
            raise IncompleteError(
                "the issue was transferred from another repository: what people said there came "
                "along"
            )
    told = Timeline(
        _in_order(labellings), _in_order(renamings), _in_order(remarks), _in_order(turns)
    )
    _check(told, issue)
    return told


def _check(told: Timeline, issue: Issue) -> None:
    """Raises IncompleteError where it cannot be all of what happened to this issue."""
    times = [event.at for event in told.labellings]
    times += [event.at for event in told.renamings]
    times += [event.at for event in told.remarks]
    times += [event.at for event in told.turns]
    if any(at < issue.created_at for at in times):
        raise IncompleteError("the timeline has events that are older than the issue itself")
    if len(told.remarks) != issue.comments:
        raise IncompleteError(
            f"the timeline shows {len(told.remarks)} of the {issue.comments} comments that the "
            "issue says it has"
        )
    if told.renamings and told.renamings[-1].new != issue.title:
        raise IncompleteError("the timeline does not lead to the title that the issue has")
    if (told.turns[-1].state if told.turns else "open") != issue.state:
        raise IncompleteError("the timeline does not lead to the state that the issue has")


def check_label(name: str, timeline: Timeline, issue: Issue) -> None:
    """Raises IncompleteError where the events do not say of a label what the issue shows."""
    events = timeline.of_label(name)
    is_on = any(same(label, name) for label in issue.labels)
    if is_on != leave_on(events):
        raise IncompleteError(
            f'the timeline does not lead to the labels that the issue has: "{name}" may have been '
            "renamed or deleted"
        )


def same(one: str, other: str) -> bool:
    """Whether two names are of one label."""
    return one.casefold() == other.casefold()


def _in_order(rows: list[Event]) -> tuple[Event, ...]:
    if len({row.id for row in rows}) != len(rows):
        raise IncompleteError("the timeline shows one event twice")
    return tuple(sorted(rows, key=lambda row: (row.at, int(row.id))))


def _is_by_app(row: Document) -> bool:
    """Whether an app did it; ShapeError where that is not said."""
    if not row.has("performed_via_github_app"):
        raise ShapeError(f"{row.place}.performed_via_github_app is missing")
    return row.find("performed_via_github_app") is not None


def _labelling(row: Document, *, is_on: bool) -> Labelling:
    return Labelling(
        id=row["id"].numeric_identifier(),
        at=row["created_at"].time(),
        actor=person(row, "actor"),
        by_app=_is_by_app(row),
        label=row["label"]["name"].text(),
        is_on=is_on,
    )


def _renaming(row: Document) -> Renaming:
    return Renaming(
        id=row["id"].numeric_identifier(),
        at=row["created_at"].time(),
        actor=person(row, "actor"),
        new=row["rename"]["to"].text(),
    )


def _turn(row: Document, state: str) -> Turn:
    return Turn(row["id"].numeric_identifier(), row["created_at"].time(), state)


def _remark(row: Document) -> Remark:
    text = row.find("body")
    return Remark(
        id=row["id"].numeric_identifier(),
        at=row["created_at"].time(),
        updated_at=row["updated_at"].time(),
        author=person(row, "user"),
        by_app=_is_by_app(row),
        text="" if text is None else text.string(),
    )
