"""``gate demo --serve``: the services keep running, and a reader follows README by hand."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gate.demo.plot import AFTER_RUN
from gate.demo.stage import Stage
from gate.demo.story import Say
from gate.demo.world import World

CHANGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "approved": ("CHG-1", {}, "approved and early"),
    "late": ("CHG-2", {"ticket": AFTER_RUN}, "its ticket was created after the run began"),
    "borrowed": ("CHG-3", {"covers": "billing"}, "its ticket is approved, for something else"),
    "self-approved": (
        "CHG-4",
        {"ticket_by": "carol", "approver": "alice"},
        "approved by the account of one of its makers",
    ),
}


def play(home: Path, outside: Mapping[str, str], say: Say) -> None:
    """Set the stage in ``home`` and keep Jira and GitHub running until interrupted."""
    home.mkdir(parents=True, exist_ok=True)
    with World(home / ".services") as world:
        stage = Stage(home, world, outside)
        stage.set_up()
        for name, (key, twists, _) in CHANGES.items():
            scene = world.change(key, **twists)
            environment = {
                **world.environ(scene),
                **stage.pipeline(world),
                "GATE_TICKET": key,
            }
            lines = [f"export {k}={shlex.quote(v)}\n" for k, v in environment.items()]
            (home / f"{name}.env").write_text("".join(lines))
        say(f"Jira runs at {world.jira.url}, GitHub at {world.github.url}. In {home} lie a policy,")
        say("keys, trust and an empty log, and the environment of one pipeline run each:")
        for name, (_, _, what) in CHANGES.items():
            say(f"  {name + '.env':18} {what}")
        say(f"\nIn another terminal:  cd {home} && . ./approved.env && gate enforce")
        say("End this with Ctrl-C.")
        threading.Event().wait()
