"""PyGithub as gate uses it: its request layer over our session, and none of its lazy objects.

PyGithub's objects ask again, unseen, for every attribute that a reply lacked; its retries sleep for
half an hour; its URL check is an assertion that a GitHub Enterprise Server behind a proxy fails.
So replies are taken as JSON from its documented ``Requester``, which is given a connection that
sends through ``Wire.session``, and links are never followed: only their query is used.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import requests.utils
from github.Requester import Requester, RequestsResponse

from gate.config.types import ForgeSettings, NetworkSettings
from gate.forges.github import linked
from gate.forges.talk import Answer, Ask, Params, Reply
from gate.http import Bearer, Budget, FetchError, Wire
from gate.http.reply import parse_json
from gate.model import Problem, ProblemKind

if TYPE_CHECKING:
    from github.Requester import HTTPSRequestsConnectionClass

API_VERSION = "2022-11-28"
_MEDIA = "application/vnd.github+json"
_GITHUB_REMEDY = "run again in a minute"


class _Connection:
    """What PyGithub takes for its HTTP connection: one request through the wire's session."""

    def __init__(self, wire: Wire, prefix: str) -> None:
        self._wire = wire
        self._prefix = prefix
        self._sent: tuple[str, str, dict[str, str]] = ("", "", {})

    def request(
        self, verb: str, url: str, _input: None, headers: dict[str, str], _stream: bool = False
    ) -> None:
        """Remember what is to be sent."""
        self._sent = (verb, url.removeprefix(self._prefix), headers)

    def getresponse(self) -> RequestsResponse:
        """Send it. Success without a document would make PyGithub wait and ask again."""
        verb, path, headers = self._sent
        response = self._wire.session.request(verb, self._wire.url(path), headers=headers)
        if response.status_code != 200:
            raise FetchError(_unready(f"{verb} {urlsplit(path).path}", response.status_code))
        return RequestsResponse(response)


class _WireRequester(Requester):
    """A Requester that sends through one wire, whatever connection it is told to use."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(
            auth=None,  # the session's
            base_url=wire.base_url,
            timeout=15,
            user_agent="change-gate",
            per_page=100,
            verify=True,
            retry=None,  # the session's
            pool_size=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            api_version=API_VERSION,
        )
        self._wire = wire

    def requestJson(  # noqa: N802 PyGithub's name
        self,
        verb: str,
        url: str,
        parameters: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        input: Any | None = None,  # noqa: A002 PyGithub's name
        cnx: object = None,
        follow_302_redirect: bool = False,
    ) -> tuple[int, dict[str, Any], str]:
        """One request over the wire's session."""
        del cnx, follow_302_redirect
        connection: Any = _Connection(self._wire, urlsplit(self._wire.base_url).path)
        ours: HTTPSRequestsConnectionClass = connection
        return super().requestJson(verb, url, parameters, headers, input, ours)


class GitHubClient:
    """Sends one request and returns its reply, or the Problem; never raises. Thread-safe."""

    def __init__(
        self, settings: ForgeSettings, token: str, network: NetworkSettings, budget: Budget
    ) -> None:
        self.wire = Wire(
            "github",
            settings.api_url,
            auth=Bearer(token) if token else None,
            network=network,
            budget=budget,
            ca=settings.ca,
        )
        self._local = threading.local()  # a Requester keeps state that threads must not share

    def get(self, ask: Ask) -> Answer:
        """The reply to a GET."""
        try:
            headers, data = self._requester().requestJsonAndCheck(
                "GET", ask.path, parameters=dict(ask.params), headers={"Accept": _MEDIA}
            )
        except FetchError as error:
            return _told_apart(error)
        return Reply(data, _links(headers))

    def get_bundle(self, asks: tuple[Ask, ...]) -> tuple[Answer, ...]:
        """The replies to what is asked by one GraphQL query."""
        try:
            response = self.wire.session.ask(graphql_url(self.wire), linked.query(asks), headers())
        except FetchError as error:
            return (_told_apart(error),) * len(asks)
        return linked.answers(asks, parse_json(response.content))

    def _requester(self) -> _WireRequester:
        found: _WireRequester | None = getattr(self._local, "requester", None)
        if found is None:
            found = self._local.requester = _WireRequester(self.wire)
        return found


def graphql_url(wire: Wire) -> str:
    """Beside the REST API: ``/graphql`` of api.github.com, ``/api/graphql`` of a server."""
    return wire.base_url.removesuffix("/v3") + "/graphql"


def headers() -> dict[str, str]:
    """What a request by GraphQL says beside its query."""
    return {"Accept": _MEDIA, "X-GitHub-Api-Version": API_VERSION}


def _links(headers: Mapping[str, Any]) -> dict[str, Params]:
    """The query of each link of a Link header (RFC 8288). Host and path are not believed."""
    found: dict[str, Params] = {}
    for link in requests.utils.parse_header_links(str(headers.get("link", ""))):
        query = parse_qsl(urlsplit(link.get("url", "")).query)
        if link.get("rel"):
            found[link["rel"]] = tuple(query)
    return found


def _told_apart(error: FetchError) -> Problem:
    """The session's Problem, with GitHub's own meaning of some statuses."""
    problem = error.problem
    if error.status == 409:
        cause = "GitHub is busy with this repository, or it is empty (409)"
        return Problem(ProblemKind.UNAVAILABLE, "github", problem.request, cause, _GITHUB_REMEDY)
    if error.status == 422:
        cause = "GitHub knows no such commit or cannot compute this (422)"
        remedy = "check that the commit was pushed to the service's repository"
        return Problem(ProblemKind.HIDDEN, "github", problem.request, cause, remedy)
    return problem


def _unready(label: str, status: int) -> Problem:
    cause = f"GitHub has not computed the answer yet ({status})"
    return Problem(ProblemKind.UNAVAILABLE, "github", label[:200], cause, _GITHUB_REMEDY)
