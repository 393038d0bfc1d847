"""The range of commits by GitHub's comparison, or the whole history of a commit."""

from __future__ import annotations

from math import ceil

from gate.forges.github import parse
from gate.forges.github.asking import Asking
from gate.forges.github.parse import Comparison
from gate.forges.graph import Graph
from gate.forges.range import Span, nothing, which_is_missing
from gate.forges.talk import (
    PAGE,
    Ask,
    Flow,
    every_page,
    incomplete,
    read,
)
from gate.model import Commit, Maybe, Problem, ProblemKind

MOST_COMMITS = 1_000


def compared(source: Asking, base: str, head: str) -> Flow[Maybe[Span]]:
    """base..head by ``GET compare/{base}...{head}``: every page, counted against its total."""
    ask = _compare(source, base, head)
    (answer,) = yield from source.talk.ask(ask.but(page="1"))
    first = read(ask, answer, parse.comparison)
    if isinstance(first, Problem):
        return (yield from _which_is_missing(source, base, head, first))
    if first.base != base:
        return incomplete(ask, "GitHub compared with another base than the one asked for")
    if first.status in {"behind", "identical"}:
        return Span(nothing(ask, first.status), first.status == "identical")
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


def _compare(source: Asking, base: str, head: str) -> Ask:
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


def _which_is_missing(source: Asking, base: str, head: str, problem: Problem) -> Flow[Problem]:
    """A comparison that is not found may lack either commit, or have no common ancestor."""
    if problem.kind is not ProblemKind.HIDDEN:
        return problem
    return (yield from which_is_missing(source.commit(head), source.commit(base), problem))


def history(source: Asking, head: str) -> Flow[Maybe[Span]]:
    """The whole history, where a ref was created at the head and nothing else brought it."""
    ask = source.at("commits").but(sha=head)
    listed = yield from every_page(source.talk, ask, parse.commit)
    if isinstance(listed, Problem):
        return listed
    graph = Graph.of(listed, head)
    if graph is None or graph.outside:
        return incomplete(ask, "the whole history of the head could not be read", "give --base")
    return Span(graph, base_is_ancestor=True)
