"""The door to GitHub: the change of a deployment, and the deployments that GitHub lists."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from gate.config.types import ForgeSettings, NetworkSettings, Service
from gate.errors import UsageError
from gate.forges.change import change
from gate.forges.github.approvals import decided
from gate.forges.github.client import GitHubClient, graphql_url
from gate.forges.github.deployments import succeeded
from gate.forges.github.myself import fetch_own_account
from gate.forges.github.source import GitHubSource
from gate.forges.talk import GITHUB, Talk, converse
from gate.http import Budget, Request, Wire
from gate.model import Account, Approval, Base, Change, ClockReading, ForgeDeployment, Maybe, Run

_SLUG = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")


class GitHubReader:
    """Reads one GitHub. ``token`` "" asks without credentials. All times within ``budget``.

    Thread-safe. Whatever GitHub does wrong is a ``Problem``; UsageError only for a service whose
    repository is not on this GitHub, and for the faults of ``Wire``.
    """

    def __init__(
        self, settings: ForgeSettings, token: str, network: NetworkSettings, budget: Budget
    ) -> None:
        self._settings = settings
        self._token = token
        self._client = GitHubClient(settings, token, network, budget)

    @property
    def wire(self) -> Wire:
        """The line to GitHub, for whoever asks it something else."""
        return self._client.wire

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against GitHub's."""
        return self.wire.clocks()

    def requests(self) -> tuple[Request, ...]:
        """Every request that was sent."""
        return self.wire.trace

    def close(self) -> None:
        """Give the connections back."""
        self.wire.close()

    def slug(self, service: Service) -> str:
        """``owner/name`` of the service's repository."""
        prefix = self._settings.url.rstrip("/") + "/"
        slug = service.repository.removeprefix(prefix).rstrip("/").removesuffix(".git")
        dots = {".", ".."} & set(slug.split("/"))
        if not service.repository.startswith(prefix) or not _SLUG.fullmatch(slug) or dots:
            raise UsageError(
                f"the repository of service {service.name} is not one of {self._settings.url}",
                remedy="write it as https://host/owner/name in gate.toml",
            )
        return slug

    def fetch_change(self, service: Service, head: str, base: Base) -> Maybe[Change]:
        """The change base..head, in at most four requests one after the other."""
        talk = Talk(GITHUB)
        source = self._source(talk, service)
        flow = change(source, service, head, base)
        return converse(flow, talk, self._client.get, get_bundle=self._client.get_bundle)

    def fetch_deployments(
        self, service: Service, environment: str, commit: str
    ) -> Maybe[tuple[ForgeDeployment, ...]]:
        """The deployments of ``commit`` to ``environment`` that ever succeeded, oldest first."""
        talk = Talk(GITHUB)
        source = self._source(talk, service)
        return converse(succeeded(source, environment, commit), talk, self._client.get)

    def fetch_approvals(
        self, service: Service, run: Run, environment: str
    ) -> Maybe[tuple[Approval, ...]]:
        """What people decided on the run's deployment to the environment, as it stands now."""
        talk = Talk(GITHUB)
        source = self._source(talk, service)
        return converse(decided(source, run, environment), talk, self._client.get)

    def _source(self, talk: Talk, service: Service) -> GitHubSource:
        graphql = urlsplit(graphql_url(self.wire)).path
        return GitHubSource(talk, self.slug(service), graphql)

    def fetch_own_account(self) -> Maybe[Account | None]:
        """The account behind the token; None for an app's, which approves nothing."""
        return fetch_own_account(self.wire, self._token)
