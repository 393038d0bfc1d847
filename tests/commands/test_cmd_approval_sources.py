"""Reviews and the forge's own approvals of a deployment as approvals, on GitHub and on GitLab."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from jobs import SHOP, Job, job, must_say, said

import gate.http.session
from gate.demo import faults
from gate.demo.gitlab_world import GitLabWorld
from gate.demo.plot import MINUTE, Scene
from gate.demo.server import Simulator
from gate.demo.stage import Ended
from gate.demo.world import World
from gate.model import Verdict
from gate.record.predicates import ApprovalPart, Unknown
from gate.record.statement import DecisionRecord

SOURCES = 'sources = ["change-request"]'
OPEN = ('deployable = ["Approved"', 'deployable = ["Awaiting approval", "Approved"')
OWN = ("--log", "dir:log", "--trust", "trust", "--disclosures", "dir:change-evidence")
UNAPPROVED = {"approver": ""}
_KEYS = count(10)


@pytest.fixture(params=[World, GitLabWorld], ids=["github", "gitlab"])
def acme(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Job]:
    """A fresh one each: what one test lets in would be where the next one's range starts."""
    with job(tmp_path, request.param) as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate.http.session, "BACKOFF_SECONDS", 0.0)


# ---------------------------------------------------------------- what happens at the forge


def forge(acme: Job) -> Simulator:
    return acme.world.gitlab if isinstance(acme.world, GitLabWorld) else acme.world.github


def scene(acme: Job, **twists: Any) -> Scene:
    """A change whose ticket nobody approved, unless it is said otherwise."""
    return acme.world.change(f"CHG-{next(_KEYS)}", **(UNAPPROVED | twists))


def enter(
    acme: Job,
    what: Scene,
    by: str = "bob",
    state: str = "approved",
    environment: str = "production",
) -> None:
    """Somebody decides on the deployment of the scene's run."""
    world = acme.world
    if not isinstance(world, GitLabWorld):
        world.shop.environments.decide(what.run_id, environment, by=by, state=state)
        return
    made = world.operations.deploys(what.run_id, environment, at=world.now - 6 * MINUTE)
    world.operations.decide(made, by=by, at=world.now - 5 * MINUTE, status=state)


def rerun(acme: Job, what: Scene) -> Scene:
    """carol runs it again; gate runs in that attempt."""
    world = acme.world
    if isinstance(world, GitLabWorld):
        again = world.operations.retry(what.run_id, by="carol", at=world.now - 2 * MINUTE)
        return replace(what, attempt=again.id)
    world.shop.rerun(what.run_id, by="carol", at=world.now - 2 * MINUTE)
    return replace(what, attempt=2)


def object_to(acme: Job, what: Scene) -> None:
    """dave asks for changes in the request."""
    world, at = acme.world, acme.world.now - 20 * MINUTE
    if isinstance(world, GitLabWorld):
        world.project.request_changes(what.number, by="dave", at=at)
    else:
        world.shop.review(what.number, by="dave", at=at, state="CHANGES_REQUESTED")


def review_before_last_push(acme: Job, what: Scene) -> None:
    """bob approves what the request was before its last push."""
    world = acme.world
    early = world.now - 4 * 60 * MINUTE
    if isinstance(world, GitLabWorld):
        world.project.approve(what.number, by="bob", at=early)
        return
    older = world.shop.graph.commits[what.head].parents[0]
    world.shop.review(what.number, by="bob", at=early, commit=older)


# ---------------------------------------------------------------- asking gate


def policy(acme: Job, *sources: str, more: tuple[tuple[str, str], ...] = ()) -> dict[str, str]:
    """Acme's policy with these sources of approvals; what a job that pins it is given."""
    named = ", ".join(f'"{source}"' for source in sources)
    return acme.rewrite("sources.toml", (SOURCES, f"sources = [{named}]"), OPEN, *more)


