from __future__ import annotations

from dataclasses import replace

import pytest
from naive_tree import NaiveTree, entry

from gate.tlog import proof as proof_module
from gate.tlog.canonical import encode_base64
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.errors import (
    MalformedError,
    NoTrustedSignatureError,
    OriginError,
    ProofError,
    TlogError,
)
from gate.tlog.merkle import leaf_hash
from gate.tlog.note import Ed25519Signer
from gate.tlog.proof import TlogProof, format_proof, parse_proof, verify_proof
from gate.tlog.trust import TrustPolicy, format_policy, parse_policy

NAIVE = NaiveTree([entry(i) for i in range(20)])


def proof_of(index: int, size: int, signer: Ed25519Signer) -> TlogProof:
    head = Checkpoint(signer.name, size, NAIVE.root(size))
    return TlogProof(index, tuple(NAIVE.path(index, 0, size)), sign_checkpoint(head, [signer]))


@pytest.fixture(scope="session")
def policy(log_signer: Ed25519Signer) -> TrustPolicy:
    return parse_policy(format_policy(log_signer.verifier.vkey))


@pytest.mark.parametrize("size", [1, 2, 3, 20])
def test_a_proof_proves_its_entry(
    size: int, log_signer: Ed25519Signer, policy: TrustPolicy
) -> None:
    for index in range(size):
        proof = proof_of(index, size, log_signer)
        data = format_proof(proof)
        assert parse_proof(data) == proof
        head = verify_proof(parse_proof(data), NAIVE.entries[index], policy)
        assert (head.origin, head.size) == (log_signer.name, size)


def test_the_file_is_as_the_docstring_says(log_signer: Ed25519Signer) -> None:
    proof = proof_of(0, 3, log_signer)
    first, second = (encode_base64(one) for one in proof.hashes)
    head = f"c2sp.org/tlog-proof@v1\nindex 0\n{first}\n{second}\n\n"
    assert format_proof(proof) == head.encode() + proof.checkpoint
    assert format_proof(replace(proof, extra=b"?")) == (
        head.replace("index", "extra Pw==\nindex").encode() + proof.checkpoint
    )
    abc = NaiveTree([b"a", b"b", b"c"])
    for one in abc.path(0, 0, 3):
        assert encode_base64(one) in (proof_module.__doc__ or "")


def test_a_proof_proves_nothing_else(
    log_signer: Ed25519Signer, stranger: Ed25519Signer, policy: TrustPolicy
) -> None:
    proof = proof_of(2, 5, log_signer)
    with pytest.raises(ProofError):
        verify_proof(proof, NAIVE.entries[3], policy)
    with pytest.raises(ProofError):
        verify_proof(replace(proof, index=3), NAIVE.entries[2], policy)
    with pytest.raises(ProofError):
        verify_proof(replace(proof, index=5), NAIVE.entries[2], policy)
    with pytest.raises(ProofError):
        verify_proof(replace(proof, hashes=proof.hashes[:-1]), NAIVE.entries[2], policy)
    newer = proof_of(2, 6, log_signer).checkpoint
    with pytest.raises(ProofError):
        verify_proof(replace(proof, checkpoint=newer), NAIVE.entries[2], policy)
    with pytest.raises(NoTrustedSignatureError):
        verify_proof(proof_of(2, 5, stranger), NAIVE.entries[2], policy)
    signed = sign_checkpoint(Checkpoint("other.example", 5, NAIVE.root(5)), [log_signer])
    with pytest.raises(OriginError):
        verify_proof(replace(proof, checkpoint=signed), NAIVE.entries[2], policy)


def test_every_bit_of_a_proof_counts(log_signer: Ed25519Signer, policy: TrustPolicy) -> None:
    data = format_proof(proof_of(2, 5, log_signer))
    for at in range(len(data)):
        for bit in range(8):
            changed = data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
            with pytest.raises(TlogError):
                verify_proof(parse_proof(changed), NAIVE.entries[2], policy)


def test_extra_data_can_be_changed_since_nothing_vouches_for_it(
    log_signer: Ed25519Signer, policy: TrustPolicy
) -> None:
    proof = replace(proof_of(2, 5, log_signer), extra=b"not signed by anybody")
    data = format_proof(proof)
    first, last = data.index(b"extra ") + 6, data.index(b"\nindex")
    accepted = 0
    for at in range(len(data)):
        for bit in range(8):
            changed = data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
            try:
                read = parse_proof(changed)
                verify_proof(read, NAIVE.entries[2], policy)
            except TlogError:
                continue
            accepted += 1
            assert first <= at < last
            assert read.extra != proof.extra
            assert replace(read, extra=proof.extra) == proof
    assert accepted


def test_no_part_of_a_proof_is_one(log_signer: Ed25519Signer, policy: TrustPolicy) -> None:
    data = format_proof(proof_of(2, 5, log_signer))
    for at in range(1, len(data)):
        for part in (data[:at], data[at:]):
            with pytest.raises(TlogError):
                verify_proof(parse_proof(part), NAIVE.entries[2], policy)


