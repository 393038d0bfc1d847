"""What GitHub answers of issues: REST (version 2022-11-28), and the queries of GraphQL.

A pull request is shown among issues, with ``pull_request`` in it, as at GitHub.
"""

from __future__ import annotations

import json
from typing import Any

from gate.demo.github_errors import refusal, unresolved
from gate.demo.github_issues import Issue, IssueComment, IssueEvent
from gate.demo.github_links import pulls_by_graphql
from gate.demo.github_repository import GitHubRepository
from gate.demo.github_routes import Route, Visit
from gate.demo.github_site import GitHubSite
from gate.demo.github_state import GitHubUser, PullRequest, Token
from gate.demo.github_views import Json, Views, time
from gate.demo.github_work_routes import timeline as timeline_of_pull
from gate.demo.wire import Reply, Request

APP = {"id": 1, "slug": "labeller", "name": "Labeller"}


def issues(visit: Visit, _: str) -> Reply:
    """Issues and pull requests, newest first, by ``state``."""
    repository = visit.repository
    state = visit.request.query.get("state", "open")
    kept = {n: one for n, one in repository.issues.all.items() if not (one.moved_to or one.deleted)}
    rows = [
        _view(visit, number)
        for number in sorted({*kept, *repository.pulls}, reverse=True)
        if state == "all" or number in repository.pulls or kept[number].state == state
    ]
    return visit.page(rows, lambda row: row)


def issue(visit: Visit, number: str) -> Reply:
    """One issue or pull request; elsewhere, where it was moved."""
    found = visit.repository.issues.all.get(int(number))
    gone = _gone(visit, found)
    if gone is not None:
        return gone
    if found is None and int(number) not in visit.repository.pulls:
        return refusal(404)
    return Reply(_view(visit, int(number)))


def timeline(visit: Visit, number: str) -> Reply:
    """What happened to an issue, oldest first; of a pull request, its own."""
    found = visit.repository.issues.all.get(int(number))
    if found is None:
        return timeline_of_pull(visit, number)
    gone = _gone(visit, found)
    if gone is not None:
        return gone
    every: tuple[IssueEvent | IssueComment, ...] = (*found.events, *found.comments)
    rows = [row for row in every if not _is_hidden(visit, row)]
    rows.sort(key=lambda row: (row.at, row.id))
    return visit.page(rows, lambda row: _row(visit.views, row))


def graphql(site: GitHubSite, request: Request, token: Token | None, views: Views) -> Reply:
    """The queries on commits, on an issue, or the newest of a repository: all that may be asked."""
    if token is None:
        return refusal(401)
    sent = json.loads(request.body)
    if "number" not in sent["variables"] and "issues" not in sent["query"]:
        return pulls_by_graphql(site, token, sent)
    variables = sent["variables"]
    repository = site.find_repository(f"{variables['owner']}/{variables['name']}")
    if repository is None or not site.readable(repository, token) or "issues" in token.without:
        return unresolved("repository")
    if "number" not in variables:
        nodes = [_edited(views, one) for one in list(repository.issues.all.values())[-1:]]
        return Reply({"data": {"repository": {"issues": {"nodes": nodes}}}})
    found = repository.issues.all.get(variables["number"])
    if found is None or found.moved_to or found.deleted:
        return unresolved("issue")
    return Reply({"data": {"repository": {"issue": _edited(views, found)}}})


def _gone(visit: Visit, found: Issue | None) -> Reply | None:
    if found is not None and found.deleted:
        return refusal(410, "This issue was deleted")
    if found is not None and found.moved_to:
        name, _, number = found.moved_to.partition("#")
        rest = visit.request.path.partition(f"/issues/{found.number}")[2]
        place = f"{visit.views.api}/repos/{name}/issues/{number}{rest}"
        return Reply({"message": "Moved Permanently", "url": place}, 301, {"Location": place})
    return None


def _is_hidden(visit: Visit, row: IssueEvent | IssueComment) -> bool:
    return row.id in visit.repository.issues.hidden


def _view(visit: Visit, number: int) -> Json:
    pull = visit.repository.pulls.get(number)
    return (
        _issue(visit, visit.repository.issues.all[number]) if pull is None else _pull(visit, pull)
    )


def _pull(visit: Visit, pull: PullRequest) -> Json:
    shown = _places(visit.views, visit.repository, pull.number) | {
        "id": 10**6 + pull.number,
        "title": pull.title,
        "body": pull.body,
        "user": visit.views.user(pull.author),
        "state": "closed" if pull.closed_at or pull.merged_at else "open",
        "labels": [],
        "comments": 0,
        "created_at": time(pull.created_at),
        "updated_at": time(pull.updated_at),
    }
    return shown | {"pull_request": {"url": f"{visit.views.api}/pulls/{pull.number}"}}


def _issue(visit: Visit, issue: Issue) -> Json:
    return _places(visit.views, visit.repository, issue.number) | {
        "id": issue.id,
        "title": issue.title,
        "body": issue.body or None,
        "user": visit.views.user(issue.author),
        "state": issue.state,
        "state_reason": None if issue.state == "open" else "completed",
        "labels": [{"id": 1, "name": name, "color": "ededed"} for name in issue.labels],
        "comments": len(issue.comments),
        "created_at": time(issue.created_at),
        "updated_at": time(issue.updated_at),
    }


def _places(views: Views, repository: GitHubRepository, number: int) -> Json:
    place = f"{views.api}/repos/{repository.full_name}"
    return {
        "number": number,
        "url": f"{place}/issues/{number}",
        "repository_url": place,
        "html_url": f"{views.web}/{repository.full_name}/issues/{number}",
    }


def _row(views: Views, row: IssueEvent | IssueComment) -> Json:
    app = APP if row.by_app else None
    if isinstance(row, IssueComment):
        author = views.user(row.author)
        return {
            "event": "commented",
            "id": row.id,
            "user": author,
            "actor": author,
            "body": row.body,
            "created_at": time(row.at),
            "updated_at": time(row.edited_at or row.at),
            "performed_via_github_app": app,
        }
    shown: dict[str, Any] = {
        "event": row.kind,
        "id": row.id,
        "actor": views.user(row.actor),
        "created_at": time(row.at),
        "performed_via_github_app": app,
    }
    if row.kind in {"labeled", "unlabeled"}:
        shown["label"] = {"name": row.detail, "color": "ededed"}
    elif row.kind == "renamed":
        shown["rename"] = {"from": row.before, "to": row.detail}
    return shown


def _edited(views: Views, issue: Issue) -> Json:
    return {
        "number": issue.number,
        "body": issue.body,
        "lastEditedAt": time(issue.edited_at),
        "editor": _actor(views, issue.editor),
        "comments": {
            "nodes": [
                {
                    "databaseId": comment.id,
                    "lastEditedAt": time(comment.edited_at),
                    "isMinimized": comment.minimized,
                }
                for comment in issue.comments[-100:]
            ]
        },
    }


def _actor(views: Views, user: GitHubUser | None) -> Json | None:
    if user is None or views.user(user) is None:
        return None
    return {"__typename": user.type, "login": user.login}


ISSUE_ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("issues", r"/issues", issues),
    ("issues", r"/issues/([0-9]{1,10})", issue),
    ("pull_requests", r"/issues/([0-9]{1,10})/timeline", timeline),
)