def run(acme: Job, command: str, what: Scene, *sources: str, **changes: str) -> Ended:
    environment = {**acme.ci(what), **policy(acme, *sources), **changes}
    arguments = (*SHOP, "--ticket", what.key, "--format", "json")
    return acme.gate(command, *arguments, environment=environment)


def outcomes(ended: Ended) -> dict[str, str]:
    return {each["id"]: each["outcome"] for each in json.loads(ended.out)["controls"]}


def blocked(acme: Job, what: Scene, *sources: str, by: str, code: int = 10) -> Ended:
    """It is not let pass, for what the control ``by`` found."""
    ended = run(acme, "check", what, *sources)
    assert ended.code == code, said(ended)
    assert outcomes(ended)[by] == {10: "fail", 11: "undetermined"}[code], said(ended)
    return ended


def newest(acme: Job) -> DecisionRecord:
    found = acme.records()[-1]
    assert isinstance(found, DecisionRecord)
    return found


# ---------------------------------------------------------------- allowed


def test_a_review_lets_its_change_pass(acme: Job) -> None:
    what = scene(acme, reviewer="bob")
    assert run(acme, "check", what, "change-request").code == 10
    for sources in (("review",), ("change-request", "review")):
        ended = run(acme, "enforce", what, *sources)
        assert ended.code == 0, said(ended)
        assert set(outcomes(ended).values()) <= {"pass", "undetermined", "fail", "not-applicable"}
    assert newest(acme).predicate.run.approvals is None


def test_the_forges_approval_lets_its_run_pass_and_is_recorded(acme: Job) -> None:
    what = scene(acme)
    enter(acme, what)
    assert run(acme, "check", what, "change-request", "review").code == 10
    for sources in (("environment",), ("change-request", "environment")):
        ended = run(acme, "enforce", what, *sources)
        assert ended.code == 0, said(ended)
    record = newest(acme)
    given = record.predicate.run.approvals
    assert isinstance(given, tuple)
    (one,) = given
    assert isinstance(one, ApprovalPart)
    assert (one.verdict, one.source, one.commit) == (Verdict.APPROVED, "environment", what.commit)
    assert one.person is not None
    assert one.person.startswith("p")
    index = str(acme.view().size - 1)
    shown = acme.gate("log", "show", index, "--people", expect=0, environment=acme.shell())
    must_say(shown, "The run's deployment", "bob", "by environment")
    listed = acme.gate("log", "show", index, expect=0, environment=acme.shell())
    assert "bob" not in said(listed)
    acme.gate("log", "verify", expect=0, environment=acme.shell())
    span = ("--from", "2020-01-01", "--to", "2099-01-01", "--people")
    acme.gate("audit", "population", *span, *OWN, "--output", "p.json", expect=0)
    rows = json.loads((acme.home / "p.json").read_text())["rows"]
    assert rows[-1]["approvers"] == ["bob"]
    assert rows[-1]["approval_sources"] == ["the run: environment"]
    (at,) = rows[-1]["approved_at"]
    expected = "(unknown, after 20" if one.decided_at is None else "20"
    assert at.startswith(expected), "a bound is shown as one"


def test_each_approval_may_come_from_another_source(acme: Job) -> None:
    more = ("required = 1", "required = 2")
    what = scene(acme, approver="bob", author="carol", reviewer="dave")
    enter(acme, what, by="alice")
    environment = {**acme.ci(what), **policy(acme, "change-request", "environment", more=(more,))}
    ended = acme.gate("check", *SHOP, "--ticket", what.key, environment=environment)
    assert ended.code == 0, said(ended)


# ---------------------------------------------------------------- who does not count


def test_nobody_let_it_in(acme: Job) -> None:
    blocked(acme, scene(acme), "environment", by="approved")


