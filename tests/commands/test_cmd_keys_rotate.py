"""`gate keys rotate`: what was signed stays verifiable, and the old keys sign no more."""

from __future__ import annotations

import base64
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jobs import SHOP, Job, job, must_say, said

from gate.log.reading.trust import load_trust
from gate.log.writing.append import append
from gate.log.writing.rotation import Period, new_rotation, parse_rotation, record_rotation
from gate.log.writing.rotation_files import RotationFiles
from gate.record.predicates import KeyAction, KeyRole
from gate.record.signer import RecordSigner, load_private_key
from gate.record.signers import parse_signers
from gate.record.statement import KeyRecord
from gate.store.directory.store import DirectoryStore
from gate.tlog.errors import UnknownKeyError
from gate.tlog.note import Ed25519Signer, parse_note

ENFORCE = ("enforce", *SHOP, "--ticket", "CHG-1")
ORIGIN = "acme.example/changes"


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Job]:
    """A job whose log holds one allowed deployment, by the keys of `gate init`."""
    with job(tmp_path) as made:
        made.receipt("before")
        yield made


def rotate(acme: Job, name: str, *more: str, **keys: str) -> str:
    """Rotate into new-keys/; what was printed."""
    ended = acme.gate(
        *("keys", "rotate", name, "--output", "new-keys", *more),
        environment={**acme.keys(), **keys},
        expect=0,
    )
    for secret in secrets(acme):
        assert secret not in said(ended)
    return said(ended)


def secrets(acme: Job) -> Iterator[str]:
    """Each line of each private key that lies about, and its seed."""
    for path in (*acme.home.glob("gate-keys/*.key"), *acme.home.glob("new-keys*/*.key")):
        text = path.read_text()
        yield from (line for line in text.split("\n") if line and "-----" not in line)
        yield base64.b64encode(load_private_key(text).private_bytes_raw()).decode()


def new(name: str, folder: str = "new-keys") -> dict[str, str]:
    """The new key instead of the old one."""
    return {f"GATE_{name.upper()}_KEY_FILE": f"{folder}/{name}.key"}


def verified(acme: Job, trust: str = "trust") -> str:
    ended = acme.gate("log", "verify", "--log", "dir:log", "--trust", trust, expect=0)
    must_say(ended, "verified: signatures, order")
    return said(ended)


def permitted(acme: Job, receipt: str, trust: str = "trust") -> None:
    acme.gate(
        *("verify", "--receipt", f"receipts/{receipt}", "--trust", trust, *SHOP),
        *("--commit", acme.ci()["GITHUB_SHA"]),
        expect=0,
    )


def saved(acme: Job, name: str = "trust") -> None:
    """A copy of the trust folder of now."""
    shutil.copytree(acme.home / "trust", acme.home / name)


# ---------------------------------------------------------------- the record key


def test_the_old_record_key_counts_until_the_overlap_is_over(acme: Job) -> None:
    saved(acme, "trust-before")
    told = rotate(acme, "signing", "--overlap", "2h")
    entries = parse_signers((acme.home / "trust" / "signers.toml").read_text()).entries
    old, added = entries
    assert old.not_after is not None
    left = old.not_after - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < left <= timedelta(hours=2)
    assert (added.not_after, added.name) == (None, old.name)
    for key in (old.keyid, added.keyid):
        assert f"record key {key}" in told
    assert "entries 1 and 2 of the log say so" in told
    assert "signers.toml was written anew" in told
    assert acme.gate(*ENFORCE, environment=acme.ci()).code == 0
    assert acme.gate(*ENFORCE, environment=acme.ci(**new("signing"))).code == 0
    by = [acme.view().signed_record(index)[1] for index in range(acme.view().size)]
    assert by == [old.keyid, old.keyid, old.keyid, old.keyid, added.keyid]
    assert "decision 3, outcome 0, review 0, key 2" in verified(acme)
    permitted(acme, "before")
    # Whoever has the old trust folder believes nothing by the new key.
    ended = acme.gate("log", "verify", "--log", "dir:log", "--trust", "trust-before")
    assert ended.code == 13
    must_say(ended, "entry 4", added.keyid)