HASH = encode_base64(leaf_hash(b""))


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("", "does not begin with"),
        ("c2sp.org/tlog-proof@v2\nindex 0\n\n", "does not begin with"),
        (" c2sp.org/tlog-proof@v1\nindex 0\n\n", "does not begin with"),
        ("c2sp.org/tlog-proof@v1 \nindex 0\n\n", "does not begin with"),
        ("\nc2sp.org/tlog-proof@v1\nindex 0\n\n", "does not begin with"),
        ("c2sp.org/tlog-proof@v1\n\nindex 0\n\n", "no index line"),
        ("c2sp.org/tlog-proof@v1\n\n", "no index line"),
        (f"c2sp.org/tlog-proof@v1\n{HASH}\n\n", "no index line"),
        ("c2sp.org/tlog-proof@v1\nindex\n\n", "no index line"),
        ("c2sp.org/tlog-proof@v1\nIndex 0\n\n", "no index line"),
        ("c2sp.org/tlog-proof@v1\nindex 0\nindex 0\n\n", "not canonical base64"),
        ("c2sp.org/tlog-proof@v1\nindex  0\n\n", "the proof's index"),
        ("c2sp.org/tlog-proof@v1\nindex 00\n\n", "the proof's index"),
        ("c2sp.org/tlog-proof@v1\nindex +1\n\n", "the proof's index"),
        ("c2sp.org/tlog-proof@v1\nindex -1\n\n", "the proof's index"),
        ("c2sp.org/tlog-proof@v1\nindex 0 \n\n", "the proof's index"),
        (f"c2sp.org/tlog-proof@v1\nindex {2**63}\n\n", "the proof's index"),
        ("c2sp.org/tlog-proof@v1\nindex x\n\n", "the proof's index"),
        (f"c2sp.org/tlog-proof@v1\nindex 0\n{HASH[:-1]}\n\n", "not canonical base64"),
        (f"c2sp.org/tlog-proof@v1\nindex 0\n{HASH} \n\n", "not canonical base64"),
        ("c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n", "3 bytes long, not 32"),
        ("c2sp.org/tlog-proof@v1\nindex 0\n" + f"{HASH}\n" * 64 + "\n", "more than 63 hashes"),
        ("c2sp.org/tlog-proof@v1\nextra\nindex 0\n\n", "no index line"),
        ("c2sp.org/tlog-proof@v1\nextra \nindex 0\n\n", "not of 1 to"),
        ("c2sp.org/tlog-proof@v1\nextra AA\nindex 0\n\n", "not canonical base64"),
        ("c2sp.org/tlog-proof@v1\nextra AB==\nindex 0\n\n", "not canonical base64"),
        ("c2sp.org/tlog-proof@v1\nextra  AA==\nindex 0\n\n", "not canonical base64"),
        ("c2sp.org/tlog-proof@v1\nextra AA==\nextra AA==\nindex 0\n\n", "no index line"),
        ("c2sp.org/tlog-proof@v1\nindex 0\nextra AA==\n\n", "not canonical base64"),
        ("c2sp.org/tlog-proof@v1\nextra " + "AAAA" * 21_846 + "\nindex 0\n\n", "not of 1 to"),
        ("c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\n", "control character"),
        ("c2sp.org/tlog-proof@v1\nindex 0\n", "no empty line"),
        ("c2sp.org/tlog-proof@v1\nindex 0\n\n\n\n", "not a signature line"),
    ],
)
def test_what_is_no_proof(head: str, why: str, log_signer: Ed25519Signer) -> None:
    checkpoint = proof_of(0, 1, log_signer).checkpoint
    if why == "no empty line":  # the divider is taken from the checkpoint, and one is missing
        why = "not canonical base64|no empty line"
    if why == "not a signature line":
        checkpoint = checkpoint + b"\nmore\n"
    with pytest.raises(MalformedError, match=why):
        parse_proof(head.encode() + checkpoint)


def test_a_proof_needs_its_checkpoint() -> None:
    for data in (b"c2sp.org/tlog-proof@v1\nindex 0\n\n", b"c2sp.org/tlog-proof@v1\nindex 0\n\nx\n"):
        with pytest.raises(MalformedError, match="no empty line"):
            parse_proof(data)
    with pytest.raises(MalformedError, match="at most"):
        parse_proof(b"x" * 2_000_000)
    with pytest.raises(MalformedError, match="UTF-8"):
        parse_proof(b"\xff")


def test_a_proof_out_of_bounds_is_not_written(log_signer: Ed25519Signer) -> None:
    good = proof_of(0, 2, log_signer)
    for bad in (
        replace(good, index=-1),
        replace(good, index=2**63),
        replace(good, hashes=(bytes(32),) * 64),
        replace(good, hashes=(bytes(31),)),
        replace(good, extra=b""),
        replace(good, extra=bytes(70_000)),
    ):
        with pytest.raises(ValueError, match=r"the proof|extra"):
            format_proof(bad)
    with pytest.raises(MalformedError):
        format_proof(replace(good, checkpoint=b"no note\n"))
