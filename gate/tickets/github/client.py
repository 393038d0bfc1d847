"""GitHub's REST API and its GraphQL under our session, as far as issues need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import requests.utils

from gate.config.types import GitHubIssueSettings, NetworkSettings
from gate.http import Bearer, Budget, FetchError, Wire
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed, request_label
from gate.http.reply import parse_json
from gate.model import Problem, ProblemKind

SYSTEM = "github"
PAGE = 100  # the most that GitHub gives at once
MOST_PAGES = 20
GRAPHQL = "/graphql"

_HEADERS = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
}


class IncompleteError(Exception):
    """A list or a history that is not provably whole; the text says what does not add up."""


class Client:
    """Asks. Safe to use from several threads; ``sleep`` and ``now`` stand for the world."""

    def __init__(
        self,
        settings: GitHubIssueSettings,
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
            auth=Bearer(token),
            network=network,
            budget=budget,
            ca=settings.ca,
            sleep=sleep,
            now=now,
            # What is posted is a question, and may be asked again.
            repeatable=frozenset({"GET", "POST"}),
        )

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Document:
        """One resource; raises FetchError."""
        return self._page(path, params or {})[0]

    def every(self, path: str) -> tuple[Document, ...]:
        """All rows of a list; raises FetchError, ShapeError, IncompleteError.

        A full page is never taken for the last one, whatever its Link header (RFC 8288) says. A row
        that is deleted meanwhile draws others onto a page that was read already: so all pages but
        the last are read once more.
        """
        pages: list[tuple[Document, ...]] = []
        for number in range(1, MOST_PAGES + 1):
            page, has_next = self._page(path, {"per_page": PAGE, "page": number})
            pages.append(page.each())
            if not has_next and len(pages[-1]) < PAGE:
                self._check_still(path, pages[:-1])
                return tuple(row for page in pages for row in page)
        raise IncompleteError(f"there are more than the {MOST_PAGES * PAGE} rows that are read")

    def _check_still(self, path: str, pages: Sequence[Sequence[Document]]) -> None:
        for number, before in enumerate(pages, 1):
            page, _ = self._page(path, {"per_page": PAGE, "page": number})
            if _ids(page.each()) != _ids(before):
                raise IncompleteError("the list changed while it was read")

    def query(self, text: str, variables: Mapping[str, str | int]) -> Document:
        """The data of a GraphQL query; raises FetchError, also where GitHub answered only part."""
        url = self._graphql
        label = request_label("POST", url)
        body = {"query": text, "variables": dict(variables)}
        response = self.wire.session.post(url, json=body, headers=_HEADERS)
        reply = Document(parse_json(response.content))
        try:
            if not reply.has("errors"):
                return reply["data"]
        except ShapeError as error:
            raise FetchError(malformed(SYSTEM, label, str(error))) from None
        raise FetchError(
            Problem(
                ProblemKind.INCOMPLETE,
                SYSTEM,
                label,
                "GitHub did not answer the whole query (GraphQL errors)",
                "run again; if it stays so, check with `gate doctor` that the token may read the "
                "repository's issues",
            )
        )

    def label(self, path: str) -> str:
        """A request as messages name it."""
        if path == GRAPHQL:
            return request_label("POST", self._graphql)
        return request_label("GET", self.wire.url(path))

    @property
    def _graphql(self) -> str:
        """Beside the REST API: ``/graphql`` of api.github.com, ``/api/graphql`` of a server."""
        return self.wire.base_url.removesuffix("/v3") + GRAPHQL

    def _page(self, path: str, params: Mapping[str, str | int]) -> tuple[Document, bool]:
        url = self.wire.url(path)
        response = self.wire.session.get(url, params=dict(params), headers=_HEADERS)
        links = requests.utils.parse_header_links(response.headers.get("Link", ""))
        has_next = any(link.get("rel") == "next" for link in links)
        return Document(parse_json(response.content)), has_next


def _ids(rows: Sequence[Document]) -> list[str]:
    """What tells rows apart: some events of a timeline have no number."""
    return [
        str(found.identifier() if (found := row.find("id")) else row["event"].text())
        for row in rows
    ]