def test_without_an_overlap_the_old_record_key_ends_with_the_rotation(acme: Job) -> None:
    rotate(acme, "signing", "--overlap", "0s")
    old, added = parse_signers((acme.home / "trust" / "signers.toml").read_text()).entries
    record, _ = acme.view().signed_record(2)
    assert record.at is not None
    assert (
        old.not_after == record.at + timedelta(seconds=1) == added.not_before + timedelta(seconds=1)
    )
    verified(acme)
    permitted(acme, "before")


def test_the_records_say_what_the_trust_folder_says(acme: Job) -> None:
    rotate(acme, "signing")
    old, added = parse_signers((acme.home / "trust" / "signers.toml").read_text()).entries
    view = acme.view()
    for index, entry, action in ((1, added, KeyAction.ADDED), (2, old, KeyAction.RETIRED)):
        record, by = view.signed_record(index)
        assert isinstance(record, KeyRecord)
        key = record.predicate
        assert by == old.keyid
        assert (key.action, key.role, key.keyid) == (action, "record", entry.keyid)
        assert (key.not_before, key.not_after) == (entry.not_before, entry.not_after)
        assert record.public_key == entry.public_key
    shown = acme.gate("log", "show", expect=0).out
    assert f"record key added  {added.keyid[:16]}" in shown
    assert f"record key retired  {old.keyid[:16]}" in shown


def test_the_old_record_key_is_refused_after_its_end(acme: Job) -> None:
    path = acme.home / "trust" / "signers.toml"
    rotate(acme, "signing")
    old, _ = parse_signers(path.read_text()).entries
    assert old.not_after is not None
    # As if the overlap were over: the key's whole period lies in the past.
    past = {old.not_before: "2026-01-01T00:00:00Z", old.not_after: "2026-01-02T00:00:00Z"}
    text = path.read_text()
    for at, earlier in past.items():
        text = text.replace(f"{at:%Y-%m-%dT%H:%M:%SZ}", earlier, 1)
    path.write_text(text)
    ended = acme.gate(*ENFORCE, environment=acme.ci())
    assert ended.code == 2
    must_say(ended, "GATE_SIGNING_KEY is not a record key that the trust folder believes now")


def test_a_new_record_key_without_the_new_trust_folder_is_refused(acme: Job) -> None:
    saved(acme, "trust-before")
    rotate(acme, "signing")
    shutil.rmtree(acme.home / "trust")
    (acme.home / "trust-before").rename(acme.home / "trust")
    acme.unasked(
        *ENFORCE,
        environment=acme.ci(**new("signing")),
        words=("GATE_SIGNING_KEY is not", "signers.toml does not name"),
    )


def test_doctor_warns_of_a_record_key_that_ends_soon(acme: Job) -> None:
    assert "record key" not in acme.gate("doctor", environment=acme.ci(), expect=0).out
    rotate(acme, "signing", "--overlap", "3d")
    ended = acme.gate("doctor", environment=acme.ci(), expect=0)
    must_say(ended, "warning record key: GATE_SIGNING_KEY counts until", "store the key that")
    ended = acme.gate("doctor", environment=acme.ci(**new("signing")), expect=0)
    assert "record key" not in ended.out


