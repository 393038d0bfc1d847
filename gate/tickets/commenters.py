"""The ticket systems of a policy that can be written to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gate.config.secrets import Secrets
from gate.config.types import JiraSettings, Policy
from gate.tickets.comment import Commenter

if TYPE_CHECKING:
    from gate.http import Budget


def open_commenters(policy: Policy, secrets: Secrets, budget: Budget) -> Mapping[str, Commenter]:
    """Each of them by the system's name, with the credentials that it is read with."""
    from gate.tickets.jira import JiraReader
    from gate.tickets.jira.comments import JiraCommenter

    settings = policy.tickets.get("jira")
    if not isinstance(settings, JiraSettings):
        return {}
    reader = JiraReader(settings, secrets.jira_email, secrets.jira_token, policy.network, budget)
    return {"jira": JiraCommenter(reader)}
