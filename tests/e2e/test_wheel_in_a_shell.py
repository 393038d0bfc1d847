"""The built wheel as somebody installs it, in a plain shell."""

from __future__ import annotations

from pathlib import Path

import pytest
from counterparts import WHEEL, outside, run

from gate import __version__
from gate.cli.main import COMMANDS

GATE = str(WHEEL / "gate")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return outside(tmp_path / "home", WHEEL)


def test_what_runs_is_the_wheel_and_not_this_checkout(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    where = [str(WHEEL / "python"), "-c", "import gate; print(gate.__file__)"]
    assert Path(run(where, tmp_path, environment).out.strip()).is_relative_to(WHEEL.parent)
    assert run([GATE, "--version"], tmp_path, environment).out == f"gate {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_wheel(
    command: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    ended = run([GATE, command, "--help"], tmp_path, environment)
    assert ended.code == 0, ended.err
    assert ended.out.startswith(f"Usage: gate {command}")


@pytest.mark.parametrize("given", [["enforced"], ["enforce", "--no-such-option"], ["enforce", ""]])
def test_what_gate_does_not_understand_ends_2(
    given: list[str], tmp_path: Path, environment: dict[str, str]
) -> None:
    ended = run([GATE, *given], tmp_path, environment)
    assert ended.code == 2
    assert "Usage: gate" in ended.err


def test_a_full_disk_below_stdout_is_no_0(tmp_path: Path, environment: dict[str, str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    ended = run(["sh", "-c", f"{GATE} --version > /dev/full"], tmp_path, environment)
    assert ended.code == 1


def test_the_demo_runs_from_an_empty_folder(tmp_path: Path, environment: dict[str, str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    ended = run([GATE, "demo", "--output", "told"], empty, environment)
    assert ended.code == 0, ended.out + ended.err
    assert "Told in" in ended.out
    left = {path.name for path in (empty / "told").iterdir()}
    assert {
        *("log", "trust", "receipts", "log.vkey", "signer.pub.pem"),
        *("population.csv", "sample.csv"),
    } <= left
    verified = run(
        [GATE, "log", "verify", "--log", "dir:told/log", "--trust", "told/trust"],
        empty,
        environment,
    )
    assert verified.code == 0, verified.err
