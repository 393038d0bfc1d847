"""GitLab as a whole: accounts, tokens, projects, and who may read which."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from gate.demo.github_graph import CommitGraph
from gate.demo.gitlab_operations import GitLabOperations
from gate.demo.gitlab_pages import COUNTED, MOST
from gate.demo.gitlab_project import GitLabProject, Network
from gate.demo.gitlab_state import GitLabUser, Token
from gate.demo.repository import Repository

GHOST = "ghost"
MOST_DIFF = 200_000  # characters of one file's diff that are shown
MOST_DIFFS = 1_000  # files of a comparison


class GitLabSite:
    """The state of one GitLab, and the verbs that set it up.

    ``page_limit`` caps the pages of every list, ``counted`` is the longest that has a total.
    ``tells_approval_times``: newer versions do. Bare git directories are made under ``directory``,
    or in a temporary one that ``close`` removes.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.users: dict[str, GitLabUser] = {}
        self.tokens: dict[str, Token] = {}
        self.projects: dict[str, GitLabProject] = {}
        self.operations: dict[str, GitLabOperations] = {}
        self.page_limit = MOST
        self.counted = COUNTED
        self.most_diff = MOST_DIFF
        self.most_diffs = MOST_DIFFS
        self.tells_approval_times = True
        self._directory = directory
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.add_user(GHOST, name="Ghost User", emails=())

    def close(self) -> None:
        """Remove the temporary git directories."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    # ---------------------------------------------------------------- setting up

    def add_user(
        self,
        username: str,
        *,
        emails: Iterable[str] | None = None,
        name: str = "",
        bot: bool = False,
    ) -> GitLabUser:
        """An account; a person's e-mail address is ``username@acme.example`` unless given."""
        own = () if bot else (f"{username}@acme.example",)
        self.users[username] = GitLabUser(
            username,
            100 + len(self.users),
            name or username.capitalize(),
            tuple(own if emails is None else emails),
            bot=bot,
        )
        return self.users[username]

    def add_token(
        self,
        username: str,
        token: str = "",
        *,
        projects: Iterable[str] | None = None,
        without: Iterable[str] = (),
        job: int = 0,
        writes: bool = False,
        level: int = 20,
    ) -> str:
        """A token of ``username``: personal, or a project's own where that is a bot."""
        made = token or f"glpat-{username}"
        limited = None if projects is None else frozenset(projects)
        user = self.users[username]
        self.tokens[made] = Token(user, limited, frozenset(without), job, writes, level)
        return made

    def create_project(self, path: str, *, private: bool = True) -> GitLabProject:
        """An empty project with a bare git directory of its own; groups need no making."""
        git = Repository.create(self._home() / f"{path}.git", bare=True)
        made = GitLabProject(Network(CommitGraph(git), self.users), path, private=private)
        return self._add(made)

    def fork(self, path: str, into: str) -> GitLabProject:
        """A fork in the namespace ``into``."""
        name = path.rpartition("/")[2]
        return self._add(self.projects[path].fork(f"{into}/{name}"))

    def _add(self, project: GitLabProject) -> GitLabProject:
        self.projects[project.path] = project
        self.operations[project.path] = GitLabOperations(project)
        return project

    def forget_user(self, username: str) -> None:
        """The account is deleted: the ghost user stands where it was."""
        self.users[username].deleted = True

    def _home(self) -> Path:
        if self._directory is not None:
            return self._directory
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="gitlab-simulator-")
        return Path(self._temporary.name)

    # ---------------------------------------------------------------- who reads what

    def readable(self, project: GitLabProject, token: Token | None) -> bool:
        """Whether the token's owner may know that the project exists."""
        if not project.private:
            return True
        if token is None or token.job:
            return False
        return token.projects is None or project.path in token.projects

    def time(self) -> datetime:
        """The present, for what the site itself dates. For subclasses."""
        raise NotImplementedError

    def find_project(self, name: str) -> GitLabProject | None:
        """By path in any letter case, or by id."""
        for path, project in self.projects.items():
            if path.lower() == name.lower() or str(project.id) == name:
                return project
        return None
