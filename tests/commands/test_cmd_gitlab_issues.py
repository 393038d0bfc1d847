"""The whole command with code and tickets on GitLab: each trick, and each thing hidden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jobs import SHOP, Job, must_say, said

from gate.demo.gitlab_issue_world import CHANGES, GitLabIssueWorld
from gate.demo.plot import HOUR, MINUTE
from gate.errors import OK
from gate.record.statement import DecisionRecord

FIRST, NEXT = f"{CHANGES}#4", f"{CHANGES}#5"
TOKEN = "gitlab-token-of-gate"


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitLabIssueWorld]:
    with GitLabIssueWorld(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory, world: GitLabIssueWorld) -> Job:
    return Job(tmp_path_factory.mktemp("home"), world, FIRST)


def first_is_blocked(acme: Job, code: int, *words: str) -> None:
    acme.blocked(
        *("enforce", *SHOP, "--ticket", FIRST), environment=acme.ci(), code=code, words=words
    )


def unapproved(acme: Job, world: GitLabIssueWorld) -> dict[str, str]:
    """Another change with a ticket that nobody approved yet; the environment of its job."""
    return acme.ci(world.change(NEXT, approver=""))


def test_an_approved_and_early_issue_is_allowed_and_recorded(acme: Job) -> None:
    ended = acme.judge("enforce", "--ticket", FIRST)
    assert ended.code == OK, said(ended)
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.tickets == (FIRST,)
    assert "comment:!approve" in str(record.predicate)
    assert TOKEN not in said(ended) + str(record.predicate)
    must_say(acme.gate("log", "verify", expect=OK), "1 entr")
    again = acme.judge("check")  # the ID stands in the merge request's title too
    assert again.code == OK, said(again)


def test_a_label_approves_too(acme: Job, world: GitLabIssueWorld) -> None:
    environment = unapproved(acme, world)
    world.issues.label(5, "approved", by="bob", at=world.now - 3 * HOUR)
    ended = acme.gate("enforce", *SHOP, "--ticket", NEXT, environment=environment)
    assert ended.code == OK, said(ended)
    assert "label:approved" in str(acme.records()[-1].predicate)


@pytest.mark.parametrize(
    ("twists", "code", "control"),
    [
        ({"ticket_by": "bob"}, 10, "approver-independent"),
        ({"approval": 5 * MINUTE}, 10, "approval-predates-deployment"),
        ({"covers": "billing"}, 10, "ticket-covers-change"),
        ({"approver": ""}, 10, "approved"),
        ({"approver": "carol"}, 10, "approved"),
        ({"objector": "dave"}, 10, "approved"),
        ({"status": "closed"}, 10, "ticket-open"),
        ({"rollback": "n/a"}, 10, "rollback-plan"),
        ({"rollback": "<!-- how do we get back? -->"}, 10, "rollback-plan"),
        ({"moved_to": "acme/shop#3"}, 10, "acme/shop#3"),
        ({"moved_to": "acme/secret#3"}, 10, "ticket-open"),
    ],
)
def test_what_is_wrong_with_a_ticket_blocks(
    acme: Job, world: GitLabIssueWorld, twists: dict[str, Any], code: int, control: str
) -> None:
    """What is wrong in the same way with any ticket: tests/tricks."""
    scene = world.change(NEXT, **twists)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", NEXT),
        environment=acme.ci(scene),
        code=code,
        words=(control,),
    )


def test_a_label_by_somebody_who_may_not_approve_is_none(
    acme: Job, world: GitLabIssueWorld
) -> None:
    environment = unapproved(acme, world)
    world.issues.label(5, "approved", by="carol", at=world.now - 3 * HOUR)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", NEXT),
        environment=environment,
        code=10,
        words=("approved",),
    )


def test_a_label_that_was_taken_off_approves_nothing(acme: Job, world: GitLabIssueWorld) -> None:
    environment = unapproved(acme, world)
    world.issues.label(5, "approved", by="bob", at=world.now - 3 * HOUR)
    world.issues.unlabel(5, "approved", by="dave", at=world.now - 2 * HOUR)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", NEXT),
        environment=environment,
        code=10,
        words=("approved",),
    )


def test_an_edited_comment_approves_nothing(acme: Job, world: GitLabIssueWorld) -> None:
    """alice wrote into bob's comment, as a maintainer can."""
    environment = unapproved(acme, world)
    comment = world.issues.comment(5, "not yet", by="bob", at=world.now - 3 * HOUR)
    assert comment is not None
    world.issues.edit_comment(comment, "!approve", at=world.now - 2 * HOUR)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", NEXT),
        environment=environment,
        code=10,
        words=("approved",),
    )


def test_a_clone_of_an_approved_issue_is_not_approved(acme: Job, world: GitLabIssueWorld) -> None:
    """GitLab copies comments with their authors and times."""
    world.issues.note(4, f"cloned from {CHANGES}#3", by="alice", at=world.now - 2 * HOUR)
    first_is_blocked(acme, 11, "approved", "cloned")


def test_what_was_closed_and_opened_again_must_be_approved_again(
    acme: Job, world: GitLabIssueWorld
) -> None:
    world.issues.close(4, by="dave", at=world.now - 150 * MINUTE)
    world.issues.reopen(4, by="alice", at=world.now - 140 * MINUTE)
    first_is_blocked(acme, 10, "approved")


