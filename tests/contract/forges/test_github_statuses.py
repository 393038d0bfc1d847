"""Statuses of commits on GitHub: given once, refusals told, the permission asked for harmlessly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from shops import Shop

from gate.config.types import NetworkSettings
from gate.demo import faults
from gate.demo.github import GitHubSimulator
from gate.forges.github.statuses import give_status, link, may_give
from gate.forges.status import CommitStatus
from gate.http import Bearer, Budget, Wire
from gate.model import Problem

MARK = "0123456789abcdef"
STATUS = CommitStatus(
    "success",
    "gate/production/shop",
    f"allowed: record 3 (leaf {MARK}) of acme.example/changes",
    ("https://github.com/acme/shop/actions/runs/9",),
    "a",
    MARK,
)
SEEN, SENT = r"/commits/.*/statuses", r"/shop/statuses/"


@pytest.fixture
def shop() -> Iterator[Shop]:
    with GitHubSimulator() as github:
        yield Shop(github)


def wire(shop: Shop, token: str = "", seconds: float = 30) -> Wire:
    budget = Budget(timedelta(seconds=seconds))
    auth = Bearer(token or shop.token)
    return Wire("github", shop.github.url, auth=auth, network=NetworkSettings(), budget=budget)


def give(shop: Shop, **changes: Any) -> Problem | None:
    return give_status(wire(shop), "acme/shop", shop.base, replace(STATUS, **changes))


def test_a_status_is_given_once(shop: Shop) -> None:
    for _ in range(3):
        assert give(shop) is None
    (found,) = shop.repository.statuses
    assert (found.sha, found.state, found.context) == (shop.base, "success", STATUS.context)
    assert (found.description, found.target_url) == (STATUS.description, link(STATUS))
    assert (
        give(shop, mark="f" * 16, description=f"denied (leaf {'f' * 16})", state="failure") is None
    )
    assert len(shop.repository.statuses) == 2


def test_a_description_is_no_longer_than_github_takes(shop: Shop) -> None:
    assert give(shop, description=STATUS.description + "x" * 200) is None
    assert give(shop, description=STATUS.description + "x" * 200) is None
    (found,) = shop.repository.statuses
    assert len(found.description or "") == 140


def test_a_lost_request_is_sent_again_and_a_lost_reply_is_not(shop: Shop) -> None:
    shop.github.fault(SENT, "reset", times=1)
    assert give(shop) is None
    shop.github.fault(SENT, "truncated", times=1)
    assert give(shop, mark="f" * 16, description=f"leaf {'f' * 16}") is None
    assert len(shop.repository.statuses) == 2


@pytest.mark.parametrize("where", [SEEN, SENT])
@pytest.mark.parametrize("code", [401, 403, 404, 422, 429, 500, 502])
def test_a_refusal_is_told(shop: Shop, where: str, code: int) -> None:
    shop.github.fault(where, faults.status(code, retry_after=0))
    problem = give(shop)
    assert isinstance(problem, Problem)
    assert "statuses" in problem.request
    if code in {401, 403, 404}:
        assert "statuses: write" in problem.remedy
    assert shop.repository.statuses == []


@pytest.mark.parametrize("kind", [faults.html, faults.empty, faults.huge, faults.wrong_types])
def test_a_list_that_is_none_is_told(shop: Shop, kind: Any) -> None:
    assert give(shop) is None
    shop.github.fault(SEEN, kind())
    assert isinstance(give(shop), Problem)
    assert len(shop.repository.statuses) == 1


def test_a_forge_that_hangs_takes_no_longer_than_the_budget(shop: Shop) -> None:
    shop.github.fault(SENT, "hang")
    asked = wire(shop, seconds=0.5)
    assert isinstance(give_status(asked, "acme/shop", shop.base, STATUS), Problem)


def test_the_permission_is_found_out_without_writing(shop: Shop) -> None:
    assert may_give(wire(shop), "acme/shop") is None
    reading = shop.github.add_token("", "reads-only", without=("statuses",))
    problem = may_give(wire(shop, reading), "acme/shop")
    assert isinstance(problem, Problem)
    assert "statuses: write" in problem.remedy
    assert isinstance(may_give(wire(shop, "wrong"), "acme/shop"), Problem)
    assert shop.repository.statuses == []
    shop.github.fault(SENT, faults.replace({}))
    assert isinstance(may_give(wire(shop), "acme/shop"), Problem)
