"""How long gathering facts may take altogether."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta


class Budget:
    """Counts down from ``total`` from its construction on; shared by all that is asked.

    ``monotonic`` gives seconds and never steps back; ``sleep`` lets them pass on the same clock.
    ``spent_on`` is the request that was waited for when nothing was left, for messages: "" before.
    """

    def __init__(
        self,
        total: timedelta,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.monotonic = monotonic
        self.sleep = sleep
        self.spent_on = ""
        self._end = monotonic() + total.total_seconds()

    def spend_on(self, request: str) -> None:
        """Remember what the rest was spent on; what came first stays."""
        self.spent_on = self.spent_on or request

    def remaining(self) -> float:
        """Seconds left, 0.0 when it is spent."""
        return max(0.0, self._end - self.monotonic())
