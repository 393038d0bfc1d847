"""``make bench``: what gate's commands take from start to end, beside a bare interpreter.

Seconds say little about another machine, so each figure stands beside two floors of the same run:
``python -c pass``, and the import of the client libraries. The aims were set where those take 0.006
and 0.107 s; here they are scaled by whichever floor grew less.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from requests_made import Asked, requests_of
from scenery import RECEIPT, TICKET, Scenery, config, scenery
from timing import Timed, medians

ROUNDS = 15
PASS, LIBRARIES = "python -c pass", "import click, jira, structlog, cryptography"
AIMED_AT = {PASS: 0.006, LIBRARIES: 0.107}
IMPORTS = (LIBRARIES, "import click, cryptography (Ed25519)", "import requests", "import github")
STATEMENTS = {
    IMPORTS[1]: "import click; from cryptography.hazmat.primitives.asymmetric import ed25519"
}
LIMITS = {"jira": 2, "github": 4}  # the longest chain of requests to a service


@dataclass(frozen=True, slots=True)
class Aim:
    """Seconds on the machine where the aims were set; 0 where none was."""

    at_most: float
    never_above: float = 0.0


VERSION, VERIFY = "gate --version", "gate verify, a good receipt"
CHECK = "gate check, Jira Data Center and local git"
CHECK_GITHUB = "gate check, Jira Data Center and GitHub"
ENFORCE = "gate enforce, Jira Data Center and GitHub"
AIMS = {VERSION: Aim(0.05), VERIFY: Aim(0.08), CHECK: Aim(0.11, 0.14)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gate", type=Path, required=True, help="the installed console script")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    program: Path = given.gate.absolute()
    python = program.parent / "python"
    compile_all(python)
    with (
        tempfile.TemporaryDirectory(prefix="gate-bench-") as home,
        scenery(Path(home), program) as scene,
    ):
        commands = _commands(scene)
        asked = {timed.name: requests_of(timed, scene) for timed in commands[2:]}
        taken = medians([*_floors(python, Path(home), scene), *commands], given.rounds)
    _say("\n".join([*_times(taken, given.rounds), "", *_requests(asked)]))


def compile_all(python: Path) -> None:
    """Bytecode for all that is installed beside ``python``: without it, a start takes thrice."""
    subprocess.run(
        [python, "-m", "compileall", "-q", "-j", "0", python.parents[1] / "lib"],
        check=False,  # a library may ship a file for another Python
        stdout=subprocess.DEVNULL,
    )


def _floors(python: Path, home: Path, scene: Scenery) -> list[Timed]:
    floors = [Timed(PASS, [str(python), "-c", "pass"], scene.outside, home)]
    for name in IMPORTS:
        command = [str(python), "-c", STATEMENTS.get(name, name)]
        floors.append(Timed(name, command, scene.outside, home))
    return floors


def _commands(scene: Scenery) -> list[Timed]:
    home = scene.stage.home
    receipt = ("--receipt", str(home / RECEIPT), "--trust", str(home / "trust"))
    deployment = ("--environment", "production", "--service", "shop")
    asked = ("--ticket", TICKET, *config(home))
    return [
        scene.gate(VERSION, "--version"),
        scene.gate(VERIFY, "verify", *receipt, "--commit", scene.deployed.commit, *deployment),
        # Local git yields claims, which the policy does not accept: undetermined is right.
        scene.gate(CHECK, "check", *asked, code=11),
        scene.gate(CHECK_GITHUB, "check", *asked, ci=True),
        scene.gate(ENFORCE, "enforce", *asked, ci=True),
    ]


def _times(taken: dict[str, float], rounds: int) -> Iterator[str]:
    scale = min(taken[name] / seconds for name, seconds in AIMED_AT.items())
    yield f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {platform.machine()};"
    yield f"medians of {rounds} interleaved runs of whole processes;"
    yield f"aims scaled by {scale:.2f}, as this machine's floors demand"
    yield ""
    yield f"{'':46} {'ms':>5} {'/ pass':>7} {'/ libs':>7} {'aim ms':>7}"
    for name, seconds in taken.items():
        ratios = f"{seconds / taken[PASS]:7.1f} {seconds / taken[LIBRARIES]:7.2f}"
        yield f"{name:46} {seconds * 1000:5.0f} {ratios} {_verdict(name, seconds, scale)}".rstrip()


def _verdict(name: str, seconds: float, scale: float) -> str:
    aim = AIMS.get(name)
    if aim is None:
        return ""
    if seconds <= aim.at_most * scale:
        said = "met"
    elif seconds <= aim.never_above * scale:
        said = f"missed, under the limit of {aim.never_above * scale * 1000:.0f}"
    else:
        said = "missed"
    return f"{aim.at_most * scale * 1000:7.0f}  {said}"


def _requests(asked: dict[str, tuple[Asked, ...]]) -> Iterator[str]:
    yield f"{'':46} {'service':8} {'requests':>8} {'chain':>6} {'aim':>4}"
    for name, services in asked.items():
        for row in services:
            if row.requests:
                aim = LIMITS[row.service]
                said = "met" if row.chain <= aim else "missed"
                yield f"{name:46} {row.service:8} {row.requests:8} {row.chain:6} {aim:4}  {said}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
