"""What GitHub answers of pull requests, workflow runs and deployments: one function a resource.

Shapes follow the GitHub REST API, version 2022-11-28.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from gate.demo import github_environment_views as shapes
from gate.demo.github_errors import refusal
from gate.demo.github_pages import numbered
from gate.demo.github_routes import Route, Visit, brings, no_commit, resolve
from gate.demo.github_state import PullRequest
from gate.demo.github_views import time
from gate.demo.wire import Reply

MOST_PULL_COMMITS = 250


def _head(visit: Visit, pull: PullRequest) -> Any:
    return visit.site.find_repository(pull.head_repository)


def _row(visit: Visit, pull: PullRequest) -> object:
    return visit.views.pull(visit.repository, pull, _head(visit, pull))


def pulls(visit: Visit, _: str) -> Reply:
    """Pull requests, newest first, by ``state``, ``head`` and ``base``."""
    query = visit.request.query
    state = query.get("state", "open")
    rows = [
        pull
        for pull in sorted(visit.repository.pulls.values(), key=lambda p: -p.number)
        if state in {"all", "closed" if pull.closed_at else "open"}
        and query.get("base", pull.base_ref) == pull.base_ref
        and query.get("head", f"{pull.head_owner}:{pull.head_ref}")
        == f"{pull.head_owner}:{pull.head_ref}"
    ]
    return visit.page(rows, lambda row: _row(visit, row))


def pulls_of_commit(visit: Visit, name: str) -> Reply:
    """The merged pull request of a commit on the default branch, else open and merged ones."""
    sha, repository = resolve(visit, name), visit.repository
    if not sha:
        return no_commit(name)
    found = [pull for pull in repository.pulls.values() if brings(repository, pull, sha)]
    main = repository.branches.get(repository.default_branch, "")
    landed = sha in repository.graph.ancestors(main)
    kept = [p for p in found if p.merged_at or (p.closed_at is None and not landed)]
    return visit.page(kept, lambda row: _row(visit, row))


def _pull(visit: Visit, number: str) -> PullRequest | None:
    return visit.repository.pulls.get(int(number))


def pull(visit: Visit, number: str) -> Reply:
    """One pull request."""
    found = _pull(visit, number)
    if found is None:
        return refusal(404)
    return Reply(visit.views.pull_in_full(visit.repository, found, _head(visit, found)))


def pull_commits(visit: Visit, number: str) -> Reply:
    """A pull request's commits, oldest first, 250 at most."""
    found, graph = _pull(visit, number), visit.repository.graph
    if found is None:
        return refusal(404)
    rows = graph.between(found.base_sha, found.head_sha)[:MOST_PULL_COMMITS]
    return visit.page(rows, lambda row: visit.views.commit(visit.repository, graph.commits[row]))


def reviews(visit: Visit, number: str) -> Reply:
    """A pull request's reviews, oldest first; others' pending ones are not shown."""
    found = _pull(visit, number)
    if found is None:
        return refusal(404)
    rows = [review for review in found.reviews if review.state != "PENDING"]
    return visit.page(rows, lambda row: visit.views.review(visit.repository, found, row))


def timeline(visit: Visit, number: str) -> Reply:
    """What happened to a pull request: commits, forced pushes, reviews, other bases, the merge."""
    found, repository = _pull(visit, number), visit.repository
    if found is None:
        return refusal(404)
    rows: list[dict[str, Any]] = []
    for sha in repository.graph.between(found.base_sha, found.head_sha):
        whole = visit.views.commit(repository, repository.graph.commits[sha])
        rows.append({"event": "committed", "sha": sha, **whole["commit"]})
    source = visit.site.find_repository(found.head_repository)
    for push in source.activity if source else []:
        if push.kind == "force_push" and push.ref == f"refs/heads/{found.head_ref}":
            actor, at = visit.views.user(push.actor), time(push.at)
            rows.append({"event": "head_ref_force_pushed", "actor": actor, "created_at": at})
    for review in found.reviews:
        shown = visit.views.review(repository, found, review)
        rows.append({"event": "reviewed", **shown, "state": review.state.lower()})
    for user, moment in found.retargeted:
        actor, at = visit.views.user(user), time(moment)
        rows.append({"event": "base_ref_changed", "actor": actor, "created_at": at})
    if found.merged_at:
        actor, at = visit.views.user(found.merged_by), time(found.merged_at)
        merged = {"event": "merged", "actor": actor, "commit_id": found.merge_sha}
        rows.append({**merged, "created_at": at})
    return visit.page(rows, lambda row: row)


