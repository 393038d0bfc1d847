"""The ``jira`` library's client under our session, and what Jira's refusals mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jira

from gate.http import FetchError, Wire
from gate.http.document import Document
from gate.http.failure import credentials_of, request_label
from gate.http.reply import parse_json
from gate.model import Problem, ProblemKind

CREATED = {"3": "issue/bulkfetch", "2": "search"}
_SERVICE_DESK = "{server}/rest/servicedeskapi/{path}"


class Client(jira.JIRA):
    """``jira.JIRA`` for reading, by our network policy.

    Its own session would wait for minutes and follow anything; ours takes its place before anything
    is sent. Replies are returned as documents: the library's resource objects set attributes by
    whatever names a reply has, and fail in many ways on one that is not as expected.
    """

    def __init__(self, wire: Wire, version: str) -> None:
        super().__init__(
            options={"server": wire.base_url, "rest_api_version": version},
            get_server_info=False,
            max_retries=0,
            logging=False,
        )
        self._session.close()
        self._on_cloud = version == "3"
        self._session = wire.session  # type: ignore[assignment]  # it asks for no more than get

    def read(self, path: str, params: Mapping[str, str | int] | None = None) -> Document:
        """A resource of the platform API; raises FetchError."""
        return Document(self._get_json(path, dict(params or {})))

    def read_service_desk(self, path: str, params: Mapping[str, str | int]) -> Document:
        """A resource of the Jira Service Management API; raises FetchError."""
        return Document(self._get_json(path, dict(params), base=_SERVICE_DESK))

    def read_created(self, keys: Sequence[str]) -> Document:
        """When those of these issues that are there were created; raises FetchError.

        Cloud has a resource for it, a POST that changes nothing. Data Center searches, and must be
        told to take no offence at a key that it does not know.
        """
        if self._on_cloud:
            url = self._get_url(CREATED["3"])
            body = {"issueIdsOrKeys": list(keys), "fields": ["created"]}
            return Document(parse_json(self._session.post(url, json=body).content))
        jql = f"issuekey in ({', '.join(keys)})"
        params: dict[str, str | int] = {
            "jql": jql,
            "fields": "created",
            "maxResults": len(keys),
            "validateQuery": "false",
        }
        return self.read(CREATED["2"], params)

    def created_label(self) -> str:
        """The request of ``read_created`` as messages name it."""
        method = "POST" if self._on_cloud else "GET"
        return request_label(method, self._get_url(CREATED["3" if self._on_cloud else "2"]))

    def label(self, path: str) -> str:
        """The request for ``path`` as messages name it."""
        return request_label("GET", self._get_url(path))

    def service_desk_label(self, path: str) -> str:
        """The request for ``path`` of Jira Service Management as messages name it."""
        return request_label("GET", self._get_url(path, _SERVICE_DESK))


def login_problem(error: FetchError, flavour: str) -> Problem:
    """Why ``/myself`` gave nobody: Jira answers nearly everything to a wrong token as to nobody.

    ``X-Seraph-LoginReason`` and ``X-Authentication-Denied-Reason`` tell the cases apart.
    """
    reason = error.headers.get("X-Seraph-LoginReason", "").upper()
    denied = error.headers.get("X-Authentication-Denied-Reason", "").upper()
    variables = credentials_of("jira") if flavour == "cloud" else "GATE_JIRA_TOKEN"
    kind, cause, remedy = ProblemKind.CREDENTIALS, "", ""
    if error.status in {401, 403} and ("CAPTCHA" in denied or "AUTHENTICATION_DENIED" in reason):
        cause = "Jira refuses the account until it solves a CAPTCHA, after too many failed logins"
        remedy = f"log in once in a browser as that account, then check {variables}"
    elif error.status in {401, 403} and "AUTHORISATION_FAILED" in reason:
        cause = "the credentials are right, and the account may not use this Jira"
        remedy = "give the account access to the product"
    elif error.status == 401 or (error.status == 403 and "AUTHENTICATED_FAILED" in reason):
        cause = "Jira did not accept the credentials; they are missing, wrong or expired"
        remedy = f"check {variables}, and tickets.jira.flavour, which is {flavour}"
    elif error.status == 404:
        kind = ProblemKind.MALFORMED
        cause = "there is no Jira at this URL, or of another flavour or version"
        remedy = f"check tickets.jira.url and tickets.jira.flavour, which is {flavour}"
    else:
        return error.problem
    return Problem(kind, "jira", error.problem.request, cause, remedy)


def missing_credentials(flavour: str, email: str, token: str) -> Problem | None:
    """What is wrong with the credentials before anybody is asked; None: nothing that shows."""
    wanted = {"GATE_JIRA_TOKEN": token}
    if flavour == "cloud":
        wanted = {"GATE_JIRA_EMAIL": email, "GATE_JIRA_TOKEN": token}
    for name, value in wanted.items():
        if not value:
            cause = f"{name} is not set"
        elif not (value.isascii() and value.isprintable()):
            cause = f"{name} holds a line break or another character that none can have"
        else:
            continue
        remedy = f"set {name} from the CI's secrets"
        return Problem(ProblemKind.CREDENTIALS, "jira", "log in", cause, remedy)
    return None
