"""The merge button, making the commits that GitLab makes.

By the project's merge method and the request's squash option: a merge commit of the head, a merge
commit of one squashed commit, the head itself (fast-forward), or one squashed commit. Merge commits
carry the person who merged as author and committer, squashed ones the request's author.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gate.demo.github_graph import CommitGraph
from gate.demo.gitlab_state import GitLabUser, MergeHow, MergeRequest
from gate.demo.repository import CommitPlan, GitError


@dataclass(frozen=True, slots=True)
class Landed:
    """What the target is on now, and what GitLab noted: "" for a commit that it did not make."""

    tip: str
    merge: str
    squash: str


def land(
    graph: CommitGraph,
    request: MergeRequest,
    project: str,
    target: str,
    by: GitLabUser,
    at: datetime,
    method: MergeHow,
) -> Landed:
    """Make the commits; ``GitError`` where there is a conflict or no fast-forward."""
    squash = _squashed(graph, request, target, by, at) if method.startswith("squash") else ""
    source = squash or request.head
    if method in {"ff", "squash-ff"}:
        if not squash and target not in graph.ancestors(source):
            raise GitError("fast-forward merge is not possible")
        return Landed(source, "", squash)
    first = f"Merge branch '{request.source_branch}' into '{request.target_branch}'"
    text = f"{first}\n\n{request.title}\n\nSee merge request {project}!{request.iid}"
    tree = graph.git.merge_tree(target, source)
    plan = CommitPlan(text, by.identity, at, (target, source))
    made = graph.git.commit_tree(tree, plan)
    return Landed(made, made, squash)


def _squashed(
    graph: CommitGraph, request: MergeRequest, target: str, by: GitLabUser, at: datetime
) -> str:
    tree = graph.git.merge_tree(target, request.head)
    plan = CommitPlan(request.title, request.author.identity, at, (target,), committer=by.identity)
    made = graph.git.commit_tree(tree, plan)
    graph.take_in(made)
    return made
