"""GitHub as a whole: accounts, tokens, repositories, and who may read which."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from gate.demo.github_graph import CommitGraph
from gate.demo.github_pages import MOST
from gate.demo.github_repository import GitHubRepository, Network
from gate.demo.github_state import AccountType, GitHubUser, Token
from gate.demo.repository import Repository

WEB_FLOW_ID = 19864447


class GitHubSite:
    """The state of one GitHub, and the verbs that set it up.

    ``page_limit`` caps the pages of every list. Bare git directories are made under ``directory``,
    or in a temporary one that ``close`` removes.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.users: dict[str, GitHubUser] = {}
        self.tokens: dict[str, Token] = {}
        self.repositories: dict[str, GitHubRepository] = {}
        self.page_limit = MOST
        self._directory = directory
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self.add_user("web-flow", id=WEB_FLOW_ID, name="GitHub", emails=("noreply@github.com",))

    def close(self) -> None:
        """Remove the temporary git directories."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    # ---------------------------------------------------------------- setting up

    def add_user(
        self,
        login: str,
        *,
        emails: Iterable[str] | None = None,
        name: str = "",
        type: AccountType = "User",  # noqa: A002 - GitHub's own word
        id: int = 0,  # noqa: A002 - GitHub's own word
    ) -> GitHubUser:
        """An account; a person's e-mail address is ``login@acme.example`` unless given."""
        own = (f"{login}@acme.example",) if type == "User" else ()
        number = id or 100 + len(self.users)
        self.users[login] = GitHubUser(
            login,
            number,
            type,
            name or login.capitalize(),
            tuple(own if emails is None else emails),
        )
        return self.users[login]

    def add_token(
        self,
        login: str = "",
        token: str = "",
        *,
        repositories: Iterable[str] | None = None,
        without: Iterable[str] = (),
    ) -> str:
        """A token of ``login``, or of an app (such as a workflow's own) where that is empty."""
        made = token or f"gh_{login or 'app'}"
        self.tokens[made] = Token(
            self.users[login] if login else None,
            None if repositories is None else frozenset(repositories),
            app=not login,
            without=frozenset(without),
        )
        return made

    def create_repository(self, full_name: str, *, private: bool = True) -> GitHubRepository:
        """An empty repository with a bare git directory of its own."""
        owner, _, name = full_name.partition("/")
        if owner not in self.users:
            self.add_user(owner, type="Organization")
        git = Repository.create(self._home() / owner / f"{name}.git", bare=True)
        network = Network(CommitGraph(git), self.users)
        made = GitHubRepository(network, owner, name, private=private)
        self.repositories[full_name] = made
        return made

    def fork(self, full_name: str, owner: str) -> GitHubRepository:
        """``owner``'s fork of a repository, which ``owner`` may read."""
        source = self.repositories[full_name]
        source.collaborators.add(owner)
        made = source.fork(owner)
        self.repositories[made.full_name] = made
        return made

    def forget_user(self, login: str) -> None:
        """The account is deleted: null stands where it was."""
        self.users[login].deleted = True

    def time(self) -> datetime:
        """The present, for what the site itself dates. For subclasses."""
        raise NotImplementedError

    def _home(self) -> Path:
        if self._directory is not None:
            return self._directory
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="github-simulator-")
        return Path(self._temporary.name)

    # ---------------------------------------------------------------- who reads what

    def readable(self, repository: GitHubRepository, token: Token | None) -> bool:
        """Whether the token's owner may know that the repository exists."""
        if not repository.private:
            return True
        if token is None:
            return False
        if token.repositories is not None:
            return repository.full_name in token.repositories
        if token.user is None:
            return True
        if repository.parent:  # a private fork is open to whom its parent is open
            return self.readable(self.repositories[repository.parent], token)
        organisation = self.users[repository.owner].type == "Organization"
        return organisation or token.user.login in repository.collaborators

    def find_repository(self, name: str, number: str = "") -> GitHubRepository | None:
        """By ``owner/name`` in any letter case, or by id."""
        for full_name, repository in self.repositories.items():
            if full_name.lower() == name.lower() or (number and str(repository.id) == number):
                return repository
        return None
