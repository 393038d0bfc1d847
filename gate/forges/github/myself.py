"""Whose token GitHub is asked with: whoever holds it, such as a job, can decide in their name."""

from __future__ import annotations

from gate.http import FetchError, Wire, get_json
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed
from gate.http.github import account
from gate.model import Account, Maybe, ProblemKind

_PATH = "/user"
_OF_PEOPLE = ("ghp_", "gho_", "ghu_", "github_pat_")  # how the tokens of accounts begin


def fetch_own_account(wire: Wire, token: str) -> Maybe[Account | None]:
    """The account behind the token; None for an app's, which has none and may not ask for one."""
    try:
        return account(Document(get_json(wire, _PATH)))
    except FetchError as error:
        forbidden = error.status == 403 and error.problem.kind is ProblemKind.PERMISSION
        if forbidden and not token.startswith(_OF_PEOPLE):
            return None
        return error.problem
    except ShapeError as error:
        return malformed("github", f"GET {_PATH}", str(error))
