"""A pipeline and the job that runs us, as GitLab's API tells them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gate.ci.gitlab import fetch_run, parse_run
from gate.config.types import NetworkSettings
from gate.demo import faults
from gate.demo.gitlab import GitLabSimulator
from gate.demo.gitlab_operations import GitLabOperations
from gate.http import Bearer, Budget, Wire
from gate.model import Problem, ProblemKind, Run

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def gitlab() -> Iterator[GitLabSimulator]:
    with GitLabSimulator() as running:
        for name in ("alice", "bob"):
            running.add_user(name)
        running.add_token("bob", "t")
        shop = running.create_project("acme/shop")
        shop.push("main", shop.commit("Begin", by="alice", at=MONDAY), by="alice", at=MONDAY)
        yield running


def begun(gitlab: GitLabSimulator) -> GitLabOperations:
    made = gitlab.operations["acme/shop"]
    head = gitlab.projects["acme/shop"].branches["main"]
    made.pipeline(99, commit=head, by="alice", at=MONDAY)
    return made


def wire(gitlab: GitLabSimulator) -> Wire:
    network = NetworkSettings()
    budget = Budget(timedelta(seconds=10))
    return Wire("gitlab", gitlab.api_url, auth=Bearer("t"), network=network, budget=budget)


def test_a_retry_keeps_the_creation_and_has_an_actor_of_its_own(gitlab: GitLabSimulator) -> None:
    operations = begun(gitlab)
    again = operations.retry(99, by="bob", at=MONDAY + timedelta(hours=1))
    run = fetch_run(wire(gitlab), "acme/shop", "99", str(again.id))
    assert isinstance(run, Run), run
    assert (run.ci, run.id, run.attempt) == ("gitlab", "99", again.id)
    assert run.created_at == MONDAY
    assert run.actor is not None
    assert (run.actor.system, run.actor.key) == ("gitlab", "bob")
    assert run.active
    assert run.repository == f"{gitlab.url}/acme/shop"
    assert run.head_sha == gitlab.projects["acme/shop"].branches["main"]
    first = fetch_run(wire(gitlab), "acme/shop", "99", "990")
    assert isinstance(first, Run)
    assert first.actor is not None
    assert (first.actor.key, first.active) == ("alice", False)


@pytest.mark.parametrize("status", ["success", "failed", "canceled", "pending", "manual"])
def test_only_a_running_job_is_active(gitlab: GitLabSimulator, status: str) -> None:
    begun(gitlab).finish(99, at=MONDAY, status=status)
    run = fetch_run(wire(gitlab), "acme/shop", "99", "990")
    assert isinstance(run, Run)
    assert not run.active


def test_a_job_of_another_pipeline_is_refused(gitlab: GitLabSimulator) -> None:
    operations = begun(gitlab)
    head = gitlab.projects["acme/shop"].branches["main"]
    operations.pipeline(100, commit=head, by="bob", at=MONDAY)
    run = fetch_run(wire(gitlab), "acme/shop", "99", "1000")
    assert isinstance(run, Problem)
    assert "job.pipeline.id" in run.cause


def test_without_the_jobs_number_the_environment_is_not_believed_instead(
    gitlab: GitLabSimulator,
) -> None:
    begun(gitlab)
    run = fetch_run(wire(gitlab), "acme/shop", "99", "")
    assert isinstance(run, Problem)
    assert (run.kind, run.service) == (ProblemKind.MALFORMED, "gitlab")
    assert not gitlab.requests


@pytest.mark.parametrize(
    ("slug", "pipeline", "job"),
    [
        ("acme", "99", "990"),
        ("acme/../x?", "99", "990"),
        ("acme/shop", "9/9", "1"),
        ("a/b", "1", "x"),
    ],
)
def test_odd_ids_are_never_sent(
    gitlab: GitLabSimulator, slug: str, pipeline: str, job: str
) -> None:
    assert isinstance(fetch_run(wire(gitlab), slug, pipeline, job), Problem)
    assert not gitlab.requests


@pytest.mark.parametrize("where", [r"/pipelines/99$", r"/jobs/990$"])
@pytest.mark.parametrize(
    "fault",
    [faults.status(401), faults.status(404), faults.html(), faults.wrong_types(), faults.empty()],
    ids=lambda fault: f"{fault.kind}{fault.code or ''}",
)
def test_a_fault_is_a_problem(gitlab: GitLabSimulator, where: str, fault: faults.Fault) -> None:
    begun(gitlab)
    gitlab.fault(where, fault)
    run = fetch_run(wire(gitlab), "acme/shop", "99", "990")
    assert isinstance(run, Problem)
    assert run.service == "gitlab"


def test_what_is_wrong_in_the_job_is_told_of_the_job(gitlab: GitLabSimulator) -> None:
    begun(gitlab)
    gitlab.fault(r"/jobs/990$", "wrong_types")
    run = fetch_run(wire(gitlab), "acme/shop", "99", "990")
    assert isinstance(run, Problem)
    assert run.request == "GET /projects/acme%2Fshop/jobs/990"


def test_a_deleted_account_started_nothing(gitlab: GitLabSimulator) -> None:
    begun(gitlab)
    gitlab.forget_user("alice")
    run = fetch_run(wire(gitlab), "acme/shop", "99", "990")
    assert isinstance(run, Problem)
    assert "deleted" in run.cause


SHA = "a" * 40
PIPELINE: dict[str, Any] = {
    "id": 99,
    "sha": SHA,
    "created_at": "2026-01-05T09:00:00.000Z",
    "web_url": "https://gitlab.com/acme/web/shop/-/pipelines/99",
}
JOB: dict[str, Any] = {
    "id": 990,
    "status": "running",
    "user": {"username": "alice"},
    "pipeline": {"id": 99, "sha": SHA},
}


def parsed(pipeline: object = PIPELINE, job: object = JOB) -> object:
    return parse_run(pipeline, job, "acme/web/shop", "99", "990")


def test_urls_of_older_versions_are_read_too() -> None:
    for url in (PIPELINE["web_url"], PIPELINE["web_url"].replace("/-/", "/")):
        run = parsed(PIPELINE | {"web_url": url})
        assert isinstance(run, Run)
        assert run.repository == "https://gitlab.com/acme/web/shop"


@pytest.mark.parametrize(
    ("pipeline", "job"),
    [
        (PIPELINE | {"id": 98}, JOB),
        (PIPELINE | {"web_url": "https://gitlab.com/acme/other/-/pipelines/99"}, JOB),
        (PIPELINE | {"web_url": "https://gitlab.com/acme/web/shop/-/pipelines/9"}, JOB),
        (PIPELINE | {"sha": "x"}, JOB),
        (PIPELINE | {"created_at": None}, JOB),
        (PIPELINE, JOB | {"id": 991}),
        (PIPELINE, JOB | {"pipeline": {"id": 98, "sha": SHA}}),
        (PIPELINE, JOB | {"pipeline": {"id": 99, "sha": "b" * 40}}),
        (PIPELINE, JOB | {"user": None}),
        (PIPELINE, JOB | {"status": None}),
        ([], JOB),
        (PIPELINE, None),
    ],
)
def test_what_does_not_belong_together_is_refused(pipeline: object, job: object) -> None:
    found = parsed(pipeline, job)
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.MALFORMED
