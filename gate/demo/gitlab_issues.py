"""A project's issues in the stand-in for GitLab: what is in them, and what happened to them.

Label events hold the label itself, so that a new name of it shows in old events too. A comment can
be edited and deleted by its author and by maintainers, GitLab's own notes by nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from gate.demo.gitlab_state import GitLabUser

Find = Callable[[str], GitLabUser]
# Quick actions that are likely to be tried: a line that is one never gets into a note.
QUICK_ACTION = re.compile(r"/(approve|unapprove|close|reopen|label|unlabel)( .*)?", re.IGNORECASE)


@dataclass(slots=True)
class Label:
    """A label of the project; ``is_deleted`` makes it nameless in events."""

    id: int
    name: str
    is_deleted: bool = False


@dataclass(slots=True)
class LabelEvent:
    """``action`` is GitLab's word for it: "add" or "remove"."""

    id: int
    label: Label
    action: str
    user: GitLabUser
    at: datetime


@dataclass(slots=True)
class StateEvent:
    """``state`` is "closed" or "reopened"."""

    id: int
    state: str
    user: GitLabUser
    at: datetime


@dataclass(slots=True)
class IssueNote:
    """A comment as it is now, or one of GitLab's own notes (``system``).

    ``seen_by`` is the project that a token must read to be shown the note, "" for none.
    """

    id: int
    by: GitLabUser
    at: datetime
    updated_at: datetime
    body: str
    system: bool = False
    internal: bool = False
    imported: bool = False
    seen_by: str = ""


@dataclass(slots=True)
class Issue:
    """An issue. ``moved_to`` is "group/project#iid"."""

    id: int
    iid: int
    title: str
    description: str
    author: GitLabUser
    created_at: datetime
    updated_at: datetime
    type: str = "issue"
    state: str = "opened"
    confidential: bool = False
    imported: bool = False
    moved_to: str = ""
    labels: list[Label] = field(default_factory=list)
    label_events: list[LabelEvent] = field(default_factory=list)
    state_events: list[StateEvent] = field(default_factory=list)
    notes: list[IssueNote] = field(default_factory=list)


class IssueTracker:
    """The issues of one project, and the verbs on them.

    ``hidden`` are ids of events and notes that are left out, though counted.
    """

    def __init__(self, project: str, find: Find, ids: Iterator[int]) -> None:
        self._project = project
        self._find = find
        self._ids = ids
        self.all: dict[int, Issue] = {}
        self.labels: dict[str, Label] = {}
        self.hidden: set[int] = set()

    def open(self, iid: int, title: str, *, by: str, at: datetime, description: str = "") -> Issue:
        """Somebody opens an issue."""
        made = Issue(next(self._ids), iid, title, description, self._find(by), at, at)
        self.all[iid] = made
        return made

    def label(self, iid: int, name: str, *, by: str, at: datetime) -> None:
        """Somebody puts a label on; nothing happens where it is on."""
        label = self.labels.setdefault(name, Label(next(self._ids), name))
        if label not in self.all[iid].labels:
            self.all[iid].labels.append(label)
            self._labelled(iid, label, "add", by, at)

    def unlabel(self, iid: int, name: str, *, by: str, at: datetime) -> None:
        """Somebody takes a label off."""
        self.all[iid].labels.remove(self.labels[name])
        self._labelled(iid, self.labels[name], "remove", by, at)

    def rename_label(self, name: str, new: str) -> None:
        """Somebody gives a label another name, which leaves no trace."""
        label = self.labels.pop(name)
        label.name = new
        self.labels[new] = label

    def delete_label(self, name: str) -> None:
        """Somebody deletes a label: it is off all issues, which is no event."""
        label = self.labels.pop(name)
        label.is_deleted = True
        for issue in self.all.values():
            issue.labels = [each for each in issue.labels if each is not label]

    def retitle(self, iid: int, title: str, *, by: str, at: datetime) -> None:
        """Somebody changes the title."""
        old, self.all[iid].title = self.all[iid].title, title
        self.note(iid, f"changed title from **{{-{old}-}}** to **{{+{title}+}}**", by=by, at=at)

    def edit(self, iid: int, description: str, *, by: str, at: datetime) -> None:
        """Somebody changes the description."""
        self.all[iid].description = description
        self.note(iid, "changed the description", by=by, at=at)

    def tick(self, iid: int, description: str, *, by: str, at: datetime) -> None:
        """Somebody ticks a box of the description, and whatever they change along with it."""
        self.all[iid].description = description
        self.note(iid, "marked the checklist item **Tested** as completed", by=by, at=at)

    def close(self, iid: int, *, by: str, at: datetime) -> None:
        """Somebody closes it."""
        self._turned(iid, "closed", by, at)

    def reopen(self, iid: int, *, by: str, at: datetime) -> None:
        """Somebody opens it again."""
        self._turned(iid, "reopened", by, at)

    def move(self, iid: int, to: str, *, by: str, at: datetime) -> None:
        """Somebody moves it to another project, where it has the ID ``to``."""
        issue = self.all[iid]
        issue.moved_to = to
        place = to.partition("#")[0]
        same = place.rpartition("/")[0] == self._project.rpartition("/")[0]
        said = to.rpartition("/")[2] if same else to
        self.note(iid, f"moved to {said}", by=by, at=at, seen_by=place)
        self._turned(iid, "closed", by, at)

    def comment(
        self, iid: int, body: str, *, by: str, at: datetime, internal: bool = False
    ) -> IssueNote | None:
        """Somebody writes a comment; None where nothing is left of it beside quick actions."""
        lines = [line for line in body.split("\n") if not QUICK_ACTION.fullmatch(line)]
        left = "\n".join(lines).rstrip()
        if not left:
            return None
        made = IssueNote(next(self._ids), self._find(by), at, at, left, internal=internal)
        self.all[iid].notes.append(made)
        self.all[iid].updated_at = at
        return made

    def edit_comment(self, note: IssueNote, body: str, *, at: datetime) -> None:
        """Somebody changes a comment, which stays its author's."""
        note.body, note.updated_at = body, at

    def delete_comment(self, iid: int, note: IssueNote) -> None:
        """Somebody deletes a comment, without a trace."""
        self.all[iid].notes.remove(note)

    def note(self, iid: int, body: str, *, by: str, at: datetime, seen_by: str = "") -> IssueNote:
        """GitLab notes what somebody did."""
        made = IssueNote(next(self._ids), self._find(by), at, at, body, system=True)
        made.seen_by = seen_by
        self.all[iid].notes.append(made)
        return made

    def _labelled(self, iid: int, label: Label, action: str, by: str, at: datetime) -> None:
        made = LabelEvent(next(self._ids), label, action, self._find(by), at)
        self.all[iid].label_events.append(made)
        self.all[iid].updated_at = at

    def _turned(self, iid: int, state: str, by: str, at: datetime) -> None:
        issue = self.all[iid]
        issue.state = "closed" if state == "closed" else "opened"
        issue.updated_at = at
        issue.state_events.append(StateEvent(next(self._ids), state, self._find(by), at))
