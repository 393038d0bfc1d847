"""The whole command with GitHub Issues in place of Jira: each trick, and each thing hidden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jobs import SHOP, Job, must_say, said

from gate.demo.issue_world import CHANGES, TOKEN, IssueWorld
from gate.demo.plot import HOUR, MINUTE
from gate.errors import OK
from gate.record.statement import DecisionRecord

FIRST, NEXT = f"{CHANGES}#4", f"{CHANGES}#5"


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IssueWorld]:
    with IssueWorld(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory, world: IssueWorld) -> Job:
    return Job(tmp_path_factory.mktemp("home"), world, FIRST)


def blocked(acme: Job, world: IssueWorld, code: int, words: tuple[str, ...], **twists: Any) -> None:
    scene = world.change(NEXT, **twists)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", NEXT), environment=acme.ci(scene), code=code, words=words
    )


def first_is_blocked(acme: Job, code: int, *words: str) -> None:
    acme.blocked(
        *("enforce", *SHOP, "--ticket", FIRST), environment=acme.ci(), code=code, words=words
    )


def test_an_approved_and_early_issue_is_allowed_and_recorded(acme: Job) -> None:
    ended = acme.judge("enforce", "--ticket", FIRST)
    assert ended.code == OK, said(ended)
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.tickets == (FIRST,)
    assert "label:approved" in str(record.predicate)
    assert TOKEN not in said(ended) + str(record.predicate)
    must_say(acme.gate("log", "verify", expect=OK), "1 entr")
    again = acme.judge("check")  # the ID stands in the pull request's title too
    assert again.code == OK, said(again)


def test_a_comment_approves_too(acme: Job, world: IssueWorld) -> None:
    world.change(NEXT, approver="")
    scene = world.change(NEXT, approver="", with_ticket=False)
    world.issues.comment(5, "/approve\n", by="bob", at=world.now - 3 * HOUR)
    ended = acme.gate("enforce", *SHOP, "--ticket", NEXT, environment=acme.ci(scene))
    assert ended.code == OK, said(ended)


@pytest.mark.parametrize(
    ("twists", "code", "control"),
    [
        ({"ticket_by": "bob"}, 10, "approver-independent"),
        ({"approval": 5 * MINUTE}, 10, "approval-predates-deployment"),
        ({"covers": "billing"}, 10, "ticket-covers-change"),
        ({"approver": ""}, 10, "approved"),
        ({"objector": "dave"}, 10, "approved"),
        ({"status": "closed"}, 10, "ticket-open"),
        ({"rollback": "n/a"}, 10, "rollback-plan"),
        ({"rollback": "_No response_"}, 10, "rollback-plan"),
        ({"rollback": "<!-- how do we get back? -->"}, 10, "rollback-plan"),
        ({"moved_to": f"{CHANGES}#3"}, 10, f"{CHANGES}#3"),
    ],
)
def test_what_is_wrong_with_a_ticket_blocks(
    acme: Job, world: IssueWorld, twists: dict[str, Any], code: int, control: str
) -> None:
    """What is wrong in the same way with any ticket: tests/tricks."""
    blocked(acme, world, code, (control,), **twists)


def test_a_label_that_was_taken_off_approves_nothing(acme: Job, world: IssueWorld) -> None:
    world.issues.unlabel(4, "approved", by="dave", at=world.now - 2 * HOUR)
    first_is_blocked(acme, 10, "approved")


def test_a_label_put_on_again_is_as_late_as_that(acme: Job, world: IssueWorld) -> None:
    world.issues.unlabel(4, "approved", by="dave", at=world.now - 2 * HOUR)
    world.issues.label(4, "approved", by="alice", at=world.now - 110 * MINUTE)
    first_is_blocked(acme, 10, "approver-independent")


def test_an_objection_that_its_maker_takes_off_still_stands(acme: Job, world: IssueWorld) -> None:
    world.issues.label(4, "rejected", by="dave", at=world.now - 2 * HOUR)
    world.issues.unlabel(4, "rejected", by="alice", at=world.now - 110 * MINUTE)
    first_is_blocked(acme, 10, "approved", "declined")


def test_an_edited_comment_approves_nothing(acme: Job, world: IssueWorld) -> None:
    """alice wrote into bob's comment, as whoever may write to the repository can."""
    scene = world.change(NEXT, approver="")
    comment = world.issues.comment(5, "not yet", by="bob", at=world.now - 3 * HOUR)
    world.issues.edit_comment(comment, "/approve", at=world.now - 2 * HOUR)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", NEXT),
        environment=acme.ci(scene),
        code=10,
        words=("approved",),
    )


def test_an_edit_after_the_approval_is_seen(acme: Job, world: IssueWorld) -> None:
    body = world.issues.all[4].body + "And the billing."
    world.issues.edit(4, body, by="alice", at=world.now - 2 * HOUR)
    first_is_blocked(acme, 10, "approval-covers-change", "body")


def test_a_new_title_after_the_approval_is_seen(acme: Job, world: IssueWorld) -> None:
    world.issues.rename(4, "All of the shop", by="alice", at=world.now - 2 * HOUR)
    first_is_blocked(acme, 10, "approval-covers-change", "title")


def test_what_is_hidden_is_never_absent(acme: Job, world: IssueWorld) -> None:
    world.issues.label(4, "rejected", by="dave", at=world.now - 2 * HOUR)
    world.issues.hidden.add(world.issues.all[4].events[-1].id)
    first_is_blocked(acme, 11, "approved", "timeline")


def test_a_token_that_may_not_read_issues_is_told_so(acme: Job, world: IssueWorld) -> None:
    world.github_token = world.github.add_token("gate", "half", without=("issues",))
    first_is_blocked(acme, 11, "ticket-exists", "403")
    ended = acme.gate("doctor", environment=acme.ci())
    assert ended.code != OK
    must_say(ended, "github issues of acme/changes")


def test_the_doctor_finds_nothing_amiss(acme: Job) -> None:
    ended = acme.gate("doctor", environment=acme.ci())
    must_say(ended, "github issues of acme/changes", "github edits in acme/changes")


def test_a_workflows_own_token_has_no_account_and_reads_all_the_same(
    acme: Job, world: IssueWorld
) -> None:
    world.github_token = world.github.add_token("", "ghs_of-a-workflow")
    ended = acme.judge("enforce", "--ticket", FIRST)
    assert ended.code == OK, said(ended)
