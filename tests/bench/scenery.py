"""What the timed commands run on: Acme's services in this process, a checkout, an allowed receipt.

The simulators answer from this process while gate runs in its own, so that their work is no part
of gate's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from timing import Timed

from gate.demo.plot import Scene
from gate.demo.server import Simulator
from gate.demo.stage import POLICY, Stage
from gate.demo.world import World

TICKET = "CHG-1"
RECEIPT = "receipts/0"
SLOW = 0.05  # seconds a reply takes where chains are measured: without it, side by side shows not


@dataclass(frozen=True, slots=True)
class Scenery:
    """A world with one good change in it, and a folder with policy, keys, log and receipt."""

    world: World
    stage: Stage
    scene: Scene
    program: Path
    outside: Mapping[str, str]

    def gate(self, name: str, *arguments: str, code: int = 0, ci: bool = False) -> Timed:
        """A command of gate to time, in a shell or, with ``ci``, as GitHub Actions runs it."""
        secrets = self.stage.pipeline(self.world)
        if ci:
            secrets |= self.world.environ(self.scene)
        else:
            del secrets["GITHUB_TOKEN"]
        command = [str(self.program), *arguments]
        directory = self.stage.home / "checkout"
        return Timed(name, command, {**self.outside, **secrets}, directory, code)

    @property
    def simulators(self) -> tuple[Simulator, ...]:
        """The services."""
        return (self.world.jira, self.world.github)


@contextmanager
def scenery(home: Path, program: Path) -> Iterator[Scenery]:
    """Set the scene in ``home``; ``program`` is the installed ``gate``."""
    outside = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with World(home / "services", flavour="datacenter") as world:
        stage = Stage(home, world, os.environ)
        stage.set_up()
        scene = world.change(TICKET)
        world.clone(home / "checkout", scene)
        ended = stage.gate(
            *("enforce", "--ticket", TICKET, "--receipt", RECEIPT),
            environment={**stage.pipeline(world), **world.environ(scene)},
            expect=0,
        )
        sys.stderr.write(ended.err)
        yield Scenery(world, stage, scene, program, outside)


def config(home: Path) -> tuple[str, str]:
    """The option that names the policy from within the checkout."""
    return ("--config", str(home / POLICY))
