"""``make bench``: how long a deployment waits for services that each answer after 100 ms.

What is over the start-up is waiting: for the longest chain of requests, each sent when the one
before it was answered, and for whatever gate does meanwhile that it could have done before.
Start-up is ``gate check`` with local git and services that answer at once, as in ``startup.py``,
in the same rounds.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from figures import Figure, show
from requests_made import Asked, requests_of
from scenery import TICKET, Scenery, config, scenery
from startup import compile_all
from timing import Timed, medians

ANSWER = 0.1  # seconds
ROUNDS = 11
AT_MOST = 0.55  # seconds over the start-up
START_UP = "gate check, Jira and local git, answering at once"
ENFORCE = "gate enforce, Jira with JSM, GitHub, directory log"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gate", type=Path, required=True, help="the installed console script")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    program: Path = given.gate.absolute()
    compile_all(program.parent / "python")
    with (
        tempfile.TemporaryDirectory(prefix="gate-bench-") as home,
        scenery(Path(home), program, "cloud") as scene,
    ):
        asked = ("--ticket", TICKET, *config(scene.stage.home))
        check = scene.gate(START_UP, "check", *asked, code=11)
        enforce = scene.gate(ENFORCE, "enforce", *asked, ci=True)
        made = requests_of(enforce, scene)
        taken = medians(
            [_answering(check, scene, 0), _answering(enforce, scene, ANSWER)], given.rounds
        )
    show(f"Services that answer after {ANSWER * 1000:.0f} ms", _figures(taken, made))


def _answering(timed: Timed, scene: Scenery, seconds: float) -> Timed:
    """The command, with services that take so long for each answer."""
    before: Callable[[], None] | None = timed.prepare

    def prepare() -> None:
        if before is not None:
            before()
        for simulator in scene.simulators:
            simulator.latency = seconds

    return replace(timed, prepare=prepare)


def _figures(taken: dict[str, float], made: tuple[Asked, ...]) -> Iterator[Figure]:
    over = taken[ENFORCE] - taken[START_UP]
    chain = max(row.chain for row in made)
    for name, seconds in taken.items():
        yield Figure(name, seconds, "s")
    for row in made:
        yield Figure(f"requests to {row.service}", row.requests, "", f"in chains of {row.chain}")
    yield Figure("enforce over the start-up", over, "s", at_most=AT_MOST)
    yield Figure("… to the answers of its longest chain", over / (chain * ANSWER))


if __name__ == "__main__":
    main()
