"""The tickets with the next lower numbers: when they were created.

Deleted tickets, moved ones and those that our account may not see leave gaps; that is no problem
here, since each that is there tells something by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gate.http.document import Document
from gate.model import Neighbour

ASKED = 10  # numbers below the ticket's own


def lower_keys(key: str) -> tuple[str, ...]:
    """The keys with the next lower numbers, highest first; none below the first of all."""
    project, _, digits = key.rpartition("-")
    number = int(digits)
    return tuple(f"{project}-{n}" for n in range(number - 1, max(0, number - 1 - ASKED), -1))


def parse_neighbours(reply: Document, asked: Collection[str]) -> tuple[Neighbour, ...]:
    """Those of ``asked`` that came back under their own key; raises ShapeError naming the field.

    Jira answers for a ticket that was moved away with the key that it has now.
    """
    return tuple(each for each in _each(reply) if each.key in asked)


def _each(reply: Document) -> Iterator[Neighbour]:
    for issue in reply["issues"].each():
        yield Neighbour(issue["key"].text(), issue["fields"]["created"].time())
