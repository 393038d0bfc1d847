"""A head that misses the quorum ends 12 wherever it is read; 13 where something contradicts it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from faults.pipelines import LOG_KEY, ORIGIN, TRUST, Pipeline, vkey
from records import OTHER, trusted
from worlds import NOW

from gate.errors import INCONSISTENT, NOT_RECORDED, InconsistentError
from gate.log.reading.trust import Trust
from gate.log.reading.view import LogView
from gate.log.receipts.kept import Kept
from gate.log.receipts.permit import Expected, permits
from gate.log.receipts.receipt import Receipt, verify_receipt, write_receipt
from gate.log.verifying.verify import LogReport, verify_log
from gate.log.writing.create import init_log
from gate.record.errors import UnknownSignerError
from gate.record.signers import format_signers
from gate.store.memory import MemoryStore
from gate.tlog.cosignature import CosignatureSigner
from gate.tlog.errors import BadSignatureError, ProofError, QuorumError
from gate.tlog.note import add_signatures
from gate.tlog.trust import parse_policy

WITNESS = CosignatureSigner(
    "w.example", Ed25519PrivateKey.from_private_bytes(b"\x21" * 32), 1_767_603_600
)
POLICY = f"log {vkey(LOG_KEY)}\nwitness w {WITNESS.verifier.vkey}\nquorum w\n"
WITNESSED = Trust(parse_policy(POLICY), trusted())
EXPECTED = Expected(
    commit="0" * 40,  # another: the quorum comes before what is refused
    environment="production",
    service="shop",
    artifacts=(),
    max_age=timedelta(hours=1),
    allow_emergency=False,
)


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    init_log(made, ORIGIN, LOG_KEY)
    Pipeline(made).deploy("one")
    return made


def cosign(store: MemoryStore) -> bytes:
    """Put the witness's signature under the store's head."""
    head = store.head()
    assert head is not None
    store._objects["checkpoint"] = add_signatures(head, [WITNESS])
    return store._objects["checkpoint"]


def ends_12(report: LogReport) -> bool:
    return not report.fault_counts and bool(report.unwitnessed)


# ---------------------------------------------------------------- the class


def test_it_is_not_recorded_and_no_tampering() -> None:
    error = QuorumError("missed")
    assert error.exit_code == NOT_RECORDED
    assert not isinstance(error, InconsistentError)
    assert "witnesses" in error.remedy


# ---------------------------------------------------------------- policies


def test_what_the_log_signed_is_opened_without_the_quorum(store: MemoryStore) -> None:
    head = store.head()
    assert head is not None
    policy = WITNESSED.policy
    with pytest.raises(QuorumError, match="cosigned by no witness"):
        policy.open(head)
    checkpoint, note = policy.open_signed_note(head)
    assert checkpoint == policy.open_signed(head) == TRUST.policy.open(head)
    assert policy.cosigned_by(note) == frozenset()
    cosigned = cosign(store)
    assert policy.open(cosigned) == policy.open_signed(cosigned) == checkpoint
    assert policy.cosigned_by(policy.open_signed_note(cosigned)[1]) == {"w"}


def test_without_the_quorum_nothing_else_is_let_pass(store: MemoryStore) -> None:
    cosigned, policy = cosign(store), WITNESSED.policy
    for at in range(len(cosigned)):
        changed = cosigned[:at] + bytes([cosigned[at] ^ 1]) + cosigned[at + 1 :]
        try:
            checkpoint, note = policy.open_signed_note(changed)
        except InconsistentError:
            continue
        # Left is the witness's line, given another name or key: one that the policy ignores.
        assert checkpoint == policy.open(cosigned)
        assert policy.cosigned_by(note) == frozenset()
        assert at > cosigned.index(b"w.example") - 6
    with pytest.raises(BadSignatureError):
        policy.open_signed(cosigned[:-6] + b"AAA==\n")


# ---------------------------------------------------------------- the view


def test_a_view_is_of_a_witnessed_head_unless_it_is_a_writer_s(store: MemoryStore) -> None:
    with pytest.raises(QuorumError):
        LogView(store, WITNESSED)
    writer = LogView(store, WITNESSED, quorum=False)
    assert (writer.size, writer.root) == (2, LogView(store, TRUST).root)
    cosign(store)
    assert LogView(store, WITNESSED).size == 2


def test_tampering_comes_before_the_quorum(store: MemoryStore) -> None:
    store._objects["tile/0/000.p/2"] = bytes(64)
    for quorum in (True, False):
        with pytest.raises(ProofError):
            LogView(store, WITNESSED, quorum=quorum)


def test_growth_is_proved_from_every_size(store: MemoryStore) -> None:
    Pipeline(store).deploy("two")
    view = LogView(store, TRUST)
    assert view.prove_growth(0) == view.prove_growth(view.size) == ()
    assert len(view.prove_growth(3)) == 3
    for size in (-1, view.size + 1):
        with pytest.raises(ValueError, match="never had"):
            view.prove_growth(size)


# ---------------------------------------------------------------- gate log verify


def test_a_log_whose_head_is_not_witnessed_agrees_and_is_not_verified(store: MemoryStore) -> None:
    report = verify_log(store, WITNESSED)
    assert ends_12(report)
    assert [one.told for one in report.unwitnessed] == [
        "checkpoint: cosigned by no witness, which does not meet the quorum 'w'"
    ]
    assert (report.size, report.counts["decision"]) == (2, 1)
    cosign(store)
    assert verify_log(store, WITNESSED).unwitnessed == ()


def test_faults_are_found_beneath_a_head_that_is_not_witnessed(store: MemoryStore) -> None:
    name = next(n for n in store.names("tile/entries/"))
    store._objects[name] = store._objects[name][:-9]
    report = verify_log(store, WITNESSED)
    assert report.fault_counts
    assert report.unwitnessed


def test_a_kept_head_that_is_not_witnessed_is_told_apart(store: MemoryStore) -> None:
    bare = store.head()
    assert bare is not None
    cosigned = cosign(store)
    report = verify_log(store, WITNESSED, kept=[Kept("bare", bare), Kept("good", cosigned)])
    assert ends_12(report)
    assert "the kept checkpoint bare: cosigned by no witness" in report.unwitnessed[0].message
    assert [kept.size for kept in report.kept] == [2]


def test_a_kept_head_that_the_log_does_not_extend_is_evidence_witnessed_or_not(
    store: MemoryStore,
) -> None:
    other = MemoryStore()
    init_log(other, ORIGIN, LOG_KEY)
    Pipeline(other).deploy("another")
    fork = other.head()
    assert fork is not None
    cosign(store)
    report = verify_log(store, WITNESSED, kept=[Kept("fork", fork)])
    assert report.fault_counts == {"kept": 1}
    assert report.unwitnessed == ()


# ---------------------------------------------------------------- receipts


def receipt(store: MemoryStore) -> Receipt:
    view = LogView(store, TRUST)
    return Receipt(view.entry(0), view.prove(0))


def test_a_receipt_under_a_head_that_is_not_witnessed(store: MemoryStore) -> None:
    with pytest.raises(QuorumError, match="head of the receipt is not witnessed: cosigned by no"):
        verify_receipt(receipt(store), WITNESSED)
    cosign(store)
    verify_receipt(receipt(store), WITNESSED)


def test_what_is_wrong_with_a_receipt_comes_before_the_quorum(store: MemoryStore) -> None:
    good = receipt(store)
    for bad, error in [
        (replace(good, entry=good.entry[:-1]), ProofError),
        (replace(good, proof=replace(good.proof, index=1)), ProofError),
        (replace(good, proof=replace(good.proof, hashes=(bytes(32),))), ProofError),
    ]:
        with pytest.raises(error) as caught:
            verify_receipt(bad, WITNESSED)
        assert caught.value.exit_code == INCONSISTENT
    with pytest.raises(UnknownSignerError):
        verify_receipt(good, Trust(WITNESSED.policy, trusted(OTHER)))


def test_a_deploy_target_is_not_permitted(store: MemoryStore, tmp_path: Path) -> None:
    found = receipt(store)
    path = write_receipt(tmp_path / "r", found.entry, found.proof)
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "trust.policy").write_text(POLICY)
    (folder / "signers.toml").write_text(format_signers(trusted()))
    with pytest.raises(QuorumError) as caught:
        permits(path, folder, EXPECTED, NOW)
    assert caught.value.exit_code == NOT_RECORDED
