from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gate.ci.github import fetch_run, parse_run
from gate.config.types import NetworkSettings
from gate.demo.server import Simulator
from gate.demo.wire import Reply, Request
from gate.forges.github import parse
from gate.http import Budget, Wire
from gate.http.document import Document
from gate.model import Account, AccountKind, Problem, ProblemKind, Run

SHA = "0123456789abcdef0123456789abcdef01234567"


def run_json(**changes: Any) -> dict[str, Any]:
    """A workflow run as "Get a workflow run" of GitHub's REST API shows it, cut to our fields."""
    return {
        "id": 4711,
        "head_sha": SHA,
        "status": "in_progress",
        "conclusion": None,
        "run_attempt": 2,
        "created_at": "2026-01-05T10:00:00Z",
        "run_started_at": "2026-01-05T12:00:00Z",
        "actor": {"login": "alice", "type": "User"},
        "triggering_actor": {"login": "bob", "type": "User"},
        "html_url": "https://github.com/acme/shop/actions/runs/4711",
        "repository": {"full_name": "acme/shop"},
    } | changes


class OneRun(Simulator):
    reply = Reply(run_json())

    def handle(self, request: Request) -> Reply:
        assert request.path == "/repos/acme/shop/actions/runs/4711"
        return self.reply


@pytest.fixture
def github() -> Iterator[OneRun]:
    with OneRun() as service:
        yield service


def _wire(github: OneRun) -> Wire:
    budget = Budget(timedelta(seconds=20))
    return Wire("github", github.url, auth=None, network=NetworkSettings(), budget=budget)


def test_one_request_gives_the_first_attempts_creation_and_who_runs_it_now(github: OneRun) -> None:
    run = fetch_run(_wire(github), "acme/shop", "4711")
    assert isinstance(run, Run)
    assert run.actor is not None
    assert run.created_at == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert (run.actor.system, run.actor.key) == ("github", "bob")
    assert run.actor.kind is AccountKind.PERSON
    assert (run.attempt, run.active, run.head_sha) == (2, True, SHA)
    assert run.repository == "https://github.com/acme/shop"
    assert len(github.requests) == 1


def test_a_run_that_is_not_there_is_a_problem(github: OneRun) -> None:
    github.reply = Reply({"message": "Not Found"}, 404)
    problem = fetch_run(_wire(github), "acme/shop", "4711")
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.HIDDEN


@pytest.mark.parametrize(("slug", "run_id"), [("acme/..", "1"), ("acme", "1"), ("acme/shop", "x")])
def test_nothing_is_asked_with_an_odd_name(github: OneRun, slug: str, run_id: str) -> None:
    assert isinstance(fetch_run(_wire(github), slug, run_id), Problem)
    assert github.requests == ()


@pytest.mark.parametrize(
    "field", sorted(run_json().keys() - {"conclusion", "run_started_at", "actor"})
)
@pytest.mark.parametrize("wrong", [None, [], {}, "", 0, -1, True, "x" * 50, 1.5])
def test_a_wrong_type_is_a_problem_that_names_the_field(field: str, wrong: Any) -> None:
    problem = parse_run(run_json(**{field: wrong}), "acme/shop", "4711")
    if field == "status" and wrong == "x" * 50:
        assert isinstance(problem, Run)
        assert not problem.active
        return
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.MALFORMED
    assert field in problem.cause
    assert problem.request == "GET /repos/acme/shop/actions/runs/4711"


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 4712},
        {"repository": {"full_name": "mallory/shop"}},
        {"html_url": "https://github.com/mallory/shop/actions/runs/4711"},
    ],
)
def test_another_repositorys_run_is_not_ours(changes: dict[str, Any]) -> None:
    assert isinstance(parse_run(run_json(**changes), "acme/shop", "4711"), Problem)


@pytest.mark.parametrize("status", ["completed", "queued", "waiting", "requested", "pending"])
def test_only_a_run_in_progress_is_active(status: str) -> None:
    run = parse_run(run_json(status=status), "acme/shop", "4711")
    assert isinstance(run, Run)
    assert not run.active


@pytest.mark.parametrize(
    ("login", "kind"),
    [("robot", "Bot"), ("dependabot[bot]", "Bot"), ("robot[bot]", "User"), ("web-flow", "User")],
)
def test_apps_are_told_from_people(login: str, kind: str) -> None:
    actor = {"login": login, "type": kind}
    run = parse_run(run_json(triggering_actor=actor), "acme/shop", "4711")
    assert isinstance(run, Run)
    assert run.actor is not None
    assert run.actor.kind is AccountKind.APP


def test_whoever_runs_it_is_the_same_account_as_in_the_change() -> None:
    """GitHub takes logins for one whatever their case."""
    actor = {"login": "Bob", "type": "User"}
    run = parse_run(run_json(triggering_actor=actor), "acme/shop", "4711")
    assert isinstance(run, Run)
    assert run.actor == parse.account(Document(actor)) == Account("github", "bob", name="Bob")


def test_a_time_beyond_the_calendar_is_a_problem() -> None:
    early = run_json(created_at="0001-01-01T00:00:00+10:00")
    problem = parse_run(early, "acme/shop", "4711")
    assert isinstance(problem, Problem)
    assert "created_at" in problem.cause


def test_no_object_is_a_problem() -> None:
    assert isinstance(parse_run([], "acme/shop", "4711"), Problem)
