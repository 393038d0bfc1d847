"""A shop on the simulated GitHub, for forge tests to let things happen in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gate.config.types import ForgeSettings, NetworkSettings, Service
from gate.demo.github import GitHubSimulator
from gate.demo.github_repository import GitHubRepository
from gate.forges.github import GitHubReader
from gate.http import Budget
from gate.model import Base, BaseKind, Change, Problem, PullRequest

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
PEOPLE = ("alice", "bob", "carol", "dave", "mallory")


class Shop:
    """``acme/shop`` with one commit on main, deployed once: ``base``."""

    def __init__(self, github: GitHubSimulator) -> None:
        self.github = github
        for login in PEOPLE:
            github.add_user(login)
        self.token = github.add_token()
        self.repository: GitHubRepository = github.create_repository("acme/shop")
        self.minutes = 0
        self.base = self.commit("Begin", by="alice")
        self.push("main", self.base, by="alice")

    def later(self) -> datetime:
        """A time after all that happened so far."""
        self.minutes += 1
        return MONDAY + timedelta(minutes=self.minutes)

    def commit(self, message: str, *, by: str = "alice", on: str | tuple[str, ...] = "main") -> str:
        return self.repository.commit(message, by=by, at=self.later(), on=on)

    def push(self, branch: str, commit: str, *, by: str = "alice") -> None:
        self.repository.push(branch, commit, by=by, at=self.later())

    def propose(
        self, number: int, branch: str, *messages: str, base: str = "main", by: str = "alice"
    ) -> str:
        """alice pushes commits to a branch and opens a pull request; its head.

        Or ``by`` does it, in alice's name.
        """
        on = base
        for message in messages or (f"Work on {branch}",):
            head = self.commit(message, on=on)
            on = head
        self.push(branch, head, by=by)
        self.repository.open_pull_request(number, by=by, head=branch, at=self.later(), base=base)
        return head

    def merge(self, number: int, **how: object) -> str:
        """bob approves and merges."""
        self.repository.review(number, by="bob", at=self.later())
        return self.repository.merge(number, by="bob", at=self.later(), **how)  # type: ignore[arg-type]  # passed on

    def reader(self, token: str | None = None, *, enterprise: bool = False) -> GitHubReader:
        api = self.github.api_url if enterprise else self.github.url
        settings = ForgeSettings("github", self.github.url, api)
        given = self.token if token is None else token
        budget = Budget(timedelta(seconds=30))
        return GitHubReader(settings, given, NetworkSettings(), budget)

    def service(self, *release_refs: str) -> Service:
        url = f"{self.github.url}/acme/shop"
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


def pulls(change: Change) -> tuple[PullRequest, ...]:
    assert isinstance(change.pull_requests, tuple), change.pull_requests
    return change.pull_requests


def shas(change: Change) -> tuple[str, ...]:
    assert isinstance(change.commits, tuple), change.commits
    return tuple(commit.sha for commit in change.commits)


def written_by_forge(change: Change) -> set[str]:
    assert isinstance(change.commits, tuple), change.commits
    return {commit.sha for commit in change.commits if commit.merged_by_forge}
