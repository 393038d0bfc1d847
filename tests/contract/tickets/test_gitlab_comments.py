"""Comments on GitLab's issues: written once, no markup, no quick action, no command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from desk import hour
from ticket_desks import (
    GITLAB_ISSUE,
    GITLAB_SETTINGS,
    GitLabIssueDesk,
    MeetingGitLab,
)
from worlds import good_ticket

from gate.config.types import NetworkSettings
from gate.demo import faults
from gate.http import Budget
from gate.model import ChangeRequest, Problem, ProblemKind
from gate.tickets.comment import Comment
from gate.tickets.gitlab.comments import IssueCommenter, markdown
from gate.tickets.system import Credentials

MARK = "ab" * 32
BLOCK = "acme.example/changes\n3\nA+w=\n\n\u2014 acme.example/changes /pQa=="
COMMENT = Comment("gate: allowed: shop to production", ("All passed.", f"leaf {MARK}"), BLOCK, MARK)
SEEN, SENT = r"/notes\?", r"/notes$"
WRITER = "glpat-writer"


@pytest.fixture
def desk() -> Iterator[GitLabIssueDesk]:
    with MeetingGitLab(clock=lambda: hour(19)) as gitlab:
        made = GitLabIssueDesk(gitlab)
        gitlab.add_token("project_1_bot_0a", WRITER, writes=True)
        yield made


def commenter(desk: GitLabIssueDesk, token: str = WRITER, seconds: float = 30) -> IssueCommenter:
    return IssueCommenter(
        replace(GITLAB_SETTINGS, api_url=desk.gitlab.api_url),
        Credentials(token=token),
        NetworkSettings(),
        Budget(timedelta(seconds=seconds)),
        sleep=desk.slept.append,
    )


def write(desk: GitLabIssueDesk, comment: Comment = COMMENT, **given: Any) -> Problem | None:
    opened = commenter(desk, **given)
    try:
        return opened.comment(change(), comment)
    finally:
        opened.close()


def change(key: str = GITLAB_ISSUE) -> ChangeRequest:
    return replace(good_ticket(), system="gitlab", id="1", key=key)


def kept(desk: GitLabIssueDesk) -> list[str]:
    notes = desk.issues.all[4].notes
    return [note.body for note in notes if note.by.username == "project_1_bot_0a"]


def test_a_comment_is_written_once(desk: GitLabIssueDesk) -> None:
    for _ in range(3):
        assert write(desk) is None
    (text,) = kept(desk)
    assert text == markdown(COMMENT).rstrip()
    assert write(desk, replace(COMMENT, lines=("cd" * 32,), mark="cd" * 32)) is None
    assert len(kept(desk)) == 2


def test_a_comment_is_neither_an_approval_nor_an_edit_nor_a_quick_action(
    desk: GitLabIssueDesk,
) -> None:
    desk.approve(by="bob", at=hour(10))
    before = desk.read()
    odd = replace(COMMENT, title="!approve", lines=("/close", "/label ~approved", MARK))
    assert write(desk, odd) is None
    assert desk.read() == before
    assert not any(line.startswith("/") for line in kept(desk)[0].split("\n"))


def test_a_lost_request_is_sent_again_and_a_lost_reply_is_not(desk: GitLabIssueDesk) -> None:
    desk.gitlab.fault(SENT, "reset", times=1)
    assert write(desk) is None
    desk.gitlab.fault(SENT, "truncated", times=1)
    assert write(desk, replace(COMMENT, lines=("cd" * 32,), mark="cd" * 32)) is None
    assert len(kept(desk)) == 2


@pytest.mark.parametrize("where", [SEEN, SENT])
@pytest.mark.parametrize("code", [400, 401, 403, 404, 429, 500, 502])
def test_a_refusal_is_told_with_what_to_do(desk: GitLabIssueDesk, where: str, code: int) -> None:
    desk.gitlab.fault(where, faults.status(code, retry_after=0))
    problem = write(desk)
    assert isinstance(problem, Problem)
    assert "/issues/4/notes" in problem.request
    if code in {401, 403, 404}:
        assert "scope api" in problem.remedy
    assert kept(desk) == []


@pytest.mark.parametrize("kind", [faults.html, faults.empty, faults.wrong_types, faults.huge])
def test_a_list_that_is_none_is_told(desk: GitLabIssueDesk, kind: Any) -> None:
    assert write(desk) is None
    desk.gitlab.fault(SEEN, kind())
    assert isinstance(write(desk), Problem)
    assert len(kept(desk)) == 1


def test_gitlab_hanging_takes_no_longer_than_the_budget(desk: GitLabIssueDesk) -> None:
    desk.gitlab.fault(SENT, "hang")
    problem = write(desk, seconds=0.5)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.UNAVAILABLE


def test_an_issue_that_was_moved_elsewhere_is_not_written_on(desk: GitLabIssueDesk) -> None:
    opened = commenter(desk)
    desk.gitlab.forget_requests()
    assert isinstance(opened.comment(change("other/place#4"), COMMENT), Problem)
    assert isinstance(commenter(desk, "").comment(change(), COMMENT), Problem)
    assert desk.gitlab.requests == ()


def test_the_right_is_looked_up_without_writing(desk: GitLabIssueDesk) -> None:
    (right,) = commenter(desk).rights()
    assert right.problem is None
    (right,) = commenter(desk, desk.secret).rights()
    assert right.problem is not None
    assert "scope api" in right.problem.remedy
    assert isinstance(write(desk, token=desk.secret), Problem)
    for kind in (faults.replace({}), faults.status(500), faults.status(404)):
        desk.gitlab.fault("/personal_access_tokens/self", kind)
        (right,) = commenter(desk).rights()
        assert right.problem is not None
        desk.gitlab.heal()
    assert kept(desk) == []
