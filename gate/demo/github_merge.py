"""The three merge buttons, making the commits that GitHub makes.

Merge and squash commits are written by the forge: committer GitHub <noreply@github.com>, signed by
it. Rebased commits keep their author, have the person who merged as committer and no signature.
"""

from __future__ import annotations

from datetime import datetime

from gate.demo.github_graph import CommitGraph
from gate.demo.github_state import WEB_FLOW, GitHubUser, MergeMethod, PullRequest
from gate.demo.repository import Author, CommitPlan


def land(
    graph: CommitGraph, pull: PullRequest, by: GitHubUser, at: datetime, method: MergeMethod
) -> tuple[str, ...]:
    """The new commits of the base branch, oldest first; ``GitError`` where there is a conflict."""
    if method == "rebase":
        return _rebased(graph, pull, by, at)
    if method == "merge":
        first = f"Merge pull request #{pull.number} from {pull.head_owner}/{pull.head_ref}"
        text, author = f"{first}\n\n{pull.title}", by.identity
        parents: tuple[str, ...] = (pull.base_sha, pull.head_sha)
    else:
        text = f"{pull.title} (#{pull.number}){_co_authors(graph, pull)}"
        author, parents = pull.author.identity, (pull.base_sha,)
    tree = graph.git.merge_tree(pull.base_sha, pull.head_sha)
    return (graph.git.commit_tree(tree, CommitPlan(text, author, at, parents, committer=WEB_FLOW)),)


def _rebased(
    graph: CommitGraph, pull: PullRequest, by: GitHubUser, at: datetime
) -> tuple[str, ...]:
    tip = pull.base_sha
    landed: list[str] = []
    for sha in graph.between(pull.base_sha, pull.head_sha):
        old = graph.commits[sha]
        if len(old.parents) > 1:
            continue
        name, email, written = old.author
        plan = CommitPlan(
            old.message,
            Author(name, email),
            written,
            (tip,),
            committer=by.identity,
            committed_at=at,
        )
        tip = graph.git.commit_tree(graph.git.replay(sha, tip), plan)
        landed.append(tip)
    return tuple(landed)


def _co_authors(graph: CommitGraph, pull: PullRequest) -> str:
    own = {*pull.author.emails, pull.author.identity.email}
    commits = (graph.commits[sha] for sha in graph.between(pull.base_sha, pull.head_sha))
    others = {commit.author[:2]: None for commit in commits if commit.author[1] not in own}
    lines = [f"Co-authored-by: {name} <{email}>" for name, email in others]
    return "\n\n" + "\n".join(lines) if lines else ""
