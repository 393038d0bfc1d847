"""How the range came onto refs: which row of activity first left a ref holding each commit. Pure.

Only the release refs that hold the head tell when something was released, and who pushed it. What
other refs tell can show that the forge had merged it before, or who had pushed it before a release
ref was begun there; and only by rows that left the ref at a commit of the range itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from gate.forges import refs as names
from gate.forges.graph import Graph
from gate.forges.pulls import Pull
from gate.forges.pushes import Landing, anchored, first_landings, landings, merge_segments
from gate.forges.rows import FORGE_MERGES, ZERO
from gate.forges.source import Activities
from gate.forges.talk import Ask, Host, incomplete
from gate.frozen import dataclass
from gate.model import Problem, Push


@dataclass(frozen=True, slots=True)
class Arrival:
    """Each commit's first landing on a release ref that holds the head, and on any other ref.

    ``held`` are those release refs; only branches have activity. ``lacking``: why one of these
    branches could not tell; ``unsure``: why some ref could not.
    """

    every: tuple[Landing, ...]
    released: Mapping[str, Landing]
    elsewhere: Mapping[str, Landing]
    held: frozenset[str]
    lacking: Problem | None
    unsure: Problem | None

    @property
    def branches(self) -> frozenset[str]:
        """The release refs that are branches."""
        return frozenset(ref for ref in self.held if ref.startswith(names.HEADS))

    def push_of(self, sha: str) -> Push | None:
        """The push of a commit that no pull request brought; None where it cannot be told.

        Whoever creates a release ref may do so at what somebody else had pushed; so where it was
        begun at what a push had brought elsewhere, it is that push, and none if that is unknown.
        """
        landing = self.released.get(sha)
        if landing is None or landing.by_forge_merge:
            return None
        if not _is_creation(landing):
            return landing.row.push
        before = self.elsewhere.get(sha)
        if before and not _is_quiet(before) and before.row.push.at <= landing.row.push.at:
            return before.row.push
        return None if self.unsure else landing.row.push

    def is_moved_by_forge(self, sha: str) -> bool:
        """Whether the forge's merging brought the commit where it came first."""
        found = [firsts[sha] for firsts in (self.released, self.elsewhere) if sha in firsts]
        return bool(found) and min(found, key=lambda la: la.row.push.at).by_forge_merge

    def by_hand(self, shas: Iterable[str]) -> tuple[Push, ...]:
        """The pushes with which somebody, not the forge, put these commits onto a release ref."""
        found = [self.released[sha] for sha in shas if sha in self.released]
        return tuple(la.row.push for la in found if not _is_quiet(la))

    def landed_at(self, shas: Iterable[str]) -> datetime | None:
        """When the first of these commits came onto a release ref; None where it is unknown."""
        found = [self.released.get(sha) for sha in shas]
        times = [landing.row.push.at for landing in found if landing is not None]
        return None if self.lacking or not times or None in found else min(times)


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merged pull request did.

    ``brings``: its own commits of the range and ``by_forge``, what the forge's merging brought.
    ``settled`` are those that were no direct push; ``written`` those that the forge wrote.
    """

    brings: frozenset[str]
    by_forge: frozenset[str]
    settled: frozenset[str]
    written: frozenset[str]


def _is_creation(landing: Landing) -> bool:
    return bool(ZERO.fullmatch(landing.row.push.before))


def _is_quiet(landing: Landing) -> bool:
    """Whether nobody pushed anything new: the forge merged, or a ref was begun."""
    return landing.by_forge_merge or _is_creation(landing)


def arrival(
    graph: Graph,
    stops: frozenset[str],
    activity: Activities,
    tips: Mapping[str, str],
    host: Host,
) -> Arrival:
    """How the range came onto refs since ``stops``; ``tips`` are the release refs that hold it."""
    found: dict[bool, list[Landing]] = {True: [], False: []}
    problems: dict[str, Problem] = {}
    for ref, rows in activity.items():
        if isinstance(rows, Problem):
            problems[ref] = rows
            continue
        chain = anchored(rows, stops)
        if chain is None:
            cause = f"the list of pushes to {names.short_name(ref)} does not reach back to the base"
            remedy = "deploy in smaller steps, or run again"
            problems[ref] = incomplete(Ask("activity", host=host), cause, remedy)
            continue
        found[ref in tips].extend(landings(chain, graph, tips.get(ref, "")))
    branches = {ref for ref in tips if ref.startswith(names.HEADS)}
    return Arrival(
        every=(*found[True], *found[False]),
        released=first_landings(tuple(found[True])),
        elsewhere=first_landings(tuple(found[False])),
        held=frozenset(tips),
        lacking=next((problems[ref] for ref in problems if ref in branches), None),
        unsure=next(iter(problems.values()), None),
    )


def merges(
    graph: Graph, came: Arrival, merged: list[Pull], activity: Activities
) -> dict[int, Merge]:
    """What each of the merged pull requests did, by number."""
    times = {pull.row.number: _merged_by_forge_at(pull, activity) for pull in merged}
    by_number = {pull.row.number: pull for pull in merged}
    moved: dict[int, frozenset[str]] = {}
    written: dict[int, frozenset[str]] = {}
    for landing in came.every:
        here = {p.row.merge_sha: p.row.number for p in merged if p.base == landing.row.push.ref}
        for number, commits in merge_segments(landing, graph, here).items():
            moved[number] = moved.get(number, frozenset()) | commits
            fresh = _written(graph, by_number[number], commits)
            written[number] = written.get(number, frozenset()) | fresh
            times[number] = times[number] or landing.row.push.at
    found: dict[int, Merge] = {}
    for number, pull in by_number.items():
        by_forge = moved.get(number, frozenset())
        brings = (pull.shas & graph.commits.keys()) | by_forge
        settled = frozenset(sha for sha in brings if _is_settled(sha, pull, came, times[number]))
        found[number] = Merge(brings, by_forge, settled, written.get(number, frozenset()))
    return found


def _merged_by_forge_at(pull: Pull, activity: Activities) -> datetime | None:
    """When the forge itself merged it; None where somebody else did, or the activity ends before.

    The row is enough: where it left the ref does not matter.
    """
    rows = activity.get(pull.base, ())
    for row in () if isinstance(rows, Problem) else rows:
        if row.kind in FORGE_MERGES and row.push.after == pull.row.merge_sha:
            return row.push.at
    return None


def _is_settled(sha: str, pull: Pull, came: Arrival, merged_at: datetime | None) -> bool:
    """Whether a merged pull request leaves no question of who pushed this commit of it.

    It does not if it was merged elsewhere only after the commit came onto a release ref, or nobody
    can tell: merging what was pushed already, wherever that may be, changes nothing of the push.
    """
    landing = came.released.get(sha)
    if landing is None:
        return pull.base in came.held or (merged_at is not None and not came.branches)
    is_before = merged_at is not None and merged_at <= landing.row.push.at
    return is_before or (pull.base in came.held and landing.row.push.ref == pull.base)


def _written(graph: Graph, pull: Pull, segment: frozenset[str]) -> frozenset[str]:
    """The commits of a merge that the forge wrote.

    The merge commit, of the request's head or of the one commit that the forge squashed it into;
    or the squashed or rebased ones, at most as many as the request's own.
    """
    merge, squashed = pull.row.merge_sha, pull.row.squash_sha
    others = list(graph.commits[merge].parents[1:])
    if others and others == [squashed]:
        return frozenset({merge, squashed} & graph.commits.keys())
    if others:
        return frozenset({merge}) if others == [pull.row.head_sha] else frozenset()
    fresh = segment - pull.shas
    is_plain = all(len(graph.commits[sha].parents) == 1 for sha in fresh)
    return fresh if is_plain and len(fresh) <= len(pull.commits) else frozenset()
