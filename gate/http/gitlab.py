"""What GitLab's replies about a run and about a change have in common: whose account it was.

The readers of the two may not import each other, and what one of them takes for two people must not
be one to the other.
"""

from __future__ import annotations

import re

from gate.http.document import Document
from gate.model import Account, AccountKind

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
