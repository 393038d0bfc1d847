"""What GitLab answers of issues, as its documentation of 18.x describes it.

That is ``doc/api/issues.md``, ``notes.md``, ``resource_label_events.md`` and
``resource_state_events.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlsplit

from gate.demo.gitlab_errors import refusal
from gate.demo.gitlab_issues import Issue, IssueNote, LabelEvent, StateEvent
from gate.demo.gitlab_routes import Route, Visit
from gate.demo.gitlab_views import Json, time
from gate.demo.wire import Reply

OfIssue: TypeAlias = Callable[[Visit, Issue], Reply]
Row = TypeVar("Row", LabelEvent, StateEvent, IssueNote)


def issues(visit: Visit, _: str) -> Reply:
    """Issues, newest first, by ``state`` and ``iids[]``."""
    given = parse_qsl(urlsplit(visit.request.target).query)
    wanted = {value for name, value in given if name == "iids[]"}
    state = visit.request.query.get("state", "all")
    rows = [
        row
        for _, row in sorted(visit.project.issues.all.items(), reverse=True)
        if _is_shown(visit, row)
        and state in {"all", row.state}
        and (not wanted or str(row.iid) in wanted)
    ]
    return visit.page(rows, lambda row: _issue(visit, row))


def of_issue(route: OfIssue) -> Route:
    """A route about one issue, which must be there and be shown."""

    @wraps(route)
    def found(visit: Visit, iid: str) -> Reply:
        issue = visit.project.issues.all.get(int(iid))
        if issue is None or not _is_shown(visit, issue):
            return refusal(404)
        return route(visit, issue)

    return found


@of_issue
def one_issue(visit: Visit, issue: Issue) -> Reply:
    """One issue."""
    return Reply(_issue(visit, issue))


@of_issue
def label_events(visit: Visit, issue: Issue) -> Reply:
    """Its label events. What may not be seen is taken out of the page, and counted."""
    return _seen(visit, issue.label_events, lambda row: _label_event(visit, issue, row))


@of_issue
def state_events(visit: Visit, issue: Issue) -> Reply:
    """When it was closed and opened again."""
    return _seen(visit, issue.state_events, lambda row: _state_event(visit, issue, row))


@of_issue
def notes(visit: Visit, issue: Issue) -> Reply:
    """Its notes, newest first unless asked otherwise."""
    rows = sorted(issue.notes, key=lambda note: (note.at, note.id))
    if visit.request.query.get("sort", "desc") == "desc":
        rows.reverse()
    return _seen(visit, rows, lambda row: _note(visit, issue, row))


def _seen(visit: Visit, rows: Sequence[Row], show: Callable[[Row], Json]) -> Reply:
    page = visit.page(rows, lambda row: show(row) if _may_see(visit, row) else None)
    shown = [row for row in page.body if row is not None]
    return Reply(shown, page.status, page.headers, page.content_type)


def _may_see(visit: Visit, row: LabelEvent | StateEvent | IssueNote) -> bool:
    if row.id in visit.project.issues.hidden:
        return False
    if not isinstance(row, IssueNote):
        return True
    if row.internal and not _is_reporter(visit):
        return False
    place = visit.site.find_project(row.seen_by) if row.seen_by else visit.project
    return place is not None and visit.site.readable(place, visit.token)


def _is_shown(visit: Visit, issue: Issue) -> bool:
    return not issue.confidential or _is_reporter(visit)


def _is_reporter(visit: Visit) -> bool:
    return visit.token is not None and "internal" not in visit.token.without


def _issue(visit: Visit, issue: Issue) -> Json:
    path = visit.project.path
    return {
        "id": issue.id,
        "iid": issue.iid,
        "project_id": visit.project.id,
        "title": issue.title,
        "description": issue.description or None,
        "state": issue.state,
        "created_at": time(issue.created_at),
        "updated_at": time(issue.updated_at),
        "closed_at": time(_closed_at(issue)),
        "labels": sorted(label.name for label in issue.labels),
        "milestone": None,
        "assignees": [],
        "author": visit.views.user(issue.author),
        "type": issue.type.upper(),
        "issue_type": issue.type,
        "user_notes_count": sum(not note.system for note in issue.notes),
        "confidential": issue.confidential,
        "discussion_locked": None,
        "web_url": f"{visit.views.web}/{path}/-/issues/{issue.iid}",
        "has_tasks": False,
        "references": {
            "short": f"#{issue.iid}",
            "relative": f"#{issue.iid}",
            "full": f"{path}#{issue.iid}",
        },
        "moved_to_id": 10**6 if issue.moved_to else None,
        "imported": issue.imported,
        "imported_from": "gitlab_project" if issue.imported else "none",
    }


def _closed_at(issue: Issue) -> datetime | None:
    return issue.state_events[-1].at if issue.state == "closed" and issue.state_events else None


def _label_event(visit: Visit, issue: Issue, event: LabelEvent) -> Json:
    label = event.label
    shown = {
        "id": label.id,
        "name": label.name,
        "description": None,
        "color": "#009966",
        "text_color": "#FFFFFF",
    }
    return {
        "id": event.id,
        "user": visit.views.user(event.user),
        "created_at": time(event.at),
        "resource_type": "Issue",
        "resource_id": issue.id,
        "label": None if label.is_deleted else shown,
        "action": event.action,
    }


def _state_event(visit: Visit, issue: Issue, event: StateEvent) -> Json:
    return {
        "id": event.id,
        "user": visit.views.user(event.user),
        "created_at": time(event.at),
        "resource_type": "Issue",
        "resource_id": issue.id,
        "source_commit": None,
        "source_merge_request_id": None,
        "state": event.state,
    }


def _note(visit: Visit, issue: Issue, note: IssueNote) -> Json:
    return {
        "id": note.id,
        "type": None,
        "body": note.body,
        "author": visit.views.user(note.by),
        "created_at": time(note.at),
        "updated_at": time(note.updated_at),
        "system": note.system,
        "noteable_id": issue.id,
        "noteable_type": "Issue",
        "project_id": visit.project.id,
        "resolvable": False,
        "confidential": note.internal,
        "internal": note.internal,
        "imported": note.imported,
        "imported_from": "gitlab_project" if note.imported else "none",
        "noteable_iid": issue.iid,
        "commands_changes": {},
    }


ISSUE_ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("issues", r"/issues", issues),
    ("issues", r"/issues/([0-9]{1,10})", one_issue),
    ("issues", r"/issues/([0-9]{1,10})/resource_label_events", label_events),
    ("issues", r"/issues/([0-9]{1,10})/resource_state_events", state_events),
    ("issues", r"/issues/([0-9]{1,10})/notes", notes),
)
