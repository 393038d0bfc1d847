"""Makers with every right that they have in the repository of issues, on both forges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jobs import SHOP, Job, said

from gate.demo.gitlab_issue_world import CHANGES as PROJECT
from gate.demo.gitlab_issue_world import GitLabIssueWorld
from gate.demo.issue_world import CHANGES, IssueWorld
from gate.demo.plot import HOUR, MINUTE, SECOND
from gate.errors import OK

HIDDEN_NAMES = [
    "[//]: # (shop)",
    "[a\nlabel]: /u\n'shop'",
    "See [this](https://acme.example/ 'shop').",
    "See [this][shop].",
    "![shop](https://acme.example/picture)",
    '<a title="> shop">this</a>',
    "<!-- shop -->",
    "work**shop**",
    "work&#8203;shop",
    "work\N{VARIATION SELECTOR-16}shop",
    "work\N{COMBINING LONG STROKE OVERLAY}shop",
    r"other\/shop",
    "~~shop~~",
    r"$\phantom{shop}$",
    "```mermaid\n%% shop\n```",
]


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IssueWorld]:
    with IssueWorld(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory, world: IssueWorld) -> Job:
    return Job(tmp_path_factory.mktemp("home"), world, f"{CHANGES}#4")


@pytest.fixture
def gitlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitLabIssueWorld]:
    with GitLabIssueWorld(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory, gitlab: GitLabIssueWorld) -> Job:
    return Job(tmp_path_factory.mktemp("home"), gitlab, f"{PROJECT}#4")


def is_blocked(job: Job, place: str, code: int, *words: str) -> None:
    ticket = f"{place}#4"
    job.blocked(
        *("enforce", *SHOP, "--ticket", ticket), environment=job.ci(), code=code, words=words
    )


def test_what_was_closed_and_opened_again_must_be_approved_again(
    acme: Job, world: IssueWorld
) -> None:
    world.issues.close(4, by="dave", at=world.now - 150 * MINUTE)
    world.issues.reopen(4, by="alice", at=world.now - 140 * MINUTE)
    is_blocked(acme, CHANGES, 10, "approved")
    world.issues.comment(4, "/approve", by="bob", at=world.now - 130 * MINUTE)
    ended = acme.judge("enforce", "--ticket", f"{CHANGES}#4")
    assert ended.code == OK, said(ended)


def test_a_reopening_that_is_kept_from_us_is_noticed(acme: Job, world: IssueWorld) -> None:
    world.issues.close(4, by="dave", at=world.now - 150 * MINUTE)
    world.issues.reopen(4, by="alice", at=world.now - 140 * MINUTE)
    world.issues.hidden.add(world.issues.all[4].events[-1].id)
    is_blocked(acme, CHANGES, 11, "timeline", "state")


def test_what_was_said_in_another_repository_is_not_said_here(acme: Job, world: IssueWorld) -> None:
    world.issues.arrive(4, by="alice", at=world.now - 2 * HOUR)
    is_blocked(acme, CHANGES, 11, "approved", "transferred")


def test_an_approval_older_than_the_issue_is_an_importers(acme: Job, world: IssueWorld) -> None:
    at = world.issues.all[4].created_at - HOUR
    world.issues.comment(4, "/approve", by="bob", at=at)
    is_blocked(acme, CHANGES, 11, "approved", "older than the issue")


@pytest.mark.parametrize("reused", [False, True])
def test_an_objections_label_under_another_name_is_not_forgotten(
    acme: Job, world: IssueWorld, *, reused: bool
) -> None:
    world.issues.label(4, "rejected", by="dave", at=world.now - 2 * HOUR)
    world.issues.rename_label("rejected", "later")
    if reused:
        world.issues.label(4, "rejected", by="alice", at=world.now - 110 * MINUTE)
        is_blocked(acme, CHANGES, 10, "approved", "declined")
    else:
        is_blocked(acme, CHANGES, 11, "approved", "timeline")


def test_a_label_that_was_called_otherwise_when_put_on_approves_nothing(
    acme: Job, world: IssueWorld
) -> None:
    scene = world.change(f"{CHANGES}#5", approver="")
    world.issues.label(5, "looked at", by="bob", at=world.now - 3 * HOUR)
    world.issues.rename_label("looked at", "approved")
    acme.blocked(
        *("enforce", *SHOP, "--ticket", f"{CHANGES}#5"),
        environment=acme.ci(scene),
        code=11,
        words=("approved", "timeline"),
    )


def test_a_label_that_was_deleted_and_made_again_approves_for_its_last_giver(
    acme: Job, world: IssueWorld
) -> None:
    world.issues.delete_label("approved")
    is_blocked(acme, CHANGES, 11, "approved", "timeline")
    world.issues.label(4, "approved", by="alice", at=world.now - 2 * HOUR)
    is_blocked(acme, CHANGES, 10, "approver-independent")


def test_a_hidden_comment_approves_nothing(acme: Job, world: IssueWorld) -> None:
    scene = world.change(f"{CHANGES}#5", approver="")
    comment = world.issues.comment(5, "/approve", by="bob", at=world.now - 3 * HOUR)
    comment.minimized = True
    acme.blocked(
        *("enforce", *SHOP, "--ticket", f"{CHANGES}#5"),
        environment=acme.ci(scene),
        code=10,
        words=("approved",),
    )


def test_an_app_does_not_withdraw_an_objection_in_its_givers_name(
    acme: Job, world: IssueWorld
) -> None:
    world.issues.label(4, "rejected", by="dave", at=world.now - 2 * HOUR)
    world.issues.unlabel(4, "rejected", by="dave", at=world.now - HOUR, by_app=True)
    is_blocked(acme, CHANGES, 10, "approved", "declined")


def test_somebody_else_who_is_gone_too_does_not_withdraw_an_objection(
    acme: Job, world: IssueWorld
) -> None:
    """GitHub shows one ghost for all accounts that were deleted."""
    world.github.add_user("ghost")
    world.issues.label(4, "rejected", by="ghost", at=world.now - 2 * HOUR)
    world.issues.unlabel(4, "rejected", by="ghost", at=world.now - HOUR)
    is_blocked(acme, CHANGES, 10, "approved", "declined")


def test_a_label_that_a_template_put_on_approves_nothing(acme: Job, world: IssueWorld) -> None:
    """alice wrote the template that bob opened the issue with; authors may approve here."""
    scene = world.change(f"{CHANGES}#5", approver="", ticket_by="bob")
    opened = world.issues.all[5].created_at
    world.issues.label(5, "approved", by="bob", at=opened + SECOND)
    given = acme.rewrite(
        "authors.toml",
        (
            'sources = ["change-request"]',
            'sources = ["change-request"]\nindependent_of = ["change-author"]',
        ),
    )
    acme.blocked(
        *("enforce", *SHOP, "--ticket", f"{CHANGES}#5"),
        environment={**acme.ci(scene), **given},
        code=10,
        words=("approved",),
    )
    world.issues.unlabel(5, "approved", by="bob", at=world.now - 181 * MINUTE)
    world.issues.label(5, "approved", by="bob", at=world.now - 3 * HOUR)
    ended = acme.gate(
        *("enforce", *SHOP, "--ticket", f"{CHANGES}#5"), environment={**acme.ci(scene), **given}
    )
    assert ended.code == OK, said(ended)


@pytest.mark.parametrize("text", HIDDEN_NAMES)
def test_a_name_that_the_page_does_not_show_covers_nothing(
    acme: Job, world: IssueWorld, text: str
) -> None:
    plans = world.issues.all[4].body.partition("###")[2]
    world.issues.all[4].title = "Release"
    world.issues.all[4].body = f"{text}\n\n###{plans}"
    is_blocked(acme, CHANGES, 10, "ticket-covers-change")


@pytest.mark.parametrize("text", ["the **shop**", "`shop`", "[shop](https://acme.example)"])
def test_a_name_that_the_page_shows_covers(acme: Job, world: IssueWorld, text: str) -> None:
    plans = world.issues.all[4].body.partition("###")[2]
    world.issues.all[4].title = "Release"
    world.issues.all[4].body = f"{text}\n\n###{plans}"
    ended = acme.judge("enforce", "--ticket", f"{CHANGES}#4")
    assert ended.code == OK, said(ended)


def test_a_recycled_issue_is_not_approved_for_what_it_says_now(
    acme: Job, world: IssueWorld
) -> None:
    """bob approved an old issue of the shop; alice writes her change over it, and back again."""
    text = world.issues.all[4].body
    world.issues.edit(4, "Another plan. " + text, by="alice", at=world.now - 2 * HOUR)
    world.issues.edit(4, text, by="alice", at=world.now - 110 * MINUTE)
    is_blocked(acme, CHANGES, 10, "approval-covers-change", "body")


def test_a_pull_request_is_no_change_request(acme: Job, world: IssueWorld) -> None:
    made = world.github.find_repository("acme/shop")
    assert made is not None
    given = acme.rewrite("own.toml", ('["acme/changes"]', '["acme/changes", "acme/shop"]'))
    number = max(made.pulls)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", f"acme/shop#{number}"),
        environment={**acme.ci(), **given},
        code=10,
        words=("ticket-exists", "pull-request"),
    )


def test_a_template_of_gitlab_approves_nothing_either(lab: Job, gitlab: GitLabIssueWorld) -> None:
    scene = gitlab.change(f"{PROJECT}#5", approver="", ticket_by="bob")
    opened = gitlab.issues.all[5].created_at
    gitlab.issues.label(5, "approved", by="bob", at=opened + SECOND)
    given = lab.rewrite(
        "authors.toml",
        (
            'sources = ["change-request"]',
            'sources = ["change-request"]\nindependent_of = ["change-author"]',
        ),
    )
    lab.blocked(
        *("enforce", *SHOP, "--ticket", f"{PROJECT}#5"),
        environment={**lab.ci(scene), **given},
        code=10,
        words=("approved",),
    )


def test_a_name_that_gitlabs_page_does_not_show_covers_nothing(
    lab: Job, gitlab: GitLabIssueWorld
) -> None:
    issue = gitlab.issues.all[4]
    plans = issue.description.partition("###")[2]
    issue.title, issue.description = "Release", f"[//]: # (shop)\n\n###{plans}"
    is_blocked(lab, PROJECT, 10, "ticket-covers-change")
