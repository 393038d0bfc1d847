"""Key names, key IDs, verifier keys and the Ed25519 beneath them (C2SP signed-note).

A key is known by its *name*, which is not empty and has no Unicode space and no ``+``, and its
*key ID*, four bytes that tell keys of one name apart and prove nothing::

    key ID = SHA-256(name || 0x0A || type || public key)[:4]

Types: 0x01 is Ed25519 over the note's text, 0x04 an Ed25519 cosignature (see ``cosignature``).
Both have public keys of 32 bytes (RFC 8032). A *verifier key*, or vkey, is the text::

    <name>+<key ID, 8 lower-case hex digits>+<base64(type || public key)>

Since base64 has ``+`` among its letters, only the first two ``+`` divide. For example
``example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k`` is the Ed25519 key
``e932791ae6e7a840a46164c904786426d5e7821dd8b29a00d61cae72afdd4da4`` of "example.com/foo".
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from gate.errors import UsageError
from gate.frozen import dataclass
from gate.tlog.canonical import decode_base64, encode_base64, has_control, shown
from gate.tlog.errors import MalformedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519 = 0x01
COSIGNATURE = 0x04
ALGORITHMS = (ED25519, COSIGNATURE)

KEY_ID_SIZE = 4
PUBLIC_KEY_SIZE = 32
MAX_NAME = 255  # C2SP sets no limit; tlog-cosignature's later formats hold a name in 255 bytes
_MAX_VKEY = 1024


def valid_name(name: str) -> bool:
    """Whether ``name`` may be a key's: not empty, no Unicode space, ``+`` or control character."""
    return (
        0 < len(name.encode("utf-8", "replace")) <= MAX_NAME
        and not any(character.isspace() or character == "+" for character in name)
        and not has_control(name)
        and not any("\ud800" <= character <= "\udfff" for character in name)  # not UTF-8
    )


def key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    """The four bytes that, with its name, identify a key."""
    key = bytes([algorithm]) + public_key
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:KEY_ID_SIZE]


class Signer(Protocol):
    """A private key that signs notes. ``sign`` returns what follows the key ID in the note."""

    @property
    def name(self) -> str:
        """The key's name."""

    @property
    def key_id(self) -> bytes:
        """The key's ID, four bytes."""

    @property
    def algorithm(self) -> int:
        """The signature type, ``ED25519`` or ``COSIGNATURE``."""

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``, the note's text in UTF-8."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key that is trusted for something. ``ValueError`` if its parts do not agree."""

    name: str
    key_id: bytes
    algorithm: int
    public_key: bytes

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS or len(self.public_key) != PUBLIC_KEY_SIZE:
            raise ValueError("not an Ed25519 key")
        if not valid_name(self.name):
            raise ValueError(f"not a key name: {shown(self.name)}")
        if self.key_id != key_id(self.name, self.algorithm, self.public_key):
            raise ValueError("the key ID is not the key's")

    @property
    def vkey(self) -> str:
        """The key as a verifier key."""
        key = bytes([self.algorithm]) + self.public_key
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(key)}"


def make_verifier(name: str, public_key: bytes, algorithm: int = ED25519) -> Verifier:
    """The verifier of a public key; ``UsageError`` if ``name`` may not be a key's name."""
    if not valid_name(name):
        raise UsageError(
            f"{shown(name)} cannot name a key",
            remedy=f'A name is 1 to {MAX_NAME} bytes without space or "+", as "acme.example/log".',
        )
    return Verifier(name, key_id(name, algorithm, public_key), algorithm, public_key)


def format_vkey(name: str, public_key: bytes, algorithm: int = ED25519) -> str:
    """The verifier key of a public key (32 bytes); raises what ``make_verifier`` raises."""
    return make_verifier(name, public_key, algorithm).vkey


def parse_vkey(text: str) -> Verifier:
    """The key that a verifier key spells.

    A verifier key is always the reader's own setting, so whatever is wrong with it is a
    ``UsageError``, a signature type that is not supported included.
    """
    remedy = "Copy the verifier key again, whole: <name>+<8 hex digits>+<base64>."
    parts = text.split("+", 2)
    if len(text) > _MAX_VKEY or len(parts) != 3 or not valid_name(parts[0]):
        raise UsageError(f"not a verifier key: {shown(text)}", remedy=remedy)
    name, _, encoded = parts
    try:
        key = decode_base64(encoded, "the key")
    except MalformedError as error:
        raise UsageError(f"verifier key of {shown(name)}: {error.message}", remedy=remedy) from None
    if key[:1] not in {bytes([one]) for one in ALGORITHMS}:
        raise UsageError(
            f"verifier key of {shown(name)}: its signature type is not supported",
            remedy="Use an Ed25519 key: type 0x01 for a log, 0x04 for a witness.",
        )
    if len(key) != 1 + PUBLIC_KEY_SIZE:
        raise UsageError(f"verifier key of {shown(name)}: wrong key length", remedy=remedy)
    verifier = make_verifier(name, key[1:], key[0])
    if verifier.vkey != text:
        raise UsageError(
            f"verifier key of {shown(name)}: its key ID is not the key's", remedy=remedy
        )
    return verifier


def public_bytes(private_key: Ed25519PrivateKey) -> bytes:
    """The 32-byte public key of a private key."""
    return private_key.public_key().public_bytes_raw()


def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is ``public_key``'s over ``message`` (RFC 8032); never raises."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
