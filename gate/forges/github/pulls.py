"""The pull requests of a range, each with what makes it up."""

from __future__ import annotations

from collections.abc import Iterable

from gate.forges import refs as names
from gate.forges.github.graph import Graph
from gate.forges.github.parse import Activity, PullRow, Review
from gate.forges.github.pushes import pushes_to
from gate.forges.github.reviews import decisions
from gate.forges.github.source import Source
from gate.forges.github.span import MOST_PULL_COMMITS
from gate.forges.github.talk import Flow, all_of, incomplete, side_by_side
from gate.frozen import dataclass
from gate.model import Approval, Commit, Maybe, Problem, Push

MOST_ASKED = 300  # commits whose pull requests are asked for


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request whole: ``commits`` are its own, provably all."""

    row: PullRow
    commits: tuple[Commit, ...]
    reviews: Maybe[tuple[Approval, ...]]
    pushes: Maybe[tuple[Push, ...]]

    @property
    def shas(self) -> frozenset[str]:
        """Its own commits."""
        return frozenset(commit.sha for commit in self.commits)


def pulls_of_range(source: Source, graph: Graph) -> Flow[Maybe[tuple[Pull, ...]]]:
    """Every pull request into this repository that GitHub links to a commit of the range.

    First those of the head's line of first parents, where merges are; then, side by side with the
    details of those found, those of side commits that no merge explains (a branch merged by hand).
    """
    line = graph.first_parents(graph.head)
    if len(graph.commits) > MOST_ASKED:
        cause = f"the range has {len(graph.commits)} commits, more than {MOST_ASKED}"
        return incomplete("GET commits/{sha}/pulls", cause, "deploy in smaller steps")
    rows, _ = yield from side_by_side(_linked(source, line), _ahead(source, graph.head))
    if isinstance(rows, Problem):
        return rows
    merged = {row.merge_sha for row in rows.values() if row.merge_sha}
    sides = frozenset[str]().union(*(graph.reach(sha) for sha in line if sha in merged))
    unexplained = sorted(graph.side_commits() - sides)
    known, more = yield from side_by_side(
        _details(source, graph, rows), _linked(source, unexplained)
    )
    if isinstance(known, Problem):
        return known
    if isinstance(more, Problem):
        return more
    fresh = {number: row for number, row in more.items() if number not in rows}
    others = yield from _details(source, graph, fresh)
    return others if isinstance(others, Problem) else (*known, *others)


def _ahead(source: Source, head: str) -> Flow[None]:
    """Ask early for the details of the head's pull requests, if these are known already."""
    if source.pulls_ask(head) not in source.talk.known:
        return
    listed = yield from source.pulls_of(head)
    yield from all_of(
        [_asked(source, row) for row in (() if isinstance(listed, Problem) else listed)]
    )


def _linked(source: Source, shas: Iterable[str]) -> Flow[Maybe[dict[int, PullRow]]]:
    lists = yield from all_of([source.pulls_of(sha) for sha in shas])
    found: dict[int, PullRow] = {}
    for listed in lists:
        if isinstance(listed, Problem):
            return listed
        for row in listed:
            if row.base_repository.lower() == source.slug.lower():
                found[row.number] = row
    return found


def _details(
    source: Source, graph: Graph, rows: dict[int, PullRow]
) -> Flow[Maybe[tuple[Pull, ...]]]:
    found = yield from all_of([_detail(source, graph, rows[number]) for number in sorted(rows)])
    problem = next((pull for pull in found if isinstance(pull, Problem)), None)
    return problem or tuple(pull for pull in found if isinstance(pull, Pull))


def _detail(source: Source, graph: Graph, listed: PullRow) -> Flow[Maybe[Pull]]:
    """The pull request itself, its commits, reviews and pushes, asked together."""
    row, commits, reviews = yield from _asked(source, listed)
    if isinstance(row, Problem):
        return row
    commits = _all_commits(listed, row, commits)
    if isinstance(commits, Problem):
        return commits
    decided: Maybe[tuple[Approval, ...]]
    pushes, decided = yield from side_by_side(
        _pushes(source, graph, row, commits),
        decisions(source, listed.number, reviews),
    )
    return Pull(row, commits, decided, pushes)


def _asked(
    source: Source, listed: PullRow
) -> Flow[tuple[Maybe[PullRow], Maybe[tuple[Commit, ...]], Maybe[tuple[Review, ...]]]]:
    """What can be asked at once: itself, commits, reviews, and the first pushes to its branches."""
    (row, commits), (reviews, _) = yield from side_by_side(
        side_by_side(source.pull(listed.number), source.commits_of(listed.number)),
        side_by_side(
            source.reviews_of(listed.number),
            all_of([_first_page(source, listed), _base_page(source, listed)]),
        ),
    )
    return row, commits, reviews


def _all_commits(
    listed: PullRow, row: PullRow, commits: Maybe[tuple[Commit, ...]]
) -> Maybe[tuple[Commit, ...]]:
    ask = f"GET pulls/{row.number}/commits"
    if isinstance(commits, Problem):
        return commits
    if row.number != listed.number or row.head_sha != listed.head_sha:
        return incomplete(ask, "the pull request changed while it was read", "run again")
    shas = {commit.sha for commit in commits}
    if len(commits) != row.commit_count or len(shas) != len(commits):
        cause = f"the pull request has {row.commit_count} commits and GitHub lists {len(commits)}"
        remedy = f"GitHub lists at most {MOST_PULL_COMMITS}: split pull requests that are larger"
        return incomplete(ask, cause, remedy)
    if row.head_sha not in shas:
        return incomplete(ask, "the pull request's commits do not include its head", "run again")
    return commits


# ---------------------------------------------------------------- pushes to its head branch


def _first_page(source: Source, row: PullRow) -> Flow[Maybe[tuple[Activity, ...]]]:
    return (yield from _activity(source, row, frozenset()))


def _base_page(source: Source, row: PullRow) -> Flow[Maybe[tuple[Activity, ...]]]:
    return (yield from source.activity(names.HEADS + row.base_ref, lambda _: True))


def _activity(
    source: Source, row: PullRow, stops: frozenset[str]
) -> Flow[Maybe[tuple[Activity, ...]]]:
    """The activity of the head branch, in its fork if it is in one; one page without ``stops``."""

    def enough(rows: tuple[Activity, ...]) -> bool:
        return not stops or pushes_to(row.head_sha, rows, stops, row.merged_at) is not None

    if not row.head_repository:
        label = f"GET pulls/{row.number}"
        cause = "the fork that the pull request came from is gone, and its pushes with it"
        return incomplete(label, cause, "open the pull request again from a branch that exists")
    fork = Source(source.talk, row.head_repository)
    return (yield from fork.activity(names.HEADS + row.head_ref, enough))


def _pushes(
    source: Source, graph: Graph, row: PullRow, commits: tuple[Commit, ...]
) -> Flow[Maybe[tuple[Push, ...]]]:
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
        cause = "the list of pushes does not reach from the pull request's head to where it began"
        remedy = "run again in a minute; if it stays, push the branch anew and have it approved"
        return incomplete(f"GET activity of pull request {row.number}", cause, remedy)
    return found
