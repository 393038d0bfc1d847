"""README's walk-through, each command as it stands there, by the built wheel."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from counterparts import DEADLINE, WHEEL, outside, run

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
ACTIVATE = ". .venv/bin/activate && "  # the wheel's environment stands in for the checkout's


def commands() -> list[list[str]]:
    """The commands of "Do it yourself", a list a step; the playground's own step comes first."""
    text = README.read_text(encoding="utf-8")
    section = text.partition("## Do it yourself")[2].partition("\n## ")[0]
    return [
        [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
        for block in BLOCK.findall(section)
    ]


def checked(command: str) -> str:
    """The command, saying so where it fails; those that tell their exit code are to fail."""
    plain = command.removeprefix(ACTIVATE).partition("  #")[0].rstrip()
    return plain if "; echo" in plain else f"{plain} || echo FAILED"


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Path]:
    serve = commands()[0][-1]
    assert serve == "gate demo --serve playground"
    environment = outside(tmp_path / "home", WHEEL)
    with subprocess.Popen(
        ["sh", "-c", f"exec {serve}"], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
    ) as served:
        ready, deadline = tmp_path / "playground" / "self-approved.env", time.monotonic() + DEADLINE
        while not ready.exists() and time.monotonic() < deadline and served.poll() is None:
            time.sleep(0.05)  # until it is set up, which it shows by its last file
        yield tmp_path
        served.terminate()


def test_the_walk_through(playground: Path) -> None:
    steps = commands()[1:]
    assert len(steps) == 5
    assert steps[0][0] == f"{ACTIVATE}cd playground"
    script = "\n".join(
        f"echo '== {number}'\n" + "\n".join(map(checked, step))
        for number, step in enumerate(steps, 1)
    )
    ended = run(["sh", "-c", script], playground, outside(playground / "home", WHEEL))
    assert "FAILED" not in ended.out, ended.out + ended.err
    told = ended.out.split("== ")[1:]
    may, may_not, target, auditor, changed = told
    assert may.count("ALLOWED") >= 2
    assert "\ndeploying\n" in may
    assert "DENIED" in may_not
    assert "exit 10" in may_not
    assert "was created at" in may_not
    assert "permitted: shop" in target
    assert "exit 10" in target
    assert "verified:" in auditor
    assert (playground / "playground" / "population.csv").exists()
    assert (playground / "playground" / "sample.csv").exists()
    assert "TAMPERED at" in changed
    assert "exit 13" in changed
