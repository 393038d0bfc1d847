"""GitLab as a ``Source``: what the flows that know no forge ask of it."""

from __future__ import annotations

from datetime import datetime

from gate.forges.gitlab import merges, releases, reviews, span, targets
from gate.forges.gitlab.asking import Asking
from gate.forges.graph import Graph
from gate.forges.range import Span
from gate.forges.rows import PullRow, Ref
from gate.forges.source import Activities, Merges, Requests
from gate.forges.talk import Flow
from gate.frozen import dataclass
from gate.model import Approval, Maybe


@dataclass(frozen=True, slots=True)
class GitLabSource(Asking):
    """A project ``slug``, its path ("acme/shop") or number, and the talk it is asked in."""

    def elsewhere(self, slug: str) -> GitLabSource:
        """Another project, such as a fork, which merge requests know by its number."""
        return GitLabSource(self.talk, slug)

    def ask_reviews(self, number: int) -> Flow[None]:
        """Ask early for approvals, versions and reviewers."""
        return reviews.ask(self, number)

    def decisions(self, row: PullRow) -> Flow[Maybe[tuple[Approval, ...]]]:
        """The approvals and objections that stand."""
        return reviews.decisions(self, row)

    def retargeted(self, number: int) -> Flow[Maybe[datetime | None]]:
        """When it was last given another target."""
        return targets.retargeted(self, number)

    def compared(self, base: str, head: str) -> Flow[Maybe[Span]]:
        """The range base..head."""
        return span.compared(self, base, head)

    def history(self, head: str) -> Flow[Maybe[Span]]:
        """The whole history of ``head``."""
        return span.history(self, head)

    def matching(self, patterns: tuple[str, ...]) -> Flow[Maybe[tuple[Ref, ...]]]:
        """The project's own refs that the patterns mean."""
        return releases.matching(self, patterns)

    def containing(self, patterns: tuple[str, ...], head: str) -> Flow[Maybe[tuple[Ref, ...]]]:
        """Those of them that hold ``head``."""
        return releases.containing(self, patterns, head)

    def in_repository(self, held: Maybe[tuple[Ref, ...]], head: str) -> Flow[Maybe[bool]]:
        """Whether one of the project's own branches or tags holds ``head``."""
        return releases.in_repository(self, held, head)

    def ask_merges(self, graph: Graph) -> Flow[None]:
        """Ask early what the merge commits of the range bring."""
        return merges.ask(self, graph)

    def told(self, graph: Graph, rows: Activities, requests: Requests) -> Flow[Merges]:
        """The rows that are GitLab's own merges."""
        return merges.told(self, graph, rows, requests)
