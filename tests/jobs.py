"""A deploy job at Acme: the real commands, run in this process against running simulators.

``Job`` is the demo's stage with its commands called instead of started, so that hundreds of them
take seconds. What a command is given (environment, working directory, stdin) is exactly what the
test says; nothing of the machine's gets in.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

from gate.cli import printing
from gate.cli.main import main
from gate.demo.plot import Scene
from gate.demo.server import Simulator
from gate.demo.stage import COMMAND, POLICY, Ended, Stage
from gate.demo.wire import Reply, Request
from gate.demo.world import World
from gate.errors import OK
from gate.log.reading.trust import load_trust
from gate.log.reading.view import LogView
from gate.model import DecisionKind
from gate.record.statement import DecisionRecord, OutcomeRecord, Record
from gate.store.directory.store import DirectoryStore

CODES = frozenset({0, 1, 2, 10, 11, 12, 13})  # the documented ones; there are no others
PROCESS = COMMAND
SHOP = ("--service", "shop", "--environment", "production")


class Job(Stage):
    """A folder with policy, keys, trust and log, and the job of one good change in ``scene``."""

    def __init__(self, home: Path, world: World, key: str = "CHG-1") -> None:
        super().__init__(home, world, os.environ)
        self._read: list[Record] = []
        self.set_up()
        self.scene: Scene = world.change(key)

    # ---------------------------------------------------------------- running commands

    def gate(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        expect: int | None = None,
        home: Path | None = None,
    ) -> Ended:
        """The command's own ``main``; ``home`` is the working directory if not the stage's."""
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environ(environment), clear=True),
            mock.patch.object(sys, "stdin", io.StringIO()),
            contextlib.chdir(home or self.home),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                code = main(list(arguments))
            finally:
                printing._hidden.clear()  # a process starts with nothing to hide
        ended = Ended("gate " + " ".join(arguments), code, out.getvalue(), err.getvalue())
        assert code in CODES, f"{ended.typed} ended {code}\n{said(ended)}"
        if expect is not None:
            assert code == expect, f"{ended.typed} ended {code}, not {expect}\n{said(ended)}"
        return ended

    def environ(self, environment: Mapping[str, str] | None = None) -> dict[str, str]:
        """What a command sees, beside what the machine needs to run it at all."""
        return {**self._outside, "NO_COLOR": "1", "COLUMNS": "400", **(environment or {})}

    def ci(self, scene: Scene | None = None, /, **changes: str | None) -> dict[str, str]:
        """The environment of a deploy job; a change of None takes a variable away."""
        given = {**self.world.environ(scene or self.scene), **self.pipeline(self.world)}
        return without(given, changes)

    def shell(self, **changes: str | None) -> dict[str, str]:
        """The environment of somebody at a prompt: the same secrets, and no CI."""
        return without(self.pipeline(self.world), changes)

    def judge(
        self, command: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> Ended:
        """check or enforce, of the job's own scene unless ``environment`` is another's."""
        given = self.ci() if environment is None else environment
        return self.gate(command, *SHOP, *arguments, environment=given)

    # ---------------------------------------------------------------- what came of it

    def view(self) -> LogView:
        """The log, verified."""
        return LogView(DirectoryStore(self.home / "log"), load_trust(self.home / "trust"))

    def records(self) -> list[DecisionRecord | OutcomeRecord]:
        """All decisions and outcomes of the log. What was read once is not read again."""
        view = self.view()
        for index in range(len(self._read), view.size):
            self._read.append(view.record(index))
        return [r for r in self._read if isinstance(r, DecisionRecord | OutcomeRecord)]

    def allowed(self) -> int:
        """How many decisions of the log let something go on."""
        kinds = (DecisionKind.ALLOWED, DecisionKind.EMERGENCY)
        return sum(isinstance(r, DecisionRecord) and r.decision in kinds for r in self.records())

    def blocked(self, *arguments: str, code: int, words: tuple[str, ...], **given: Any) -> Ended:
        """Run it, and see that it ends ``code``, says all ``words``, and let nothing go on."""
        before = self.allowed()
        ended = self.gate(*arguments, **given)
        assert ended.code == code, f"{ended.typed} ended {ended.code}, not {code}\n{said(ended)}"
        assert code != OK
        must_say(ended, *words)
        assert "ALLOWED" not in ended.out
        assert "permitted" not in ended.out
        assert self.allowed() == before, f"{ended.typed} recorded a permission"
        return ended

    def unasked(self, *arguments: str, words: tuple[str, ...], **given: Any) -> Ended:
        """As ``blocked``, for a usage error: no request was made and nothing was recorded."""
        self.world.jira.forget_requests()
        self.world.github.forget_requests()
        size = self.view().size
        ended = self.blocked(*arguments, code=2, words=words, **given)
        asked = [*self.world.jira.requests, *self.world.github.requests]
        assert asked == [], f"{ended.typed} asked {asked}"
        assert self.view().size == size
        return ended

    # ---------------------------------------------------------------- other policies

    def rewrite(self, name: str, *changes: tuple[str, str], more: str = "") -> dict[str, str]:
        """Write the policy under ``name`` with texts replaced; what a job that pins it is given."""
        text = (self.home / POLICY).read_text()
        for old, new in changes:
            assert old in text, f"the policy has no {old!r}"
            text = text.replace(old, new)
        (self.home / name).write_text(text + more)
        digest = sha256((text + more).encode()).hexdigest()
        return {"GATE_CONFIG": name, "GATE_POLICY_SHA256": digest}

    def receipt(self, name: str, scene: Scene | None = None, *arguments: str) -> Path:
        """The receipt of an allowed deployment."""
        done = self.judge(
            "enforce",
            *("--receipt", f"receipts/{name}", *arguments),
            environment=self.ci(scene),
        )
        assert done.code == OK, said(done)
        return self.home / "receipts" / f"{name}.tlog-proof"


@contextmanager
def job(directory: Path, kind: type[World] = World, **world: Any) -> Iterator[Job]:
    """A job with everything right, as long as its services run; its ticket is CHG-1."""
    home = directory / "home"
    home.mkdir(parents=True)
    with kind(directory / "services", **world) as running:
        yield Job(home, running)


def without(given: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """``given`` with some variables set anew, and those that are None taken away."""
    return {k: v for k, v in {**given, **changes}.items() if v is not None}


def said(ended: Ended) -> str:
    """All that a command printed."""
    return ended.out + ended.err


def must_say(ended: Ended, *words: str) -> None:
    """Each of ``words`` stands in what was printed, line breaks aside."""
    text = re.sub(r"\s+", " ", said(ended))
    for word in words:
        assert word in text, f"{ended.typed} does not say {word!r}:\n{said(ended)}"


@contextmanager
def spoiled(simulator: Simulator, target: str, spoil: Callable[[Any], Any]) -> Iterator[None]:
    """While inside, ``spoil`` changes the JSON body of each good reply for what matches."""
    plain, wanted = simulator.answer, re.compile(target)

    def answer(request: Request, due: Any) -> Reply:
        reply = plain(request, due)
        if not wanted.search(request.target) or reply.status != 200:
            return reply
        return Reply(spoil(reply.body), reply.status, reply.headers, reply.content_type)

    with mock.patch.object(simulator, "answer", answer):
        yield
