"""How long gathering facts may take altogether."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta


class Budget:
    """Counts down from ``total`` from its construction on; shared by all that is asked.

    ``monotonic`` gives seconds and never steps back.
    """

    def __init__(self, total: timedelta, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic = monotonic
        self._end = monotonic() + total.total_seconds()

    def remaining(self) -> float:
        """Seconds left, 0.0 when it is spent."""
        return max(0.0, self._end - self.monotonic())
