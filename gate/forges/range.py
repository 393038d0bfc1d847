"""The range of commits that a deployment brings, as a forge's reader yields it."""

from __future__ import annotations

from gate.forges.graph import Graph
from gate.forges.talk import Ask, Flow, incomplete, side_by_side
from gate.frozen import dataclass
from gate.model import Commit, Maybe, Problem, ProblemKind


@dataclass(frozen=True, slots=True)
class Span:
    """The range: its graph, and whether the base is an ancestor of the head.

    ``graph`` is a Problem where the commits could not be had or are none.
    """

    graph: Maybe[Graph]
    base_is_ancestor: bool


def nothing(ask: Ask, status: str) -> Problem:
    """Why a range of no commits is none: ``status`` is "identical", or the head is older."""
    if status == "identical":
        cause = "base and head are the same commit, so there is no change to judge"
    else:
        cause = "the head is older than the base, so it brings nothing that can be judged"
    return incomplete(ask, cause, "deploy a commit that contains the one deployed last")


def which_is_missing(
    head: Flow[Maybe[Commit]], base: Flow[Maybe[Commit]], problem: Problem
) -> Flow[Problem]:
    """Which of two commits is not there, where a comparison of them was not found."""
    found = yield from side_by_side(head, base)
    for commit, name in zip(found, ("the commit to deploy", "the base commit"), strict=True):
        if isinstance(commit, Problem) and commit.kind is ProblemKind.HIDDEN:
            return Problem(
                ProblemKind.HIDDEN,
                commit.service,
                commit.request,
                f"{name} is not in the repository, or hidden from us",
                "push it, check its id, and check that the token may read the repository",
            )
        if isinstance(commit, Problem):
            return commit
    return problem
