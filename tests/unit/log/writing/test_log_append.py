from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from faults.pipelines import (
    LOG_KEY,
    ORIGIN,
    OTHER_LOG_KEY,
    TRUST,
    Pipeline,
    filler,
    good_trust,
    sha,
    vkey,
)
from records import OTHER, SIGNER, trusted
from worlds import NOW

from gate.errors import InconsistentError, NotRecordedError, UsageError
from gate.http import Posted
from gate.log.reading.trust import Trust
from gate.log.reading.view import LogView
from gate.log.verifying.verify import verify_log
from gate.log.writing.append import append
from gate.log.writing.create import init_log
from gate.model import BaseKind, DecisionKind, Level
from gate.record.canonical import digest_of
from gate.record.dsse import seal
from gate.record.statement import DecisionRecord, open_record
from gate.store.contract import Plan
from gate.store.memory import MemoryStore
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.cosignature import CosignatureSigner
from gate.tlog.note import Signature, parse_note
from gate.tlog.proof import verify_proof
from gate.tlog.trust import parse_policy
from gate.tlog.witness import SIZE_MEDIA


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    init_log(store, ORIGIN, LOG_KEY)
    return store


@pytest.fixture
def pipeline(store: MemoryStore) -> Pipeline:
    return Pipeline(store)


def record_of(entry: bytes) -> DecisionRecord:
    record, _ = open_record(entry, TRUST.signers)
    assert isinstance(record, DecisionRecord)
    return record


def test_an_appended_record_comes_with_a_proof_that_anybody_can_check(
    pipeline: Pipeline,
) -> None:
    appended = [pipeline.enforce(f"c{n}") for n in range(5)]
    assert [one.index for one in appended] == [0, 1, 2, 3, 4]
    for one in appended:
        assert verify_proof(one.proof, one.entry, TRUST.policy).origin == one.origin == ORIGIN
        assert one.link == pipeline.view().link(one.index)
        assert not one.superseded


def test_an_entry_that_is_in_the_log_gives_its_receipt_again(pipeline: Pipeline) -> None:
    entry = pipeline.decide()
    first = pipeline.append(entry)
    pipeline.enforce("two")
    again = pipeline.append(entry)
    assert (again.index, again.entry) == (first.index, entry)
    assert pipeline.view().size == 2
    verify_proof(again.proof, entry, TRUST.policy)


def test_an_entry_beyond_the_tail_is_found_by_its_digest(pipeline: Pipeline) -> None:
    entry = pipeline.decide()
    pipeline.append(entry)
    pipeline.enforce("two")
    assert LogView(pipeline.store, TRUST, tail=1).find_logged(digest_of(entry)) == (0, False)
    assert LogView(pipeline.store, TRUST, tail=1).find_logged("0" * 64) is None


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize("signer", [OTHER_LOG_KEY])
def test_another_log_key_is_refused_before_anything_is_written(
    store: MemoryStore, signer: object
) -> None:
    before = dict(store._objects)
    with pytest.raises(UsageError, match="GATE_LOG_KEY"):
        append(store, TRUST, OTHER_LOG_KEY, filler(1)[0])
    assert store._objects == before
    assert signer


def test_another_record_key_is_refused_before_anything_is_written(store: MemoryStore) -> None:
    before = dict(store._objects)
    payload = b"".join(filler(1))
    with pytest.raises(UsageError, match="GATE_SIGNING_KEY"):
        append(store, good_trust(record=OTHER), LOG_KEY, payload)
    expired = Trust(TRUST.policy, trusted(not_after=trusted().entries[0].not_before))
    with pytest.raises(UsageError, match="GATE_SIGNING_KEY"):
        append(store, expired, LOG_KEY, payload)
    assert store._objects == before


def test_what_is_no_record_is_refused(store: MemoryStore) -> None:
    for entry in (b"", b"{}", filler(1)[0][:-1], filler(1)[0] + b"\n"):
        with pytest.raises(InconsistentError):
            append(store, TRUST, LOG_KEY, entry)
    assert LogView(store, TRUST).size == 0


# ---------------------------------------------------------------- races


