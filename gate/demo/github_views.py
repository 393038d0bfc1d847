"""What GitHub shows of what it remembers: JSON shapes of the GitHub REST API 2022-11-28."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from gate.demo.github_graph import GitCommit
from gate.demo.github_repository import GitHubRepository
from gate.demo.github_state import (
    Activity,
    Deployment,
    DeploymentStatus,
    GitHubUser,
    PullRequest,
    Review,
    WorkflowRun,
)

Json: TypeAlias = dict[str, Any]


def time(at: datetime | None) -> str | None:
    """``2026-01-05T10:00:00Z``."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class Views:
    """Renders links under ``api`` and ``web``; finds accounts by the addresses they verified."""

    api: str
    web: str
    users: dict[str, GitHubUser]

    def user(self, user: GitHubUser | None) -> Json | None:
        """An account; null where it was deleted."""
        if user is None or user.deleted:
            return None
        return {
            "login": user.login,
            "id": user.id,
            "node_id": f"U_{user.id}",
            "avatar_url": "",
            "url": f"{self.api}/users/{user.login}",
            "html_url": f"{self.web}/{user.login}",
            "type": user.type,
            "user_view_type": "public",
            "site_admin": False,
        }

    def owner_of(self, email: str) -> Json | None:
        """The account that verified this address; null where nobody did."""
        for user in self.users.values():
            hidden = f"{user.id}+{user.login}@users.noreply.github.com"
            if email.lower() in {hidden.lower(), *(known.lower() for known in user.emails)}:
                return self.user(user)
        return None

    def repository(self, repository: GitHubRepository) -> Json:
        """A repository."""
        return {
            "id": repository.id,
            "node_id": f"R_{repository.id}",
            "name": repository.name,
            "full_name": repository.full_name,
            "private": repository.private,
            "owner": self.user(self.users[repository.owner]),
            "html_url": f"{self.web}/{repository.full_name}",
            "url": f"{self.api}/repos/{repository.full_name}",
            "fork": bool(repository.parent),
            "default_branch": repository.default_branch,
            "visibility": "private" if repository.private else "public",
            "archived": False,
            "disabled": False,
        }

    def commit(self, repository: GitHubRepository, commit: GitCommit) -> Json:
        """A commit: git's own data, and the accounts that GitHub matched to its addresses."""
        signed = commit.sha in repository.network.signed
        verified = {
            "verified": signed,
            "reason": "valid" if signed else "unsigned",
            "signature": "-----BEGIN PGP SIGNATURE-----" if signed else None,
            "payload": f"tree {commit.tree}\n" if signed else None,
            "verified_at": time(commit.committer[2]) if signed else None,
        }
        at = f"repos/{repository.full_name}"
        return {
            "sha": commit.sha,
            "node_id": f"C_{commit.sha}",
            "commit": {
                "author": _signature(commit.author),
                "committer": _signature(commit.committer),
                "message": commit.message,
                "tree": {"sha": commit.tree, "url": f"{self.api}/{at}/git/trees/{commit.tree}"},
                "url": f"{self.api}/{at}/git/commits/{commit.sha}",
                "comment_count": 0,
                "verification": verified,
            },
            "url": f"{self.api}/{at}/commits/{commit.sha}",
            "html_url": f"{self.web}/{repository.full_name}/commit/{commit.sha}",
            "author": self.owner_of(commit.author[1]),
            "committer": self.owner_of(commit.committer[1]),
            "parents": [
                {
                    "sha": parent,
                    "url": f"{self.api}/{at}/commits/{parent}",
                    "html_url": f"{self.web}/{repository.full_name}/commit/{parent}",
                }
                for parent in commit.parents
            ],
        }

    def pull(self, repository: GitHubRepository, pull: PullRequest, head: Any) -> Json:
        """A pull request as lists show it; ``head`` is its source repository, None if deleted."""
        path = f"{repository.full_name}/pull/{pull.number}"
        return {
            "url": f"{self.api}/repos/{repository.full_name}/pulls/{pull.number}",
            "id": 50000 + pull.number,
            "node_id": f"PR_{pull.number}",
            "html_url": f"{self.web}/{path}",
            "number": pull.number,
            "state": "open" if pull.closed_at is None else "closed",
            "locked": False,
            "draft": False,
            "title": pull.title,
            "body": pull.body,
            "user": self.user(pull.author),
            "created_at": time(pull.created_at),
            "updated_at": time(pull.updated_at),
            "closed_at": time(pull.closed_at),
            "merged_at": time(pull.merged_at),
            "merge_commit_sha": pull.merge_sha or None,
            "head": {
                "label": f"{pull.head_owner}:{pull.head_ref}",
                "ref": pull.head_ref,
                "sha": pull.head_sha,
                "user": self.user(self.users[pull.head_owner]),
                "repo": self.repository(head) if head else None,
            },
            "base": {
                "label": f"{repository.owner}:{pull.base_ref}",
                "ref": pull.base_ref,
                "sha": pull.base_sha,
                "user": self.user(self.users[repository.owner]),
                "repo": self.repository(repository),
            },
            "author_association": "MEMBER",
        }

    def pull_in_full(self, repository: GitHubRepository, pull: PullRequest, head: Any) -> Json:
        """A pull request by itself: with who merged it."""
        commits = repository.graph.between(pull.base_sha, pull.head_sha)
        return self.pull(repository, pull, head) | {
            "merged": pull.merged_at is not None,
            "mergeable": None,
            "mergeable_state": "unknown",
            "merged_by": self.user(pull.merged_by),
            "comments": 0,
            "review_comments": 0,
            "commits": len(commits),
        }

    def review(self, repository: GitHubRepository, pull: PullRequest, review: Review) -> Json:
        """A review. A pending one has no ``submitted_at``."""
        page = f"{self.web}/{repository.full_name}/pull/{pull.number}"
        shown = {
            "id": review.id,
            "node_id": f"PRR_{review.id}",
            "user": self.user(review.by),
            "body": review.body,
            "state": review.state,
            "html_url": f"{page}#pullrequestreview-{review.id}",
            "author_association": "MEMBER",
            "commit_id": review.commit,
        }
        return shown if review.state == "PENDING" else shown | {"submitted_at": time(review.at)}

    def activity(self, activity: Activity) -> Json:
        """A row of the repository's activity."""
        return {
            "id": activity.id,
            "node_id": f"PSH_{activity.id}",
            "before": activity.before,
            "after": activity.after,
            "ref": activity.ref,
            "timestamp": time(activity.at),
            "activity_type": activity.kind,
            "actor": self.user(activity.actor),
        }

    def run(self, repository: GitHubRepository, run: WorkflowRun, attempt: int = 0) -> Json:
        """A workflow run as of its newest attempt, or of the one asked for."""
        number = attempt or len(run.attempts)
        now = run.attempts[number - 1]
        url = f"{self.api}/repos/{repository.full_name}/actions/runs/{run.id}"
        return {
            "id": run.id,
            "name": run.name,
            "node_id": f"WFR_{run.id}",
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
            "path": f".github/workflows/{run.name}.yml",
            "display_title": run.name,
            "run_number": run.number,
            "run_attempt": number,
            "event": run.event,
            "status": now.status,
            "conclusion": now.conclusion,
            "workflow_id": 161335,
            "url": url,
            "html_url": f"{self.web}/{repository.full_name}/actions/runs/{run.id}",
            "pull_requests": [],
            "created_at": time(run.created_at),
            "updated_at": time(now.started_at),
            "run_started_at": time(now.started_at),
            "actor": self.user(run.actor),
            "triggering_actor": self.user(now.actor),
            "previous_attempt_url": f"{url}/attempts/{number - 1}" if number > 1 else None,
            "repository": self.repository(repository),
            "head_repository": self.repository(repository),
        }

    def deployment(self, repository: GitHubRepository, deployment: Deployment) -> Json:
        """A deployment. What became of it stands in its statuses only."""
        at = f"{self.api}/repos/{repository.full_name}"
        last = deployment.statuses[-1].at if deployment.statuses else deployment.at
        return {
            "url": f"{at}/deployments/{deployment.id}",
            "id": deployment.id,
            "node_id": f"DE_{deployment.id}",
            "sha": deployment.sha,
            "ref": deployment.ref,
            "task": "deploy",
            "payload": {},
            "original_environment": deployment.environment,
            "environment": deployment.environment,
            "description": None,
            "creator": self.user(deployment.by),
            "created_at": time(deployment.at),
            "updated_at": time(last),
            "statuses_url": f"{at}/deployments/{deployment.id}/statuses",
            "repository_url": at,
        }

    def status(self, deployment: Deployment, status: DeploymentStatus) -> Json:
        """One status of a deployment."""
        return {
            "id": status.id,
            "node_id": f"DES_{status.id}",
            "state": status.state,
            "creator": self.user(status.by),
            "description": "",
            "environment": deployment.environment,
            "target_url": "",
            "created_at": time(status.at),
            "updated_at": time(status.at),
        }

    def branch(self, repository: GitHubRepository, name: str, sha: str) -> Json:
        """A branch as lists show it."""
        url = f"{self.api}/repos/{repository.full_name}/commits/{sha}"
        return {
            "name": name,
            "commit": {"sha": sha, "url": url},
            "protected": name in repository.protected,
        }

    def reference(self, repository: GitHubRepository, ref: str, sha: str) -> Json:
        """A git reference, ``refs/…`` in full."""
        at = f"{self.api}/repos/{repository.full_name}/git"
        return {
            "ref": ref,
            "node_id": f"REF_{ref}",
            "url": f"{at}/{ref}",
            "object": {"sha": sha, "type": "commit", "url": f"{at}/commits/{sha}"},
        }


def _signature(person: tuple[str, str, datetime]) -> Json:
    name, email, at = person
    return {"name": name, "email": email, "date": time(at)}
