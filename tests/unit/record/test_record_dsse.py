from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from records import OTHER, SIGNER, trusted, write
from worlds import NOW

from gate.errors import InconsistentError
from gate.record.dsse import (
    MAX_ENVELOPE,
    MAX_PAYLOAD,
    PAYLOAD_TYPE,
    open_signed,
    pae,
    seal,
)
from gate.record.errors import (
    BadRecordSignatureError,
    MalformedRecordError,
    SignerNotValidError,
    UnknownSignerError,
    UnsignedRecordError,
)
from gate.record.signers import TrustedSigners
from gate.record.statement import open_record
from gate.tlog.tile import MAX_ENTRY

WRITTEN = write()


def test_what_is_sealed_opens() -> None:
    assert open_signed(WRITTEN.entry, trusted()) == (WRITTEN.payload, SIGNER.keyid)
    assert open_record(WRITTEN.entry, trusted()) == (WRITTEN.record, SIGNER.keyid)


def test_the_envelope_is_one_line_of_the_standard_json() -> None:
    envelope = json.loads(WRITTEN.entry)
    assert json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode() == WRITTEN.entry
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert base64.b64decode(envelope["payload"]) == WRITTEN.payload


def test_the_longest_payload_fits_a_record_and_a_log_entry() -> None:
    entry = seal(b"x" * MAX_PAYLOAD, SIGNER)
    assert len(entry) < MAX_ENVELOPE < MAX_ENTRY
    assert open_signed(entry, trusted())[0] == b"x" * MAX_PAYLOAD
    for size in (0, MAX_PAYLOAD + 1):
        with pytest.raises(ValueError, match="payload"):
            seal(b"x" * size, SIGNER)


def test_each_way_not_to_be_trusted_is_its_own_finding() -> None:
    with pytest.raises(UnknownSignerError):
        open_record(WRITTEN.entry, trusted(OTHER))
    with pytest.raises(UnknownSignerError):
        open_record(WRITTEN.entry, TrustedSigners(()))
    with pytest.raises(SignerNotValidError):
        open_record(WRITTEN.entry, trusted(not_after=NOW))
    with pytest.raises(SignerNotValidError):
        open_record(WRITTEN.entry, trusted(not_before=NOW + timedelta(seconds=1)))
    forged = WRITTEN.entry.replace(SIGNER.keyid.encode(), OTHER.keyid.encode())
    with pytest.raises(BadRecordSignatureError):
        open_record(forged, trusted(OTHER))


def test_a_key_is_valid_at_the_records_time_and_not_at_the_readers() -> None:
    retired = trusted(not_after=NOW + timedelta(seconds=1))
    assert open_record(WRITTEN.entry, retired) == (WRITTEN.record, SIGNER.keyid)


def test_the_signature_is_checked_before_the_payload_is_parsed() -> None:
    envelope = json.loads(seal(b"not JSON at all", SIGNER))
    with pytest.raises(MalformedRecordError, match="not JSON"):
        open_record(_compact(envelope), trusted())
    envelope["signatures"][0]["sig"] = base64.b64encode(b"\0" * 64).decode()
    with pytest.raises(BadRecordSignatureError):
        open_record(_compact(envelope), trusted())


def test_a_signature_of_another_payload_type_is_none_of_ours() -> None:
    envelope = json.loads(WRITTEN.entry)
    signature = SIGNER.sign(pae("application/json", WRITTEN.payload))
    envelope["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    with pytest.raises(BadRecordSignatureError):
        open_record(_compact(envelope), trusted())


def _compact(envelope: Any) -> bytes:
    return json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode()


def _changed(**changes: Any) -> bytes:
    return _compact({**json.loads(WRITTEN.entry), **changes})


SIGNATURE = json.loads(WRITTEN.entry)["signatures"][0]
PAYLOAD = json.loads(WRITTEN.entry)["payload"]


@pytest.mark.parametrize(
    "signatures", [[], None, "", {}, 0], ids=["empty", "null", "text", "object", "number"]
)
def test_an_envelope_without_a_signature_is_refused(signatures: Any) -> None:
    with pytest.raises(UnsignedRecordError):
        open_record(_changed(signatures=signatures), trusted())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b"[" * 50_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "no signature"),
        (b"x" * (MAX_ENVELOPE + 1), "are the most"),
        (_changed(signatures=[SIGNATURE, SIGNATURE]), "2 signatures"),
        (_changed(payloadType="text/plain"), f"payloadType is not {PAYLOAD_TYPE}"),
        (_changed(more=1), "canonical form"),
        (_changed(signatures=[{"sig": SIGNATURE["sig"]}]), "canonical form"),
        (_changed(signatures=[{**SIGNATURE, "cert": ""}]), "canonical form"),
        (_changed(payload=PAYLOAD.rstrip("=") + "===="), "canonical form"),
        (_changed(payload=""), "canonical form"),
        (_changed(payload=None), "canonical form"),
        (WRITTEN.entry + b"\n", "canonical form"),
        (b" " + WRITTEN.entry, "canonical form"),
        (WRITTEN.entry.replace(b",", b", "), "canonical form"),
        (WRITTEN.entry.replace(b"/vnd", b"\\/vnd"), "canonical form"),
    ],
)
def test_only_the_canonical_spelling_is_read(data: bytes, says: str) -> None:
    with pytest.raises(MalformedRecordError) as caught:
        open_record(data, trusted())
    assert says in caught.value.message


def test_spare_bits_of_base64_are_zero() -> None:
    payload = b"{}"
    entry = seal(payload, SIGNER)
    assert b'"e30="' in entry
    with pytest.raises(MalformedRecordError, match="base64"):
        open_signed(entry.replace(b'"e30="', b'"e31="'), trusted())


def test_url_safe_base64_is_another_spelling_and_refused() -> None:
    entry = seal(b"\xfb\xff\xbf", SIGNER)
    assert b'"+/+/"' in entry
    with pytest.raises(MalformedRecordError):
        open_signed(entry.replace(b'"+/+/"', b'"-_-_"'), trusted())


def test_every_byte_counts() -> None:
    entry = seal(WRITTEN.payload, SIGNER)
    for place in range(0, len(entry), 7):
        for flip in (1, 0x20, 0x80):
            mangled = bytearray(entry)
            mangled[place] ^= flip
            with pytest.raises(InconsistentError):
                open_record(bytes(mangled), trusted())
    for cut in range(0, len(entry), 101):
        with pytest.raises(InconsistentError):
            open_record(entry[:cut], trusted())
