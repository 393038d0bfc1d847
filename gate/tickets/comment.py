"""What gate writes on a ticket, whatever system it is of.

A kind of ticket system that can be written on has ``open_commenter`` beside what every kind has; it
is asked for nothing else, and by nobody but ``gate.tickets.registry``. Another package's kind may
have it, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from gate.config.types import NetworkSettings, TicketSettings
from gate.frozen import dataclass
from gate.model import ChangeRequest, Problem
from gate.tickets.system import Credentials, Right

if TYPE_CHECKING:
    from gate.http import Budget

_TICKS = re.compile("`+")
Settings_contra = TypeVar("Settings_contra", bound=TicketSettings, contravariant=True)


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

    @property
    def text(self) -> str:
        """Title and lines."""
        return "\n".join([self.title, *(line for line in self.lines if line)])


def fenced(text: str) -> str:
    """The text as a code block of Markdown, whose fence is longer than any in it."""
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, 1 + longest)
    return f"{fence}text\n{text}\n{fence}"


class Commenter(Protocol):
    """A ticket system as far as it can be written on. Safe to use from several threads."""

    def comment(self, change: ChangeRequest, comment: Comment) -> Problem | None:
        """Write the comment on a ticket as it was read, unless it is there; or why it is not.

        Never twice what may have arrived. It must not count as anything on the ticket: neither as
        an approval, nor as an edit of what the ticket plans.
        """
        ...

    def rights(self) -> Iterator[Right]:
        """What writing needs beyond reading, without writing anything.

        What cannot be told without writing is a right whose problem says so.
        """
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...


@runtime_checkable
class CommentedKind(Protocol[Settings_contra]):
    """A kind of ticket system that can be written on."""

    def open_commenter(
        self,
        settings: Settings_contra,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
    ) -> Commenter:
        """The system with an account that writes; nothing is asked yet."""
        ...
