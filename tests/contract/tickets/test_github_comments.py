"""Comments on GitHub's issues: written once, no markup, no command, no approval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from desk import hour
from ticket_desks import (
    ISSUE,
    ISSUE_SETTINGS,
    ISSUE_TOKEN,
    IssueDesk,
    MeetingGitHub,
)
from worlds import good_ticket

from gate.config.types import NetworkSettings
from gate.demo import faults
from gate.demo.github_issues import IssueComment
from gate.http import Budget
from gate.model import ChangeRequest, Problem, ProblemKind
from gate.tickets.comment import Comment
from gate.tickets.github.comments import MOST, IssueCommenter, markdown
from gate.tickets.system import Credentials

MARK = "ab" * 32
BLOCK = "acme.example/changes\n3\nA+w=\n\n\u2014 acme.example/changes /pQa=="
COMMENT = Comment("gate: allowed: shop to production", ("All passed.", f"leaf {MARK}"), BLOCK, MARK)
SEEN, SENT, ISSUES = r"/comments\?", r"/comments$", r"/issues/4$"


@pytest.fixture(params=["github.com", "enterprise"])
def desk(request: pytest.FixtureRequest) -> Iterator[IssueDesk]:
    with MeetingGitHub(clock=lambda: hour(19)) as github:
        yield IssueDesk(github, enterprise=request.param == "enterprise")


def commenter(desk: IssueDesk, token: str = ISSUE_TOKEN, seconds: float = 30) -> IssueCommenter:
    return IssueCommenter(
        replace(ISSUE_SETTINGS, api_url=desk.api),
        Credentials(token=token),
        NetworkSettings(),
        Budget(timedelta(seconds=seconds)),
        sleep=desk.slept.append,
    )


def write(desk: IssueDesk, comment: Comment = COMMENT, **given: Any) -> Problem | None:
    opened = commenter(desk, **given)
    try:
        return opened.comment(change(), comment)
    finally:
        opened.close()


def change(key: str = ISSUE) -> ChangeRequest:
    return replace(good_ticket(), system="github", id="1", key=key)


def kept(desk: IssueDesk) -> list[IssueComment]:
    return desk.issues.all[4].comments


def test_a_comment_is_written_once_as_gate(desk: IssueDesk) -> None:
    for _ in range(3):
        assert write(desk) is None
    (found,) = kept(desk)
    assert found.author.login == "gate"
    assert found.body == markdown(COMMENT)
    assert f"```text\n{BLOCK}\n```" in found.body
    assert write(desk, replace(COMMENT, lines=("x" * 9,), mark="x" * 9)) is None
    assert len(kept(desk)) == 2


def test_a_comment_is_neither_an_approval_nor_an_edit(desk: IssueDesk) -> None:
    desk.approve(by="bob", at=hour(10))
    desk.issues.comment(4, "/approve", by="carol", at=hour(11))
    before = desk.read()
    assert write(desk, replace(COMMENT, title="/approve", lines=("/approve", MARK))) is None
    assert desk.read() == before


def test_an_app_comments_as_an_app(desk: IssueDesk) -> None:
    token = desk.github.add_token("", "ghs_app")
    before = desk.read()
    assert write(desk, token=token) is None
    assert kept(desk)[0].by_app
    assert desk.read() == before


def test_a_lost_request_is_sent_again_and_a_lost_reply_is_not(desk: IssueDesk) -> None:
    desk.github.fault(SENT, "reset", times=1)
    assert write(desk) is None
    assert len(kept(desk)) == 1
    desk.github.fault(SENT, "truncated", times=1)
    assert write(desk, replace(COMMENT, lines=("cd" * 32,), mark="cd" * 32)) is None
    assert len(kept(desk)) == 2


def test_what_may_have_arrived_is_not_sent_again(desk: IssueDesk) -> None:
    plain = desk.github.answer

    def answer(request: Any, due: Any) -> Any:
        reply = plain(request, due)
        if request.method == "POST":
            desk.github.fault(SEEN, faults.status(403))
        return reply

    desk.github.answer = answer  # type: ignore[method-assign]  # one instance, for this test
    desk.github.fault(SENT, "truncated", times=1)
    assert isinstance(write(desk), Problem)
    assert len([one for one in desk.github.requests if one.method == "POST"]) == 1


def test_a_limit_is_no_reason_to_write_again_and_again(desk: IssueDesk) -> None:
    desk.github.fault(SENT, faults.status(502))
    assert isinstance(write(desk), Problem)
    assert len([one for one in desk.github.requests if one.method == "POST"]) == 2


@pytest.mark.parametrize("where", [SEEN, SENT, ISSUES])
@pytest.mark.parametrize("code", [401, 403, 404, 410, 422, 429, 500, 502])
def test_a_refusal_is_told_with_what_to_do(desk: IssueDesk, where: str, code: int) -> None:
    desk.github.fault(where, faults.status(code, retry_after=0))
    problem = write(desk)
    assert isinstance(problem, Problem)
    assert "/issues/4" in problem.request
    if code < 410:
        assert "issues: write" in problem.remedy
        assert "write_back.ticket" in problem.remedy
    assert kept(desk) == []


def test_a_token_that_may_only_read_is_told(desk: IssueDesk) -> None:
    token = desk.github.add_token("gate", "reads", without=("issue_comments",))
    problem = write(desk, token=token)
    assert isinstance(problem, Problem)
    assert "issues: write" in problem.remedy
    assert isinstance(write(desk, token=""), Problem)
    assert kept(desk) == []


@pytest.mark.parametrize("kind", [faults.html, faults.empty, faults.wrong_types, faults.huge])
def test_a_list_that_is_none_is_told(desk: IssueDesk, kind: Any) -> None:
    assert write(desk) is None
    desk.github.fault(SEEN, kind())
    assert isinstance(write(desk), Problem)
    assert len(kept(desk)) == 1


def test_an_approval_is_not_pushed_out_of_sight(desk: IssueDesk) -> None:
    for number in range(MOST):
        desk.issues.comment(4, f"remark {number}", by="carol", at=hour(10))
    problem = write(desk)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.INCOMPLETE
    assert len(kept(desk)) == MOST


def test_an_issue_that_was_moved_elsewhere_is_not_written_on(desk: IssueDesk) -> None:
    opened = commenter(desk)
    desk.github.forget_requests()
    assert isinstance(opened.comment(change("other/place#4"), COMMENT), Problem)
    assert desk.github.requests == ()


def test_github_hanging_takes_no_longer_than_the_budget(desk: IssueDesk) -> None:
    desk.github.fault(SENT, "hang")
    problem = write(desk, seconds=0.5)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.UNAVAILABLE


@pytest.mark.parametrize("odd", ["```", "`````", "@alice #1 acme/shop#1", "<img src=x>", "~~~"])
def test_nothing_is_read_as_markdown(odd: str) -> None:
    text = markdown(replace(COMMENT, title=odd))
    fence = text.partition("text\n")[0]
    assert set(fence) == {"`"}
    assert fence not in odd
    assert text.count(f"\n{fence}\n") >= 1


def test_rights_cannot_be_told_and_that_is_said(desk: IssueDesk) -> None:
    desk.github.forget_requests()
    (right,) = commenter(desk).rights()
    assert right.problem is not None
    assert "without writing" in right.problem.cause
    assert "issues: write" in right.problem.remedy
    assert desk.github.requests == ()
