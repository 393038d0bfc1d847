"""`gate run`: whose exit code it ends with, what CMD sees, and what is recorded of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from jobs import PROCESS, SHOP, Job, job, must_say, said

from gate.cli.authorities import set_aside
from gate.config.secrets import SECRET_VARIABLES
from gate.errors import InconsistentError, NotRecordedError
from gate.record.statement import DecisionRecord, OutcomeRecord

RUN = ("run", *SHOP, "--ticket", "CHG-1", "--quiet")
PYTHON = (sys.executable, "-S", "-c")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("run")) as made:
        yield made


def outcome(acme: Job) -> str:
    """What the log's last record says came of the deployment before it."""
    *_, decision, last = acme.records()
    assert isinstance(decision, DecisionRecord)
    assert isinstance(last, OutcomeRecord)
    assert last.commit == decision.commit
    return last.outcome


# ---------------------------------------------------------------- exit codes


def test_cmd_that_succeeds(acme: Job) -> None:
    ended = acme.gate(*RUN, "--", "true", environment=acme.ci())
    assert ended.code == 0, said(ended)
    assert outcome(acme) == "succeeded"


@pytest.mark.parametrize("code", [1, 2, 10, 11, 12, 13])
def test_cmd_that_fails_ends_it_with_its_own_code(acme: Job, code: int) -> None:
    ended = acme.gate(*RUN, "--", *PYTHON, f"raise SystemExit({code})", environment=acme.ci())
    assert ended.code == code, said(ended)
    assert outcome(acme) == "failed"


