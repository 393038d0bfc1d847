"""A shop on a simulated forge, GitHub or GitLab, for tests that hold for both.

The verbs are the same, so that a scenario is told once; what differs is in the two classes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from gate.config.types import ForgeSettings, NetworkSettings, Service
from gate.demo.github import GitHubSimulator
from gate.demo.gitlab import GitLabSimulator
from gate.demo.repository import Author
from gate.demo.server import Simulator
from gate.facts.opened import Forge
from gate.forges.github import GitHubReader
from gate.forges.gitlab import GitLabReader
from gate.http import Budget
from gate.model import Base, BaseKind, Change, ForgeDeployment, Maybe, Problem

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
PEOPLE = ("alice", "bob", "carol", "dave", "mallory")
METHODS = ("merge", "squash", "straight")  # a merge commit, one squashed commit, neither


class Repository(Protocol):
    """What both simulators can be told of a repository."""

    branches: dict[str, str]
    protected: set[str]

    def commit(
        self, message: str, *, by: str | Author, at: datetime, on: str | tuple[str, ...] = "main"
    ) -> str: ...
    def push(self, branch: str, commit: str, *, by: str, at: datetime) -> None: ...
    def delete_branch(self, branch: str, *, by: str, at: datetime) -> None: ...
    def tag(self, name: str, commit: str) -> None: ...
    def sign(self, commit: str) -> None: ...
    def close(self, number: int, *, at: datetime) -> None: ...
    def retarget(self, number: int, base: str, *, by: str, at: datetime) -> None: ...


class Place:
    """``acme/shop`` with one commit on main, deployed once: ``base``."""

    service_name = ""
    simulator: Simulator
    repository: Repository

    def __init__(self) -> None:
        self.minutes = 0
        self.base = ""

    def begin(self) -> None:
        """The first commit."""
        self.base = self.commit("Begin", by="alice")
        self.push("main", self.base, by="alice")

    def later(self) -> datetime:
        """A time after all that happened so far."""
        self.minutes += 1
        return MONDAY + timedelta(minutes=self.minutes)

    def commit(
        self, message: str, *, by: str | Author = "alice", on: str | tuple[str, ...] = "main"
    ) -> str:
        return self.repository.commit(message, by=by, at=self.later(), on=on)

    def push(self, branch: str, commit: str, *, by: str = "alice") -> None:
        self.repository.push(branch, commit, by=by, at=self.later())

    def propose(
        self, number: int, branch: str, *messages: str, base: str = "main", by: str = "alice"
    ) -> str:
        """``by`` pushes commits to a branch and asks to merge them; its head."""
        on = base
        for message in messages or (f"Work on {branch}",):
            head = self.commit(message, on=on)
            on = head
        self.push(branch, head, by=by)
        self.open(number, branch, by=by, base=base)
        return head

    def accept(self, number: int, method: str = "merge") -> str:
        """bob approves and merges; what the branch is on then."""
        self.approve(number, by="bob")
        return self.merge(number, method)

    # what differs

    def open(self, number: int, branch: str, *, by: str, base: str = "main") -> None:
        raise NotImplementedError

    def approve(self, number: int, *, by: str) -> None:
        raise NotImplementedError

    def object(self, number: int, *, by: str) -> None:
        raise NotImplementedError

    def merge(self, number: int, method: str = "merge", *, by: str = "bob") -> str:
        raise NotImplementedError

    def deploy(self, environment: str, commit: str, *, succeeds: bool = True) -> datetime:
        """A deployment that the forge lists; when it ended."""
        raise NotImplementedError

    def fork_push(self, owner: str, branch: str, *, by: str) -> str:
        """``owner`` forks, and ``by`` pushes a commit there; the commit."""
        raise NotImplementedError

    def open_from_fork(self, number: int, owner: str, branch: str, *, by: str) -> None:
        raise NotImplementedError

    def forget(self, *names: str) -> None:
        """Accounts are deleted."""
        raise NotImplementedError

    def reader(self, token: str | None = None) -> Forge:
        raise NotImplementedError

    # reading

    def service(self, *release_refs: str) -> Service:
        url = f"{self.simulator.url}/acme/shop"
        return Service("shop", url, release_refs or ("main",), ("shop",))

    def read(self, head: str, base: str | None = None, *release_refs: str) -> Change | Problem:
        """The change since ``base``; "" for a first deployment."""
        start = self.base if base is None else base
        kind = BaseKind.DEPLOYED if start else BaseKind.FIRST
        return self.reader().fetch_change(self.service(*release_refs), head, Base(kind, start))

    def change(self, head: str, base: str | None = None, *release_refs: str) -> Change:
        """The change, which must be had."""
        found = self.read(head, base, *release_refs)
        assert isinstance(found, Change), found
        return found

    def deployments(self, environment: str, commit: str) -> Maybe[tuple[ForgeDeployment, ...]]:
        return self.reader().fetch_deployments(self.service(), environment, commit)


class OnGitHub(Place):
    service_name = "github"

    def __init__(self, github: GitHubSimulator) -> None:
        super().__init__()
        self.simulator = self.github = github
        for login in PEOPLE:
            github.add_user(login)
        self.token = github.add_token()
        self.repository = self.shop = github.create_repository("acme/shop")
        self.begin()

    def open(self, number: int, branch: str, *, by: str, base: str = "main") -> None:
        self.shop.open_pull_request(number, by=by, head=branch, at=self.later(), base=base)

    def approve(self, number: int, *, by: str) -> None:
        self.shop.review(number, by=by, at=self.later())

    def object(self, number: int, *, by: str) -> None:
        self.shop.review(number, by=by, at=self.later(), state="CHANGES_REQUESTED")

    def merge(self, number: int, method: str = "merge", *, by: str = "bob") -> str:
        how = {"merge": "merge", "squash": "squash", "straight": "rebase"}[method]
        return self.shop.merge(number, by=by, at=self.later(), method=how)  # type: ignore[arg-type]  # one of them

    def deploy(self, environment: str, commit: str, *, succeeds: bool = True) -> datetime:
        states = ("success",) if succeeds else ("failure",)
        at = self.later()
        self.shop.deployment(environment, commit, by="alice", at=at, states=states)
        return at

    def fork_push(self, owner: str, branch: str, *, by: str) -> str:
        fork = self.github.fork("acme/shop", owner)
        made = self.commit(f"From afar, {branch}", by=by)
        fork.push(branch, made, by=by, at=self.later())
        return made

    def open_from_fork(self, number: int, owner: str, branch: str, *, by: str) -> None:
        fork = self.github.repositories[f"{owner}/shop"]
        self.shop.open_pull_request(number, by=by, head=branch, at=self.later(), source=fork)

    def forget(self, *names: str) -> None:
        for name in names:
            self.github.forget_user(name)

    def reader(self, token: str | None = None) -> GitHubReader:
        settings = ForgeSettings("github", self.github.url, self.github.url)
        given = self.token if token is None else token
        return GitHubReader(settings, given, NetworkSettings(), Budget(timedelta(seconds=30)))


class OnGitLab(Place):
    service_name = "gitlab"

    def __init__(self, gitlab: GitLabSimulator) -> None:
        super().__init__()
        self.simulator = self.gitlab = gitlab
        for name in PEOPLE:
            gitlab.add_user(name)
        gitlab.add_user("project_1_bot_0a", bot=True)
        self.token = gitlab.add_token("project_1_bot_0a")
        self.repository = self.shop = gitlab.create_project("acme/shop")
        self.begin()

    def open(self, number: int, branch: str, *, by: str, base: str = "main") -> None:
        self.shop.open_merge_request(number, by=by, head=branch, at=self.later(), base=base)

    def approve(self, number: int, *, by: str) -> None:
        self.shop.approve(number, by=by, at=self.later())

    def object(self, number: int, *, by: str) -> None:
        self.shop.request_changes(number, by=by, at=self.later())

    def merge(self, number: int, method: str = "merge", *, by: str = "bob") -> str:
        how = {"merge": "merge", "squash": "squash-ff", "straight": "ff"}.get(method, method)
        return self.shop.merge(number, by=by, at=self.later(), method=how)  # type: ignore[arg-type]  # one of them

    def deploy(self, environment: str, commit: str, *, succeeds: bool = True) -> datetime:
        begun, ended = self.later(), self.later()
        operations = self.gitlab.operations["acme/shop"]
        status = "success" if succeeds else "failed"
        operations.deployment(
            environment, commit, by="alice", at=begun, finished_at=ended, status=status
        )
        return ended

    def fork_push(self, owner: str, branch: str, *, by: str) -> str:
        fork = self.gitlab.fork("acme/shop", owner)
        made = self.commit(f"From afar, {branch}", by=by)
        fork.push(branch, made, by=by, at=self.later())
        return made

    def open_from_fork(self, number: int, owner: str, branch: str, *, by: str) -> None:
        fork = self.gitlab.projects[f"{owner}/shop"]
        self.shop.open_merge_request(number, by=by, head=branch, at=self.later(), source=fork)

    def forget(self, *names: str) -> None:
        for name in names:
            self.gitlab.forget_user(name)

    def reader(self, token: str | None = None) -> GitLabReader:
        settings = ForgeSettings("gitlab", self.gitlab.url, self.gitlab.api_url)
        given = self.token if token is None else token
        return GitLabReader(settings, given, NetworkSettings(), Budget(timedelta(seconds=30)))
