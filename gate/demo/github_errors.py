"""How GitHub says no."""

from __future__ import annotations

from datetime import datetime

from gate.demo.wire import Reply

DOCUMENTATION = "https://docs.github.com/rest"
MESSAGES = {
    401: "Bad credentials",
    403: "Resource not accessible by integration",
    404: "Not Found",
    409: "Git Repository is empty.",
    422: "Validation Failed",
    429: "You have exceeded a secondary rate limit. Please wait a few minutes.",
    500: "Server Error",
}
UNICORN = b"<!DOCTYPE html><html><body><p>Unicorn!</p><p>No server is available</p></body></html>"


def refusal(status: int, message: str = "") -> Reply:
    """An error with GitHub's three members."""
    text = message or MESSAGES.get(status, "Server Error")
    return Reply(
        {"message": text, "documentation_url": DOCUMENTATION, "status": str(status)}, status
    )


def error(status: int, now: datetime) -> Reply:
    """The error reply of a status, as a fault shows it. 429 is told by its reset (Unix seconds)."""
    if status in {502, 503, 504}:
        return Reply(UNICORN, status, content_type="text/html; charset=utf-8")
    reply = refusal(status)
    if status != 429:
        return reply
    reset = str(int(now.timestamp()) + 30)
    limits = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    return Reply(reply.body, 429, limits)


def unresolved(what: str) -> Reply:
    """GraphQL answers 200 also where there is nothing."""
    message = f"Could not resolve to a {what}."
    return Reply(
        {"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": message}]}
    )
