"""A deploy job on Jenkins: its build is a fact where the policy names the Jenkins, else a claim."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from jobs import Job, job, must_say, said

import gate.http.session
from gate.config import load_policy
from gate.demo import faults
from gate.demo.jenkins_builds import BY_PUSH, BY_TIMER, Build, by_user
from gate.demo.jenkins_world import JOB, LIBRARY, TOKEN, JenkinsWorld
from gate.demo.plot import AFTER_RUN, HOUR, MINUTE
from gate.identity import People
from gate.model import Account, AccountKind
from gate.record.predicates import RunFact
from gate.record.statement import DecisionRecord

PREDATES = "ticket-predates-deployment"
DEPLOYERS = ("[environments.production]\n", '[environments.production]\ndeployers = ["carol"]\n')


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("jenkins"), JenkinsWorld) as made:
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Job]:
    """A world in which nothing has gone wrong yet: what is wrong stays in the range."""
    with job(tmp_path, JenkinsWorld) as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate.http.session, "BACKOFF_SECONDS", 0.0)


def world(acme: Job) -> JenkinsWorld:
    assert isinstance(acme.world, JenkinsWorld)
    return acme.world


def build(acme: Job, key: str = "CHG-1") -> Build:
    return world(acme).builds[key]


def outcomes(
    acme: Job,
    environment: dict[str, str] | None = None,
    *,
    key: str = "CHG-1",
    code: tuple[int, ...] = (10, 11),
) -> dict[str, str]:
    """What check says, by control; it must end with one of the codes."""
    given = environment or acme.ci()
    ended = acme.judge("check", "--ticket", key, "--format", "json", environment=given)
    assert ended.code in code, said(ended)
    return {each["id"]: each["outcome"] for each in json.loads(ended.out)["controls"]}


def without_jenkins(fresh: Job, *edits: tuple[str, str]) -> dict[str, str]:
    """The environment under a policy that names no Jenkins."""
    section = f'\n[ci.jenkins]\nurl = "{world(fresh).jenkins.url}"\n'
    return fresh.rewrite("claims.toml", (section, ""), *edits)


CLAIMS = (
    "[environments.production]\n",
    '[environments.production]\naccept_claims = ["pipeline-start"]\n',
)


# ---------------------------------------------------------------- the build as a fact


def test_a_good_change_is_allowed_and_recorded(acme: Job) -> None:
    ended = acme.judge("enforce", "--ticket", "CHG-1", "--receipt", "receipts/good")
    assert ended.code == 0, said(ended)
    assert TOKEN not in said(ended)
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    fact = record.predicate.run.fact
    assert isinstance(fact, RunFact)
    assert fact.created_at == build(acme).at
    assert fact.head_sha == acme.scene.commit
    assert fact.actor is not None
    assert record.predicate.claims == ()
    acme.gate("log", "verify", environment=acme.ci(), expect=0)


def test_a_late_ticket_is_late_and_a_new_build_is_the_remedy(fresh: Job) -> None:
    scene = fresh.world.change("CHG-2", ticket=AFTER_RUN)
    assert outcomes(fresh, fresh.ci(scene), key="CHG-2")[PREDATES] == "fail"
    here = world(fresh)
    here.jenkins.finish(build(fresh, "CHG-2"), "FAILURE")
    again = here.jenkins.replay(build(fresh, "CHG-2"), by="carol", at=here.now - MINUTE)
    new = fresh.ci(scene, BUILD_NUMBER=str(again.number))
    ended = fresh.judge("check", "--ticket", "CHG-2", environment=new)
    assert ended.code == 0, said(ended)


def test_the_environments_start_is_not_heeded_beside_the_api(fresh: Job) -> None:
    early = fresh.rewrite("both.toml", CLAIMS)
    scene = fresh.world.change("CHG-2", ticket=AFTER_RUN)
    told = {"GATE_PIPELINE_STARTED": milliseconds(world(fresh).now)}
    found = outcomes(fresh, fresh.ci(scene, **early, **told), key="CHG-2")
    assert found[PREDATES] == "fail"
    found = outcomes(
        fresh,
        fresh.ci(scene, **early, **told, GATE_JENKINS_TOKEN=None),
        key="CHG-2",
    )
    assert found[PREDATES] == "undetermined"


def test_another_commit_than_the_builds_is_blocked(fresh: Job) -> None:
    other = fresh.world.change("CHG-2")
    assert outcomes(fresh, fresh.ci(GIT_COMMIT=other.commit))[PREDATES] == "fail"
    named = fresh.judge("check", "--ticket", "CHG-1", "--commit", other.commit)
    assert named.code in {10, 11}, said(named)
    must_say(named, "Start the pipeline on the commit that is deployed")


def test_another_build_than_the_running_one_is_blocked(fresh: Job) -> None:
    fresh.world.change("CHG-2")
    elsewhere = str(build(fresh, "CHG-2").number)
    assert outcomes(fresh, fresh.ci(BUILD_NUMBER=elsewhere))[PREDATES] == "fail"
    world(fresh).jenkins.finish(build(fresh))
    ended = fresh.judge("enforce", "--ticket", "CHG-1")
    assert ended.code == 11, said(ended)
    must_say(ended, "not running now")


def test_two_checkouts_of_the_service_prove_neither(fresh: Job) -> None:
    here = build(fresh)
    remotes = here.checkouts[-1][0]
    here.checkouts.append((remotes, "f" * 40))
    ended = fresh.judge("check", "--ticket", "CHG-1")
    assert ended.code == 11, said(ended)
    must_say(ended, "checked out 2 commits of the service's repository", "to do")
    here.checkouts = [((LIBRARY[0],), LIBRARY[1])]
    ended = fresh.judge("check", "--ticket", "CHG-1")
    assert ended.code == 11, said(ended)
    must_say(ended, "checked out nothing of", "git plugin")


def test_a_job_that_the_account_may_not_see(fresh: Job) -> None:
    jenkins = world(fresh).jenkins
    for place, words in ((jenkins.hidden, "hidden from us"), (jenkins.undisclosed, "forbids")):
        place.add(JOB)
        ended = fresh.judge("check", "--ticket", "CHG-1")
        place.clear()
        assert ended.code == 11, said(ended)
        must_say(ended, words, "GATE_JENKINS_USER and GATE_JENKINS_TOKEN", "/job/shop/job/deploy/")


@pytest.mark.parametrize("name", ["GATE_JENKINS_USER", "GATE_JENKINS_TOKEN"])
def test_without_an_account_jenkins_is_not_replaced_by_claims(fresh: Job, name: str) -> None:
    environment = fresh.ci(**{**fresh.rewrite("both.toml", CLAIMS), name: None})
    ended = fresh.judge("check", "--ticket", "CHG-1", environment=environment)
    assert ended.code == 11, said(ended)
    must_say(ended, name, "Job/Read")


KINDS = {
    "400": faults.status(400),
    "401": faults.status(401),
    "403": faults.status(403),
    "404": faults.status(404),
    "429": faults.status(429, retry_after=0),
    "500": faults.status(500),
    "503": faults.status(503, retry_after=0),
    "hang": faults.hang(),
    "reset": faults.reset(),
    "html": faults.html(),
    "empty": faults.empty(),
    "truncated": faults.truncated(),
    "types": faults.wrong_types(),
    "huge": faults.huge(),
    "redirect": faults.redirect("https://elsewhere.example/login"),
    "null": faults.replace(None),
    "nothing": faults.replace({}),
    "no rows": faults.replace([]),
    "hidden": faults.hidden(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_allows(acme: Job, kind: str) -> None:
    short = acme.rewrite("short.toml", more='\n[network]\nbudget = "1s"\n')
    world(acme).jenkins.fault("/job/", KINDS[kind])
    ended = acme.judge("check", "--ticket", "CHG-1", environment=acme.ci(**short))
    world(acme).jenkins.heal()
    assert ended.code == 11, said(ended)
    must_say(ended, "jenkins", "to do")
    assert TOKEN not in said(ended)


def test_a_clock_that_differs_is_blocked(acme: Job) -> None:
    world(acme).jenkins.clock_offset = timedelta(hours=1)
    ended = acme.judge("check", "--ticket", "CHG-1")
    world(acme).jenkins.clock_offset = timedelta(0)
    assert ended.code == 10, said(ended)
    must_say(ended, "clock-sane", "behind jenkins")


# ---------------------------------------------------------------- who started it


def test_a_deployer_must_be_a_person_whom_the_policy_knows_there(fresh: Job) -> None:
    strict = fresh.rewrite("strict.toml", DEPLOYERS)
    made = build(fresh)
    assert outcomes(fresh, fresh.ci(**strict), code=(0,))["deployer-authorised"] == "pass"
    for causes, outcome in (
        ([BY_TIMER], "undetermined"),
        ([BY_PUSH], "undetermined"),
        ([by_user("bob")], "fail"),
        ([by_user("mallory")], "undetermined"),
        ([by_user("Carol")], "undetermined"),
    ):
        made.causes = causes
        assert outcomes(fresh, fresh.ci(**strict))["deployer-authorised"] == outcome, causes


def test_a_build_that_nobody_started_is_allowed_where_nobody_need_have(fresh: Job) -> None:
    build(fresh).causes = [BY_TIMER]
    ended = fresh.judge("enforce", "--ticket", "CHG-1")
    assert ended.code == 0, said(ended)
    record = fresh.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert isinstance(record.predicate.run.fact, RunFact)
    assert record.predicate.run.fact.actor is None
    span = ("--from", "2020-01-01", "--to", "2100-01-01", "--output", "all.csv")
    fresh.gate("audit", "population", *span, "--people", environment=fresh.ci(), expect=0)
    assert "(unknown)" in (fresh.home / "all.csv").read_text()


def test_the_approver_must_not_have_started_it(fresh: Job) -> None:
    independent = fresh.rewrite(
        "independent.toml",
        (
            'sources = ["change-request"] }',
            'sources = ["change-request"], independent_of = ["deployer"] }',
        ),
    )
    assert outcomes(fresh, fresh.ci(**independent), code=(0,))["approver-independent"] == "pass"
    build(fresh).causes = [by_user("bob")]
    assert outcomes(fresh, fresh.ci(**independent))["approver-independent"] == "fail"
    build(fresh).causes = [BY_TIMER]
    assert outcomes(fresh, fresh.ci(**independent))["approver-independent"] == "undetermined"


def test_approvals_by_environment_are_not_to_be_had_of_jenkins(fresh: Job) -> None:
    source = 'sources = ["change-request"] }'
    given = fresh.rewrite(
        "environment.toml", (source, 'sources = ["change-request", "environment"] }')
    )
    ended = fresh.judge("check", "--ticket", "CHG-1", environment={**fresh.ci(), **given})
    assert ended.code == 11, said(ended)
    assert "has no environments whose approvals could be read" in ended.out


# ---------------------------------------------------------------- without a Jenkins in the policy


def milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def test_a_policy_without_jenkins_has_claims_only(fresh: Job) -> None:
    here = world(fresh)
    environment = fresh.ci(**without_jenkins(fresh))
    ended = fresh.judge("check", "--ticket", "CHG-1", environment=environment)
    assert ended.code == 11, said(ended)
    must_say(ended, "names no Jenkins", "accept_claims")
    accepting = without_jenkins(fresh, CLAIMS)
    early, late = (milliseconds(here.now - ago) for ago in (HOUR, 24 * HOUR))
    told = fresh.ci(**accepting, GATE_PIPELINE_STARTED=early)
    ended = fresh.judge("enforce", "--ticket", "CHG-1", environment=told)
    assert ended.code == 0, said(ended)
    record = fresh.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.predicate.claims == ("pipeline-start",)
    found = outcomes(fresh, told | {"GATE_PIPELINE_STARTED": late})
    assert found[PREDATES] == "fail"
    assert not here.jenkins.requests


def test_a_start_that_is_none_is_a_usage_error(fresh: Job) -> None:
    ended = fresh.judge(
        "check", "--ticket", "CHG-1", environment=fresh.ci(GATE_PIPELINE_STARTED="yesterday")
    )
    assert ended.code == 2, said(ended)
    must_say(ended, "GATE_PIPELINE_STARTED", "currentBuild.startTimeInMillis")


# ---------------------------------------------------------------- doctor


def test_doctor_asks_for_the_account_and_the_job(acme: Job) -> None:
    ended = acme.gate("doctor", environment=acme.ci())
    assert ended.code == 0, said(ended)
    must_say(ended, "ok jenkins account", f"ok jenkins {JOB}#1, Job/Read")
    must_say(ended, "clock against jenkins")
    jenkins = world(acme).jenkins
    jenkins.undisclosed.add(JOB)
    ended = acme.gate("doctor", environment=acme.ci())
    jenkins.undisclosed.clear()
    assert ended.code == 11, said(ended)
    must_say(ended, f"unknown jenkins {JOB}#1, Job/Read", "GATE_JENKINS_TOKEN")
    ended = acme.gate("doctor", environment=acme.ci(GATE_JENKINS_TOKEN="x"))
    assert ended.code == 11, said(ended)
    must_say(ended, "unknown jenkins account", "(401)")
    ended = acme.gate("doctor", environment=acme.ci(GATE_JENKINS_TOKEN=None))
    assert ended.code == 10, said(ended)
    must_say(ended, "fault jenkins: GATE_JENKINS_USER and GATE_JENKINS_TOKEN are not both set")
    ended = acme.gate("doctor", environment=acme.shell())
    assert ended.code == 0, said(ended)
    must_say(ended, "warning jenkins, Job/Read", "in a build of the job")


def test_accounts_on_jenkins_are_peoples(acme: Job) -> None:
    people = People(load_policy(acme.home / "gate.toml"))
    alice = Account("jenkins", "alice", AccountKind.PERSON)
    assert people.owner(alice) == "alice"
    assert people.line_for(alice) == 'jenkins = "alice"'
