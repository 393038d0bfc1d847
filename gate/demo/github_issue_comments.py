"""Comments on issues, which are read as well as written.

Shapes follow the GitHub REST API, version 2022-11-28, "Issue comments".
"""

from __future__ import annotations

import json
from typing import Any

from gate.demo.github_errors import refusal
from gate.demo.github_issues import IssueComment
from gate.demo.github_routes import Route, Visit
from gate.demo.github_views import time
from gate.demo.wire import Reply

APP = "github-actions[bot]"
LONGEST = 65_536


def comments(visit: Visit, number: str) -> Reply:
    """An issue's comments, oldest first."""
    issue = visit.repository.issues.all.get(int(number))
    if issue is None or issue.moved_to or issue.deleted:
        return refusal(404)
    return visit.page(issue.comments, lambda row: _view(visit, int(number), row))


def add_comment(visit: Visit, number: str) -> Reply:
    """Add a comment, as the token's user, or as the app that the token is of."""
    issue = visit.repository.issues.all.get(int(number))
    if issue is None or issue.moved_to or issue.deleted:
        return refusal(404)
    try:
        body = json.loads(visit.request.body).get("body")
    except (ValueError, AttributeError):
        return refusal(400, "Problems parsing JSON")
    if not isinstance(body, str) or not body.strip() or len(body) > LONGEST:
        return refusal(422)
    user = visit.token.user if visit.token else None
    by = user.login if user else APP
    if user is None and APP not in visit.site.users:
        visit.site.add_user(APP, type="Bot")
    made = visit.repository.issues.comment(
        int(number), body, by=by, at=visit.site.time(), by_app=user is None
    )
    return Reply(_view(visit, int(number), made), 201)


def _view(visit: Visit, number: int, row: IssueComment) -> dict[str, Any]:
    place = f"{visit.views.api}/repos/{visit.repository.full_name}"
    return {
        "id": row.id,
        "url": f"{place}/issues/comments/{row.id}",
        "issue_url": f"{place}/issues/{number}",
        "body": row.body,
        "user": visit.views.user(row.author),
        "created_at": time(row.at),
        "updated_at": time(row.edited_at or row.at),
    }


COMMENT_ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("issues", r"/issues/([0-9]{1,10})/comments", comments),
)
COMMENT_WRITES: tuple[tuple[str, str, Route], ...] = (
    ("issue_comments", r"/issues/([0-9]{1,10})/comments", add_comment),
)
