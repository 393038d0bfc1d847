"""How Jira says no, for each status, on Cloud and Data Center."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gate.demo.jira_state import Flavour
from gate.demo.wire import Reply

UNAUTHENTICATED = "Client must be authenticated to access this resource."
NO_ISSUE = "Issue does not exist or you do not have permission to see it."
NO_REQUEST = "The request does not exist or you do not have permission to view it."
GATEWAY_PAGE = b"<html><head><title>%d</title></head><body><h1>%d</h1></body></html>"


def messages(status: int, *texts: str) -> Reply:
    """The platform API's error collection."""
    return Reply({"errorMessages": list(texts), "errors": {}}, status)


def missing_issue() -> Reply:
    """An issue that is not there, or not for this reader: one answer for both."""
    return messages(404, NO_ISSUE)


def missing_project(key: str) -> Reply:
    """A project that is not there, or not for this reader."""
    return messages(404, f"No project could be found with key '{key}'.")


def missing_request() -> Reply:
    """Jira Service Management's answer for anything that is not a visible request."""
    key: dict[str, Any] = {"i18nKey": "sd.customerrequest.error.not.found", "parameters": []}
    return Reply({"errorMessage": NO_REQUEST, "i18nErrorMessage": key}, 404)


def no_such_path(path: str) -> Reply:
    """A path that this flavour does not have."""
    return Reply({"message": f"null for uri: {path}", "status-code": 404}, 404)


def unauthenticated() -> Reply:
    """Credentials are needed, or were refused."""
    return Reply({"message": UNAUTHENTICATED, "status-code": 401}, 401)


def error(flavour: Flavour, status: int, now: datetime) -> Reply:
    """The error reply of a status, as a fault shows it."""
    match status:
        case 401:
            return unauthenticated()
        case 403:
            return messages(403, "You do not have permission to perform this operation.")
        case 404:
            return missing_issue()
        case 429 if flavour == "cloud":
            reset = f"{now + timedelta(seconds=30):%Y-%m-%dT%H:%MZ}"
            limits = {"X-RateLimit-Limit": "40", "X-RateLimit-Remaining": "0"}
            reply = messages(429, "Rate limit exceeded.")
            return Reply(reply.body, 429, limits | {"X-RateLimit-Reset": reset})
        case 429:
            return Reply({"message": "Rate limit exceeded."}, 429)
        case 502 | 503:
            return Reply(GATEWAY_PAGE % (status, status), status, content_type="text/html")
        case _:
            return messages(status, "Internal server error")
