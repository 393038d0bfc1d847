"""One repository as a scenario tells it: pushes, pull requests, reviews, merges, runs.

Commits are real objects of a bare git repository; a push makes them known to the server. Times are
the server's and are taken as they are; the dates inside commits are whatever their author wrote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from pathlib import Path

from gate.demo.github_environments import Environments
from gate.demo.github_graph import CommitGraph
from gate.demo.github_issues import IssueTracker
from gate.demo.github_merge import land
from gate.demo.github_state import (
    Activity,
    Attempt,
    CommitStatus,
    Deployment,
    DeploymentStatus,
    GitHubUser,
    MergeMethod,
    PullRequest,
    Review,
    ReviewState,
    WorkflowRun,
)
from gate.demo.repository import Author, CommitPlan

ZEROS = "0" * 40


class Network:
    """What a repository shares with its forks: commits, and which of them the forge signed."""

    def __init__(self, graph: CommitGraph, users: dict[str, GitHubUser]) -> None:
        self.graph = graph
        self.users = users
        self.signed: set[str] = set()
        self.ids = count(1001)


class GitHubRepository:
    """A repository. ``git`` is its bare git directory, to be cloned; all people are logins."""

    def __init__(
        self, network: Network, owner: str, name: str, *, private: bool, parent: str = ""
    ) -> None:
        self.network = network
        self.graph = network.graph
        self.git = network.graph.git
        self.id = next(network.ids)
        self.owner = owner
        self.name = name
        self.private = private
        self.parent = parent
        self.default_branch = "main"
        self.branches: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.protected: set[str] = set()
        self.collaborators: set[str] = {owner}
        self.activity: list[Activity] = []
        self.pulls: dict[int, PullRequest] = {}
        self.runs: dict[int, WorkflowRun] = {}
        self.deployments: list[Deployment] = []
        self.environments = Environments(self.runs, self._user)
        self.statuses: list[CommitStatus] = []
        self.issues = IssueTracker(self._user, network.ids)
        self.watchers: list[GitHubRepository] = [self]  # whose pull requests follow our branches

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner}/{self.name}"

    # ---------------------------------------------------------------- commits and pushes

    def commit(
        self,
        message: str,
        *,
        by: str | Author,
        at: datetime,
        on: str | tuple[str, ...] = "main",
        files: Mapping[str, str | None] | None = None,
        committer: Author | None = None,
        committed_at: datetime | None = None,
    ) -> str:
        """A commit on somebody's own machine; nobody sees it before it is pushed.

        ``on`` is a branch, a commit or all parents; ``by`` a login or any name and address at all.
        """
        names = (on,) if isinstance(on, str) else on
        parents = tuple(self.branches.get(name, name) for name in names) if self.branches else ()
        own_file = f"changes/{hashlib.sha256(message.encode()).hexdigest()[:8]}.txt"
        plan = CommitPlan(
            message,
            self._user(by).identity if isinstance(by, str) else by,
            at,
            parents,
            files or {own_file: message + "\n"},
            committer,
            committed_at,
        )
        return self.git.make([plan])[0]

    def push(self, branch: str, commit: str, *, by: str, at: datetime) -> None:
        """``by`` puts a branch on a commit, made above or in a clone given to ``receive``."""
        self._move(branch, commit, self._user(by), at, "")

    def receive(self, source: Path, rev: str, branch: str, *, by: str, at: datetime) -> str:
        """``by`` pushes a commit of a real clone."""
        commit = self.git.fetch(source, rev)
        self.push(branch, commit, by=by, at=at)
        return commit

    def delete_branch(self, branch: str, *, by: str, at: datetime) -> None:
        """``by`` removes a branch."""
        self._move(branch, "", self._user(by), at, "branch_deletion")

    def tag(self, name: str, commit: str) -> None:
        """A lightweight tag."""
        self.graph.take_in(commit)
        self.tags[name] = commit
        self.git.set_ref(f"refs/tags/{name}", commit)

    def sign(self, commit: str) -> None:
        """The forge verified a signature on this commit, by its committer's account."""
        self.network.signed.add(commit)

    def _move(self, branch: str, commit: str, actor: GitHubUser, at: datetime, kind: str) -> None:
        before = self.branches.get(branch, "")
        if before == commit:
            return
        if commit:
            self.graph.take_in(commit)
            self.branches[branch] = commit
        else:
            del self.branches[branch]
        home = "heads" if not self.parent else f"forks/{self.owner}"
        self.git.set_ref(f"refs/{home}/{branch}", commit)
        if not kind:
            straight = before in self.graph.ancestors(commit)
            kind = "push" if straight else ("force_push" if before else "branch_creation")
        self.activity.append(
            Activity(
                id=next(self.network.ids),
                ref=f"refs/heads/{branch}",
                before=before or ZEROS,
                after=commit or ZEROS,
                at=at,
                kind=kind,
                actor=actor,
            )
        )
        for repository in self.watchers:
            repository._follow(self.full_name, self.activity[-1])  # noqa: SLF001 - its own class

    def _follow(self, source: str, move: Activity) -> None:
        branch = move.ref.removeprefix("refs/heads/")
        for pull in self.pulls.values():
            if pull.closed_at is not None or move.after == ZEROS:
                continue
            if (pull.head_repository, pull.head_ref) == (source, branch):
                pull.head_sha, pull.updated_at = move.after, move.at
            if (self.full_name, pull.base_ref) == (source, branch):
                if pull.head_sha in self.graph.ancestors(move.after):
                    self._merge_indirectly(pull, move)
                else:
                    pull.base_sha = move.after

    def _merge_indirectly(self, pull: PullRequest, move: Activity) -> None:
        """A push put all of a pull request's commits onto its base: the site shows it as merged."""
        pull.merged_at = pull.closed_at = pull.updated_at = move.at
        pull.merged_by = move.actor
        pull.merge_sha = self.graph.brought_in(pull.head_sha, move.after)
        if pull.merge_sha != pull.head_sha:
            pull.landed = (pull.merge_sha,)

    # ---------------------------------------------------------------- pull requests

    def open_pull_request(
        self,
        number: int,
        *,
        by: str,
        head: str,
        at: datetime,
        title: str = "",
        body: str = "",
        base: str = "main",
        source: GitHubRepository | None = None,
    ) -> PullRequest:
        """``by`` asks to merge ``head`` (of ``source``, where it is a fork) into ``base``."""
        origin = source or self
        self.pulls[number] = PullRequest(
            number=number,
            title=title or f"Merge {head}",
            body=body,
            author=self._user(by),
            head_owner=origin.owner,
            head_repository=origin.full_name,
            head_ref=head,
            head_sha=origin.branches[head],
            base_ref=base,
            base_sha=self.branches[base],
            created_at=at,
            updated_at=at,
        )
        return self.pulls[number]

    def review(
        self,
        number: int,
        *,
        by: str,
        at: datetime,
        state: ReviewState = "APPROVED",
        commit: str = "",
    ) -> Review:
        """``by`` reviews the pull request's head, or an older ``commit`` of it."""
        pull = self.pulls[number]
        made = Review(next(self.network.ids), self._user(by), state, at, commit or pull.head_sha)
        pull.reviews.append(made)
        return made

    def retarget(self, number: int, base: str, *, by: str, at: datetime) -> None:
        """``by`` has the pull request merged into another branch; its reviews stay."""
        pull = self.pulls[number]
        pull.base_ref, pull.base_sha, pull.updated_at = base, self.branches[base], at
        pull.retargeted.append((self._user(by), at))

    def close(self, number: int, *, at: datetime) -> None:
        """The pull request is closed without merging."""
        self.pulls[number].closed_at = at

    def merge(
        self,
        number: int,
        *,
        by: str,
        at: datetime,
        method: MergeMethod = "merge",
        queue: bool = False,
    ) -> str:
        """``by`` presses the button; returns the commit that the base branch is on afterwards."""
        pull = self.pulls[number]
        actor = self._user("github-merge-queue[bot]") if queue else self._user(by)
        pull.landed = land(self.graph, pull, self._user(by), at, method)
        pull.merge_sha = pull.landed[-1]
        if method != "rebase":
            self.sign(pull.merge_sha)
        pull.merged_at = pull.closed_at = pull.updated_at = at
        pull.merged_by = actor
        kind = "merge_queue_merge" if queue else "pr_merge"
        self._move(pull.base_ref, pull.merge_sha, actor, at, kind)
        return pull.merge_sha

    # ---------------------------------------------------------------- runs and deployments

    def workflow_run(
        self,
        run_id: int,
        *,
        commit: str,
        by: str,
        at: datetime,
        branch: str = "main",
        event: str = "push",
        name: str = "deploy",
        status: str = "in_progress",
        conclusion: str | None = None,
    ) -> WorkflowRun:
        """A workflow run's first attempt, created and started ``at``."""
        actor = self._user(by)
        attempts = [Attempt(at, actor, status, conclusion)]
        self.runs[run_id] = WorkflowRun(
            run_id, len(self.runs) + 1, name, event, branch, commit, at, actor, attempts
        )
        return self.runs[run_id]

    def rerun(
        self, run_id: int, *, by: str, at: datetime, status: str = "in_progress"
    ) -> WorkflowRun:
        """``by`` runs it again: another attempt, whose start replaces ``run_started_at``."""
        run = self.runs[run_id]
        self.finish_run(run_id, "failure")
        run.attempts.append(Attempt(at, self._user(by), status))
        return run

    def finish_run(self, run_id: int, conclusion: str = "success") -> None:
        """The newest attempt has ended."""
        self.runs[run_id].attempts[-1].status = "completed"
        self.runs[run_id].attempts[-1].conclusion = conclusion

    def deployment(
        self,
        environment: str,
        commit: str,
        *,
        by: str,
        at: datetime,
        states: tuple[str, ...] = ("success",),
        ref: str = "main",
    ) -> Deployment:
        """A deployment with these statuses, in order, all ``at``."""
        actor, ids = self._user(by), self.network.ids
        statuses = [DeploymentStatus(next(ids), state, actor, at) for state in states]
        made = Deployment(next(ids), environment, commit, ref, actor, at, statuses)
        self.deployments.append(made)
        return made

    def fork(self, owner: str) -> GitHubRepository:
        """``owner``'s fork: branches of its own over the same objects."""
        made = GitHubRepository(
            self.network, owner, self.name, private=self.private, parent=self.full_name
        )
        made.branches = dict(self.branches)
        made.watchers = [made, self]
        return made

    def _user(self, login: str) -> GitHubUser:
        return self.network.users[login]
