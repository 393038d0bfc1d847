"""The world of the story: right by default, and each twist breaks what it says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gate.demo.plot import AFTER_RUN, MINUTE
from gate.demo.world import World

NOW = datetime(2026, 1, 5, 18, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "git", now=NOW) as running:
        yield running


def test_by_default_everything_is_in_order_and_in_time(world: World) -> None:
    scene = world.change("CHG-1")
    issue, pull = world.jira.issues["CHG-1"], world.shop.pulls[scene.number]
    run = world.shop.runs[scene.run_id]
    (step,) = issue.approvals
    pushes = [row.at for row in world.shop.activity if scene.branch in row.ref]
    assert issue.status.name == "Approved"
    assert step.decision == "approved"
    assert step.completed is not None
    assert pull.merged_at is not None
    assert issue.created < pushes[0] < pull.reviews[0].at < step.completed < pull.merged_at
    assert pull.merged_at < run.created_at < world.now
    assert world.shop.branches["main"] == scene.commit == run.head_sha


def test_late_tickets_and_reruns(world: World) -> None:
    scene = world.change("CHG-2", ticket=AFTER_RUN, rerun=True)
    issue, run = world.jira.issues["CHG-2"], world.shop.runs[scene.run_id]
    assert run.created_at < issue.created < run.attempts[-1].started_at < world.now
    assert issue.approvals[0].completed == issue.created + MINUTE
    assert scene.attempt == 2
    assert world.environ(scene)["GITHUB_RUN_ATTEMPT"] == "2"


def test_a_late_push_claims_to_be_older_than_the_approval(world: World) -> None:
    scene = world.change("CHG-3", late_push=True)
    approved = world.jira.issues["CHG-3"].approvals[0].completed
    last = [row for row in world.shop.activity if scene.branch in row.ref][-1]
    assert approved is not None
    assert last.after == scene.head
    assert world.shop.graph.commits[scene.head].committer[2] < approved < last.at
    assert world.shop.pulls[scene.number].reviews[-1].commit == scene.head


def test_other_twists(world: World) -> None:
    world.change("CHG-4", covers="billing")
    world.change("CHG-5", ticket_by="carol", approver="alice")
    world.change("CHG-6", objector="dave")
    world.change("CHG-7", moved_to="OPS-7")
    world.change("CHG-8", approver="", reviewer="")
    world.change("CHG-9", with_ticket=False)
    issues = world.jira.issues
    assert issues["CHG-4"].values["components"] == ["billing"]
    assert issues["CHG-5"].approvals[0].answers[0].user is world.jira.users["alice"]
    assert issues["CHG-6"].approvals[0].decision == "declined"
    assert issues["CHG-7"].key == "OPS-7"
    assert issues["CHG-8"].approvals == []
    assert "CHG-9" not in issues
    with pytest.raises(TypeError):
        world.change("CHG-10", colour="red")


def test_the_policy_is_toml_and_names_the_people_but_mallory(tmp_path: Path) -> None:
    for flavour in ("cloud", "datacenter"):
        with World(tmp_path / flavour, now=NOW, flavour=flavour) as world:
            world.change("CHG-1")
            policy = tomllib.loads(world.policy())
            assert policy["tickets"]["jira"]["url"] == world.jira.url
            assert [person["name"] for person in policy["people"]] == [
                "alice",
                "bob",
                "carol",
                "dave",
            ]
            assert set(world.secrets()) == {"GATE_JIRA_EMAIL", "GATE_JIRA_TOKEN", "GITHUB_TOKEN"}


def test_a_clone_stands_on_the_commit_of_the_run(world: World, tmp_path: Path) -> None:
    scene = world.change("CHG-1")
    clone = world.clone(tmp_path / "work", scene)
    assert clone.tip() == scene.commit
    assert clone.git("remote", "get-url", "origin") == world.repository_url


def test_each_service_has_a_repository_of_its_own(tmp_path: Path) -> None:
    with World(tmp_path, now=NOW, services=("shop", "billing")) as world:
        scene = world.change("CHG-1", service="billing")
        assert scene.repository == "acme/billing"
        assert world.jira.issues["CHG-1"].values["components"] == ["billing"]
        assert world.shop.branches["main"] != scene.commit
        assert set(tomllib.loads(world.policy())["services"]) == {"shop", "billing"}


def test_an_objection_on_data_center_moves_the_ticket_away(tmp_path: Path) -> None:
    with World(tmp_path, now=NOW, flavour="datacenter") as world:
        world.change("CHG-1", objector="dave")
        assert world.jira.issues["CHG-1"].status.name == "Declined"
