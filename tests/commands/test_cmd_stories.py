"""A deployment's story stands for the change request that it is linked to, and for no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jobs import SHOP, Job, job, must_say, said

import gate.http.session
from gate.demo import faults
from gate.demo.plot import HOUR, Scene
from gate.demo.stage import Ended
from gate.record.statement import DecisionRecord

STORY = "SHOP-12"
LINKS = 'story_links = [{ type = "Deployment", direction = "outward" }]'
SETTINGS = ('projects = ["CHG"]', f'projects = ["CHG"]\nstories = ["SHOP"]\n{LINKS}')


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    monkeypatch.setattr(gate.http.session, "BACKOFF_SECONDS", 0.0)
    with job(tmp_path) as made:
        jira = made.world.jira
        jira.add_project("SHOP", "Shop")
        jira.create_issue(STORY, "Faster checkout", by="alice", at=made.world.now - 9 * HOUR)
        yield made


def given(acme: Job, scene: Scene | None = None, **changes: str | None) -> dict[str, str]:
    return acme.ci(scene, **changes) | acme.rewrite("stories.toml", SETTINGS)


def linked(acme: Job, *keys: str, story: str = STORY) -> None:
    for key in keys:
        acme.world.jira.link(story, key, "Deployment")


def enforce(acme: Job, *more: str, scene: Scene | None = None) -> Ended:
    return acme.judge("enforce", "--ticket", STORY, *more, environment=given(acme, scene))


def blocked(acme: Job, code: int, *words: str, scene: Scene | None = None) -> None:
    acme.blocked(
        *("enforce", *SHOP, "--ticket", STORY),
        environment=given(acme, scene),
        code=code,
        words=words,
    )


def test_the_change_request_is_judged_and_recorded_with_its_story(acme: Job) -> None:
    linked(acme, "CHG-1")
    ended = enforce(acme, "--format", "json")
    assert ended.code == 0, said(ended)
    (shown,) = json.loads(ended.out)["change_requests"]
    assert (shown["id"], shown["through"], shown["found"]) == ("CHG-1", STORY, True)
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.tickets == ("CHG-1",)
    (part,) = record.predicate.given  # type: ignore[misc]  # it is known
    assert (part.id, part.through) == ("CHG-1", STORY)
    must_say(acme.gate("log", "verify", expect=0), "1 entr")
    must_say(acme.gate("log", "show", "0", expect=0), f"{STORY} (linked to CHG-1)")
    span = ("--from", "2020-01-01", "--to", "2099-01-01")
    acme.gate("audit", "population", *span, "--output", "p.json", expect=0)
    (row,) = json.loads((acme.home / "p.json").read_text())["rows"]
    assert row["stories"] == [f"{STORY} (linked to CHG-1)"]
    assert len(row["approval_sources"]) == len(row["approvers"]) == len(row["approved_at"])
    assert all(source.startswith("CHG-1: ") for source in row["approval_sources"])


def test_a_branch_that_names_the_story_does_as_well(acme: Job) -> None:
    scene = acme.world.change("SHOP-14", with_ticket=False)
    jira = acme.world.jira
    jira.create_issue("SHOP-14", "Another", by="alice", at=acme.world.now - 9 * HOUR)
    linked(acme, "CHG-1", story="SHOP-14")
    ended = acme.gate("check", *SHOP, "--format", "json", environment=given(acme, scene))
    (shown,) = json.loads(ended.out)["change_requests"]
    assert (shown["id"], shown["through"]) == ("CHG-1", "SHOP-14")
    assert ended.code == 0, said(ended)


def test_the_same_change_request_by_both_its_names_is_one(acme: Job) -> None:
    linked(acme, "CHG-1")
    ended = enforce(acme, "--ticket", "CHG-1", "--format", "json")
    assert ended.code == 0, said(ended)
    assert [each["id"] for each in json.loads(ended.out)["change_requests"]] == ["CHG-1"]


def test_a_story_is_used_up_with_its_change_request(acme: Job) -> None:
    linked(acme, "CHG-1")
    assert enforce(acme).code == 0
    other = acme.world.change("CHG-7", with_ticket=False)
    blocked(acme, 10, "ticket-not-reused", "CHG-1 let", scene=other)


def test_of_several_each_one_is_judged(acme: Job) -> None:
    acme.world.change("CHG-8", covers="billing")
    linked(acme, "CHG-1", "CHG-8")
    scene = acme.world.change("CHG-9", with_ticket=False)
    blocked(acme, 10, "CHG-8 names nothing of this deployment", scene=scene)


def test_a_link_is_no_evidence_of_what_a_change_request_covers(acme: Job) -> None:
    """Whoever may edit the story links it to any approved change request."""
    scene = acme.world.change("CHG-8", covers="billing")
    linked(acme, "CHG-8")
    blocked(acme, 10, "ticket-covers-change", "CHG-8 names nothing", scene=scene)


def test_without_a_link_it_is_said_what_to_do(acme: Job) -> None:
    blocked(
        acme, 10, "SHOP-12 is linked to no change request", "Link SHOP-12 to its change request"
    )
    acme.world.jira.link(STORY, "CHG-1", "Relates")
    acme.world.jira.link("CHG-1", STORY, "Deployment")
    blocked(acme, 10, "Deployment (outward)")


def test_a_story_that_is_not_there_is_missing(acme: Job) -> None:
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "SHOP-99"),
        environment=given(acme),
        code=10,
        words=("jira says that SHOP-99 does not exist",),
    )


@pytest.mark.parametrize(
    "fault", [faults.status(503), faults.html(), faults.wrong_types(), faults.reset()]
)
def test_a_story_that_cannot_be_read_is_undetermined(acme: Job, fault: Any) -> None:
    linked(acme, "CHG-1")
    acme.world.jira.fault("/issue/SHOP-12", fault)
    blocked(acme, 11, "jira", "ticket-exists")


def test_without_the_setting_a_story_is_no_ticket(acme: Job) -> None:
    linked(acme, "CHG-1")
    acme.unasked(
        *("enforce", *SHOP, "--ticket", STORY),
        environment=acme.ci(),
        words=("SHOP-12", "not of a configured project"),
    )


def test_doctor_looks_at_the_projects_of_stories(acme: Job) -> None:
    ended = acme.gate("doctor", environment=given(acme))
    must_say(ended, "ok jira project SHOP: can be browsed")


# ---------------------------------------------------------------- steps of approval


def test_a_step_that_is_open_stands_against_whoever_else_approved(acme: Job) -> None:
    jira = acme.world.jira
    step = jira.add_approval("CHG-1", ["alice"], at=acme.world.now - 2 * HOUR, name="Security")
    ended = acme.judge("check", "--ticket", "CHG-1")
    assert ended.code == 10, said(ended)
    must_say(ended, f"CHG-1 still waits for an approval step (id {step.id})")
    jira.approve("CHG-1", by="alice", at=acme.world.now - HOUR)
    assert "still waits" not in said(acme.judge("check", "--ticket", "CHG-1"))


# ---------------------------------------------------------------- so many of a group


def test_so_many_of_a_group_must_approve(acme: Job) -> None:
    rules = 'by = ["change-board"]'
    group = 'required = 2, by = ["change-board", "security"], at_least = { security = 1 }'
    changes = (("required = 1, " + rules, group), ("[groups]", '[groups]\nsecurity = ["carol"]'))
    environment = acme.ci() | acme.rewrite("groups.toml", *changes)
    ended = acme.judge("check", "--ticket", "CHG-1", environment=environment)
    assert ended.code == 10, said(ended)
    must_say(ended, 'has 0 of 1 approvals by "security"', 'at least "1 of security"')
    must_say(acme.gate("explain", "approved"), "approvals.at_least")
