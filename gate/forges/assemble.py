"""From what was read to the ``Change``: which commit came in by what. Pure.

A commit of the range is *brought* by a pull request if it is one of the request's own commits, or
if the forge wrote it when it merged: the activity of the ref then has a row of the forge's merging
that ended at the request's merge commit. A merge pushed by hand, which forges also show as
"merged", has a row of a push, and its merge commit is a direct push like any other.

A direct push, too, are commits of a pull request that was merged elsewhere than into a release ref
that holds the head, unless the forge merged them there before they came onto such a ref.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gate.forges.arrival import Arrival, arrival, merges
from gate.forges.beneath import others_of
from gate.forges.graph import Graph
from gate.forges.pulls import Pull
from gate.forges.source import Activities
from gate.forges.talk import Ask, Host, incomplete
from gate.frozen import dataclass
from gate.model import Commit, Maybe, Problem, PullRequest, Push

_AGAIN = "run again in a minute; a merge is linked to its request with some delay"


@dataclass(frozen=True, slots=True)
class Brought:
    """The range, arranged: see ``Change`` for each field."""

    commits: tuple[Commit, ...]
    pull_requests: Maybe[tuple[PullRequest, ...]]
    direct_pushes: Maybe[tuple[Push, ...]]
    push_of: Mapping[str, int]


def arrange(
    graph: Graph,
    base: str,
    pulls: tuple[Pull, ...],
    activity: Activities,
    tips: Mapping[str, str],
    host: Host,
) -> Brought:
    """Tell for each commit of the range how it came in.

    ``tips`` are the release refs that are proved to hold the head, each with its commit then.
    ``activity`` is by ref: those, and what the pull requests were merged into, since a release
    branch is often begun at a commit that was merged elsewhere.
    """
    came = arrival(graph, graph.outside | ({base} if base else set()), activity, tips, host)
    ours = tuple(pull for pull in pulls if not pull.in_fork)
    merged = merges(graph, came, [pull for pull in ours if pull.row.merged_at], activity)
    written = frozenset[str]().union(*(merge.written for merge in merged.values()))
    commits = tuple(
        replace(commit, merged_by_forge=True) if commit.sha in written else commit
        for commit in graph.commits.values()
    )
    rest = graph.commits.keys() - frozenset[str]().union(*(m.settled for m in merged.values()))
    by_forge = frozenset[str]().union(*(merge.by_forge for merge in merged.values()))
    unlisted = {sha for sha in rest - by_forge if came.is_moved_by_forge(sha)}
    if unlisted:
        ask = Ask(f"commits/{min(unlisted)}/pulls", host=host)
        cause = (
            f"{host.title} merged a {host.pull} here and does not say which, or rewrote its commits"
        )
        return Brought(commits, incomplete(ask, cause, _AGAIN), _unknown(ask), {})
    direct = {sha: push for sha in rest if (push := came.push_of(sha)) is not None}
    opened = _by_open(ours, rest - direct.keys())
    brings = {number: merge.brings for number, merge in merged.items()} | opened
    requests = tuple(
        _request(pull, pulls, brings[pull.row.number], came, graph, tips)
        for pull in sorted(ours, key=lambda pull: pull.row.number)
        if brings.get(pull.row.number)
    )
    left = rest - direct.keys() - frozenset[str]().union(*opened.values())
    if left or (direct and came.lacking):
        return Brought(commits, requests, came.lacking or _missing(left, came, host), {})
    pushes = tuple(sorted(set(direct.values()), key=lambda push: (push.at, push.after)))
    push_of = {sha: pushes.index(push) for sha, push in direct.items()}
    return Brought(commits, requests, pushes, push_of)


def _missing(left: frozenset[str] | set[str], came: Arrival, host: Host) -> Problem:
    if came.unsure and any(sha in came.released for sha in left):
        return came.unsure
    return incomplete(
        Ask(f"commits/{min(left)}/pulls", host=host),
        f"{len(left)} commits came in by no {host.pull} and no push that {host.title} shows",
        "run again in a minute; if it stays, deploy the tip of a release ref",
    )


def _by_open(pulls: tuple[Pull, ...], rest: frozenset[str] | set[str]) -> dict[int, frozenset[str]]:
    """What only pull requests that are not merged account for."""
    found = {p.row.number: p.shas & rest for p in pulls if p.row.merged_at is None}
    return {number: frozenset(shas) for number, shas in found.items() if shas}


def _request(
    pull: Pull,
    pulls: tuple[Pull, ...],
    mine: frozenset[str],
    came: Arrival,
    graph: Graph,
    tips: Mapping[str, str],
) -> PullRequest:
    """A pull request that brought ``mine``."""
    row = pull.row
    is_released = pull.base in tips and row.merged_at is not None
    others = others_of(pull, pulls)
    pushes = _all_pushes(pull, came.by_hand(mine) if is_released else ())
    return PullRequest(
        number=row.number,
        url=row.url,
        title=row.title,
        author=row.author,
        head_ref=row.head_ref,
        head_sha=row.head_sha,
        base_ref=row.base_ref,
        merge_sha=row.merge_sha,
        merged_at=row.merged_at,
        merged_by=row.merged_by,
        into_release_ref=is_released,
        brings=tuple(sha for sha in graph.commits if sha in mine),
        reviews=pull.reviews,
        retargeted_at=pull.retargeted_at,
        pushes=others if isinstance(others, Problem) else pushes,
        commits=pull.commits,
        others=() if isinstance(others, Problem) else others,
        landed_at=came.landed_at(mine),
        squash_sha=row.squash_sha if row.squash_sha != row.merge_sha else "",
    )


def _all_pushes(pull: Pull, by_hand: Iterable[Push]) -> Maybe[tuple[Push, ...]]:
    """Its pushes; among them those of its commits onto the ref, where the forge did not merge."""
    if isinstance(pull.pushes, Problem):
        return pull.pushes
    return tuple(sorted({*pull.pushes, *by_hand}, key=lambda push: push.at))


def _unknown(ask: Ask) -> Problem:
    return incomplete(ask, "what was pushed directly cannot be told from what was merged", _AGAIN)
