"""Gathering: what is imported for it, and that nothing stays open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import worlds

from gate.config import Secrets
from gate.facts import gather as gathering
from gate.facts.gather import gather
from gate.facts.opened import Opened
from gate.facts.question import Question
from gate.model import Lookup, PinState, TicketReference

POLICY = worlds.good_policy()


def question(checkout: Path) -> Question:
    return Question(
        deployment=worlds.good_deployment(),
        tickets=("CHG-1",),
        base="",
        checkout=checkout,
        environ={},
        pin=PinState.PINNED,
    )


def test_the_libraries_that_ask_are_imported_only_when_something_is_asked() -> None:
    libraries = {"requests", "jira", "github", "gitlab"}
    modules = "gate.facts.gather, gate.facts.jenkins"
    program = f"import sys, {modules}; sys.exit(bool({libraries} & {{*sys.modules}}))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class Service:
    """Stands in for the forge and the ticket system, and remembers that it was closed."""

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.closed = 0

    def fetch_change(self, *_: object) -> Any:
        return self._answer("change", worlds.good_change())

    def fetch_deployments(self, *_: object) -> Any:
        return self._answer("deployments", ())

    def look_up(self, reference: TicketReference) -> Any:
        return self._answer("ticket", (Lookup(reference, worlds.good_ticket()),))

    def _answer(self, what: str, answer: object) -> object:
        if what == self.broken:
            raise ZeroDivisionError(what)
        return answer

    def own_accounts(self) -> tuple[()]:
        return ()

    def clocks(self) -> tuple[()]:
        return ()

    def requests(self) -> tuple[()]:
        return ()

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("broken", ["", "change", "deployments", "ticket"])
def test_whatever_happens_every_connection_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    forge, tickets = Service(broken), Service(broken)
    found = Opened(forge, lambda _: worlds.good_run(), "github")
    monkeypatch.setattr(gathering, "open_forge", lambda *_: found)
    monkeypatch.setattr(gathering, "open_tickets", lambda *_: tickets)

    def gathered() -> object:
        return gather(question(tmp_path), POLICY, Secrets(), worlds.good_history()).facts.run

    if broken:
        with pytest.raises(ZeroDivisionError):
            gathered()
    else:
        assert gathered() == worlds.good_run()
    assert (forge.closed, tickets.closed) == (1, 1)
