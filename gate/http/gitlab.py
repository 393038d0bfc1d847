"""What GitLab's replies have in common, of what is asked about a run, a change or a ticket.

The readers of the three may not import each other, and what one of them takes for two people must
not be one to the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from gate.http.document import Document
from gate.http.failure import FetchError
from gate.model import Account, AccountKind, Problem

# GitLab puts its ghost user where an account was deleted; a number follows where the name was taken
_GHOST = re.compile(r"ghost[0-9]*")
# accounts that GitLab makes for project and group tokens, and its own
_BOT = re.compile(
    r"(project|group)_[0-9]+_bot[0-9]*(_[0-9a-f]+)?|service_account_.+"
    r"|(support|alert|security|automation|admin|suggested-reviewers)-bot[0-9]*|gitlab-duo.*"
)


def account(user: Document) -> Account | None:
    """A user of the REST API; None for the ghost. User names are one whatever their case."""
    username = user["username"].text()
    key = username.lower()
    if _GHOST.fullmatch(key):
        return None
    kind = AccountKind.APP if _BOT.fullmatch(key) else AccountKind.PERSON
    return Account("gitlab", key, kind, username)


def count(headers: Mapping[str, str], name: str) -> int | None:
    """The number in a header of a page ("X-Total"); None where it is not told."""
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def told_of_scope(error: FetchError) -> Problem:
    """The session's Problem; where GitLab says that the token's scopes do not reach, this too."""
    if error.status == 403 and b"insufficient_scope" in error.content:
        return replace(error.problem, remedy="give GITLAB_TOKEN the scope read_api")
    return error.problem
