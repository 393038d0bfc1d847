"""What GitHub shows of an account: the name and the address that its owner made public."""

from __future__ import annotations

import re

from gate.http import FetchError, Wire, get_json
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed
from gate.model import Maybe, Profile

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def fetch_profile(wire: Wire, login: str) -> Maybe[Profile]:
    """The profile of ``login``; what is no login is not asked for."""
    if not _LOGIN.fullmatch(login):
        return malformed("github", "GET /users/…", "this is no login of GitHub")
    asked = f"/users/{login}"
    try:
        user = Document(get_json(wire, asked))
        name, address = user.find("name"), user.find("email")
        return Profile(name.string() if name else "", address.string() if address else "")
    except FetchError as error:
        return error.problem
    except ShapeError as error:
        return malformed("github", f"GET {asked}", str(error))
