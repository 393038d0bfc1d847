"""Jira's users as accounts, for both flavours.

Cloud identifies a person by ``accountId``. Data Center has a user name, which people know and
``gate.toml`` lists, and a key, which changelogs use and which outlives a renaming: the name is an
account's key here (the key, where no name is shown), and both count as its ids. E-mail addresses
are left out, as Jira does not say which of them it verified.
"""

from __future__ import annotations

from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.model import Account, AccountKind

_KINDS = {
    "atlassian": AccountKind.PERSON,
    "customer": AccountKind.PERSON,
    "app": AccountKind.APP,
}


@dataclass(frozen=True, slots=True)
class User:
    """An account, and every id by which the changelog may call it."""

    account: Account
    ids: frozenset[str]


def parse_user(value: Document, flavour: str) -> User:
    """A user object. Raises ShapeError where nothing in it identifies the account.

    Only Cloud says what is a person (``accountType``); where it does not, as in the replies of Jira
    Service Management, only people can be meant.
    """
    shown = value.find("displayName")
    name = shown.string() if shown else ""
    if flavour == "cloud":
        key = value["accountId"].text()
        said = value.find("accountType")
        kind = _KINDS.get(said.string(), AccountKind.UNKNOWN) if said else AccountKind.PERSON
        return User(Account("jira", key, kind, name), frozenset({key}))
    ids = [part.text() for part in (value.find("name"), value.find("key")) if part is not None]
    if not ids:
        raise ShapeError(f"{value.place}.name is missing or null")
    return User(Account("jira", ids[0], AccountKind.PERSON, name), frozenset(ids))


def parse_person(parent: Document, field: str, flavour: str) -> User | None:
    """The user in ``field``; None where it is absent or null, as with deleted users."""
    value = parent.find(field)
    return None if value is None else parse_user(value, flavour)
