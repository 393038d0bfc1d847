"""The envelope: DSSE 1.0 with exactly one signature, in exactly one spelling.

    {"payload":"<base64>","payloadType":"application/vnd.in-toto+json",
     "signatures":[{"keyid":"<64 hex digits>","sig":"<base64 of 64 bytes>"}]}

in one line without white space or line end (broken here for reading). The signature is Ed25519 over
the pre-authentication encoding

    DSSEv1 28 application/vnd.in-toto+json <length of payload> <payload>

DSSE lets verifiers take either base64 alphabet, white space and several signatures. A log entry has
one spelling only, since a second one of the same record would be a second entry: anything else is
refused. ``keyid`` only picks the key to try (DSSE, protocol, KEYID).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING

from gate.record.errors import (
    BadRecordSignatureError,
    MalformedRecordError,
    SignerNotValidError,
    UnknownSignerError,
    UnsignedRecordError,
)
from gate.record.signer import RecordSigner
from gate.record.signers import TrustedSigners

if TYPE_CHECKING:
    from datetime import datetime

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_ENVELOPE = 60_000  # bytes; an entry of a tile log has 65,535 at most (C2SP tlog-tiles)
MAX_PAYLOAD = (MAX_ENVELOPE - 400) // 4 * 3  # what base64 and the frame leave of it

_CANONICAL = re.compile(
    rb'\{"payload":"([A-Za-z0-9+/]+={0,2})","payloadType":"application/vnd\.in-toto\+json",'
    rb'"signatures":\[\{"keyid":"([0-9a-f]{64})","sig":"([A-Za-z0-9+/]{86}==)"\}\]\}'
)


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding that is signed (DSSE 1.0, protocol, PAE)."""
    name = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def seal(payload: bytes, signer: RecordSigner) -> bytes:
    """The signed envelope of ``payload``. ValueError for one that would be too long for the log."""
    if not 0 < len(payload) <= MAX_PAYLOAD:
        raise ValueError(f"a payload of {len(payload)} bytes; 1 to {MAX_PAYLOAD} fit a record")
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    return _frame(base64.b64encode(payload), signer.keyid, base64.b64encode(signature))


def _frame(payload: bytes, keyid: str, signature: bytes) -> bytes:
    return b'{"payload":"%b","payloadType":"%b","signatures":[{"keyid":"%b","sig":"%b"}]}' % (
        payload,
        PAYLOAD_TYPE.encode(),
        keyid.encode(),
        signature,
    )


def open_signed(data: bytes, signers: TrustedSigners) -> tuple[bytes, str]:
    """The payload and the id of the key, after checking the signature and before any parsing.

    The key's period is not asked: the time to hold against it stands in the payload. Readers of
    records want ``statement.open_record``, which does both.
    Raises MalformedRecordError, UnsignedRecordError, UnknownSignerError, BadRecordSignatureError.
    """
    match = _CANONICAL.fullmatch(data) if len(data) <= MAX_ENVELOPE else None
    if match is None:
        raise _diagnosis(data)
    try:
        payload, signature = base64.b64decode(match[1]), base64.b64decode(match[3])
    except binascii.Error:
        raise MalformedRecordError("record: base64 that is not in its canonical form") from None
    keyid = match[2].decode("ascii")
    if _frame(base64.b64encode(payload), keyid, base64.b64encode(signature)) != data:
        raise MalformedRecordError("record: base64 that is not in its canonical form")
    public_key = signers.public_key(keyid)
    if public_key is None:
        raise UnknownSignerError(f"record: signed by key {keyid}, which signers.toml does not name")
    _verify(public_key, signature, pae(PAYLOAD_TYPE, payload), keyid)
    return payload, keyid


def _verify(public_key: bytes, signature: bytes, message: bytes, keyid: str) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        raise BadRecordSignatureError(
            f"record: the signature by key {keyid} does not fit the bytes"
        ) from None


def require_valid(keyid: str, at: datetime | None, signers: TrustedSigners) -> None:
    """Refuse a record whose own time lies outside its key's periods, or which names none."""
    if at is None:
        raise SignerNotValidError(f"record: names no time to hold against key {keyid}'s period")
    if signers.find(keyid, at) is None:
        raise SignerNotValidError(
            f"record: signed by key {keyid}, which is not valid at its time {at.isoformat()}"
        )


def _diagnosis(data: bytes) -> MalformedRecordError:
    """Which way the bytes are no envelope. Nothing read here is used for anything but the words."""
    if len(data) > MAX_ENVELOPE:
        return MalformedRecordError(f"record: {len(data)} bytes; {MAX_ENVELOPE} are the most")
    try:
        envelope = json.loads(data)
    except (ValueError, RecursionError):
        return MalformedRecordError("record: not a DSSE envelope (no JSON)")
    if not isinstance(envelope, dict):
        return MalformedRecordError("record: not a DSSE envelope (no JSON object)")
    signatures = envelope.get("signatures")
    if not isinstance(signatures, list) or not signatures:
        return UnsignedRecordError("record: the envelope carries no signature")
    if len(signatures) > 1:
        return MalformedRecordError(f"record: {len(signatures)} signatures, where one is the rule")
    if envelope.get("payloadType") != PAYLOAD_TYPE:
        return MalformedRecordError(f"record: payloadType is not {PAYLOAD_TYPE}")
    return MalformedRecordError("record: a DSSE envelope, but not in its canonical form")


def mentions(data: bytes, *predicate_types: str) -> bool:
    """Whether a log entry's payload may be a statement of one of these types: a hint, unchecked.

    Never False for one that is. It spares readers who look for one kind the opening of the others.
    """
    match = _CANONICAL.fullmatch(data)
    if match is None:
        return False
    payload = base64.b64decode(match[1])
    return any(b'"predicateType":"%b"' % one.encode() in payload for one in predicate_types)
