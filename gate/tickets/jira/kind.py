"""Jira as a kind of ticket system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.config.types import JiraSettings, NetworkSettings
from gate.tickets.ids import ProjectKeys
from gate.tickets.system import Credentials, Grammar, TicketSystem

if TYPE_CHECKING:
    from gate.http import Budget


class Jira:
    """Jira Cloud and Jira Data Center."""

    def grammar(self, settings: JiraSettings) -> Grammar:
        """Keys of the configured projects."""
        return ProjectKeys(settings.projects)

    def open_system(
        self,
        settings: JiraSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
    ) -> TicketSystem:
        """A reader of the site."""
        from gate.tickets.jira.reader import JiraReader

        return JiraReader(settings, credentials.user, credentials.token, network, budget)
