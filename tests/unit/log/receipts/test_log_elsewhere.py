"""What receipts of another log tell, what they do not, and what is no receipt at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from faults.pipelines import (
    LOG_KEY,
    ORIGIN,
    OTHER_LOG_KEY,
    TRUST,
    Pipeline,
    good_trust,
    sha,
    vkey,
)
from records import OTHER

from gate.errors import InconsistentError, UsageError
from gate.log.reading.trust import Trust
from gate.log.receipts.elsewhere import AT_MOST, Wanted, read_elsewhere
from gate.log.receipts.receipt import write_receipt
from gate.log.writing.append import Appended
from gate.log.writing.create import init_log
from gate.model import Artifact, DecisionKind, Earlier
from gate.record.errors import UnknownSignerError
from gate.store.memory import MemoryStore
from gate.tlog.cosignature import CosignatureSigner
from gate.tlog.errors import UnknownKeyError
from gate.tlog.note import Ed25519Signer
from gate.tlog.trust import parse_policy

WANTED = Wanted(ORIGIN, "shop", "staging", sha("one"))
A = Artifact("app", "a" * 64)


class Receipts:
    """A staging log, and the receipts of its entries in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        store = MemoryStore()
        init_log(store, ORIGIN, LOG_KEY)
        self.pipeline = Pipeline(store)

    def write(self, done: Appended, name: str = "") -> Path:
        return write_receipt(self.folder / (name or str(done.index)), done.entry, done.proof)

    def enforce(self, commit: str = "one", **given: object) -> Appended:
        about = {"environment": "staging"} | given
        return self.pipeline.append(self.pipeline.decide(commit, **about))  # type: ignore[arg-type]  # passed on

    def both(self, outcome: str = "succeeded", **given: object) -> tuple[Path, Path]:
        decision = self.enforce(**given)  # type: ignore[arg-type]  # passed on
        return self.write(decision), self.write(self.pipeline.complete(decision, outcome))


@pytest.fixture
def receipts(tmp_path: Path) -> Receipts:
    return Receipts(tmp_path)


def read(*paths: Path, trust: Trust = TRUST, wanted: Wanted = WANTED) -> Earlier:
    return read_elsewhere(paths, trust, wanted)


def outcomes(earlier: Earlier) -> list[tuple[int, int, str]]:
    return [(e.decision.index, e.ended.index, e.outcome) for e in earlier.deployments]


def test_a_decision_and_its_outcome_tell_of_a_deployment(receipts: Receipts) -> None:
    receipts.enforce("other")
    paths = receipts.both(artifacts=(A,))
    for given in (paths, paths[::-1], (*paths, *paths)):
        found = read(*given)
        assert (found.environment, found.origin, found.unfit) == ("staging", ORIGIN, ())
        assert outcomes(found) == [(1, 2, "succeeded")]
        assert found.deployments[0].artifacts == (A,)


def test_of_several_the_last_by_their_log_decides(receipts: Receipts) -> None:
    decision = receipts.enforce()
    ended = [receipts.pipeline.complete(decision, one) for one in ("succeeded", "rolled-back")]
    paths = [receipts.write(one) for one in (decision, *ended)]
    found = read(*paths[::-1])
    assert outcomes(found) == [(0, 1, "succeeded"), (0, 2, "rolled-back")]
    last = found.decisive(())
    assert last is not None
    assert last.outcome == "rolled-back"


def test_nothing_handed_along_tells_nothing(receipts: Receipts) -> None:
    receipts.both()
    assert read() == Earlier("staging", (), ORIGIN)


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        (replace(WANTED, service="billing"), "of another service"),
        (replace(WANTED, environment="development"), "of another environment"),
        (replace(WANTED, commit=sha("two")), "of another commit"),
    ],
)
def test_what_is_of_something_else_is_unfit(receipts: Receipts, wanted: Wanted, what: str) -> None:
    found = read(*receipts.both(), wanted=wanted)
    assert found.deployments == ()
    assert found.unfit == (f"entry 0 is {what}", f"entry 1 is {what}")


