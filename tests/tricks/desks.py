"""The hands of whoever plays a trick with tickets: the same verbs on each ticket system."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from gate.demo import faults
from gate.demo.gitlab_issue_world import GitLabIssueWorld
from gate.demo.issue_world import IssueWorld
from gate.demo.plot import MINUTE
from gate.demo.server import Simulator
from gate.demo.servicenow_world import ServiceNowWorld
from gate.demo.world import World

IMPLEMENT = "-1"


class Desk(Protocol):
    """One ticket system. ``service`` is what messages call it, ``paths`` what is asked of it.

    ``secret`` is the variable of its credential, ``closed`` the status of work that is over,
    ``closed_too`` one that a careless comparison takes for an open one. ``not_found`` is the exit
    code where it says so of a ticket to good credentials.
    """

    service: str
    simulator: Simulator
    paths: str
    secret: str
    closed: str
    closed_too: str
    not_found: int

    def edit(self, key: str, *, by: str, at: datetime) -> None:
        """``by`` makes of a ticket one for something else as well."""

    def swap_scope(self, key: str, *, by: str, at: datetime) -> None:
        """``by`` has a ticket name something else, and a minute later what it did before."""

    def ask(self, key: str, *, at: datetime) -> None:
        """bob is asked to approve, and does not answer; the ticket looks as if he had."""

    def move_on(self, key: str, *, at: datetime) -> None:
        """Somebody puts the ticket where approved ones are, and nobody approved it."""

    def send_back(self, key: str, *, by: str, at: datetime) -> None:
        """``by`` moves it back from there, or closes it."""

    def approve(self, key: str, *, at: datetime, app: bool) -> tuple[str, str]:
        """A further account, an app's or a person's, approves; ([[people]]'s name of it, it)."""

    def deface(self, key: str, text: str, *, at: datetime) -> None:
        """mallory writes a text wherever the ticket, or an account of theirs, has one."""

    def hide_objection(self, key: str) -> None:
        """The newest thing that happened is not among the rows that gate may see."""


class JiraDesk:
    service, paths, secret = "jira", "/rest/api/3/issue/", "GATE_JIRA_TOKEN"
    closed, closed_too, not_found = "Closed", "10002", 10

    def __init__(self, world: World) -> None:
        self.jira = world.jira
        self.simulator: Simulator = self.jira
        # A status that is named as the id of "Approved" is.
        self.jira.add_status(self.closed_too, "555")

    def edit(self, key: str, *, by: str, at: datetime) -> None:
        self.jira.edit(key, "description", "The shop. The billing, too.", by=by, at=at)

    def swap_scope(self, key: str, *, by: str, at: datetime) -> None:
        self.jira.edit(key, "components", ["billing"], by=by, at=at)
        self.jira.edit(key, "components", ["shop"], by=by, at=at + MINUTE)

    def ask(self, key: str, *, at: datetime) -> None:
        self.jira.add_approval(key, ["bob"], at=at)
        self.move_on(key, at=at)

    def move_on(self, key: str, *, at: datetime) -> None:
        self.jira.transition(key, "Approved", by="dave", at=at)

    def send_back(self, key: str, *, by: str, at: datetime) -> None:
        self.jira.transition(key, "Declined", by=by, at=at)

    def approve(self, key: str, *, at: datetime, app: bool) -> tuple[str, str]:
        made = self.jira.add_user("robot", account_type="app" if app else "atlassian")
        self.jira.add_approval(key, ["robot"], at=at)
        self.jira.approve(key, by="robot", at=at + MINUTE)
        self.jira.transition(key, "Approved", by="robot", at=at + 2 * MINUTE)
        return "jira", made.account_id

    def deface(self, key: str, text: str, *, at: datetime) -> None:
        self.jira.edit(key, "description", text, by="mallory", at=at)
        self.jira.users["mallory"].display_name = text

    def hide_objection(self, key: str) -> None:
        self.jira.fault(f"/{key}/approval", faults.hidden())


class ServiceNowDesk:
    service, paths, secret = "servicenow", "/api/now", "GATE_SERVICENOW_PASSWORD"
    closed, closed_too, not_found = "3", "1", 11  # "1" is what is left of "-1" without its sign

    def __init__(self, world: ServiceNowWorld) -> None:
        self.now = world.servicenow
        self.simulator: Simulator = self.now

    def edit(self, key: str, *, by: str, at: datetime) -> None:
        self.now.edit(key, "description", "The billing, too.", by=by, at=at)

    def swap_scope(self, key: str, *, by: str, at: datetime) -> None:
        self.now.edit(key, "cmdb_ci", "billing", by=by, at=at)
        self.now.edit(key, "cmdb_ci", "shop", by=by, at=at + MINUTE)

    def ask(self, key: str, *, at: datetime) -> None:
        self.now.request_approval(key, ["bob"], at=at)
        self.move_on(key, at=at)

    def move_on(self, key: str, *, at: datetime) -> None:
        self.now.set_state(key, IMPLEMENT, by="dave", at=at)

    def send_back(self, key: str, *, by: str, at: datetime) -> None:
        self.now.set_state(key, "-4", by=by, at=at)

    def approve(self, key: str, *, at: datetime, app: bool) -> tuple[str, str]:
        self.now.add_user("robot", integration=app)
        self.now.request_approval(key, ["robot"], at=at)
        self.now.approve(key, by="robot", at=at + MINUTE)
        self.now.set_state(key, IMPLEMENT, by="robot", at=at + 2 * MINUTE)
        return "servicenow", "robot"

    def deface(self, key: str, text: str, *, at: datetime) -> None:
        self.now.edit(key, "short_description", text, by="mallory", at=at)
        self.now.user("mallory")["name"] = text

    def hide_objection(self, key: str) -> None:
        self.now.hidden_rows.add(self.now.approvals(key)[-1]["sys_id"])


class GitHubIssuesDesk:
    service, paths, secret = "github", "/repos/acme/changes/issues", "GITHUB_TOKEN"
    closed, closed_too, not_found = "closed", "closed", 11

    def __init__(self, world: IssueWorld) -> None:
        self.github = world.github
        self.simulator: Simulator = self.github
        self.issues = world.issues

    def edit(self, key: str, *, by: str, at: datetime) -> None:
        body = self.issues.all[number(key)].body + "\nThe billing, too."
        self.issues.edit(number(key), body, by=by, at=at)

    def swap_scope(self, key: str, *, by: str, at: datetime) -> None:
        title = self.issues.all[number(key)].title
        self.issues.rename(number(key), "The billing", by=by, at=at)
        self.issues.rename(number(key), title, by=by, at=at + MINUTE)

    def ask(self, key: str, *, at: datetime) -> None:
        self.issues.comment(number(key), "@bob: /approve?", by="alice", at=at)

    def move_on(self, key: str, *, at: datetime) -> None:
        if self.issues.all[number(key)].state == self.closed:
            self.issues.reopen(number(key), by="dave", at=at)
        self.issues.comment(number(key), "Go on.", by="dave", at=at)

    def send_back(self, key: str, *, by: str, at: datetime) -> None:
        self.issues.close(number(key), by=by, at=at)

    def approve(self, key: str, *, at: datetime, app: bool) -> tuple[str, str]:
        self.github.add_user("robot", type="Bot" if app else "User")
        self.issues.label(number(key), "approved", by="robot", at=at)
        return "github", "robot"

    def deface(self, key: str, text: str, *, at: datetime) -> None:
        self.issues.rename(number(key), text, by="mallory", at=at)

    def hide_objection(self, key: str) -> None:
        self.issues.hidden.add(self.issues.all[number(key)].events[-1].id)


class GitLabIssuesDesk:
    service, paths, secret = "gitlab", "/acme%2Fops%2Fchanges", "GITLAB_TOKEN"
    closed, closed_too, not_found = "closed", "closed", 11

    def __init__(self, world: GitLabIssueWorld) -> None:
        self.gitlab = world.gitlab
        self.simulator: Simulator = self.gitlab
        self.issues = world.issues

    def edit(self, key: str, *, by: str, at: datetime) -> None:
        text = self.issues.all[number(key)].description + "\nThe billing, too."
        self.issues.edit(number(key), text, by=by, at=at)

    def swap_scope(self, key: str, *, by: str, at: datetime) -> None:
        title = self.issues.all[number(key)].title
        self.issues.retitle(number(key), "The billing", by=by, at=at)
        self.issues.retitle(number(key), title, by=by, at=at + MINUTE)

    def ask(self, key: str, *, at: datetime) -> None:
        self.issues.comment(number(key), "@bob: !approve?", by="alice", at=at)

    def move_on(self, key: str, *, at: datetime) -> None:
        if self.issues.all[number(key)].state == self.closed:
            self.issues.reopen(number(key), by="dave", at=at)
        self.issues.comment(number(key), "Go on.", by="dave", at=at)

    def send_back(self, key: str, *, by: str, at: datetime) -> None:
        self.issues.close(number(key), by=by, at=at)

    def approve(self, key: str, *, at: datetime, app: bool) -> tuple[str, str]:
        name = "project_2_bot_0a1b" if app else "robot"  # as GitLab names those of tokens
        self.gitlab.add_user(name, bot=app)
        self.issues.label(number(key), "approved", by=name, at=at)
        return "gitlab", name

    def deface(self, key: str, text: str, *, at: datetime) -> None:
        self.issues.retitle(number(key), text, by="mallory", at=at)

    def hide_objection(self, key: str) -> None:
        self.issues.hidden.add(self.issues.all[number(key)].label_events[-1].id)


def number(key: str) -> int:
    """Of an issue."""
    return int(key.partition("#")[2])


KINDS: tuple[tuple[type[World], Callable[..., Desk]], ...] = (
    (GitLabIssueWorld, GitLabIssuesDesk),
    (IssueWorld, GitHubIssuesDesk),
    (ServiceNowWorld, ServiceNowDesk),
    (World, JiraDesk),
)


def desk_of(world: World) -> Desk:
    """The ticket system that a world's policy names."""
    return next(made for kind, made in KINDS if isinstance(world, kind))(world)
