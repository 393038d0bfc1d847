"""What GitLab remembers beside commits: accounts, tokens, merge requests, pushes, pipelines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from gate.demo.repository import Author

MergeHow: TypeAlias = Literal["merge", "squash", "ff", "squash-ff"]
RequestState: TypeAlias = Literal["opened", "closed", "merged"]
ReviewerState: TypeAlias = Literal[
    "unreviewed", "reviewed", "requested_changes", "approved", "unapproved", "review_started"
]


@dataclass(slots=True)
class GitLabUser:
    """An account. GitLab puts its ghost user where a deleted one was.

    ``emails`` are the confirmed ones; ``bot`` accounts are those of project and group tokens.
    """

    username: str
    id: int
    name: str = ""
    emails: tuple[str, ...] = ()
    bot: bool = False
    state: str = "active"
    deleted: bool = False

    @property
    def identity(self) -> Author:
        """What commits made on the site by this account carry."""
        hidden = f"{self.id}-{self.username}@users.noreply.gitlab.example"
        return Author(self.name or self.username, self.emails[0] if self.emails else hidden)


@dataclass(frozen=True, slots=True)
class Token:
    """A token: whose, which projects it reads (None: all that its user may) and what it may not.

    ``without`` are "read_api" (the scope), or what a role or a switched-off feature hides:
    "repository", "merge_requests", "events", "pipelines", "deployments", "issues", "internal" (what
    is shown from the role Reporter on). ``job`` is the id of the job whose CI_JOB_TOKEN it is,
    which opens next to nothing.
    """

    user: GitLabUser
    projects: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    job: int = 0


@dataclass(frozen=True, slots=True)
class PushEvent:
    """A push to one branch or tag, as the server saw it; "" for an absent end.

    ``refs`` over 1 is a bulk push: so many refs at once, of which no commit is told.
    """

    id: int
    ref_type: str
    ref: str
    before: str
    after: str
    count: int
    title: str
    at: datetime
    actor: GitLabUser
    refs: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """A diff version of a merge request: what its source branch was pushed to, and when."""

    id: int
    head: str
    base: str
    start: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """A note; ``system`` ones are GitLab's own record of what its author did."""

    id: int
    by: GitLabUser
    body: str
    at: datetime
    system: bool = True


@dataclass(slots=True)
class MergeRequest:
    """A merge request. ``head`` follows the source branch, ``base`` is the merge base then.

    ``approvals`` are those that stand; taken back or reset ones remain in the notes only.
    """

    iid: int
    title: str
    description: str
    author: GitLabUser
    source_project: str
    source_branch: str
    target_branch: str
    head: str
    base: str
    start: str
    created_at: datetime
    updated_at: datetime
    state: RequestState = "opened"
    versions: list[Version] = field(default_factory=list)
    approvals: dict[str, datetime] = field(default_factory=dict)
    reviewers: dict[str, tuple[ReviewerState, datetime]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    merged_at: datetime | None = None
    merged_by: GitLabUser | None = None
    merge_commit: str = ""
    squash_commit: str = ""


@dataclass(slots=True)
class Job:
    """One job of a pipeline; a retry makes another one of the same name."""

    id: int
    name: str
    stage: str
    user: GitLabUser
    created_at: datetime
    status: str = "running"
    finished_at: datetime | None = None


@dataclass(slots=True)
class Pipeline:
    """A pipeline. ``created_at`` and ``user`` stay when its jobs are retried."""

    id: int
    iid: int
    sha: str
    ref: str
    source: str
    user: GitLabUser
    created_at: datetime
    status: str = "running"
    tag: bool = False
    jobs: list[Job] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DeploymentApproval:
    """A decision on a deployment to a protected environment: "approved" or "rejected"."""

    user: GitLabUser
    status: str
    at: datetime
    comment: str = ""


@dataclass(slots=True)
class Deployment:
    """A deployment; ``job`` is None where it was made by the API.

    ``pipeline`` is None where the scenario has none for it.
    """

    id: int
    iid: int
    environment: str
    sha: str
    ref: str
    user: GitLabUser
    created_at: datetime
    updated_at: datetime
    status: str = "success"
    job: Job | None = None
    pipeline: Pipeline | None = None
    approvals: list[DeploymentApproval] = field(default_factory=list)