@pytest.mark.parametrize("recorded", [False, True])
def test_a_rotation_that_lay_about_until_its_overlap_was_over(acme: Job, recorded: bool) -> None:
    """Not recorded, it would end the old key at once; recorded, it is finished."""
    path = acme.home / "trust" / "signers.toml"
    text = path.read_text()
    (old,) = parse_signers(text).entries
    since = datetime(2026, 1, 1, tzinfo=UTC)
    path.write_text(text.replace(f"{old.not_before:%Y-%m-%dT%H:%M:%SZ}", "2026-01-01T00:00:00Z"))
    files = RotationFiles(acme.home / "new-keys", "signing")
    made = RecordSigner(files.make_key(one_line=False))
    record, log = (
        load_private_key(Path(acme.keys()[f"GATE_{name}_KEY_FILE"]).read_text())
        for name in ("SIGNING", "LOG")
    )
    begun = since + timedelta(days=1)
    rotation = new_rotation(
        KeyRole.RECORD,
        Period(old.public_key, since, begun + timedelta(hours=1)),
        Period(made.public_key, begun),
        RecordSigner(record),
        begun,
        "0.1.0",
    )
    files.keep(rotation)
    if recorded:
        store, trust = DirectoryStore(acme.home / "log"), load_trust(acme.home / "trust")
        record_rotation(store, trust, rotation, Ed25519Signer(ORIGIN, log))
    size = acme.view().size
    ended = acme.gate("keys", "rotate", "signing", "--output", "new-keys", environment=acme.keys())
    assert acme.view().size == size
    if recorded:
        assert ended.code == 0, said(ended)
        assert [one.keyid for one in parse_signers(path.read_text()).entries] == [
            old.keyid,
            made.keyid,
        ]
    else:
        assert ended.code == 2
        must_say(ended, "begun at 2026-01-02 00:00:00 UTC and its overlap is over")


# ---------------------------------------------------------------- the log key


def test_a_replaced_log_key_signs_no_more_and_what_it_signed_stays_verifiable(acme: Job) -> None:
    saved(acme, "trust-before")
    head = acme.home / "kept-head"
    head.write_bytes((acme.home / "log" / "checkpoint").read_bytes())
    told = rotate(acme, "log")
    assert "entries 1 and 2 of the log say so; both keys signed" in told
    policy = load_trust(acme.home / "trust").policy
    before = load_trust(acme.home / "trust-before").policy
    assert policy.replaced == (before.log,)
    signatures = parse_note((acme.home / "log" / "checkpoint").read_bytes()).signatures
    assert [one.key_id for one in signatures] == [before.log.key_id, policy.log.key_id]
    verified(acme)
    verified(acme, "trust-before")  # the one head that readers of before and after can open
    permitted(acme, "before")

    acme.unasked(*ENFORCE, environment=acme.ci(), words=("GATE_LOG_KEY holds", "that was replaced"))
    assert acme.gate(*ENFORCE, environment=acme.ci(**new("log"))).code == 0
    signatures = parse_note((acme.home / "log" / "checkpoint").read_bytes()).signatures
    assert [one.key_id for one in signatures] == [policy.log.key_id]
    verified(acme)
    permitted(acme, "before")
    ended = acme.gate("log", "verify", "--kept", "kept-head", expect=0)
    must_say(ended, "extends the kept checkpoint of 1 entries")
    ended = acme.gate("log", "prove", "--since", "kept-head", expect=0)
    must_say(ended, "grew from 1 to 4 entries")


def test_a_job_of_before_stops_at_the_head_that_both_keys_signed(acme: Job) -> None:
    """It has the old key and the old trust folder, and can open that head: it must not go on."""
    saved(acme, "trust-before")
    rotate(acme, "log")
    saved(acme, "trust-after")
    with_trust(acme, "trust-before")
    acme.blocked(
        *ENFORCE,
        environment=acme.ci(),
        code=2,
        words=("GATE_LOG_KEY holds", "which entry 2 of the log says was replaced"),
    )
    assert acme.view().size == 3
    # And once the new key alone has signed, it cannot even open the log.
    with_trust(acme, "trust-after")
    assert acme.gate(*ENFORCE, environment=acme.ci(**new("log"))).code == 0
    with_trust(acme, "trust-before")
    ended = acme.gate(*ENFORCE, environment=acme.ci())
    assert ended.code == 13
    must_say(ended, "signed by the unknown key", "get the new verifier key from its owner")
    with pytest.raises(UnknownKeyError):
        acme.view()
    with_trust(acme, "trust-after")
    assert acme.view().size == 4


def with_trust(acme: Job, name: str) -> None:
    shutil.rmtree(acme.home / "trust")
    shutil.copytree(acme.home / name, acme.home / "trust")


