"""`--kept` before a decision, `gate log sync` and `gate log reindex`."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs import Job, job, must_say, said

from gate.store.contract import token


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Job]:
    with job(tmp_path) as made:
        made.receipt("a")
        yield made


@pytest.mark.parametrize("command", ["check", "enforce", "run"])
def test_a_head_that_the_log_no_longer_shows_ends_13(acme: Job, command: str) -> None:
    shutil.copytree(acme.home / "log", acme.home / "before")
    acme.receipt("b")
    cmd = ("--", "true") if command == "run" else ()
    given = ("--kept", "receipts/b.tlog-proof", "--kept", "receipts/a.tlog-proof")
    if command != "run":
        acme.gate(command, *given, *cmd, environment=acme.ci(), expect=0)
    kept = acme.home / "newest"
    kept.write_bytes((acme.home / "log" / "checkpoint").read_bytes())
    shutil.rmtree(acme.home / "log")
    (acme.home / "before").rename(acme.home / "log")
    acme.blocked(
        *(command, "--kept", "newest", *cmd),
        code=13,
        words=("does not extend the kept checkpoint newest", "Both heads are signed", "kept:"),
        environment=acme.ci(),
    )


def test_a_kept_head_of_another_key_ends_13(acme: Job) -> None:
    (acme.home / "forged").write_text("acme.example/changes\n1\nAAAA\n\n\u2014 x AAAA\n")
    ended = acme.gate("enforce", "--kept", "forged", environment=acme.ci())
    assert ended.code == 13, said(ended)
    ended = acme.gate("enforce", "--kept", "nowhere", environment=acme.ci())
    assert ended.code == 2, said(ended)


def test_sync_has_nothing_to_do_in_a_directory(acme: Job) -> None:
    before = (acme.home / "log" / "checkpoint").read_bytes()
    ended = acme.gate("log", "sync", environment=acme.shell(), expect=0)
    must_say(ended, "committed 0 waiting records", "1 entries")
    assert (acme.home / "log" / "checkpoint").read_bytes() == before
    acme.gate("log", "verify", expect=0)


def test_sync_needs_the_keys(acme: Job) -> None:
    environment = acme.shell(GATE_LOG_KEY=None, GATE_LOG_KEY_FILE=None)
    ended = acme.gate("log", "sync", environment=environment)
    assert ended.code == 2, said(ended)


def test_reindex_mends_rows_that_somebody_changed(acme: Job) -> None:
    connection = sqlite3.connect(acme.home / "log" / "index.sqlite", isolation_level=None)
    shop = token("deployment", "shop\nproduction")
    assert connection.execute("DELETE FROM key WHERE token = ?", (shop,)).rowcount == 1
    connection.close()
    ended = acme.gate("log", "verify")
    assert ended.code == 13, said(ended)
    must_say(acme.gate("log", "reindex", expect=0), "holds 1 entries")
    acme.gate("log", "verify", expect=0)
