"""What GitHub remembers beside commits: accounts, tokens, pull requests, pushes, runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from gate.demo.repository import Author

AccountType: TypeAlias = Literal["User", "Bot", "Organization"]
ReviewState: TypeAlias = Literal[
    "APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"
]
MergeMethod: TypeAlias = Literal["merge", "squash", "rebase"]

WEB_FLOW = Author("GitHub", "noreply@github.com")


@dataclass(slots=True)
class GitHubUser:
    """An account; a deleted one shows null where it was.

    ``emails`` are the verified ones, and the first is what its commits made on the site carry;
    ``public_email`` is the one that its profile shows.
    """

    login: str
    id: int
    type: AccountType = "User"
    name: str = ""
    emails: tuple[str, ...] = ()
    public_email: str = ""
    deleted: bool = False

    @property
    def identity(self) -> Author:
        """What commits made by this account carry."""
        hidden = f"{self.id}+{self.login}@users.noreply.github.com"
        return Author(self.name or self.login, self.emails[0] if self.emails else hidden)


@dataclass(frozen=True, slots=True)
class Token:
    """A token: whose, which repositories it reads (None: all of its user's) and what it may not.

    ``app`` tokens (such as a workflow's own) have no user. ``without`` are permission names:
    "actions", "contents", "deployments", "issues", "pull_requests", "statuses".
    """

    user: GitHubUser | None
    repositories: frozenset[str] | None = None
    app: bool = False
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Activity:
    """One change of a ref, as the server saw it. Absent ends are forty zeros."""

    id: int
    ref: str
    before: str
    after: str
    at: datetime
    kind: str
    actor: GitHubUser | None


@dataclass(slots=True)
class Review:
    """One submitted review."""

    id: int
    by: GitHubUser
    state: ReviewState
    at: datetime
    commit: str
    body: str = ""


@dataclass(slots=True)
class PullRequest:
    """A pull request.

    ``head_sha`` follows the branch, and ``base_sha`` the base, until it is merged or closed.
    ``landed`` are the commits that merging put on the base branch and that were not in its head.
    """

    number: int
    title: str
    body: str
    author: GitHubUser
    head_owner: str
    head_repository: str
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    created_at: datetime
    updated_at: datetime
    reviews: list[Review] = field(default_factory=list)
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    merged_by: GitHubUser | None = None
    merge_sha: str = ""
    landed: tuple[str, ...] = ()
    retargeted: list[tuple[GitHubUser, datetime]] = field(default_factory=list)


@dataclass(slots=True)
class Attempt:
    """One attempt of a workflow run."""

    started_at: datetime
    actor: GitHubUser
    status: str = "in_progress"
    conclusion: str | None = None


@dataclass(frozen=True, slots=True)
class RunReview:
    """One answer of a person on environments that a run waits for: "approved" or "rejected"."""

    state: str
    user: GitHubUser
    environments: tuple[str, ...]
    comment: str = ""


@dataclass(slots=True)
class WorkflowRun:
    """A workflow run. ``created_at`` and ``actor`` are the first attempt's for ever.

    ``waiting`` are the environments that the current attempt may not enter yet; ``reviews`` what
    people decided on that, in all attempts.
    """

    id: int
    number: int
    name: str
    event: str
    head_branch: str
    head_sha: str
    created_at: datetime
    actor: GitHubUser
    attempts: list[Attempt]
    waiting: list[str] = field(default_factory=list)
    reviews: list[RunReview] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """One status of a commit, as it was given."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """One status of a deployment, such as "success"."""

    id: int
    state: str
    by: GitHubUser
    at: datetime


@dataclass(slots=True)
class Deployment:
    """A deployment in the forge's own list; ``statuses`` oldest first."""

    id: int
    environment: str
    sha: str
    ref: str
    by: GitHubUser
    at: datetime
    statuses: list[DeploymentStatus]
