"""Tricks of whoever writes the store, and of whoever holds its keys.

Each is looked for by the three who read a log: the next job that would deploy, the auditor who
verifies it, and the auditor who makes the list of a period. A trick that one of them cannot see is
said to be so, and what shows it all the same is played, too.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jobs import must_say, said
from tricks.stages import TRICK, Play

from gate.demo.stage import ORIGIN, Ended
from gate.demo.witness import WitnessSimulator
from gate.log.writing.plan import plan_append
from gate.record.dsse import seal
from gate.record.predicates import KeyAction, KeyRole
from gate.record.signer import RecordSigner, key_id, load_private_key
from gate.record.signers import SignerEntry
from gate.record.writing import key_statement
from gate.store.contract import token
from gate.store.directory.store import DirectoryStore
from gate.tlog.merkle import leaf_hash
from gate.tlog.note import Ed25519Signer, sign_note
from gate.tlog.tile import decode_bundle, encode_bundle

PERIOD = ("--from", "2020-01-01", "--to", "2100-01-01")
SIZE = 4
BUNDLE, LEAVES = f"tile/entries/000.p/{SIZE}", f"tile/0/000.p/{SIZE}"


@pytest.fixture
def full(acme: Play) -> Play:
    """Four entries: let pass, failed, denied, let pass; the last job's receipt was kept."""
    acme.receipt("first")
    outcome = ("--receipt", "receipts/first", "--outcome", "failed")
    acme.gate("complete", *outcome, environment=acme.ci(), expect=0)
    assert acme.enforce(acme.tell(approver="")).code == 10
    acme.receipt("last")
    assert acme.view().size == SIZE
    return acme


def verified(play: Play, *kept: str) -> Ended:
    return play.gate("log", "verify", *(word for name in kept for word in ("--kept", name)))


def listed(play: Play, *kept: str) -> Ended:
    given = [word for name in kept for word in ("--kept", name)]
    return play.gate("audit", "population", *PERIOD, "--output", "list.csv", *given)


def found_by_all(play: Play, *words: str) -> None:
    """Whoever verifies or lists it ends 13, and the next job is not let go on."""
    ended = verified(play)
    assert ended.code == 13, said(ended)
    must_say(ended, "TAMPERED", *words)
    ended = listed(play)
    assert ended.code == 13, said(ended)
    assert not (play.home / "list.csv").exists()
    before = (play.home / "log" / "checkpoint").read_bytes()
    ended = play.enforce(play.scene)
    assert ended.code == 13, said(ended)
    assert "ALLOWED" not in ended.out
    assert (play.home / "log" / "checkpoint").read_bytes() == before


def entries(play: Play) -> list[bytes]:
    return list(decode_bundle((play.home / "log" / BUNDLE).read_bytes(), SIZE))


def put(play: Play, new: list[bytes]) -> None:
    """Write entries and their leaf hashes, so that bundle and tile agree."""
    log = play.home / "log"
    (log / BUNDLE).write_bytes(encode_bundle(new))
    (log / LEAVES).write_bytes(b"".join(leaf_hash(entry) for entry in new))


# ---------------------------------------------------------------- the store


@pytest.mark.parametrize("leaves", [False, True], ids=["the entry", "the entry and its hash"])
def test_store_rewrites_an_entry(full: Play, leaves: bool) -> None:
    """The denial becomes something else, of the same length."""
    new = entries(full)
    new[2] = new[2][:-9] + bytes([new[2][-9] ^ 1]) + new[2][-8:]
    if leaves:
        put(full, new)
    else:
        (full.home / "log" / BUNDLE).write_bytes(encode_bundle(new))
    found_by_all(full)


def test_store_puts_an_older_entry_in_place_of_a_denial(full: Play) -> None:
    """A permission, truly signed, stands where the denial stood."""
    new = entries(full)
    new[2] = new[0]
    put(full, new)
    found_by_all(full)


