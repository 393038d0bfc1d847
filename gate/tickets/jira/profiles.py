"""What Jira shows of an account: its name, and an address where its owner lets it be seen.

Jira does not say whether it verified the address, so it proves nothing; it helps people to
recognise each other.
"""

from __future__ import annotations

from gate.http import FetchError, get_json
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed
from gate.model import Maybe, Profile
from gate.tickets.jira.reader import JiraReader


class JiraProfiles:
    """Asks a Jira about users, through a reader's line to it."""

    def __init__(self, reader: JiraReader) -> None:
        self._reader = reader

    def fetch_profile(self, key: str) -> Maybe[Profile]:
        """The profile of the account that Jira identifies by ``key``."""
        return fetch_profile(self._reader, key)

    def close(self) -> None:
        """Give the connections back."""
        self._reader.close()


def fetch_profile(reader: JiraReader, key: str) -> Maybe[Profile]:
    """The profile of the account that Jira identifies by ``key``."""
    cloud = reader.flavour == "cloud"
    path = "/rest/api/3/user" if cloud else "/rest/api/2/user"
    try:
        user = Document(get_json(reader.wire, path, {"accountId" if cloud else "username": key}))
        return Profile(_shown(user, "displayName"), _shown(user, "emailAddress"))
    except FetchError as error:
        return error.problem
    except ShapeError as error:
        return malformed("jira", f"GET {path}", str(error))


def _shown(user: Document, field: str) -> str:
    value = user.find(field)
    return value.string() if value else ""
