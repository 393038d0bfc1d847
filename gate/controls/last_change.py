"""When a pull request or direct push last became what it is: by a push, or by another base."""

from __future__ import annotations

from datetime import datetime

from gate.controls.change import Unit
from gate.controls.control import Finding, say, unavailable, undetermined
from gate.frozen import dataclass
from gate.model import Problem


@dataclass(frozen=True, slots=True)
class LastChange:
    """``at`` is a forge's time; ``retargeted``: then it was given another base, not pushed to."""

    at: datetime
    retargeted: bool = False


def last_change(unit: Unit) -> LastChange | Finding:
    """The later of its last push and its last new base.

    Whoever approved it before that approved of another thing: with another base the same commits
    go elsewhere, and bring what that base lacks.
    """
    pushed_at = _last_push(unit)
    if isinstance(pushed_at, Finding):
        return pushed_at
    retargeted_at = unit.pull_request.retargeted_at if unit.pull_request else None
    if isinstance(retargeted_at, Problem):
        return unavailable(retargeted_at)
    if retargeted_at is not None and retargeted_at > pushed_at:
        return LastChange(retargeted_at, retargeted=True)
    return LastChange(pushed_at)


def _last_push(unit: Unit) -> datetime | Finding:
    if unit.push is not None:
        return unit.push.at
    pull = unit.pull_request
    if pull is None:
        raise TypeError("a unit is a pull request or a push")
    if isinstance(pull.pushes, Problem):
        return unavailable(pull.pushes)
    if pull.head_sha not in {push.after for push in pull.pushes}:
        return undetermined(
            say(
                "approval-covers.no-push",
                "The forge does not tell when the head of {unit} was pushed.",
                unit=unit.name,
            ),
            say(
                "approval-covers.no-push.remedy",
                "Push to the branch of {unit} again, and have it approved after that.",
                unit=unit.name,
            ),
        )
    return max(push.at for push in pull.pushes)
