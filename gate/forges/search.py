"""The search for the pull requests of a range: each is followed as soon as it is known."""

from __future__ import annotations

from collections.abc import Iterable

from gate.forges import refs as names
from gate.forges.graph import Graph
from gate.forges.pulls import Pull, detail
from gate.forges.rows import PullLink, PullRow
from gate.forges.source import Source
from gate.forges.talk import Flow, all_of, incomplete, side_by_side
from gate.model import Maybe, Problem

MOST_COMMITS_ASKED = 300  # commits of the range whose pull requests are asked for
MOST_ASKED = 1_000  # with those of the pull requests that are not in the range as they were pushed


def pulls_of_range(
    source: Source, graph: Graph, patterns: tuple[str, ...]
) -> Flow[Maybe[tuple[Pull, ...]]]:
    """The pull requests that the range came in by, and those whose work is behind them.

    Behind a commit that the forge wrote when it squashed or rebased are a pull request's own
    commits; and of those, some may have come into its branch by pull requests of others.

    Each commit of the range tells its pull requests, or is one of a pull request that was merged
    into a release ref (``patterns``) and of which all that was merged into its branch is known.
    """
    if len(graph.commits) > MOST_COMMITS_ASKED:
        cause = f"the range has {len(graph.commits)} commits, more than {MOST_COMMITS_ASKED}"
        return incomplete(source.pulls_ask(graph.head), cause, "deploy in smaller steps")
    search = _Search(source, graph, patterns)
    recent = yield from source.recent()
    if isinstance(recent, Problem):
        return recent
    yield from search.range(recent)
    return search.outcome()


class _Search:
    """Pull requests by what they are made of. Each is followed as soon as it is known."""

    def __init__(self, source: Source, graph: Graph, patterns: tuple[str, ...]) -> None:
        self._source = source
        self._graph = graph
        self._patterns = patterns
        self._covered: set[str] = set()
        self._asked: set[tuple[str, str]] = set()
        self._begun: set[tuple[str, int]] = set()
        self._found: dict[tuple[bool, int, str], Pull] = {}
        self._problems: list[Problem] = []

    def outcome(self) -> Maybe[tuple[Pull, ...]]:
        """What was found, if that is provably all."""
        found = tuple(self._found[key] for key in sorted(self._found))
        merges = {(pull.row.base_repository.lower(), pull.row.merge_sha) for pull in found}
        for pull in found:
            place = pull.row.head_repository.lower()
            sure = set(self._merges_behind(pull)) & pull.merged_here
            if any((place, sha) not in merges for sha in sure):
                host = self._source.talk.host
                cause = f"{host.title} merged a {host.pull} into its branch, and does not say which"
                ask = self._source.activity_ask(pull.row.number)
                self._problems.append(incomplete(ask, cause, "run again in a minute"))
        return self._problems[0] if self._problems else found

    def range(self, recent: tuple[PullRow, ...]) -> Flow[None]:
        """Find those of the range: first by ``recent`` ones, then by each commit that is left."""
        graph = self._graph
        likely = [row for row in recent if _tips(row) & graph.commits.keys()]
        expected = frozenset[str]().union(*(_expected(graph, row) for row in likely))
        yield from side_by_side(
            all_of([self._pull(self._source, row) for row in likely]),
            self.commits(
                self._source, [graph.head, *(sha for sha in graph.commits if sha not in expected)]
            ),
        )
        left = [sha for sha in graph.commits if sha not in self._covered]
        yield from self.commits(self._source, left)

    def commits(self, source: Source, shas: Iterable[str]) -> Flow[None]:
        """Find the pull requests into ``source`` that these commits belong to."""
        wanted = dict.fromkeys(shas)
        fresh = [sha for sha in wanted if (source.slug.lower(), sha) not in self._asked]
        self._asked.update((source.slug.lower(), sha) for sha in fresh)
        if len(self._asked) > MOST_ASKED:
            cause = f"the pull requests of more than {MOST_ASKED} commits would have to be asked"
            remedy = "deploy in smaller steps"
            self._problems.append(incomplete(source.pulls_ask(self._graph.head), cause, remedy))
            return
        yield from all_of([self._commit(source, sha) for sha in fresh])

    def _commit(self, source: Source, sha: str) -> Flow[None]:
        listed = yield from source.pulls_of(sha)
        if isinstance(listed, Problem):
            self._problems.append(listed)
            return
        ours = [row for row in listed if row.base_repository.lower() == source.slug.lower()]
        yield from all_of([self._pull(source, row) for row in ours])

    def _pull(self, source: Source, listed: PullLink) -> Flow[None]:
        if (source.slug.lower(), listed.number) in self._begun:
            return
        self._begun.add((source.slug.lower(), listed.number))
        in_fork = source.slug.lower() != self._source.slug.lower()
        pull = yield from detail(source, self._graph, listed, in_fork=in_fork)
        if isinstance(pull, Problem):
            self._problems.append(pull)
            return
        self._found[in_fork, listed.number, source.slug] = pull
        branch = source.elsewhere(pull.row.head_repository or source.slug)
        inside = yield from source.merged_into(listed)
        if isinstance(inside, Problem) and branch.slug.lower() == self._source.slug.lower():
            self._problems.append(inside)
        elif inside is None or isinstance(
            inside, Problem
        ):  # of a fork its pushes are not had either
            behind = pull.shas if self._is_rewritten(pull) else ()
            yield from side_by_side(
                self.commits(source, sorted(behind)),
                self.commits(branch, self._merges_behind(pull)),
            )
        else:
            if pull.row.merged_at and not in_fork and names.matches_any(self._patterns, pull.base):
                self._covered |= pull.shas | {pull.row.merge_sha, pull.row.squash_sha}
            yield from all_of([self._pull(branch, row) for row in self._of_branch(pull, inside)])

    def _of_branch(self, pull: Pull, inside: tuple[PullRow, ...]) -> list[PullRow]:
        """Those of what was merged into a branch of its name that its head came to hold."""
        if pull.row.merged_at is None:
            return []
        rows = () if isinstance(pull.rows, Problem) else pull.rows
        here = pull.shas | {row.push.after for row in rows}
        return [row for row in inside if {row.head_sha, row.merge_sha} & (here - self._old(pull))]

    def _is_rewritten(self, pull: Pull) -> bool:
        """Whether its own commits may be behind others: they are not all the range's, or older."""
        return pull.row.merged_at is not None and pull.row.head_sha not in self._graph.commits

    def _merges_behind(self, pull: Pull) -> tuple[str, ...]:
        """What merges into its branch left there, but for those that were deployed already."""
        if pull.row.merged_at is None:
            return ()
        return tuple(sorted(pull.maybe_merged_here - self._old(pull)))

    def _old(self, pull: Pull) -> frozenset[str]:
        """Its commits that were deployed already."""
        is_new = self._is_rewritten(pull)
        return frozenset() if is_new else pull.shas - self._graph.commits.keys()


def _tips(row: PullRow) -> frozenset[str]:
    return frozenset({row.head_sha, row.merge_sha, row.squash_sha})


def _expected(graph: Graph, row: PullRow) -> frozenset[str]:
    """The commits of the range that are likely to be a merged pull request's, or its merge."""
    merge = graph.commits.get(row.merge_sha)
    if merge is not None and len(merge.parents) > 1:
        return graph.reach(merge.sha) - graph.reach(merge.parents[0])
    if merge is not None and merge.sha == row.squash_sha:
        return frozenset({merge.sha})
    return graph.reach(row.head_sha)
