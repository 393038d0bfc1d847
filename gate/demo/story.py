"""The whole story: deployments that may go on and may not, a witness, the target, the auditor.

Each scene runs a real command against the simulators and must end with the code it says; a scene
that ends otherwise ends the story, as a bug of gate.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import fill

from gate.demo import urgent
from gate.demo.acts import (
    COSIGNED,
    DOWN,
    GOOD,
    NO_STORE,
    NO_WITNESS,
    ROLLED_BACK,
    ROUTINE,
    SERVICES,
    TRICKS,
    URGENT,
    WRONG_TOKEN,
    Act,
)
from gate.demo.plot import Scene
from gate.demo.stage import POLICY, Ended, Stage
from gate.demo.witness import WitnessSimulator
from gate.demo.world import World

WIDTH = 88
DATA_CENTER = "datacenter.toml"
WITNESSED = "witnessed.toml"
# No auditor takes these home.
COMPANY = ("gate-keys", "gate.toml", DATA_CENTER, WITNESSED, urgent.POLICY, "change-evidence")
Say = Callable[[str], None]


class StoryError(Exception):
    """A scene did not end as it must."""


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
        self._tell_past()
        self._chapter("The pipeline: what may go on")
        good = self._show_good()
        self._deploy(ROUTINE)
        self._on_data_center()
        self._chapter("The pipeline: what may not")
        denied = [self._enforce(act) for act in TRICKS]
        self._services_fail()
        self._chapter("An emergency: what it does without, and what it owes")
        self._emergency()
        self._chapter("A witness: whoever holds log and key cannot show two pasts")
        with WitnessSimulator("witness.example") as witness:
            self._witness(witness)
        self._chapter("The deploy target: permission, not presence")
        self._target(good, denied[0])
        self._chapter("The auditor")
        self._audit()

    # ---------------------------------------------------------------- the pipeline

    def _tell_past(self) -> None:
        """A ticket of last month, which the numbers of all others come after."""
        jira, then = self.world.jira, datetime.now(UTC) - timedelta(days=30)
        jira.create_issue("CHG-1", "Move to the new data centre", by="dave", at=then)

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

    def _emergency(self) -> None:
        """It goes on, the target asks for its flag, and the review settles it."""
        urgent.write_policy(self.stage.home, POLICY)
        scene = self.world.change(URGENT.key, service=URGENT.service, **URGENT.twists)
        receipt, policy = self._receipt(), ("--config", urgent.POLICY)
        declared = ("enforce", *policy, "--emergency", urgent.REASON, "--receipt", receipt)
        ended = self._run(URGENT, self.world, scene, *declared, policy=urgent.POLICY)
        self._scene(URGENT.title, ended, URGENT.code)
        told = ended.out[ended.out.index("\nEMERGENCY\n") :].split("\n\n")[0]
        for line in told.strip().splitlines():
            self.say(f"  {line}".rstrip())
        verify = ("verify", "--receipt", receipt, "--trust", "trust", "--commit", scene.commit)
        place = ["--environment", "production", "--service", URGENT.service]
        self._step("A target that was told nothing of emergencies", 10, [*verify, *place])
        urgent.approve_now(self.world, URGENT.key, "bob")
        ended = self.stage.gate(
            *("review", *policy, "--receipt", receipt),
            environment=self.stage.pipeline(self.world, urgent.POLICY),
            expect=0,
        )
        self._scene("bob approves it afterwards, and that is recorded", ended, 0)
        verdict = next(line for line in ended.out.splitlines() if line.startswith("APPROVED"))
        self._quote(verdict)

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

    # ---------------------------------------------------------------- the witness

    def _witness(self, witness: WitnessSimulator) -> None:
        self.stage.ask_witness(witness, WITNESSED)
        self.say(
            "  From now on the trust folder asks for the cosignature of a witness: a server of"
        )
        self.say("  somebody else's, which signs no head that does not continue what it signed.")
        log, scratch = self.stage.home / "log", self.scratch
        shutil.copytree(log, scratch / "yesterday")
        receipt = self._receipt()
        self._witnessed(COSIGNED, "--receipt", receipt)
        head = (log / "checkpoint").read_text().splitlines()
        self.say(f"  {head[0]}, {head[1]} entries, signed by")
        for line in head[4:]:
            self.say(f"  {line}")
        log.rename(scratch / "today")
        (scratch / "yesterday").rename(log)
        self._witnessed(ROLLED_BACK)
        log.rename(scratch / "fork")
        (scratch / "today").rename(log)
        fork = ["--log", f"dir:{scratch / 'fork'}", "--trust", "trust"]
        title = (
            "… and the job that deployed today kept its head: the receipt tells without a witness"
        )
        self._step(title, 13, ["log", "verify", *fork, "--kept", f"{receipt}.tlog-proof"], lines=14)
        witness.fault("/add-checkpoint", "reset")
        self._witnessed(NO_WITNESS)
        witness.heal()
        ended = self.stage.gate(
            *("log", "sync", "--config", WITNESSED),
            environment=self.stage.pipeline(self.world, WITNESSED),
            expect=0,
        )
        self._scene("It is back, cosigns the head that waited, and the log goes on", ended, 0)
        self._quote(ended.out)

    def _witnessed(self, act: Act, *arguments: str) -> None:
        scene = self.world.change(act.key, service=act.service)
        asked = ("enforce", "--config", WITNESSED, *arguments, "--quiet")
        ended = self._run(act, self.world, scene, *asked, policy=WITNESSED)
        self._scene(act.title, ended, act.code)
        self._quote(ended.err)

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
