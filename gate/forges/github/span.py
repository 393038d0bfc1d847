"""The range of commits: what lies between base and head, or what brought a first head."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from gate.forges import refs as names
from gate.forges.github import parse
from gate.forges.github.graph import Graph
from gate.forges.github.parse import FORGE_MERGES, ZERO, Activity, Comparison, PullRow
from gate.forges.github.source import Source
from gate.forges.github.talk import (
    PAGE,
    Ask,
    Flow,
    all_of,
    every_page,
    incomplete,
    read,
    side_by_side,
)
from gate.frozen import dataclass
from gate.model import Commit, Maybe, Problem, ProblemKind

MOST_COMMITS = 1_000
MOST_PULL_COMMITS = 250  # GitHub lists no more of a pull request


@dataclass(frozen=True, slots=True)
class Span:
    """The range: its graph, and whether the base is an ancestor of the head.

    ``graph`` is a Problem where the commits could not be had or are none.
    """

    graph: Maybe[Graph]
    base_is_ancestor: bool


def compared(source: Source, base: str, head: str) -> Flow[Maybe[Span]]:
    """base..head by ``GET compare/{base}...{head}``: every page, counted against its total."""
    ask = _compare(source, base, head)
    (answer,) = yield from source.talk.ask(ask.but(page="1"))
    first = read(ask, answer, parse.comparison)
    if isinstance(first, Problem):
        return (yield from _which_is_missing(source, base, head, first))
    if first.base != base:
        return incomplete(ask, "GitHub compared with another base than the one asked for")
    if first.status in {"behind", "identical"}:
        return Span(_nothing(ask, first.status), first.status == "identical")
    if first.status not in {"ahead", "diverged"}:
        return incomplete(ask, "GitHub does not say how head and base are related")
    pages = ceil(first.total / max(1, len(first.commits)))
    if first.total > MOST_COMMITS:
        cause = f"{first.total} commits lie between base and head, more than {MOST_COMMITS}"
        return incomplete(ask, cause, "deploy in smaller steps, or check the base")
    asks = [ask.but(page=str(n)) for n in range(2, pages + 1)]
    answers = yield from source.talk.ask(*asks)
    later = [read(a, answer, parse.comparison) for a, answer in zip(asks, answers, strict=True)]
    graph = _whole(ask, head, first, later)
    is_ancestor = first.status == "ahead" and first.merge_base == base
    if is_ancestor and isinstance(graph, Graph) and base not in graph.outside:
        graph = incomplete(ask, "no commit of the range stands on the base", "run again")
    return Span(graph, is_ancestor)


def _compare(source: Source, base: str, head: str) -> Ask:
    return source.at("compare", f"{base}...{head}").but(per_page=str(PAGE))


def _whole(ask: Ask, head: str, first: Comparison, later: list[Maybe[Comparison]]) -> Maybe[Graph]:
    commits: list[Commit] = list(first.commits)
    for page in later:
        if isinstance(page, Problem):
            return page
        commits.extend(page.commits)
    if len(commits) != first.total:
        cause = f"GitHub says {first.total} commits and lists {len(commits)}"
        return incomplete(ask, cause, "run again")
    graph = Graph.of(tuple(commits), head)
    return graph or incomplete(ask, "the commits listed do not make up a range to the head")


def _nothing(ask: Ask, status: str) -> Problem:
    if status == "identical":
        cause = "base and head are the same commit, so there is no change to judge"
    else:
        cause = "the head is older than the base, so it brings nothing that can be judged"
    return incomplete(ask, cause, "deploy a commit that contains the one deployed last")


def _which_is_missing(source: Source, base: str, head: str, problem: Problem) -> Flow[Problem]:
    """A comparison that is not found may lack either commit, or have no common ancestor."""
    if problem.kind is not ProblemKind.HIDDEN:
        return problem
    found = yield from side_by_side(source.commit(head), source.commit(base))
    for commit, name in zip(found, ("the commit to deploy", "the base commit"), strict=True):
        if isinstance(commit, Problem) and commit.kind is ProblemKind.HIDDEN:
            return Problem(
                ProblemKind.HIDDEN,
                "github",
                commit.request,
                f"{name} is not in the repository, or hidden from us",
                "push it, check its id, and check that the token may read the repository",
            )
        if isinstance(commit, Problem):
            return commit
    return problem


# ---------------------------------------------------------------- first deployments


def first_range(source: Source, refs: tuple[str, ...], head: str) -> Flow[Maybe[Span]]:
    """What brought the head: the merge of its pull request, else its push.

    Both by the activity of the release ``refs`` and of what the pull request was merged into; for a
    head on none of them, the commits of its pull request.
    """
    pulls, _ = yield from side_by_side(
        _merged_pulls(source, head), all_of([source.activity(ref, lambda _: True) for ref in refs])
    )
    if isinstance(pulls, Problem):
        return pulls
    merged = _merge_places(pulls)
    tips = {head, *merged.values()}

    def brought(rows: tuple[Activity, ...]) -> bool:
        return any(row.push.after in tips for row in rows)

    places = tuple(dict.fromkeys((*refs, *merged)))
    lists = yield from all_of([source.activity(ref, brought) for ref in places])
    found: list[Activity] = []
    for rows in lists:
        if isinstance(rows, Problem):
            return rows
        found.extend(row for row in rows if _brings(row, head, refs, merged))
    if not found:
        return (yield from _from_pull(source, head, pulls))
    befores = {row.push.before for row in found if not ZERO.fullmatch(row.push.before)}
    if not befores:
        return (yield from _from_root(source, head))
    return (yield from _widest(source, sorted(befores), head))


def _brings(row: Activity, head: str, refs: tuple[str, ...], merged: Mapping[str, str]) -> bool:
    """Whether the row left a release ref at the head or a merge of it, or the forge merged there.

    A push to any other ref, in whatever small steps, says nothing of how the head is released.
    """
    push = row.push
    if push.ref in refs:
        return push.after in {head, *merged.values()}
    return row.kind in FORGE_MERGES and push.after == merged.get(push.ref)


def _merged_pulls(source: Source, head: str) -> Flow[Maybe[tuple[PullRow, ...]]]:
    """The head's pull requests; the activity of what they were merged into is asked for early."""
    pulls = yield from source.pulls_of(head)
    if not isinstance(pulls, Problem):
        yield from all_of([source.activity(ref, lambda _: True) for ref in _merge_places(pulls)])
    return pulls


