"""Events and notes in the order in which they happened.

Owners and administrators may set times, of what they do as well; ids they may not, and these grow.
So a time that runs against the ids was set by somebody, and nothing can be told of what came first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Protocol, TypeVar

from gate.tickets.gitlab.client import IncompleteError

# GitLab takes some times a little before it writes the row.
TOLERANCE = timedelta(minutes=1)


class Row(Protocol):
    """Something that happened: ``id`` is a number."""

    @property
    def id(self) -> str:
        """Its number in its table."""

    @property
    def at(self) -> datetime:
        """When it is said to have happened."""


Happening = TypeVar("Happening", bound=Row)


def in_order(rows: Iterable[Happening]) -> tuple[Happening, ...]:
    """Oldest first; raises IncompleteError where times and ids tell different orders."""
    by_id = sorted(rows, key=lambda row: int(row.id))
    latest = accumulate((row.at for row in by_id), max)
    for row, so_far in zip(by_id, latest, strict=True):
        if so_far - row.at > TOLERANCE:
            raise IncompleteError(
                "the times of what happened to the issue do not fit the order of its ids: somebody "
                "set them"
            )
    return tuple(sorted(by_id, key=lambda row: (row.at, int(row.id))))
