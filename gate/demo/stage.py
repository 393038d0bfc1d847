"""A folder to play in: Acme's services running, its policy, keys, trust and an empty log.

Everything gate does here is done by its real commands, as processes of their own.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from gate.demo.witness import WitnessSimulator
from gate.demo.world import World

ORIGIN = "acme.example/changes"
POLICY = "gate.toml"
COMMAND = (sys.executable, "-m", "gate.cli")
SECONDS = 120  # no command of the story takes a tenth of this


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that ended: what was typed, its exit code and what it printed."""

    typed: str
    code: int
    out: str
    err: str


class Stage:
    """The folder ``home`` and what commands run in it are given.

    ``outside`` is what of the real environment commands need to run at all: PATH and the like.
    """

    def __init__(self, home: Path, world: World, outside: Mapping[str, str]) -> None:
        self.home = home
        self.world = world
        kept = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "PYTHONPATH")
        self._outside = {name: outside[name] for name in kept if name in outside}

    def set_up(self) -> None:
        """Let ``gate init`` write what it writes, then put Acme's own policy in its place."""
        self.gate(
            "init",
            *("--jira", self.world.jira.url, "--project", "CHG", "--service", "shop"),
            *("--repository", self.world.repository_url, "--origin", ORIGIN, "--directory", "."),
            expect=0,
        )
        (self.home / "change-log").rename(self.home / "log")
        self.write_policy(POLICY, self.world)
        vkey = (self.home / "trust" / "trust.policy").read_text().splitlines()
        log_line = next(line for line in vkey if line.startswith("log "))
        (self.home / "log.vkey").write_text(log_line.split()[1] + "\n")
        shown = self.gate("keys", "show", "--origin", ORIGIN, environment=self.keys(), expect=0)
        start, end = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
        pem = start + shown.out.partition(start)[2].partition(end)[0] + end + "\n"
        (self.home / "signer.pub.pem").write_text(pem)

    def write_policy(self, name: str, world: World, trust: str = "trust") -> None:
        """Write ``world``'s policy, over this stage's log and a trust folder."""
        (self.home / name).write_text(world.policy(log="dir:log", trust=trust))

    def ask_witness(self, witness: WitnessSimulator, name: str) -> None:
        """Let the witness know the log, and write a policy whose trust folder asks for it."""
        vkey = (self.home / "log.vkey").read_text().strip()
        key = b64decode(vkey.split("+", 2)[2])[1:]  # after the byte that says Ed25519
        witness.add_log(ORIGIN, key)
        asking = self.home / "trust-witnessed"
        shutil.copytree(self.home / "trust", asking)
        policy = asking / "trust.policy"
        lines = f"witness friend {witness.vkey} {witness.url}\nquorum friend\n"
        policy.write_text(policy.read_text().replace("quorum none\n", lines))
        self.write_policy(name, self.world, asking.name)

    def keys(self) -> dict[str, str]:
        """Where gate finds its two keys."""
        folder = self.home / "gate-keys"
        return {
            "GATE_SIGNING_KEY_FILE": str(folder / "signing.key"),
            "GATE_LOG_KEY_FILE": str(folder / "log.key"),
        }

    def pipeline(self, world: World, policy: str = POLICY) -> dict[str, str]:
        """What a deploy job's protected environment gives gate."""
        digest = sha256((self.home / policy).read_bytes()).hexdigest()
        return {**world.secrets(), **self.keys(), "GATE_POLICY_SHA256": digest}

    def gate(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        expect: int | None = None,
    ) -> Ended:
        """Run a command of gate in ``home``; ``RuntimeError`` where it does not end as expected."""
        done = subprocess.run(  # noqa: S603 -- our own interpreter and our own command
            [*COMMAND, *arguments],
            cwd=self.home,
            env={**self._outside, "NO_COLOR": "1", "COLUMNS": "100", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        typed = shlex.join(["gate", *arguments])
        if expect is not None and done.returncode != expect:
            raise RuntimeError(
                f"`{typed}` ended {done.returncode}, not {expect}:\n{done.stdout}{done.stderr}"
            )
        return Ended(typed, done.returncode, done.stdout, done.stderr)
