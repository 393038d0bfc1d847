"""GitHub as a ``Source``: what the flows that know no forge ask of it."""

from __future__ import annotations

from datetime import datetime

from gate.forges.github import releases, reviews, span
from gate.forges.github.asking import Asking
from gate.forges.graph import Graph
from gate.forges.range import Span
from gate.forges.rows import PullLink, PullRow, Ref
from gate.forges.source import Activities, Merges, Requests
from gate.forges.talk import Flow, done, side_by_side
from gate.frozen import dataclass
from gate.model import Approval, Maybe


@dataclass(frozen=True, slots=True)
class GitHubSource(Asking):
    """A repository ``slug`` ("acme/shop"), the talk it is asked in, and the path of GraphQL."""

    def elsewhere(self, slug: str) -> GitHubSource:
        """Another repository, such as a fork."""
        return GitHubSource(self.talk, slug, self.graphql)

    def recent(self) -> Flow[Maybe[tuple[PullRow, ...]]]:
        """None: many commits are asked about at once."""
        return done(())

    def merged_into(self, _link: PullLink) -> Flow[Maybe[tuple[PullRow, ...]] | None]:
        """Not asked: each commit tells whose it is."""
        return done(None)

    def ask_reviews(self, number: int) -> Flow[None]:
        """Ask early for the reviews, and for what became of them."""
        yield from side_by_side(self.reviews_of(number), reviews.timeline(self, number))

    def decisions(self, row: PullRow) -> Flow[Maybe[tuple[Approval, ...]]]:
        """Each person's latest decisive review."""
        listed = yield from self.reviews_of(row.number)
        return (yield from reviews.decisions(self, row.number, listed))

    def retargeted(self, number: int) -> Flow[Maybe[datetime | None]]:
        """When it was last given another base."""
        return reviews.retargeted(self, number)

    def compared(self, base: str, head: str) -> Flow[Maybe[Span]]:
        """The range base..head."""
        return span.compared(self, base, head)

    def history(self, head: str) -> Flow[Maybe[Span]]:
        """The whole history of ``head``."""
        return span.history(self, head)

    def matching(self, patterns: tuple[str, ...]) -> Flow[Maybe[tuple[Ref, ...]]]:
        """The repository's own refs that the patterns mean."""
        return releases.matching(self, patterns)

    def containing(self, patterns: tuple[str, ...], head: str) -> Flow[Maybe[tuple[Ref, ...]]]:
        """Those of them that hold ``head``."""
        return releases.containing(self, patterns, head)

    def in_repository(self, held: Maybe[tuple[Ref, ...]], head: str) -> Flow[Maybe[bool]]:
        """Whether one of the repository's own branches holds ``head``."""
        return releases.in_repository(self, held, head)

    def ask_merges(self, _graph: Graph) -> Flow[None]:
        """Nothing: each row of activity says whether GitHub merged."""
        return done(None)

    def told(self, _graph: Graph, _rows: Activities, _requests: Requests) -> Flow[Merges]:
        """None beside those that say so themselves."""
        return done(frozenset())
