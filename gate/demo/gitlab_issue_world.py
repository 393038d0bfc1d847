"""Acme with its code and its change requests on GitLab: the same company, the same plots.

with GitLabIssueWorld(directory) as world:
    world.change("acme/ops/changes#4")                         # approved by a comment, and early
    world.change("acme/ops/changes#5", ticket=AFTER_RUN)       # opened after the pipeline began
    world.issues.label(4, "rejected", by="dave", at=world.now)
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from gate.demo.gitlab_issues import IssueTracker
from gate.demo.gitlab_world import GitLabWorld
from gate.demo.issue_world import OLDER, issue_policy, issue_text
from gate.demo.plot import MINUTE, SECOND, Plot

CHANGES = "acme/ops/changes"
TICKETS = """\
projects = ["acme/ops/changes"]
approvals = [{ label = "approved" }, { comment = "!approve" }]
"""


class GitLabIssueWorld(GitLabWorld):
    """Acme's GitLab, with a project for changes; Jira is there and nobody asks it."""

    def __init__(self, directory: Path, *, now: datetime | None = None, **more: Any) -> None:
        super().__init__(directory, now=now, **more)
        self.changes = self.gitlab.create_project(CHANGES)
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
            description=issue_text(covers, plot),
        )
        if plot.approver:
            issues.comment(own, "!approve", by=plot.approver, at=decided)
        if plot.objector:
            issues.label(own, "rejected", by=plot.objector, at=decided + 20 * SECOND)
        if plot.status != Plot().status:
            issues.close(own, by=plot.ticket_by, at=decided + 30 * SECOND)
        if plot.moved_to:
            issues.move(own, plot.moved_to, by="dave", at=decided + 40 * SECOND)

    def secrets(self) -> dict[str, str]:
        """The credential of gate's own account, for code and issues alike."""
        return {"GITLAB_TOKEN": self.gitlab_token}

    def policy(
        self,
        *,
        log: str = "dir:change-log",
        evidence: str = "dir:change-evidence",
        trust: str = "trust",
    ) -> str:
        """A ``gate.toml`` for this world."""
        places = {"log": log, "evidence": evidence, "trust": trust, "url": self.gitlab.url}
        return issue_policy("gitlab", TICKETS, places, self._addresses())
