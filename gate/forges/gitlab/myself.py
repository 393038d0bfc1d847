"""Whose token GitLab is asked with: whoever holds it, such as a job, can decide in their name."""

from __future__ import annotations

from gate.http import FetchError, Wire, get_json
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed
from gate.http.gitlab import account, told_of_scope
from gate.model import Account, Maybe

_PATH = "/user"


def fetch_own_account(wire: Wire) -> Maybe[Account | None]:
    """The account behind the token: project and group tokens have one, too."""
    try:
        return account(Document(get_json(wire, _PATH)))
    except FetchError as error:
        return told_of_scope(error)
    except ShapeError as error:
        return malformed("gitlab", f"GET {_PATH}", str(error))
