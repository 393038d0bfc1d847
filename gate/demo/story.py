"""The whole story: deployments that may go on, those that may not, the target, the auditor.

Each scene runs a real command against the simulators and must end with the code it says; a scene
that ends otherwise ends the story, as a bug of gate.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import fill
from typing import Any

from gate.demo.plot import AFTER_RUN, Scene
from gate.demo.stage import POLICY, Ended, Stage
from gate.demo.world import World

WIDTH = 88
DATA_CENTER = "datacenter.toml"
COMPANY = ("gate-keys", "gate.toml", DATA_CENTER, "change-evidence")  # no auditor takes these home
Say = Callable[[str], None]


class StoryError(Exception):
    """A scene did not end as it must."""


@dataclass(frozen=True, slots=True)
class Act:
    """One deployment to tell: the plot's twists, what it must end with, which control speaks.

    Each blocked one is of a service of its own, so that none inherits another's code; a ticket is
    recycled in its own service, last.
    """

    key: str
    title: str
    code: int
    control: str = ""
    service: str = "shop"
    twists: Mapping[str, Any] = field(default_factory=dict)


GOOD = Act("CHG-1", "A ticket, approved and early", 0)
ROUTINE = tuple(Act(f"CHG-{n}", "An ordinary release", 0) for n in (2, 3, 4, 6))
TRICKS = (
    Act(
        "CHG-11",
        "A ticket created after the run began",
        10,
        "ticket-predates-deployment",
        "cart",
        {"ticket": AFTER_RUN},
    ),
    Act(
        "CHG-12",
        "… and the job is run again, now that the ticket exists",
        10,
        "ticket-predates-deployment",
        "search",
        {"ticket": AFTER_RUN, "rerun": True},
    ),
    Act(
        "CHG-13",
        "A colleague's approved ticket, for something else",
        10,
        "ticket-covers-change",
        "mail",
        {"covers": "billing"},
    ),
    Act(
        "CHG-14",
        "Approved by its own author, under another account",
        10,
        "approver-independent",
        "stock",
        {"ticket_by": "carol", "approver": "alice"},
    ),
    Act(
        "CHG-15",
        "Approved by an account that nobody owns",
        11,
        "approved",
        "prices",
        {"approver": "mallory"},
    ),
    Act(
        "CHG-16",
        "An objection beside the approval",
        10,
        "approved",
        "login",
        {"objector": "dave"},
    ),
    Act(
        "CHG-17",
        "Pushed after the approval, the commit's date forged to look older",
        10,
        "approval-covers-change",
        "images",
        {"late_push": True},
    ),
    Act(
        "CHG-18",
        "A ticket that was moved away",
        10,
        "ticket-exists",
        "reviews",
        {"moved_to": "OPS-9"},
    ),
    Act(
        "CHG-1",
        "A ticket that has let another commit in before",
        10,
        "ticket-not-reused",
        "shop",
        {"with_ticket": False},
    ),
)
DOWN = Act("CHG-19", "Jira is down", 11, "ticket-exists", "feeds")
WRONG_TOKEN = Act("CHG-20", "A wrong Jira token", 11, "ticket-exists", "labels")
NO_STORE = Act("CHG-21", "The disk with the log is gone", 12, "", "stats")
SERVICES = tuple(dict.fromkeys(a.service for a in (GOOD, *TRICKS, DOWN, WRONG_TOKEN, NO_STORE)))


def tell(home: Path, outside: Mapping[str, str], say: Say) -> None:
    """Tell the story in ``home``, an empty or absent folder. ``StoryError`` where it goes wrong."""
    began = datetime.now(UTC)
    home.mkdir(parents=True, exist_ok=True)
    scratch = home / ".scratch"
    scratch.mkdir()
    try:
        with World(scratch / "cloud", services=SERVICES) as world:
            Teller(Stage(home, world, outside), world, say, scratch).tell()
        for name in COMPANY:  # with the keys, a copy would prove nothing against its holder
            path = home / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    except RuntimeError as error:
        raise StoryError(str(error)) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    seconds = (datetime.now(UTC) - began).total_seconds()
    say(f"\nTold in {seconds:.0f} s. What an auditor takes home lies in {home}.")


class Teller:
    """Runs the acts and says what was seen."""

    def __init__(self, stage: Stage, world: World, say: Say, scratch: Path) -> None:
        self.stage = stage
        self.world = world
        self.say = say
        self.scratch = scratch
        self.number = 0

    def tell(self) -> None:
        """All of it."""
        self.stage.set_up()
        self._chapter("The pipeline: what may go on")
        good = self._show_good()
        self._deploy(ROUTINE)
        self._on_data_center()
        self._chapter("The pipeline: what may not")
        denied = [self._enforce(act) for act in TRICKS]
        self._services_fail()
        self._chapter("The deploy target: permission, not presence")
        self._target(good, denied[0])
        self._chapter("The auditor")
        self._audit()

    # ---------------------------------------------------------------- the pipeline

    def _show_good(self) -> Scene:
        scene = self.world.change(GOOD.key)
        ended = self._run(GOOD, self.world, scene, "enforce", "--receipt", self._receipt())
        self._scene(GOOD.title, ended, 0)
        for line in ended.out.splitlines():
            if not line.startswith("::"):
                self.say(f"  {line}".rstrip())
        return scene

    def _deploy(self, acts: Sequence[Act]) -> None:
        """``gate run``: the deployment itself is a command that succeeds, here ``true``."""
        for act in acts:
            scene = self.world.change(act.key)
            arguments = ("--receipt", self._receipt(), "--quiet", "--", "true")
            ended = self._run(act, self.world, scene, "run", *arguments)
        self._scene(
            f"{len(acts)} ordinary releases, one after the other; the last of them", ended, 0
        )

    def _on_data_center(self) -> None:
        act = Act("CHG-5", "The same on Jira Data Center, approved by a transition", 0, "", "till")
        services = ("shop", act.service)
        where = self.scratch / "datacenter"
        with World(where, flavour="datacenter", services=services) as world:
            self.stage.write_policy(DATA_CENTER, world)
            scene = world.change(act.key, service=act.service)
            ended = self._run(
                act,
                world,
                scene,
                "enforce",
                *("--config", DATA_CENTER, "--receipt", self._receipt(), "--quiet"),
                policy=DATA_CENTER,
            )
            self._scene(act.title, ended, act.code)

    def _enforce(self, act: Act) -> Path:
        """One that is blocked; returns its receipt."""
        scene = self.world.change(act.key, service=act.service, **act.twists)
        receipt = self._receipt()
        ended = self._run(
            act, self.world, scene, "enforce", "--format", "json", "--receipt", receipt
        )
        self._scene(act.title, ended, act.code)
        self._reason(act, ended)
        return Path(receipt)

    def _services_fail(self) -> None:
        self.world.jira.fault("/", "reset")
        self._enforce(DOWN)
        self.world.jira.heal()
        scene = self.world.change(WRONG_TOKEN.key, service=WRONG_TOKEN.service)
        ended = self._run(
            WRONG_TOKEN,
            self.world,
            scene,
            *("enforce", "--format", "json", "--receipt", self._receipt()),
            extra={"GATE_JIRA_TOKEN": "not-the-token"},
        )
        self._scene(WRONG_TOKEN.title, ended, WRONG_TOKEN.code)
        self._reason(WRONG_TOKEN, ended)
        scene = self.world.change(NO_STORE.key, service=NO_STORE.service)
        log, away = self.stage.home / "log", self.scratch / "log"
        log.rename(away)
        ended = self._run(NO_STORE, self.world, scene, "enforce")
        away.rename(log)
        self._scene(NO_STORE.title, ended, NO_STORE.code)
        self._quote(ended.err)

    def _run(
        self,
        act: Act,
        world: World,
        scene: Scene,
        *arguments: str,
        policy: str = POLICY,
        extra: Mapping[str, str] | None = None,
    ) -> Ended:
        command, *rest = arguments
        environment = {
            **world.environ(scene),
            **self.stage.pipeline(world, policy),
            **(extra or {}),
        }
        return self.stage.gate(
            command,
            *("--service", act.service, "--ticket", act.key),
            *rest,
            environment=environment,
            expect=act.code,
        )

    def _receipt(self) -> str:
        """The name of the receipt of the entry that comes next in the log."""
        checkpoint = (self.stage.home / "log" / "checkpoint").read_text().splitlines()
        return f"receipts/{checkpoint[1]}"

    def _reason(self, act: Act, ended: Ended) -> None:
        controls = {c["id"]: c for c in json.loads(_json_of(ended.out))["controls"]}
        control = controls[act.control]
        if control["outcome"] not in ("fail", "undetermined"):
            raise StoryError(f"{act.title}: {act.control} is {control['outcome']}\n{ended.out}")
        self.say(f"  {control['outcome']}: {act.control}")
        self._quote(f"seen   {control['observed']['text']}")
        self._quote(f"to do  {control['remedy']['text']}")

    # ---------------------------------------------------------------- the target, the auditor

    def _target(self, good: Scene, denied: Path) -> None:
        def verify(receipt: str, commit: str) -> list[str]:
            return [
                *("verify", "--receipt", receipt, "--trust", "trust", "--commit", commit),
                *("--environment", "production", "--service", "shop"),
            ]

        first = "receipts/0"
        self._step("The good receipt", 0, verify(first, good.commit))
        self._step("A denial's receipt", 10, verify(str(denied), good.commit))
        self._step("The good receipt, for another commit", 10, verify(first, good.head))

    def _audit(self) -> None:
        home = self.stage.home
        today = datetime.now(UTC).date().isoformat()
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
        span = ["--from", today, "--to", tomorrow]
        drawn = ["--size", "5", "--seed", "engagement 7"]
        own = ["--log", "dir:log", "--trust", "trust"]
        kept = ["--kept", "receipts/0.tlog-proof"]
        whole = ["log", "verify", *own, *kept]
        self._step("Is the log whole, and does it extend a head taken away earlier?", 0, whole)
        self._step(
            "Every deployment of the period",
            0,
            ["audit", "population", *own, *kept, *span, "--output", "population.csv"],
        )
        self._step(
            "A sample of 5 that anyone can draw again",
            0,
            ["audit", "sample", *own, *kept, *span, *drawn, "--output", "sample.csv"],
        )
        self._step("The evidence of one of them", 0, ["log", "show", "0", *own], lines=24)
        copy = self.scratch / "copy"
        shutil.copytree(home / "log", copy)
        _change_one_byte(copy / "tile" / "entries")
        self._step(
            "Somebody changed one byte of a copy",
            13,
            ["log", "verify", "--log", f"dir:{copy}", "--trust", "trust"],
        )

    # ---------------------------------------------------------------- saying

    def _step(self, title: str, code: int, arguments: list[str], *, lines: int = 12) -> None:
        ended = self.stage.gate(*arguments, expect=code)
        self._scene(title, ended, code)
        shown = (ended.out + ended.err).strip().splitlines()
        for line in shown[:lines]:
            self.say(f"  {line}".rstrip().replace(str(self.scratch), "…"))
        if len(shown) > lines:
            self.say(f"  … {len(shown) - lines} more lines")

    def _chapter(self, title: str) -> None:
        self.say(f"\n━━ {title} " + "━" * (WIDTH - len(title) - 4))

    def _scene(self, title: str, ended: Ended, code: int) -> None:
        self.number += 1
        typed = ended.typed.replace(str(self.scratch), "…")
        self.say(f"\n{self.number:2}. {title}")
        self.say(fill(f"$ {typed}", WIDTH, initial_indent="    ", subsequent_indent="      "))
        self.say(f"    exit {code}" + ("" if code else ": may go on" if "enforce" in typed else ""))

    def _quote(self, text: str) -> None:
        for line in text.strip().splitlines():
            self.say(fill(line, WIDTH, initial_indent="    ", subsequent_indent="           "))


def _json_of(out: str) -> str:
    """The JSON in what a pipeline prints: GitHub's annotations stand after it."""
    decoder = json.JSONDecoder()
    value, _ = decoder.raw_decode(out.lstrip())
    return json.dumps(value)


def _change_one_byte(folder: Path) -> None:
    bundle = max(folder.rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(bytes(data))
