"""What a forge's reader is asked about one repository; the flows here know no forge but through it.

Each method that returns a ``Flow`` asks, and answers with what it read or the ``Problem``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol, TypeAlias

from gate.forges.graph import Graph
from gate.forges.range import Span
from gate.forges.rows import Activity, PullLink, PullRow, Ref
from gate.forges.talk import Ask, Flow, Talk
from gate.model import Approval, Commit, Maybe

Activities: TypeAlias = Mapping[str, Maybe[tuple[Activity, ...]]]
Requests: TypeAlias = tuple[tuple[PullRow, frozenset[str]], ...]  # merged ones, with their commits
Merges: TypeAlias = Maybe[frozenset[int]]  # ids of rows


class Source(Protocol):
    """A repository ``slug`` of a forge, and the talk it is asked in."""

    @property
    def talk(self) -> Talk:
        """What was asked so far."""
        ...

    @property
    def slug(self) -> str:
        """The repository as the forge's API names it."""
        ...

    def elsewhere(self, slug: str) -> Source:
        """Another repository of the forge, such as a fork."""
        ...

    def pulls_ask(self, sha: str) -> Ask:
        """The first request of ``pulls_of``."""
        ...

    def commits_ask(self, number: int) -> Ask:
        """The first request of ``commits_of``."""
        ...

    def activity_ask(self, number: int) -> Ask:
        """How messages call the pushes to a pull request's branch."""
        ...

    def name(self) -> Flow[Maybe[str]]:
        """The repository's name, which is another one than ``slug`` where it was moved."""
        ...

    def pulls_of(self, sha: str) -> Flow[Maybe[tuple[PullLink, ...]]]:
        """The pull requests that the forge links to a commit."""
        ...

    def recent(self) -> Flow[Maybe[tuple[PullRow, ...]]]:
        """Pull requests that were merged lately: a hint, where it saves asking commit by commit."""
        ...

    def merged_into(self, link: PullLink) -> Flow[Maybe[tuple[PullRow, ...]] | None]:
        """Every pull request that was merged into the branch of this one.

        None where the forge is not asked that, or has too many to read: then each commit tells
        whose it is.
        """
        ...

    def pull(self, number: int) -> Flow[Maybe[PullRow]]:
        """One pull request, whole."""
        ...

    def commits_of(self, number: int) -> Flow[Maybe[tuple[Commit, ...]]]:
        """The commits of a pull request."""
        ...

    def ask_reviews(self, number: int) -> Flow[None]:
        """Ask early for what ``decisions`` needs."""
        ...

    def decisions(self, row: PullRow) -> Flow[Maybe[tuple[Approval, ...]]]:
        """Each person's latest decision on a pull request."""
        ...

    def retargeted(self, number: int) -> Flow[Maybe[datetime | None]]:
        """When a pull request was last given another base; None where it never was.

        What ``ask_reviews`` asked for tells it.
        """
        ...

    def activity(
        self, ref: str, enough: Callable[[tuple[Activity, ...]], bool]
    ) -> Flow[Maybe[tuple[Activity, ...]]]:
        """The pushes to a ref (its whole name), newest first, until they are ``enough`` or all."""
        ...

    def compared(self, base: str, head: str) -> Flow[Maybe[Span]]:
        """The range base..head, provably whole."""
        ...

    def history(self, head: str) -> Flow[Maybe[Span]]:
        """The whole history of ``head``."""
        ...

    def matching(self, patterns: tuple[str, ...]) -> Flow[Maybe[tuple[Ref, ...]]]:
        """The repository's own refs that the patterns mean."""
        ...

    def containing(self, patterns: tuple[str, ...], head: str) -> Flow[Maybe[tuple[Ref, ...]]]:
        """Those of them that hold ``head``, with the commit that each is on."""
        ...

    def in_repository(self, held: Maybe[tuple[Ref, ...]], head: str) -> Flow[Maybe[bool]]:
        """Whether the repository's own refs (``held`` are release refs that do) hold ``head``."""
        ...

    def ask_merges(self, graph: Graph) -> Flow[None]:
        """Ask early for what ``told`` needs."""
        ...

    def told(self, graph: Graph, rows: Activities, requests: Requests) -> Flow[Merges]:
        """Which rows are the forge's own merges, where these do not say so themselves."""
        ...
