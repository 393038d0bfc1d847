"""The words of a decision on a ticket and on a commit: plain, and never a false yes."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import replace

import pytest
from views import CHECKPOINT, COMMIT, DENIAL, EMERGENCY, PERMISSION, RECORDED, SUPERSEDED, UNSURE

from gate.cli import printing
from gate.cli.printing import read_secrets
from gate.cli.written import comment_of, status_of
from gate.forges.github.statuses import LONGEST_DESCRIPTION, LONGEST_URL, link
from gate.forges.gitlab import statuses as gitlab
from gate.forges.status import CommitStatus
from gate.model import RunClaim
from gate.output.view import DecisionView
from gate.tickets.comment import Comment

LEAF = "0123456789abcdef" * 4
FORGE = "https://github.com"
REPOSITORY = f"{FORGE}/acme/shop"


@pytest.fixture(autouse=True)
def nothing_hidden() -> Iterator[None]:
    yield
    printing._hidden.clear()


def comment(view: DecisionView) -> Comment:
    return comment_of(view, view.recorded or RECORDED, LEAF)


def status(view: DecisionView) -> CommitStatus:
    return status_of(view, view.recorded or RECORDED, LEAF, REPOSITORY, FORGE)


def over(url: str, view: DecisionView = PERMISSION) -> DecisionView:
    run = RunClaim("github", "4711", "2", url=url)
    return replace(view, deployment=replace(view.deployment, run=run))


@pytest.mark.parametrize(
    ("view", "word", "state"),
    [
        (PERMISSION, "allowed", "success"),
        (EMERGENCY, "emergency", "success"),
        (DENIAL, "denied", "failure"),
        (SUPERSEDED, "denied", "failure"),
        (UNSURE, "undetermined", "error"),
    ],
)
def test_the_word_is_that_of_the_verdict(view: DecisionView, word: str, state: str) -> None:
    assert comment(view).title == f"gate: {word}: shop to production"
    assert status(view).state == state
    assert status(view).description == (
        f"{word}: record 17 (leaf 0123456789abcdef) of acme.example/changes"
    )


def test_what_did_not_pass_is_named_without_a_name_or_a_text() -> None:
    said = comment(DENIAL)
    assert "Not passed: ticket-predates-deployment, approver-independent" in said.lines
    whole = "\n".join([said.title, *said.lines])
    assert "Alice" not in whole
    assert "5b10ac8d" not in whole
    assert not any(line.startswith("Not passed") for line in comment(PERMISSION).lines)


def test_the_head_is_whole_in_both() -> None:
    assert comment(PERMISSION).block + "\n" == CHECKPOINT
    page, _, head = link(status(over("https://ci.example/1#old"))).partition("#")
    assert page == "https://ci.example/1"
    assert urlsafe_b64decode(head.partition("=")[2]).decode() == CHECKPOINT


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "ftp://ci.example/1", "https://a b/"])
def test_without_an_address_of_the_run_the_commit_is_linked(url: str) -> None:
    assert link(status(over(url))).startswith(f"{REPOSITORY}/commit/{COMMIT}#")


def test_a_link_that_would_be_too_long_goes_without_the_head() -> None:
    recorded = replace(RECORDED, checkpoint=CHECKPOINT + "\u2014 witness AAAA\n" * 200)
    long = status(replace(PERMISSION, recorded=recorded))
    assert len(link(long)) <= LONGEST_URL
    assert "#" not in link(long)


def test_gitlab_takes_the_head_in_short_and_it_can_be_written_anew() -> None:
    page, _, head = gitlab.link(status(over("https://ci.example/1"))).partition("#")
    assert page == "https://ci.example/1"
    size, root, signature = head.removeprefix("gate-checkpoint=").split(".")
    back = {ord("-"): "+", ord("_"): "/"}
    origin = RECORDED.origin
    lines = [origin, size, root.translate(back), "", f"\u2014 {origin} {signature.translate(back)}"]
    assert "\n".join(lines) + "\n" == CHECKPOINT


def test_gitlab_takes_the_first_page_that_leaves_room_for_the_head() -> None:
    run = f"https://ci.example/{'x' * 150}"
    long = status(over(run))
    assert gitlab.link(long).startswith(f"{REPOSITORY}/commit/{COMMIT}#")
    assert len(gitlab.link(long)) <= gitlab.LONGEST
    deep = replace(long, pages=(run, f"{FORGE}/{'g/' * 60}shop", FORGE))
    assert gitlab.link(deep).startswith(f"{FORGE}#gate-checkpoint=")
    assert gitlab.link(replace(long, pages=(run,))) == ""


def test_each_part_is_one_line_and_printable() -> None:
    odd = over("https://ci.example/\n::set-output\u202e\x1b[2J")
    said, given = comment(odd), status(odd)
    for text in (said.title, *said.lines, given.context, given.description):
        assert text.isprintable()
    assert said.mark in "".join(said.lines)
    assert given.mark in given.description[:LONGEST_DESCRIPTION]


def test_a_secret_in_an_address_is_taken_out() -> None:
    read_secrets({"GITHUB_TOKEN": "s3cr3t-canary"})
    odd = over("https://ci.example/?token=s3cr3t-canary")
    assert "s3cr3t-canary" not in repr(comment(odd)) + repr(status(odd))
