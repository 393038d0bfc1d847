"""``approvals.at_least``: how many of a group must approve, whoever else does."""

from __future__ import annotations

from collections.abc import Iterable

from gate.controls.control import say
from gate.frozen import dataclass
from gate.model import Free, Message

TOO_FEW_OF_GROUP = "approved.group"  # what it says where others approved, and too few of a group


@dataclass(frozen=True, slots=True)
class Minimum:
    """So many of a group; ``members`` are persons."""

    name: str
    count: int
    members: frozenset[str]

    def of(self, persons: Iterable[str]) -> int:
        """How many of these are in the group."""
        return len(self.members & set(persons))


def of_group(place: str, count: int, minimum: Minimum) -> Message:
    """That too few of a group have approved."""
    return say(
        "approved.group",
        "{place} has {count} of {least} approvals by {group}.",
        place=place,
        count=count,
        least=minimum.count,
        group=Free(minimum.name),
    )
