"""A repository's issues in the stand-in for GitHub: what is in them, and what happened to them.

Numbers are shared with pull requests. Events stay for ever; a comment can be edited by whoever may
write to the repository, and deleted without a trace of what it said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from gate.demo.github_state import GitHubUser

Find = Callable[[str], GitHubUser]


@dataclass(slots=True)
class IssueEvent:
    """``kind`` is GitHub's word for it; ``detail`` the label's name, or the new title."""

    id: int
    kind: str
    actor: GitHubUser
    at: datetime
    detail: str = ""
    before: str = ""
    by_app: bool = False


@dataclass(slots=True)
class IssueComment:
    """A comment as it is now; ``edited_at`` None: never edited."""

    id: int
    author: GitHubUser
    at: datetime
    body: str
    by_app: bool = False
    edited_at: datetime | None = None
    minimized: bool = False


@dataclass(slots=True)
class Issue:
    """An issue. ``moved_to`` is "owner/name#number", ``deleted`` makes it 410."""

    id: int
    number: int
    title: str
    body: str
    author: GitHubUser
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    labels: list[str] = field(default_factory=list)
    events: list[IssueEvent] = field(default_factory=list)
    comments: list[IssueComment] = field(default_factory=list)
    edited_at: datetime | None = None
    editor: GitHubUser | None = None
    moved_to: str = ""
    deleted: bool = False


class IssueTracker:
    """The issues of one repository, and the verbs on them.

    ``hidden`` are ids of events and comments that the timeline leaves out.
    """

    def __init__(self, find: Find, ids: Iterator[int]) -> None:
        self._find = find
        self._ids = ids
        self.all: dict[int, Issue] = {}
        self.hidden: set[int] = set()

    def open(self, number: int, title: str, *, by: str, at: datetime, body: str = "") -> Issue:
        """Somebody opens an issue."""
        self.all[number] = Issue(next(self._ids), number, title, body, self._find(by), at, at)
        return self.all[number]

    def label(self, number: int, name: str, *, by: str, at: datetime, by_app: bool = False) -> None:
        """Somebody puts a label on; nothing happens where it is on."""
        if name not in self.all[number].labels:
            self.all[number].labels.append(name)
            self._event(number, "labeled", by, at, detail=name, by_app=by_app)

    def unlabel(
        self, number: int, name: str, *, by: str, at: datetime, by_app: bool = False
    ) -> None:
        """Somebody takes a label off."""
        self.all[number].labels.remove(name)
        self._event(number, "unlabeled", by, at, detail=name, by_app=by_app)

    def rename_label(self, name: str, new: str) -> None:
        """Somebody gives a label another name, which old events do not show."""
        for issue in self.all.values():
            issue.labels = [new if each == name else each for each in issue.labels]

    def delete_label(self, name: str) -> None:
        """Somebody deletes a label: it is off all issues, which is no event."""
        for issue in self.all.values():
            issue.labels = [each for each in issue.labels if each != name]

    def rename(self, number: int, title: str, *, by: str, at: datetime) -> None:
        """Somebody changes the title."""
        before, self.all[number].title = self.all[number].title, title
        self._event(number, "renamed", by, at, detail=title, before=before)

    def edit(self, number: int, body: str, *, by: str, at: datetime) -> None:
        """Somebody changes the text, which is no event."""
        issue = self.all[number]
        issue.body, issue.edited_at, issue.editor, issue.updated_at = body, at, self._find(by), at

    def close(self, number: int, *, by: str, at: datetime) -> None:
        """Somebody closes it."""
        self.all[number].state = "closed"
        self._event(number, "closed", by, at)

    def reopen(self, number: int, *, by: str, at: datetime) -> None:
        """Somebody opens it again."""
        self.all[number].state = "open"
        self._event(number, "reopened", by, at)

    def arrive(self, number: int, *, by: str, at: datetime) -> None:
        """Somebody transferred it here from another repository, with all that is on it."""
        self._event(number, "transferred", by, at)

    def comment(
        self, number: int, body: str, *, by: str, at: datetime, by_app: bool = False
    ) -> IssueComment:
        """Somebody writes a comment."""
        made = IssueComment(next(self._ids), self._find(by), at, body, by_app)
        self.all[number].comments.append(made)
        self.all[number].updated_at = at
        return made

    def edit_comment(self, comment: IssueComment, body: str, *, at: datetime) -> None:
        """Somebody changes a comment, which stays its author's."""
        comment.body, comment.edited_at = body, at

    def delete_comment(self, number: int, comment: IssueComment, *, by: str, at: datetime) -> None:
        """Somebody deletes a comment."""
        self.all[number].comments.remove(comment)
        self._event(number, "comment_deleted", by, at)

    def _event(
        self,
        number: int,
        kind: str,
        by: str,
        at: datetime,
        *,
        detail: str = "",
        before: str = "",
        by_app: bool = False,
    ) -> None:
        made = IssueEvent(next(self._ids), kind, self._find(by), at, detail, before, by_app)
        self.all[number].events.append(made)
        self.all[number].updated_at = at
