"""A ServiceNow instance, asked with one account."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from gate.config.types import NetworkSettings, ServiceNowSettings
from gate.http import Budget, FetchError, Request, utc_now
from gate.http.document import ShapeError
from gate.http.failure import malformed
from gate.model import Account, ChangeRequest, ClockReading, Maybe, MissingTicket, Problem
from gate.tickets.servicenow import rights
from gate.tickets.servicenow.accounts import SYSTEM, folded, named
from gate.tickets.servicenow.client import Client, missing_credentials
from gate.tickets.servicenow.numbers import ChangeNumbers
from gate.tickets.servicenow.reading import Reading, Site, hidden
from gate.tickets.servicenow.table import HiddenError, IncompleteError, Row, parse_rows
from gate.tickets.system import Credentials, Right

USERS = "sys_user"


class ServiceNowReader:
    """A ServiceNow instance, asked with one account.

    ``sleep`` and ``now`` stand for the world. Safe to use from several threads.
    """

    def __init__(
        self,
        settings: ServiceNowSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
        *,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._user = credentials.user if settings.auth == "basic" else ""
        self._refused = missing_credentials(settings.auth, credentials)
        self._client = Client(settings, credentials, network, budget, sleep=sleep, now=now)
        self._asking = threading.Lock()
        self._self: Maybe[Account] | None = None

    # ---------------------------------------------------------------- what can be asked

    def fetch(self, ticket: str) -> Maybe[ChangeRequest | MissingTicket]:
        """The change, or that there is none, or why that cannot be told.

        ``ticket`` must be a number with a configured prefix or a sys_id: UsageError otherwise,
        before any request.
        """
        grammar = ChangeNumbers(self._settings.projects)
        if not grammar.claims(ticket):
            raise grammar.refusal(ticket)
        if self._refused is not None:
            return self._refused
        with ThreadPoolExecutor(max_workers=8) as pool:
            site = Site(self._client, self._settings, self.myself)
            return Reading(site, ticket, pool, by_id=not grammar.is_key(ticket)).result()

    def myself(self) -> Maybe[Account]:
        """The account behind the credentials; asked once."""
        if self._refused is not None:
            return self._refused
        with self._asking:
            if self._self is None:
                self._self = self._ask_myself()
            return self._self

    def own_accounts(self) -> tuple[Account, ...]:
        """The account behind the credentials, if it was asked for and told."""
        return (self._self,) if isinstance(self._self, Account) else ()

    def rights(self) -> Iterator[Right]:
        """That ServiceNow knows us, and that each table can be read as it must be."""
        account = self.myself()
        refused = account if isinstance(account, Problem) else None
        yield Right("", f"knows us ({self._settings.auth})", refused)
        if refused is None:
            yield from rights.of_tables(self._client, self._settings)

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against ServiceNow's."""
        return self._client.clocks()

    def requests(self) -> tuple[Request, ...]:
        """What was asked so far."""
        return self._client.requests()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    # ---------------------------------------------------------------- inside

    def _ask_myself(self) -> Maybe[Account]:
        label = self._client.label(USERS)
        fields = ("sys_id", "user_name")
        try:
            page = self._client.rows(USERS, "user_name=javascript:gs.getUserName()", fields)
            return self._told(parse_rows(page.document, page.headers, "accounts of ours"))
        except FetchError as error:
            return error.problem
        except HiddenError as error:
            return hidden(self._client, USERS, str(error))
        except (ShapeError, IncompleteError) as error:
            return malformed(SYSTEM, label, str(error))

    def _told(self, rows: tuple[Row, ...]) -> Account:
        """The one account that is ours; with a password, the one that it is of."""
        if len(rows) != 1:
            raise IncompleteError("ServiceNow does not tell which account is ours")
        name = rows[0].text("user_name")
        if self._user and folded(self._user) != folded(name):
            raise ShapeError("the account is not the one that we logged in with")
        return named(name)