@pytest.mark.parametrize("gone", ["the last", "the denial", "the files"])
def test_store_drops_entries(full: Play, gone: str) -> None:
    """Entries are missing below the signed head."""
    if gone == "the files":
        shutil.rmtree(full.home / "log" / "tile")
    else:
        new = entries(full)
        del new[{"the last": -1, "the denial": 2}[gone]]
        put(full, new)
    found_by_all(full)


def test_store_reorders_entries(full: Play) -> None:
    """What came later is put before what it was judged after."""
    first, second, third, fourth = entries(full)
    put(full, [first, fourth, third, second])
    found_by_all(full)


def backup(play: Play) -> Callable[[], None]:
    """A copy of the log as it is now; calling it puts that back."""
    log, copy = play.home / "log", play.home / "backup"
    shutil.copytree(log, copy)

    def restore() -> None:
        shutil.rmtree(log)
        shutil.copytree(copy, log)

    return restore


def test_store_is_rolled_back(acme: Play) -> None:
    """Yesterday's log is laid over today's: whole by itself, so that only a kept head tells.

    Every receipt and every job's output is such a head.
    """
    acme.receipt("first")
    roll_back = backup(acme)
    acme.receipt("last")
    roll_back()
    bare = verified(acme)
    assert bare.code == 0
    must_say(bare, "No kept checkpoint was given")
    for ended in (
        verified(acme, "receipts/last.tlog-proof"),
        listed(acme, "receipts/last.tlog-proof"),
    ):
        assert ended.code == 13, said(ended)
        must_say(ended, "does not extend the kept checkpoint", "it has 1 of the 2 entries")


def test_store_is_forked(acme: Play) -> None:
    """Two readers are shown two logs with one beginning, each whole: held together they show it."""
    acme.receipt("first")
    other = backup(acme)
    acme.receipt("left")
    other()
    assert acme.enforce(acme.tell(acme.company.keys[2], approver="")).code == 10
    acme.receipt("right")
    assert verified(acme, "receipts/right.tlog-proof").code == 0
    ended = verified(acme, "receipts/left.tlog-proof")
    assert ended.code == 13, said(ended)
    must_say(ended, "does not extend the kept checkpoint", "kept:", "now:")
    ended = acme.gate("log", "prove", "--since", "receipts/left.tlog-proof")
    assert ended.code == 13, said(ended)


def hide(play: Play, key: str) -> None:
    """Take all rows of a ticket out of the index."""
    connection = sqlite3.connect(play.home / "log" / "index.sqlite", isolation_level=None)
    gone = connection.execute("DELETE FROM key WHERE token = ?", (token("ticket", key),))
    assert gone.rowcount > 0
    connection.close()


def fill(play: Play, count: int) -> None:
    """So many entries that speak of no deployment, signed with the job's keys by its rules."""
    keys = play.home / "gate-keys"
    log = Ed25519Signer(ORIGIN, load_private_key((keys / "log.key").read_text()))
    record = RecordSigner(load_private_key((keys / "signing.key").read_text()))
    new = []
    for n in range(count):
        public, at = sha256(b"%d" % n).digest(), datetime.now(UTC)
        retired = SignerEntry(key_id(public), public, "", at, None)
        action, role = KeyAction.RETIRED, KeyRole.RECORD
        payload = key_statement(retired, action, role, at=at, gate_version="0.1.0")
        new.append(seal(payload, record))
    store, view = DirectoryStore(play.home / "log"), play.view()
    assert store.commit(view.checkpoint, plan_append(view, new, log))


def test_store_hides_index_entries(acme: Play) -> None:
    """The rows that name an earlier use of a ticket are gone: near entries are read anyway."""
    first = acme.tell()
    acme.allowed_now(first)
    second = acme.tell(first.key, with_ticket=False)
    hide(acme, first.key)
    acme.blocked_by("ticket-not-reused", second, words=(f"let {first.commit[:12]} of shop in",))


