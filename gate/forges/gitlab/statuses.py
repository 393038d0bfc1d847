"""Statuses of commits on GitLab: how it is told what gate decided (REST v4, "Commits").

Each post makes a further one, so one that may have arrived is looked for. Description and link have
room for 255 characters each, which a signed note often has not: the head of the log stands behind
the ``#`` of the link as size, root and the log's own signature, of which the note can be written
anew (``docs/write-back.md``).
"""

from __future__ import annotations

from urllib.parse import quote

from gate.forges.status import CommitStatus
from gate.http import FetchError, Wire, get_json, write_once
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed
from gate.model import Problem, ProblemKind

LONGEST = 255  # characters of a description, and of a link
PAGE = 100
DEVELOPER = 30  # the least access level that gives statuses
_STATES = {"success": "success", "failure": "failed", "error": "failed"}
_URL_SAFE = str.maketrans("+/", "-_")
_REMEDY = (
    "give GITLAB_TOKEN the scope api and the role Developer, or set write_back.forge = false in "
    "gate.toml"
)


def give_status(wire: Wire, slug: str, commit: str, status: CommitStatus) -> Problem | None:
    """Give the commit the status, unless it has it; None, or why it could not be given.

    ``slug`` is the project's path as ``GitLabReader.slug`` has it, ``commit`` a whole commit id.
    """
    project = f"/projects/{quote(slug, safe='')}"
    listed = f"{project}/repository/commits/{commit}/statuses"
    target = link(status)
    if not target:
        cause = "no address of the repository is short enough to carry the log's head along"
        return Problem(ProblemKind.LOCAL, "gitlab", f"GET {listed}", cause, _REMEDY)
    asked: dict[str, str | int] = {"name": status.context, "all": "true", "per_page": PAGE}
    sent = {
        "state": _STATES[status.state],
        "name": status.context,
        "description": status.description[:LONGEST],
        "target_url": target,
    }
    if status.pipeline:
        sent["pipeline_id"] = status.pipeline

    def is_there() -> bool:
        rows = Document(get_json(wire, listed, asked)).each()
        found = (row.find("description") for row in rows)
        if any(status.mark in each.string() for each in found if each is not None):
            return True
        if len(rows) >= PAGE:  # GitLab gives the oldest first
            raise FetchError(_too_many(listed))
        return False

    try:
        url = wire.url(f"{project}/statuses/{commit}")
        write_once(is_there, lambda: wire.session.post(url, json=sent))
    except FetchError as error:
        return _problem(error)
    except ShapeError as error:
        return malformed("gitlab", f"GET {listed}", str(error))
    return None


def link(status: CommitStatus) -> str:
    """The best page that leaves room for the head, with the head; "" where none does."""
    head = f"#gate-checkpoint={compact(status.checkpoint)}"
    fitting = (page for page in status.pages if len(page) + len(head) <= LONGEST)
    page = next(fitting, "")
    return page and page + head


def compact(checkpoint: str) -> str:
    """Size, root and first signature of a signed checkpoint, with dots between, in base64url."""
    _, size, root, _, signature = checkpoint.split("\n")[:5]
    return f"{size}.{root}.{signature.rpartition(' ')[2]}".translate(_URL_SAFE)


def may_give(wire: Wire, slug: str) -> Problem | None:
    """Why the token may not give statuses; None where it may. Nothing is written."""
    project, token = f"/projects/{quote(slug, safe='')}", "/personal_access_tokens/self"
    try:
        scopes = {each.string() for each in Document(get_json(wire, token))["scopes"].each()}
        if "api" not in scopes:
            return _lacking(f"GET {token}", "the token has not the scope api")
        rights = Document(get_json(wire, project))["permissions"]
        held = [rights.find(each) for each in ("project_access", "group_access")]
        levels = [each["access_level"].integer() for each in held if each is not None]
        if not levels:
            return _lacking(f"GET {project}", "the token's account is no member of the project")
        if max(levels) < DEVELOPER:
            return _lacking(f"GET {project}", "the token's role is below Developer")
    except FetchError as error:
        return _problem(error)
    except ShapeError as error:
        return malformed("gitlab", f"GET {project}", str(error))
    return None


def _lacking(request: str, cause: str) -> Problem:
    return Problem(ProblemKind.PERMISSION, "gitlab", request, cause, _REMEDY)


def _too_many(listed: str) -> Problem:
    cause = f"the commit has {PAGE} statuses of this name, so it cannot be told whether ours is one"
    remedy = "deploy another commit, or set write_back.forge = false in gate.toml"
    return Problem(ProblemKind.INCOMPLETE, "gitlab", f"GET {listed}", cause, remedy)


def _problem(error: FetchError) -> Problem:
    found = error.problem
    if error.status in {401, 403, 404}:
        return Problem(found.kind, found.service, found.request, found.cause, _REMEDY)
    return found
