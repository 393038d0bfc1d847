"""Who of those that wait goes first, so that hundreds of writers do not all do the same work.

Nothing depends on it but speed: whoever does not step back commits, and one of them wins.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

COURTESIES = 6
"""How often a writer steps back for those before it, who may be dead, before it goes on itself."""

_STEP = 0.08  # seconds for each writer ahead: about what one more entry costs who commits them
_GROWTH = 1.5  # of the pauses: where the machine is slow, so is who commits
_LONGEST = 30.0


class Queue:
    """The queue as the writer of the offer ``digest`` sees it: those with a lower one are first."""

    def __init__(self, digest: str) -> None:
        self._digest = digest
        self._left = COURTESIES
        self._head: bytes | None = None
        self._seen: set[str] = set()
        self._stuck: set[str] = set()  # still there after somebody committed: nobody takes these

    def step_back(self, head: bytes, waiting: Sequence[str]) -> float:
        """How many seconds to wait now, for the log at ``head``; 0: it is our turn."""
        if self._head not in {None, head}:
            self._stuck |= self._seen & set(waiting)
        self._head, self._seen = head, set(waiting)
        ahead = sum(one < self._digest and one not in self._stuck for one in waiting)
        if not ahead or not self._left:
            return 0
        step = _STEP * _GROWTH ** (COURTESIES - self._left)
        self._left -= 1
        spread = 0.5 + random.random()  # noqa: S311  # to spread writers, not to hide anything
        return min(_LONGEST, step * spread * (1 + ahead))


def after_another() -> float:
    """How many seconds to wait where another was first, so that two do not meet again and again."""
    return _STEP * random.random()  # noqa: S311  # to spread writers, not to hide anything
