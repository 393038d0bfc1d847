"""Issues of GitLab as a kind of ticket system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.config.types import GitLabIssueSettings, NetworkSettings
from gate.tickets.gitlab.names import issue_ids
from gate.tickets.system import Credentials, Grammar, TicketSystem

if TYPE_CHECKING:
    from gate.http import Budget


class GitLabIssues:
    """Issues of the projects that the policy names."""

    def grammar(self, settings: GitLabIssueSettings) -> Grammar:
        """Issues as GitLab itself refers to them from elsewhere."""
        return issue_ids(settings.projects)

    def open_system(
        self,
        settings: GitLabIssueSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
    ) -> TicketSystem:
        """A reader of the projects."""
        from gate.tickets.gitlab.reader import IssueReader

        return IssueReader(settings, credentials, network, budget)
