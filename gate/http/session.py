"""The session that carries the policy: whoever sends through it, sends by its rules."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import requests.auth
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from gate.frozen import dataclass
from gate.http import failure, reply
from gate.http.auth import credentials_in
from gate.http.budget import Budget
from gate.http.failure import FetchError
from gate.model import ClockReading

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
TRIES = 3
CONNECTIONS = 32  # kept open; those beyond would be made and closed for one request each
HOPS = 3  # redirects within the same host
BACKOFF_SECONDS = 0.25
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
SAFE = frozenset({"GET", "HEAD"})  # asking again changes nothing


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was sent, and the reply's status (None: none came).

    ``path`` has no query; ``started`` is on the budget's clock, ``seconds`` how long it took.
    """

    service: str
    method: str
    path: str
    status: int | None
    started: float
    seconds: float


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class World:
    """What the session needs of the world, so that tests can stand in for it."""

    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = utc_now
    jitter: Callable[[], float] = random.random


class _NoCredentials(requests.auth.AuthBase):
    """Sends nothing: requests looks into ``.netrc`` wherever a session has no auth at all."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        return r


class PolicySession(requests.Session):
    """A ``requests.Session`` for one origin that raises ``FetchError`` for all but success.

    Safe to use from several threads. A reply that it returns is 2xx, wholly read and, unless the
    request's Accept header asks for something else or the status is 204, one JSON document.
    ``repeatable`` are the methods that may be sent again where a try failed: those that change
    nothing, unless this service takes others twice without harm.
    """

    def __init__(
        self,
        service: str,
        base: SplitResult,
        *,
        auth: requests.auth.AuthBase | None,
        ca: str,
        budget: Budget,
        world: World,
        repeatable: frozenset[str] = SAFE,
    ) -> None:
        super().__init__()
        self._service = service
        self._origin = _origin(base)
        self._budget = budget
        self._world = world
        self._repeatable = repeatable
        # A bundle by name, never True: requests would then take REQUESTS_CA_BUNDLE of the job's
        # environment, and whoever writes the job could answer for every service.
        self._ca = ca or DEFAULT_CA_BUNDLE_PATH
        self._lock = threading.Lock()
        self._clocks: list[ClockReading] = []
        self._trace: list[Request] = []
        self.mount(f"{base.scheme}://", HTTPAdapter(pool_maxsize=CONNECTIONS))
        self.auth = auth or _NoCredentials()
        self.headers.update({"Accept": "application/json", "User-Agent": "change-gate"})
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Plain http goes to loopback only, so no proxy of the environment may carry it away.
        self.trust_env = base.scheme == "https"

    @property
    def clocks(self) -> tuple[ClockReading, ...]:
        """What each reply's Date header said."""
        with self._lock:
            return tuple(self._clocks)

    @property
    def trace(self) -> tuple[Request, ...]:
        """Each request that was sent, in the order in which they ended."""
        with self._lock:
            return tuple(self._trace)

    def request(  # type: ignore[override]  # timeouts, redirects, TLS are not a caller's to choose
        self,
        method: str | bytes,
        url: str | bytes,
        params: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        **_not_the_callers: object,
    ) -> requests.Response:
        """Send by the policy; what the caller says of timeouts, TLS, redirects is not heeded."""
        verb = (method if isinstance(method, str) else method.decode("ascii")).upper()
        place = url if isinstance(url, str) else url.decode("utf-8")
        arguments = {"params": params, "data": data, "headers": headers, "json": json}
        return self._send(verb, place, arguments, TRIES if verb in self._repeatable else 1)

    def ask(self, url: str, body: object, headers: Mapping[str, str]) -> requests.Response:
        """POST a question as JSON, such as a GraphQL query; like a GET it is tried again."""
        return self._send("POST", url, {"json": body, "headers": headers}, TRIES)

    def _send(
        self, verb: str, place: str, arguments: Mapping[str, Any], tries: int
    ) -> requests.Response:
        label = failure.request_label(verb, place)
        if _origin(urlsplit(place)) != self._origin:
            cause = f"{self._service} links to another host, which is not asked"
            raise FetchError(failure.malformed(self._service, label, cause))
        for number in range(1, tries):
            try:
                return self._follow(verb, place, arguments)
            except FetchError as error:
                if not error.transient:
                    raise
                wait = self._wait(error, number)
                if wait >= self._budget.remaining():
                    raise failure.no_time_to_retry(self._service, label, error, wait) from None
            self._world.sleep(wait)
        return self._follow(verb, place, arguments)

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - as overridden
        """None, always: ``_follow`` looks at redirects, and the library would already fail here."""
        return None

    def _wait(self, error: FetchError, number: int) -> float:
        if error.retry_after is not None:
            return error.retry_after
        return BACKOFF_SECONDS * 2.0 ** (number - 1) * (0.5 + self._world.jitter() / 2)

    def _follow(self, verb: str, url: str, arguments: Mapping[str, Any]) -> requests.Response:
        """One try: the request and the redirects that stay at the same origin."""
        for _ in range(HOPS + 1):
            response = self._exchange(verb, url, arguments)
            label = failure.request_label(verb, url)
            if response.status_code not in _REDIRECTS:
                return self._accept(label, response)
            target = _target(url, response.headers.get("Location", ""))
            if verb not in SAFE or target is None or _origin(target) != self._origin:
                raise self._status_failure(label, response)
            url = target.geturl()
            arguments = {"headers": arguments.get("headers")}
        cause = f"{self._service} redirects more than {HOPS} times"
        raise FetchError(failure.malformed(self._service, label, cause))

    def _accept(self, label: str, response: requests.Response) -> requests.Response:
        if not 200 <= response.status_code < 300:
            raise self._status_failure(label, response)
        wanted = response.request.headers.get("Accept", "")
        bodiless = response.status_code == 204 or response.request.method == "HEAD"
        if not bodiless and "json" in wanted:
            reply.check_json(self._service, label, response)
        return response

    def _status_failure(self, label: str, response: requests.Response) -> FetchError:
        wait = reply.retry_after(response.headers, self._world.now())
        return failure.from_status(
            self._service,
            label,
            response.status_code,
            response.headers,
            wait,
            response.content,
            sent=credentials_in(response.request.headers),
        )

    def _exchange(self, verb: str, url: str, arguments: Mapping[str, Any]) -> requests.Response:
        """Send once and read the whole reply, both within the budget."""
        label = failure.request_label(verb, url)
        left = self._budget.remaining()
        if left <= 0:
            raise failure.out_of_budget(self._service, label, self._budget.spent_on)
        started = self._budget.monotonic()
        status = None
        try:
            response = self._within(left, label, lambda: self._read(verb, url, arguments, left))
            status = response.status_code
        except FetchError as error:
            status = error.status
            raise
        except OSError as error:  # requests' own errors are OSErrors, as is an unreadable CA file
            raise failure.from_transport(self._service, label, error) from None
        except (ValueError, urllib3.exceptions.HTTPError) as error:  # what requests lets through
            cause = f"{self._service} sent what is no HTTP ({type(error).__name__})"
            raise FetchError(failure.malformed(self._service, label, cause)) from None
        finally:
            if self._budget.remaining() <= 0:
                self._budget.spend_on(f"{label} of {self._service}")
            with self._lock:
                took = self._budget.monotonic() - started
                path = label.partition(" ")[2]
                self._trace.append(Request(self._service, verb, path, status, started, took))
        return response

    def _read(
        self, verb: str, url: str, arguments: Mapping[str, Any], left: float
    ) -> requests.Response:
        sent = self._world.now()
        response = super().request(
            verb,
            url,
            **arguments,
            stream=True,
            allow_redirects=False,
            timeout=(min(CONNECT_SECONDS, left), min(READ_SECONDS, left)),
            verify=self._ca,
        )
        reading = reply.clock_reading(self._service, response.headers, sent, self._world.now())
        body = reply.read_body(self._service, failure.request_label(verb, url), response)
        # requests offers no other way to bound a body and keep the rest of the Response
        response._content = body  # noqa: SLF001 see above
        response.encoding = "utf-8"
        if reading is not None:
            with self._lock:
                self._clocks.append(reading)
        return response

    def _within(
        self, seconds: float, label: str, call: Callable[[], requests.Response]
    ) -> requests.Response:
        """Run ``call``, and wait for it no longer than ``seconds``.

        Socket timeouts count from each byte received, so a reply that drips could take for ever;
        name resolution knows none at all. Hence a thread that is left behind: a daemon, which
        holds up nobody's exit.
        """
        answers: queue.SimpleQueue[requests.Response | BaseException] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put(call())
            except BaseException as error:  # noqa: BLE001 it is raised again by who waits
                answers.put(error)

        threading.Thread(target=run, name=f"gate-{self._service}", daemon=True).start()
        try:
            answer = answers.get(timeout=seconds)
        except queue.Empty:
            raise failure.out_of_budget(self._service, label) from None
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _target(url: str, location: str) -> SplitResult | None:
    """Where a redirect leads; None where that is nowhere, or where we are."""
    try:
        target = urlsplit(urljoin(url, location))
    except ValueError:
        return None
    return None if target.geturl() == url else target


def _origin(url: SplitResult) -> tuple[str, str, int | None]:
    """Scheme, host and port, the port filled in: what a redirect may not change."""
    try:
        port = url.port
    except ValueError:
        port = -1
    default = {"https": 443, "http": 80}.get(url.scheme)
    return url.scheme, (url.hostname or "").lower(), port or default
