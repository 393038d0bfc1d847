"""Having a commit become the branch's tip, and knowing whether it did.

A push that ends without an answer may have been taken. So may one that was refused: git's HTTP
client sends a request again whose reply was lost, and the remote then refuses what it took before.
The branch itself tells: it is at the commit, or has gone beyond it, or is still where it was, and
then the same commit is pushed again. A refusal by a rule of the remote is no lost race, which the
unmoved branch shows.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from gate.store.git.errors import refused
from gate.store.git.remote import GitRemote, Pushed

_TRIES = 4
_SHORTEST, _LONGEST = 0.05, 20.0  # seconds


class Publisher:
    """Pushes commits to ``remote``; ``pause`` waits for so many seconds."""

    def __init__(self, remote: GitRemote, url: str, pause: Callable[[float], None]) -> None:
        self._remote = remote
        self._url = url
        self._pause = pause
        self._began = time.monotonic()
        self._lost = 0

    def begin(self) -> None:
        """A tip was read, from which the next commit will start."""
        self._began = time.monotonic()

    def publish(self, commit: str, parent: str | None) -> bool:
        """True: the branch has ``commit``. False: another extended ``parent``; we stepped back.

        ``StoreError`` where the remote does not let it in, or does not tell.
        """
        doubted = False
        for tried in range(_TRIES):
            if tried:
                spread = 0.5 + random.random()  # noqa: S311  # to spread writers, not to hide
                self._pause(_SHORTEST * 2**tried * spread)
            pushed = self._remote.push(commit)
            if pushed.result is Pushed.WON:
                return self._won()
            doubted |= pushed.result is not Pushed.BEHIND
            if not doubted:
                return self._step_back()
            tip = self._remote.tip()
            if tip == commit:
                return self._won()
            if tip != parent:
                if tip and self._remote.has_passed(commit, parent):
                    return self._won()
                return self._step_back()
            if pushed.result is Pushed.REFUSED:
                raise refused(self._remote.hide(pushed.said.error), self._url)
        raise self._remote.explain(pushed.said, "write")

    def _won(self) -> bool:
        self._lost = 0
        return True

    def _step_back(self) -> bool:
        """Wait for a random part of a time that doubles with each loss: others need theirs, too."""
        self._lost += 1
        took = time.monotonic() - self._began
        longest = min(_LONGEST, max(_SHORTEST, took) * 2 ** min(self._lost, 5) / 2)
        self._pause(longest * random.random())  # noqa: S311  # to spread writers, not to hide
        return False
