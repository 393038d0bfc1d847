"""A deploy job of GitLab CI, its code on GitLab: allowed where all is right, and blocked if not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from jobs import Job, job, must_say, said

import gate.http.session
from gate.config import parse_policy
from gate.demo import faults
from gate.demo.gitlab_world import GitLabWorld
from gate.demo.plot import AFTER_RUN
from gate.model import DecisionKind, Run
from gate.record.statement import DecisionRecord

SECTION = "[environments.production]\n"
STRICT = (SECTION, SECTION + 'controls = { peer-reviewed = "require" }\n')


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("gitlab"), GitLabWorld) as made:
        policy = made.home / "gate.toml"
        policy.write_text(policy.read_text().replace(*STRICT))
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Job]:
    """A world in which nothing has gone wrong yet: what is wrong stays in the range."""
    with job(tmp_path, GitLabWorld) as made:
        policy = made.home / "gate.toml"
        policy.write_text(policy.read_text().replace(*STRICT))
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate.http.session, "BACKOFF_SECONDS", 0.0)


def world(acme: Job) -> GitLabWorld:
    assert isinstance(acme.world, GitLabWorld)
    return acme.world


def controls(acme: Job, key: str, **twists: Any) -> dict[str, str]:
    """What enforce says of a change, by control; it must end 10 or 11."""
    scene = acme.world.change(key, **twists)
    ended = acme.gate(
        "enforce", "--ticket", key, "--format", "json", environment=acme.ci(scene, GATE_TICKET=key)
    )
    assert ended.code in {10, 11}, said(ended)
    return {each["id"]: each["outcome"] for each in json.loads(ended.out)["controls"]}


def test_a_good_change_is_allowed_and_recorded(acme: Job) -> None:
    ended = acme.judge("enforce", "--ticket", "CHG-1", "--receipt", "receipts/good")
    assert ended.code == 0, said(ended)
    must_say(ended, "ALLOWED")
    (record,) = [r for r in acme.records() if isinstance(r, DecisionRecord)][-1:]
    assert record.decision is DecisionKind.ALLOWED
    assert "gitlab-token-of-gate" not in said(ended)


@pytest.mark.parametrize("method", ["squash", "rebase"])
def test_other_ways_of_merging_are_allowed(fresh: Job, method: str) -> None:
    key = {"squash": "CHG-21", "rebase": "CHG-22"}[method]
    scene = fresh.world.change(key, method=method)
    ended = fresh.judge("check", "--ticket", key, environment=fresh.ci(scene))
    assert ended.code == 0, said(ended)


def test_a_retried_job_is_allowed_by_the_pipelines_creation(fresh: Job) -> None:
    scene = fresh.world.change("CHG-23", rerun=True)
    ended = fresh.judge("check", "--ticket", "CHG-23", environment=fresh.ci(scene))
    assert ended.code == 0, said(ended)


BLOCKED: dict[str, tuple[dict[str, Any], str, str]] = {
    "self-approved": (
        {"ticket_by": "carol", "approver": "alice", "author": "alice"},
        "approver-independent",
        "fail",
    ),
    "pushed after the approval": ({"late_push": True}, "approval-covers-change", "fail"),
    "a late ticket": ({"ticket": AFTER_RUN}, "ticket-predates-deployment", "fail"),
    "a late ticket and a retry": (
        {"ticket": AFTER_RUN, "rerun": True},
        "ticket-predates-deployment",
        "fail",
    ),
    "pushed by the approver": ({"pusher": "bob"}, "approver-independent", "fail"),
    "nobody reviewed": ({"reviewer": ""}, "peer-reviewed", "fail"),
    "the author reviewed": ({"reviewer": "alice"}, "peer-reviewed", "fail"),
    "a stranger pushed": ({"pusher": "mallory"}, "approver-independent", "undetermined"),
}


@pytest.mark.parametrize("what", BLOCKED)
def test_what_is_wrong_is_blocked_by_its_control(fresh: Job, what: str) -> None:
    twists, control, outcome = BLOCKED[what]
    key = f"CHG-{30 + list(BLOCKED).index(what)}"
    before = fresh.allowed()
    assert controls(fresh, key, **twists)[control] == outcome
    assert fresh.allowed() == before


def retold(fresh: Job, commit: str) -> dict[str, str]:
    """What check says of another commit of the scene's pipeline, by control; it must be blocked."""
    here = world(fresh)
    here.operations.pipelines[fresh.scene.run_id].sha = commit
    environment = fresh.ci(CI_COMMIT_SHA=commit)
    ended = fresh.gate("check", "--ticket", "CHG-1", "--format", "json", environment=environment)
    assert ended.code in {10, 11}, said(ended)
    return {each["id"]: each["outcome"] for each in json.loads(ended.out)["controls"]}


