"""Which release refs contain the head, and whether the project itself does: GitLab lists both."""

from __future__ import annotations

from gate.forges import refs as names
from gate.forges.gitlab import parse
from gate.forges.gitlab.asking import Asking
from gate.forges.gitlab.pages import every_page
from gate.forges.rows import Ref
from gate.forges.talk import Flow, all_of, incomplete, side_by_side
from gate.http.document import Document
from gate.model import Maybe, Problem

MOST_REFS = 40  # of which the commit is asked


def matching(source: Asking, patterns: tuple[str, ...]) -> Flow[Maybe[tuple[Ref, ...]]]:
    """The project's own refs that the patterns mean."""
    prefixes = tuple(dict.fromkeys(names.literal_prefix(pattern) for pattern in patterns))
    lists = yield from all_of([_beginning(source, prefix) for prefix in prefixes])
    found: dict[str, Ref] = {}
    for listed in lists:
        if isinstance(listed, Problem):
            return listed
        found |= {ref.name: ref for ref in listed if names.matches_any(patterns, ref.name)}
    return tuple(found.values())


def _beginning(source: Asking, prefix: str) -> Flow[Maybe[tuple[Ref, ...]]]:
    kind, head = (
        ("tags", names.TAGS) if prefix.startswith(names.TAGS) else ("branches", names.HEADS)
    )
    ask = source.at("repository", kind).but(search="^" + prefix.removeprefix(head))

    def parse_ref(row: Document) -> Ref:
        return Ref(head + row["name"].text(), parse.tip(row), "commit")

    return (yield from every_page(source.talk, ask, parse_ref))


def containing(
    source: Asking, patterns: tuple[str, ...], head: str
) -> Flow[Maybe[tuple[Ref, ...]]]:
    """The release refs that hold the head, each with the commit that it is on."""
    plain = names.plain_refs(patterns)
    listed, _ = yield from side_by_side(
        source.refs_of(head), all_of([source.tip(ref) for ref in plain])
    )
    if isinstance(listed, Problem):
        return listed
    held = sorted(ref for ref in listed if names.matches_any(patterns, ref))
    if len(held) > MOST_REFS:
        cause = f"{len(held)} refs that match release_refs hold the commit"
        return incomplete(source.of_commit(head, "refs"), cause, "narrow release_refs")
    tips = yield from all_of([source.tip(ref) for ref in held])
    found: list[Ref] = []
    for ref, tip in zip(held, tips, strict=True):
        if isinstance(tip, Problem):
            return tip
        found.append(Ref(ref, tip, "commit"))
    return tuple(found)


def in_repository(source: Asking, held: Maybe[tuple[Ref, ...]], head: str) -> Flow[Maybe[bool]]:
    """Whether any branch or tag of the project's own holds the head.

    A commit of any fork can be read through the project that it was forked from.
    """
    if isinstance(held, tuple) and held:
        return True
    listed = yield from source.refs_of(head)
    return listed if isinstance(listed, Problem) else bool(listed)
