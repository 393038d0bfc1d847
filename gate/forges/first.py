"""The range of a first deployment: what brought the head."""

from __future__ import annotations

from collections.abc import Mapping

from gate.forges import refs as names
from gate.forges.graph import Graph
from gate.forges.range import Span
from gate.forges.rows import MAYBE_MERGES, ZERO, Activity, PullLink
from gate.forges.source import Source
from gate.forges.talk import Flow, all_of, incomplete, side_by_side
from gate.model import Maybe, Problem

MOST_PULL_COMMITS = 250  # GitHub lists no more of a pull request


def first_range(source: Source, refs: tuple[str, ...], head: str) -> Flow[Maybe[Span]]:
    """What brought the head: the merge of its pull request, else its push.

    Both by the activity of the release ``refs`` and of what the pull request was merged into; for a
    head on none of them, the commits of its pull request.
    """
    pulls, _ = yield from side_by_side(
        _merged_pulls(source, head), all_of([source.activity(ref, lambda _: True) for ref in refs])
    )
    if isinstance(pulls, Problem):
        return pulls
    merged = _merge_places(pulls)
    tips = {head, *merged.values()}

    def brought(rows: tuple[Activity, ...]) -> bool:
        return any(row.push.after in tips for row in rows)

    places = tuple(dict.fromkeys((*refs, *merged)))
    lists = yield from all_of([source.activity(ref, brought) for ref in places])
    found: list[Activity] = []
    for rows in lists:
        if isinstance(rows, Problem):
            return rows
        found.extend(row for row in rows if _brings(row, head, refs, merged))
    if not found:
        return (yield from _from_pull(source, head, pulls))
    befores = {row.push.before for row in found if not ZERO.fullmatch(row.push.before)}
    if not befores:
        return (yield from source.history(head))
    return (yield from _widest(source, sorted(befores), head))


def _brings(row: Activity, head: str, refs: tuple[str, ...], merged: Mapping[str, str]) -> bool:
    """Whether the row left a release ref at the head or a merge of it, or the forge merged there.

    A push to any other ref, in whatever small steps, says nothing of how the head is released.
    """
    push = row.push
    if push.ref in refs:
        return push.after in {head, *merged.values()}
    return row.kind in MAYBE_MERGES and push.after == merged.get(push.ref)


def _merged_pulls(source: Source, head: str) -> Flow[Maybe[tuple[PullLink, ...]]]:
    """The head's pull requests; the activity of what they were merged into is asked for early."""
    pulls = yield from source.pulls_of(head)
    if not isinstance(pulls, Problem):
        yield from all_of([source.activity(ref, lambda _: True) for ref in _merge_places(pulls)])
    return pulls


def _merge_places(pulls: tuple[PullLink, ...]) -> dict[str, str]:
    """Refs that pull requests were merged into, and the commit that the merge left there."""
    return {names.HEADS + pull.base_ref: pull.merge_sha for pull in pulls if pull.merge_sha}


def _widest(source: Source, befores: list[str], head: str) -> Flow[Maybe[Span]]:
    """The largest range of those that a push or merge brought.

    Whoever pushes the head to some other release ref in small steps must not narrow the range.
    """
    spans = yield from all_of([source.compared(before, head) for before in befores])
    graphs: list[Graph] = []
    for found in spans:
        graph = found if isinstance(found, Problem) else found.graph
        if isinstance(graph, Problem):
            return graph
        graphs.append(graph)
    return Span(max(graphs, key=lambda graph: len(graph.commits)), base_is_ancestor=True)


def _from_pull(source: Source, head: str, pulls: tuple[PullLink, ...]) -> Flow[Maybe[Span]]:
    host = source.talk.host
    own = [pull for pull in pulls if pull.head_sha == head]
    if len(own) != 1:
        cause = (
            f"neither a {host.pull} nor a push to a release ref is known to have brought the head"
        )
        remedy = f"deploy the tip of a release ref or of one {host.pull}; a merge of the last "
        return incomplete(source.pulls_ask(head), cause, remedy + "minute may need another")
    commits = yield from source.commits_of(own[0].number)
    if isinstance(commits, Problem):
        return commits
    graph = Graph.of(commits, head)
    if graph is None or len(commits) >= MOST_PULL_COMMITS:
        cause = f"the commits of the head's {host.pull} are not provably all"
        return incomplete(source.commits_ask(own[0].number), cause, f"split the {host.pull}")
    return Span(graph, base_is_ancestor=True)