def _merge_places(pulls: tuple[PullRow, ...]) -> dict[str, str]:
    """Refs that pull requests were merged into, and the commit that the merge left there."""
    return {names.HEADS + pull.base_ref: pull.merge_sha for pull in pulls if pull.merge_sha}


def _widest(source: Source, befores: list[str], head: str) -> Flow[Maybe[Span]]:
    """The largest range of those that a push or merge brought.

    Whoever pushes the head to some other release ref in small steps must not narrow the range.
    """
    spans = yield from all_of([compared(source, before, head) for before in befores])
    graphs: list[Graph] = []
    for found in spans:
        graph = found if isinstance(found, Problem) else found.graph
        if isinstance(graph, Problem):
            return graph
        graphs.append(graph)
    return Span(max(graphs, key=lambda graph: len(graph.commits)), base_is_ancestor=True)


def _from_root(source: Source, head: str) -> Flow[Maybe[Span]]:
    """The whole history, where a ref was created at the head and nothing else brought it."""
    ask = source.at("commits").but(sha=head)
    listed = yield from every_page(source.talk, ask, parse.commit)
    if isinstance(listed, Problem):
        return listed
    graph = Graph.of(listed, head)
    if graph is None or graph.outside:
        return incomplete(ask, "the whole history of the head could not be read", "give --base")
    return Span(graph, base_is_ancestor=True)


def _from_pull(source: Source, head: str, pulls: tuple[PullRow, ...]) -> Flow[Maybe[Span]]:
    own = [pull for pull in pulls if pull.head_sha == head]
    if len(own) != 1:
        cause = (
            "neither a pull request nor a push to a release ref is known to have brought the head"
        )
        remedy = "deploy the tip of a release ref or of one pull request; a merge of the last "
        return incomplete(f"GET commits/{head}/pulls", cause, remedy + "minute may need another")
    commits = yield from source.commits_of(own[0].number)
    if isinstance(commits, Problem):
        return commits
    graph = Graph.of(commits, head)
    if graph is None or len(commits) >= MOST_PULL_COMMITS:
        cause = "the commits of the head's pull request are not provably all"
        return incomplete(f"GET pulls/{own[0].number}/commits", cause, "split the pull request")
    return Span(graph, base_is_ancestor=True)
