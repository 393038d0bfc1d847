"""`[write_back]` to ServiceNow, GitHub Issues and GitLab: told once, and nothing hangs on it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jobs import Job, job, must_say, said
from jsonschema import Draft202012Validator

import gate.cli.write_back
import gate.http.session
from gate.demo import faults
from gate.demo.faults import Fault
from gate.demo.gitlab_issue_world import CHANGES, GitLabIssueWorld
from gate.demo.gitlab_world import BOT, GitLabWorld
from gate.demo.issue_world import IssueWorld
from gate.demo.plot import Scene
from gate.demo.server import Simulator
from gate.demo.servicenow_world import ServiceNowWorld
from gate.demo.stage import Ended
from gate.demo.world import World

TICKET, FORGE = "\n[write_back]\nticket = true\n", "\n[write_back]\nforge = true\n"
SCHEMA = json.loads((files("gate.output") / "schemas" / "decision-v1.json").read_text("utf-8"))
CANARIES = "GATE_SERVICENOW_PASSWORD", "GITHUB_TOKEN", "GITLAB_TOKEN", "GATE_JIRA_TOKEN"


@dataclass(frozen=True, slots=True)
class Target:
    """A system that is written to: its world, where it is written, what stands there then.

    ``method`` is the one that writes.
    """

    world: type[World]
    more: str
    key: Callable[[int], str]
    server: str
    path: str
    method: str
    texts: Callable[[Any, Scene], list[str]]
    where: str
    doctor: tuple[str, ...]


def _notes(world: Any, scene: Scene) -> list[str]:
    change = world.servicenow.change(scene.key)["sys_id"]
    rows = world.servicenow.tables["sys_journal_field"].values()
    return [row["value"] for row in rows if row["element_id"] == change]


def _comments(world: Any, scene: Scene) -> list[str]:
    return [row.body for row in world.issues.all[int(scene.key.partition("#")[2])].comments]


def _issue_notes(world: Any, scene: Scene) -> list[str]:
    notes = world.issues.all[int(scene.key.partition("#")[2])].notes
    return [note.body for note in notes if not note.system and note.by.username == BOT]


def _statuses(world: Any, scene: Scene) -> list[str]:
    rows = [row for row in world.operations.statuses if row.sha == scene.commit]
    return [f"{row.name}\n{row.state}\n{row.description}\n{row.target_url}" for row in rows]


TARGETS = {
    "servicenow": Target(
        ServiceNowWorld,
        TICKET,
        lambda number: f"CHG00{number:05}",
        "servicenow",
        r"change_request/[0-9a-f]{32}\?",
        "PATCH",
        _notes,
        "servicenow {key}",
        (
            "ok write-back: servicenow change_request: can be read",
            "ok write-back: servicenow sys_audit: can be read",
            "warning write-back: servicenow write work_notes: whether our account may write",
        ),
    ),
    "github issues": Target(
        IssueWorld,
        TICKET,
        lambda number: f"acme/changes#{number}",
        "github",
        r"/changes/issues/[0-9]+/comments$",
        "POST",
        _comments,
        "github {key}",
        ("warning write-back: github acme/changes, issues: write: whether the token may write",),
    ),
    "gitlab issues": Target(
        GitLabIssueWorld,
        TICKET,
        lambda number: f"{CHANGES}#{number}",
        "gitlab",
        r"/issues/[0-9]+/notes$",
        "POST",
        _issue_notes,
        "gitlab {key}",
        ("ok write-back: gitlab issues, scope api: granted",),
    ),
    "gitlab": Target(
        GitLabWorld,
        FORGE,
        lambda number: f"CHG-{number}",
        "gitlab",
        r"acme%2Fshop/statuses/",
        "POST",
        _statuses,
        "gitlab",
        ("ok write-back: gitlab acme/shop, scope api, role Developer: granted",),
    ),
}


class Told(Job):
    """A job whose policy writes back to one system."""

    target: Target

    def change(self, number: int, **twists: Any) -> Scene:
        return self.world.change(self.target.key(number), **twists)

    @property
    def server(self) -> Simulator:
        found: Simulator = getattr(self.world, self.target.server)
        return found

    def enforce(self, scene: Scene, *more: str) -> Ended:
        given = self.ci(scene) | self.rewrite("told.toml", more=self.target.more)
        given |= {"GITHUB_OUTPUT": str(self.home / f"outputs-{scene.number}")}
        return self.judge("enforce", "--ticket", scene.key, *more, environment=given)

    def texts(self, scene: Scene) -> list[str]:
        return self.target.texts(self.world, scene)

    def writes(self) -> int:
        """How often it was written to."""
        asked = self.server.requests
        return sum(one.method == self.target.method and "graphql" not in one.path for one in asked)


@pytest.fixture(scope="module", params=TARGETS)
def acme(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    target = TARGETS[request.param]
    directory: Path = tmp_path_factory.mktemp(target.server)
    home = directory / "home"
    home.mkdir()
    with target.world(directory / "services") as world:
        if isinstance(world, GitLabWorld):
            token = world.gitlab.tokens[world.gitlab_token]
            world.gitlab.tokens[world.gitlab_token] = replace(token, writes=True, level=30)
        made = Told(home, world, target.key(10))
        made.target = target
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, acme: Told) -> Iterator[None]:
    monkeypatch.setattr(gate.http.session, "BACKOFF_SECONDS", 0.0)
    monkeypatch.setattr(gate.cli.write_back, "LONGEST", timedelta(seconds=2))
    yield
    acme.server.heal()


def test_record_decision_and_signed_head_are_told(acme: Told) -> None:
    scene = acme.change(20)
    ended = acme.enforce(scene)
    assert ended.code == 0, said(ended)
    assert "not written back" not in said(ended)
    (text,) = acme.texts(scene)
    index = acme.view().size - 1
    leaf = acme.view().link(index).leaf
    for words in ("allowed", f"ecord {index}", leaf[:16], "acme.example/changes"):
        assert words in text
    signed = acme.view().checkpoint.decode()
    _, size, root, _, signature = signed.split("\n")[:5]
    plain = text.translate({ord("-"): "+", ord("_"): "/"}) if "#gate-checkpoint" in text else text
    for part in (size, root, signature.rpartition(" ")[2]):
        assert part in plain


def test_the_ticket_is_as_good_as_before(acme: Told) -> None:
    """What gate wrote is neither an approval, nor an edit, nor a use by somebody else."""
    denied = acme.change(21, covers="billing")
    assert acme.enforce(denied).code == 10
    assert "denied" in acme.texts(denied)[0]
    assert acme.enforce(denied).code == 10
    scene = acme.change(22)
    for times in (1, 2, 3):
        ended = acme.enforce(scene)
        assert ended.code == 0, said(ended)
        assert len(acme.texts(scene)) == times


def test_a_program_is_told_what_was_written(acme: Told) -> None:
    scene = acme.change(23)
    where = acme.target.where.format(key=scene.key)
    answer = json.loads(acme.enforce(scene, "--format", "json").out)
    Draft202012Validator(SCHEMA).validate(answer)
    assert answer["write_back"] == [{"where": where, "written": True, "failure": None}]
    acme.server.fault(acme.target.path, faults.status(403))
    ended = acme.enforce(scene, "--format", "json")
    assert ended.code == 0, said(ended)
    answer = json.loads(ended.out)
    Draft202012Validator(SCHEMA).validate(answer)
    assert answer["permits"] is True
    (told,) = answer["write_back"]
    assert (told["where"], told["written"]) == (where, False)
    assert "; to do: " in told["failure"]
    given = acme.ci(scene)
    checked = acme.judge("check", "--ticket", scene.key, "--format", "json", environment=given)
    assert json.loads(checked.out)["write_back"] is None


FAULTS: dict[str, Callable[[], Fault]] = {
    "hangs": faults.hang,
    "resets": faults.reset,
    "is no JSON": faults.html,
    "is empty": faults.empty,
    "is of wrong types": faults.wrong_types,
    "redirects": lambda: faults.redirect("https://elsewhere.example/"),
    "asks for an hour": lambda: faults.status(503, retry_after=3600),
    **{str(code): lambda code=code: faults.status(code) for code in (400, 401, 403, 404, 429, 502)},  # type: ignore[misc]  # bound early
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_nothing(acme: Told, fault: str) -> None:
    scene = acme.change(30 + list(FAULTS).index(fault))
    acme.server.fault(acme.target.path, FAULTS[fault]())
    acme.server.forget_requests()
    size = acme.view().size
    ended = acme.enforce(scene)
    assert ended.code == 0, said(ended)
    assert acme.view().size == size + 1
    must_say(ended, "ALLOWED")
    assert acme.writes() <= 2, "more often than once, and once more"
    assert len(acme.texts(scene)) <= 1
    if not acme.texts(scene):
        must_say(ended, "the decision and its record stand all the same", "; to do: ")
        where = acme.target.where.format(key=scene.key)
        assert re.search(rf"gate: not written back: {re.escape(where)}: ", ended.err)


def test_what_may_have_arrived_is_written_once(acme: Told) -> None:
    scene = acme.change(50)
    acme.server.fault(acme.target.path, faults.truncated(), times=1)
    acme.server.forget_requests()
    ended = acme.enforce(scene)
    assert ended.code == 0, said(ended)
    assert len(acme.texts(scene)) == 1
    assert acme.writes() == 1


def test_a_denial_stays_one(acme: Told) -> None:
    scene = acme.change(51, covers="billing")
    acme.server.fault(acme.target.path, faults.status(500))
    ended = acme.enforce(scene)
    assert ended.code == 10, said(ended)
    must_say(ended, "DENIED", "not written back")


def test_no_name_and_no_secret_is_written(acme: Told) -> None:
    scene = acme.change(52)
    assert acme.enforce(scene).code == 0
    text = "\n".join(acme.texts(scene))
    secrets = [value for name, value in acme.world.secrets().items() if name in CANARIES]
    for word in ("alice", "bob", "carol", *secrets):
        assert word not in text


def test_doctor_says_of_each_whether_it_can_be_written(acme: Told) -> None:
    acme.server.forget_requests()
    given = acme.ci() | acme.rewrite("doctor.toml", more=acme.target.more)
    ended = acme.gate("doctor", environment=given)
    assert ended.code == 0, said(ended)
    must_say(ended, *acme.target.doctor)
    assert acme.writes() == 0


def test_doctor_says_what_cannot_be_written(tmp_path: Path) -> None:
    with job(tmp_path, GitLabWorld) as acme:
        given = acme.ci() | acme.rewrite("doctor.toml", more=FORGE)
        ended = acme.gate("doctor", environment=given)
        must_say(
            ended, "warning write-back: gitlab acme/shop, scope api, role Developer: the token"
        )
        given = acme.ci(GITLAB_TOKEN=None) | acme.rewrite("doctor.toml", more=FORGE)
        must_say(acme.gate("doctor", environment=given), "warning write-back: shop: its repository")
