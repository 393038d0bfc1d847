"""What an auditor does with a copy of the log: kept heads, lists, one decision's evidence."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs import Job, job, must_say, said

SPAN = ("--from", "2026-01-01", "--to", "2999-01-01")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    """A log of four entries: a deployment that succeeded, a denial, one without an outcome."""
    with job(tmp_path_factory.mktemp("evidence")) as made:
        made.receipt("a")
        made.gate(
            *("complete", "--receipt", "receipts/a", "--outcome", "succeeded"),
            environment=made.ci(),
            expect=0,
        )
        made.judge("enforce", "--ticket", "CHG-999")
        older = (made.home / "log" / "checkpoint").read_bytes()
        made.receipt("b")
        (made.home / "older").write_bytes(older)
        yield made


@pytest.fixture
def rolled_back(acme: Job) -> Iterator[tuple[str, ...]]:
    """A copy at an older head, truly signed."""
    copy = acme.home / "copy"
    shutil.copytree(acme.home / "log", copy)
    shutil.copy(acme.home / "older", copy / "checkpoint")
    yield ("--log", "dir:copy", "--trust", "trust")
    shutil.rmtree(copy)


OWN = ("--log", "dir:log", "--trust", "trust")
LISTS = [
    ("audit", "population", *SPAN, "--output", "list.csv"),
    ("audit", "sample", *SPAN, "--seed", "7", "--output", "list.csv"),
    ("log", "verify"),
]


@pytest.mark.parametrize("command", LISTS, ids=lambda command: command[1])
def test_a_kept_head_shows_what_an_older_one_hides(
    acme: Job, rolled_back: tuple[str, ...], command: tuple[str, ...]
) -> None:
    bare = acme.gate(*command, *rolled_back, expect=0)
    must_say(bare, "3 files reach beyond this head", "No kept checkpoint was given")
    ended = acme.gate(*command, *rolled_back, "--kept", "receipts/b.tlog-proof")
    assert ended.code == 13, said(ended)
    must_say(ended, "does not extend the kept checkpoint", "it has 3 of the 4 entries")
    assert "No kept checkpoint" not in said(ended)
    assert said(ended).count("acme.example/changes\n4\n") == 1
    assert said(ended).count("acme.example/changes\n3\n") == 1
    two = ("--kept", "receipts/b.tlog-proof", "--kept", "older")
    whole = acme.gate(*command, *OWN, *two, expect=0)
    must_say(whole, "extends the kept checkpoint of 4", "extends the kept checkpoint of 3")
    assert "No kept checkpoint" not in said(whole)


def test_what_is_kept_and_what_is_not_shown_is_in_the_header(
    acme: Job, rolled_back: tuple[str, ...]
) -> None:
    acme.gate(*LISTS[0], *rolled_back, "--kept", "receipts/a.tlog-proof", expect=0)
    header = json.loads((acme.home / "list.header.json").read_text())
    assert [kept["size"] for kept in header["kept_checkpoints"]] == [1]
    assert header["files_beyond_head"] == 3
    assert header["made_after_period_end"] is False
    assert header["first_record_at"] < header["last_record_at"]
    notes = " ".join(header["notes"])
    assert "nothing here shows that this copy was taken after it" in notes
    assert "nothing is shown about the part of the period before" in notes


def test_the_list_says_what_has_no_outcome(acme: Job) -> None:
    ended = acme.gate(*LISTS[0], *OWN, expect=0)
    must_say(ended, "let pass, and no outcome recorded: 1")
    assert all(line == line.rstrip() for line in ended.out.splitlines())
    with (acme.home / "list.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == ["succeeded", "", "(none recorded)"]
    assert [row["run_attempt"] for row in rows] == ["1", "1", "1"]


def test_verify_tells_what_was_there_and_never_that_absent_things_agree(acme: Job) -> None:
    ended = acme.gate("log", "verify", expect=0)
    must_say(ended, "evidence: 3 of 3 present", "index: the rows of 4 entries agree")
    shutil.copytree(acme.home / "log", acme.home / "bare")
    shutil.rmtree(acme.home / "bare" / "evidence")
    for path in (acme.home / "bare").glob("index.sqlite*"):
        path.unlink()
    ended = acme.gate("log", "verify", "--log", "dir:bare", "--trust", "trust", expect=0)
    must_say(ended, "evidence: 0 of 3 present", "index: absent, so nothing of it was checked")
    assert "agree," not in ended.out.replace("records agree,", "")
    lines = ended.out.splitlines()
    assert lines[0].startswith("verified: ")
    first_note = next(n for n, line in enumerate(lines) if line.startswith("note:"))
    assert all(line.startswith("note:") for line in lines[first_note:] if line)


def test_a_place_is_named_once(acme: Job) -> None:
    """The verdict said "TAMPERED at entry 10: entry 10: …" once."""
    shutil.copytree(acme.home / "log", acme.home / "changed")
    signers = acme.home / "strangers"
    shutil.copytree(acme.home / "trust", signers)
    text = (signers / "signers.toml").read_text()
    (signers / "signers.toml").write_text(text.replace("not_before = 2", "not_before = 3"))
    ended = acme.gate("log", "verify", "--log", "dir:changed", "--trust", "strangers")
    assert ended.code == 13
    assert ended.out.startswith("TAMPERED at entry 0: ")
    assert ended.out.splitlines()[0].count("entry 0") == 1


def test_names_come_from_the_folder_that_is_given(acme: Job) -> None:
    folder = ("--people", "--disclosures", "dir:change-evidence")
    must_say(acme.gate("log", "show", "0", *OWN, *folder, expect=0), "approved by bob")
    acme.gate(*LISTS[0], *OWN, *folder, expect=0)
    with (acme.home / "list.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["approvers"] == "bob"
    header = json.loads((acme.home / "list.header.json").read_text())
    assert header["people"] == {"asked": True, "joined": 3, "not_available": 0}
    (acme.home / "nobody").mkdir()
    acme.gate(*LISTS[0], *OWN, "--people", "--disclosures", "dir:nobody", expect=0)
    header = json.loads((acme.home / "list.header.json").read_text())
    assert header["people"] == {"asked": True, "joined": 0, "not_available": 3}
    assert "(no name available)" in (acme.home / "list.csv").read_text()


@pytest.mark.parametrize("command", [("log", "show", "0"), LISTS[0]], ids=["show", "population"])
def test_a_folder_that_is_not_there_is_no_folder_without_names(
    acme: Job, command: tuple[str, ...]
) -> None:
    for more, words in (
        (("--people", "--disclosures", "dir:gone"), "there is no folder"),
        (("--people", "--disclosures", "gone"), "gone"),
        (("--disclosures", "dir:change-evidence"), "without --people"),
    ):
        ended = acme.gate(*command, *OWN, *more)
        assert ended.code == 2, said(ended)
        must_say(ended, words)


def test_one_decision_is_evidence_by_itself(acme: Job) -> None:
    text = acme.gate("log", "show", "0", expect=0).out
    for words in (
        "What happened when (UTC)",
        "ticket CHG-1 created by p",
        "decided: allowed  [gate, by its machine's clock]",
        "outcome: succeeded (entry 1)",
        "CHG-1 is approved by p",
        "criteria    SOC 2 CC8.1",
        "attribute C",
        "clock         gate minus jira",
        "deployer      p",
    ):
        assert words in text, words
    assert "outcome       (none recorded)" in acme.gate("log", "show", "3", expect=0).out


def test_a_kept_file_that_is_not_there_is_a_usage_error(acme: Job, tmp_path: Path) -> None:
    ended = acme.gate("log", "verify", "--kept", str(tmp_path / "gone"))
    assert ended.code == 2
    must_say(ended, "cannot read")
