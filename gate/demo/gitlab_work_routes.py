"""What GitLab answers of merge requests, pipelines and deployments: one function a resource."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import TypeAlias

from gate.demo import gitlab_operation_views as shapes
from gate.demo.gitlab_errors import refusal
from gate.demo.gitlab_operations import GitLabOperations
from gate.demo.gitlab_pages import by_key
from gate.demo.gitlab_routes import Route, Visit
from gate.demo.gitlab_state import MergeRequest
from gate.demo.gitlab_views import time
from gate.demo.wire import Reply

OfRequest: TypeAlias = Callable[[Visit, MergeRequest], Reply]


def merge_requests(visit: Visit, _: str) -> Reply:
    """Merge requests, newest first, by ``state`` and branches."""
    query = visit.request.query
    rows = [
        row
        for row in sorted(visit.project.requests.values(), key=lambda row: -row.iid)
        if query.get("state", "all") in {"all", row.state}
        and query.get("target_branch", row.target_branch) == row.target_branch
        and query.get("source_branch", row.source_branch) == row.source_branch
    ]
    return visit.page(rows, lambda row: visit.views.request(visit.project, row))


def of_request(route: OfRequest) -> Route:
    """A route about one merge request, which must be there."""

    @wraps(route)
    def found(visit: Visit, iid: str) -> Reply:
        request = visit.project.requests.get(int(iid))
        return refusal(404) if request is None else route(visit, request)

    return found


@of_request
def merge_request(visit: Visit, request: MergeRequest) -> Reply:
    """One merge request, with the ends of its last diff."""
    refs = {"base_sha": request.base, "head_sha": request.head, "start_sha": request.start}
    return Reply(visit.views.request(visit.project, request) | {"diff_refs": refs})


@of_request
def request_commits(visit: Visit, request: MergeRequest) -> Reply:
    """The commits of its last version, newest first."""
    rows = visit.project.graph.between(request.base, request.head)[::-1]
    return visit.page(rows, visit.commit)


@of_request
def versions(visit: Visit, request: MergeRequest) -> Reply:
    """Its diff versions, newest first."""
    return visit.page(request.versions[::-1], lambda row: visit.views.version(request, row))


@of_request
def approvals(visit: Visit, request: MergeRequest) -> Reply:
    """Who approved it."""
    return Reply(visit.views.approvals(visit.site.users, request))


@of_request
def approval_state(visit: Visit, request: MergeRequest) -> Reply:
    """Its approval rules; there is but the one that anybody satisfies."""
    users = [visit.views.user(visit.site.users[name]) for name in request.approvals]
    rule = {
        "id": 1,
        "name": "All Members",
        "rule_type": "any_approver",
        "approvals_required": 0,
        "approved_by": users,
        "approved": bool(users),
    }
    return Reply({"approval_rules_overwritten": False, "rules": [rule]})


@of_request
def reviewers(visit: Visit, request: MergeRequest) -> Reply:
    """Its reviewers, each with the state of their review."""
    rows = [
        {
            "user": visit.views.user(visit.site.users[name]),
            "state": state,
            "created_at": time(at),
        }
        for name, (state, at) in request.reviewers.items()
    ]
    return visit.page(rows, lambda row: row)


@of_request
def notes(visit: Visit, request: MergeRequest) -> Reply:
    """Its notes, newest first unless asked otherwise."""
    rows = sorted(request.notes, key=lambda note: (note.at, note.id))
    if visit.request.query.get("sort", "desc") == "desc":
        rows.reverse()
    return visit.page(rows, lambda row: visit.views.note(request, row))


@of_request
def discussions(visit: Visit, request: MergeRequest) -> Reply:
    """Its notes, each as a discussion of its own."""
    return visit.page(
        request.notes,
        lambda row: {
            "id": f"{row.id:040x}",
            "individual_note": True,
            "notes": [visit.views.note(request, row)],
        },
    )


# ---------------------------------------------------------------- pipelines and deployments


def _operations(visit: Visit) -> GitLabOperations:
    return visit.site.operations[visit.project.path]


def pipelines(visit: Visit, _: str) -> Reply:
    """Pipelines, newest first, by ``sha`` and ``ref``."""
    query = visit.request.query
    rows = [
        row
        for row in sorted(_operations(visit).pipelines.values(), key=lambda row: -row.id)
        if query.get("sha", row.sha) == row.sha and query.get("ref", row.ref) == row.ref
    ]
    return visit.page(rows, lambda row: shapes.pipeline_row(visit.views, visit.project, row))


def pipeline(visit: Visit, number: str) -> Reply:
    """One pipeline."""
    found = _operations(visit).pipelines.get(int(number))
    if found is None:
        return refusal(404)
    return Reply(shapes.pipeline_whole(visit.views, visit.project, found))


def pipeline_jobs(visit: Visit, number: str) -> Reply:
    """A pipeline's jobs, newest first; those that were retried only where asked for."""
    found = _operations(visit).pipelines.get(int(number))
    if found is None:
        return refusal(404)
    wants_all = visit.request.query.get("include_retried") == "true"
    rows = found.jobs[::-1] if wants_all else list({job.name: job for job in found.jobs}.values())
    show = lambda row: shapes.job(visit.views, visit.project, found, row)  # noqa: E731 twice used
    if visit.request.query.get("pagination") == "keyset":
        return by_key(visit.request, visit.url, rows, show, lambda row: row.id)
    return visit.page(rows, show)


