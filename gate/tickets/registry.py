"""The kinds of ticket systems: four that come with gate, and those of other packages.

Another package's system is taken only where the policy names the package that brings it, so that
what happens to be installed beside gate decides nothing: an entry point of the group
``gate.tickets``, called as the system is in ``[tickets.<system>]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gate.config.secrets import Secrets
from gate.config.types import ExtensionSettings, Policy, TicketSettings
from gate.errors import UsageError
from gate.tickets.several import Tickets
from gate.tickets.system import Credentials, Grammar, TicketKind

if TYPE_CHECKING:
    from gate.http import Budget

GROUP = "gate.tickets"


def grammars_of(policy: Policy) -> Mapping[str, Grammar]:
    """The grammar of each ticket system of the policy."""
    return {
        system: _kind(system, settings).grammar(settings)
        for system, settings in policy.tickets.items()
    }


def open_tickets(policy: Policy, secrets: Secrets, budget: Budget) -> Tickets:
    """The ticket systems of the policy, each with its credentials."""
    systems = {
        system: _kind(system, settings).open_system(
            settings, credentials_for(system, secrets), policy.network, budget
        )
        for system, settings in policy.tickets.items()
    }
    return Tickets(systems, grammars_of(policy))


def credentials_for(system: str, secrets: Secrets) -> Credentials:
    """What the environment gave for a system."""
    if system == "jira":
        return Credentials(user=secrets.jira_email, token=secrets.jira_token)
    if system == "servicenow":
        user, password = secrets.servicenow_user, secrets.servicenow_password
        return Credentials(user, password, secrets.servicenow_token)
    if system == "github":
        return Credentials(token=secrets.github_token)
    if system == "gitlab":
        return Credentials(token=secrets.gitlab_token)
    return Credentials(token=secrets.tickets_token)


def _kind(system: str, settings: TicketSettings) -> TicketKind[Any]:
    """Each kind takes the settings that the configuration has made for it."""
    if isinstance(settings, ExtensionSettings):
        return _extension(system, settings.package)
    if system == "servicenow":
        from gate.tickets.servicenow.kind import ServiceNow

        return ServiceNow()
    if system == "github":
        from gate.tickets.github.kind import GitHubIssues

        return GitHubIssues()
    if system == "gitlab":
        from gate.tickets.gitlab.kind import GitLabIssues

        return GitLabIssues()
    from gate.tickets.jira.kind import Jira

    return Jira()


def _extension(system: str, package: str) -> TicketKind[Any]:
    from importlib.metadata import entry_points

    where = f"tickets.{system}.package"
    found = entry_points(group=GROUP, name=system)
    ours = [one for one in found if one.dist is not None and _same(one.dist.name, package)]
    if len(ours) != 1:
        raise UsageError(
            f"{where}: the package {package} is not installed here, or brings no ticket system "
            f"called {system}",
            remedy="install it beside gate, or correct its name in gate.toml",
        )
    try:
        kind: TicketKind[Any] = ours[0].load()
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"{where}: {package} could not be loaded ({type(error).__name__})",
            remedy="install the version of it that fits this version of gate",
        ) from error
    return kind


def _same(one: str, other: str) -> bool:
    """Whether two names are of one distribution (PEP 503)."""
    import re

    return re.sub(r"[-_.]+", "-", one).lower() == re.sub(r"[-_.]+", "-", other).lower()