def test_a_makers_own_approval_is_none(acme: Job) -> None:
    """bob may approve, and pushed what he approves."""
    what = scene(acme, pusher="bob")
    enter(acme, what)
    assert outcomes(blocked(acme, what, "environment", by="approver-independent"))["approved"] == (
        "pass"
    )
    reviewed = scene(acme, pusher="bob", reviewer="bob")
    blocked(acme, reviewed, "review", by="approver-independent")


def test_who_may_not_approve_does_not(acme: Job) -> None:
    what = scene(acme, reviewer="dave")
    enter(acme, what, by="carol")
    blocked(acme, what, "environment", by="approved")
    blocked(acme, what, "review", "environment", by="approved")


def test_a_stranger_may_turn_out_to_count(acme: Job) -> None:
    what = scene(acme)
    enter(acme, what, by="mallory")
    must_say(blocked(acme, what, "environment", by="approved", code=11), "mallory")


def test_a_rejection_stands_beside_enough_approvals(acme: Job) -> None:
    what = scene(acme, approver="bob")
    enter(acme, what, by="dave", state="rejected")
    if not isinstance(acme.world, GitLabWorld):
        acme.world.shop.runs[what.run_id].attempts[-1].status = "in_progress"
    assert run(acme, "check", what, "change-request").code == 0
    blocked(acme, what, "change-request", "environment", by="approved")


def test_a_request_for_changes_stands_beside_enough_approvals(acme: Job) -> None:
    what = scene(acme, approver="bob", reviewer="bob")
    assert run(acme, "check", what, "change-request", "review").code == 0
    object_to(acme, what)
    assert run(acme, "check", what, "change-request").code == 0
    blocked(acme, what, "change-request", "review", by="approved")


# ---------------------------------------------------------------- of something else


def test_a_review_of_an_older_head_is_none(acme: Job) -> None:
    what = scene(acme, reviewer="", late_push=True)
    review_before_last_push(acme, what)
    blocked(acme, what, "review", by="approved")


def test_a_review_of_another_request_is_none(acme: Job) -> None:
    scene(acme, reviewer="bob")
    blocked(acme, scene(acme, reviewer="carol"), "review", by="approved")


def test_another_environments_approval_is_none(acme: Job) -> None:
    what = scene(acme)
    enter(acme, what, environment="staging")
    blocked(acme, what, "environment", by="approved")


def test_another_runs_approval_is_none(acme: Job) -> None:
    other, what = scene(acme), scene(acme)
    enter(acme, other)
    blocked(acme, what, "environment", by="approved")


def test_an_earlier_attempts_approval_is_none(acme: Job) -> None:
    what = scene(acme)
    enter(acme, what)
    again = rerun(acme, what)
    # GitLab tells that it was of another job; GitHub does not tell which attempt it was of.
    code = 10 if isinstance(acme.world, GitLabWorld) else 11
    ended = blocked(acme, again, "environment", by="approved", code=code)
    must_say(ended, "Start a new run" if code == 11 else "Have somebody")


def test_the_same_attempts_claim_is_held_against_the_api(acme: Job) -> None:
    """An attempt that says it is the first is not believed, nor one of another run."""
    what, other = scene(acme), scene(acme)
    enter(acme, what)
    again, claims = rerun(acme, what), acme.world.environ(what)
    named = {name: claims[name] for name in ("GITHUB_RUN_ATTEMPT", "CI_JOB_ID") if name in claims}
    assert named
    assert run(acme, "check", again, "environment", **named).code in {10, 11}
    stolen = {name: claims[name] for name in ("GITHUB_RUN_ID", "CI_PIPELINE_ID") if name in claims}
    assert run(acme, "check", other, "environment", **stolen).code in {10, 11}


# ---------------------------------------------------------------- facts that could not be had

