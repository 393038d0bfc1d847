"""A Jira site as a scenario tells it: who did what to which issue, and when.

People, projects, statuses and fields are named by their short names; times are aware datetimes and
are taken as they are, since the server's history is what the scenario says it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gate.demo.jira_changes import changes
from gate.demo.jira_state import (
    Answer,
    ApprovalStep,
    FieldKind,
    FieldType,
    Flavour,
    HistoryEntry,
    Issue,
    Item,
    Link,
    Project,
    StatusValue,
    User,
)

SYSTEM_FIELDS: tuple[tuple[str, str, FieldKind], ...] = (
    ("summary", "Summary", "line"),
    ("description", "Description", "text"),
    ("environment", "Environment", "text"),
    ("assignee", "Assignee", "user"),
    ("reporter", "Reporter", "user"),
    ("components", "Components", "component"),
    ("labels", "Labels", "labels"),
)
STATUSES = (
    ("1", "Open", "new"),
    ("10001", "Awaiting approval", "indeterminate"),
    ("10002", "Approved", "indeterminate"),
    ("10003", "Implementing", "indeterminate"),
    ("10004", "Declined", "done"),
    ("10005", "Cancelled", "done"),
    ("6", "Closed", "done"),
)
CHANGELOG_PAGE = 100


class JiraSite:
    """The state of one site, and the verbs that change it.

    ``page_limit`` caps the pages of every paged list; ``history_limit`` (Data Center) truncates
    expanded changelogs to so many entries under the true total.
    """

    def __init__(self, flavour: Flavour = "cloud") -> None:
        self.flavour: Flavour = flavour
        self.users: dict[str, User] = {}
        self.tokens: dict[str, User] = {}
        self.projects: dict[str, Project] = {}
        self.statuses = {row[1]: StatusValue(*row) for row in STATUSES}
        self.fields = {row[0]: FieldType(*row) for row in SYSTEM_FIELDS}
        self.issues: dict[str, Issue] = {}
        self.page_limit = CHANGELOG_PAGE
        self.history_limit: int | None = None
        self._counter = 10000

    # ---------------------------------------------------------------- setting up

    def add_user(
        self,
        name: str,
        *,
        email: str = "",
        display_name: str = "",
        account_id: str = "",
        account_type: str = "atlassian",
        shows_email: bool = True,
    ) -> User:
        """An account; its ``account_id`` is made from the name where none is given."""
        made = hashlib.sha256(name.encode()).hexdigest()[:24]
        self.users[name] = User(
            account_id=account_id or made,
            name=name,
            key=f"JIRAUSER{self._next()}",
            display_name=display_name or name.capitalize(),
            email=email or f"{name}@acme.example",
            account_type=account_type,
            shows_email=shows_email,
        )
        return self.users[name]

    def add_token(self, name: str, token: str = "") -> str:
        """An API token (Cloud) or personal access token (Data Center) of a user."""
        made = token or f"token-of-{name}"
        self.tokens[made] = self.users[name]
        return made

    def add_project(
        self,
        key: str,
        name: str = "",
        *,
        service_desk: bool = False,
        visible_to: Iterable[str] | None = None,
        public: bool = False,
    ) -> Project:
        """A project; ``visible_to`` are the users who may browse it, None for all of them."""
        readers = None if visible_to is None else set(visible_to)
        self.projects[key] = Project(self._next(), key, name or key, service_desk, readers, public)
        return self.projects[key]

    def add_status(self, name: str, id: str, category: str = "indeterminate") -> StatusValue:  # noqa: A002 - Jira's own word
        """A workflow status beside the usual ones."""
        self.statuses[name] = StatusValue(id, name, category)
        return self.statuses[name]

    def add_field(self, id: str, title: str, kind: FieldKind) -> FieldType:  # noqa: A002 - Jira's own word
        """A custom field, ``customfield_…``."""
        self.fields[id] = FieldType(id, title, kind)
        return self.fields[id]

    # ---------------------------------------------------------------- the story of an issue

    def create_issue(
        self,
        key: str,
        summary: str,
        *,
        by: str,
        at: datetime,
        type: str = "Change",  # noqa: A002 - Jira's own word
        reporter: str = "",
        description: Any = None,
        components: tuple[str, ...] = (),
        fields: Mapping[str, Any] | None = None,
        status: str = "Open",
    ) -> Issue:
        """A new issue in the project that its key names. Values given here leave no history."""
        project = self.projects[key.rpartition("-")[0]]
        values: dict[str, Any] = {"description": description, "components": list(components)}
        for name, value in (fields or {}).items():
            kind = self.field_named(name)
            values[kind.id] = self._held(kind, value)
        self.issues[key] = Issue(
            id=self._next(),
            key=key,
            project=project,
            type=type,
            status=self.statuses[status],
            summary=summary,
            created=at,
            updated=at,
            creator=self.users[by],
            reporter=self.users[reporter or by],
            values=values,
            request=project.service_desk,
        )
        return self.issues[key]

    def transition(self, key: str, to: str, *, by: str, at: datetime) -> None:
        """``by`` moves the issue to the status ``to``."""
        issue, new = self.issues[key], self.statuses[to]
        old = issue.status
        issue.status = new
        self._record(issue, by, at, [Item("status", "status", old.id, old.name, new.id, new.name)])

    def edit(self, key: str, field: str, value: Any, *, by: str, at: datetime) -> None:
        """``by`` sets a field (by id or title): text, a user's name, names, an option, components.

        A text may also be an ADF tree. None empties the field.
        """
        issue, kind = self.issues[key], self.field_named(field)
        new = self._held(kind, value)
        old: Any
        if kind.id == "summary":
            old, issue.summary = issue.summary, new
        elif kind.id == "reporter":
            old, issue.reporter = issue.reporter, new
        else:
            old = issue.values.get(kind.id)
            issue.values[kind.id] = new
        self._record(issue, by, at, changes(self.flavour, kind, old, new))

    def link(self, key: str, other: str, type: str = "Relates") -> None:  # noqa: A002 - Jira's own word
        """A link from one issue to another, seen from both."""
        one, two, id_ = self.issues[key], self.issues[other], self._next()
        one.links.append(Link(id_, type, two, outward=True))
        two.links.append(Link(id_, type, one, outward=False))

    def move(self, old: str, new: str, *, by: str, at: datetime) -> None:
        """``by`` moves the issue to another project or number; its old key leads to it still."""
        issue = self.issues[old]
        before, issue.project = issue.project, self.projects[new.rpartition("-")[0]]
        issue.key = new
        self.issues[new] = issue
        items = [Item("issuekey", "Key", None, old, None, new)]
        if before is not issue.project:
            after = issue.project
            items.insert(
                0, Item("project", "project", before.id, before.name, after.id, after.name)
            )
        self._record(issue, by, at, items)

    def delete(self, key: str) -> None:
        """The issue is gone, as if it had never been."""
        gone = self.issues[key]
        self.issues = {k: issue for k, issue in self.issues.items() if issue is not gone}

    def hide(self, key: str) -> None:
        """An issue security level keeps everybody out: the answer is that of a missing issue."""
        self.issues[key].visible = False

    def forget_user(self, name: str) -> None:
        """The account is deleted, and what it did stays, without saying whose it was."""
        gone = self.users.pop(name)
        self.tokens = {token: user for token, user in self.tokens.items() if user is not gone}
        for issue in self.issues.values():
            issue.creator = None if issue.creator is gone else issue.creator
            issue.reporter = None if issue.reporter is gone else issue.reporter
            for entry in issue.history:
                entry.by = None if entry.by is gone else entry.by
            for answer in (answer for step in issue.approvals for answer in step.answers):
                answer.user = None if answer.user is gone else answer.user

    # ---------------------------------------------------------------- approvals

    def add_approval(
        self,
        key: str,
        approvers: Iterable[str],
        *,
        at: datetime,
        name: str = "Change approval",
        required: int = 1,
    ) -> ApprovalStep:
        """Jira Service Management asks ``approvers``, of whom ``required`` must approve."""
        answers = [Answer(self.users[approver]) for approver in approvers]
        step = ApprovalStep(self._next(), name, at, answers, required)
        self.issues[key].approvals.append(step)
        return step

    def approve(self, key: str, *, by: str, at: datetime) -> ApprovalStep:
        """``by`` approves in the newest approval that waits for them, or in a new one of theirs."""
        return self._decide(key, by, at, "approved")

    def decline(self, key: str, *, by: str, at: datetime) -> ApprovalStep:
        """``by`` declines in the newest approval that waits for them, or in a new one of theirs."""
        return self._decide(key, by, at, "declined")

    def _decide(self, key: str, by: str, at: datetime, decision: str) -> ApprovalStep:
        user = self.users[by]
        waiting = [
            (step, answer)
            for step in self.issues[key].approvals
            for answer in step.answers
            if answer.user is user and answer.decision == "pending"
        ]
        if not waiting:
            self.add_approval(key, [by], at=at)
            return self._decide(key, by, at, decision)
        step, answer = waiting[-1]
        before, answer.decision = step.decision, decision
        if step.decision != before:
            step.completed = at
        return step

    # ---------------------------------------------------------------- inside

    def field_named(self, name: str) -> FieldType:
        """The field of this id or title."""
        for kind in self.fields.values():
            if name in {kind.id, kind.title}:
                return kind
        raise KeyError(f"this Jira site has no field {name!r}")

    def _held(self, kind: FieldType, value: Any) -> Any:
        if value is not None and kind.kind == "user":
            return self.users[value]
        if value is not None and kind.kind == "users":
            return [self.users[name] for name in value]
        return value

    def _record(self, issue: Issue, by: str, at: datetime, items: list[Item]) -> None:
        issue.updated = max(issue.updated, at)
        issue.history.append(HistoryEntry(self._next(), self.users[by], at, items))

    def next_id(self) -> str:
        """A new id, as all things of the site have one."""
        return self._next()

    def time(self) -> datetime:
        """The present, for what the site itself dates. For subclasses."""
        raise NotImplementedError

    def _next(self) -> str:
        self._counter += 1
        return str(self._counter)