def test_what_a_merge_by_hand_hides_is_a_push_by_whoever_made_it(fresh: Job) -> None:
    """The approver of the ticket merges by hand, and puts more into the merge commit."""
    shop, now = world(fresh).project, world(fresh).now
    shop.push("more", shop.commit("More", by="alice", at=now), by="alice", at=now)
    shop.open_merge_request(7, by="alice", head="more", at=now)
    shop.approve(7, by="carol", at=now)
    bent = shop.commit("Merge branch 'more' into 'main'", by="bob", at=now, on=("main", "more"))
    shop.push("main", bent, by="bob", at=now)
    found = retold(fresh, bent)
    assert found["approver-independent"] == "fail"
    assert found["approval-covers-change"] == "fail"
    assert found["peer-reviewed"] == "fail"


def test_a_commit_of_a_fork_only_is_on_no_release_ref(fresh: Job) -> None:
    here = world(fresh)
    fork = here.gitlab.fork("acme/shop", "mallory")
    evil = here.project.commit("Evil", by="mallory", at=here.now)
    fork.push("evil", evil, by="mallory", at=here.now)
    here.project.open_merge_request(8, by="mallory", head="evil", at=here.now, source=fork)
    assert retold(fresh, evil)["commit-on-release-ref"] == "fail"


def test_messages_speak_gitlabs_words(fresh: Job) -> None:
    scene = fresh.world.change("CHG-70", late_push=True)
    ended = fresh.judge("check", "--ticket", "CHG-70", environment=fresh.ci(scene))
    must_say(ended, "merge request !2")


def test_claims_that_the_api_contradicts_are_blocked(fresh: Job) -> None:
    scene = fresh.world.change("CHG-50")
    other = fresh.world.change("CHG-51")
    elsewhere = str(other.run_id)
    for changes in ({"CI_PIPELINE_ID": elsewhere}, {"CI_JOB_ID": str(other.attempt)}):
        ended = fresh.judge("enforce", "--ticket", "CHG-50", environment=fresh.ci(scene, **changes))
        assert ended.code in {10, 11}, said(ended)
    ended = fresh.judge(
        "enforce", "--ticket", "CHG-50", environment=fresh.ci(scene, CI_JOB_ID=None)
    )
    assert ended.code == 11, said(ended)
    must_say(ended, "CI_JOB_ID")


def test_a_job_that_has_ended_proves_nothing(fresh: Job) -> None:
    scene = fresh.world.change("CHG-52")
    world(fresh).operations.finish(scene.run_id, at=fresh.world.now)
    ended = fresh.judge("enforce", "--ticket", "CHG-52", environment=fresh.ci(scene))
    assert ended.code == 11, said(ended)
    must_say(ended, "not running now")


PLACES = (
    *(r"/pipelines/\d+$", r"/jobs/\d+$", r"/projects/acme%2Fshop$", r"/repository/commits\?"),
    *(r"/merge_base\?", r"/commits/[0-9a-f]+/merge_requests", r"/commits/[0-9a-f]+/refs"),
    *(r"/branches/main", r"/events\?", r"/merge_requests/\d+$", r"/merge_requests/\d+/commits"),
    *(
        r"/versions\?",
        r"/approvals$",
        r"/reviewers\?",
        r"/notes\?",
        r"/deployments\?",
        r"/compare\?",
        r"/user$",
        r"/merge_requests\?state=merged",
    ),
)
MERGED = PLACES[-1]  # which commits the lists of merged requests lack is asked one by one
# Lists that need their last row: of push events the oldest one proves nothing here, and a good run
# has no deployments.
LISTS = tuple(
    place
    for place in PLACES
    if place.endswith(("merge_requests", "refs", "commits", "diff", "approvals$"))
    or place in {r"/repository/commits\?", r"/versions\?", r"/reviewers\?", r"/compare\?"}
)
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
    "hidden": faults.hidden(),
}


def test_the_places_are_all_that_a_good_run_asks(acme: Job) -> None:
    simulator = world(acme).gitlab
    simulator.forget_requests()
    assert acme.judge("check", "--ticket", "CHG-1").code == 0
    targets = {
        f"{r.path.replace('acme/shop', 'acme%2Fshop')}{'?' if r.query else ''}{urlencode(r.query)}"
        for r in simulator.requests
    }
    unknown = [t for t in targets if not any(re.search(place, t) for place in PLACES)]
    assert unknown == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_fault_anywhere_allows(acme: Job, kind: str) -> None:
    """Each kind of fault on each request: never ends 0, and says where and what to do."""
    simulator = world(acme).gitlab
    for place in LISTS if kind == "hidden" else PLACES:
        if (place, kind) == (MERGED, "no rows"):
            continue
        simulator.fault(place, KINDS[kind])
        ended = acme.judge("check", "--ticket", "CHG-1")
        simulator.heal()
        assert ended.code in {10, 11}, (place, said(ended))
        must_say(ended, "to do")
        assert kind == "hidden" or "gitlab" in said(ended), (place, said(ended))
        assert "gitlab-token-of-gate" not in said(ended)


