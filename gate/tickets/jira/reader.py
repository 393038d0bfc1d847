"""A Jira site, asked with one account."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gate.config.types import JiraSettings, NetworkSettings
from gate.http import Bearer, Budget, FetchError, Request, Wire, utc_now
from gate.http.document import ShapeError
from gate.http.failure import malformed
from gate.model import Account, ChangeRequest, ClockReading, Maybe, MissingTicket, Problem
from gate.tickets.ids import ProjectKeys, parse_id
from gate.tickets.jira.accounts import parse_user
from gate.tickets.jira.linking import linked_changes
from gate.tickets.jira.reading import Reading, Site, project_problem
from gate.tickets.system import Right

if TYPE_CHECKING:
    from gate.tickets.jira.client import Client


class JiraReader:
    """A Jira site, asked with one account.

    ``flavour`` is "cloud" or "datacenter": as configured, else Cloud for ``*.atlassian.net`` and
    Data Center for any other host. ``sleep`` and ``now`` stand for the world. Safe to use from
    several threads.
    """

    def __init__(
        self,
        settings: JiraSettings,
        email: str,
        token: str,
        network: NetworkSettings,
        budget: Budget,
        *,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        import requests.auth

        from gate.tickets.jira.client import missing_credentials

        host = urlsplit(settings.url).hostname or ""
        guess = "cloud" if host.endswith(".atlassian.net") else "datacenter"
        self.flavour = settings.flavour or guess
        cloud = self.flavour == "cloud"
        self._refused = missing_credentials(self.flavour, email, token)
        self._settings = settings
        self._now = now
        self.wire = Wire(
            "jira",
            settings.url,
            auth=requests.auth.HTTPBasicAuth(email, token) if cloud else Bearer(token),
            network=network,
            budget=budget,
            ca=settings.ca,
            sleep=sleep,
            now=now,
        )
        # Data Center calls its approvals experimental, and wants that to be known.
        self.wire.session.headers["X-ExperimentalApi"] = "opt-in"
        self._making = threading.Lock()
        self._made: Client | None = None
        # Apart from the other: it is held while Jira is asked, and every ticket needs a client.
        self._asking = threading.Lock()
        self._self: Maybe[Account] | None = None

    # ---------------------------------------------------------------- what can be asked

    def fetch(self, key: str) -> Maybe[ChangeRequest | MissingTicket]:
        """The change request ``key``, or that there is none, or why that cannot be told.

        ``key`` must be an ID of a configured project: UsageError otherwise, before any request.
        """
        key = parse_id(key, self._settings.projects)
        if self._refused is not None:
            return self._refused
        with ThreadPoolExecutor(max_workers=8) as pool:
            site = Site(self._client(), self._settings, self.flavour, self.myself, self._now)
            return Reading(site, key, pool).result()

    def is_story(self, ticket: str) -> bool:
        """Whether the ID is of a project of stories."""
        return ProjectKeys((), self._settings.stories).is_story(ticket)

    def changes_of(self, story: str) -> Maybe[tuple[str, ...] | MissingTicket]:
        """The keys of the change requests that a story links to, by the links of the policy.

        ``story`` must be an ID of a project of stories: UsageError otherwise, before any request.
        """
        story = parse_id(story, self._settings.stories)
        if self._refused is not None:
            return self._refused
        with ThreadPoolExecutor(max_workers=2) as pool:
            site = Site(self._client(), self._settings, self.flavour, self.myself, self._now)
            return linked_changes(site, story, pool)

    def myself(self) -> Maybe[Account]:
        """The account behind the credentials; asked once."""
        if self._refused is not None:
            return self._refused
        client = self._client()
        with self._asking:
            if self._self is None:
                self._self = self._ask_myself(client)
            return self._self

    def browsable(self, project: str) -> Problem | None:
        """Why our account cannot browse the project; None where it can."""
        return self._refused or project_problem(self._client(), project)

    @property
    def projects(self) -> tuple[str, ...]:
        """The projects that change requests are of."""
        return self._settings.projects

    def rights(self) -> Iterator[Right]:
        """That Jira knows us, and that each project can be browsed."""
        account = self.myself()
        refused = account if isinstance(account, Problem) else None
        yield Right("", f"knows us ({self.flavour})", refused)
        projects = (*self._settings.projects, *self._settings.stories)
        for project in projects if refused is None else ():
            yield Right(f"project {project}", "can be browsed", self.browsable(project))

    def own_accounts(self) -> tuple[Account, ...]:
        """The account behind the credentials, if it was asked for and told."""
        return (self._self,) if isinstance(self._self, Account) else ()

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against Jira's."""
        return self.wire.clocks()

    def requests(self) -> tuple[Request, ...]:
        """What was asked so far."""
        return self.wire.trace

    def close(self) -> None:
        """Give the connections back."""
        self.wire.close()

    # ---------------------------------------------------------------- inside

    def _client(self) -> Client:
        """The library's client, made when it is first needed."""
        from gate.tickets.jira.client import Client

        with self._making:
            if self._made is None:
                self._made = Client(self.wire, "3" if self.flavour == "cloud" else "2")
            return self._made

    def _ask_myself(self, client: Client) -> Maybe[Account]:
        from gate.tickets.jira.client import login_problem

        try:
            return parse_user(client.read("myself"), self.flavour).account
        except FetchError as error:
            return login_problem(error, self.flavour)
        except ShapeError as error:
            return malformed("jira", client.label("myself"), str(error))
