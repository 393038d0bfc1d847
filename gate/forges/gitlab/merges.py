"""Which pushes to a branch are GitLab's own merges: a push event does not say.

One that left the branch at what a merge request's merge made, if that brought nothing but the
request: its head itself, by a fast-forward; the one commit that GitLab squashed it into; or a merge
commit of either whose content proves it, whoever made it. What cannot be read of that (files too
large, no text) GitLab's own signature of the merge commit stands for.
"""

from __future__ import annotations

from gate.forges.gitlab import patches
from gate.forges.gitlab.asking import Asking
from gate.forges.gitlab.patches import Changes, Sameness
from gate.forges.graph import Graph
from gate.forges.rows import ZERO, Activity
from gate.forges.source import Activities, Merges, Requests
from gate.forges.talk import Flow, all_of, side_by_side
from gate.model import Commit, Maybe, Problem, ProblemKind

BY_SYSTEM = "verified_system"  # how GitLab calls a signature of its own


def ask(source: Asking, graph: Graph) -> Flow[None]:
    """Ask early whether each merge commit of the range is plainly a merge."""
    yield from all_of([is_plain(source, c) for c in graph.commits.values() if len(c.parents) == 2])


def told(source: Asking, graph: Graph, rows: Activities, requests: Requests) -> Flow[Merges]:
    """The ids of the rows that are GitLab's own merges."""
    found: set[int] = set()
    doubted: list[tuple[int, Commit]] = []
    for row, own in requests:
        listed = rows.get(f"refs/heads/{row.base_ref}", ())
        for event in () if isinstance(listed, Problem) else listed:
            if not row.merge_sha or event.push.after != row.merge_sha:
                continue
            if row.merge_sha == row.head_sha:
                found |= {event.id} if _is_forward(event, graph, own) else set()
            elif row.merge_sha in graph.commits:
                merge = graph.commits[row.merge_sha]
                if row.merge_sha == row.squash_sha:
                    found |= {event.id} if merge.parents == (event.push.before,) else set()
                elif merge.parents[:1] == (event.push.before,) and merge.parents[1:] in {
                    (row.head_sha,),
                    (row.squash_sha,),
                }:
                    doubted.append((event.id, merge))
    answers = yield from all_of([is_plain(source, merge) for _, merge in doubted])
    for (number, _), answer in zip(doubted, answers, strict=True):
        if isinstance(answer, Problem):
            return answer
        found |= {number} if answer else set()
    return frozenset(found)


def _is_forward(event: Activity, graph: Graph, own: frozenset[str]) -> bool:
    """Whether the push brought nothing but commits of the merge request."""
    brought = graph.reach(event.push.after) - graph.reach(event.push.before)
    return not ZERO.fullmatch(event.push.before) and bool(brought) and brought <= own


def is_plain(source: Asking, merge: Commit) -> Flow[Maybe[bool]]:
    """Whether a commit of two parents is plainly the merge of the second into the first."""
    into, other = merge.parents
    brought, own = yield from side_by_side(
        _since_parting(source, into, merge.sha), _since_parting(source, into, other)
    )
    if isinstance(brought, Problem):
        return brought
    if isinstance(own, Problem):
        return own
    found = patches.sameness(own, brought, None)
    if found is None:
        beneath = yield from _since_parting(source, other, into)
        if isinstance(beneath, Problem):
            return beneath
        found = patches.sameness(own, brought, beneath)
    if found is Sameness.UNREADABLE:
        return (yield from _is_signed_by_gitlab(source, merge.sha))
    return found is Sameness.SAME


def _since_parting(source: Asking, one: str, other: str) -> Flow[Maybe[Changes]]:
    """What ``other`` changed since it and ``one`` parted."""
    ask = source.at("repository", "compare").but(**{"from": one, "to": other, "straight": "false"})
    return source.talk.one(ask, patches.comparison)


def _is_signed_by_gitlab(source: Asking, sha: str) -> Flow[Maybe[bool]]:
    ask = source.of_commit(sha, "signature")
    status = yield from source.talk.one(ask, lambda d: d["verification_status"].text())
    if isinstance(status, Problem):
        return False if status.kind is ProblemKind.HIDDEN else status
    return status == BY_SYSTEM
