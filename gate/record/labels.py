"""Labels: how a record names people and what they typed without holding either.

A person is ``p1``, ``p2`` … in order of appearance: one label for each person of the policy's
``[[people]]``, and one for each account that nobody owns. A text is ``t1``, ``t2`` …, one for each
different text. To each label belongs a commitment SHA-256(salt ‖ bytes) with a random 32-byte salt
of its own, so that nobody can find the name behind it by trying names. The bytes of a text are its
UTF-8; those of a person are the canonical JSON

    {"accounts":[{"email":"","key":"…","kind":"person","name":"…","system":"jira"}],"owner":"alice"}

with ``owner`` null where nobody owns the account.

A service, or a person in a ticket, may tell one of gate's secrets back. What was read from outside
comes into a record by the methods of ``Labels`` only, and they redact it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping

from gate.frozen import dataclass
from gate.model import Account, Free
from gate.record import predicates
from gate.record.canonical import encode

SALT_SIZE = 32


def commitment(salt: bytes, content: bytes) -> str:
    """SHA-256(salt ‖ content) in lower-case hex."""
    return hashlib.sha256(salt + content).hexdigest()


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment: the salt and the bytes."""

    salt: bytes
    content: bytes


def _random_salt() -> bytes:
    return secrets.token_bytes(SALT_SIZE)


class Labels:
    """The labels of one record, given out as the record is written.

    ``owner`` says which person of the policy owns an account (``gate.identity``); ``redact`` takes
    gate's secrets out of a text (``Secrets.redactor``). Ask for
    ``commitments`` and ``openings`` when all labels are given out: a person's bytes name every
    account of theirs that the record met.
    """

    def __init__(
        self,
        owner: Callable[[Account], str | None],
        salt: Callable[[], bytes] = _random_salt,
        redact: Callable[[str], str] = str,
    ) -> None:
        self._owner = owner
        self._redact = redact
        self._salt = salt
        self._persons: dict[tuple[str, ...], str] = {}
        self._accounts: dict[str, list[Account]] = {}
        self._owners: dict[str, str | None] = {}
        self._texts: dict[str, str] = {}
        self._salts: dict[str, bytes] = {}

    def person(self, account: Account) -> str:
        """The p-label of whoever stands behind ``account``."""
        owner = self._owner(account)
        key = (owner,) if owner is not None else (account.system, account.key)
        label = self._persons.get(key)
        if label is None:
            label = self._persons[key] = f"p{len(self._persons) + 1}"
            self._owners[label] = owner
            self._accounts[label] = []
            self._salts[label] = self._salt()
        if account not in self._accounts[label]:
            self._accounts[label].append(account)
        return label

    def text(self, text: Free | str) -> str:
        """The t-label of a text."""
        content = self._redact(text.text if isinstance(text, Free) else text)
        label = self._texts.get(content)
        if label is None:
            label = self._texts[content] = f"t{len(self._texts) + 1}"
            self._salts[label] = self._salt()
        return label

    def plain(self, text: str) -> str:
        """A name that gets no label, as one line."""
        return predicates.plain(self._redact(text))

    def openings(self) -> Mapping[str, Opening]:
        """Salt and bytes of every label, persons first."""
        contents = {label: self._person_bytes(label) for label in self._accounts}
        contents |= {
            label: text.encode("utf-8", "backslashreplace") for text, label in self._texts.items()
        }
        return {label: Opening(self._salts[label], content) for label, content in contents.items()}

    def commitments(self) -> Mapping[str, str]:
        """The commitment of every label in lower-case hex."""
        return {
            label: commitment(opening.salt, opening.content)
            for label, opening in self.openings().items()
        }

    def _person_bytes(self, label: str) -> bytes:
        accounts = [
            {
                "system": account.system,
                "key": self._redact(account.key),
                "kind": account.kind.value,
                "name": self._redact(account.name),
                "email": self._redact(account.email),
            }
            for account in self._accounts[label]
        ]
        return encode({"owner": self._owners[label], "accounts": accounts})
