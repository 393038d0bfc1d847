"""Jira as a kind of ticket system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.config.types import JiraSettings, NetworkSettings
from gate.tickets.comment import Commenter
from gate.tickets.ids import ProjectKeys
from gate.tickets.profiles import Profiles
from gate.tickets.system import Credentials, Grammar, TicketSystem

if TYPE_CHECKING:
    from gate.http import Budget


class Jira:
    """Jira Cloud and Jira Data Center."""

    def grammar(self, settings: JiraSettings) -> Grammar:
        """Keys of the configured projects, and of stories."""
        return ProjectKeys(settings.projects, settings.stories)

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

    def open_commenter(
        self,
        settings: JiraSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
    ) -> Commenter:
        """Comments on the site's issues."""
        from gate.tickets.jira.comments import JiraCommenter
        from gate.tickets.jira.reader import JiraReader

        reader = JiraReader(settings, credentials.user, credentials.token, network, budget)
        return JiraCommenter(reader)

    def open_profiles(
        self,
        settings: JiraSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
    ) -> Profiles:
        """The site's users."""
        from gate.tickets.jira.profiles import JiraProfiles
        from gate.tickets.jira.reader import JiraReader

        reader = JiraReader(settings, credentials.user, credentials.token, network, budget)
        return JiraProfiles(reader)
