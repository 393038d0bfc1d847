"""What can go wrong with a reply: the faults a simulator can be told to show.

A ``Fault`` is a value; ``Simulator.fault`` says on which requests it strikes. The functions here
make them, and the pure ones at the end spoil a reply's body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "slow",
    "hang",
    "reset",
    "status",
    "html",
    "empty",
    "truncated",
    "wrong_types",
    "huge",
    "redirect",
    "stale",
    "hidden",
    "clock",
    "replace",
]

ROW_LISTS = (
    *("values", "histories", "approvers", "issues"),  # Jira
    *("commits", "workflow_runs", "nodes"),  # GitHub
    *("approved_by", "diffs"),  # GitLab
    "result",  # ServiceNow
    *("actions", "causes", "remoteUrls"),  # Jenkins
)
HUGE_BYTES = 11_000_000
PLAIN_KINDS: tuple[Kind, ...] = (
    "hang",
    "reset",
    "html",
    "empty",
    "truncated",
    "wrong_types",
    "huge",
    "stale",
    "hidden",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One way for a reply to go wrong.

    ``seconds`` belongs to "slow" and "clock", ``target`` to "redirect", ``body`` to "replace",
    ``code`` and ``retry_after`` to "status"; the latter is sent as it stands, but "date:N" becomes
    an HTTP date N seconds ahead.
    """

    kind: Kind
    seconds: float = 0.0
    code: int = 0
    retry_after: str = ""
    target: str = ""
    body: Any = None


def plain(kind: Kind) -> Fault:
    """A fault that needs no more than its name."""
    if kind not in PLAIN_KINDS:
        raise ValueError(f"{kind!r} needs arguments: use the function of that name in faults")
    return Fault(kind)


def slow(seconds: float) -> Fault:
    """The right answer, ``seconds`` late."""
    return Fault("slow", seconds=seconds)


def hang() -> Fault:
    """No answer at all until the simulator stops."""
    return Fault("hang")


def reset() -> Fault:
    """The connection is torn down (TCP RST) instead of an answer."""
    return Fault("reset")


def status(
    code: int, *, retry_after: float | str | None = None, date_in: int | None = None
) -> Fault:
    """An error status with a body of the service's own shape.

    ``retry_after`` is sent as given (a number of seconds or any text); ``date_in`` sends
    Retry-After as an HTTP date that many seconds ahead of the simulator's clock.
    """
    header = "" if retry_after is None else str(retry_after)
    return Fault(
        "status", code=code, retry_after=f"date:{date_in}" if date_in is not None else header
    )


def html() -> Fault:
    """Status 200 and a login page, as proxies and sleeping instances give."""
    return Fault("html")


def empty() -> Fault:
    """Status 200 and not one byte of body."""
    return Fault("empty")


def truncated() -> Fault:
    """Half the body under the full Content-Length, then the connection ends."""
    return Fault("truncated")


def wrong_types() -> Fault:
    """JSON whose every value has another type than it should."""
    return Fault("wrong_types")


def huge() -> Fault:
    """A JSON string of more than 10 MB, streamed without Content-Length."""
    return Fault("huge")


def redirect(target: str) -> Fault:
    """302 to ``target``, an absolute URL, usually of another host."""
    return Fault("redirect", target=target)


def stale() -> Fault:
    """The body that the same path was last answered with, whatever the query.

    That is an old state, or page one again in place of page two; a path that was never answered
    gets the fresh answer.
    """
    return Fault("stale")


def hidden() -> Fault:
    """The last row of every list is missing, while totals stay as they are."""
    return Fault("hidden")


def clock(seconds: float) -> Fault:
    """The Date header is ahead (or, negative, behind) by ``seconds``."""
    return Fault("clock", seconds=seconds)


def replace(body: Any) -> Fault:
    """Status 200 with this JSON body instead."""
    return Fault("replace", body=body)


def with_wrong_types(value: Any) -> Any:
    """``value`` with every leaf of another JSON type; objects keep their keys."""
    match value:
        case dict():
            return {key: with_wrong_types(member) for key, member in value.items()}
        case list():
            return {"0": with_wrong_types(value[0])} if value else {}
        case bool() | None:
            return [value]
        case int() | float():
            return f"{value}-ish"
        case _:
            return 7


def with_hidden_rows(value: Any) -> Any:
    """``value`` without the last row of each list of rows; everything else as it was."""
    if isinstance(value, list):
        return value[:-1]
    if isinstance(value, dict):
        return {key: _hide(key, member) for key, member in value.items()}
    return value


def _hide(key: str, member: Any) -> Any:
    if key in ROW_LISTS and isinstance(member, list):
        return member[:-1]
    return with_hidden_rows(member) if isinstance(member, dict) else member