def test_halves_and_denials_are_unfit(receipts: Receipts) -> None:
    decision, outcome = receipts.both()
    (only,) = read(decision).unfit
    assert only == "entry 0 is a decision without the receipt of its outcome"
    (only,) = read(outcome).unfit
    assert only == "entry 1 is an outcome without the receipt of its decision, entry 0"
    denied = receipts.enforce(kind=DecisionKind.DENIED)
    (only,) = read(receipts.write(denied)).unfit
    assert only == "entry 2 is a decision that permits nothing (denied)"
    forged = receipts.pipeline.complete(denied)  # as somebody with the keys could
    found = read(receipts.write(denied), receipts.write(forged))
    assert found.deployments == ()
    assert "entry 3 is the outcome of what was not permitted before it" in found.unfit


def test_a_decision_of_another_commit_under_an_outcome_of_this_one(receipts: Receipts) -> None:
    mine, other = receipts.both(), receipts.both(commit="two")
    found = read(mine[1], other[0])
    assert found.deployments == ()
    assert len(found.unfit) == 2


def test_a_receipt_of_another_log_is_not_believed(receipts: Receipts) -> None:
    key = Ed25519Signer("evil.example/log", Ed25519PrivateKey.from_private_bytes(b"\x13" * 32))
    good = receipts.both()
    path = good[0]
    named = path.read_bytes().replace(ORIGIN.encode(), key.name.encode())
    path.write_bytes(named)
    assert read(*good).unfit[0] == "one is of another log"
    other = good_trust(log=key)
    with pytest.raises(UsageError, match=r"after\.trust vouches for"):
        read(*good, trust=other)


def test_what_no_trusted_key_signed_is_tampering(receipts: Receipts) -> None:
    paths = receipts.both()
    with pytest.raises(UnknownKeyError):
        read(*paths, trust=good_trust(log=OTHER_LOG_KEY))
    with pytest.raises(UnknownSignerError):
        read(*paths, trust=good_trust(record=OTHER))


def test_every_changed_byte_is_noticed(receipts: Receipts) -> None:
    paths = receipts.both()
    for file in (paths[1], paths[1].with_name("1.dsse.json")):
        whole = file.read_bytes()
        for at in range(0, len(whole), 41):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            try:
                found = read(*paths)
            except (InconsistentError, UsageError):
                continue
            assert "one is of another log" in found.unfit
            assert found.deployments == ()
        file.write_bytes(whole)
    assert outcomes(read(*paths)) == [(0, 1, "succeeded")]


def test_receipts_of_a_fork_contradict_each_other(receipts: Receipts, tmp_path: Path) -> None:
    other = Receipts(tmp_path / "fork")
    other.enforce("other")
    with pytest.raises(InconsistentError, match="forked"):
        read(
            receipts.write(receipts.enforce()),
            other.write(other.enforce("two"), "x"),
            other.write(other.enforce("three"), "y"),
            receipts.write(receipts.enforce("two")),
        )


def test_a_head_without_its_witnesses_is_not_believed(receipts: Receipts) -> None:
    paths = receipts.both()
    key = Ed25519PrivateKey.from_private_bytes(b"\x14" * 32)
    witness = CosignatureSigner("w.example", key, 1_000).verifier.vkey
    policy = parse_policy(f"log {vkey(LOG_KEY)}\nwitness w {witness}\nquorum w\n")
    found = read(*paths, trust=replace(TRUST, policy=policy))
    assert found.deployments == ()
    assert found.unfit == tuple(
        f"too few witnesses cosigned the head of entry {index}" for index in (0, 1)
    )


def test_what_is_no_receipt_is_a_usage_error(receipts: Receipts, tmp_path: Path) -> None:
    (tmp_path / "noise.tlog-proof").write_text("noise\n")
    (tmp_path / "noise.dsse.json").write_text("{}")
    with pytest.raises(UsageError, match="is no receipt"):
        read(tmp_path / "noise")
    with pytest.raises(UsageError, match="cannot read the receipt"):
        read(tmp_path / "missing")
    (tmp_path / "noise.tlog-proof").write_bytes(b"x" * (1 << 22))
    with pytest.raises(UsageError, match="is no receipt"):
        read(tmp_path / "noise")
    path = receipts.both()[0]
    for number in range(AT_MOST + 1):
        for ending in (".tlog-proof", ".dsse.json"):
            held = path.with_name(f"0{ending}").read_bytes()
            (tmp_path / f"copy{number}{ending}").write_bytes(held)
    with pytest.raises(UsageError, match="at most"):
        read(*(tmp_path / f"copy{number}" for number in range(AT_MOST + 1)))
