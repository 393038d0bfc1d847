"""GitHub's JSON shapes of the environments that runs wait for, and of what people answered.

Shapes follow the GitHub REST API, version 2022-11-28: "Get the review history for a workflow run"
and "Get pending deployments for a workflow run".
"""

from __future__ import annotations

from gate.demo.github_repository import GitHubRepository
from gate.demo.github_state import RunReview
from gate.demo.github_views import Json, Views

_CREATED = "2026-01-01T00:00:00Z"


def review(views: Views, repository: GitHubRepository, row: RunReview) -> Json:
    """A row of a run's review history."""
    return {
        "environments": [_environment(views, repository, name) for name in row.environments],
        "state": row.state,
        "user": views.user(row.user),
        "comment": row.comment,
    }


def pending(views: Views, repository: GitHubRepository, name: str) -> Json:
    """An environment that a run waits for."""
    return {
        "environment": _environment(views, repository, name),
        "wait_timer": 0,
        "wait_timer_started_at": None,
        "current_user_can_approve": False,
        "reviewers": [],
    }


def _environment(views: Views, repository: GitHubRepository, name: str) -> Json:
    number, slug = repository.environments.names.index(name) + 1, repository.full_name
    return {
        "id": number,
        "node_id": f"EN_{number}",
        "name": name,
        "url": f"{views.api}/repos/{slug}/environments/{name}",
        "html_url": f"{views.web}/{slug}/deployments/activity_log",
        "created_at": _CREATED,
        "updated_at": _CREATED,
    }
