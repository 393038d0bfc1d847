"""How GitLab says no."""

from __future__ import annotations

from datetime import datetime

from gate.demo.wire import Reply

MESSAGES = {
    400: "400 Bad request",
    401: "401 Unauthorized",
    403: "403 Forbidden",
    404: "404 Not Found",
    409: "409 Conflict",
    422: "422 Unprocessable Entity",
    429: "429 Too Many Requests",
    500: "500 Internal Server Error",
}
DEPLOYING = b"<!DOCTYPE html><html><body><h1>502</h1><p>Whoops, GitLab is taking too much time to\
 respond.</p></body></html>"


def refusal(status: int, what: str = "") -> Reply:
    """An error with GitLab's one member; ``what`` is not found, or another message."""
    message = f"404 {what} Not Found" if status == 404 and what else what
    return Reply({"message": message or MESSAGES.get(status, f"{status} Error")}, status)


def insufficient_scope() -> Reply:
    """What a token gets whose scopes do not reach so far."""
    words = "The request requires higher privileges than provided by the access token."
    return Reply(
        {"error": "insufficient_scope", "error_description": words, "scope": "api read_api"}, 403
    )


def error(status: int, now: datetime) -> Reply:
    """The error reply of a status, as a fault shows it."""
    if status in {502, 503, 504}:
        return Reply(DEPLOYING, status, content_type="text/html; charset=utf-8")
    if status == 429:
        limits = {
            "RateLimit-Limit": "600",
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(int(now.timestamp()) + 30),
        }
        return Reply(b"Retry later\n", 429, limits, "text/plain")
    return refusal(status)
