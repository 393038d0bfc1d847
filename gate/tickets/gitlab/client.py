"""GitLab's REST API (version 4) under our session, as far as issues need it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias
from urllib.parse import quote

from gate.config.types import GitLabIssueSettings, NetworkSettings
from gate.frozen import dataclass
from gate.http import Bearer, Budget, FetchError, Wire
from gate.http.document import Document
from gate.http.failure import request_label, unavailable
from gate.http.gitlab import count, told_of_scope
from gate.http.reply import parse_json

SYSTEM = "gitlab"

Params: TypeAlias = Mapping[str, str | int | list[int]]


class IncompleteError(Exception):
    """A list or a history that is not provably whole; the text says what does not add up."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. ``total`` counts all its rows, ``pages`` its pages; None: not told."""

    rows: Document
    total: int | None
    pages: int | None
    has_next: bool


class Client:
    """Asks. Safe to use from several threads; ``sleep`` and ``now`` stand for the world."""

    def __init__(
        self,
        settings: GitLabIssueSettings,
        token: str,
        network: NetworkSettings,
        budget: Budget,
        *,
        sleep: Callable[[float], None] | None,
        now: Callable[[], datetime],
    ) -> None:
        self.wire = Wire(
            SYSTEM,
            settings.api_url,
            auth=Bearer(token),  # every kind of token but a job's may be one
            network=network,
            budget=budget,
            ca=settings.ca,
            sleep=sleep,
            now=now,
        )

    def get(self, path: str, params: Params | None = None) -> Document:
        """One resource; raises FetchError."""
        return self.page(path, params or {}).rows

    def page(self, path: str, params: Params) -> Page:
        """One page of a list; raises FetchError."""
        try:
            response = self.wire.session.get(self.wire.url(path), params=dict(params))
        except FetchError as error:
            error.problem = told_of_scope(error)
            raise
        if response.status_code != 200:
            cause = f"GitLab has no answer yet ({response.status_code})"
            raise FetchError(unavailable(SYSTEM, self.label(path), cause, "run again in a minute"))
        headers = response.headers
        return Page(
            rows=Document(parse_json(response.content)),
            total=count(headers, "X-Total"),
            pages=count(headers, "X-Total-Pages"),
            has_next=bool(headers.get("X-Next-Page", "").strip()),
        )

    def label(self, path: str) -> str:
        """A request as messages name it."""
        return request_label("GET", self.wire.url(path))


def project_path(project: str) -> str:
    """Where a project is in the API."""
    return f"/projects/{quote(project, safe='')}"


def issue_path(project: str, number: int) -> str:
    """Where an issue is in the API."""
    return f"{project_path(project)}/issues/{number}"
