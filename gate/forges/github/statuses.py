"""Statuses of commits: how gate tells GitHub what it decided (REST API, "Commit statuses").

A description has room for 140 characters only, so the head of the log stands behind the ``#`` of
the link, in base64url; a head that would make it too long is left out.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode

from gate.forges.status import CommitStatus
from gate.http import FetchError, Wire, get_json, write_once
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed
from gate.model import Problem

LONGEST_DESCRIPTION = 140  # GitHub refuses a longer one
LONGEST_URL = 2000
NO_COMMIT = "0" * 40
_REMEDY = (
    "give the job's token `statuses: write` (permissions of the workflow, or of the fine-grained "
    "token), or set write_back.forge = false in gate.toml"
)


def give_status(wire: Wire, slug: str, commit: str, status: CommitStatus) -> Problem | None:
    """Give the commit the status, unless it has it; None, or why it could not be given.

    ``slug`` is ``owner/name`` as ``GitHubReader.slug`` has it, ``commit`` a whole commit id.
    """
    listed = f"/repos/{slug}/commits/{commit}/statuses"
    sent = {
        "state": status.state,
        "context": status.context,
        "description": status.description[:LONGEST_DESCRIPTION],
        "target_url": link(status),
    }

    def is_there() -> bool:
        rows = Document(get_json(wire, listed, {"per_page": 100})).each()
        found = (row.find("description") for row in rows)
        return any(status.mark in each.string() for each in found if each is not None)

    try:
        write_once(is_there, lambda: _post(wire, slug, commit, sent))
    except FetchError as error:
        return _problem(error)
    except ShapeError as error:
        return malformed("github", f"GET {listed}", str(error))
    return None


def link(status: CommitStatus) -> str:
    """What the status leads to, with the head of the log."""
    head = urlsafe_b64encode(status.checkpoint.encode()).decode("ascii")
    whole = f"{status.pages[0]}#gate-checkpoint={head}"
    return whole if len(whole) <= LONGEST_URL else status.pages[0]


def may_give(wire: Wire, slug: str) -> Problem | None:
    """Why the token may not give statuses; None where it may. Nothing is written.

    GitHub looks at the permission first, and has no commit of forty zeros.
    """
    try:
        _post(wire, slug, NO_COMMIT, {"state": "error"})
    except FetchError as error:
        return None if error.status == 422 else _problem(error)
    return malformed("github", f"POST /repos/{slug}/statuses/…", "a commit that is none was taken")


def _post(wire: Wire, slug: str, commit: str, sent: dict[str, str]) -> object:
    return wire.session.post(wire.url(f"/repos/{slug}/statuses/{commit}"), json=sent)


def _problem(error: FetchError) -> Problem:
    found = error.problem
    if error.status in {401, 403, 404}:
        return Problem(found.kind, found.service, found.request, found.cause, _REMEDY)
    return found
