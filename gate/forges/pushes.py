"""Reasoning about pushes, by the forge's own activity list. Pure.

A row of activity says that a ref went from ``before`` to ``after``, when, and by whom; ``000…`` is
"no such ref". Rows come newest first and may be only the newest part of the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gate.forges.graph import Graph
from gate.forges.rows import FORGE_MERGES, ZERO, Activity
from gate.frozen import dataclass


def pushes_to(
    head: str,
    rows: tuple[Activity, ...],
    stops: frozenset[str],
    until: datetime | None,
) -> tuple[Activity, ...] | None:
    """The pushes that led a branch to ``head``, oldest first; None if the list does not show all.

    Begins at the newest row that left the branch at ``head`` (not after ``until``, the merge) and
    follows ``before`` back to the branch's creation or to one of ``stops``, commits that the
    branch was based on. Force pushes are followed: whoever made what was replaced pushed, too.
    """
    found: list[Activity] = []
    wanted = head
    for row in rows:
        push = row.push
        if push.after != wanted or (not found and until is not None and push.at > until):
            continue
        found.append(row)
        if ZERO.fullmatch(push.before) or push.before in stops:
            return tuple(reversed(found))
        wanted = push.before
    return None


def anchored(rows: tuple[Activity, ...], stops: frozenset[str]) -> tuple[Activity, ...] | None:
    """The rows since the ref last held nothing of the range, oldest first.

    Each continues the one before it; None if the list has a gap, or does not reach that far.
    """
    found: list[Activity] = []
    for row in rows:
        if found and found[-1].push.before != row.push.after:
            return None
        found.append(row)
        if ZERO.fullmatch(row.push.before) or row.push.before in stops:
            return tuple(reversed(found))
    return None


@dataclass(frozen=True, slots=True)
class Landing:
    """A row of a ref, and the range's commits that the ref first held after it."""

    row: Activity
    commits: frozenset[str]

    @property
    def by_forge_merge(self) -> bool:
        """Whether the forge itself moved the ref, merging pull requests."""
        return self.row.kind in FORGE_MERGES


def landings(rows: tuple[Activity, ...], graph: Graph, tip: str = "") -> tuple[Landing, ...]:
    """How the range came onto a ref, from its ``anchored`` rows.

    A row that left the ref at a commit outside the graph (the ref went on past the head, or never
    held it) tells nothing by itself. Only where the ref is proved to hold the head at ``tip``, and
    a single such row led there, whatever no other row brought came in by it.
    """
    seen: set[str] = set()
    found: list[Landing] = []
    opaque: list[Activity] = []
    for row in rows:
        if row.push.after not in graph.commits:
            opaque.append(row)
            continue
        new = graph.reach(row.push.after) - seen
        seen |= new
        if new:
            found.append(Landing(row, new))
    rest = frozenset(graph.commits) - seen
    if rest and tip and [row.push.after for row in opaque] == [rows[-1].push.after] == [tip]:
        found.append(Landing(opaque[0], rest))
    return tuple(found)


def first_landings(every: tuple[Landing, ...]) -> Mapping[str, Landing]:
    """For each commit the earliest of these rows that brought it."""
    found: dict[str, Landing] = {}
    for landing in sorted(every, key=lambda landing: landing.row.push.at):
        for sha in landing.commits:
            found.setdefault(sha, landing)
    return found


def merge_segments(
    landing: Landing, graph: Graph, merges: Mapping[str, int]
) -> Mapping[int, frozenset[str]]:
    """The commits that each pull request brought by a row with which the forge merged.

    ``merges``: merge commit -> number. The ref's line of first parents, from ``after`` back to
    ``before``, is cut behind each merge commit (a merge queue merges several at once): a squash is
    one commit, a rebase several, a merge commit brings its side with it. Empty if that line does
    not end at ``before``, as every merge by the forge does, or begins at no known merge.
    """
    push = landing.row.push
    line = graph.first_parents(push.after, push.before)
    if not landing.by_forge_merge or not line or line[0] not in merges:
        return {}
    if graph.commits[line[-1]].parents[:1] != (push.before,):
        return {}
    number = merges[line[0]]
    owners = {}
    for sha in line:
        number = owners[sha] = merges.get(sha, number)
    found: dict[int, set[str]] = {}
    taken: set[str] = set()
    for sha in reversed(line):  # oldest first: a side belongs to the merge that first brought it
        new = (graph.reach(sha) & landing.commits) - taken
        taken |= new
        found.setdefault(owners[sha], set()).update(new)
    return {number: frozenset(commits) for number, commits in found.items()}
