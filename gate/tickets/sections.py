"""Rich text once its markup is gone: blocks, and the section under a heading."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gate.frozen import dataclass

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item or the like; ``level`` is 1 to 6 for a heading, 0 for all else."""

    text: str
    level: int = 0


def plain(blocks: Sequence[Block]) -> str:
    """The blocks as lines of text, without blank ones at either end."""
    return "\n".join(block.text for block in blocks).strip()


def under(blocks: Sequence[Block], heading: str) -> str | None:
    """The text under each heading of this title, up to the next of its rank; None: no such heading.

    Letter case, blanks and a final colon do not matter.
    """
    wanted = _title(heading)
    found: list[Block] = []
    depth = 0  # the level of the heading we are under, 0: none
    seen = False
    for block in blocks:
        if block.level and (not depth or block.level <= depth):
            depth = block.level if _title(block.text) == wanted else 0
            seen = seen or depth > 0
        elif depth:
            found.append(block)
    return plain(found) if seen else None


def _title(text: str) -> str:
    return _SPACE.sub(" ", text).strip().rstrip(":").rstrip().casefold()
