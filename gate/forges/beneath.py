"""Whose work is in a pull request beside its own people's: that of others merged into it. Pure.

Somebody's pull request into the branch of another one leaves, in that one's activity, only the
person who merged it; and what it brought may name anybody as its author.
"""

from __future__ import annotations

from collections.abc import Iterable

from gate.forges.pulls import Pull
from gate.model import Account, Maybe, Problem


def others_of(pull: Pull, pulls: Iterable[Pull]) -> Maybe[tuple[Account | None, ...]]:
    """Authors and pushers of every merged pull request whose work is in ``pull``.

    None for a deleted account; a Problem where the pushes of one are unknown.
    """
    accounts: dict[Account | None, None] = {}
    for other in _within(pull, tuple(other for other in pulls if other.row.merged_at)):
        if isinstance(other.rows, Problem):
            return other.rows
        accounts[other.row.author] = None
        accounts |= {row.push.account: None for row in other.rows}
    return tuple(accounts)


def _within(pull: Pull, merged: tuple[Pull, ...]) -> list[Pull]:
    """Those that share commits with ``pull``, those merged into it, and into those in turn.

    What merely shares commits, such as a release branch merged back, is not followed further: what
    else came in by it is no part of ``pull``.
    """
    found = [other for other in merged if other != pull and other.shas & pull.shas]
    inner = [pull]
    for outer in inner:
        inner += [o for o in merged if o not in inner and _is_merged_into(o, outer)]
    return [*found, *(other for other in inner[1:] if other not in found)]


def _is_merged_into(other: Pull, outer: Pull) -> bool:
    ends = {other.row.head_sha, other.row.merge_sha}
    return bool(ends & (outer.shas | outer.merged_here))
