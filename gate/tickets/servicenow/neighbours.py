"""The changes with the next lower numbers: when they were created.

Numbers that were never used or are hidden leave gaps; that is no problem here, since each change
that is there tells something by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gate.http.document import ShapeError
from gate.model import Neighbour
from gate.tickets.servicenow.table import Row

ASKED = 10  # numbers below the change's own
FIELDS = ("number", "sys_created_on")


def lower_numbers(number: str) -> tuple[str, ...]:
    """The next lower numbers, highest first, padded alike; none below the first of all.

    None either of what does not end in a number, as an instance may call a change that is asked for
    by its sys_id.
    """
    prefix = number.rstrip("0123456789")
    digits = number.removeprefix(prefix)
    if not digits:
        return ()
    own = int(digits)
    return tuple(
        f"{prefix}{n:0{len(digits)}d}" for n in range(own - 1, max(0, own - 1 - ASKED), -1)
    )


def parse_neighbours(rows: Iterable[Row], asked: Collection[str]) -> tuple[Neighbour, ...]:
    """Those that came back; raises ShapeError where one is among them that was not asked for."""
    found = tuple(Neighbour(row.text("number"), row.time("sys_created_on")) for row in rows)
    if not all(each.key in asked for each in found):
        raise ShapeError("the reply has other changes than were asked for")
    return found