def job(visit: Visit, number: str) -> Reply:
    """One job."""
    for found in _operations(visit).pipelines.values():
        for row in found.jobs:
            if row.id == int(number):
                return Reply(shapes.job(visit.views, visit.project, found, row))
    return refusal(404)


def environments(visit: Visit, _: str) -> Reply:
    """Environments, by ``name``."""
    wanted = visit.request.query.get("name", "")
    rows = [
        (number, name)
        for number, name in enumerate(_operations(visit).environments, 1)
        if wanted in {"", name}
    ]
    return visit.page(rows, lambda row: shapes.environment(visit.project, *row))


def deployments(visit: Visit, _: str) -> Reply:
    """Deployments by id or last change, by ``environment``, ``status`` and ``updated_after``."""
    query, operations = visit.request.query, _operations(visit)
    order, since = query.get("order_by", "id"), query.get("updated_after", "")
    if since and order != "updated_at":
        return refusal(400)
    rows = [
        row
        for row in operations.deployments
        if query.get("environment", row.environment) == row.environment
        and query.get("status", row.status) == row.status
        and (not since or row.updated_at >= datetime.fromisoformat(since))
    ]
    by_change = order == "updated_at"
    rows.sort(
        key=lambda row: (row.updated_at.timestamp() if by_change else row.id, row.id),
        reverse=query.get("sort", "asc") == "desc",
    )
    return visit.page(
        rows,
        lambda row: shapes.deployment_row(
            visit.views, visit.project, operations.environments.index(row.environment) + 1, row
        ),
    )


def deployment(visit: Visit, number: str) -> Reply:
    """One deployment."""
    operations = _operations(visit)
    for row in operations.deployments:
        if row.id == int(number):
            place = operations.environments.index(row.environment) + 1
            show = shapes.deployment if operations.is_premium else shapes.deployment_row
            return Reply(show(visit.views, visit.project, place, row))
    return refusal(404)


WORK_ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("merge_requests", r"/merge_requests", merge_requests),
    ("merge_requests", r"/merge_requests/([0-9]{1,9})", merge_request),
    ("merge_requests", r"/merge_requests/([0-9]{1,9})/commits", request_commits),
    ("merge_requests", r"/merge_requests/([0-9]{1,9})/versions", versions),
    ("merge_requests", r"/merge_requests/([0-9]{1,9})/approvals", approvals),
    ("merge_requests", r"/merge_requests/([0-9]{1,9})/approval_state", approval_state),
    ("merge_requests", r"/merge_requests/([0-9]{1,9})/reviewers", reviewers),
    ("merge_requests", r"/merge_requests/([0-9]{1,9})/notes", notes),
    ("merge_requests", r"/merge_requests/([0-9]{1,9})/discussions", discussions),
    ("pipelines", r"/pipelines", pipelines),
    ("pipelines", r"/pipelines/([0-9]{1,18})", pipeline),
    ("pipelines", r"/pipelines/([0-9]{1,18})/jobs", pipeline_jobs),
    ("pipelines", r"/jobs/([0-9]{1,18})", job),
    ("deployments", r"/environments", environments),
    ("deployments", r"/deployments", deployments),
    ("deployments", r"/deployments/([0-9]{1,18})", deployment),
)
