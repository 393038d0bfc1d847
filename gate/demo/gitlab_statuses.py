"""What GitLab answers of the statuses of commits, which are given to it as well as read.

Shapes follow GitLab's REST API, version 4, "Commits": each post makes a further status, in the
pipeline that is named or the newest of the commit.
"""

from __future__ import annotations

import json
import re
from typing import Any

from gate.demo.gitlab_errors import insufficient_scope, refusal
from gate.demo.gitlab_routes import Route, Visit, resolve
from gate.demo.gitlab_state import CommitStatus
from gate.demo.gitlab_views import time
from gate.demo.wire import Reply

STATES = frozenset({"pending", "running", "success", "failed", "canceled", "skipped"})
LONGEST = 255


def statuses(visit: Visit, name: str) -> Reply:
    """A commit's statuses, the oldest first; of each name the newest, unless all are asked for."""
    sha, query = resolve(visit.project, name), visit.request.query
    if not sha:
        return refusal(404, "Commit")
    rows = [row for row in visit.site.operations[visit.project.path].statuses if row.sha == sha]
    rows = [row for row in rows if query.get("name", row.name) == row.name]
    if query.get("all") != "true":
        rows = list({row.name: row for row in rows}.values())
    return visit.page(rows, lambda row: _view(visit, row))


def give_status(visit: Visit, sha: str) -> Reply:
    """Give a commit a status, with the scope ``api`` and the role Developer."""
    if visit.token is None:
        return refusal(401)
    if not visit.token.writes:
        return insufficient_scope()
    if visit.token.level < 30:
        return refusal(403)
    operations = visit.site.operations[visit.project.path]
    if not re.fullmatch(r"[0-9a-f]{40}", sha) or not resolve(visit.project, sha):
        return refusal(404, "Commit")
    try:
        sent = json.loads(visit.request.body)
    except ValueError:
        return refusal(400)
    if sent.get("state") not in STATES:
        return Reply({"error": "state does not have a valid value"}, 400)
    if any(len(sent.get(field) or "") > LONGEST for field in ("description", "target_url", "name")):
        return Reply({"message": {"base": ["is too long (maximum is 255 characters)"]}}, 400)
    running = [row for row in operations.pipelines.values() if row.sha == sha]
    named = sent.get("pipeline_id")
    if named is not None and int(named) not in {row.id for row in running}:
        return refusal(404, "Pipeline")
    made = CommitStatus(
        id=len(operations.statuses) + 1,
        sha=sha,
        state=sent["state"],
        name=sent.get("name", "default"),
        description=sent.get("description"),
        target_url=sent.get("target_url"),
        pipeline=int(named) if named is not None else max((r.id for r in running), default=0),
        by=visit.token.user,
        at=visit.site.time(),
    )
    operations.statuses.append(made)
    return Reply(_view(visit, made), 201)


def _view(visit: Visit, row: CommitStatus) -> dict[str, Any]:
    return {
        "id": row.id,
        "sha": row.sha,
        "ref": "main",
        "status": row.state,
        "name": row.name,
        "target_url": row.target_url,
        "description": row.description,
        "created_at": time(row.at),
        "started_at": None,
        "finished_at": time(row.at),
        "allow_failure": False,
        "coverage": None,
        "pipeline_id": row.pipeline,
        "author": visit.views.user(row.by),
    }


STATUS_ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("statuses", r"/repository/commits/([^/]+)/statuses", statuses),
)
STATUS_WRITES: tuple[tuple[str, str, Route], ...] = (
    ("statuses", r"/statuses/([^/]+)", give_status),
)
