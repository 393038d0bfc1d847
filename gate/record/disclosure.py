"""The disclosure: what opens a record's commitments, kept where it can be erased.

One canonical JSON object for each record, stored under the SHA-256 of the record's log entry:

    {"entry":"<64 hex digits>",
     "labels":{"p1":{"bytes":"…","salt":"<64 hex digits>"},"t1":{…}},
     "policy":"<the text of gate.toml>",
     "version":"gate/disclosure/v1"}

``bytes`` is UTF-8 text (``labels`` says of what). Erasing the object takes the names away and
leaves every signature and proof as it was. A reader that has it checks each commitment: it matches,
or the disclosure was altered.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from typing import Annotated, Any

from gate.frozen import dataclass
from gate.model import Account, AccountKind
from gate.record import codec
from gate.record.canonical import decode, digest_of, encode
from gate.record.errors import AlteredError, MalformedRecordError
from gate.record.labels import Labels, Opening, commitment
from gate.record.predicates import Label, Sha256
from gate.record.specs import Form

VERSION = "gate/disclosure/v1"
MAX_DISCLOSURE = 50_000_000  # bytes
_ANY = r"[\s\S]*"


@dataclass(frozen=True, slots=True)
class _OpeningPart:
    bytes: Annotated[str, Form(_ANY, MAX_DISCLOSURE)]
    salt: Sha256


@dataclass(frozen=True, slots=True)
class _DisclosurePart:
    version: Annotated[str, Form(VERSION, 40)]
    entry: Sha256
    labels: Mapping[Label, _OpeningPart]
    policy: Annotated[str, Form(_ANY, MAX_DISCLOSURE)]


@dataclass(frozen=True, slots=True)
class Person:
    """Who a p-label is, and the accounts that the record met.

    ``owner`` is the person's name in the policy; None where nobody owns the account.
    """

    owner: str | None
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Salts and bytes of a record's labels, and the policy's text, under the entry's digest."""

    entry: str
    openings: Mapping[str, Opening]
    policy: str

    @classmethod
    def of(cls, entry: bytes, labels: Labels, policy: str) -> Disclosure:
        """The disclosure of a sealed record."""
        return cls(digest_of(entry), labels.openings(), policy)

    def to_json(self) -> bytes:
        """The canonical bytes."""
        labels = {
            label: _OpeningPart(opening.content.decode("utf-8"), opening.salt.hex())
            for label, opening in self.openings.items()
        }
        return encode(codec.write(_DisclosurePart(VERSION, self.entry, labels, self.policy)))

    def check(self, entry_sha256: str, commitments: Mapping[str, str], policy_sha256: str) -> None:
        """Hold it against a record: every label of both, and the policy.

        AlteredError names what does not fit. Disclosing less than the record committed to is
        altering too: to forget, erase the whole object.
        """
        if self.entry != entry_sha256:
            raise AlteredError("disclosure: it is of another log entry")
        if self.openings.keys() != commitments.keys():
            raise AlteredError("disclosure: its labels are not those of the record")
        for label, opening in self.openings.items():
            if commitment(opening.salt, opening.content) != commitments[label]:
                raise AlteredError(f"disclosure: {label} is not what the record committed to")
        if digest_of(self.policy.encode()) != policy_sha256:
            raise AlteredError("disclosure: the policy is not the one that judged")

    def text(self, label: str) -> str:
        """The text of a t-label; KeyError for a label that is not here."""
        return self.openings[label].content.decode("utf-8")

    def person(self, label: str) -> Person:
        """The person of a p-label.

        KeyError for a label that is not here, AlteredError for bytes that are no person.
        """
        content = self.openings[label].content
        try:
            value = json.loads(content)
            accounts = tuple(_account(item) for item in value["accounts"])
            owner = value["owner"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise AlteredError(f"disclosure: {label} holds no person") from error
        if not (owner is None or isinstance(owner, str)):
            raise AlteredError(f"disclosure: {label} holds no person")
        return Person(owner, accounts)


def _account(item: Mapping[str, Any]) -> Account:
    values = {name: item[name] for name in ("system", "key", "name", "email")}
    if not all(isinstance(value, str) for value in values.values()):
        raise TypeError("not texts")
    return Account(kind=AccountKind(item["kind"]), **values)


def parse_disclosure(data: bytes) -> Disclosure:
    """The disclosure of canonical bytes; AlteredError for any other."""
    try:
        body = decode(data, limit=MAX_DISCLOSURE, what="disclosure")
        part = codec.read(_DisclosurePart, body, "disclosure")
    except MalformedRecordError as error:
        raise AlteredError(f"disclosure: {error.message}") from error
    openings = {
        label: Opening(bytes.fromhex(opening.salt), opening.bytes.encode("utf-8"))
        for label, opening in part.labels.items()
    }
    return Disclosure(part.entry, types.MappingProxyType(openings), part.policy)
