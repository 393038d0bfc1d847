"""What a witness reads and writes (C2SP tlog-witness, signed-note, tlog-cosignature), pure.

A second implementation, on purpose: what it and the client agree on, both have from the standards.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ED25519, COSIGNATURE = 0x01, 0x04
EMPTY = hashlib.sha256(b"").digest()
DASH = "\u2014"
MOST_HASHES = 63


class BadRequestError(ValueError):
    """What was posted is no request."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A request: the old size, the proof, and the checkpoint taken apart.

    ``signatures`` are (key name, key ID, what follows it); ``text`` is what they are over.
    """

    old: int
    proof: tuple[bytes, ...]
    text: str
    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]


def read_request(body: bytes) -> Posted:
    """The request in a body; raises ``BadRequestError``."""
    try:
        head, note = body.decode().split("\n\n", 1)
        text, signatures = note.rsplit("\n\n", 1)
        first, *hashes = head.split("\n")
        word, old = first.split(" ")
        origin, size, root = text.split("\n")
        *lines, last = signatures.split("\n")
    except ValueError:
        raise BadRequestError("these are not an old size, hashes and a checkpoint") from None
    if word != "old" or last or not lines or len(hashes) > MOST_HASHES:
        raise BadRequestError("a line is missing, or one too many")
    return Posted(
        _number(old),
        tuple(_hash(one) for one in hashes),
        text + "\n",
        origin,
        _number(size),
        _hash(root),
        tuple(_signature(line) for line in lines),
    )


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """The four bytes by which a note names a key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def verifier_key(name: str, kind: int, public_key: bytes) -> str:
    """A public key as a verifier key (vkey), as a trust policy has it."""
    encoded = base64.b64encode(bytes([kind]) + public_key).decode()
    return f"{name}+{key_id(name, kind, public_key).hex()}+{encoded}"


def signed_by(posted: Posted, name: str, public_keys: tuple[bytes, ...]) -> bool:
    """Whether one of the log's keys signed, and no signature in the name of one is bad."""
    keys = {key_id(name, ED25519, key): key for key in public_keys}
    good = False
    for named, found, signature in posted.signatures:
        if named != name or found not in keys:
            continue
        try:
            key = Ed25519PublicKey.from_public_bytes(keys[found])
            key.verify(signature, posted.text.encode())
        except InvalidSignature:
            return False
        good = True
    return good


def cosignature(name: str, key: Ed25519PrivateKey, text: str, seconds: int) -> str:
    """The signature line of a cosignature/v1, with its LF."""
    message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
    found = key_id(name, COSIGNATURE, key.public_key().public_bytes_raw())
    blob = found + seconds.to_bytes(8, "big") + key.sign(message)
    return f"{DASH} {name} {base64.b64encode(blob).decode()}\n"


def continues(old: int, old_root: bytes, posted: Posted) -> bool:
    """Whether the posted tree begins with the tree of size ``old`` (RFC 9162 section 2.1.4.2)."""
    if old == 0:
        return not posted.proof and (posted.size > 0 or posted.root == EMPTY)
    if old == posted.size:
        return not posted.proof and posted.root == old_root
    path = list(posted.proof)
    if not old & (old - 1):
        path.insert(0, old_root)
    if not path or old > posted.size:
        return False
    fn, sn = old - 1, posted.size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for one in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            first, second = _node(one, first), _node(one, second)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = _node(second, one)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and (first, second) == (old_root, posted.root)


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 19 or text != str(int(text)):
        raise BadRequestError("a size is no decimal number")
    return int(text)


def _hash(text: str) -> bytes:
    found = _base64(text)
    if len(found) != 32:
        raise BadRequestError("a hash is not 32 bytes long")
    return found


def _signature(line: str) -> tuple[str, bytes, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    blob = _base64(encoded)
    if dash != DASH or not name or len(blob) <= 4:
        raise BadRequestError("a line is no signature")
    return name, blob[:4], blob[4:]


def _base64(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadRequestError("a hash or signature is no base64") from None
    if base64.b64encode(found).decode() != text:
        raise BadRequestError("a hash or signature is not canonical base64")
    return found
