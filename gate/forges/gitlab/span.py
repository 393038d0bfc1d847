"""The range of commits by GitLab's lists, proved whole by how the commits hang together.

GitLab does not count the commits of a range. They are all if each leads to the head, and whatever
one of them stands on that is not among them is the base, or an ancestor of it.
"""

from __future__ import annotations

from gate.forges.gitlab.asking import Asking
from gate.forges.graph import Graph
from gate.forges.range import Span, nothing, which_is_missing
from gate.forges.talk import Ask, Flow, all_of, incomplete, side_by_side
from gate.model import Maybe, Problem, ProblemKind

MOST_ENDS = 60  # ancestors of the base that a range may stand on


def compared(source: Asking, base: str, head: str) -> Flow[Maybe[Span]]:
    """base..head, and whether the base is an ancestor of the head."""
    ask = source.at("repository", "commits").but(ref_name=f"{base}..{head}")
    commits, common = yield from side_by_side(
        source.range_of(f"{base}..{head}"), source.merge_base(base, head)
    )
    for found in (common, commits):
        if isinstance(found, Problem):
            return (yield from _missing(source, base, head, found))
    if isinstance(commits, Problem) or isinstance(common, Problem):
        raise TypeError("a range with a problem in it")
    if common == head:
        return Span(nothing(ask, "identical" if base == head else "behind"), base == head)
    graph = Graph.of(commits, head)
    if graph is None:
        cause = "the commits listed do not make up a range to the head"
        return Span(incomplete(ask, cause, "run again"), common == base)
    problem = yield from _ends(source, ask, graph, base)
    if problem is None and common == base and base not in graph.outside:
        problem = incomplete(ask, "no commit of the range stands on the base", "run again")
    return Span(problem or graph, common == base)


def history(source: Asking, head: str) -> Flow[Maybe[Span]]:
    """The whole history of ``head``, down to its roots."""
    ask = source.at("repository", "commits").but(ref_name=head)
    commits = yield from source.range_of(head)
    if isinstance(commits, Problem):
        return commits
    graph = Graph.of(commits, head)
    if graph is None or graph.outside:
        return incomplete(ask, "the whole history of the head could not be read", "give --base")
    return Span(graph, base_is_ancestor=True)


def _ends(source: Asking, ask: Ask, graph: Graph, base: str) -> Flow[Problem | None]:
    """Whether the range ends at the base and its ancestors only; a Problem where it does not."""
    ends = sorted(graph.outside - {base})
    if len(ends) > MOST_ENDS:
        cause = f"the range stands on {len(ends)} commits that are older than the base"
        return incomplete(ask, cause, "deploy in smaller steps")
    commons = yield from all_of([source.merge_base(end, base) for end in ends])
    for end, common in zip(ends, commons, strict=True):
        if isinstance(common, Problem):
            return common
        if common != end:
            cause = "GitLab does not list all commits between base and head"
            return incomplete(ask, cause, "run again")
    return None


def _missing(source: Asking, base: str, head: str, problem: Problem) -> Flow[Problem]:
    if problem.kind is not ProblemKind.HIDDEN:
        return problem
    return (yield from which_is_missing(source.commit(head), source.commit(base), problem))
