"""Who of those that wait goes first, so that hundreds of writers do not all do the same work.

Nothing depends on it but speed: whoever does not step back commits, and one of them wins.

A writer waits for those before it as long as they need for one commit of all that wait. How long
that is, it estimates from how long the store took to answer it a moment ago: where hundreds come
at once, or the store is far away, everybody needs longer, and who loses patience makes it worse.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

COURTESIES = 6
"""How often a writer steps back for those before it, who may be dead, before it goes on itself."""
PATIENCE = 90.0
"""Seconds that it steps back in all: offers are only names, and anybody may leave a million."""

_CHAIN = 2  # looks that are as long as the requests of one commit, one after the other
_ENTRY, _ENTRY_LOOKS = 0.02, 0.025  # what one more entry adds: seconds at least; looks
_LONGEST = 10.0  # seconds before the next look, unless one commit needs longer
_MEETING = 0.08  # seconds


class Queue:
    """The queue as the writer of the offer ``digest`` sees it: those with a lower one are first."""

    def __init__(self, digest: str) -> None:
        self._digest = digest
        self._left = COURTESIES
        self._patience = PATIENCE
        self._head: bytes | None = None
        self._seen: set[str] = set()
        self._stuck: set[str] = set()  # still there after somebody committed: nobody takes these

    def step_back(self, head: bytes, waiting: Sequence[str], look: float) -> float:
        """How many seconds to wait now, for the log at ``head``; 0: it is our turn.

        ``look``: how many seconds it took to learn head and ``waiting``.
        """
        if self._head not in {None, head}:
            self._stuck |= self._seen & set(waiting)
        self._head, self._seen = head, set(waiting)
        others = [one for one in waiting if one not in self._stuck]
        ahead = sum(one < self._digest for one in others)
        if not ahead or not self._left:
            return 0
        self._left -= 1
        commit = _CHAIN * look + max(_ENTRY, _ENTRY_LOOKS * look) * len(others)
        spread = 0.75 + random.random() / 2  # noqa: S311  # to spread writers, not to hide anything
        seconds = min(commit * ahead, max(_LONGEST, commit)) * spread
        seconds = min(seconds, self._patience)
        self._patience -= seconds
        return seconds


def after_another() -> float:
    """How many seconds to wait where another was first, so that two do not meet again and again."""
    return _MEETING * random.random()  # noqa: S311  # to spread writers, not to hide anything
