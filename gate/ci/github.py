"""GitHub Actions: what its environment claims of the run, and what its API knows of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gate.ci.variables import NAME, NUMBER, optional, repository_url, required
from gate.errors import UsageError
from gate.model import COMMIT_ID, Maybe, Problem, ProblemKind, Run, RunClaim

if TYPE_CHECKING:
    from gate.http import Wire

CI = "GitHub Actions"
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_REF = re.compile(r"refs/[^\x00-\x20\x7f~^:?*\[\\]{1,250}")


def claim(environ: Mapping[str, str]) -> RunClaim | None:
    """The run by its default variables; None where GITHUB_ACTIONS is absent or "false"."""
    said = environ.get("GITHUB_ACTIONS")
    if said is None or said == "false":
        return None
    if said != "true":
        raise UsageError("GITHUB_ACTIONS is neither true nor false", remedy="do not set it")
    run_id = required(environ, CI, "GITHUB_RUN_ID", NUMBER, "the number of the run")
    slug = required(environ, CI, "GITHUB_REPOSITORY", _SLUG, "owner/name")
    server = required(environ, CI, "GITHUB_SERVER_URL", NAME, "the URL of the GitHub server")
    repository = f"{repository_url('GITHUB_SERVER_URL', server)}/{slug}"
    actor = optional(environ, CI, "GITHUB_TRIGGERING_ACTOR", NAME, "a login")
    return RunClaim(
        ci="github",
        id=run_id,
        attempt=optional(environ, CI, "GITHUB_RUN_ATTEMPT", NUMBER, "the attempt's number"),
        url=f"{repository}/actions/runs/{run_id}",
        repository=repository,
        ref=optional(environ, CI, "GITHUB_REF", _REF, "the full name of a ref"),
        commit=required(environ, CI, "GITHUB_SHA", COMMIT_ID, "a full commit id in hex"),
        actor=actor or optional(environ, CI, "GITHUB_ACTOR", NAME, "a login"),
    )


def fetch_run(wire: Wire, repository_slug: str, run_id: str) -> Maybe[Run]:
    """The run's facts, by one request: ``GET /repos/{owner}/{repo}/actions/runs/{run_id}``."""
    from gate.http import FetchError, get_json

    path = f"/repos/{repository_slug}/actions/runs/{run_id}"
    if not (_SLUG.fullmatch(repository_slug) and NUMBER.fullmatch(run_id)):
        return _malformed("GET /repos/…/actions/runs/…", "the run's repository or id is not one")
    try:
        document = get_json(wire, path)
    except FetchError as error:
        return error.problem
    return parse_run(document, repository_slug, run_id)


def parse_run(document: Any, repository_slug: str, run_id: str) -> Maybe[Run]:
    """A workflow run of the REST API as a ``Run``; a Problem names the field that is not right.

    ``created_at`` is the first attempt's (``run_started_at`` is set anew on each re-run), and
    ``triggering_actor`` who started the current one.
    """
    from gate.http.document import Document, ShapeError
    from gate.http.github import account

    request = f"GET /repos/{repository_slug}/actions/runs/{run_id}"
    run = Document(document)
    tail = f"/actions/runs/{run_id}"
    try:
        url = run["html_url"].text()
        full_name = run["repository"]["full_name"].text()
        head_sha = run["head_sha"].text()
        attempt = run["run_attempt"].integer()
        mismatch = {
            "id": str(run["id"].integer()) != run_id,
            "repository.full_name": full_name.lower() != repository_slug.lower(),
            "html_url": not url.lower().endswith(f"/{repository_slug}{tail}".lower()),
            "head_sha": not COMMIT_ID.fullmatch(head_sha),
            "run_attempt": attempt < 1,
        }
        for field, is_wrong in mismatch.items():
            if is_wrong:
                return _malformed(request, f"{field} is not that of the run asked for")
        return Run(
            ci="github",
            id=run_id,
            attempt=attempt,
            repository=url[: -len(tail)],
            head_sha=head_sha,
            created_at=run["created_at"].time(),
            actor=account(run["triggering_actor"]),
            active=run["status"].text() == "in_progress",
            url=url,
        )
    except ShapeError as error:
        return _malformed(request, str(error))


def _malformed(request: str, cause: str) -> Problem:
    remedy = "check forges.github in gate.toml, and that the job runs in the repository it names"
    return Problem(ProblemKind.MALFORMED, "github", request, cause, remedy)
