"""Acme with GitHub Issues in place of Jira: the same company, the same plots.

with IssueWorld(directory) as world:
    world.change("acme/changes#1")                          # approved by a label, and early
    world.change("acme/changes#2", ticket=AFTER_RUN)        # opened after the run began
    world.issues.unlabel(1, "approved", by="dave", at=now)  # and taken back
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from gate.demo.github_issues import IssueTracker
from gate.demo.plot import MINUTE, SECOND, Plot
from gate.demo.world import PEOPLE, World

CHANGES = "acme/changes"
OLDER = 3  # issues that are there before all plots
TOKEN = "github-issues-token-of-gate"  # noqa: S105 -- of a simulator
TICKETS = """\
repositories = ["acme/changes"]
approvals = [{ label = "approved" }, { comment = "/approve" }]
"""
POLICY = """\
[log]
url = "{log}"
origin = "acme.example/changes"
trust = "{trust}"

[evidence]
url = "{evidence}"

[forges.{forge}]
url = "{url}"

[tickets.{forge}]
url = "{url}"
{tickets}

[environments.production]
ticket = {{ sources = ["option", "pull-request", "branch", "commit"], predates = "pipeline" }}

[environments.production.approvals]
required = 1
by = ["change-board"]
sources = ["change-request"]
predates = "pipeline"

[groups]
change-board = ["alice", "bob"]

[identity]
one_account_per_person = ["{forge}"]
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
{forge} = "{name}"
"""


class IssueWorld(World):
    """Acme's GitHub, with a repository for changes; Jira is there and nobody asks it."""

    def __init__(self, directory: Path, *, now: datetime | None = None, **more: Any) -> None:
        super().__init__(directory, now=now, **more)
        self.github.add_user("gate")
        self.github_token = self.github.add_token("gate", TOKEN)
        self.changes = self.github.create_repository(CHANGES)
        for number in range(1, OLDER + 1):
            at = self.now - (100 - number) * 24 * 60 * MINUTE
            self.issues.open(number, "An older change", by="carol", at=at)

    @property
    def issues(self) -> IssueTracker:
        """The issues that are change requests."""
        return self.changes.issues

    def _tell_ticket(self, key: str, number: int, plot: Plot) -> None:
        issues, opened, covers = self.issues, self.now - plot.ticket, plot.covers or plot.service
        decided = max(self.now - plot.approval, opened + MINUTE)
        own = int(key.partition("#")[2])
        issues.open(
            own,
            f"Release {number} of the {covers}",
            by=plot.ticket_by,
            at=opened,
            body=issue_text(covers, plot),
        )
        if plot.approver:
            issues.label(own, "approved", by=plot.approver, at=decided)
        if plot.objector:
            issues.label(own, "rejected", by=plot.objector, at=decided + 20 * SECOND)
        if plot.status != Plot().status:
            issues.close(own, by=plot.ticket_by, at=decided + 30 * SECOND)
        if plot.moved_to:
            issues.all[own].moved_to = plot.moved_to

    def secrets(self) -> dict[str, str]:
        """The credential of gate's own account."""
        return {"GITHUB_TOKEN": self.github_token}

    def policy(
        self,
        *,
        log: str = "dir:change-log",
        evidence: str = "dir:change-evidence",
        trust: str = "trust",
    ) -> str:
        """A ``gate.toml`` for this world."""
        places = {"log": log, "evidence": evidence, "trust": trust, "url": self.github.url}
        addresses = {
            name: f"{self.github.url}/{made.full_name}" for name, made in self.repositories.items()
        }
        return issue_policy("github", TICKETS, places, addresses)


def issue_policy(
    forge: str, tickets: str, places: Mapping[str, str], addresses: Mapping[str, str]
) -> str:
    """A ``gate.toml`` with code and tickets on one forge; ``addresses`` has each service's code."""
    text = POLICY.format(forge=forge, tickets=tickets.strip(), **places)
    services = (SERVICE.format(name=name, repository=url) for name, url in addresses.items())
    people = (PERSON.format(name=name, forge=forge) for name in PEOPLE)
    return text + "".join((*services, *people))


def issue_text(covers: str, plot: Plot) -> str:
    """What stands in an issue: what it covers, and its plans."""
    return (
        f"Brings the next release of the {covers} to production.\n\n"
        f"### Rollback\n\n{plot.rollback}\n\n### Test plan\n\n{plot.tests}\n"
    )
