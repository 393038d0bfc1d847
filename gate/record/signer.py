"""Record keys: Ed25519 (RFC 8032), the private half. ``signers`` has those that are trusted.

A private key is given as PKCS#8 PEM or, since CI systems cannot mask several lines, as one line of
base64: of that PEM, or of the 32-byte seed. A key's id is the SHA-256 of its raw 32-byte public key
in lower-case hex.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

from gate.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_SIZE = 32
_REMEDY = "make one with 'gate keys new' and store it as a masked CI secret"


def key_id(public_key: bytes) -> str:
    """The id of a raw 32-byte public key: its SHA-256 in lower-case hex."""
    return hashlib.sha256(public_key).hexdigest()


def new_private_key() -> Ed25519PrivateKey:
    """A fresh key from the operating system's randomness."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


def load_private_key(text: str, variable: str = "the private key") -> Ed25519PrivateKey:
    """The key in a variable's text; UsageError, which names ``variable`` and never the text."""
    stripped = text.strip()
    if not stripped:
        raise UsageError(f"{variable}: not given, or empty", remedy=_REMEDY)
    if not stripped.startswith("-----"):
        raw = _unbase64(stripped, variable)
        if len(raw) == SEED_SIZE:
            return _from_seed(raw)
        stripped = raw.decode("ascii", "replace").strip()
        if not stripped.startswith("-----"):
            raise UsageError(
                f"{variable}: base64 of {len(raw)} bytes that are neither PEM nor a 32-byte seed",
                remedy=_REMEDY,
            )
    return _from_pem(stripped, variable)


def _unbase64(text: str, variable: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(
            f"{variable}: neither a PEM private key nor one line of base64", remedy=_REMEDY
        ) from error


def _from_seed(seed: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed)


def _from_pem(text: str, variable: str) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    first = text.splitlines()[0]
    if "PUBLIC KEY" in first:
        raise UsageError(
            f"{variable}: a public key, where the private one is needed", remedy=_REMEDY
        )
    if "ENCRYPTED" in first:
        raise UsageError(f"{variable}: the private key is encrypted", remedy=_REMEDY)
    if "PRIVATE KEY" not in first:
        raise UsageError(f"{variable}: PEM, but no private key", remedy=_REMEDY)
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(
            f"{variable}: a PEM private key that cannot be read (lines lost or cut?)",
            remedy="store the key as one line of base64, as 'gate keys new --one-line' prints it",
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{variable}: a private key, but not an Ed25519 one", remedy=_REMEDY)
    return key


def public_bytes(private_key: Ed25519PrivateKey) -> bytes:
    """The raw 32-byte public key."""
    return private_key.public_key().public_bytes_raw()


def private_key_pem(private_key: Ed25519PrivateKey) -> str:
    """PKCS#8 PEM, unencrypted."""
    from cryptography.hazmat.primitives import serialization

    return private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def private_key_one_line(private_key: Ed25519PrivateKey) -> str:
    """The 32-byte seed as one line of base64: what a masked CI variable holds."""
    return base64.b64encode(private_key.private_bytes_raw()).decode("ascii")


def public_key_pem(private_key: Ed25519PrivateKey) -> str:
    """The public half as SubjectPublicKeyInfo PEM, as openssl reads it."""
    from cryptography.hazmat.primitives import serialization

    return (
        private_key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )


class RecordSigner:
    """Signs records with one private key. Its ``repr`` shows the key's id only."""

    __slots__ = ("_private_key", "keyid", "public_key")

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.public_key = public_bytes(private_key)
        self.keyid = key_id(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of ``message``."""
        return self._private_key.sign(message)

    def __repr__(self) -> str:
        return f"RecordSigner({self.keyid})"