def test_a_log_of_before_the_rotation_is_not_taken_for_the_log(acme: Job) -> None:
    """Rolled back, or gone on with by whoever still has the old key: no job goes on from it."""
    shutil.copytree(acme.home / "log", acme.home / "log-before")
    rotate(acme, "log")
    shutil.rmtree(acme.home / "log")
    (acme.home / "log-before").rename(acme.home / "log")
    ended = acme.gate(*ENFORCE, environment=acme.ci(**new("log")))
    assert ended.code == 13
    must_say(ended, "a key that was replaced, and not by the log's current key")


# ---------------------------------------------------------------- both, again and again


def test_both_keys_twice(acme: Job) -> None:
    keys: dict[str, str] = {}
    for turn in ("one", "two"):
        for name in ("signing", "log"):
            environment = {**acme.keys(), **keys}
            arguments = ("keys", "rotate", name, "--one-line", "--output", turn)
            acme.gate(*arguments, environment=environment, expect=0)
            keys |= new(name, turn)
        done = acme.gate(*ENFORCE, "--receipt", f"receipts/{turn}", environment=acme.ci(**keys))
        assert done.code == 0, said(done)
        verified(acme)
    trust = load_trust(acme.home / "trust")
    assert (len(trust.policy.logs), len(trust.signers.entries)) == (3, 3)
    for receipt in ("before", "one", "two"):
        permitted(acme, receipt)
    assert "note: entry" not in verified(acme)
    ended = acme.gate("doctor", environment=acme.ci(**keys), expect=0)
    must_say(ended, "both are the trusted ones")


# ---------------------------------------------------------------- interrupted


STOPPED = ("before the records", "before the log", "between the two", "before the trust folder")


@pytest.mark.parametrize("name", ["signing", "log"])
@pytest.mark.parametrize("stopped", STOPPED)
def test_an_interrupted_rotation_is_finished_by_running_it_again(
    acme: Job, name: str, stopped: str
) -> None:
    home = acme.home
    for kept in ("log", "trust"):
        shutil.copytree(home / kept, home / f"{kept}-before")
    rotate(acme, name)
    key = (home / "new-keys" / f"{name}.key").read_bytes()
    rotation = home / "new-keys" / f"{name}.rotation"
    with_trust(acme, "trust-before")
    if stopped != "before the trust folder":
        shutil.rmtree(home / "log")
        shutil.copytree(home / "log-before", home / "log")
    if stopped == "before the records":
        rotation.unlink()
    if stopped == "between the two":
        record, log = (
            load_private_key(Path(path).read_text())
            for path in (acme.keys()["GATE_SIGNING_KEY_FILE"], acme.keys()["GATE_LOG_KEY_FILE"])
        )
        begun = parse_rotation(rotation.read_bytes(), RecordSigner(record))
        trust = load_trust(home / "trust")
        store = DirectoryStore(home / "log")
        append(store, trust, Ed25519Signer(ORIGIN, log), begun.entries[0])
        # Others are not held up meanwhile.
        assert acme.gate(*ENFORCE, environment=acme.ci()).code == 0
    verified(acme)

    told = rotate(acme, name)
    assert "To do" in told
    assert (home / "new-keys" / f"{name}.key").read_bytes() == key
    size = acme.view().size
    assert size == (4 if stopped == "between the two" else 3)
    assert "key 2" in verified(acme)
    assert acme.gate(*ENFORCE, environment=acme.ci(**new(name))).code == 0
    verified(acme)


@pytest.mark.parametrize("name", ["signing", "log"])
def test_a_complete_rotation_run_again_changes_nothing(acme: Job, name: str) -> None:
    rotate(acme, name)
    before = acme.view().checkpoint, (acme.home / "trust" / "signers.toml").read_bytes()
    assert "To do" in rotate(acme, name)
    assert (acme.view().checkpoint, (acme.home / "trust" / "signers.toml").read_bytes()) == before


# ---------------------------------------------------------------- refused before anything is done