def test_store_hides_index_entries_of_long_ago(acme: Play) -> None:
    """More entries were written since than are read anyway: then the ticket passes, once.

    The record that it passes with signs a link that is wrong, so that whoever reads the log is
    told of both for ever. What was deployed last, and so the range of commits, never rests on it.
    """
    first = acme.tell()
    acme.allowed_now(first)
    fill(acme, 300)
    second = acme.tell(first.key, with_ticket=False)
    assert acme.enforce(second).code == 10, "with the index as it is"
    hide(acme, first.key)
    fill(acme, 300)
    third = acme.tell(first.key, with_ticket=False)
    assert acme.enforce(third).code == 0
    for ended in (verified(acme), acme.gate("log", "verify", "--json")):
        assert ended.code == 13, said(ended)
        must_say(ended, "prior")
    must_say(verified(acme), "TAMPERED")


def test_store_signs_a_head_itself(full: Play) -> None:
    """The head is signed by a key of the writer's own."""
    log = full.home / "log"
    text = (log / "checkpoint").read_text().partition("\n\n")[0] + "\n"
    mine = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x66" * 32))
    (log / "checkpoint").write_bytes(sign_note(text, [mine]))
    found_by_all(full, "unknown key")


# ---------------------------------------------------------------- the keys


@contextmanager
def false_past(play: Play) -> Iterator[Path]:
    """Whoever holds both keys begins the log again, without the denial that it holds.

    Yields the receipt of the job that was denied in the true log, kept by whoever saw it.
    """
    denied = play.tell(approver="")
    play.blocked_by("approved", denied)
    kept = play.home / "kept.tlog-proof"
    shutil.copy(play.home / f"{TRICK}.tlog-proof", kept)
    shutil.rmtree(play.home / "log")
    play.gate("log", "init", environment=play.ci(), expect=0)
    play.receipt("false", play.scene)
    yield kept


def test_key_holder_signs_a_false_past(acme: Play) -> None:
    """The false log is whole and its receipts permit: only a head seen elsewhere contradicts it."""
    with false_past(acme) as kept:
        bare = verified(acme)
        assert bare.code == 0, "what remains possible"
        must_say(bare, "No kept checkpoint was given")
        for ended in (verified(acme, str(kept)), listed(acme, str(kept))):
            assert ended.code == 13, said(ended)
            must_say(ended, "does not extend the kept checkpoint", "kept:", "now:")
        ended = acme.gate("log", "prove", "--since", str(kept))
        assert ended.code == 13, said(ended)


def test_head_that_shows_a_false_past_is_in_every_jobs_output(acme: Play) -> None:
    """The signed head is printed by each job, and may be kept from there as well."""
    denied = acme.tell(approver="")
    shown = acme.blocked_by("approved", denied).out
    head = (acme.home / "log" / "checkpoint").read_text()
    assert all(line.strip() in shown for line in head.splitlines())


def test_witness_shows_a_false_past(acme: Play) -> None:
    """Where the trust folder asks for a witness, no head of the false log is believed at all."""
    with WitnessSimulator("witness.example") as witness:
        acme.ask_witness(witness, "witnessed.toml")
        digest = sha256((acme.home / "witnessed.toml").read_bytes()).hexdigest()
        acme.given = {"GATE_CONFIG": "witnessed.toml", "GATE_POLICY_SHA256": digest}
        acme.allowed_now(acme.scene)
        shutil.rmtree(acme.home / "log")
        acme.gate("log", "init", environment=acme.ci(), expect=0)  # by the folder without witness
        ended = acme.enforce(acme.scene)
        assert ended.code == 12, said(ended)
        must_say(ended, "witness")
        assert "ALLOWED" not in ended.out
        ended = acme.gate("log", "verify", "--trust", "trust-witnessed")
        assert ended.code == 12, said(ended)
