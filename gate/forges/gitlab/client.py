"""python-gitlab as gate uses it: its request layer over our session, and none of its objects.

By itself it waits for ever, asks a limited server ten times, sends its token along to whatever host
a redirect names, and lists twenty rows of many. So only its ``http_request`` is used, which our
session answers; replies are taken as JSON, and of links and totals only the numbers are believed.
"""

from __future__ import annotations

from collections.abc import Mapping

import gitlab

from gate.config.types import ForgeSettings, NetworkSettings
from gate.forges.talk import Answer, Ask, Params, Reply
from gate.http import Bearer, Budget, FetchError, Wire
from gate.http.gitlab import count, told_of_scope
from gate.http.reply import parse_json
from gate.model import Problem, ProblemKind


class GitLabClient:
    """Sends one request and returns its reply, or the Problem; never raises. Thread-safe."""

    def __init__(
        self, settings: ForgeSettings, token: str, network: NetworkSettings, budget: Budget
    ) -> None:
        self.wire = Wire(
            "gitlab",
            settings.api_url,
            auth=Bearer(token) if token else None,  # every kind of token but a job's may be one
            network=network,
            budget=budget,
            ca=settings.ca,
        )
        self._gitlab = gitlab.Gitlab(
            settings.url,
            session=self.wire.session,
            user_agent="change-gate",
            retry_transient_errors=False,  # the session's
        )

    def get(self, ask: Ask) -> Answer:
        """The reply to a GET."""
        params: dict[str, list[str]] = {}
        for name, value in ask.params:
            params.setdefault(name, []).append(value)
        try:
            response = self._gitlab.http_request(
                "get",
                self.wire.url(ask.path),
                query_data=params,
                obey_rate_limit=False,
                max_retries=0,
            )
        except FetchError as error:
            return _told_apart(ask, error)
        if response.status_code != 200:
            cause = f"GitLab has no answer yet ({response.status_code})"
            return Problem(
                ProblemKind.UNAVAILABLE, "gitlab", ask.label, cause, "run again in a minute"
            )
        headers = response.headers
        total = count(headers, "X-Total")
        return Reply(parse_json(response.content), _links(headers), total)


def _links(headers: Mapping[str, str]) -> dict[str, Params]:
    """The numbers of the next page and the last, as far as GitLab tells them."""
    numbers = {
        "next": count(headers, "X-Next-Page"),
        "last": count(headers, "X-Total-Pages"),
    }
    return {rel: (("page", str(n)),) for rel, n in numbers.items() if n is not None}


def _told_apart(ask: Ask, error: FetchError) -> Problem:
    """The session's Problem, with GitLab's own meaning of some statuses."""
    problem = error.problem
    if error.status == 400 and ask.path.endswith("/merge_base"):
        cause = "GitLab does not know one of two commits that were to be compared (400)"
        remedy = "check that both were pushed to the service's repository"
        return Problem(ProblemKind.HIDDEN, "gitlab", problem.request, cause, remedy)
    return told_of_scope(error)
