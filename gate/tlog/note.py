"""Text with signatures under it (C2SP signed-note).

A note is a text that ends in LF, an empty line, and one or more signature lines::

    This is an example message.

    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

The text includes its last LF and may hold empty lines: the last empty line of the note divides. A
signature line is an em dash (U+2014), a space, the key's name, a space, base64(key ID ||
signature), LF. All of it is UTF-8 without control characters but LF. The signature is over the
text; how, is a matter of the key's type (``keys``).

The line above decodes to the key ID ``530d903a`` and 64 bytes of Ed25519 signature, which the key
``example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k`` verifies.

Whoever opens a note says which keys are trusted, and learns one of:

- a trusted key signed it, and every signature in a trusted key's name and ID verifies;
- ``MalformedError``: it is not a note;
- ``BadSignatureError``: a signature with a trusted key's name and ID does not verify. That rejects
  the note, whatever else stands under it;
- ``UnknownKeyError``: no trusted key signed it, but a signature bears a trusted key's *name* with
  another key ID: the key was replaced, or somebody poses as its owner;
- ``NoTrustedSignatureError``: no signature bears a trusted key's name.

Other signatures by unknown keys are ignored, as C2SP demands: that is how keys are rotated and
witnesses added. Up to 64 signatures and a megabyte are accepted.
"""  # noqa: E501  # a signature line is as long as it is

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.tlog.canonical import decode_base64, decode_text, encode_base64, has_control, shown
from gate.tlog.cosignature import verify_cosignature
from gate.tlog.errors import (
    BadSignatureError,
    MalformedError,
    NoTrustedSignatureError,
    TlogError,
    UnknownKeyError,
)
from gate.tlog.keys import (
    ED25519,
    KEY_ID_SIZE,
    Signer,
    Verifier,
    format_vkey,
    make_verifier,
    parse_vkey,
    public_bytes,
    valid_name,
    verify_ed25519,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = [
    "Ed25519Signer",
    "Note",
    "Signature",
    "Signer",
    "UncheckedNote",
    "Verifier",
    "add_signatures",
    "format_note",
    "format_vkey",
    "open_note",
    "parse_note",
    "parse_signatures",
    "parse_vkey",
    "put_signatures",
    "sign_note",
    "untrusted",
]

MAX_NOTE = 1_000_000
MAX_SIGNATURES = 64

_DASH = "\u2014 "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: whose it says it is, and the bytes that follow the key ID."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line as it stands in the note, with its LF."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class UncheckedNote:
    """A note taken apart and *not* verified: its text may be anybody's."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A note that at least one trusted key signed.

    ``verified``: the signatures by trusted keys, all of them good. ``unknown``: the others.
    """

    text: str
    verified: tuple[Signature, ...]
    unknown: tuple[Signature, ...]


class Ed25519Signer:
    """A private key that signs notes as type 0x01. ``UsageError`` if ``name`` cannot name a key."""

    algorithm = ED25519

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self.verifier: Verifier = make_verifier(name, public_bytes(private_key))
        self.name = name
        self.key_id = self.verifier.key_id
        self._private_key = private_key

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature over ``message``."""
        return self._private_key.sign(message)


# ---------------------------------------------------------------- writing


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """The note of ``text``, signed by each of ``signers`` in order.

    ``ValueError`` if there is none, or if ``text`` cannot be a note's.
    """
    message = text.encode()
    signatures = [Signature(one.name, one.key_id, one.sign(message)) for one in signers]
    return format_note(text, signatures)


def add_signatures(data: bytes, signers: Sequence[Signer]) -> bytes:
    """The note ``data`` with signatures added; each replaces what its key had signed before.

    The signatures already there are kept unverified. Raises ``MalformedError`` and ``ValueError``.
    """
    message = parse_note(data).text.encode()
    added = [Signature(one.name, one.key_id, one.sign(message)) for one in signers]
    return put_signatures(data, added)


def put_signatures(data: bytes, added: Sequence[Signature]) -> bytes:
    """As ``add_signatures``, with signatures that others made; they are not verified either."""
    note = parse_note(data)
    replaced = {(one.name, one.key_id) for one in added}
    kept = [one for one in note.signatures if (one.name, one.key_id) not in replaced]
    return format_note(note.text, [*kept, *added])


def format_note(text: str, signatures: Sequence[Signature]) -> bytes:
    """The note of a text and its signatures; ``ValueError`` if they cannot be one."""
    if not text.endswith("\n") or has_control(text):
        raise ValueError("a note's text ends in LF and has no other control characters")
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise ValueError(f"a note has 1 to {MAX_SIGNATURES} signatures, not {len(signatures)}")
    data = (text + "\n" + "".join(one.line for one in signatures)).encode()
    if len(data) > MAX_NOTE:
        raise ValueError(f"a note has at most {MAX_NOTE} bytes")
    return data


# ---------------------------------------------------------------- reading


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> Note:
    """The note ``data`` if one of ``verifiers`` signed it; the module says what else can be."""
    return _opened(data, tuple(verifiers))


@lru_cache(8)  # whoever appends opens the same two heads again and again
def _opened(data: bytes, verifiers: tuple[Verifier, ...]) -> Note:
    known = _by_name_and_id(verifiers)
    unchecked = parse_note(data)
    message = unchecked.text.encode()
    verified: list[Signature] = []
    unknown: list[Signature] = []
    for one in unchecked.signatures:
        verifier = known.get((one.name, one.key_id))
        if verifier is None:
            unknown.append(one)
        elif _verifies(verifier, message, one.signature):
            verified.append(one)
        else:
            raise BadSignatureError(
                f"the signature by the trusted key {_display(one)} does not verify",
                remedy="The text or the signature was changed after signing; keep it as evidence.",
            )
    if not verified:
        raise untrusted(unknown, known.values())
    return Note(unchecked.text, tuple(verified), tuple(unknown))


def parse_note(data: bytes) -> UncheckedNote:
    """``data`` taken apart, no signature verified; ``MalformedError`` if it is not a note."""
    whole = decode_text(data, "the note", MAX_NOTE)
    end = whole.rfind("\n\n")
    if end < 0:
        raise MalformedError("the note has no empty line before its signatures")
    return UncheckedNote(whole[: end + 1], _parse_signatures(whole[end + 2 :]))


def parse_signatures(data: bytes) -> tuple[Signature, ...]:
    """One or more signature lines without their note; raises ``MalformedError``."""
    return _parse_signatures(decode_text(data, "the signatures", MAX_NOTE))


def _parse_signatures(text: str) -> tuple[Signature, ...]:
    if not text.endswith("\n"):
        raise MalformedError("the note does not end in a whole signature line")
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise MalformedError(f"the note has more than {MAX_SIGNATURES} signatures")
    return tuple(_parse_signature(line) for line in lines)


def untrusted(found: Iterable[Signature], wanted: Iterable[Verifier]) -> TlogError:
    """The error for a note with the signatures ``found``, of which none is by a ``wanted`` key."""
    trusted = {one.name: one for one in wanted}
    for one in found:
        if one.name in trusted:
            expected = trusted[one.name].key_id.hex()
            return UnknownKeyError(
                f"signed by the unknown key {_display(one)}; the trusted key is {expected}",
                remedy="If that key was replaced, get the new verifier key from its owner; if not, "
                "somebody signs in its name.",
            )
    names = ", ".join(sorted(shown(name) for name in trusted)) or "nobody"
    return NoTrustedSignatureError(f"not signed by any trusted key (trusted: {names})")


def _parse_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not valid_name(name):
        raise MalformedError(f"not a signature line: {shown(line)}")
    blob = decode_base64(encoded, "a note's signature")
    if len(blob) <= KEY_ID_SIZE:
        raise MalformedError("a note's signature is empty")
    return Signature(name, blob[:KEY_ID_SIZE], blob[KEY_ID_SIZE:])


def _by_name_and_id(verifiers: Iterable[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    known: dict[tuple[str, bytes], Verifier] = {}
    for one in verifiers:
        if known.setdefault((one.name, one.key_id), one) != one:
            raise UsageError(
                f"two trusted keys are both {shown(one.name)}+{one.key_id.hex()}",
                remedy="Name one of the keys otherwise: nobody can tell their signatures apart.",
            )
    return known


def _verifies(verifier: Verifier, message: bytes, signature: bytes) -> bool:
    if verifier.algorithm == ED25519:
        return verify_ed25519(verifier.public_key, message, signature)
    return verify_cosignature(verifier.public_key, message, signature)


def _display(signature: Signature) -> str:
    return f"{shown(signature.name)}+{signature.key_id.hex()}"
