"""GitHub Issues as a kind of ticket system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.config.types import GitHubIssueSettings, NetworkSettings
from gate.tickets.github.names import issue_ids
from gate.tickets.system import Credentials, Grammar, TicketSystem

if TYPE_CHECKING:
    from gate.http import Budget


class GitHubIssues:
    """Issues of the repositories that the policy names."""

    def grammar(self, settings: GitHubIssueSettings) -> Grammar:
        """Issues as GitHub itself refers to them from elsewhere."""
        return issue_ids(settings.projects)

    def open_system(
        self,
        settings: GitHubIssueSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
    ) -> TicketSystem:
        """A reader of the repositories."""
        from gate.tickets.github.reader import IssueReader

        return IssueReader(settings, credentials, network, budget)
