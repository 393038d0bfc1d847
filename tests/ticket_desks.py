"""Desks for the contract of ticket systems: Jira, ServiceNow, GitHub's and GitLab's issues."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from desk import TOKEN, Meetings, hour, open_desk
from desk import Desk as Jira

from gate.config.types import (
    ApprovalPlace,
    GitHubIssueSettings,
    GitLabIssueSettings,
    NetworkSettings,
    ServiceNowSettings,
)
from gate.demo import faults
from gate.demo.faults import Fault
from gate.demo.github import GitHubSimulator
from gate.demo.gitlab import GitLabSimulator
from gate.demo.jira_state import Flavour
from gate.demo.servicenow import ServiceNowSimulator
from gate.http import Budget
from gate.model import Account, ChangeRequest, Problem
from gate.tickets.github.names import issue_ids
from gate.tickets.github.reader import IssueReader
from gate.tickets.gitlab import names as gitlab_names
from gate.tickets.gitlab.reader import IssueReader as GitLabIssueReader
from gate.tickets.ids import ProjectKeys
from gate.tickets.servicenow.numbers import ChangeNumbers
from gate.tickets.servicenow.reader import ServiceNowReader
from gate.tickets.system import Credentials, Grammar, TicketSystem

MINUTE = timedelta(minutes=1)
FAULTS: dict[str, Fault] = {
    "html": faults.html(),
    "empty": faults.empty(),
    "truncated": faults.truncated(),
    "huge": faults.huge(),
    "wrong types": faults.wrong_types(),
    "a list": faults.replace([]),
    "nothing in it": faults.replace({}),
    "a text": faults.replace("approved"),
    "elsewhere": faults.redirect("https://evil.example/x"),
    "reset": faults.reset(),
    "429 for long": faults.status(429, retry_after=3600),
    "429 until a date": faults.status(429, date_in=3600),
} | {str(code): faults.status(code) for code in (400, 401, 403, 404, 409, 429, 500, 502, 503)}


class JiraDesk:
    """CHG-1 on a simulated Jira, approved in Jira Service Management."""

    ticket, missing, scope, secret = "CHG-1", "CHG-2", "shop", TOKEN
    opened_at = hour(8)
    faults = tuple(FAULTS)

    def __init__(self, jira: Jira) -> None:
        self.jira = jira

    def grammar(self) -> Grammar:
        return ProjectKeys(("CHG",))

    def open(self, *, secret: str | None = None) -> TicketSystem:
        token = TOKEN if secret is None else secret
        return self.jira.reader(ApprovalPlace("jsm"), token=token)

    def account(self, name: str) -> Account:
        user = self.jira.jira.users[name]
        key = user.account_id if self.jira.flavour == "cloud" else user.name
        return Account("jira", key)

    def approve(self, *, by: str, at: datetime) -> None:
        self.jira.jira.approve(self.ticket, by=by, at=at)

    def decline(self, *, by: str, at: datetime) -> None:
        self.jira.jira.decline(self.ticket, by=by, at=at)

    def rewrite_scope(self, text: str, *, by: str, at: datetime) -> None:
        self.jira.jira.edit(self.ticket, "description", text, by=by, at=at)

    def move_on(self, *, by: str, at: datetime) -> None:
        self.jira.jira.transition(self.ticket, "Approved", by=by, at=at)

    def send_back(self, *, by: str, at: datetime) -> None:
        self.jira.jira.transition(self.ticket, "Declined", by=by, at=at)
        self.move_on(by=by, at=at + MINUTE)

    def hide_ticket(self) -> None:
        self.jira.jira.hide(self.ticket)

    def hide_everything(self) -> None:
        self.jira.jira.projects["CHG"].visible_to = {"alice"}

    def hide_a_decision(self) -> None:
        self.jira.jira.fault("/approval", "hidden")

    def spoil(self, fault: str) -> None:
        self.jira.jira.heal()
        self.jira.jira.fault(".", FAULTS[fault])

    def asked(self) -> int:
        return len(self.jira.jira.requests)


@contextmanager
def jira_desk(flavour: Flavour) -> Iterator[JiraDesk]:
    with open_desk(flavour) as jira:
        yield JiraDesk(jira)


NUMBER, PASSWORD = "CHG0030001", "s3cr3t-passw0rd"
SETTINGS = ServiceNowSettings(
    url="",
    auth="basic",
    projects=("CHG",),
    types=("normal", "standard", "emergency"),
    scope=("cmdb_ci", "description"),
    deployable=("-1",),
    closed=("3", "4"),
    rollback_plan=("backout_plan",),
    test_plan=("test_plan", "description#Tests"),
)


class MeetingServiceNow(Meetings, ServiceNowSimulator):
    """A ServiceNow with meetings."""


class ServiceNowDesk:
    """CHG0030001 on a simulated ServiceNow, with one account that reads all of it."""

    ticket, missing, scope, secret = NUMBER, "CHG0030002", "shop", PASSWORD
    opened_at = hour(8)
    faults = tuple(FAULTS)

    def __init__(self, now: MeetingServiceNow) -> None:
        self.now = now
        self.slept: list[float] = []
        for name in ("alice", "bob", "carol"):
            now.add_user(name)
        now.add_account("gate", password=PASSWORD, key="k3y", token="t0ken", secret="cl1ent")
        now.create_change(
            NUMBER,
            "New checkout",
            by="alice",
            at=hour(8),
            description="Brings the new checkout.\n\n## Tests\nrun the tests",
            ci="shop",
            backout_plan="redeploy the version before",
            test_plan="run the tests on staging",
        )

    def grammar(self) -> Grammar:
        return ChangeNumbers(("CHG",))

    def open(self, *, secret: str | None = None) -> ServiceNowReader:
        return self.reader(Credentials("gate", PASSWORD if secret is None else secret))

    def reader(
        self, credentials: Credentials, *, seconds: float = 30, **settings: Any
    ) -> ServiceNowReader:
        known = {name: getattr(SETTINGS, name) for name in SETTINGS.__slots__}
        return ServiceNowReader(
            ServiceNowSettings(**known | {"url": self.now.url} | settings),
            credentials,
            NetworkSettings(),
            Budget(timedelta(seconds=seconds)),
            sleep=self.slept.append,
            now=lambda: hour(20),
        )

    def read(self, **settings: Any) -> ChangeRequest:
        found = self.reader(Credentials("gate", PASSWORD), **settings).fetch(NUMBER)
        assert isinstance(found, ChangeRequest), found
        return found

    def problem(self, ticket: str = NUMBER) -> Problem:
        found = self.open().fetch(ticket)
        assert isinstance(found, Problem), found
        return found

    def account(self, name: str) -> Account:
        return Account("servicenow", name)

    def approve(self, *, by: str, at: datetime) -> None:
        self.now.approve(NUMBER, by=by, at=at)

    def decline(self, *, by: str, at: datetime) -> None:
        self.now.reject(NUMBER, by=by, at=at)

    def rewrite_scope(self, text: str, *, by: str, at: datetime) -> None:
        self.now.edit(NUMBER, "description", text, by=by, at=at)

    def move_on(self, *, by: str, at: datetime) -> None:
        self.now.set_state(NUMBER, "-1", by=by, at=at)

    def send_back(self, *, by: str, at: datetime) -> None:
        self.now.set_state(NUMBER, "-4", by=by, at=at)
        self.move_on(by=by, at=at + MINUTE)

    def hide_ticket(self) -> None:
        self.now.hidden_rows.add(self.now.change(NUMBER)["sys_id"])

    def hide_everything(self) -> None:
        self.now.filtered_rows.add(self.now.change(NUMBER)["sys_id"])

    def hide_a_decision(self) -> None:
        self.now.hidden_rows.add(self.now.approvals(NUMBER)[-1]["sys_id"])

    def spoil(self, fault: str) -> None:
        self.now.heal()
        self.now.fault(".", FAULTS[fault])

    def asked(self) -> int:
        return len(self.now.requests)


@contextmanager
def servicenow_desk() -> Iterator[ServiceNowDesk]:
    with MeetingServiceNow() as now:
        yield ServiceNowDesk(now)


ISSUE, ISSUE_TOKEN = "acme/changes#4", "gh_s3cr3t"
ISSUE_SETTINGS = GitHubIssueSettings(
    url="https://github.com",
    api_url="",
    projects=("acme/changes",),
    approvals=(ApprovalPlace("label", "approved"), ApprovalPlace("comment", "/approve")),
    objections=("rejected",),
    scope=("title", "body"),
    rollback_plan=("body#Rollback",),
    test_plan=("body#Test plan",),
)
ISSUE_BODY = "Brings the new checkout of the shop.\n\n## Rollback\nredeploy the version before\n"


class MeetingGitHub(Meetings, GitHubSimulator):
    """A GitHub with meetings."""


class IssueDesk:
    """acme/changes#4 on a simulated GitHub, with a token that reads its issues.

    Where ``enterprise``, it is asked as a GitHub Enterprise Server.
    """

    ticket, missing, scope, secret = ISSUE, "acme/changes#99", "shop", ISSUE_TOKEN
    opened_at = hour(8)
    faults = tuple(FAULTS)

    def __init__(self, github: MeetingGitHub, *, enterprise: bool) -> None:
        self.github = github
        self.api = github.api_url if enterprise else github.url
        self.slept: list[float] = []
        for name in ("alice", "bob", "carol", "gate"):
            github.add_user(name)
        github.add_user("robot[bot]", type="Bot")
        github.add_token("gate", ISSUE_TOKEN)
        self.repository = github.create_repository("acme/changes")
        self.issues = self.repository.issues
        for number in (1, 2):
            self.issues.open(number, "Before", by="alice", at=hour(number))
        self.issues.open(4, "New checkout", by="alice", at=hour(8), body=ISSUE_BODY)

    def grammar(self) -> Grammar:
        return issue_ids(("acme/changes",))

    def open(self, *, secret: str | None = None) -> IssueReader:
        return self.reader(ISSUE_TOKEN if secret is None else secret)

    def reader(self, token: str = ISSUE_TOKEN, **settings: Any) -> IssueReader:
        known = {name: getattr(ISSUE_SETTINGS, name) for name in ISSUE_SETTINGS.__slots__}
        return IssueReader(
            GitHubIssueSettings(**known | {"api_url": self.api} | settings),
            Credentials(token=token),
            NetworkSettings(),
            Budget(timedelta(seconds=30)),
            sleep=self.slept.append,
            now=lambda: hour(20),
        )

    def read(self, **settings: Any) -> ChangeRequest:
        found = self.reader(**settings).fetch(ISSUE)
        assert isinstance(found, ChangeRequest), found
        return found

    def account(self, name: str) -> Account:
        return Account("github", name)

    def approve(self, *, by: str, at: datetime) -> None:
        self.issues.label(4, "approved", by=by, at=at)

    def decline(self, *, by: str, at: datetime) -> None:
        self.issues.label(4, "rejected", by=by, at=at)

    def rewrite_scope(self, text: str, *, by: str, at: datetime) -> None:
        self.issues.edit(4, text, by=by, at=at)

    def move_on(self, *, by: str, at: datetime) -> None:
        self.issues.comment(4, "Go on.", by=by, at=at)

    def send_back(self, *, by: str, at: datetime) -> None:
        self.issues.close(4, by=by, at=at)
        self.issues.reopen(4, by=by, at=at + MINUTE)

    def hide_ticket(self) -> None:
        del self.issues.all[4]

    def hide_everything(self) -> None:
        self.github.tokens[ISSUE_TOKEN] = replace(
            self.github.tokens[ISSUE_TOKEN], repositories=frozenset()
        )

    def hide_a_decision(self) -> None:
        self.issues.hidden.add(self.issues.all[4].events[-1].id)

    def spoil(self, fault: str) -> None:
        self.github.heal()
        self.github.fault(".", FAULTS[fault])

    def asked(self) -> int:
        return len(self.github.requests)


@contextmanager
def issue_desk(*, enterprise: bool = False) -> Iterator[IssueDesk]:
    with MeetingGitHub() as github:
        yield IssueDesk(github, enterprise=enterprise)


GITLAB_ISSUE, GITLAB_TOKEN = "acme/ops/changes#4", "glpat-s3cr3t"
GITLAB_SETTINGS = GitLabIssueSettings(
    url="https://gitlab.com",
    api_url="",
    projects=("acme/ops/changes",),
    approvals=(ApprovalPlace("label", "approved"), ApprovalPlace("comment", "!approve")),
    objections=("rejected",),
    scope=("title", "description"),
    rollback_plan=("description#Rollback",),
    test_plan=("description#Test plan",),
)


class MeetingGitLab(Meetings, GitLabSimulator):
    """A GitLab with meetings."""


class GitLabIssueDesk:
    """acme/ops/changes#4 on a simulated GitLab, with a project token of the role Reporter."""

    ticket, missing, scope, secret = GITLAB_ISSUE, "acme/ops/changes#99", "shop", GITLAB_TOKEN
    opened_at = hour(8)
    faults = tuple(FAULTS)

    def __init__(self, gitlab: MeetingGitLab) -> None:
        self.gitlab = gitlab
        self.slept: list[float] = []
        for name in ("alice", "bob", "carol"):
            gitlab.add_user(name)
        for name in ("project_1_bot_0a", "service_account_robot"):
            gitlab.add_user(name, bot=True)
        gitlab.add_token("project_1_bot_0a", GITLAB_TOKEN)
        self.project = gitlab.create_project("acme/ops/changes")
        self.issues = self.project.issues
        for number in (1, 2):
            self.issues.open(number, "Before", by="alice", at=hour(number))
        self.issues.open(4, "New checkout", by="alice", at=hour(8), description=ISSUE_BODY)

    def grammar(self) -> Grammar:
        return gitlab_names.issue_ids(("acme/ops/changes",))

    def open(self, *, secret: str | None = None) -> GitLabIssueReader:
        return self.reader(GITLAB_TOKEN if secret is None else secret)

    def reader(self, token: str = GITLAB_TOKEN, **settings: Any) -> GitLabIssueReader:
        known = {name: getattr(GITLAB_SETTINGS, name) for name in GITLAB_SETTINGS.__slots__}
        return GitLabIssueReader(
            GitLabIssueSettings(**known | {"api_url": self.gitlab.api_url} | settings),
            Credentials(token=token),
            NetworkSettings(),
            Budget(timedelta(seconds=30)),
            sleep=self.slept.append,
            now=lambda: hour(20),
        )

    def read(self, **settings: Any) -> ChangeRequest:
        found = self.reader(**settings).fetch(GITLAB_ISSUE)
        assert isinstance(found, ChangeRequest), found
        return found

    def account(self, name: str) -> Account:
        return Account("gitlab", name)

    def approve(self, *, by: str, at: datetime) -> None:
        self.issues.comment(4, "!approve", by=by, at=at)

    def decline(self, *, by: str, at: datetime) -> None:
        self.issues.label(4, "rejected", by=by, at=at)

    def rewrite_scope(self, text: str, *, by: str, at: datetime) -> None:
        self.issues.edit(4, text, by=by, at=at)

    def move_on(self, *, by: str, at: datetime) -> None:
        self.issues.comment(4, "Go on.", by=by, at=at)

    def send_back(self, *, by: str, at: datetime) -> None:
        self.issues.close(4, by=by, at=at)
        self.issues.reopen(4, by=by, at=at + MINUTE)

    def hide_ticket(self) -> None:
        del self.issues.all[4]

    def hide_everything(self) -> None:
        self.gitlab.tokens[GITLAB_TOKEN] = replace(
            self.gitlab.tokens[GITLAB_TOKEN], projects=frozenset()
        )

    def hide_a_decision(self) -> None:
        self.issues.hidden.add(self.issues.all[4].label_events[-1].id)

    def spoil(self, fault: str) -> None:
        self.gitlab.heal()
        self.gitlab.fault(".", FAULTS[fault])

    def asked(self) -> int:
        return len(self.gitlab.requests)


@contextmanager
def gitlab_issue_desk() -> Iterator[GitLabIssueDesk]:
    with MeetingGitLab() as gitlab:
        yield GitLabIssueDesk(gitlab)
