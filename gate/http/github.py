"""What GitHub's replies about a run and about a change have in common: whose account it was.

The readers of the two may not import each other, and what one of them takes for two people must not
be one to the other.
"""

from __future__ import annotations

from gate.http.document import Document
from gate.model import Account, AccountKind

FORGE_LOGIN = "web-flow"  # the committer of whatever is written on the site
_KINDS = {"User": AccountKind.PERSON, "Bot": AccountKind.APP}


def account(user: Document) -> Account:
    """A user of the REST API. Logins are one whatever their case; apps may be shown as users."""
    login = user["login"].text()
    key = login.lower()
    kind = _KINDS.get(user["type"].text(), AccountKind.UNKNOWN)
    if key == FORGE_LOGIN or key.endswith("[bot]"):
        kind = AccountKind.APP
    return Account("github", key, kind, login)
