from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from records import OTHER, SIGNER
from worlds import NOW

from gate.errors import UsageError
from gate.record.signer import (
    RecordSigner,
    key_id,
    load_private_key,
    private_key_one_line,
    private_key_pem,
    public_bytes,
    public_key_pem,
)
from gate.record.signers import SignerEntry, TrustedSigners, format_signers, parse_signers

VARIABLE = "GATE_SIGNING_KEY"
KEY = load_private_key(base64.b64encode(bytes(range(32))).decode())  # fixed: it stands in test ids


@pytest.mark.parametrize(
    "text",
    [
        private_key_pem(KEY),
        private_key_one_line(KEY),
        private_key_one_line(KEY) + "\n",
        base64.b64encode(private_key_pem(KEY).encode()).decode(),
        "\n  " + private_key_pem(KEY).replace("\n", "\r\n"),
    ],
    ids=["pem", "seed", "seed with line end", "pem in base64", "pem with CRLF"],
)
def test_a_key_is_read_in_every_form_it_is_given_in(text: str) -> None:
    assert public_bytes(load_private_key(text, VARIABLE)) == public_bytes(KEY)


def _pem(key: ec.EllipticCurvePrivateKey, password: bytes | None = None) -> str:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()


ELLIPTIC = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not given"),
        (" \n", "not given"),
        ("hunter2!", "neither a PEM private key nor one line of base64"),
        (base64.b64encode(b"x" * 31).decode(), "base64 of 31 bytes"),
        (base64.b64encode(b"x" * 64).decode(), "base64 of 64 bytes"),
        (public_key_pem(KEY), "a public key, where the private one is needed"),
        (base64.b64encode(public_key_pem(KEY).encode()).decode(), "a public key"),
        (_pem(ELLIPTIC, b"secret"), "encrypted"),
        (_pem(ELLIPTIC), "not an Ed25519 one"),
        (private_key_pem(KEY).replace("M", "", 1), "cannot be read"),
        (private_key_pem(KEY)[:60], "cannot be read"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "no private key"),
    ],
)
def test_what_is_no_key_is_told_by_the_name_of_its_variable(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_private_key(text, VARIABLE)
    assert caught.value.message.startswith(f"{VARIABLE}: ")
    assert says in caught.value.message
    assert text.strip() == "" or text.strip() not in caught.value.message
    assert caught.value.remedy


def test_a_signer_hides_its_key() -> None:
    assert repr(SIGNER) == f"RecordSigner({SIGNER.keyid})"
    assert SIGNER.keyid == key_id(SIGNER.public_key)
    assert len(SIGNER.keyid) == 64


def test_public_pem_reads_back() -> None:
    pem = public_key_pem(KEY).encode()
    raw = serialization.load_pem_public_key(pem).public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    assert raw == RecordSigner(KEY).public_key


def test_signers_are_written_and_read_back() -> None:
    signers = TrustedSigners(
        (
            SignerEntry(SIGNER.keyid, SIGNER.public_key, 'shop "east"\\\n', NOW),
            SignerEntry(OTHER.keyid, OTHER.public_key, "", NOW, NOW + timedelta(days=1)),
        )
    )
    assert parse_signers(format_signers(signers)) == signers


def test_a_period_holds_its_start_and_not_its_end() -> None:
    end = NOW + timedelta(days=1)
    first = SignerEntry(SIGNER.keyid, SIGNER.public_key, "", NOW, end)
    again = SignerEntry(SIGNER.keyid, SIGNER.public_key, "", end + timedelta(days=1))
    signers = TrustedSigners((first, again))
    tick = timedelta(microseconds=1)
    assert signers.find(SIGNER.keyid, NOW - tick) is None
    assert signers.find(SIGNER.keyid, NOW) == first
    assert signers.find(SIGNER.keyid, end - tick) == first
    assert signers.find(SIGNER.keyid, end) is None
    assert signers.find(SIGNER.keyid, end + timedelta(days=1)) == again
    assert signers.find(OTHER.keyid, NOW) is None


GOOD = f"""[[signer]]
keyid = "{SIGNER.keyid}"
public_key = "{base64.b64encode(SIGNER.public_key).decode()}"
name = "shop"
not_before = 2026-01-05T11:00:00+01:00
"""


def test_times_are_read_as_utc() -> None:
    entry = parse_signers(GOOD).entries[0]
    assert entry.not_before == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert entry.not_before.tzinfo is UTC
    assert entry.not_after is None


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (GOOD, "", "at least one"),
        (GOOD, "signer = 1", "at least one"),
        (GOOD, "signer = [1]", "not a table"),
        (GOOD, "[[signer", "not TOML"),
        ("[[signer]]", "x = 1\n[[signer]]", "nothing else"),
        ("name =", "nmae =", "unknown key 'nmae'"),
        (SIGNER.keyid, OTHER.keyid, "keyid is not the SHA-256"),
        (SIGNER.keyid, SIGNER.keyid.upper(), "keyid is not the SHA-256"),
        ("not_before = 2026-01-05T11:00:00+01:00", "", "not_before is missing"),
        ("+01:00", "", "not_before must be a time with its zone"),
        ("2026-01-05T11:00:00+01:00", '"2026-01-05"', "not_before must be a time"),
        ('"shop"', "7", "name must be a text"),
        ("public_key = ", "# ", "public_key must be a text"),
        ('public_key = "', 'public_key = "!', "not base64"),
        ('public_key = "', 'public_key = "AAAA', "base64 of 32 bytes"),
        (
            "+01:00",
            "+01:00\nnot_after = 2026-01-05T10:00:00Z",
            "not_after is not later than not_before",
        ),
    ],
)
def test_signers_that_are_wrong_are_told_by_place(before: str, after: str, says: str) -> None:
    assert before in GOOD
    with pytest.raises(UsageError, match=r"^trust/signers\.toml: ") as caught:
        parse_signers(GOOD.replace(before, after, 1), "trust/signers.toml")
    assert says in caught.value.message
