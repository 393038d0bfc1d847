"""The kinds of forges, each with all that it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from gate.config.secrets import Secrets
from gate.config.types import ForgeSettings, Policy, Service
from gate.forges.kind import ForgeKind


def kinds_of(policy: Policy) -> Iterator[tuple[str, ForgeKind, ForgeSettings]]:
    """The forges that the policy names, each by its kind; their libraries are loaded now."""
    for name, settings in policy.forges.items():
        yield name, _kind(name), settings


def kind_for(
    policy: Policy, service: Service, secrets: Secrets
) -> tuple[str, ForgeKind, ForgeSettings] | None:
    """The forge that has the service's repository; None without one, or without a token for it."""
    for name, settings in policy.forges.items():
        if service.repository.startswith(f"{settings.url}/"):
            kind = _kind(name)
            if kind.token(secrets):
                return name, kind, settings
    return None


def _kind(name: str) -> ForgeKind:
    if name == "gitlab":
        from gate.forges.gitlab.kind import GITLAB

        return GITLAB
    from gate.forges.github.kind import GITHUB

    return GITHUB