def test_cmd_with_a_code_of_its_own_kind(acme: Job) -> None:
    """In a process, as the codes of CMD are any."""
    done = subprocess.run(
        [*PROCESS, *RUN, "--", *PYTHON, "raise SystemExit(77)"],
        cwd=acme.home,
        env=acme.environ(acme.ci()),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 77
    assert outcome(acme) == "failed"


def test_cmd_ended_by_a_signal(acme: Job) -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    done = subprocess.run(
        [*PROCESS, *RUN, "--", *PYTHON, script],
        cwd=acme.home,
        env=acme.environ(acme.ci()),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 128 + signal.SIGKILL
    assert outcome(acme) == "failed"


@pytest.mark.parametrize("cmd", ["./no-such-command", "gate.toml", "."])
def test_cmd_that_cannot_be_started(acme: Job, cmd: str) -> None:
    """It was permitted and did not happen, which is what the log then says."""
    ended = acme.gate(*RUN, "--", cmd, environment=acme.ci())
    assert ended.code == 2, said(ended)
    must_say(ended, f"{cmd} could not be started")
    assert outcome(acme) == "cancelled"


@pytest.mark.parametrize(
    ("changes", "ticket", "code"),
    [
        ({}, "CHG-999", 10),
        ({"GATE_JIRA_TOKEN": "wrong"}, "CHG-1", 11),
        ({"GATE_LOG_KEY_FILE": None}, "CHG-1", 2),
        ({}, "null", 2),
    ],
)
def test_cmd_that_was_not_allowed_never_starts(
    acme: Job, changes: dict[str, str | None], ticket: str, code: int
) -> None:
    ended = acme.blocked(
        *("run", *SHOP, "--ticket", ticket, "--", "touch", "started"),
        environment=acme.ci(**changes),
        code=code,
        words=(),
    )
    assert not (acme.home / "started").exists(), said(ended)


def test_a_broken_log_ends_13_and_cmd_never_starts(acme: Job) -> None:
    acme.gate(*RUN, "--", "true", environment=acme.ci(), expect=0)
    copy = acme.home / "broken-log"
    shutil.copytree(acme.home / "log", copy)
    head = (copy / "checkpoint").read_bytes()
    (copy / "checkpoint").write_bytes(head[:-10] + bytes([head[-10] ^ 1]) + head[-9:])
    given = acme.rewrite("broken.toml", ('url = "dir:log"', 'url = "dir:broken-log"'))
    ended = acme.gate(*RUN, "--", "touch", "started", environment=acme.ci(**given))
    assert ended.code == 13, said(ended)
    assert not (acme.home / "started").exists()


@pytest.mark.parametrize(("cmd", "code"), [("true", 12), ("false", 1)])
@pytest.mark.parametrize("error", [NotRecordedError, InconsistentError])
def test_an_outcome_that_could_not_be_recorded(
    acme: Job, cmd: str, code: int, error: type[NotRecordedError]
) -> None:
    """12 where CMD succeeded, or the failure of CMD, which is the news. Either way it is said."""
    with mock.patch("gate.deploy.complete", side_effect=error("the disk is gone")):
        ended = acme.gate(*RUN, "--", cmd, environment=acme.ci())
    assert ended.code == code, said(ended)
    must_say(ended, "its outcome is not recorded: the disk is gone", "gate complete --receipt")


def test_the_disk_goes_away_while_cmd_runs(acme: Job) -> None:
    log = acme.home / "log"
    ended = acme.gate(*RUN, "--", "mv", "log", "log.gone", environment=acme.ci())
    (acme.home / "log.gone").rename(log)
    assert ended.code == 12, said(ended)
    receipt = next(w for w in ended.err.split() if w.endswith(".tlog-proof"))
    acme.gate(
        *("complete", "--receipt", receipt, "--outcome", "succeeded"),
        environment=acme.ci(),
        expect=0,
    )
    assert outcome(acme) == "succeeded"


def test_a_crash_while_the_outcome_is_recorded_is_no_zero(acme: Job) -> None:
    with mock.patch("gate.deploy.complete", side_effect=ZeroDivisionError):
        ended = acme.gate(*RUN, "--", "true", environment=acme.ci())
    assert ended.code == 1


# ---------------------------------------------------------------- what CMD sees


def seen_by_cmd(acme: Job, **given: str) -> dict[str, str]:
    script = "import json, os; json.dump(dict(os.environ), open('seen.json', 'w'))"
    ended = acme.gate(*RUN, "--", *PYTHON, script, environment={**acme.ci(), **given})
    assert ended.code == 0, said(ended)
    seen: dict[str, str] = json.loads((acme.home / "seen.json").read_text())
    return seen


def test_cmd_is_not_given_gates_secrets(acme: Job) -> None:
    keys = {n: Path(p).read_text().strip() for n, p in acme.keys().items()}
    token = {"GATE_LOG_USER": "log-writer", "GATE_LOG_TOKEN": "t0ken-of-the-log"}
    seen = seen_by_cmd(acme, **token)
    assert set(seen).isdisjoint(n for n in SECRET_VARIABLES if n.startswith("GATE_"))
    assert set(seen).isdisjoint(token)
    values = "\n".join(seen.values())
    ours = (*acme.world.secrets().values(), *acme.keys().values(), *keys.values(), *token.values())
    for secret in ours:
        if secret not in (acme.world.jira.users["gate"].email, acme.world.github_token):
            assert secret not in values


def test_cmd_is_given_everything_else(acme: Job) -> None:
    seen = seen_by_cmd(acme, DEPLOY_TARGET="eu-1", GATE_TICKET="CHG-1")
    assert seen["DEPLOY_TARGET"] == "eu-1"
    assert seen["GITHUB_SHA"] == acme.scene.commit
    assert seen["GATE_TICKET"] == "CHG-1"


def test_cmd_gets_its_arguments_as_they_stand(acme: Job) -> None:
    """No shell is between: quotes, blanks, stars and dollars arrive, and options are CMD's own."""
    wanted = ["--ticket", "a b", "$HOME", "*", "`id`", "", "--help", "--", "ü"]
    script = "import json, sys; json.dump(sys.argv[1:], open('seen.json', 'w'))"
    ended = acme.gate(*RUN, "--", *PYTHON, script, *wanted, environment=acme.ci())
    assert ended.code == 0, said(ended)
    assert json.loads((acme.home / "seen.json").read_text()) == wanted


def test_cmd_starts_only_once_the_permission_is_in_the_log(acme: Job) -> None:
    """It finds its own receipt, and the target's check of it passes."""
    check = (
        *(*PROCESS, "verify", "--receipt", "mine", "--trust", "trust", *SHOP),
        *("--commit", acme.scene.commit),
    )
    ended = acme.gate(*RUN, "--receipt", "mine", "--", *check, environment=acme.ci())
    assert ended.code == 0, said(ended)


# ---------------------------------------------------------------- signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_cmd_decides_how_it_takes_a_signal_and_gate_stays_to_record_it(
    acme: Job, number: signal.Signals
) -> None:
    """A cancelled job: a terminal sends SIGINT to all of them, a runner sends SIGTERM to gate."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        script = (
            "import signal, socket, sys, time\n"
            "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
            "signal.signal(signal.SIGINT, lambda *_: sys.exit(7))\n"
            f"socket.create_connection({server.getsockname()!r}).close()\n"
            "time.sleep(60)\n"
        )
        process = subprocess.Popen(
            [*PROCESS, *RUN, "--", *PYTHON, script],
            cwd=acme.home,
            env=acme.environ(acme.ci()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            server.accept()[0].close()  # CMD runs
            if number is signal.SIGINT:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 7, err
    assert outcome(acme) == "failed"


def test_authorities_of_the_environment_are_cmd_s_and_not_ours(acme: Job) -> None:
    show = "import os, pathlib; pathlib.Path('seen').write_text(os.environ['SSL_CERT_FILE'])"
    environment = acme.ci(SSL_CERT_FILE="/nowhere/ca.pem")
    acme.gate(*RUN, "--", *PYTHON, show, environment=environment, expect=0)
    assert (acme.home / "seen").read_text() == "/nowhere/ca.pem"
    with mock.patch.dict(os.environ, {"SSL_CERT_FILE": "/nowhere/ca.pem"}):
        set_aside()
        assert "SSL_CERT_FILE" not in os.environ