class BusyStore(MemoryStore):
    """Somebody else is first, ``times`` times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times
        self.commits = 0

    def commit(self, expected: bytes | None, plan: Plan) -> bool:
        self.commits += 1
        if expected is not None and self.times:
            self.times -= 1
            return False
        return super().commit(expected, plan)


def test_a_lost_round_is_tried_again_and_not_for_ever() -> None:
    store = BusyStore(49)
    init_log(store, ORIGIN, LOG_KEY)
    assert append(store, TRUST, LOG_KEY, filler(1)[0]).index == 0
    store = BusyStore(50)
    init_log(store, ORIGIN, LOG_KEY)
    with pytest.raises(NotRecordedError, match="50 times in a row"):
        append(store, TRUST, LOG_KEY, filler(1)[0])
    assert store.commits == 51
    assert LogView(store, TRUST).size == 0


def test_a_store_that_lies_about_a_commit_is_found_out() -> None:
    class LyingStore(MemoryStore):
        def commit(self, expected: bytes | None, plan: Plan) -> bool:
            return super().commit(expected, plan) if expected is None else True

    store = LyingStore()
    init_log(store, ORIGIN, LOG_KEY)
    with pytest.raises(InconsistentError, match="does not hold entry 0"):
        append(store, TRUST, LOG_KEY, filler(1)[0])


def test_tampered_tiles_are_not_signed_again(pipeline: Pipeline, store: MemoryStore) -> None:
    pipeline.deploy("one")
    entry = pipeline.decide("two")
    for name in ("tile/0/000.p/2", "tile/entries/000.p/2"):
        whole = store._objects[name]
        store._objects[name] = bytes([whole[0] ^ 1]) + whole[1:]
        with pytest.raises(InconsistentError):
            pipeline.append(entry)
        assert store._objects["checkpoint"].split(b"\n")[1] == b"2"
        store._objects[name] = whole
    assert pipeline.append(entry).index == 2


# ---------------------------------------------------------------- judging again


def test_a_decision_whose_base_moved_is_logged_as_a_denial_that_names_it(
    pipeline: Pipeline,
) -> None:
    pipeline.deploy("one")
    waiting = pipeline.decide("two")
    pipeline.deploy("three")  # another job was faster
    appended = pipeline.append(waiting)
    assert appended.superseded
    record = record_of(appended.entry)
    assert record.decision == DecisionKind.DENIED
    replaces = record.predicate.replaces
    assert replaces is not None
    assert (replaces.entry, replaces.reason) == (digest_of(waiting), "history-moved")
    assert replaces.failed == ("base",)
    assert record.history.base.commit == sha("three")
    assert record.judged_at.size == appended.index
    assert verify_log(pipeline.store, TRUST).faults == ()


@pytest.mark.parametrize(
    ("service", "environment", "denied"),
    [("shop", "production", True), ("billing", "production", True), ("shop", "staging", False)],
)
def test_of_two_decisions_on_one_ticket_the_second_to_be_committed_is_denied(
    pipeline: Pipeline, service: str, environment: str, denied: bool
) -> None:
    pipeline.deploy("one")
    first = pipeline.decide(
        "two", service=service, environment=environment, tickets=("CHG-7",), approved=NOW
    )
    waiting = pipeline.decide("three", tickets=("CHG-8", "CHG-7"), approved=NOW)
    assert not pipeline.append(first).superseded
    appended = pipeline.append(waiting)
    assert appended.superseded == denied
    if denied:
        record, judged = record_of(appended.entry), record_of(waiting)
        assert record.decision == DecisionKind.DENIED
        replaces = record.predicate.replaces
        assert replaces is not None
        assert (replaces.entry, replaces.failed) == (digest_of(waiting), ("ticket-reused",))
        assert record.history.tickets == judged.history.tickets
        assert {term.approved_anew for term in record.history.tickets} == {NOW}
        assert record.prior.tickets[0].index == appended.index - 1  # CHG-7's other use
        assert pipeline.enforce("four", tickets=("CHG-8",), approved=NOW).superseded is False
    assert verify_log(pipeline.store, TRUST).faults == ()


def test_the_same_commit_or_a_denial_between_uses_up_no_ticket(pipeline: Pipeline) -> None:
    pipeline.deploy("one")
    between = [
        pipeline.decide("two", tickets=("CHG-7",), approved=NOW),
        pipeline.decide("three", tickets=("CHG-7",), approved=NOW, kind=DecisionKind.DENIED),
        pipeline.decide("two", service="billing", tickets=("CHG-7",), approved=NOW),
    ]
    waiting = pipeline.decide("two", tickets=("CHG-7",), approved=NOW)
    for entry in (*between, waiting):
        assert not pipeline.append(entry).superseded
    assert verify_log(pipeline.store, TRUST).faults == ()


def test_a_ticket_approved_anew_after_the_use_between_still_holds(pipeline: Pipeline) -> None:
    first = pipeline.decide("two", tickets=("CHG-7",), approved=NOW)
    waiting = pipeline.decide("two-and-a-half", tickets=("CHG-7",), environment="staging")
    assert not pipeline.append(first).superseded
    assert not pipeline.append(waiting).superseded
    later = pipeline.decide("three", service="billing", tickets=("CHG-7",))  # a minute later
    pipeline.enforce("other", service="mail")
    assert not pipeline.append(later).superseded
    assert verify_log(pipeline.store, TRUST).faults == ()


@pytest.mark.parametrize("level", [Level.WARN, Level.OFF])
def test_a_policy_that_does_not_require_it_is_not_denied_for_reuse(
    pipeline: Pipeline, level: Level
) -> None:
    waiting = pipeline.decide("three", tickets=("CHG-7",), approved=NOW, level=level)
    pipeline.enforce("two", service="billing", tickets=("CHG-7",), approved=NOW)
    assert not pipeline.append(waiting).superseded
    assert verify_log(pipeline.store, TRUST).faults == ()


def test_a_first_deployment_that_is_no_longer_the_first_is_denied(pipeline: Pipeline) -> None:
    waiting = pipeline.decide("two")
    pipeline.deploy("one")
    assert pipeline.append(waiting).superseded


@pytest.mark.parametrize("kind", [DecisionKind.DENIED, DecisionKind.UNDETERMINED])
def test_what_permits_nothing_is_logged_as_it_is(pipeline: Pipeline, kind: DecisionKind) -> None:
    waiting = pipeline.decide("two", kind=kind)
    pipeline.deploy("one")
    appended = pipeline.append(waiting)
    assert (appended.entry, appended.superseded) == (waiting, False)
    assert verify_log(pipeline.store, TRUST).faults == ()


def test_a_decision_still_holds_where_what_came_between_changes_nothing_for_it(
    pipeline: Pipeline,
) -> None:
    pipeline.deploy("one")
    waiting = pipeline.decide("two")
    pipeline.deploy("other", service="billing")
    pipeline.deploy("other", environment="staging")
    pipeline.enforce("three")  # allowed, and not known to have succeeded
    again = pipeline.enforce("one")
    pipeline.complete(again, "failed")
    appended = pipeline.append(waiting)
    assert not appended.superseded
    assert verify_log(pipeline.store, TRUST).faults == ()


def test_a_redeployment_of_the_same_commit_does_not_move_the_base_s_commit(
    pipeline: Pipeline,
) -> None:
    pipeline.deploy("one")
    waiting = pipeline.decide("two")
    assert record_of(waiting).history.base.kind == BaseKind.DEPLOYED
    pipeline.deploy("one")  # the base is another record now, and the same commit
    assert not pipeline.append(waiting).superseded
    assert verify_log(pipeline.store, TRUST).faults == ()


def test_a_log_that_was_rolled_back_or_replaced_meanwhile_is_tampering(
    pipeline: Pipeline, store: MemoryStore
) -> None:
    pipeline.deploy("one")
    before = dict(store._objects)
    pipeline.deploy("two")
    waiting = pipeline.decide("three")
    store._objects = dict(before)  # rolled back
    with pytest.raises(InconsistentError, match="rolled it back"):
        pipeline.append(waiting)
    pipeline.deploy("mallory")  # and written on: another log of the same length
    with pytest.raises(InconsistentError, match="no longer begins with"):
        pipeline.append(waiting)


def test_an_outcome_of_what_is_not_in_the_log_is_refused(pipeline: Pipeline) -> None:
    decision = pipeline.enforce()
    ending = pipeline.end(replace(decision, index=7))
    with pytest.raises(InconsistentError, match="not entry 7"):
        pipeline.append(ending)


# ---------------------------------------------------------------- creation


def test_a_log_is_made_once(store: MemoryStore) -> None:
    assert store.head() == sign_checkpoint(
        Checkpoint(ORIGIN, 0, LogView(store, TRUST).root), [LOG_KEY]
    )
    with pytest.raises(UsageError, match="already"):
        init_log(store, ORIGIN, LOG_KEY)
    append(store, TRUST, LOG_KEY, filler(1)[0])
    with pytest.raises(UsageError, match="already"):
        init_log(store, ORIGIN, LOG_KEY)
    del store._objects["checkpoint"]
    with pytest.raises(UsageError, match="checkpoint is gone"):
        init_log(store, ORIGIN, LOG_KEY)
    with pytest.raises(InconsistentError, match="checkpoint of memory: is missing"):
        LogView(store, TRUST)


def test_a_log_key_of_another_origin_makes_no_log() -> None:
    store = MemoryStore()
    with pytest.raises(UsageError, match="origin"):
        init_log(store, "acme.example/other", LOG_KEY)
    assert store.head() is None


def test_seal_and_signer_agree() -> None:
    """The fixtures' own keys: the record key is the one that the trust names."""
    entry = seal(b'{"x":1}', SIGNER)
    assert SIGNER.keyid.encode() in entry


