"""What GitHub answers of the statuses of commits, which are given to it as well as read.

Shapes follow the GitHub REST API, version 2022-11-28, "Commit statuses".
"""

from __future__ import annotations

import json
import re
from typing import Any

from gate.demo.github_errors import refusal
from gate.demo.github_routes import Route, Visit, no_commit, resolve
from gate.demo.github_state import CommitStatus
from gate.demo.github_views import time
from gate.demo.wire import Reply

STATES = frozenset({"error", "failure", "pending", "success"})
LONGEST = 140


def statuses(visit: Visit, name: str) -> Reply:
    """A commit's statuses, newest first."""
    sha = resolve(visit, name)
    if not sha:
        return no_commit(name)
    rows = [row for row in visit.repository.statuses if row.sha == sha]
    return visit.page(rows[::-1], lambda row: _view(visit, row))


def give_status(visit: Visit, sha: str) -> Reply:
    """Give a commit a status. The permission was looked at before: GitHub does so first, too."""
    if not re.fullmatch(r"[0-9a-f]{40}", sha) or sha not in visit.repository.graph.commits:
        return refusal(422, f"No commit found for SHA: {sha}")
    try:
        sent = json.loads(visit.request.body)
    except ValueError:
        return refusal(400, "Problems parsing JSON")
    description, url = sent.get("description"), sent.get("target_url")
    if sent.get("state") not in STATES:
        return refusal(422)
    if description is not None and len(description) > LONGEST:
        return refusal(
            422, "Validation Failed: description is too long (maximum is 140 characters)"
        )
    if url is not None and not url.startswith(("http://", "https://")):
        return refusal(422, "Validation Failed: target_url must use http(s) scheme")
    repository = visit.repository
    made = CommitStatus(
        next(repository.network.ids),
        sha,
        sent["state"],
        sent.get("context", "default"),
        description,
        url,
        visit.site.time(),
    )
    repository.statuses.append(made)
    return Reply(_view(visit, made), 201)


def _view(visit: Visit, row: CommitStatus) -> dict[str, Any]:
    at = f"{visit.views.api}/repos/{visit.repository.full_name}"
    return {
        "url": f"{at}/statuses/{row.sha}",
        "id": row.id,
        "node_id": f"SC_{row.id}",
        "state": row.state,
        "description": row.description,
        "target_url": row.target_url,
        "context": row.context,
        "created_at": time(row.at),
        "updated_at": time(row.at),
        "creator": visit.views.user(visit.token.user) if visit.token else None,
    }


STATUS_ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("statuses", r"/commits/(.+)/statuses", statuses),
)
STATUS_WRITES: tuple[tuple[str, str, Route], ...] = (
    ("statuses", r"/statuses/([^/]+)", give_status),
)
