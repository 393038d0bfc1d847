"""Tricks that a service plays, meaning it or not: whatever it answers, nothing is let pass.

Each on each system that is asked, with one fault for each kind of answer; the generated matrix goes
through every request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from jobs import said, spoiled
from tricks.stages import Play

import gate.http.session
from gate.demo import faults
from gate.demo.gitlab_world import GitLabWorld
from gate.demo.plot import HOUR
from gate.demo.server import Simulator

CONTROL = {"ticket": "ticket-exists", "forge": "commit-on-release-ref"}
SECRETS = {
    "jira": "GATE_JIRA_TOKEN",
    "servicenow": "GATE_SERVICENOW_PASSWORD",
    "github": "GITHUB_TOKEN",
    "gitlab": "GITLAB_TOKEN",
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate.http.session, "BACKOFF_SECONDS", 0.0)


def asked(play: Play, side: str) -> tuple[str, Simulator, str]:
    """Name, simulator and the paths of the ticket system or of the forge."""
    world, desk = play.world, play.desk
    if side == "ticket":
        return desk.service, desk.simulator, desk.paths
    if isinstance(world, GitLabWorld):
        return "gitlab", world.gitlab, "/acme%2Fshop"
    return "github", world.github, "/repos/acme/shop"


def undetermined(play: Play, side: str, *words: str, **changes: str | None) -> str:
    name, _, _ = asked(play, side)
    play.given |= changes
    ended = play.blocked_by(CONTROL[side], play.scene, code=11, words=(name, *words))
    return said(ended)


SIDES = pytest.mark.parametrize("side", ["ticket", "forge"])
NONSENSE = {
    "another type": faults.wrong_types(),
    "nothing": faults.replace({}),
    "null": faults.replace(None),
    "a page for people": faults.html(),
    "no body": faults.empty(),
    "half a body": faults.truncated(),
}


@SIDES
@pytest.mark.parametrize("what", NONSENSE)
def test_service_answers_wrongly(anywhere: Play, side: str, what: str) -> None:
    """A 200 with something else in it than what was asked for."""
    _, simulator, paths = asked(anywhere, side)
    simulator.fault(paths, NONSENSE[what])
    undetermined(anywhere, side)


@SIDES
def test_service_is_slow(anywhere: Play, side: str) -> None:
    """The answer never comes, or not within the budget of the whole gathering."""
    short = '\n[network]\nbudget = "1s"\n'
    anywhere.under(anywhere.rewrite("short.toml", more=short))
    _, simulator, paths = asked(anywhere, side)
    simulator.fault(paths, faults.hang())
    undetermined(anywhere, side, "budget")


@SIDES
@pytest.mark.parametrize("how", [faults.reset(), faults.status(503, retry_after=0)], ids=str)
def test_service_is_down(anywhere: Play, side: str, how: faults.Fault) -> None:
    """Every connection breaks, or every answer is an error."""
    _, simulator, paths = asked(anywhere, side)
    simulator.fault(paths, how)
    undetermined(anywhere, side)


@SIDES
def test_service_answers_404_for_401(anywhere: Play, side: str) -> None:
    """Credentials that are not good any more: systems then speak as if there were nothing."""
    name, _, _ = asked(anywhere, side)
    shown = undetermined(anywhere, side, SECRETS[name], **{SECRETS[name]: "not-the-secret"})
    assert "missing or hidden" not in shown


@SIDES
def test_service_says_404_to_good_credentials(anywhere: Play, side: str) -> None:
    """ "Not found" for what gate's account may not see: that is no proof of absence."""
    _, simulator, paths = asked(anywhere, side)
    simulator.fault(paths, faults.status(404))
    code = anywhere.desk.not_found if side == "ticket" else 11
    anywhere.blocked_by(CONTROL[side], anywhere.scene, code=code)


def test_service_hides_rows(anywhere: Play) -> None:
    """An objection that stands beside the approval is not among the rows that gate may see."""
    scene = anywhere.tell(objector="dave")
    anywhere.desk.hide_objection(scene.key)
    anywhere.blocked_by("approved", scene, code=11)


def test_service_hides_pushes(forge: Play) -> None:
    """The push after the approval is missing from the forge's list, its commit is not."""
    scene = forge.tell(late_push=True)
    name, simulator, _ = asked(forge, "forge")
    path, column = {
        "github": ("/activity", "after"),
        "gitlab": (r"/versions\?", "head_commit_sha"),
    }[name]

    def without_it(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in rows if row[column] != scene.head]

    with spoiled(simulator, path, without_it):
        forge.blocked_by("approval-covers-change", scene, code=11)


def to_come(body: Any) -> Any:
    """Jira's clock is right, and the ticket is of another millennium."""
    return {**body, "fields": {**body["fields"], "created": "2999-01-01T00:00:00.000+0000"}}


LIES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "another ticket": (lambda body: {**body, "key": "CHG-9"}, "ticket-exists"),
    "a creation to come": (to_come, "ticket-predates-deployment"),
}


@pytest.mark.parametrize("what", LIES)
def test_service_speaks_of_another_ticket(acme: Play, what: str) -> None:
    """The answer is a good ticket, and not the one that was asked for; or is of the future."""
    spoil, control = LIES[what]
    with spoiled(acme.world.jira, r"/rest/api/3/issue/CHG-1(\?|$)", spoil):
        acme.blocked_by(control, acme.scene)


def test_clock_of_a_service_is_off(anywhere: Play) -> None:
    """Whose clock is wrong cannot be told from one of two: all times are in doubt."""
    _, simulator, _ = asked(anywhere, "ticket")
    simulator.fault("/", faults.clock(HOUR.total_seconds()))
    anywhere.blocked_by("clock-sane", anywhere.scene)
