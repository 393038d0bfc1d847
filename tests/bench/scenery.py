"""What the timed commands run on: Acme's services in this process, a checkout, an allowed receipt.

The simulators answer from this process while gate runs in its own, so that their work is no part
of gate's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from timing import Timed

from gate.demo.jira_state import Flavour
from gate.demo.plot import Scene
from gate.demo.server import Simulator
from gate.demo.stage import POLICY, Stage
from gate.demo.world import World

DEPLOYED, TICKET = "CHG-1", "CHG-2"
RECEIPT = "receipts/0"
SLOW = 0.05  # seconds a reply takes where chains are measured: without it, side by side shows not


@dataclass(frozen=True, slots=True)
class Scenery:
    """A world and a folder with policy, keys, log and receipt.

    ``deployed`` is a change whose deployment succeeded, as the log has it; ``scene`` the next one.
    """

    world: World
    stage: Stage
    deployed: Scene
    scene: Scene
    program: Path
    outside: Mapping[str, str]

    def gate(self, name: str, *arguments: str, code: int = 0, ci: bool = False) -> Timed:
        """A command of gate to time, in a shell or, with ``ci``, as GitHub Actions runs it.

        Each run finds the log as it was at first.
        """
        secrets = self.stage.pipeline(self.world)
        if ci:
            secrets |= self.world.environ(self.scene)
        else:
            del secrets["GITHUB_TOKEN"]
        command = [str(self.program), *arguments]
        directory = self.stage.home / "checkout"
        return Timed(name, command, {**self.outside, **secrets}, directory, code, self._restore)

    def _restore(self) -> None:
        log = self.stage.home / "log"
        shutil.rmtree(log)
        shutil.copytree(self.stage.home / "log-at-first", log)

    @property
    def simulators(self) -> tuple[Simulator, ...]:
        """The services."""
        return (self.world.jira, self.world.github)


@contextmanager
def scenery(home: Path, program: Path, flavour: Flavour = "datacenter") -> Iterator[Scenery]:
    """Set the scene in ``home``; ``program`` is the installed ``gate``, ``flavour`` Jira's."""
    outside = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with World(home / "services", flavour=flavour) as world:
        stage = Stage(home, world, os.environ)
        stage.set_up()
        deployed = world.change(DEPLOYED)
        stage.gate(
            *("run", "--ticket", DEPLOYED, "--receipt", RECEIPT, "--", "true"),
            environment={**stage.pipeline(world), **world.environ(deployed)},
            expect=0,
        )
        shutil.copytree(home / "log", home / "log-at-first")
        scene = world.change(TICKET)
        world.clone(home / "checkout", scene)
        yield Scenery(world, stage, deployed, scene, program, outside)


def config(home: Path) -> tuple[str, str]:
    """The option that names the policy from within the checkout."""
    return ("--config", str(home / POLICY))
