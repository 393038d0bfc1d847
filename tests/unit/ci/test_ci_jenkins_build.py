"""A build, as Jenkins's API tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gate.ci.jenkins_build import build_path, fetch_run, open_wire, parse_run
from gate.config import Secrets
from gate.config.types import JenkinsSettings, NetworkSettings
from gate.demo import faults
from gate.demo.jenkins import JenkinsSimulator
from gate.demo.jenkins_builds import BY_PUSH, BY_TIMER, BY_TOKEN, Build, by_build, by_user
from gate.http import Budget, Wire
from gate.model import Account, Problem, ProblemKind, Run

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
SHOP = "https://github.com/acme/shop"
SHA, OTHER = "a" * 40, "b" * 40
TOKEN = "tok"
JOB = "team/shop/feature%2Fx"


@pytest.fixture
def jenkins() -> Iterator[JenkinsSimulator]:
    with JenkinsSimulator() as running:
        running.add_user("gate", token="tok")
        yield running


def begun(jenkins: JenkinsSimulator, *causes: dict[str, Any], job: str = JOB) -> Build:
    made = jenkins.build(job, *(causes or (by_user("alice"),)), at=MONDAY)
    made.checkouts.append(((f"{SHOP}.git",), SHA))
    return made


def wire(jenkins: JenkinsSimulator, *, secret: str = TOKEN) -> Wire:
    secrets = Secrets(jenkins_user="gate", jenkins_token=secret)
    budget = Budget(timedelta(seconds=10))
    return open_wire(JenkinsSettings(jenkins.url), secrets, NetworkSettings(), budget)


def read(jenkins: JenkinsSimulator, number: int = 1, job: str = JOB, *, secret: str = TOKEN) -> Any:
    return fetch_run(wire(jenkins, secret=secret), f"{job}#{number}", SHOP)


def run(jenkins: JenkinsSimulator, number: int = 1) -> Run:
    found = read(jenkins, number)
    assert isinstance(found, Run), found
    return found


def problem(jenkins: JenkinsSimulator, **given: Any) -> Problem:
    found = read(jenkins, **given)
    assert isinstance(found, Problem), found
    assert found.service == "jenkins"
    assert found.remedy
    return found


def test_a_build_of_a_branch_in_folders(jenkins: JenkinsSimulator) -> None:
    begun(jenkins)
    found = run(jenkins)
    assert (found.ci, found.id, found.attempt) == ("jenkins", f"{JOB}#1", 1)
    assert found.created_at == MONDAY
    assert found.actor == Account("jenkins", "alice")
    assert (found.repository, found.head_sha, found.active) == (SHOP, SHA, True)
    assert found.url == f"{jenkins.url}/job/team/job/shop/job/feature%252Fx/1/"
    (asked,) = jenkins.requests
    assert "tree" in asked.query


def test_a_controller_that_is_asked_by_another_name_than_its_own(jenkins: JenkinsSimulator) -> None:
    jenkins.root = "https://ci.acme.example/jenkins"
    begun(jenkins)
    assert run(jenkins).url.startswith(jenkins.url)


def test_a_replay_is_a_run_of_its_own(jenkins: JenkinsSimulator) -> None:
    first = begun(jenkins)
    jenkins.finish(first)
    jenkins.replay(first, by="bob", at=MONDAY + timedelta(hours=1))
    assert run(jenkins).active is False
    again = run(jenkins, 2)
    assert again.active
    assert again.created_at == MONDAY + timedelta(hours=1)
    assert again.actor == Account("jenkins", "bob")


CAUSES: dict[str, tuple[tuple[dict[str, Any], ...], str | None]] = {
    "a user": ((by_user("alice"),), "alice"),
    "a user and a push": ((BY_PUSH, by_user("alice")), "alice"),
    "one user twice": ((by_user("alice"), by_user("alice")), "alice"),
    "two users": ((by_user("alice"), by_user("bob")), None),
    "a user and a visitor": ((by_user("alice"), by_user("")), None),
    "a visitor": ((by_user(""),), None),
    "Jenkins itself": ((by_user("SYSTEM"),), None),
    "a timer": ((BY_TIMER,), None),
    "a push": ((BY_PUSH,), None),
    "somebody with the job's token": ((BY_TOKEN,), None),
    "another build": ((by_build("up", 3),), None),
}


@pytest.mark.parametrize("what", CAUSES)
def test_who_started_it(jenkins: JenkinsSimulator, what: str) -> None:
    causes, user = CAUSES[what]
    begun(jenkins, *causes)
    assert run(jenkins).actor == (Account("jenkins", user) if user else None)


@pytest.mark.parametrize(
    "remote",
    [
        SHOP,
        f"{SHOP}.git",
        f"{SHOP}/",
        "git@github.com:acme/shop.git",
        "https://GitHub.com/acme/Shop",
        "ssh://git@github.com/acme/shop.git",
        "https://x:secret@github.com/acme/shop",
    ],
)
def test_ways_to_write_the_services_repository(jenkins: JenkinsSimulator, remote: str) -> None:
    made = begun(jenkins)
    made.checkouts = [((remote,), SHA)]
    assert run(jenkins).head_sha == SHA


LIBRARY = ("https://github.com/acme/library.git",)
CHECKOUTS: dict[str, list[tuple[tuple[str, ...], str]]] = {
    "nothing": [],
    "a library only": [(LIBRARY, OTHER)],
    "a fork only": [(("https://github.com/mallory/shop.git",), SHA)],
    "the same path elsewhere": [(("https://github.example/acme/shop.git",), SHA)],
    "a folder of the controller": [(("/srv/git/acme/shop.git",), SHA)],
    "two commits": [((SHOP,), SHA), ((SHOP,), OTHER)],
    "a remote beside": [((SHOP, "https://github.com/mallory/shop"), SHA)],
}


@pytest.mark.parametrize("what", CHECKOUTS)
def test_a_commit_that_cannot_be_told_is_a_problem(jenkins: JenkinsSimulator, what: str) -> None:
    begun(jenkins).checkouts = CHECKOUTS[what]
    found = problem(jenkins)
    assert found.kind is ProblemKind.INCOMPLETE
    assert "check" in found.remedy


def test_other_repositories_and_a_second_fetch_do_not_matter(jenkins: JenkinsSimulator) -> None:
    begun(jenkins).checkouts += [(LIBRARY, OTHER), ((f"{SHOP}.git",), SHA)]
    assert run(jenkins).head_sha == SHA


def test_hidden_forbidden_and_refused(jenkins: JenkinsSimulator) -> None:
    begun(jenkins)
    assert problem(jenkins, secret="wrong").kind is ProblemKind.CREDENTIALS
    assert problem(jenkins, number=2).kind is ProblemKind.HIDDEN
    jenkins.undisclosed.add(JOB)
    assert problem(jenkins).kind is ProblemKind.PERMISSION
    jenkins.hidden.add(JOB)
    found = problem(jenkins)
    assert found.kind is ProblemKind.HIDDEN
    assert "GATE_JENKINS_TOKEN" in found.remedy


@pytest.mark.parametrize(
    "fault",
    [
        faults.html(),
        faults.empty(),
        faults.wrong_types(),
        faults.truncated(),
        faults.huge(),
        faults.replace([]),
        faults.replace({}),
        faults.replace(None),
        faults.hidden(),
        faults.redirect("https://elsewhere.example/login"),
        faults.status(500),
    ],
    ids=lambda fault: f"{fault.kind}{fault.code or ''}{fault.body!r}",
)
def test_a_fault_is_a_problem(
    jenkins: JenkinsSimulator, fault: faults.Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gate.http.session.BACKOFF_SECONDS", 0.0)
    begun(jenkins)
    jenkins.fault("/api/json", fault)
    found = problem(jenkins)
    assert "tok" not in found.cause + found.remedy


@pytest.mark.parametrize(
    "run_id",
    [
        "",
        "#1",
        "shop#",
        "shop#0",
        "shop#-1",
        "shop#1/2",
        "../shop#1",
        "a/../b#1",
        "a//b#1",
        "/a#1",
        "a/#1",
        "./a#1",
        "shop",
    ],
)
def test_odd_names_are_never_sent(jenkins: JenkinsSimulator, run_id: str) -> None:
    assert build_path(run_id) is None
    assert isinstance(fetch_run(wire(jenkins), run_id, SHOP), Problem)
    assert not jenkins.requests


def test_every_step_is_escaped() -> None:
    assert build_path("a b/c?d/e#f/g%2Fh#7") == "/job/a%20b/job/c%3Fd/job/e%23f/job/g%252Fh/7/"


BUILD: dict[str, Any] = {
    "number": 7,
    "url": "https://ci.acme.example/job/shop/7/",
    "timestamp": 1767603600000,
    "building": True,
    "inProgress": True,
    "actions": [
        {"_class": "hudson.model.CauseAction", "causes": [by_user("alice")]},
        {
            "_class": "hudson.plugins.git.util.BuildData",
            "lastBuiltRevision": {"SHA1": SHA},
            "remoteUrls": [SHOP],
        },
    ],
}


def parsed(document: object) -> Any:
    return parse_run(document, "shop#7", SHOP, "https://ci.acme.example")


def test_an_older_version_tells_only_whether_it_is_building() -> None:
    older = {name: value for name, value in BUILD.items() if name != "inProgress"}
    assert parsed(older).active
    assert parsed(older | {"building": False}).active is False
    assert parsed(BUILD | {"inProgress": False}).active is False


def _action(index: int, **changes: Any) -> dict[str, Any]:
    actions = [dict(action) for action in BUILD["actions"]]
    actions[index] |= changes
    return BUILD | {"actions": actions}


@pytest.mark.parametrize(
    "document",
    [
        BUILD | {"number": 8},
        BUILD | {"number": None},
        BUILD | {"url": "https://ci.acme.example/job/shop/8/"},
        BUILD | {"url": "https://ci.acme.example/job/other/job/shop/7/"},
        BUILD | {"url": None},
        BUILD | {"url": "https://[broken/job/shop/7/"},
        BUILD | {"timestamp": None},
        BUILD | {"timestamp": -1},
        BUILD | {"timestamp": 10**30},
        BUILD | {"building": None},
        BUILD | {"inProgress": "true"},
        BUILD | {"actions": None},
        BUILD | {"actions": [None]},
        _action(0, causes="alice"),
        _action(0, causes=[{"_class": "hudson.model.Cause$UserIdCause", "userId": 7}]),
        _action(1, lastBuiltRevision=None),
        _action(1, lastBuiltRevision={"SHA1": "abc"}),
        _action(1, remoteUrls=None),
        _action(1, remoteUrls=[None]),
        _action(1, _class="hudson.plugins.git.util.BuildDetails"),
        _action(1, _class=None),
    ],
)
def test_what_is_not_right_is_named(document: object) -> None:
    found = parsed(document)
    assert isinstance(found, Problem)
    assert found.kind in {ProblemKind.MALFORMED, ProblemKind.INCOMPLETE}
    assert found.request == "GET /job/shop/7/api/json"