def test_no_silence_is_longer_than_the_budget(fresh: Job) -> None:
    short = fresh.rewrite(
        "short.toml", ("[tickets.jira]", '[network]\nbudget = "2s"\n\n[tickets.jira]')
    )
    for place in (r"/events\?", r"/approvals$", r"/jobs/"):
        simulator = world(fresh).gitlab
        simulator.fault(place, faults.hang())
        ended = fresh.judge("check", "--ticket", "CHG-1", environment=fresh.ci(**short))
        simulator.heal()
        assert ended.code == 11, said(ended)
        must_say(ended, "budget", "to do")


def test_a_clock_that_differs_is_blocked(fresh: Job) -> None:
    world(fresh).gitlab.fault("/", faults.clock(3600))
    ended = fresh.judge("check", "--ticket", "CHG-1")
    assert ended.code in {10, 11}, said(ended)
    must_say(ended, "clock-sane")


def test_the_run_is_a_fact(fresh: Job) -> None:
    from gate.ci.gitlab import fetch_run
    from gate.config.types import ForgeSettings, NetworkSettings
    from gate.forges.gitlab import GitLabReader
    from gate.http import Budget

    here = world(fresh)
    scene = here.change("CHG-60", rerun=True)
    settings = ForgeSettings("gitlab", here.gitlab.url, here.gitlab.api_url)
    network = NetworkSettings()
    reader = GitLabReader(settings, here.gitlab_token, network, Budget(network.budget))
    run = fetch_run(reader.wire, "acme/shop", str(scene.run_id), str(scene.attempt))
    assert isinstance(run, Run)
    assert run.actor is not None
    pipeline = here.operations.pipelines[scene.run_id]
    assert run.created_at == pipeline.created_at
    assert (run.attempt, run.actor.key) == (scene.attempt, "carol")
    assert run.active
    first = fetch_run(reader.wire, "acme/shop", str(scene.run_id), str(pipeline.jobs[0].id))
    assert isinstance(first, Run)
    assert not first.active


@pytest.mark.parametrize(
    ("repository", "more", "forge"),
    [
        ("https://gitlab.com/acme/web/shop", (), "https://gitlab.com"),
        ("https://git.acme.example/acme/shop", ("--ci", "gitlab"), "https://git.acme.example"),
        ("https://gitlab.acme.example/acme/shop", ("--ci", "shell"), "https://gitlab.acme.example"),
    ],
)
def test_init_writes_a_policy_of_gitlab(
    acme: Job, tmp_path: Path, repository: str, more: tuple[str, ...], forge: str
) -> None:
    jira = ("--jira", "https://acme.atlassian.net", "--project", "CHG")
    ended = acme.gate("init", *jira, "--repository", repository, *more, home=tmp_path, expect=0)
    policy = parse_policy((tmp_path / "gate.toml").read_bytes())
    assert {kind: each.url for kind, each in policy.forges.items()} == {"gitlab": forge}
    assert policy.services["shop"].repository == repository
    assert policy.people[0].accounts["gitlab"] == "alice"
    predates = policy.environments["production"].ticket.predates
    assert predates == ("merge" if "shell" in more else "pipeline")
    must_say(ended, "GITLAB_TOKEN", "gate enforce --service shop --environment production")
    if "shell" not in more:
        must_say(ended, "script:", "read_api")


def test_a_merge_is_held_against_a_clone_of_the_project(fresh: Job) -> None:
    """GitLab does not tell what a commit holds; the clone does, by the commit's own id."""

    def judged(folder: str) -> str:
        ended = fresh.gate(
            "check",
            *("--ticket", "CHG-1", "--format", "json", "--config", str(fresh.home / "gate.toml")),
            environment=fresh.ci(),
            home=fresh.home / folder,
        )
        outcomes = {each["id"]: each["outcome"] for each in json.loads(ended.out)["controls"]}
        return str(outcomes["merge-matches-review"])

    world(fresh).clone(fresh.home / "whole", fresh.scene)
    assert judged("whole") == "pass"
    (fresh.home / "none").mkdir()
    assert judged("none") == "undetermined"


def test_doctor_names_what_the_token_may_not(acme: Job) -> None:
    assert acme.gate("doctor", environment=acme.ci()).code == 0
    for what in ("repository", "events", "merge_requests", "deployments", "pipelines"):
        simulator = world(acme).gitlab
        kept = simulator.tokens[here_token(acme)]
        simulator.add_token(kept.user.username, here_token(acme), without=(what,))
        ended = acme.gate("doctor", environment=acme.ci())
        simulator.tokens[here_token(acme)] = kept
        assert ended.code == 11, said(ended)
        word = {"events": "push events"}.get(what, what.replace("_", " "))
        must_say(ended, f"unknown gitlab acme/shop, {word}", "GITLAB_TOKEN")
    ended = acme.gate("doctor", environment=acme.ci(GITLAB_TOKEN=None))
    assert ended.code == 10
    must_say(ended, "fault gitlab: GITLAB_TOKEN is not set")


def here_token(acme: Job) -> str:
    return world(acme).gitlab_token
