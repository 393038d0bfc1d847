"""A witness's dated signature on a checkpoint (C2SP tlog-cosignature, Ed25519, "cosignature/v1").

It is a signature line of the checkpoint's note, by a key of type 0x04::

    base64(key ID || 64-bit big-endian seconds since 1970 || Ed25519 signature)

signed over two lines and then the note's text, without its signatures::

    cosignature/v1
    time 1679315147
    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

By it the witness says: at that time this was the largest tree of that log that I had seen, and it
continued every tree of the log that I had seen before. Times go up to 2**63 - 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.tlog.canonical import MAX_NUMBER
from gate.tlog.keys import COSIGNATURE, Verifier, make_verifier, public_bytes, verify_ed25519

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_TIME_SIZE = 8
_SIZE = _TIME_SIZE + 64


def cosigned_message(text: bytes, seconds: int) -> bytes:
    """What a cosignature signs; ``ValueError`` for a time outside 0..2**63-1."""
    if not 0 <= seconds <= MAX_NUMBER:
        raise ValueError(f"no cosignature can have the time {seconds}")
    return b"cosignature/v1\ntime %d\n%b" % (seconds, text)


def cosign(private_key: Ed25519PrivateKey, text: bytes, seconds: int) -> bytes:
    """The cosignature on a checkpoint's text: what follows the key ID in the signature line."""
    return seconds.to_bytes(_TIME_SIZE, "big") + private_key.sign(cosigned_message(text, seconds))


def verify_cosignature(public_key: bytes, text: bytes, cosignature: bytes) -> bool:
    """Whether a cosignature (time and signature) is the key's on ``text``; never raises."""
    if len(cosignature) != _SIZE or cosignature_time(cosignature) > MAX_NUMBER:
        return False
    message = cosigned_message(text, cosignature_time(cosignature))
    return verify_ed25519(public_key, message, cosignature[_TIME_SIZE:])


def cosignature_time(cosignature: bytes) -> int:
    """When it was given, in seconds since 1970; worth no more than the signature is."""
    return int.from_bytes(cosignature[:_TIME_SIZE], "big")


class CosignatureSigner:
    """A witness's key at one moment: a ``Signer`` for ``note.add_signatures``."""

    algorithm = COSIGNATURE

    def __init__(self, name: str, private_key: Ed25519PrivateKey, seconds: int) -> None:
        self.verifier: Verifier = make_verifier(name, public_bytes(private_key), COSIGNATURE)
        self.name = name
        self.key_id = self.verifier.key_id
        self.seconds = seconds
        self._private_key = private_key

    def sign(self, message: bytes) -> bytes:
        """The cosignature on a checkpoint's text, dated ``seconds``."""
        return cosign(self._private_key, message, self.seconds)
