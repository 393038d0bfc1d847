"""``--wait``: judge again and again while nothing but approvals is missing, politely."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from gate.cli.inputs import now as clock_now
from gate.cli.printing import say

if TYPE_CHECKING:
    from gate.cli.inputs import Asked
    from gate.log.receipts.kept import Kept
    from gate.model import Decision

FIRST, LONGEST = 10.0, 60.0  # seconds between two looks; each pause is half as long again
GROWTH = 1.5
LINE = timedelta(minutes=1)  # no more than one line in this time


class Watch(Protocol):
    """The time, and letting it pass."""

    def now(self) -> datetime:
        """The time."""

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass."""

    def tell(self, line: str) -> None:
        """Say how it stands."""


class WallClock:
    """The machine's clock; told on stderr."""

    def now(self) -> datetime:
        """The time."""
        return clock_now()

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        time.sleep(seconds)

    def tell(self, line: str) -> None:
        """Say how it stands."""
        say(line, err=True)


def wait_if_asked(asked: Asked, kept: Sequence[Kept] = ()) -> None:
    """Wait as --wait says; nothing is recorded meanwhile, and the answer is judged afterwards."""
    if asked.wait is None:
        return
    from gate.deploy import check

    def judge() -> Decision:
        return check(asked.question, asked.place, asked.secrets, clock_now, kept).decision

    wait_for_approvals(judge, asked.wait, WallClock())


def wait_for_approvals(judge: Callable[[], Decision], wait: timedelta, watch: Watch) -> None:
    """Return when approvals are no longer all that is missing, or ``wait`` is over.

    ``judge`` looks once; at least one look is taken.
    """
    from gate.controls.waiting import awaits_approval

    begun = watch.now()
    pause, told = FIRST, begun - LINE
    while awaits_approval(judge()):
        at = watch.now()
        left = wait - (at - begun)
        if left <= timedelta():
            watch.tell("gate: no approval came in time")
            return
        if at - told >= LINE:
            told = at
            watch.tell(
                f"gate: waiting for approval, {_minutes(at - begun)} of {_minutes(wait)} min"
            )
        watch.sleep(min(pause, left.total_seconds()))
        pause = min(pause * GROWTH, LONGEST)


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f}"
