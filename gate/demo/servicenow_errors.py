"""How a ServiceNow instance says no."""

from __future__ import annotations

from gate.demo.wire import Reply

_TEXTS = {
    400: ("Invalid table", ""),
    401: ("User Not Authenticated", "Required to provide Auth information"),
    403: (
        "User Not Authorized",
        "Failed API level ACL Validation",
    ),
    404: ("No Record found", "Record doesn't exist or ACL restricts the record retrieval"),
    409: ("Operation Failed", "Conflict"),
    429: ("Rate limit exceeded", "Rejected by rate limit"),
    500: ("Internal Server Error", ""),
}
HIBERNATING = (
    b"<!DOCTYPE html><html><head><title>Instance Hibernating page</title></head>"
    b"<body>Your instance is hibernating.</body></html>"
)
LOGIN = (
    b"<!DOCTYPE html><html><head><title>ServiceNow</title></head>"
    b'<body><form action="login.do"></form></body></html>'
)
_GATEWAY = b"<html><head><title>%d</title></head><body><h1>%d</h1></body></html>"


def error(status: int) -> Reply:
    """The error reply of a status."""
    if status in {502, 503, 504}:
        return Reply(_GATEWAY % (status, status), status, content_type="text/html")
    message, detail = _TEXTS.get(status, ("Operation Failed", ""))
    body = {"error": {"message": message, "detail": detail}, "status": "failure"}
    headers = {"WWW-Authenticate": 'BASIC realm="Service-now"'} if status == 401 else {}
    return Reply(body, status, headers)


def page(body: bytes) -> Reply:
    """A page for people, with status 200."""
    return Reply(body, content_type="text/html;charset=UTF-8")