@pytest.mark.parametrize("name", ["signing", "log"])
def test_the_new_key_is_for_its_owner_alone_and_in_the_form_asked_for(acme: Job, name: str) -> None:
    rotate(acme, name)
    path = acme.home / "new-keys" / f"{name}.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
    keys = new(name)
    arguments = ("keys", "rotate", name, "--output", "other-keys", "--one-line")
    acme.gate(*arguments, environment={**acme.keys(), **keys}, expect=0)
    assert len((acme.home / "other-keys" / f"{name}.key").read_text().split()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("signing",), "Missing option '--output'"),
        (("log",), "Missing option '--output'"),
        (("other", "--output", "x"), "other"),
        (("log", "--output", "x", "--overlap", "1h"), "--overlap"),
        (("signing", "--output", "x", "--overlap", "soon"), "--overlap"),
        (("signing", "--output", "x", "--overlap", "-1h"), "--overlap"),
        (("signing", "--output", "x", "--config", "no.toml"), "no.toml"),
        (("signing", "--output", "gate.toml/x"), "gate.toml/x"),
    ],
)
def test_rotate_used_wrongly(acme: Job, arguments: tuple[str, ...], words: str) -> None:
    before = acme.view().checkpoint
    ended = acme.gate("keys", "rotate", *arguments, environment=acme.keys())
    assert ended.code == 2
    must_say(ended, words)
    assert acme.view().checkpoint == before
    assert not (acme.home / "x").exists()


@pytest.mark.parametrize("name", ["signing", "log"])
@pytest.mark.parametrize("variable", ["GATE_SIGNING_KEY_FILE", "GATE_LOG_KEY_FILE"])
def test_both_keys_are_needed_and_must_be_the_trusted_ones(
    acme: Job, name: str, variable: str
) -> None:
    acme.gate("keys", "new", "log", "--output", "strange", expect=0)
    for value in ("", "strange/log.key"):
        ended = acme.gate(
            *("keys", "rotate", name, "--output", "new-keys"),
            environment={**acme.keys(), variable: value},
        )
        assert ended.code == 2
        must_say(ended, variable.removesuffix("_FILE"))
    assert not (acme.home / "new-keys").exists()
    assert acme.view().size == 1


@pytest.mark.parametrize("name", ["signing", "log"])
@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nMC4"])
def test_a_key_file_that_was_cut_short_is_told_of(acme: Job, name: str, text: str) -> None:
    (acme.home / "new-keys").mkdir()
    (acme.home / "new-keys" / f"{name}.key").write_text(text)
    ended = acme.gate("keys", "rotate", name, "--output", "new-keys", environment=acme.keys())
    assert ended.code == 2
    must_say(ended, f"new-keys/{name}.key", "nothing names its key yet: delete")
    assert acme.view().size == 1


@pytest.mark.parametrize("name", ["signing", "log"])
def test_the_key_that_is_there_is_not_replaced_by_itself(acme: Job, name: str) -> None:
    ended = acme.gate("keys", "rotate", name, "--output", "gate-keys", environment=acme.keys())
    if name == "log":
        assert ended.code == 0
        must_say(ended, "is the log's current key")
    else:
        assert ended.code == 2
        must_say(ended, "holds the key that is to be replaced")
    assert acme.view().size == 1


def test_the_rotation_of_other_keys_is_not_gone_on_with(acme: Job) -> None:
    rotate(acme, "signing", "--overlap", "1h")
    (acme.home / "new-keys" / "signing.key").unlink()
    ended = acme.gate("keys", "rotate", "signing", "--output", "new-keys", environment=acme.keys())
    assert ended.code == 2
    must_say(ended, "new-keys/signing.rotation is the rotation of other keys")
    (acme.home / "new-keys" / "signing.rotation").write_bytes(b"nonsense\n")
    ended = acme.gate("keys", "rotate", "signing", "--output", "new-keys", environment=acme.keys())
    assert ended.code == 2
    must_say(ended, "new-keys/signing.rotation: it is not by this record key")
    assert acme.view().size == 3
