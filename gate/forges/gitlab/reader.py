"""The door to GitLab: the change of a deployment, and the deployments that GitLab lists."""

from __future__ import annotations

import re

from gate.config.types import ForgeSettings, NetworkSettings, Service
from gate.errors import UsageError
from gate.forges.change import change
from gate.forges.gitlab.approvals import decided
from gate.forges.gitlab.client import GitLabClient
from gate.forges.gitlab.deployments import succeeded
from gate.forges.gitlab.myself import fetch_own_account
from gate.forges.gitlab.source import GitLabSource
from gate.forges.talk import GITLAB, Talk, converse
from gate.http import Budget, Request, Wire
from gate.model import Account, Approval, Base, Change, ClockReading, ForgeDeployment, Maybe, Run

_PATH = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")


class GitLabReader:
    """Reads one GitLab. ``token`` "" asks without credentials. All times within ``budget``.

    Thread-safe. Whatever GitLab does wrong is a ``Problem``; UsageError only for a service whose
    repository is not on this GitLab, and for the faults of ``Wire``.
    """

    def __init__(
        self, settings: ForgeSettings, token: str, network: NetworkSettings, budget: Budget
    ) -> None:
        self._settings = settings
        self._client = GitLabClient(settings, token, network, budget)

    @property
    def wire(self) -> Wire:
        """The line to GitLab, for whoever asks it something else."""
        return self._client.wire

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against GitLab's."""
        return self.wire.clocks()

    def requests(self) -> tuple[Request, ...]:
        """Every request that was sent."""
        return self.wire.trace

    def close(self) -> None:
        """Give the connections back."""
        self.wire.close()

    def slug(self, service: Service) -> str:
        """The path of the service's project: its groups and its name."""
        prefix = self._settings.url.rstrip("/") + "/"
        slug = service.repository.removeprefix(prefix).rstrip("/").removesuffix(".git")
        odd = {".", "..", "-"} & set(slug.split("/"))
        if not service.repository.startswith(prefix) or not _PATH.fullmatch(slug) or odd:
            raise UsageError(
                f"the repository of service {service.name} is not one of {self._settings.url}",
                remedy="write it as https://host/group/project in gate.toml",
            )
        return slug

    def fetch_change(self, service: Service, head: str, base: Base) -> Maybe[Change]:
        """The change base..head, in at most four requests one after the other."""
        talk = Talk(GITLAB)
        source = GitLabSource(talk, self.slug(service))
        return converse(change(source, service, head, base), talk, self._client.get)

    def fetch_deployments(
        self, service: Service, environment: str, commit: str
    ) -> Maybe[tuple[ForgeDeployment, ...]]:
        """The deployments of ``commit`` to ``environment`` that succeeded, oldest first."""
        talk = Talk(GITLAB)
        source = GitLabSource(talk, self.slug(service))
        return converse(succeeded(source, environment, commit), talk, self._client.get)

    def fetch_approvals(
        self, service: Service, run: Run, environment: str
    ) -> Maybe[tuple[Approval, ...]]:
        """What people decided on the pipeline's deployment to the environment, as it stands now."""
        talk = Talk(GITLAB)
        source = GitLabSource(talk, self.slug(service))
        return converse(decided(source, run, environment), talk, self._client.get)

    def fetch_own_account(self) -> Maybe[Account | None]:
        """The account behind the token; None where it was deleted."""
        return fetch_own_account(self.wire)
