"""Which accounts are the same human, as far as that can be proved.

A person is one ``[[people]]`` entry of the policy. An account belongs to a person who lists its
key, or who lists the e-mail address that its service says is verified; an address in git metadata
belongs to the person who lists it. Everything else is unknown, and unknown is never "somebody
else": differing names, keys or addresses prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from gate.config.people import SYSTEMS
from gate.config.types import Policy
from gate.model import Account

GIT = "git"  # the system of a bare e-mail address in commit metadata
_CASELESS = frozenset({"github", "gitlab", "servicenow", GIT})
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Relation(StrEnum):
    """How two accounts relate as persons."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


class People:
    """The persons of a policy and what belongs to them."""

    def __init__(self, policy: Policy) -> None:
        self._groups = policy.groups
        self._one_account = frozenset(policy.one_account_per_person) - {GIT}
        self._by_account: dict[tuple[str, str], set[str]] = {}
        self._by_email: dict[str, set[str]] = {}
        for person in policy.people:
            for system, key in person.accounts.items():
                identity = _identity(Account(system, key))
                self._by_account.setdefault(identity, set()).add(person.name)
            for email in person.emails:
                self._by_email.setdefault(_fold(email), set()).add(person.name)

    def owner(self, account: Account) -> str | None:
        """The name of the one person that the account belongs to.

        None where nobody owns it, or where the policy and a verified address name different people.
        """
        owners = self.owners(account)
        return next(iter(owners)) if len(owners) == 1 else None

    def owners(self, account: Account) -> frozenset[str]:
        """The names of all whom the account belongs to: one lists it, or an address of its."""
        if not account.key:
            return frozenset()
        owners = set(self._by_account.get(_identity(account), ()))
        for address in _addresses(account):
            owners |= self._by_email.get(address, set())
        return frozenset(owners)

    def compare(self, one: Account, other: Account) -> Relation:
        """Whether two accounts are the same person: proved, disproved, or unknown."""
        if not one.key or not other.key:
            return Relation.UNKNOWN
        if same_account(one, other) or _addresses(one) & _addresses(other):
            return Relation.SAME
        mine, theirs = self.owners(one), self.owners(other)
        if len(mine) == 1 and len(theirs) == 1:
            return Relation.SAME if mine == theirs else Relation.DIFFERENT
        if len(mine) > 1 or len(theirs) > 1:
            return Relation.UNKNOWN
        if one.system == other.system and one.system in self._one_account:
            return Relation.DIFFERENT
        return Relation.UNKNOWN

    def members(self, names: Iterable[str]) -> frozenset[str]:
        """The persons behind names of groups and people. A name of both is the group."""
        return frozenset(
            person for name in names for person in self._groups.get(name, (name,)) if person
        )

    def allowed(self, account: Account, by: Iterable[str]) -> bool | None:
        """Whether the account's owner is among ``by``; None where nobody owns it."""
        owner = self.owner(account)
        return None if owner is None else owner in self.members(by)

    def line_for(self, account: Account) -> str:
        """The line that makes the account somebody's in a ``[[people]]`` entry, as TOML."""
        if account.system == GIT:
            return f"emails = [{_quoted(_fold(account.key))}]"
        system = account.system
        key = system if _BARE_KEY.fullmatch(system) else _quoted(system)
        return f"{key if system in SYSTEMS else f'accounts.{key}'} = {_quoted(account.key)}"


def same_account(one: Account, other: Account) -> bool:
    """Whether both are one account: the same key in the same system.

    GitHub and GitLab logins, ServiceNow user names and e-mail addresses are compared without regard
    to case, all other keys exactly.
    """
    return bool(one.key) and _identity(one) == _identity(other)


def _identity(account: Account) -> tuple[str, str]:
    key = _fold(account.key) if account.system in _CASELESS else account.key
    return account.system, key


def _addresses(account: Account) -> frozenset[str]:
    """Addresses that speak for the account: a verified one, or the one that it is."""
    given = (account.email, account.key if account.system == GIT else "")
    return frozenset(_fold(address) for address in given if address)


def _fold(text: str) -> str:
    """Lower case of ASCII letters only, so that no look-alike letter becomes one of them."""
    return text.translate(_LOWER)


def _quoted(text: str) -> str:
    """A TOML basic string."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08X}"
