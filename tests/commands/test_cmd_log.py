"""`gate log`: init, show, verify, prove; what was tampered with ends 13 and is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jobs import SHOP, Job, job, must_say, said

from gate.demo.stage import Ended

OWN = ("--log", "dir:log", "--trust", "trust")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    """A log of seven entries: permissions, outcomes, a denial."""
    with job(tmp_path_factory.mktemp("log")) as made:
        for name in ("a", "b", "c"):
            made.receipt(name)
            made.gate(
                *("complete", "--receipt", f"receipts/{name}", "--outcome", "failed"),
                environment=made.ci(),
                expect=0,
            )
        made.judge("enforce", "--ticket", "CHG-999")
        yield made


@pytest.fixture
def copy(acme: Job, tmp_path: Path) -> Path:
    shutil.copytree(acme.home / "log", tmp_path / "log")
    return tmp_path / "log"


def on(acme: Job, log: Path, *arguments: str) -> Ended:
    """A reading command over a copy of the log, as an auditor has it."""
    return acme.gate(*arguments, "--log", f"dir:{log}", "--trust", "trust")


# ---------------------------------------------------------------- verify


def test_a_whole_log_verifies_with_a_policy_or_without(acme: Job, copy: Path) -> None:
    must_say(acme.gate("log", "verify", expect=0), "7 entries", "verified: signatures, order")
    (copy.parent / "trust").symlink_to(acme.home / "trust")
    ended = acme.gate("log", "verify", *OWN, home=copy.parent)
    assert ended.code == 0, said(ended)


def test_the_report_for_programs(acme: Job, copy: Path) -> None:
    report = json.loads(on(acme, copy, "log", "verify", "--json").out)
    assert (report["schema"], report["size"], report["faults"]) == ("gate/log-report/v1", 7, [])
    (copy / "tile" / "entries" / "000.p" / "7").write_bytes(b"x")
    ended = on(acme, copy, "log", "verify", "--json")
    assert ended.code == 13
    report = json.loads(ended.out)
    assert report["faults"]
    assert sum(report["fault_counts"].values()) >= len(report["faults"])


def test_integrity_alone_and_since_a_checkpoint(acme: Job, copy: Path) -> None:
    ended = on(acme, copy, "log", "verify", "--integrity-only")
    assert ended.code == 0, said(ended)
    must_say(ended, "verified, integrity only", "records: not looked at")
    head = copy.parent / "head"
    shutil.copy(copy / "checkpoint", head)
    ended = on(acme, copy, "log", "verify", "--since", str(head), "--jobs", "1")
    assert ended.code == 0, said(ended)
    must_say(ended, "extends the kept checkpoint of 7 entries", "entries below 7: hashed and read")
    assert "verified: signatures" not in ended.out
    must_say(ended, "signatures and evidence from entry 7 on", "witnesses: none asked for")
    flip(a_file(copy, "tile/entries/000.p/7"))
    assert on(acme, copy, "log", "verify", "--integrity-only").code == 13
    report = json.loads(on(acme, copy, "log", "verify", "--integrity-only", "--json").out)
    assert (report["records_checked"], report["signatures_checked_from"]) == (False, None)
    head.write_bytes(b"no checkpoint")
    assert on(acme, copy, "log", "verify", "--since", str(head)).code == 13
    assert on(acme, copy, "log", "verify", "--since", str(head) + "-missing").code == 2


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def cut(path: Path, at: int) -> None:
    path.write_bytes(path.read_bytes()[:at])


def a_file(log: Path, pattern: str) -> Path:
    return max(p for p in log.glob(pattern) if p.is_file())


TAMPERED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a byte of the entries": (lambda log: flip(a_file(log, "tile/entries/**/*")), "entr"),
    "a byte of a tile": (lambda log: flip(a_file(log, "tile/0/**/*")), "tile/0"),
    "a byte of the checkpoint": (lambda log: flip(log / "checkpoint"), "checkpoint"),
    "the entries are gone": (lambda log: a_file(log, "tile/entries/**/*").unlink(), "entries"),
    "a tile is gone": (lambda log: a_file(log, "tile/0/**/*").unlink(), "tile/0"),
    "all tiles are gone": (lambda log: shutil.rmtree(log / "tile"), "tile"),
    "the checkpoint is cut": (lambda log: cut(log / "checkpoint", -9), "checkpoint"),
    "the checkpoint is empty": (lambda log: cut(log / "checkpoint", 0), "checkpoint"),
    "a byte of evidence": (lambda log: flip(a_file(log, "evidence/**/*")), "evidence"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_changed_is_named(acme: Job, copy: Path, what: str) -> None:
    tamper, words = TAMPERED[what]
    tamper(copy)
    ended = on(acme, copy, "log", "verify")
    assert ended.code == 13, said(ended)
    assert words in said(ended)
    assert "verified:" not in ended.out


def test_missing_evidence_is_reported_and_is_no_fault(acme: Job, copy: Path) -> None:
    shutil.rmtree(copy / "evidence")
    ended = on(acme, copy, "log", "verify")
    assert ended.code == 0, said(ended)
    must_say(ended, "note:", "evidence")


def test_many_notes_of_one_kind_are_counted_instead_of_told(acme: Job, copy: Path) -> None:
    for n in range(8):
        (copy / f"stray-{n}").touch()
    ended = on(acme, copy, "log", "verify")
    assert ended.code == 0, said(ended)
    assert ended.out.count("note: stray-") == 5
    must_say(ended, "note: 3 more of the kind stray")
    report = json.loads(on(acme, copy, "log", "verify", "--json").out)
    assert (report["note_counts"]["stray"], report["quorum"]) == (8, "none")


def test_no_log_at_all_is_not_an_empty_one(acme: Job, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "gone"):
        ended = on(acme, place, "log", "verify")
        assert ended.code in {12, 13}, said(ended)


@pytest.mark.parametrize("url", ["s3:bucket/log", "git+https://x/y", "log", "", "http://x/"])
def test_a_place_that_is_no_log(acme: Job, url: str) -> None:
    ended = acme.gate("log", "verify", "--log", url, "--trust", "trust")
    assert ended.code == 2, said(ended)


def test_a_foreign_trust_folder(acme: Job, tmp_path: Path) -> None:
    with job(tmp_path / "other") as other:
        ended = acme.gate("log", "verify", "--log", "dir:log", "--trust", str(other.home / "trust"))
    assert ended.code == 13
    must_say(ended, "unknown key")


# ---------------------------------------------------------------- prove


def test_an_entrys_receipt_can_be_made_again(acme: Job, tmp_path: Path) -> None:
    """And permits what the first one did: the target may have lost it."""
    made = tmp_path / "again"
    must_say(acme.gate("log", "prove", "0", "--output", str(made), expect=0), "entry 0 of 7")
    ended = acme.gate(
        *("verify", "--receipt", str(made), "--trust", "trust", *SHOP),
        *("--commit", acme.scene.commit),
    )
    assert ended.code == 0, said(ended)


@pytest.mark.parametrize("index", ["7", "8", "99999999999999999999"])
@pytest.mark.parametrize("command", ["prove", "show"])
def test_an_entry_that_is_not_there(acme: Job, command: str, index: str) -> None:
    ended = acme.gate("log", command, index)
    assert ended.code == 2
    must_say(ended, "the log has 7 entries, so none at index")


def test_prove_nothing(acme: Job) -> None:
    ended = acme.gate("log", "prove")
    assert ended.code == 2
    must_say(ended, "Give an INDEX, or --since FILE")


def kept_at(acme: Job, index: int, to: Path) -> Path:
    """The checkpoint that the receipt of an entry carried away, as an auditor kept it."""
    proof = (acme.home / "receipts" / f"{'abc'[index]}.tlog-proof").read_bytes()
    to.write_bytes(proof.partition(b"\n\n")[2])
    return to


def test_the_log_only_grew_since_a_kept_checkpoint(acme: Job, tmp_path: Path) -> None:
    kept = kept_at(acme, 1, tmp_path / "kept")
    ended = acme.gate("log", "prove", "--since", str(kept), expect=0)
    must_say(ended, "grew from 3 to 7 entries: by its signed head")
    both = acme.gate("log", "prove", "0", "--since", str(kept))
    assert both.code == 2, said(both)
    now = acme.home / "log" / "checkpoint"
    must_say(acme.gate("log", "prove", "--since", str(now), expect=0), "grew from 7 to 7")


@pytest.mark.parametrize("how", ["gone", "nonsense", "a byte", "of another log"])
def test_a_kept_checkpoint_that_is_none(acme: Job, tmp_path: Path, how: str) -> None:
    kept = kept_at(acme, 1, tmp_path / "kept")
    match how:
        case "gone":
            kept.unlink()
        case "nonsense":
            kept.write_bytes(b"nonsense")
        case "a byte":
            flip(kept)
        case _:
            with job(tmp_path / "other") as other:
                shutil.copy(other.home / "log" / "checkpoint", kept)
    ended = acme.gate("log", "prove", "--since", str(kept))
    assert ended.code == (2 if how == "gone" else 13), said(ended)


# ---------------------------------------------------------------- show


def test_show_lists_every_entry(acme: Job) -> None:
    lines = acme.gate("log", "show", expect=0).out.splitlines()
    assert len(lines) == 8
    for words in ("allowed", "failed", "denied"):
        assert any(words in line for line in lines)


def test_show_tells_an_entry_without_names_unless_asked(acme: Job) -> None:
    plain = acme.gate("log", "show", "0", expect=0).out
    named = acme.gate("log", "show", "0", "--people", expect=0).out
    assert "p1" in plain
    for name in ("alice", "bob", "carol"):
        assert name not in plain.lower()
    assert "bob" in named
    assert acme.scene.commit in plain


def test_show_for_programs(acme: Job) -> None:
    shown = json.loads(acme.gate("log", "show", "0", "--json", expect=0).out)
    assert "alice" not in json.dumps(shown)


def test_people_cannot_be_joined_without_their_disclosures(acme: Job) -> None:
    ended = acme.gate("log", "show", "0", "--people", *OWN)
    assert ended.code == 2
    must_say(ended, "--people needs the disclosures")


def test_erased_people_are_said_to_be_erased_and_the_proof_stays(acme: Job) -> None:
    """Forgetting somebody leaves every signature and proof as it was."""
    away = acme.home / "change-evidence"
    away.rename(acme.home / "erased")
    try:
        ended = acme.gate("log", "show", "0", "--people", expect=0)
        must_say(ended, "erased")
        assert "bob" not in ended.out
        acme.gate("log", "verify", expect=0)
    finally:
        (acme.home / "erased").rename(away)


@pytest.mark.parametrize("how", ["altered", "of another"])
def test_an_altered_disclosure_is_tampering(acme: Job, how: str, tmp_path: Path) -> None:
    folder = acme.home / "change-evidence"
    shutil.copytree(folder, tmp_path / "kept")
    files = [p for p in folder.rglob("*.json") if p.is_file()]
    if how == "altered":
        for path in files:
            path.write_bytes(path.read_bytes().replace(b"bob", b"eve"))
    else:
        datas = [path.read_bytes() for path in files]
        for path, data in zip(files, datas[1:] + datas[:1], strict=True):
            path.write_bytes(data)
    try:
        ended = acme.gate("log", "show", "0", "--people")
    finally:
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / "kept", folder)
    if how == "altered":
        assert "eve" not in said(ended) or ended.code == 13, said(ended)
    assert ended.code == 13, said(ended)


# ---------------------------------------------------------------- init


def test_init_makes_an_empty_log_once(acme: Job) -> None:
    given = {**acme.keys(), **acme.rewrite("new.toml", ("dir:log", "dir:new-log"))}
    must_say(acme.gate("log", "init", environment=given, expect=0), "made an empty log", "head")
    first = (acme.home / "new-log" / "checkpoint").read_bytes()
    ended = acme.gate("log", "init", environment=given)
    assert ended.code == 2
    must_say(ended, "a log is never replaced")
    assert (acme.home / "new-log" / "checkpoint").read_bytes() == first
    ended = acme.gate("log", "verify", "--log", "dir:new-log", "--trust", "trust", expect=0)
    must_say(ended, "0 entries")


def test_init_does_not_replace_a_log_whose_checkpoint_is_gone(acme: Job, copy: Path) -> None:
    """That would be a second history under the same name."""
    (copy / "checkpoint").unlink()
    given = {**acme.keys(), **acme.rewrite("gone.toml", ("dir:log", f"dir:{copy}"))}
    ended = acme.gate("log", "init", environment=given)
    assert ended.code == 2
    must_say(ended, "holds tiles of a log whose checkpoint is gone")


@pytest.mark.parametrize("value", [None, "nonsense"])
def test_init_without_the_logs_key(acme: Job, value: str | None) -> None:
    given = acme.rewrite("keyless.toml", ("dir:log", "dir:keyless"))
    if value:
        given["GATE_LOG_KEY"] = value
    ended = acme.gate("log", "init", environment=given)
    assert ended.code == 2, said(ended)
    must_say(ended, "GATE_LOG_KEY")
    assert not (acme.home / "keyless").exists()


def test_init_with_a_key_that_nobody_would_believe(acme: Job) -> None:
    """The trust folder decides whose heads are read: no log is begun that it does not vouch for."""
    given = acme.rewrite("stranger.toml", ("dir:log", "dir:stranger"))
    given["GATE_LOG_KEY_FILE"] = acme.keys()["GATE_SIGNING_KEY_FILE"]
    ended = acme.gate("log", "init", environment=given)
    assert ended.code == 2, said(ended)
    must_say(ended, "GATE_LOG_KEY is not the key that the trust folder believes")
    assert not (acme.home / "stranger").exists()
