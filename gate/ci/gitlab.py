"""GitLab CI: what its environment claims of the pipeline."""

from __future__ import annotations

from collections.abc import Mapping

from gate.ci.variables import (
    NAME,
    NUMBER,
    optional,
    optional_time,
    repository_url,
    required,
)
from gate.errors import UsageError
from gate.model import COMMIT_ID, RunClaim

CI = "GitLab CI"


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
        url=f"{repository}/-/pipelines/{pipeline}",
        repository=repository,
        ref=f"refs/tags/{tag}" if tag else branch,
        commit=required(environ, CI, "CI_COMMIT_SHA", COMMIT_ID, "a full commit id in hex"),
        actor=optional(environ, CI, "GITLAB_USER_LOGIN", NAME, "a user name"),
        created_at=optional_time(environ, CI, "CI_PIPELINE_CREATED_AT"),
    )
