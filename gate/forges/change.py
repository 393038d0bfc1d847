"""The flow that reads a change: repository, range and release refs begin side by side."""

from __future__ import annotations

from dataclasses import replace

from gate.config.types import Service
from gate.forges import refs as names
from gate.forges.assemble import Brought, arrange
from gate.forges.first import first_range
from gate.forges.graph import Graph
from gate.forges.pulls import Pull, ahead
from gate.forges.pushes import anchored
from gate.forges.range import Span
from gate.forges.rows import A_MERGE, Activity, Ref
from gate.forges.search import pulls_of_range
from gate.forges.source import Activities, Source
from gate.forges.talk import Flow, all_of, side_by_side
from gate.frozen import dataclass
from gate.model import Base, Change, Maybe, Problem, ProblemKind


@dataclass(frozen=True, slots=True)
class _Code:
    """The range, and the pull requests that the forge links to it."""

    span: Maybe[Span]
    pulls: Maybe[tuple[Pull, ...]]


def change(source: Source, service: Service, head: str, base: Base) -> Flow[Maybe[Change]]:
    """The whole change, or the Problem that leaves nothing of it."""
    (where, _, _), code, (held, inside) = yield from side_by_side(
        side_by_side(source.name(), ahead(source, head), source.recent()),
        _code(source, service.release_refs, head, base.commit),
        _places(source, service.release_refs, head),
    )
    if isinstance(where, Problem):
        return where
    if where.lower() != source.slug.lower():
        return _moved(source)
    if isinstance(code.span, Problem):
        return code.span
    graph = code.span.graph
    brought = yield from _brought(source, held, code, base.commit)
    return Change(
        repository=service.repository,
        base=base,
        head=head,
        base_is_ancestor=code.span.base_is_ancestor,
        commits=graph if isinstance(graph, Problem) else brought.commits,
        pull_requests=brought.pull_requests,
        direct_pushes=brought.direct_pushes,
        push_of=brought.push_of,
        release_refs=held
        if isinstance(held, Problem)
        else tuple(names.short_name(r.name) for r in held),
        in_repository=inside,
    )


def _code(source: Source, patterns: tuple[str, ...], head: str, base: str) -> Flow[_Code]:
    known_refs = names.plain_refs(patterns)
    if base:
        found, _ = yield from side_by_side(
            source.compared(base, head),
            all_of([_first_page(source, ref) for ref in known_refs]),
        )
    else:
        found = yield from _first_range(source, patterns, known_refs, head)
    graph = found if isinstance(found, Problem) else found.graph
    if isinstance(graph, Problem):
        return _Code(found, graph)
    pulls, _, _ = yield from side_by_side(
        pulls_of_range(source, graph, patterns),
        all_of([_activity(source, ref, graph, base) for ref in known_refs]),
        source.ask_merges(graph),
    )
    return _Code(found, pulls)


def _first_range(
    source: Source, patterns: tuple[str, ...], known_refs: tuple[str, ...], head: str
) -> Flow[Maybe[Span]]:
    if len(known_refs) == len(patterns):
        return (yield from first_range(source, known_refs, head))
    listed, _ = yield from side_by_side(source.matching(patterns), source.pulls_of(head))
    if isinstance(listed, Problem):
        return listed
    return (yield from first_range(source, tuple(ref.name for ref in listed), head))


def _places(
    source: Source, patterns: tuple[str, ...], head: str
) -> Flow[tuple[Maybe[tuple[Ref, ...]], Maybe[bool]]]:
    """The release refs that contain the head, and whether the repository itself does.

    The activity of those refs will be wanted, so it is asked for as soon as they are known.
    """
    held = yield from source.containing(patterns, head)
    inside, _ = yield from side_by_side(
        source.in_repository(held, head),
        all_of([_first_page(source, r.name) for r in (() if isinstance(held, Problem) else held)]),
    )
    return held, inside


def _brought(source: Source, held: Maybe[tuple[Ref, ...]], code: _Code, base: str) -> Flow[Brought]:
    graph = code.span if isinstance(code.span, Problem) else code.span.graph
    if isinstance(graph, Problem):
        return Brought((), graph, graph, {})
    if isinstance(code.pulls, Problem):
        return Brought(tuple(graph.commits.values()), code.pulls, code.pulls, {})
    if isinstance(held, Problem):
        return Brought(tuple(graph.commits.values()), held, held, {})
    tips = {ref.name: ref.sha for ref in held}
    merged = [
        names.HEADS + pull.row.base_ref
        for pull in code.pulls
        if pull.row.merged_at and not pull.in_fork
    ]
    refs = tuple(dict.fromkeys((*tips, *merged)))
    lists = yield from all_of([_activity(source, ref, graph, base) for ref in refs])
    activity: Activities = dict(zip(refs, lists, strict=True))
    told = yield from _told(source, graph, activity, code.pulls)
    if isinstance(told, Problem):
        return Brought(tuple(graph.commits.values()), told, told, {})
    activity, pulls = told
    return arrange(graph, base, pulls, activity, tips, source.talk.host)


def _told(
    source: Source, graph: Graph, activity: Activities, pulls: tuple[Pull, ...]
) -> Flow[Maybe[tuple[Activities, tuple[Pull, ...]]]]:
    """The rows, those of the forge's own merges called so."""
    requests = tuple((p.row, p.shas) for p in pulls if p.row.merged_at and not p.in_fork)
    merges = yield from source.told(graph, activity, requests)
    if isinstance(merges, Problem):
        return merges

    def called(rows: Maybe[tuple[Activity, ...]]) -> Maybe[tuple[Activity, ...]]:
        if isinstance(rows, Problem):
            return rows
        return tuple(replace(r, kind=A_MERGE) if r.id in merges else r for r in rows)

    return (
        {ref: called(rows) for ref, rows in activity.items()},
        tuple(replace(pull, rows=called(pull.rows)) for pull in pulls),
    )


# ---------------------------------------------------------------- the release refs' pushes


def _first_page(source: Source, ref: str) -> Flow[Maybe[tuple[Activity, ...]]]:
    return (yield from source.activity(ref, lambda _: True))


def _activity(
    source: Source, ref: str, graph: Graph, base: str
) -> Flow[Maybe[tuple[Activity, ...]]]:
    """The pushes to a release ref, back to when it held nothing of the range."""
    stops = graph.outside | ({base} if base else set())

    def enough(rows: tuple[Activity, ...]) -> bool:
        return anchored(rows, stops) is not None

    return (yield from source.activity(ref, enough))


def _moved(source: Source) -> Problem:
    host = source.talk.host
    return Problem(
        ProblemKind.MALFORMED,
        host.service,
        f"GET {source.slug}",
        f"the repository has been renamed or moved; {host.title} answers with another one's name",
        "write its new address into services and forges of gate.toml",
    )
