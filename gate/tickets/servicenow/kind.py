"""ServiceNow as a kind of ticket system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.config.types import NetworkSettings, ServiceNowSettings
from gate.tickets.comment import Commenter
from gate.tickets.servicenow.numbers import ChangeNumbers
from gate.tickets.system import Credentials, Grammar, TicketSystem

if TYPE_CHECKING:
    from gate.http import Budget


class ServiceNow:
    """Change requests of a ServiceNow instance."""

    def grammar(self, settings: ServiceNowSettings) -> Grammar:
        """Numbers with the configured prefixes, and sys_ids."""
        return ChangeNumbers(settings.projects)

    def open_system(
        self,
        settings: ServiceNowSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
    ) -> TicketSystem:
        """A reader of the instance."""
        from gate.tickets.servicenow.reader import ServiceNowReader

        return ServiceNowReader(settings, credentials, network, budget)

    def open_commenter(
        self,
        settings: ServiceNowSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
    ) -> Commenter:
        """Work notes on the instance's changes."""
        import time

        from gate.http import utc_now
        from gate.tickets.servicenow.client import Client, missing_credentials
        from gate.tickets.servicenow.notes import NoteWriter

        client = Client(settings, credentials, network, budget, sleep=time.sleep, now=utc_now)
        return NoteWriter(client, missing_credentials(settings.auth, credentials))
