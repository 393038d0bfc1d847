"""GitHub's issues, asked with one token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from gate.config.types import GitHubIssueSettings, NetworkSettings
from gate.http import Budget, FetchError, Request, utc_now
from gate.http.document import ShapeError
from gate.http.failure import malformed
from gate.http.github import account
from gate.model import (
    Account,
    ChangeRequest,
    ClockReading,
    Maybe,
    MissingTicket,
    Problem,
    ProblemKind,
)
from gate.tickets.github import rights
from gate.tickets.github.client import SYSTEM, Client
from gate.tickets.github.names import issue_ids
from gate.tickets.github.reading import Reading, Site
from gate.tickets.system import Credentials, Right

_OF_APPS = "ghs_"  # what GitHub begins the tokens of installed apps with


class IssueReader:
    """GitHub's issues, asked with one token.

    ``sleep`` and ``now`` stand for the world. Safe to use from several threads.
    """

    def __init__(
        self,
        settings: GitHubIssueSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
        *,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._refused = missing_token(credentials.token)
        self._is_app = credentials.token.startswith(_OF_APPS)
        self._client = Client(settings, credentials.token, network, budget, sleep=sleep, now=now)
        self._asking = threading.Lock()
        self._self: Maybe[Account | None] = None
        self._was_asked = False

    # ---------------------------------------------------------------- what can be asked

    def fetch(self, ticket: str) -> Maybe[ChangeRequest | MissingTicket]:
        """The issue, or that there is none, or why that cannot be told.

        ``ticket`` must be of a configured repository: UsageError otherwise, before any request.
        """
        grammar = issue_ids(self._settings.projects)
        if not grammar.claims(ticket):
            raise grammar.refusal(ticket)
        if self._refused is not None:
            return self._refused
        with ThreadPoolExecutor(max_workers=8) as pool:
            site = Site(self._client, self._settings, self.myself)
            return Reading(site, ticket, pool).result()

    def myself(self) -> Maybe[Account | None]:
        """The account behind the token, None where that is an app; asked once."""
        if self._refused is not None:
            return self._refused
        with self._asking:
            if not self._was_asked:
                self._self = self._ask_myself()
                self._was_asked = True
            return self._self

    def own_accounts(self) -> tuple[Account, ...]:
        """The account behind the token, if it was asked for and told. An app approves nothing."""
        return (self._self,) if isinstance(self._self, Account) else ()

    def rights(self) -> Iterator[Right]:
        """That GitHub knows us, and that each repository's issues can be read as they must be."""
        found = self.myself()
        refused = found if isinstance(found, Problem) else None
        yield Right("", "knows us" if found else "knows us, as an app", refused)
        if refused is None:
            for repository in self._settings.projects:
                yield rights.of_issues(self._client, repository)
                yield rights.of_edits(self._client, repository)

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against GitHub's."""
        return self._client.wire.clocks()

    def requests(self) -> tuple[Request, ...]:
        """What was asked so far."""
        return self._client.wire.trace

    def close(self) -> None:
        """Give the connections back."""
        self._client.wire.close()

    # ---------------------------------------------------------------- inside

    def _ask_myself(self) -> Maybe[Account | None]:
        try:
            return account(self._client.get("/user"))
        except FetchError as error:
            # An app's token (a workflow's own) has no user, and GitHub forbids to ask for one.
            forbidden = error.status == 403 and error.problem.kind is ProblemKind.PERMISSION
            if forbidden and self._is_app:
                return None
            return error.problem
        except ShapeError as error:
            return malformed(SYSTEM, self._client.label("/user"), str(error))


def missing_token(token: str) -> Problem | None:
    """What is wrong with the token before anybody is asked; None: nothing that shows."""
    if not token:
        cause = "GITHUB_TOKEN is not set, which issues are read with"
    elif not (token.isascii() and token.isprintable()):
        cause = "GITHUB_TOKEN holds a line break or another character that none can have"
    else:
        return None
    remedy = "set GITHUB_TOKEN to a token that may read the repositories' issues"
    return Problem(ProblemKind.CREDENTIALS, SYSTEM, "log in", cause, remedy)
