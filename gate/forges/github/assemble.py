"""From what was read to the ``Change``: which commit came in by what. Pure.

A commit of the range is *brought* by a pull request if it is one of the request's own commits, or
if the forge wrote it when it merged: the release ref's activity then has a row of the forge's
merging that ended at the request's merge commit. A merge pushed by hand, which GitHub also shows
as "merged", has a row of a push, and its merge commit is a direct push like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gate.forges import refs as names
from gate.forges.github.graph import Graph
from gate.forges.github.parse import ZERO, Activity
from gate.forges.github.pulls import Pull
from gate.forges.github.pushes import Landing, anchored, first_landings, landings, merge_segments
from gate.forges.github.talk import incomplete
from gate.frozen import dataclass
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
    first_release = first_landings(tuple(la for la in landed if _is_release(la, patterns)))
    unlisted = [
        sha
        for sha in rest
        if any(sha in la and la[sha].by_forge_merge for la in (first, first_release))
    ]
    if unlisted:
        label = f"GET commits/{min(unlisted)}/pulls"
        cause = "GitHub merged a pull request here and does not say which, or rewrote its commits"
        return Brought(commits, incomplete(label, cause, _AGAIN), _unknown(label), {})
    direct = _direct(rest, (first_release, first), is_certain=problem is None)
    brings |= _by_open(pulls, rest - direct.keys())
    left = rest - direct.keys() - frozenset[str]().union(*brings.values())
    by_hand = {sha: la.row.push for sha, la in first.items() if not _is_quiet(la)}
    requests = _requests(pulls, brings, patterns, graph, by_hand)
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


def _direct(
    rest: Iterable[str], firsts: tuple[Mapping[str, Landing], ...], *, is_certain: bool
) -> dict[str, Push]:
    """The push of each commit that no pull request brought.

    That to a release ref before that to another; the creation of a ref, which may be of commits
    that somebody else pushed, last and only where nothing is unknown.
    """
    found: dict[str, Push] = {}
    for sha in rest:
        landing = [first[sha] for first in firsts if sha in first]
        certain = [la for la in landing if is_certain or not _is_creation(la)]
        if certain:
            found[sha] = min(certain, key=_is_creation).row.push
    return found


def _is_creation(landing: Landing) -> bool:
    return bool(ZERO.fullmatch(landing.row.push.before))


def _is_quiet(landing: Landing) -> bool:
    """Whether nobody pushed anything new: the forge merged, or a ref was begun."""
    return landing.by_forge_merge or _is_creation(landing)


def _is_release(landing: Landing, patterns: tuple[str, ...]) -> bool:
    return names.matches_any(patterns, landing.row.push.ref)


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

    The merge commit, of the request's head; or the squashed or rebased ones, at most as many as
    the request's own.
    """
    merge = pull.row.merge_sha
    _, *others = graph.commits[merge].parents
    if others:
        return frozenset({merge}) if others == [pull.row.head_sha] else frozenset()
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
    by_hand: Mapping[str, Push],
) -> tuple[PullRequest, ...]:
    """The pull requests that brought something.

    A request whose commits somebody pushed onto the ref, instead of letting the forge merge it, has
    that push among its own.
    """
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
                    pushes=_all_pushes(pull, [by_hand[sha] for sha in mine if sha in by_hand]),
                    commits=pull.commits,
                )
            )
    return tuple(found)


def _all_pushes(pull: Pull, by_hand: Iterable[Push]) -> Maybe[tuple[Push, ...]]:
    if isinstance(pull.pushes, Problem):
        return pull.pushes
    return tuple(sorted({*pull.pushes, *by_hand}, key=lambda push: push.at))


def _unknown(label: str) -> Problem:
    return incomplete(label, "what was pushed directly cannot be told from what was merged", _AGAIN)
