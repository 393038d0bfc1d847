"""A Jira desk for tests: a simulated site with one ticket, and readers of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gate.config.types import ApprovalPlace, JiraSettings, NetworkSettings
from gate.demo.faults import Fault
from gate.demo.jira import JiraSimulator
from gate.demo.jira_state import Flavour
from gate.demo.server import Simulator
from gate.http import Budget
from gate.model import ChangeRequest, Problem
from gate.tickets.jira import JiraReader

TOKEN = "s3cr3t-t0ken"
SETTINGS = JiraSettings(
    url="",
    flavour="",
    projects=("CHG",),
    types=(),
    approvals=(),
    scope=("component", "description"),
    deployable=("Approved",),
    rollback_plan=("description#Rollback",),
    test_plan=("customfield_10020",),
)


def hour(number: float) -> datetime:
    """A time of 5 January 2026."""
    return datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=number)


class Meetings(Simulator):
    """Can hold requests back until a number of them were made: whoever asks one after the other
    never gets an answer."""

    meetings: tuple[tuple[re.Pattern[str], threading.Barrier], ...] = ()

    def together(self, path: str, count: int) -> threading.Barrier:
        barrier = threading.Barrier(count)
        self.meetings = (*self.meetings, (re.compile(path), barrier))
        return barrier

    def strike(self, target: str, body: bytes = b"") -> list[Fault]:
        for pattern, barrier in self.meetings:
            if pattern.search(target):
                barrier.wait(timeout=20)
        return super().strike(target, body)


class MeetingJira(Meetings, JiraSimulator):
    """A Jira with meetings."""


@dataclass
class Desk:
    """A Jira site with CHG-1 by alice, created at 8, and readers of it."""

    jira: MeetingJira
    slept: list[float] = field(default_factory=list)

    @property
    def flavour(self) -> Flavour:
        return self.jira.flavour

    def reader(
        self, *places: ApprovalPlace, token: str = TOKEN, seconds: float = 30, **settings: Any
    ) -> JiraReader:
        base = {"url": self.jira.url, "flavour": self.flavour, "approvals": places}
        known = {name: getattr(SETTINGS, name) for name in SETTINGS.__slots__}
        return JiraReader(
            JiraSettings(**known | base | settings),
            "gate@acme.example",
            token,
            NetworkSettings(),
            Budget(timedelta(seconds=seconds)),
            sleep=self.slept.append,
            now=lambda: hour(20),
        )

    def read(self, *places: ApprovalPlace, **settings: Any) -> ChangeRequest:
        found = self.reader(*places, **settings).fetch("CHG-1")
        assert isinstance(found, ChangeRequest)
        return found

    def problem(self, *places: ApprovalPlace, key: str = "CHG-1", **settings: Any) -> Problem:
        found = self.reader(*places, **settings).fetch(key)
        assert isinstance(found, Problem)
        return found


def _furnish(jira: JiraSimulator) -> None:
    for name in ("alice", "bob", "carol", "gate"):
        jira.add_user(name)
    jira.add_user("robot", account_type="app")
    jira.add_token("gate", TOKEN)
    jira.add_project("CHG", service_desk=True)
    jira.add_project("OPS")
    jira.add_field("customfield_10010", "Approvers", "users")
    jira.add_field("customfield_10011", "Approver", "user")
    jira.add_field("customfield_10020", "Test plan", "text")
    jira.create_issue(
        "CHG-1",
        "New checkout",
        by="alice",
        at=hour(8),
        description="h2. Scope\nshop\nh2. Rollback\n# redeploy",
        components=("shop",),
        fields={"customfield_10020": "run the tests"},
    )


@contextmanager
def open_desk(flavour: Flavour) -> Iterator[Desk]:
    """A desk with the furniture in it, as long as it is needed."""
    with MeetingJira(flavour) as jira:
        _furnish(jira)
        yield Desk(jira)
