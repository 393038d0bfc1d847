"""The commits of a range as a graph: order, reach, and where the range ends. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from gate.frozen import dataclass
from gate.model import Commit


@dataclass(frozen=True, slots=True)
class Graph:
    """Commits by id, parents before children. ``head`` is one of them; all lead to it.

    ``outside`` are the parents that are not in the range. Since the range is provably base..head,
    each of them is the base or an ancestor of it.
    """

    commits: Mapping[str, Commit]
    head: str
    outside: frozenset[str]

    @classmethod
    def of(cls, commits: tuple[Commit, ...], head: str) -> Graph | None:
        """The graph of the commits that lead to ``head``; None if some do not, or head lacks."""
        by_id = {commit.sha: commit for commit in commits}
        if head not in by_id or len(by_id) != len(commits):
            return None
        ordered: dict[str, Commit] = {}
        begun: set[str] = set()
        stack: list[tuple[str, bool]] = [(head, False)]
        while stack:
            sha, done = stack.pop()
            if done:
                ordered[sha] = by_id[sha]
            elif sha in by_id and sha not in begun:
                begun.add(sha)
                stack.append((sha, True))
                stack.extend((parent, False) for parent in reversed(by_id[sha].parents))
        place = {sha: number for number, sha in enumerate(ordered)}
        in_order = all(place.get(p, -1) < place[sha] for sha in ordered for p in by_id[sha].parents)
        if len(ordered) != len(by_id) or not in_order:  # a circle is no history
            return None
        parents = {parent for commit in commits for parent in commit.parents}
        return cls(ordered, head, frozenset(parents - ordered.keys()))

    def reach(self, sha: str) -> frozenset[str]:
        """The range's commits that ``sha`` contains, itself included; none for one outside."""
        found: set[str] = set()
        stack = [sha]
        while stack:
            at = stack.pop()
            if at in self.commits and at not in found:
                found.add(at)
                stack.extend(self.commits[at].parents)
        return frozenset(found)

    def first_parents(self, sha: str, stop: str = "") -> tuple[str, ...]:
        """``sha`` and its first parents down to ``stop`` (left out) or the range's end."""
        line: list[str] = []
        while sha in self.commits and sha != stop:
            line.append(sha)
            parents = self.commits[sha].parents
            sha = parents[0] if parents else ""
        return tuple(line)