def test_an_objection_that_its_maker_takes_off_still_stands(
    acme: Job, world: GitLabIssueWorld
) -> None:
    world.issues.label(4, "rejected", by="dave", at=world.now - 2 * HOUR)
    world.issues.unlabel(4, "rejected", by="alice", at=world.now - 110 * MINUTE)
    first_is_blocked(acme, 10, "approved", "declined")


def test_an_objection_whose_label_is_deleted_is_not_forgotten(
    acme: Job, world: GitLabIssueWorld
) -> None:
    world.issues.label(4, "rejected", by="dave", at=world.now - 2 * HOUR)
    world.issues.delete_label("rejected")
    first_is_blocked(acme, 11, "approved", "deleted")


@pytest.mark.parametrize("how", ["edit", "tick"])
def test_an_edit_after_the_approval_is_seen(acme: Job, world: GitLabIssueWorld, how: str) -> None:
    text = world.issues.all[4].description + "And the billing."
    change = world.issues.edit if how == "edit" else world.issues.tick
    change(4, text, by="alice", at=world.now - 2 * HOUR)
    first_is_blocked(acme, 10, "approval-covers-change", "description")


def test_a_new_title_after_the_approval_is_seen(acme: Job, world: GitLabIssueWorld) -> None:
    world.issues.retitle(4, "All of the shop", by="alice", at=world.now - 2 * HOUR)
    first_is_blocked(acme, 10, "approval-covers-change", "title")


def test_what_is_hidden_is_never_absent(acme: Job, world: GitLabIssueWorld) -> None:
    world.issues.label(4, "rejected", by="dave", at=world.now - 2 * HOUR)
    world.issues.hidden.add(world.issues.all[4].label_events[-1].id)
    first_is_blocked(acme, 11, "approved", "resource_label_events")


def test_an_internal_note_is_not_absent_for_a_guest(acme: Job, world: GitLabIssueWorld) -> None:
    world.issues.comment(4, "wait", by="dave", at=world.now - 2 * HOUR, internal=True)
    world.gitlab_token = world.gitlab.add_token("project_1_bot_0a", without=("internal",))
    first_is_blocked(acme, 11, "approved", "notes")
    must_say(acme.gate("doctor", environment=acme.ci()), "internal notes", "Reporter")


def test_a_ticket_that_is_not_there_is_missing(acme: Job) -> None:
    missing = f"{CHANGES}#99"
    acme.blocked(
        *("enforce", *SHOP, "--ticket", missing),
        environment=acme.ci(),
        code=10,
        words=(missing, "missing or hidden"),
    )


def test_a_token_that_may_not_read_issues_is_told_so(acme: Job, world: GitLabIssueWorld) -> None:
    world.gitlab_token = world.gitlab.add_token("project_1_bot_0a", without=("issues",))
    first_is_blocked(acme, 11, "ticket-exists", "403")
    ended = acme.gate("doctor", environment=acme.ci())
    assert ended.code != OK
    must_say(ended, f"gitlab issues of {CHANGES}")


def test_the_doctor_finds_nothing_amiss(acme: Job) -> None:
    ended = acme.gate("doctor", environment=acme.ci())
    must_say(
        ended,
        f"gitlab issues of {CHANGES}",
        f"gitlab history of issues in {CHANGES}",
        f"gitlab internal notes in {CHANGES}",
        "each with a GitLab account",
    )
    assert "[tickets" not in said(ended)


def test_a_policy_with_one_place_on_both_forges_is_refused(acme: Job) -> None:
    both = '\n[tickets.github]\nrepositories = ["acme/changes"]\n'
    given = acme.rewrite("both.toml", (CHANGES, "acme/changes"), more=both)
    acme.unasked(
        *("enforce", *SHOP, "--ticket", "acme/changes#4"),
        environment={**acme.ci(), **given},
        words=("tickets.gitlab.projects[0]", "tickets.github.repositories"),
    )


def test_issues_of_both_forges_are_told_apart(acme: Job) -> None:
    both = '\n[tickets.github]\nrepositories = ["acme/changes"]\n'
    given = acme.rewrite("both.toml", more=both)
    ended = acme.judge("check", "--ticket", FIRST, environment={**acme.ci(), **given})
    assert ended.code == OK, said(ended)


def test_an_edit_that_claims_to_be_older_than_the_approval_is_seen(
    acme: Job, world: GitLabIssueWorld
) -> None:
    """alice owns the project, so she may say when she did it."""
    text = world.issues.all[4].description + "And the billing."
    world.issues.edit(4, text, by="alice", at=world.now - 5 * HOUR)
    first_is_blocked(acme, 11, "approval-covers-change", "order")


def test_accounts_that_are_met_in_issues_are_suggested(acme: Job, world: GitLabIssueWorld) -> None:
    scene = world.change(NEXT, approver="mallory")
    given = acme.ci(scene)
    ended = acme.gate("people", "suggest", *SHOP, "--ticket", NEXT, environment=given, expect=0)
    must_say(ended, 'gitlab = "mallory"')
