"""What gate writes on a ticket, whatever system it is of.

A further system is added in ``commenters`` as one more ``Commenter``; nothing else asks which
there are.
"""

from __future__ import annotations

from typing import Protocol

from gate.frozen import dataclass
from gate.model import Maybe, Problem


@dataclass(frozen=True, slots=True)
class Comment:
    """A title, lines of text, and a block that must come out as it is, without a line break last.

    All of it is printable and one line an item; what markup the system has is the writer's to keep
    from being read into it. ``mark`` stands in the lines and in no other comment.
    """

    title: str
    lines: tuple[str, ...]
    block: str
    mark: str


class Commenter(Protocol):
    """A ticket system as far as it can be written to. Each method says why not, or None."""

    def comment(self, ticket: str, comment: Comment) -> Problem | None:
        """Write the comment on a ticket, unless it is there."""
        ...

    def may_comment(self, project: str) -> Maybe[bool]:
        """Whether our account has the permission to, in the project that tickets are of."""
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...