PLACES = {
    World: (r"/actions/runs/\d+/approvals",),
    GitLabWorld: (r"/deployments\?.*updated_after", r"/deployments/\d+$"),
}
KINDS = {
    "401": faults.status(401),
    "403": faults.status(403),
    "404": faults.status(404),
    "429": faults.status(429, retry_after=0),
    "503": faults.status(503, retry_after=0),
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
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_on_the_new_requests_allows(acme: Job, kind: str) -> None:
    what = scene(acme)
    enter(acme, what)
    service = "gitlab" if isinstance(acme.world, GitLabWorld) else "github"
    for place in PLACES[type(acme.world)]:
        forge(acme).fault(place, KINDS[kind])
        ended = run(acme, "check", what, "environment")
        forge(acme).heal()
        # That is what GitHub says of a run that nobody decided on; GitLab counts its rows.
        told_nobody = kind == "no rows" and service == "github"
        assert ended.code == 10 if told_nobody else ended.code == 11, (place, said(ended))
        assert told_nobody or service in said(ended)
        assert "-token-of-gate" not in said(ended)
    healed = run(acme, "check", what, "environment")
    assert healed.code == 0, said(healed)


def test_no_silence_on_the_new_requests_is_longer_than_the_budget(acme: Job) -> None:
    what = scene(acme)
    enter(acme, what)
    more = (("[tickets.jira]", '[network]\nbudget = "2s"\n\n[tickets.jira]'),)
    environment = {**acme.ci(what), **policy(acme, "environment", more=more)}
    for place in PLACES[type(acme.world)]:
        forge(acme).fault(place, faults.hang())
        ended = acme.gate("check", *SHOP, "--ticket", what.key, environment=environment)
        forge(acme).heal()
        assert ended.code == 11, said(ended)
        must_say(ended, "budget", "to do")


def test_what_could_not_be_had_is_recorded_as_such(acme: Job) -> None:
    what = scene(acme, approver="bob")
    forge(acme).fault(PLACES[type(acme.world)][0], faults.status(403))
    ended = run(acme, "enforce", what, "change-request", "environment")
    forge(acme).heal()
    assert ended.code == 11, said(ended)
    assert isinstance(newest(acme).predicate.run.approvals, Unknown)
    index = str(acme.view().size - 1)
    shown = acme.gate("log", "show", index, expect=0, environment=acme.shell())
    must_say(shown, "could not be had from")


def test_nobody_is_asked_where_the_policy_does_not_count_it(acme: Job) -> None:
    what = scene(acme, approver="bob")
    forge(acme).forget_requests()
    assert run(acme, "check", what, "change-request", "review").code == 0
    asked = forge(acme).requests
    assert asked
    assert not [one for one in asked if one.path.endswith("/approvals") and "/runs/" in one.path]
    assert not [one for one in asked if "updated_after" in one.query]


# ---------------------------------------------------------------- around it


def test_doctor_tries_the_right_where_the_policy_needs_it(acme: Job) -> None:
    what = scene(acme)
    enter(acme, what)
    without = acme.gate("doctor", environment=acme.ci())
    assert "approvals of deployments" not in without.out
    given = {**acme.ci(), **policy(acme, "environment")}
    must_say(acme.gate("doctor", environment=given, expect=0), "approvals of deployments: granted")
    forge(acme).fault(PLACES[type(acme.world)][-1], faults.status(403))
    ended = acme.gate("doctor", environment=given)
    forge(acme).heal()
    assert ended.code == 11, said(ended)
    must_say(ended, "unknown", "approvals of deployments")


def test_people_check_knows_who_let_runs_in(acme: Job) -> None:
    what = scene(acme)
    enter(acme, what, by="mallory")
    given = {**acme.ci(what), **policy(acme, "environment")}
    run(acme, "enforce", what, "environment")
    ended = acme.gate("people", "check", environment=given)
    must_say(ended, "mallory")


def test_an_old_name_of_a_source_is_refused_with_the_new_one(acme: Job) -> None:
    environment = {**acme.ci(), **policy(acme, "pull-request")}
    ended = acme.gate("check", *SHOP, "--ticket", "CHG-1", environment=environment)
    assert ended.code == 2
    must_say(ended, 'did you mean "review"?')
