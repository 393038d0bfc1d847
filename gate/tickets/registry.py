"""The kinds of ticket systems: four that come with gate, and those of other packages.

One line of ``_OURS`` is all that names a kind of ours; that it can be written on, or tells of
accounts, it says itself by the functions that it has.

Another package's system is taken only where the policy names the package that brings it, so that
what happens to be installed beside gate decides nothing: an entry point of the group
``gate.tickets``, called as the system is in ``[tickets.<system>]``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gate.config.secrets import Secrets
from gate.config.types import ExtensionSettings, Policy, TicketSettings
from gate.errors import UsageError
from gate.frozen import dataclass
from gate.tickets.comment import CommentedKind, Commenter
from gate.tickets.profiles import ProfiledKind, Profiles
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


def open_commenters(policy: Policy, secrets: Secrets, budget: Budget) -> Mapping[str, Commenter]:
    """Those ticket systems of the policy that can be written on, with what they are read with."""
    kinds = {system: _kind(system, settings) for system, settings in policy.tickets.items()}
    return {
        system: kind.open_commenter(
            policy.tickets[system], credentials_for(system, secrets), policy.network, budget
        )
        for system, kind in kinds.items()
        if isinstance(kind, CommentedKind)
    }


def open_profiles(policy: Policy, secrets: Secrets, budget: Budget) -> Mapping[str, Profiles]:
    """Those ticket systems of the policy that tell of accounts and can be logged in to."""
    kinds = {system: _kind(system, settings) for system, settings in policy.tickets.items()}
    return {
        system: kind.open_profiles(policy.tickets[system], credentials, policy.network, budget)
        for system, kind in kinds.items()
        if isinstance(kind, ProfiledKind)
        and (credentials := credentials_for(system, secrets)).is_given
    }


def title_of(system: str) -> str:
    """What people call a ticket system."""
    return _OURS[system].title if system in _OURS else system


def credentials_for(system: str, secrets: Secrets) -> Credentials:
    """What the environment gave for a system."""
    if system in _OURS:
        return _OURS[system].credentials(secrets)
    return Credentials(token=secrets.tickets_token)


def _jira() -> TicketKind[Any]:
    from gate.tickets.jira.kind import Jira

    return Jira()


def _servicenow() -> TicketKind[Any]:
    from gate.tickets.servicenow.kind import ServiceNow

    return ServiceNow()


def _gitlab() -> TicketKind[Any]:
    from gate.tickets.gitlab.kind import GitLabIssues

    return GitLabIssues()


def _github() -> TicketKind[Any]:
    from gate.tickets.github.kind import GitHubIssues

    return GitHubIssues()


@dataclass(frozen=True, slots=True)
class Ours:
    """A kind that comes with gate: what people call it, how it is had, what opens it."""

    title: str
    kind: Callable[[], TicketKind[Any]]
    credentials: Callable[[Secrets], Credentials]


_OURS: Mapping[str, Ours] = {
    "jira": Ours("Jira", _jira, lambda given: Credentials(given.jira_email, "", given.jira_token)),
    "servicenow": Ours(
        "ServiceNow",
        _servicenow,
        lambda given: Credentials(
            given.servicenow_user, given.servicenow_password, given.servicenow_token
        ),
    ),
    "gitlab": Ours("GitLab", _gitlab, lambda given: Credentials(token=given.gitlab_token)),
    "github": Ours("GitHub", _github, lambda given: Credentials(token=given.github_token)),
}


def _kind(system: str, settings: TicketSettings) -> TicketKind[Any]:
    """Each kind takes the settings that the configuration has made for it."""
    if isinstance(settings, ExtensionSettings):
        return _extension(system, settings.package)
    return _OURS[system].kind()


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
