"""Every way to end that is no answer: none of them is 0, and each says what it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import click
import pytest
from jobs import PROCESS, SHOP, Job, job, must_say, said

import gate.errors
from gate.demo import faults

ENFORCE = ("enforce", *SHOP, "--ticket", "CHG-1")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("ends")) as made:
        yield made


# ---------------------------------------------------------------- typed wrongly


@pytest.mark.parametrize("command", ["hooks", "server"])
def test_a_command_of_a_later_version_is_none(acme: Job, command: str) -> None:
    ended = acme.gate(command, environment=acme.ci())
    assert ended.code == 2
    must_say(ended, "No such command")


def test_a_mistyped_command_names_the_nearest(acme: Job) -> None:
    must_say(acme.gate("enforse"), "No such command 'enforse'", "Did you mean")


def test_run_does_not_take_cmds_options_for_its_own(acme: Job) -> None:
    """Without -- a typo of gate's options would be swallowed by CMD."""
    acme.unasked(
        *("run", "--tickt", "CHG-1", "true"), environment=acme.ci(), words=("No such option",)
    )


# ---------------------------------------------------------------- unset, absent, at its end


@pytest.mark.parametrize("variable", ["GITHUB_TOKEN", "GATE_JIRA_TOKEN", "GATE_JIRA_EMAIL"])
@pytest.mark.parametrize("value", [None, ""])
def test_an_unset_secret_blocks(acme: Job, variable: str, value: str | None) -> None:
    acme.blocked(
        *ENFORCE,
        environment=acme.ci(**{variable: value}),
        code=11,
        words=(variable, "UNDETERMINED"),
    )


def test_no_environment_at_all_blocks(acme: Job) -> None:
    ended = acme.gate(*ENFORCE, environment={})
    assert ended.code == 2, said(ended)


def test_a_closed_stdin_changes_nothing(acme: Job) -> None:
    done = subprocess.run(
        [*PROCESS, *ENFORCE, "--ticket", "null"],
        cwd=acme.home,
        env=acme.environ(acme.ci()),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: os.close(0),
    )
    assert done.returncode == 2
    assert "the word for nothing" in done.stderr


# ---------------------------------------------------------------- crashes

PLACES = (
    *("gate.deploy.gather", "gate.deploy.evaluate", "gate.deploy.open_store"),
    *("gate.log.writing.append.append", "gate.record.writing.decision_statement"),
    *(
        "gate.store.directory.store.DirectoryStore.commit",
        "gate.log.receipts.receipt.write_receipt",
    ),
    *("gate.cli.enforce.print_decision", "gate.cli.enforce.tell_ci", "gate.cli.enforce.ask"),
    *("gate.tickets.jira.JiraReader.fetch", "gate.forges.github.GitHubReader.fetch_change"),
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("crash", [ZeroDivisionError, EOFError])
def test_a_crash_is_a_bug_and_no_answer(acme: Job, place: str, crash: type[Exception]) -> None:
    with mock.patch(place, side_effect=crash("on purpose")):
        ended = acme.gate(*ENFORCE, environment=acme.ci())
    assert ended.code == 1, said(ended)
    must_say(ended, crash.__name__, "this is a bug in gate")
    assert "::error" not in ended.out or "ALLOWED" not in ended.out.rpartition("::error")[2]


@pytest.mark.parametrize("left", [SystemExit(0), SystemExit(None), SystemExit(10)])
@pytest.mark.parametrize("place", ["gate.deploy.gather", "gate.log.writing.append.append"])
def test_leaving_early_from_inside_is_no_zero(acme: Job, place: str, left: SystemExit) -> None:
    """A library that calls exit(0) would let the deployment go on."""
    with mock.patch(place, side_effect=left):
        ended = acme.gate(*ENFORCE, environment=acme.ci())
    assert ended.code == 1, said(ended)
    must_say(ended, "something called exit(")


@pytest.mark.parametrize("result", [None, True, False, "0", 0.0, [], object()])
def test_a_command_that_returns_no_code_is_a_bug(acme: Job, result: object) -> None:
    """A status call that returned false was ignored by others."""
    with mock.patch("gate.cli.enforce.enforce_and_print") as faked:
        faked.return_value.view.exit_code = result
        ended = acme.gate(*ENFORCE, environment=acme.ci())
    assert ended.code == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_is_said_and_is_no_zero(acme: Job, error: BaseException) -> None:
    with mock.patch("gate.deploy.gather", side_effect=error):
        ended = acme.gate(*ENFORCE, environment=acme.ci())
    assert ended.code == 1
    must_say(ended, "gate: interrupted")


# ---------------------------------------------------------------- signals, in real processes


@contextmanager
def waiting_for_jira(acme: Job, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command that has asked Jira, which does not answer."""
    asked = threading.Event()

    def strike(_: str, _body: bytes = b"") -> list[Any]:
        asked.set()
        return [faults.hang()]

    with mock.patch.object(acme.world.jira, "strike", strike):
        process = subprocess.Popen(
            [*PROCESS, *arguments],
            cwd=acme.home,
            env=acme.environ(acme.ci()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert asked.wait(timeout=30)
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", ["enforce", "run"])
def test_a_signal_while_judging_ends_without_a_permission(
    acme: Job, command: str, number: signal.Signals
) -> None:
    before = acme.view().size
    rest = ("--", "touch", "started") if command == "run" else ()
    with waiting_for_jira(acme, command, *ENFORCE[1:], *rest) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode != 0
    assert process.returncode in ({1} if number is signal.SIGINT else {1, -number}), err
    assert "ALLOWED" not in out
    assert acme.view().size == before
    assert not (acme.home / "started").exists()


def test_killed_at_any_time_it_is_no_zero(acme: Job) -> None:
    with waiting_for_jira(acme, *ENFORCE) as process:
        process.kill()
        out, _ = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    assert out == ""
    acme.gate("log", "verify", expect=0)


# ---------------------------------------------------------------- the codes themselves


def test_exit_codes_are_distinct_and_documented() -> None:
    codes = {
        *(gate.errors.OK, gate.errors.BUG, gate.errors.USAGE, gate.errors.FINDING),
        *(gate.errors.UNDETERMINED, gate.errors.NOT_RECORDED, gate.errors.INCONSISTENT),
    }
    assert codes == {0, 1, 2, 10, 11, 12, 13}
    kinds = gate.errors.GateError.__subclasses__()
    assert sorted(k.exit_code for k in kinds) == [2, 10, 11, 12, 13]


def test_the_module_is_the_command(acme: Job) -> None:
    """`python -m gate.cli` and the console script are one."""
    done = subprocess.run(
        [sys.executable, "-m", "gate.cli", "enforse"],
        cwd=acme.home,
        env=acme.environ(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "No such command" in done.stderr
