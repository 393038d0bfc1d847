from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.cosignature import (
    CosignatureSigner,
    cosign,
    cosignature_time,
    cosigned_message,
    verify_cosignature,
)
from gate.tlog.errors import BadSignatureError
from gate.tlog.keys import COSIGNATURE, ED25519, make_verifier, parse_vkey, public_bytes
from gate.tlog.merkle import leaf_hash
from gate.tlog.note import Ed25519Signer, add_signatures, open_note, parse_note

Keys = tuple[Ed25519PrivateKey, ...]

HEAD = Checkpoint("acme.example/changes", 1, leaf_hash(b"entry"))
TEXT = b"acme.example/changes\n1\nroot\n"


def test_a_witness_cosigns_a_checkpoint(log_signer: Ed25519Signer, witness_keys: Keys) -> None:
    witness = CosignatureSigner("witness.example/w1", witness_keys[0], 1_767_603_600)
    data = sign_checkpoint(HEAD, [log_signer])
    cosigned = add_signatures(data, [witness])
    assert cosigned.startswith(data)
    note = open_note(cosigned, [log_signer.verifier, witness.verifier])
    line = note.verified[1]
    assert (line.name, line.key_id) == ("witness.example/w1", witness.verifier.key_id)
    assert cosignature_time(line.signature) == 1_767_603_600
    assert len(line.signature) == 72


def test_a_newer_cosignature_replaces_the_older(
    log_signer: Ed25519Signer, witness_keys: Keys
) -> None:
    data = sign_checkpoint(HEAD, [log_signer])
    for seconds in (5, 6):
        data = add_signatures(data, [CosignatureSigner("w.example", witness_keys[0], seconds)])
    signatures = parse_note(data).signatures
    assert [cosignature_time(one.signature) for one in signatures[1:]] == [6]


def test_one_key_has_another_id_as_witness_than_as_log(witness_keys: Keys) -> None:
    public = public_bytes(witness_keys[0])
    as_log = make_verifier("w.example", public, ED25519)
    as_witness = make_verifier("w.example", public, COSIGNATURE)
    assert as_log.key_id != as_witness.key_id
    assert parse_vkey(as_witness.vkey) == as_witness


def test_a_plain_signature_is_no_cosignature(log_signer: Ed25519Signer, witness_keys: Keys) -> None:
    class Careless(CosignatureSigner):
        def sign(self, message: bytes) -> bytes:
            return bytes(8) + witness_keys[0].sign(message)

    careless = Careless("w.example", witness_keys[0], 0)
    data = sign_checkpoint(HEAD, [log_signer, careless])
    with pytest.raises(BadSignatureError, match=r"w\.example"):
        open_note(data, [log_signer.verifier, careless.verifier])


def test_time_and_text_are_both_signed(witness_keys: Keys) -> None:
    public = public_bytes(witness_keys[0])
    cosignature = cosign(witness_keys[0], TEXT, 1_000)
    assert verify_cosignature(public, TEXT, cosignature)
    assert not verify_cosignature(public, TEXT + b"\n", cosignature)
    assert not verify_cosignature(public_bytes(witness_keys[1]), TEXT, cosignature)
    for at in range(len(cosignature)):
        for bit in range(8):
            changed = bytearray(cosignature)
            changed[at] ^= 1 << bit
            assert not verify_cosignature(public, TEXT, bytes(changed))
    for length in (0, 8, 64, 71):
        assert not verify_cosignature(public, TEXT, cosignature[:length])
    assert not verify_cosignature(public, TEXT, cosignature + b"\0")


def test_times_go_from_0_to_2_63_minus_1(witness_keys: Keys) -> None:
    public = public_bytes(witness_keys[0])
    for seconds in (0, 2**63 - 1):
        assert verify_cosignature(public, TEXT, cosign(witness_keys[0], TEXT, seconds))
    for seconds in (-1, 2**63):
        with pytest.raises(ValueError, match="the time"):
            cosigned_message(TEXT, seconds)
    message = b"cosignature/v1\ntime %d\n%b" % (2**63, TEXT)
    too_late = (2**63).to_bytes(8, "big") + witness_keys[0].sign(message)
    assert not verify_cosignature(public, TEXT, too_late)