def test_a_receipt_is_of_what_was_appended_also_at_a_newer_head(store: MemoryStore) -> None:
    """The log is forked between our commit and the witness, which then cosigns the fork."""
    key = Ed25519PrivateKey.from_private_bytes(b"\x21" * 32)
    witness = CosignatureSigner("w.example", key, 1_767_603_600)
    by = f"log {vkey(LOG_KEY)}\nwitness w {witness.verifier.vkey} http://127.0.0.1\nquorum w\n"
    fork = MemoryStore()
    init_log(fork, ORIGIN, LOG_KEY)
    for one in filler(3, 10):
        append(fork, TRUST, LOG_KEY, one)

    def post(service: str, base_url: str, path: str, body: bytes) -> Posted:
        del service, base_url, path
        if store._objects != fork._objects:
            store._objects, store._rows = fork._objects, fork._rows
            return Posted(409, SIZE_MEDIA, b"3\n")
        note = parse_note(body.partition(b"\n\n")[2])
        line = Signature(witness.name, witness.key_id, witness.sign(note.text.encode())).line
        return Posted(200, "text/plain", line.encode())

    trust = Trust(parse_policy(by), trusted())
    with pytest.raises(InconsistentError, match="no longer holds entry 0 as it did a moment ago"):
        append(store, trust, LOG_KEY, filler(1)[0], post=post, pause=lambda _: None)