def run(visit: Visit, number: str) -> Reply:
    """A workflow run as of its newest attempt."""
    found = visit.repository.runs.get(int(number))
    if found is None:
        return refusal(404)
    return Reply(visit.views.run(visit.repository, found))


def attempt(visit: Visit, numbers: str) -> Reply:
    """One attempt of a workflow run."""
    number, which = (int(part) for part in numbers.split("/attempts/"))
    found = visit.repository.runs.get(number)
    if found is None or not 1 <= which <= len(found.attempts):
        return refusal(404)
    return Reply(visit.views.run(visit.repository, found, which))


def runs(visit: Visit, _: str) -> Reply:
    """Workflow runs, newest first, by ``head_sha``."""
    wanted = visit.request.query.get("head_sha", "")
    rows = [
        run
        for run in sorted(visit.repository.runs.values(), key=lambda r: -r.id)
        if wanted in {"", run.head_sha}
    ]
    page, headers = numbered(
        visit.request, visit.url, rows, lambda row: visit.views.run(visit.repository, row)
    )
    return Reply({"total_count": len(rows), "workflow_runs": page}, headers=headers)


def approvals(visit: Visit, number: str) -> Reply:
    """What people decided on the environments that a run waited for, in all its attempts."""
    found = visit.repository.runs.get(int(number))
    if found is None:
        return refusal(404)
    return Reply([shapes.review(visit.views, visit.repository, row) for row in found.reviews])


def pending_deployments(visit: Visit, number: str) -> Reply:
    """The environments that a run waits for now."""
    found = visit.repository.runs.get(int(number))
    if found is None:
        return refusal(404)
    return Reply([shapes.pending(visit.views, visit.repository, name) for name in found.waiting])


def deployments(visit: Visit, _: str) -> Reply:
    """Deployments, newest first, by ``sha``, ``ref`` and ``environment``."""
    query = visit.request.query
    rows = [
        row
        for row in sorted(visit.repository.deployments, key=lambda row: (row.at, row.id))
        if query.get("sha", row.sha) == row.sha
        and query.get("ref", row.ref) == row.ref
        and query.get("environment", row.environment) == row.environment
    ]
    return visit.page(rows[::-1], lambda row: visit.views.deployment(visit.repository, row))


def deployment_statuses(visit: Visit, number: str) -> Reply:
    """A deployment's statuses, newest first."""
    for row in visit.repository.deployments:
        if row.id == int(number):
            return visit.page(row.statuses[::-1], partial(visit.views.status, row))
    return refusal(404)


WORK_ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("pull_requests", r"/commits/(.+)/pulls", pulls_of_commit),
    ("pull_requests", r"/pulls", pulls),
    ("pull_requests", r"/pulls/([0-9]{1,9})", pull),
    ("pull_requests", r"/pulls/([0-9]{1,9})/commits", pull_commits),
    ("pull_requests", r"/pulls/([0-9]{1,9})/reviews", reviews),
    ("pull_requests", r"/issues/([0-9]{1,9})/timeline", timeline),
    ("actions", r"/actions/runs", runs),
    ("actions", r"/actions/runs/([0-9]{1,18})", run),
    ("actions", r"/actions/runs/([0-9]{1,18}/attempts/[0-9]{1,9})", attempt),
    ("actions", r"/actions/runs/([0-9]{1,18})/approvals", approvals),
    ("actions", r"/actions/runs/([0-9]{1,18})/pending_deployments", pending_deployments),
    ("deployments", r"/deployments", deployments),
    ("deployments", r"/deployments/([0-9]{1,18})/statuses", deployment_statuses),
)
