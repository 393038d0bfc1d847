"""GitLab CI: what its environment claims of the pipeline, and what its API knows of it.

A retried job stays in its pipeline, whose creation and user stay as they were; the job itself is a
new one. So the attempt is told by the id of the job.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gate.ci.variables import (
    NAME,
    NUMBER,
    optional,
    optional_time,
    repository_url,
    required,
)
from gate.errors import UsageError
from gate.model import COMMIT_ID, Maybe, Problem, ProblemKind, Run, RunClaim

if TYPE_CHECKING:
    from gate.http import Wire

CI = "GitLab CI"
_SLUG = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")


def claim(environ: Mapping[str, str]) -> RunClaim | None:
    """The pipeline by its predefined variables; None where GITLAB_CI is absent.

    "false" is GitLab CI too: gitlab-ci-local, which runs the same jobs elsewhere, says so.
    """
    said = environ.get("GITLAB_CI")
    if said is None:
        return None
    if said not in {"true", "false"}:
        raise UsageError("GITLAB_CI is neither true nor false", remedy="do not set it")
    project = required(environ, CI, "CI_PROJECT_URL", NAME, "the URL of the project")
    repository = repository_url("CI_PROJECT_URL", project)
    pipeline = required(environ, CI, "CI_PIPELINE_ID", NUMBER, "the number of the pipeline")
    tag = optional(environ, CI, "CI_COMMIT_TAG", NAME, "the name of a tag")
    name = optional(environ, CI, "CI_COMMIT_REF_NAME", NAME, "the name of a branch or tag")
    branch = f"refs/heads/{name}" if name else ""
    return RunClaim(
        ci="gitlab",
        id=pipeline,
        attempt=optional(environ, CI, "CI_JOB_ID", NUMBER, "the number of the job"),
        url=f"{repository}/-/pipelines/{pipeline}",
        repository=repository,
        ref=f"refs/tags/{tag}" if tag else branch,
        commit=required(environ, CI, "CI_COMMIT_SHA", COMMIT_ID, "a full commit id in hex"),
        actor=optional(environ, CI, "GITLAB_USER_LOGIN", NAME, "a user name"),
        created_at=optional_time(environ, CI, "CI_PIPELINE_CREATED_AT"),
    )


def fetch_run(wire: Wire, slug: str, pipeline_id: str, job_id: str) -> Maybe[Run]:
    """The pipeline's facts, and those of the job that runs us.

    By ``GET /projects/:id/pipelines/:pipeline_id`` and ``GET /projects/:id/jobs/:job_id``.
    """
    from gate.http import FetchError, get_json

    if not job_id:
        # Not a CLAIM: whoever unsets the variable must not be believed in the API's place.
        cause = "CI_JOB_ID is not set, so which job runs us is unknown"
        remedy = "do not unset it in the job; GitLab CI sets it to the number of the job"
        return Problem(ProblemKind.MALFORMED, "gitlab", f"run {pipeline_id}", cause, remedy)
    if not (_SLUG.fullmatch(slug) and NUMBER.fullmatch(pipeline_id) and NUMBER.fullmatch(job_id)):
        return _malformed("GET /projects/…/pipelines/…", "the pipeline's project or id is not one")
    project = f"/projects/{quote(slug, safe='')}"
    try:
        pipeline = get_json(wire, f"{project}/pipelines/{pipeline_id}")
        job = get_json(wire, f"{project}/jobs/{job_id}")
    except FetchError as error:
        return error.problem
    return parse_run(pipeline, job, slug, pipeline_id, job_id)


def parse_run(pipeline: Any, job: Any, slug: str, pipeline_id: str, job_id: str) -> Maybe[Run]:
    """A pipeline and one of its jobs as a ``Run``; a Problem names the field that is not right.

    ``created_at`` is the pipeline's, which no retry changes; the actor is whose the job is: who
    pressed its button, or retried it, else who made the pipeline begin.
    """
    from gate.http.document import Document, ShapeError
    from gate.http.gitlab import account

    request = f"GET /projects/{quote(slug, safe='')}/pipelines/{pipeline_id}"
    own = Document(job)
    try:
        of_job = own["pipeline"]["id"].identifier(), own["pipeline"]["sha"].commit_id()
        own["id"].integer(), own["status"].text(), account(own["user"])
    except ShapeError as error:
        return _malformed(f"GET /projects/{quote(slug, safe='')}/jobs/{job_id}", str(error))
    try:
        run = Document(pipeline)
        url = run["web_url"].text()
        repository = re.sub(rf"(/-)?/pipelines/{pipeline_id}$", "", url)
        head_sha = run["sha"].commit_id()
        mismatch = {
            "id": run["id"].identifier() != pipeline_id,
            "web_url": repository == url or not repository.lower().endswith(f"/{slug}".lower()),
            "job.id": own["id"].identifier() != job_id,
            "job.pipeline.id": of_job[0] != pipeline_id,
            "job.pipeline.sha": of_job[1] != head_sha,
        }
        for field, is_wrong in mismatch.items():
            if is_wrong:
                return _malformed(request, f"{field} is not that of the pipeline asked for")
        return _run(run, own, repository, url)
    except ShapeError as error:
        return _malformed(request, str(error))


def _run(pipeline: Any, job: Any, repository: str, url: str) -> Maybe[Run]:
    from gate.http.gitlab import account

    actor = account(job["user"])
    if actor is None:
        cause = "the account that started the job has been deleted"
        return _malformed(f"GET /jobs/{job['id'].identifier()}", cause)
    return Run(
        ci="gitlab",
        id=pipeline["id"].identifier(),
        attempt=job["id"].integer(),
        repository=repository,
        head_sha=pipeline["sha"].commit_id(),
        created_at=pipeline["created_at"].time(),
        actor=actor,
        active=job["status"].text() == "running",
        url=url,
    )


def _malformed(request: str, cause: str) -> Problem:
    remedy = "check forges.gitlab in gate.toml, and that the job runs in the project it names"
    return Problem(ProblemKind.MALFORMED, "gitlab", request, cause, remedy)
