"""What a failed request is told as: seen, likely cause, fix. All the templates stand here.

Nothing that a service sent is quoted, and no query string, so no secret and no text of somebody
outside can be in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests

from gate.errors import UndeterminedError
from gate.model import Problem, ProblemKind

# status -> kind, cause, remedy
_STATUS: Mapping[int, tuple[ProblemKind, str, str]] = {
    401: (
        ProblemKind.CREDENTIALS,
        "{service} did not accept the credentials (401); they are missing, wrong or expired",
        "check {variables}; issue a new token if it has expired",
    ),
    403: (
        ProblemKind.PERMISSION,
        "{service} knows the credentials and forbids this (403)",
        "give the account behind {variables} read access to it",
    ),
    404: (
        ProblemKind.HIDDEN,
        "{service} says it does not exist (404), which can also mean that it is hidden from us",
        "check the URL, and that the account behind {variables} may see it",
    ),
    407: (
        ProblemKind.UNAVAILABLE,
        "the proxy wants credentials (407)",
        "put them into the proxy's URL in HTTPS_PROXY",
    ),
    429: (
        ProblemKind.UNAVAILABLE,
        "{service} limits how often we may ask (429)",
        "run again {when}, or raise the rate limit of the account behind {variables}",
    ),
}
_REFUSED = (
    ProblemKind.MALFORMED,
    "{service} refused the request ({status})",
    "check the service's URL in gate.toml and that its version is supported",
)
_DOWN = (
    ProblemKind.UNAVAILABLE,
    "{service} failed to answer ({status}); it is down or overloaded",
    "look at the service's status page and run again {when}",
)
_SLOW = "run again; raise network.budget in gate.toml if the service is always this slow"
_ELSEWHERE = (
    ProblemKind.MALFORMED,
    "{service} redirects to another place{place}; a login page, or the URL has changed",
    "put the service's own API URL into gate.toml",
)

_VARIABLES: Mapping[str, str] = {
    "jira": "GATE_JIRA_EMAIL and GATE_JIRA_TOKEN",
    "servicenow": "GATE_SERVICENOW_USER and GATE_SERVICENOW_PASSWORD (or GATE_SERVICENOW_TOKEN)",
    "github": "GITHUB_TOKEN",
    "gitlab": "GITLAB_TOKEN",
    "jenkins": "GATE_JENKINS_USER and GATE_JENKINS_TOKEN",
}

_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_ELSEWHERE_HOST = re.compile(r"(?:https?:)?//([A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?)(?:[/?#]|$)")
_SHORTEST_SECRET = 6  # a shorter text occurs by chance
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")


class FetchError(UndeterminedError):
    """A request that brought no usable reply. ``problem`` says why, fit to be shown and recorded.

    ``status`` and ``headers`` are those of the reply, None and empty where there was none.
    ``transient``: asking again may help; ``retry_after``: seconds the service asked us to wait.
    ``content``: the reply's body, for protocols whose error replies say something; never shown.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        transient: bool = False,
        retry_after: float | None = None,
        content: bytes = b"",
    ) -> None:
        super().__init__(
            f"{problem.service}: {problem.request}: {problem.cause}", remedy=problem.remedy
        )
        self.problem = problem
        self.status = status
        self.headers: Mapping[str, str] = headers if headers is not None else {}
        self.transient = transient
        self.retry_after = retry_after
        self.content = content


def credentials_of(service: str) -> str:
    """The environment variables that hold the service's credentials, as prose."""
    return _VARIABLES.get(service, f"the credentials for {service}")


def request_label(method: str, url: str) -> str:
    """Method and path, at most 200 characters; never the query, which may hold secrets."""
    path = _UNPRINTABLE.sub("?", urlsplit(url).path) or "/"
    return f"{method} {path}"[:200]


def malformed(service: str, request: str, cause: str, remedy: str = "") -> Problem:
    """A reply that is not what the service's documentation says."""
    return Problem(
        ProblemKind.MALFORMED,
        service,
        request,
        cause,
        remedy or "check the service's URL in gate.toml; a proxy or login page may answer for it",
    )


def unavailable(service: str, request: str, cause: str, remedy: str = "") -> Problem:
    """A service that could not be reached, or not in time."""
    return Problem(
        ProblemKind.UNAVAILABLE,
        service,
        request,
        cause,
        remedy or "check that the service is up and reachable from here, and run again",
    )


