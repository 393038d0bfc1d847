"""Which release refs contain the head, and whether the repository itself does."""

from __future__ import annotations

from gate.forges import refs as names
from gate.forges.github.asking import Asking
from gate.forges.rows import Ref
from gate.forges.talk import Flow, all_of, incomplete, read
from gate.model import Maybe, Problem, ProblemKind

MOST_REFS = 40  # compared with the head


def matching(source: Asking, patterns: tuple[str, ...]) -> Flow[Maybe[tuple[Ref, ...]]]:
    """The repository's own refs that the patterns mean."""
    prefixes = tuple(dict.fromkeys(names.literal_prefix(pattern) for pattern in patterns))
    lists = yield from all_of([source.refs(prefix) for prefix in prefixes])
    found: dict[str, Ref] = {}
    for listed in lists:
        if isinstance(listed, Problem):
            return listed
        found |= {ref.name: ref for ref in listed if names.matches_any(patterns, ref.name)}
    return tuple(found.values())


def containing(
    source: Asking, patterns: tuple[str, ...], head: str
) -> Flow[Maybe[tuple[Ref, ...]]]:
    """The release refs that hold the head, by comparing the tip of each with it.

    Of more than ``MOST_REFS`` only those whose tip is the head are told; where that leaves none,
    the answer is a Problem, since it would be no proof that none does.
    """
    listed = yield from matching(source, patterns)
    if isinstance(listed, Problem):
        return listed
    tips = tuple(ref for ref in listed if ref.sha == head)
    others = [ref for ref in listed if ref.sha != head]
    if len(others) > MOST_REFS:
        cause = f"{len(others)} refs match release_refs, too many to look for the commit in each"
        return tips or incomplete(source.at("git", "matching-refs"), cause, "narrow release_refs")
    held = yield from all_of([_holds(source, ref, head) for ref in others])
    found = [*tips]
    for ref, answer in zip(others, held, strict=True):
        if isinstance(answer, Problem):
            return answer
        if answer:
            found.append(ref)
    return tuple(sorted(found, key=lambda ref: ref.name))


def _holds(source: Asking, ref: Ref, head: str) -> Flow[Maybe[bool]]:
    ask = source.at("compare", f"{ref.sha}...{head}").but(per_page="1", page="1")
    (answer,) = yield from source.talk.ask(ask)
    status = read(ask, answer, lambda reply: reply["status"].text())
    if isinstance(status, Problem):
        return status
    if status not in {"identical", "behind", "ahead", "diverged"}:
        return incomplete(ask, "GitHub does not say whether the ref contains the commit")
    return status in {"identical", "behind"}


def in_repository(
    source: Asking, release_refs: Maybe[tuple[Ref, ...]], head: str
) -> Flow[Maybe[bool]]:
    """Whether one of the repository's own branches holds the head.

    A commit of any fork can be read through its parent, so that it can be read proves nothing. No
    is answered only where the head's pull requests come from forks and none was merged; a commit in
    the middle of some other branch is not looked for, and stays unknown.
    """
    if isinstance(release_refs, tuple) and release_refs:
        return True
    ask = source.at("commits", head, "branches-where-head")
    (answer,) = yield from source.talk.ask(ask)
    tips = read(ask, answer, lambda page: [row["name"].text() for row in page.each()])
    if isinstance(tips, Problem):
        return tips
    if tips:
        return True
    pulls = yield from source.pulls_of(head)
    if isinstance(pulls, Problem):
        return pulls
    slug = source.slug.lower()
    if pulls and all(p.head_repository.lower() != slug and not p.merged_at for p in pulls):
        return False
    return Problem(
        ProblemKind.INCOMPLETE,
        "github",
        ask.label,
        "no branch of the repository is known to hold the commit; it may be of a fork only",
        "deploy a commit of a release ref",
    )
