"""From what was read to the ``Change``: which commit came in by what. Pure.

A commit of the range is *brought* by a pull request if it is one of the request's own commits, or
if the forge wrote it when it merged: the release ref's activity then has a row of the forge's
merging that ended at the request's merge commit. A merge pushed by hand, which GitHub also shows
as "merged", has a row of a push, and its merge commit is a direct push like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gate.forges import refs as names
from gate.forges.github.graph import Graph
from gate.forges.github.parse import ZERO, Activity
from gate.forges.github.pulls import Pull
from gate.forges.github.pushes import Landing, anchored, first_landings, landings, merge_segments
from gate.forges.github.talk import incomplete
from gate.model import Commit, Maybe, Problem, PullRequest, Push

_AGAIN = "run again in a minute; GitHub links a merge to its pull request with some delay"


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
    activity: Mapping[str, Maybe[tuple[Activity, ...]]],
    patterns: tuple[str, ...],
) -> Brought:
    """Tell for each commit of the range how it came in.

    ``activity`` is by ref: the release refs that contain the head, and what its pull requests were
    merged into, since a release branch is often begun at a commit that was merged elsewhere.
    """
    stops = graph.outside | ({base} if base else set())
    landed, problem = _landed(graph, stops, activity)
    merged = [pull for pull in pulls if pull.row.merged_at]
    by_forge, written = _forge_merges(graph, landed, merged)
    brings = {
        pull.row.number: (pull.shas & graph.commits.keys())
        | by_forge.get(pull.row.number, frozenset())
        for pull in merged
    }
    commits = tuple(
        replace(commit, merged_by_forge=True) if commit.sha in written else commit
        for commit in graph.commits.values()
    )
    rest = graph.commits.keys() - frozenset[str]().union(*brings.values())
    first = first_landings(landed)
    unlisted = [sha for sha in rest if sha in first and first[sha].by_forge_merge]
    if unlisted:
        label = f"GET commits/{min(unlisted)}/pulls"
        cause = "GitHub merged a pull request here and does not say which, or rewrote its commits"
        return Brought(commits, incomplete(label, cause, _AGAIN), _unknown(label), {})
    direct = {
        sha: first[sha].row.push
        for sha in rest
        # The creation of a ref is a push of its commits only where nothing else is unknown.
        if sha in first and not (problem and ZERO.fullmatch(first[sha].row.push.before))
    }
    brings |= _by_open(pulls, rest - direct.keys())
    left = rest - direct.keys() - frozenset[str]().union(*brings.values())
    requests = _requests(pulls, brings, patterns, graph)
    if left:
        missing = problem or incomplete(
            f"GET commits/{min(left)}/pulls",
            f"{len(left)} commits came in by no pull request and no push that GitHub shows",
            "run again in a minute; if it stays, deploy the tip of a release ref",
        )
        return Brought(commits, requests, missing, {})
    pushes = tuple(sorted(set(direct.values()), key=lambda push: (push.at, push.after)))
    push_of = {sha: pushes.index(push) for sha, push in direct.items()}
    return Brought(commits, requests, pushes, push_of)


def _landed(
    graph: Graph, stops: frozenset[str], activity: Mapping[str, Maybe[tuple[Activity, ...]]]
) -> tuple[tuple[Landing, ...], Problem | None]:
    """How the range came onto the release refs; and why some of them could not tell."""
    found: list[Landing] = []
    problem: Problem | None = None
    for ref, rows in activity.items():
        if isinstance(rows, Problem):
            problem = rows
            continue
        chain = anchored(rows, stops)
        if chain is None:
            cause = f"the list of pushes to {names.short_name(ref)} does not reach back to the base"
            problem = incomplete("GET activity", cause, "deploy in smaller steps, or run again")
            continue
        found.extend(landings(chain, graph))
    return tuple(found), problem


def _forge_merges(
    graph: Graph, landed: tuple[Landing, ...], merged: list[Pull]
) -> tuple[dict[int, frozenset[str]], frozenset[str]]:
    """By pull request what the forge's merging brought, and which commits the forge wrote."""
    by_number = {pull.row.number: pull for pull in merged}
    brings: dict[int, frozenset[str]] = {}
    written: set[str] = set()
    for landing in landed:
        base_ref = names.short_name(landing.row.push.ref)
        merges = {
            pull.row.merge_sha: pull.row.number for pull in merged if pull.row.base_ref == base_ref
        }
        for number, commits in merge_segments(landing, graph, merges).items():
            brings[number] = brings.get(number, frozenset()) | commits
            written |= _written(graph, by_number[number], commits)
    return brings, frozenset(written)


def _written(graph: Graph, pull: Pull, segment: frozenset[str]) -> frozenset[str]:
    """The commits of a merge that the forge wrote.

    The merge commit; or the squashed or rebased ones, at most as many as the request's own.
    """
    merge = pull.row.merge_sha
    if len(graph.commits[merge].parents) > 1:
        return frozenset({merge})
    fresh = segment - pull.shas
    is_plain = all(len(graph.commits[sha].parents) == 1 for sha in fresh)
    return fresh if is_plain and len(fresh) <= len(pull.commits) else frozenset()


def _by_open(pulls: tuple[Pull, ...], rest: frozenset[str] | set[str]) -> dict[int, frozenset[str]]:
    """What only pull requests that are not merged account for."""
    found = {p.row.number: p.shas & rest for p in pulls if p.row.merged_at is None}
    return {number: frozenset(shas) for number, shas in found.items() if shas}


def _requests(
    pulls: tuple[Pull, ...],
    brings: Mapping[int, frozenset[str]],
    patterns: tuple[str, ...],
    graph: Graph,
) -> tuple[PullRequest, ...]:
    found = []
    for pull in sorted(pulls, key=lambda pull: pull.row.number):
        row = pull.row
        mine = brings.get(row.number, frozenset())
        if mine:
            into = names.matches_any(patterns, names.HEADS + row.base_ref)
            found.append(
                PullRequest(
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
                    into_release_ref=into and row.merged_at is not None,
                    brings=tuple(sha for sha in graph.commits if sha in mine),
                    reviews=pull.reviews,
                    pushes=pull.pushes,
                    commits=pull.commits,
                )
            )
    return tuple(found)


def _unknown(label: str) -> Problem:
    return incomplete(label, "what was pushed directly cannot be told from what was merged", _AGAIN)