def out_of_budget(service: str, request: str, spent_on: str = "") -> FetchError:
    """No time is left to wait for the reply; or to ask at all, as it was ``spent_on`` another."""
    cause = (
        f"was not asked any more: the time budget was spent on {spent_on}"
        if spent_on
        else "the time budget was spent before the reply was there"
    )
    return FetchError(unavailable(service, request, cause, _SLOW))


def no_time_to_retry(service: str, request: str, last: FetchError, wait: float) -> FetchError:
    """After the ``last`` failure it is to be asked again in ``wait`` seconds: too late."""
    cause = f"{last.problem.cause}, and the time budget leaves no room to wait"
    asked = last.retry_after is not None
    if asked:
        cause += f" the {wait:.0f} s that it asks for"
    return FetchError(
        unavailable(service, request, cause, last.problem.remedy if asked else _SLOW),
        status=last.status,
        headers=last.headers,
        retry_after=last.retry_after,
    )


def from_transport(service: str, request: str, error: BaseException) -> FetchError:
    """An exception of the HTTP library. Its own text is not used: it quotes whole URLs."""
    if isinstance(error, requests.exceptions.SSLError):
        cause = f"the TLS certificate of {service} could not be verified"
        remedy = (
            "name the CA that signed it with network.ca in gate.toml; the environment's is not used"
        )
        return FetchError(unavailable(service, request, cause, remedy))
    if isinstance(error, requests.exceptions.ProxyError):
        cause = f"the proxy did not let us through to {service}"
        remedy = "check HTTPS_PROXY and NO_PROXY"
        return FetchError(unavailable(service, request, cause, remedy), transient=True)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        cause = f"{service} could not be connected to in time"
        return FetchError(unavailable(service, request, cause), transient=True)
    if isinstance(error, requests.exceptions.Timeout):
        cause = f"{service} took the request and did not answer in time"
        return FetchError(unavailable(service, request, cause), transient=True)
    if isinstance(
        error,
        requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError,
    ):
        cause = f"the reply of {service} broke off or cannot be decoded"
        return FetchError(unavailable(service, request, cause), transient=True)
    if isinstance(error, requests.exceptions.ConnectionError):
        cause = f"{service} could not be reached: no connection, or it was reset"
        return FetchError(unavailable(service, request, cause), transient=True)
    if isinstance(error, requests.exceptions.RequestException):
        cause = f"{service} could not be asked ({type(error).__name__})"
        return FetchError(unavailable(service, request, cause))
    cause = "the CA bundle cannot be read"
    return FetchError(unavailable(service, request, cause, "correct ca in gate.toml"))


def _has_part_of(host: str, sent: str) -> bool:
    """Whether a label of the host stands in what was sent, whatever its case."""
    return any(
        len(label) >= _SHORTEST_SECRET and label in sent.lower()
        for label in host.lower().split(".")
    )


def from_status(
    service: str,
    request: str,
    status: int,
    headers: Mapping[str, str],
    retry_after: float | None,
    content: bytes = b"",
    sent: str = "",
) -> FetchError:
    """A reply whose status is neither success nor a redirect that may be followed.

    ``sent`` are the credentials that went out: a host that has part of them is not shown.
    """
    limited = status == 403 and (
        "Retry-After" in headers or headers.get("X-RateLimit-Remaining") == "0"
    )
    place = ""
    if 300 <= status < 400:
        kind, cause, remedy = _ELSEWHERE
        host = _ELSEWHERE_HOST.match(headers.get("Location", ""))
        place = f" ({host[1]})" if host and not _has_part_of(host[1], sent) else ""
    elif limited:
        kind, cause, remedy = _STATUS[429]
        cause = cause.replace("429", "403")
    elif status in _STATUS:
        kind, cause, remedy = _STATUS[status]
    else:
        kind, cause, remedy = _DOWN if status >= 500 else _REFUSED
    when = "later" if retry_after is None else f"in {max(1, round(retry_after))} s"
    words = {"service": service, "status": status, "place": place}
    return FetchError(
        Problem(
            kind,
            service,
            request,
            cause.format(**words),
            remedy.format(variables=credentials_of(service), when=when),
        ),
        status=status,
        headers=headers,
        transient=limited or status in _TRANSIENT,
        retry_after=retry_after,
        content=content,
    )
