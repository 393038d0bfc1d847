"""Which refs a release-ref pattern means.

A pattern names **branches**, unless it begins with ``refs/tags/``: a tag called ``main`` must not
pass for the branch. ``refs/heads/`` may be written out. ``*`` stays within one part of a name, as
in GitHub's own branch patterns; ``**`` crosses slashes. Names are case-sensitive.
"""

from __future__ import annotations

import re
from functools import lru_cache

HEADS = "refs/heads/"
TAGS = "refs/tags/"


def full_pattern(pattern: str) -> str:
    """The pattern over whole ref names: ``main`` is ``refs/heads/main``."""
    return pattern if pattern.startswith((HEADS, TAGS)) else HEADS + pattern


def is_plain(pattern: str) -> bool:
    """Whether the pattern can only mean the one ref of that name."""
    return "*" not in pattern


def plain_refs(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The refs that are known by name before anything was asked."""
    return tuple(full_pattern(p) for p in patterns if is_plain(p))


def literal_prefix(pattern: str) -> str:
    """What every ref that the pattern means begins with (a whole ref name for a plain one)."""
    return full_pattern(pattern).partition("*")[0]


def matches(pattern: str, ref: str) -> bool:
    """Whether the pattern means the whole ref name ``ref``."""
    return _compiled(full_pattern(pattern)).fullmatch(ref) is not None


def matches_any(patterns: tuple[str, ...], ref: str) -> bool:
    """Whether one of the patterns means ``ref``."""
    return any(matches(pattern, ref) for pattern in patterns)


def short_name(ref: str) -> str:
    """How people call the ref: ``main`` for ``refs/heads/main``; tags keep their prefix."""
    return ref.removeprefix(HEADS)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", pattern)
    meaning = {"**": ".*", "*": "[^/]*"}
    return re.compile("".join(meaning.get(part, re.escape(part)) for part in parts), re.DOTALL)
