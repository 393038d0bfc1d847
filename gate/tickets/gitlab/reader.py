"""GitLab's issues, asked with one token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from gate.config.types import GitLabIssueSettings, NetworkSettings
from gate.http import Budget, FetchError, Request, utc_now
from gate.http.document import ShapeError
from gate.http.failure import malformed
from gate.http.gitlab import account
from gate.model import (
    Account,
    ChangeRequest,
    ClockReading,
    Maybe,
    MissingTicket,
    Problem,
    ProblemKind,
)
from gate.tickets.gitlab import rights
from gate.tickets.gitlab.client import SYSTEM, Client
from gate.tickets.gitlab.names import issue_ids
from gate.tickets.gitlab.reading import Reading, Site
from gate.tickets.system import Credentials, Right


class IssueReader:
    """GitLab's issues, asked with one token.

    ``sleep`` and ``now`` stand for the world. Safe to use from several threads.
    """

    def __init__(
        self,
        settings: GitLabIssueSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
        *,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._refused = missing_token(credentials.token)
        self._client = Client(settings, credentials.token, network, budget, sleep=sleep, now=now)
        self._asking = threading.Lock()
        self._self: Maybe[Account] | None = None  # None: not asked yet

    # ---------------------------------------------------------------- what can be asked

    def fetch(self, ticket: str) -> Maybe[ChangeRequest | MissingTicket]:
        """The issue, or that there is none, or why that cannot be told.

        ``ticket`` must be of a configured project: UsageError otherwise, before any request.
        """
        grammar = issue_ids(self._settings.projects)
        if not grammar.claims(ticket):
            raise grammar.refusal(ticket)
        if self._refused is not None:
            return self._refused
        with ThreadPoolExecutor(max_workers=8) as pool:
            site = Site(self._client, self._settings, self.myself)
            return Reading(site, ticket, pool).result()

    def myself(self) -> Maybe[Account]:
        """The account behind the token, asked once: project and group tokens have one too."""
        if self._refused is not None:
            return self._refused
        with self._asking:
            if self._self is None:
                self._self = self._ask_myself()
            return self._self

    def own_accounts(self) -> tuple[Account, ...]:
        """The account behind the token, if it was asked for and told."""
        return (self._self,) if isinstance(self._self, Account) else ()

    def rights(self) -> Iterator[Right]:
        """That GitLab knows us, and that each project's issues can be read as they must be."""
        found = self.myself()
        refused = found if isinstance(found, Problem) else None
        yield Right("", "knows us", refused)
        if refused is None:
            for project in self._settings.projects:
                yield rights.of_issues(self._client, project)
                yield rights.of_history(self._client, project)
                yield rights.of_internal_notes(self._client, project)

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against GitLab's."""
        return self._client.wire.clocks()

    def requests(self) -> tuple[Request, ...]:
        """What was asked so far."""
        return self._client.wire.trace

    def close(self) -> None:
        """Give the connections back."""
        self._client.wire.close()

    # ---------------------------------------------------------------- inside

    def _ask_myself(self) -> Maybe[Account]:
        try:
            found = account(self._client.get("/user"))
        except FetchError as error:
            return error.problem
        except ShapeError as error:
            return malformed(SYSTEM, self._client.label("/user"), str(error))
        cause = "GitLab says that the token is of an account that was deleted"
        return found or malformed(SYSTEM, self._client.label("/user"), cause)


def missing_token(token: str) -> Problem | None:
    """What is wrong with the token before anybody is asked; None: nothing that shows."""
    if not token:
        cause = "GITLAB_TOKEN is not set, which issues are read with"
    elif not (token.isascii() and token.isprintable()):
        cause = "GITLAB_TOKEN holds a line break or another character that none can have"
    else:
        return None
    remedy = "set GITLAB_TOKEN to a token that may read the projects' issues"
    return Problem(ProblemKind.CREDENTIALS, SYSTEM, "log in", cause, remedy)
