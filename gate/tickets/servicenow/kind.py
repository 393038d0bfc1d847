"""ServiceNow as a kind of ticket system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.config.types import NetworkSettings, ServiceNowSettings
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
