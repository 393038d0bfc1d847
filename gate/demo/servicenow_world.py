"""Acme with ServiceNow in place of Jira: the same company, the same plots.

with ServiceNowWorld(directory) as world:
    world.change("CHG0030001")                              # approved and early
    world.change("CHG0030002", ticket=AFTER_RUN)            # created after the run began
    world.standard("CHG0030003")                            # from a template, reviewed only
    world.servicenow.closed_tables.add("sys_audit")         # gate's account may not read it
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gate.demo.plot import HOUR, MINUTE, SECOND, Plot, Scene
from gate.demo.servicenow import ServiceNowSimulator
from gate.demo.world import PEOPLE, STRANGERS, World

IMPLEMENT, CANCELLED = "-1", "4"
TEMPLATE = "Release the shop"
PASSWORD = "servicenow-password-of-gate"  # noqa: S105 -- of a simulator
POLICY = """\
[log]
url = "{log}"
origin = "acme.example/changes"
trust = "{trust}"

[evidence]
url = "{evidence}"

[forges.github]
url = "{github}"

[tickets.servicenow]
url = "{servicenow}"
scope = ["cmdb_ci", "description"]
deployable = [-1]
test_plan = ["test_plan"]
standard_templates = [{{ id = "{template}", services = ["shop"], expires = {expires} }}]

[environments.production]
approvals = {{ required = 1, by = ["change-board"], sources = ["change-request"] }}
ticket = {{ sources = ["option", "pull-request", "branch", "commit"], predates = "pipeline" }}

[groups]
change-board = ["alice", "bob"]

[identity]
one_account_per_person = ["servicenow"]
"""
SERVICE = """
[services.{name}]
repository = "{repository}"
release_refs = ["main"]
names = ["{name}"]
"""
PERSON = """
[[people]]
name = "{name}"
emails = ["{name}@acme.example"]
servicenow = "{name}"
github = "{name}"
"""


class ServiceNowWorld(World):
    """Acme's ServiceNow and GitHub, running; Jira is there and nobody asks it."""

    def __init__(self, directory: Path, *, now: datetime | None = None, **more: Any) -> None:
        super().__init__(directory, now=now, **more)
        clock = None if now is None else (lambda: self.now)
        self.servicenow = ServiceNowSimulator(clock=clock)
        for name in (*PEOPLE, *STRANGERS):
            self.servicenow.add_user(name)
        self.servicenow.add_account("gate", password=PASSWORD)
        self.template = self.servicenow.add_template(TEMPLATE)

    def __enter__(self) -> Self:
        super().__enter__()
        self.servicenow.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.servicenow.__exit__(kind, error, trace)
        super().__exit__(kind, error, trace)

    def standard(self, key: str, **twists: Any) -> Scene:
        """Tell a change whose ticket is a standard one: from the template, approved by nobody."""
        plot = replace(Plot(), **{"with_ticket": False, "approver": "", **twists})
        now, opened = self.servicenow, self.now - plot.ticket
        now.create_change(
            key,
            "Release of the shop",
            by=plot.ticket_by,
            at=opened,
            type="standard",
            ci=plot.covers or plot.service,
            backout_plan=plot.rollback,
            test_plan=plot.tests,
            template=TEMPLATE,
        )
        now.set_state(key, IMPLEMENT, by=plot.ticket_by, at=opened + MINUTE)
        return self.change(key, **{"with_ticket": False, **twists})

    def _tell_ticket(self, key: str, number: int, plot: Plot) -> None:
        now, opened, covers = self.servicenow, self.now - plot.ticket, plot.covers or plot.service
        decided = max(self.now - plot.approval, opened + MINUTE)
        now.create_change(
            key,
            f"Release {number} of the {covers}",
            by=plot.ticket_by,
            at=opened,
            description=f"Brings the next release of the {covers} to production.",
            ci=covers,
            backout_plan=plot.rollback,
            test_plan=plot.tests,
        )
        start, end = self.now - HOUR, self.now + 12 * HOUR
        now.set_window(key, start, end, by=plot.ticket_by, at=opened + SECOND)
        now.set_state(key, "-3", by=plot.ticket_by, at=opened + 10 * SECOND)
        deciders = [name for name in (plot.approver, plot.objector) if name]
        if deciders:
            asked = max(decided - 5 * MINUTE, opened + 10 * SECOND)
            now.request_approval(key, deciders, at=asked)
        if plot.approver:
            now.approve(key, by=plot.approver, at=decided)
        if plot.objector:
            now.reject(key, by=plot.objector, at=decided + 20 * SECOND)
        if plot.approver:
            state = IMPLEMENT if plot.status == Plot().status else plot.status
            now.set_state(key, state, by=plot.approver, at=decided + 30 * SECOND)

    def secrets(self) -> dict[str, str]:
        """The credentials of gate's own accounts."""
        return {
            "GATE_SERVICENOW_USER": "gate",
            "GATE_SERVICENOW_PASSWORD": PASSWORD,
            "GITHUB_TOKEN": self.github_token,
        }

    def policy(
        self,
        *,
        log: str = "dir:change-log",
        evidence: str = "dir:change-evidence",
        trust: str = "trust",
    ) -> str:
        """A ``gate.toml`` for this world."""
        text = POLICY.format(
            log=log,
            evidence=evidence,
            trust=trust,
            github=self.github.url,
            servicenow=self.servicenow.url,
            template=self.template["sys_id"],
            expires=f"{self.now + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}",
        )
        services = (
            SERVICE.format(name=name, repository=f"{self.github.url}/{made.full_name}")
            for name, made in self.repositories.items()
        )
        return text + "".join(services) + "".join(PERSON.format(name=name) for name in PEOPLE)
