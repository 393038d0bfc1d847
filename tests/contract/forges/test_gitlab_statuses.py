"""Statuses of commits on GitLab: given once, refusals told, the rights looked up harmlessly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gate.config.types import NetworkSettings
from gate.demo import faults
from gate.demo.gitlab import GitLabSimulator
from gate.demo.gitlab_state import CommitStatus as Kept
from gate.forges.gitlab.statuses import PAGE, give_status, link, may_give
from gate.forges.status import CommitStatus
from gate.http import Bearer, Budget, Wire
from gate.model import Problem

MARK = "0123456789abcdef"
AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
CHECKPOINT = "acme.example/changes\n3\nA+w/\n\n\u2014 acme.example/changes /pQa==\n"
STATUS = CommitStatus(
    "success",
    "gate/production/shop",
    f"allowed: record 3 (leaf {MARK}) of acme.example/changes",
    ("https://gitlab.example/acme/shop/-/pipelines/42",),
    CHECKPOINT,
    MARK,
    "42",
)
SEEN, SENT = r"/commits/.*/statuses", r"acme%2Fshop/statuses/"


class Shop:
    """A project with one commit and its pipeline 42, and a token that may give statuses."""

    def __init__(self, gitlab: GitLabSimulator) -> None:
        self.gitlab = gitlab
        gitlab.add_user("alice")
        self.token = gitlab.add_token("alice", "writes", writes=True, level=30)
        project = gitlab.create_project("acme/shop")
        self.commit = project.commit("Begin", by="alice", at=AT)
        project.push("main", self.commit, by="alice", at=AT)
        self.operations = gitlab.operations["acme/shop"]
        self.operations.pipeline(42, commit=self.commit, by="alice", at=AT)

    @property
    def statuses(self) -> list[Kept]:
        return self.operations.statuses

    def wire(self, token: str = "", seconds: float = 30) -> Wire:
        budget = Budget(timedelta(seconds=seconds))
        auth = Bearer(token or self.token)
        url = self.gitlab.api_url
        return Wire("gitlab", url, auth=auth, network=NetworkSettings(), budget=budget)

    def give(self, **changes: Any) -> Problem | None:
        return give_status(self.wire(), "acme/shop", self.commit, replace(STATUS, **changes))


@pytest.fixture
def shop() -> Iterator[Shop]:
    with GitLabSimulator() as gitlab:
        yield Shop(gitlab)


def test_a_status_is_given_once_and_in_our_pipeline(shop: Shop) -> None:
    for _ in range(3):
        assert shop.give() is None
    (found,) = shop.statuses
    assert (found.sha, found.state, found.name) == (shop.commit, "success", STATUS.context)
    assert (found.description, found.target_url) == (STATUS.description, link(STATUS))
    assert found.pipeline == 42
    assert found.target_url == f"{STATUS.pages[0]}#gate-checkpoint=3.A-w_._pQa=="
    other = f"denied (leaf {'f' * 16})"
    assert shop.give(mark="f" * 16, description=other, state="failure", pipeline="") is None
    assert [row.state for row in shop.statuses] == ["success", "failed"]


@pytest.mark.parametrize("state", ["failure", "error"])
def test_what_does_not_permit_has_failed(shop: Shop, state: str) -> None:
    assert shop.give(state=state) is None
    assert shop.statuses[0].state == "failed"


def test_a_lost_request_is_sent_again_and_a_lost_reply_is_not(shop: Shop) -> None:
    shop.gitlab.fault(SENT, "reset", times=1)
    assert shop.give() is None
    shop.gitlab.fault(SENT, "truncated", times=1)
    assert shop.give(mark="f" * 16, description=f"leaf {'f' * 16}") is None
    assert len(shop.statuses) == 2


def test_it_is_not_sent_again_where_it_cannot_be_told_whether_it_arrived(shop: Shop) -> None:
    def hide() -> None:
        shop.gitlab.fault(SEEN, faults.status(403))

    plain = shop.gitlab.answer

    def answer(request: Any, due: Any) -> Any:
        reply = plain(request, due)
        if request.method == "POST":
            hide()
        return reply

    shop.gitlab.answer = answer  # type: ignore[method-assign]  # one instance, for this test
    shop.gitlab.fault(SENT, "truncated", times=1)
    assert isinstance(shop.give(), Problem)
    posts = [one for one in shop.gitlab.requests if one.method == "POST"]
    assert len(posts) == 1


def test_among_a_page_of_others_it_is_not_sent_at_all(shop: Shop) -> None:
    for number in range(PAGE):
        assert shop.give(mark=f"{number:016x}", description=f"leaf {number:016x}") is None
    problem = shop.give()
    assert isinstance(problem, Problem)
    assert "cannot be told" in problem.cause
    assert len(shop.statuses) == PAGE


@pytest.mark.parametrize("where", [SEEN, SENT])
@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 429, 500, 502])
def test_a_refusal_is_told(shop: Shop, where: str, code: int) -> None:
    shop.gitlab.fault(where, faults.status(code, retry_after=0))
    problem = shop.give()
    assert isinstance(problem, Problem)
    assert "statuses" in problem.request
    if code in {401, 403, 404}:
        assert "scope api" in problem.remedy
    assert shop.statuses == []


@pytest.mark.parametrize("kind", [faults.html, faults.empty, faults.huge, faults.wrong_types])
def test_a_list_that_is_none_is_told(shop: Shop, kind: Any) -> None:
    assert shop.give() is None
    shop.gitlab.fault(SEEN, kind())
    assert isinstance(shop.give(), Problem)
    assert len(shop.statuses) == 1


def test_a_pipeline_that_is_not_of_the_commit_is_told(shop: Shop) -> None:
    assert isinstance(shop.give(pipeline="43"), Problem)
    assert shop.statuses == []


def test_a_forge_that_hangs_takes_no_longer_than_the_budget(shop: Shop) -> None:
    shop.gitlab.fault(SENT, "hang")
    asked = shop.wire(seconds=0.5)
    assert isinstance(give_status(asked, "acme/shop", shop.commit, STATUS), Problem)


def test_an_address_that_leaves_no_room_is_told(shop: Shop) -> None:
    problem = shop.give(pages=(f"https://gitlab.example/{'x' * 250}",))
    assert isinstance(problem, Problem)
    assert shop.statuses == []


@pytest.mark.parametrize(
    ("rights", "word"),
    [
        ({"writes": False, "level": 40}, "scope api"),
        ({"writes": True, "level": 20}, "below Developer"),
    ],
)
def test_rights_that_are_missing_are_named(shop: Shop, rights: Any, word: str) -> None:
    token = shop.gitlab.add_token("alice", "reads-only", **rights)
    problem = may_give(shop.wire(token), "acme/shop")
    assert isinstance(problem, Problem)
    assert word in problem.cause
    assert "Developer" in problem.remedy
    refused = give_status(shop.wire(token), "acme/shop", shop.commit, STATUS)
    assert isinstance(refused, Problem)
    assert shop.statuses == []


def test_rights_are_looked_up_without_writing(shop: Shop) -> None:
    assert may_give(shop.wire(), "acme/shop") is None
    assert isinstance(may_give(shop.wire("wrong"), "acme/shop"), Problem)
    shop.gitlab.fault("/personal_access_tokens/self", faults.replace({}))
    assert isinstance(may_give(shop.wire(), "acme/shop"), Problem)
    shop.gitlab.heal()
    nobody = {"permissions": {"project_access": None, "group_access": None}}
    shop.gitlab.fault("/projects/acme%2Fshop$", faults.replace(nobody))
    assert isinstance(may_give(shop.wire(), "acme/shop"), Problem)
    assert shop.statuses == []
    assert all(one.method == "GET" for one in shop.gitlab.requests)
