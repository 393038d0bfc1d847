"""Every command that reads a head ends 12 where the witnesses of trust.policy are missing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jobs import SHOP, Job, job, must_say, said

from gate.demo.stage import Ended
from gate.tlog.cosignature import CosignatureSigner
from gate.tlog.note import add_signatures

WITNESS = CosignatureSigner(
    "w.example", Ed25519PrivateKey.from_private_bytes(b"\x21" * 32), 1_767_603_600
)
SPAN = (
    *("--from", "2020-01-01", "--to"),
    (datetime.now(UTC) + timedelta(days=1)).date().isoformat(),
)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    """A log whose heads nobody cosigned, and a second trust folder that asks for a witness."""
    with job(tmp_path_factory.mktemp("witnesses")) as made:
        made.receipt("one")
        made.receipt("two")
        shutil.copytree(made.home / "trust", made.home / "strict")
        policy = made.home / "strict" / "trust.policy"
        witness = f"witness w {WITNESS.verifier.vkey}\nquorum w\n"
        policy.write_text(policy.read_text().replace("quorum none\n", witness))
        yield made


@pytest.fixture
def log(acme: Job, tmp_path: Path) -> Path:
    """A copy of the log."""
    shutil.copytree(acme.home / "log", tmp_path / "log")
    return tmp_path / "log"


def cosigned(log: Path) -> Path:
    """The log with its head cosigned."""
    head = log / "checkpoint"
    head.write_bytes(add_signatures(head.read_bytes(), [WITNESS]))
    return log


def on(acme: Job, log: Path, *arguments: str, trust: str = "strict") -> Ended:
    return acme.gate(*arguments, "--log", f"dir:{log}", "--trust", trust)


def verify(acme: Job, receipt: Path, trust: str = "strict") -> Ended:
    return acme.gate(
        *("verify", "--receipt", str(receipt), "--trust", trust, "--commit", acme.scene.commit),
        *("--environment", "production", "--service", "shop"),
    )


def test_a_receipt_permits_nothing(acme: Job) -> None:
    receipt = acme.home / "receipts" / "two.tlog-proof"
    assert verify(acme, receipt, "trust").code == 0
    ended = verify(acme, receipt)
    assert ended.code == 12, said(ended)
    must_say(ended, "not witnessed", "cosigned by no witness", "does not meet the quorum 'w'")
    must_say(ended, "asks the witnesses again", "docs/witnesses.md")
    assert "permitted" not in ended.out


def test_a_cosigned_receipt_permits_and_a_tampered_one_is_13(
    acme: Job, log: Path, tmp_path: Path
) -> None:
    made = on(acme, cosigned(log), "log", "prove", "1", "--output", str(tmp_path / "r"))
    assert made.code == 0, said(made)
    assert verify(acme, tmp_path / "r.tlog-proof").code == 0
    receipt = acme.home / "receipts" / "two"
    for ending in (".dsse.json", ".tlog-proof"):
        shutil.copy(f"{receipt}{ending}", tmp_path / f"bad{ending}")
    entry = tmp_path / "bad.dsse.json"
    entry.write_bytes(entry.read_bytes().replace(b"payload", b"Payload", 1))
    assert verify(acme, tmp_path / "bad.tlog-proof").code == 13


def test_log_verify_says_it_apart_from_tampering(acme: Job, log: Path) -> None:
    ended = on(acme, log, "log", "verify")
    assert ended.code == 12, said(ended)
    must_say(ended, "NOT WITNESSED", "not witnessed: checkpoint: cosigned by no witness", "to do:")
    assert "TAMPERED" not in ended.out
    assert "verified:" not in ended.out
    report = json.loads(on(acme, log, "log", "verify", "--json").out)
    assert (report["fault_counts"], report["faults"]) == ({}, [])
    assert [head["kind"] for head in report["unwitnessed"]] == ["quorum"]
    ended = on(acme, cosigned(log), "log", "verify")
    assert ended.code == 0, said(ended)
    must_say(ended, "verified: signatures, order", "is met")


def test_log_verify_ends_13_where_both_are_so(acme: Job, log: Path) -> None:
    tile = log / "tile" / "entries" / "000.p" / "2"
    tile.write_bytes(tile.read_bytes()[:-1])
    ended = on(acme, log, "log", "verify")
    assert ended.code == 13, said(ended)
    must_say(ended, "TAMPERED", "not witnessed: checkpoint")


def test_a_kept_head_must_be_witnessed_too(acme: Job, log: Path) -> None:
    kept = ("--kept", str(acme.home / "receipts" / "one.tlog-proof"))
    ended = on(acme, cosigned(log), "log", "verify", *kept)
    assert ended.code == 12, said(ended)
    must_say(ended, "the kept checkpoint", "cosigned by no witness")
    since = ("--since", str(acme.home / "receipts" / "one.tlog-proof"))
    assert on(acme, log, "log", "prove", *since).code == 12
    ended = on(acme, log, "audit", "population", *SPAN, "--output", "p.json", *kept)
    assert ended.code == 12, said(ended)
    must_say(ended, "no list is made", "the kept checkpoint")


@pytest.mark.parametrize(
    "arguments",
    [
        ("log", "show"),
        ("log", "show", "0"),
        ("log", "prove", "0", "--output", "p"),
        ("audit", "population", *SPAN, "--output", "p.json"),
        ("audit", "sample", *SPAN, "--seed", "s", "--output", "s.json"),
    ],
)
def test_whatever_reads_the_head_ends_12(acme: Job, log: Path, arguments: tuple[str, ...]) -> None:
    ended = on(acme, log, *arguments)
    assert ended.code == 12, said(ended)
    must_say(ended, "cosigned by no witness")
    for written in ("p.json", "s.json", "p.tlog-proof"):
        assert not (acme.home / written).exists()


def test_nothing_is_let_pass_where_the_head_is_not_witnessed(acme: Job) -> None:
    changed = acme.rewrite("strict.toml", ('trust = "trust"', 'trust = "strict"'))
    environment = acme.ci(**changed)
    acme.blocked("check", *SHOP, code=11, words=("no witness",), environment=environment)
    ended = acme.gate("enforce", *SHOP, "--receipt", "none", environment=environment)
    assert ended.code == 12, said(ended)
    must_say(ended, "witness")
    assert "ALLOWED" not in ended.out
    # It was committed before anybody could be asked to cosign, and nobody has a receipt of it.
    assert not list(acme.home.glob("none*"))
