"""The pull requests of a range, each with what makes it up."""

from __future__ import annotations

from datetime import datetime

from gate.forges import refs as names
from gate.forges.graph import Graph
from gate.forges.pushes import pushes_to
from gate.forges.rows import FORGE_MERGES, MAYBE_MERGES, Activity, PullLink, PullRow
from gate.forges.source import Source
from gate.forges.talk import Flow, all_of, incomplete, side_by_side
from gate.frozen import dataclass
from gate.model import Approval, Commit, Maybe, Problem, Push


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request whole: ``commits`` are its own, provably all.

    ``rows`` are the activity of its head branch that led to its head. ``in_fork``: it was opened
    in a fork, to bring something into a branch of that fork. ``retargeted_at`` is None where it
    always had its base.
    """

    row: PullRow
    commits: tuple[Commit, ...]
    reviews: Maybe[tuple[Approval, ...]]
    rows: Maybe[tuple[Activity, ...]]
    in_fork: bool
    retargeted_at: Maybe[datetime | None]

    @property
    def base(self) -> str:
        """The whole name of the ref that it was to be merged into."""
        return names.HEADS + self.row.base_ref

    @property
    def shas(self) -> frozenset[str]:
        """Its own commits."""
        return frozenset(commit.sha for commit in self.commits)

    @property
    def pushes(self) -> Maybe[tuple[Push, ...]]:
        """The pushes to its head branch."""
        return self.rows if isinstance(self.rows, Problem) else tuple(r.push for r in self.rows)

    @property
    def merged_here(self) -> frozenset[str]:
        """What the forge's merging of other pull requests left its head branch at."""
        return self._left_by(FORGE_MERGES)

    @property
    def maybe_merged_here(self) -> frozenset[str]:
        """What may have been left there by a merge, where the forge does not tell it from a push.

        Its own commits are asked about anyhow.
        """
        return self.merged_here | (self._left_by(MAYBE_MERGES) - self.shas)

    def _left_by(self, kinds: frozenset[str]) -> frozenset[str]:
        rows = () if isinstance(self.rows, Problem) else self.rows
        return frozenset(row.push.after for row in rows if row.kind in kinds)


def ahead(source: Source, head: str) -> Flow[None]:
    """Ask early for what makes up the head's pull requests, while the range is not yet known.

    Those of their commits that the forge squashed or rebased are in no range.
    """
    listed = yield from source.pulls_of(head)
    rows = () if isinstance(listed, Problem) else listed
    mine = [row for row in rows if row.base_repository.lower() == source.slug.lower()]
    yield from all_of([_ahead(source, head, row) for row in mine])


def _ahead(source: Source, head: str, row: PullLink) -> Flow[None]:
    _, commits = yield from _asked(source, row)
    inside = yield from source.merged_into(row)
    has_told = inside is not None and not isinstance(inside, Problem)
    if not has_told and row.merge_sha == head and not isinstance(commits, Problem):
        yield from all_of([source.pulls_of(commit.sha) for commit in commits])


def detail(source: Source, graph: Graph, listed: PullLink, *, in_fork: bool) -> Flow[Maybe[Pull]]:
    """The pull request itself, its commits, reviews and pushes, asked together."""
    row, commits = yield from _asked(source, listed)
    if isinstance(row, Problem):
        return row
    commits = _all_commits(source, listed, row, commits)
    if isinstance(commits, Problem):
        return commits
    decided: Maybe[tuple[Approval, ...]]
    rows, decided, retargeted = yield from side_by_side(
        _pushes(source, graph, row, commits),
        source.decisions(row),
        source.retargeted(row.number),
    )
    return Pull(row, commits, decided, rows, in_fork, retargeted)


def _asked(
    source: Source, listed: PullLink
) -> Flow[tuple[Maybe[PullRow], Maybe[tuple[Commit, ...]]]]:
    """What can be asked at once: itself, commits, reviews, and the first pushes to its branches."""
    (row, commits), _ = yield from side_by_side(
        side_by_side(source.pull(listed.number), source.commits_of(listed.number)),
        side_by_side(
            source.ask_reviews(listed.number),
            all_of([_first_page(source, listed), _base_page(source, listed)]),
            source.merged_into(listed),
        ),
    )
    return row, commits


def _all_commits(
    source: Source, listed: PullLink, row: PullRow, commits: Maybe[tuple[Commit, ...]]
) -> Maybe[tuple[Commit, ...]]:
    ask, host = source.commits_ask(row.number), source.talk.host
    if isinstance(commits, Problem):
        return commits
    if row.number != listed.number or row.head_sha != listed.head_sha:
        return incomplete(ask, f"the {host.pull} changed while it was read", "run again")
    shas = {commit.sha for commit in commits}
    count = len(shas) if row.commit_count is None else row.commit_count
    if len(commits) != count or len(shas) != len(commits):
        cause = f"the {host.pull} has {count} commits and {host.title} lists {len(commits)}"
        remedy = f"{host.title} lists only so many: split {host.pull}s that are larger"
        return incomplete(ask, cause, remedy)
    if row.head_sha not in shas:
        return incomplete(ask, f"the {host.pull}'s commits do not include its head", "run again")
    return commits


# ---------------------------------------------------------------- pushes to its head branch


def _first_page(source: Source, row: PullLink) -> Flow[Maybe[tuple[Activity, ...]]]:
    return (yield from _activity(source, row, frozenset()))


def _base_page(source: Source, row: PullLink) -> Flow[Maybe[tuple[Activity, ...]]]:
    return (yield from source.activity(names.HEADS + row.base_ref, lambda _: True))


def _activity(
    source: Source, row: PullLink, stops: frozenset[str]
) -> Flow[Maybe[tuple[Activity, ...]]]:
    """The activity of the head branch, in its fork if it is in one; one page without ``stops``."""

    def enough(rows: tuple[Activity, ...]) -> bool:
        return not stops or pushes_to(row.head_sha, rows, stops, row.merged_at) is not None

    pull = source.talk.host.pull
    if not row.head_repository:
        cause = f"the fork that the {pull} came from is gone, and its pushes with it"
        ask = source.activity_ask(row.number)
        return incomplete(ask, cause, f"open the {pull} again from a branch that exists")
    fork = source.elsewhere(row.head_repository)
    return (yield from fork.activity(names.HEADS + row.head_ref, enough))


def _pushes(
    source: Source, graph: Graph, row: PullRow, commits: tuple[Commit, ...]
) -> Flow[Maybe[tuple[Activity, ...]]]:
    """The pushes that led the head branch to the pull request's head.

    They reach back to the branch's creation, or to a commit that the branch stood on: a parent of
    the pull request's commits or of the range that is in neither.
    """
    own = {commit.sha for commit in commits}
    parents = {parent for commit in commits for parent in commit.parents}
    stops = frozenset((parents - own) | graph.outside)
    listed = yield from _activity(source, row, stops)
    if isinstance(listed, Problem):
        return listed
    found = pushes_to(row.head_sha, listed, stops, row.merged_at)
    if found is None:
        pull = source.talk.host.pull
        cause = f"the list of pushes does not reach from the {pull}'s head to where it began"
        remedy = "run again in a minute; if it stays, push the branch anew and have it approved"
        return incomplete(source.activity_ask(row.number), cause, remedy)
    return found
