"""The Table API under our session: logging in, reading, writing, and what its refusals mean."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

import requests
import requests.auth

from gate.config.types import NetworkSettings, ServiceNowSettings
from gate.frozen import dataclass
from gate.http import Bearer, Budget, FetchError, Request, Wire
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed, request_label
from gate.http.reply import parse_json
from gate.model import ClockReading, Problem, ProblemKind
from gate.tickets.servicenow.accounts import SYSTEM
from gate.tickets.servicenow.table import LIMIT
from gate.tickets.system import Credentials

_TOKEN_PATH = "/oauth_token.do"  # noqa: S105 -- a path


@dataclass(frozen=True, slots=True)
class Page:
    """A reply and the headers that came with it."""

    document: Document
    headers: Mapping[str, str]


class ApiKey(requests.auth.AuthBase):
    """An API key in ServiceNow's own header. Its repr shows nothing."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header."""
        r.headers["x-sn-apikey"] = self._key
        return r


class Client:
    """Asks tables. Safe to use from several threads; ``sleep`` and ``now`` stand for the world."""

    def __init__(
        self,
        settings: ServiceNowSettings,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
        *,
        sleep: Callable[[float], None] | None,
        now: Callable[[], datetime],
    ) -> None:
        def wire(auth: requests.auth.AuthBase | None, repeatable: frozenset[str]) -> Wire:
            return Wire(
                SYSTEM,
                settings.url,
                auth=auth,
                network=network,
                budget=budget,
                ca=settings.ca,
                sleep=sleep,
                now=now,
                repeatable=repeatable,
            )

        safe = frozenset({"GET"})
        self._credentials = credentials
        self._wire = wire(_auth(settings.auth, credentials), safe)
        # Asking for another token changes nothing, so that may be done again.
        self._tokens = wire(None, safe | {"POST"}) if settings.auth == "oauth" else None
        self._granting = threading.Lock()
        self._refusal: FetchError | None = None
        self._is_granted = False

    def rows(self, table: str, query: str, fields: tuple[str, ...], limit: int = LIMIT) -> Page:
        """The rows that a query finds; raises FetchError."""
        self._log_in()
        parameters = {
            "sysparm_query": query,
            "sysparm_fields": ",".join(fields),
            "sysparm_display_value": "all",
            "sysparm_limit": str(limit),
        }
        response = self._wire.session.get(self._wire.url(_path(table)), params=parameters)
        return Page(Document(parse_json(response.content)), response.headers)

    def update(
        self, table: str, sys_id: str, values: Mapping[str, str], fields: tuple[str, ...]
    ) -> Document:
        """Set fields of one row, once, and the row as it is then; raises FetchError."""
        self._log_in()
        shown = {"sysparm_fields": ",".join(fields), "sysparm_display_value": "all"}
        response = self._wire.session.request(
            "PATCH", self._wire.url(f"{_path(table)}/{sys_id}"), params=shown, json=dict(values)
        )
        return Document(parse_json(response.content))

    def label(self, table: str) -> str:
        """The request for a table as messages name it."""
        return request_label("GET", self._wire.url(_path(table)))

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against ServiceNow's."""
        return self._wire.clocks()

    def requests(self) -> tuple[Request, ...]:
        """What was asked so far."""
        return (*(self._tokens.trace if self._tokens else ()), *self._wire.trace)

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()
        if self._tokens:
            self._tokens.close()

    # ---------------------------------------------------------------- logging in

    def _log_in(self) -> None:
        """Where the policy says OAuth, have a token granted, once; raises FetchError."""
        if self._tokens is None:
            return
        with self._granting:
            if self._refusal is not None:
                raise self._refusal
            if self._is_granted:
                return
            try:
                self._wire.session.auth = Bearer(self._granted(self._tokens))
            except FetchError as error:
                self._refusal = error
                raise
            self._is_granted = True

    def _granted(self, tokens: Wire) -> str:
        """An access token for our client (RFC 6749 section 4.4)."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.user,
            "client_secret": self._credentials.password,
        }
        url = tokens.url(_TOKEN_PATH)
        label = request_label("POST", url)
        try:
            reply = Document(parse_json(tokens.session.post(url, data=form).content))
            token = reply["access_token"].text()
        except ShapeError as error:
            raise FetchError(malformed(SYSTEM, label, str(error))) from None
        except FetchError as error:
            if error.status in {400, 401, 403}:
                raise _refused(label, error) from None
            raise
        if not all("!" <= letter <= "~" for letter in token):
            raise FetchError(malformed(SYSTEM, label, "access_token is not what a header can hold"))
        return token


def missing_credentials(auth: str, credentials: Credentials) -> Problem | None:
    """What is wrong with the credentials before anybody is asked; None: nothing that shows."""
    wanted = {"GATE_SERVICENOW_TOKEN": credentials.token}
    if auth in {"basic", "oauth"}:
        wanted = {
            "GATE_SERVICENOW_USER": credentials.user,
            "GATE_SERVICENOW_PASSWORD": credentials.password,
        }
    for name, value in wanted.items():
        if not value:
            cause = f'{name} is not set, which tickets.servicenow.auth = "{auth}" needs'
        elif not (value.isascii() and value.isprintable()):
            cause = f"{name} holds a line break or another character that none can have"
        else:
            continue
        remedy = f"set {name} from the CI's secrets, or correct tickets.servicenow.auth"
        return Problem(ProblemKind.CREDENTIALS, SYSTEM, "log in", cause, remedy)
    return None


def _refused(label: str, error: FetchError) -> FetchError:
    cause = (
        "ServiceNow granted no token: the OAuth client or its secret is wrong, or the grant is off"
    )
    remedy = (
        "check GATE_SERVICENOW_USER and GATE_SERVICENOW_PASSWORD (client id and secret), and that "
        "the instance allows the client credentials grant"
    )
    problem = Problem(ProblemKind.CREDENTIALS, SYSTEM, label, cause, remedy)
    return FetchError(problem, status=error.status)


def _auth(kind: str, credentials: Credentials) -> requests.auth.AuthBase | None:
    """OAuth's comes with the token."""
    match kind:
        case "basic":
            return requests.auth.HTTPBasicAuth(credentials.user, credentials.password)
        case "token":
            return Bearer(credentials.token)
        case "api-key":
            return ApiKey(credentials.token)
        case _:
            return None


def _path(table: str) -> str:
    return f"/api/now/table/{table}"
