"""What gate asks of a ticket system, whichever it is: the contract of an extension.

A system is three things. Its *grammar* tells, without asking anybody, which texts are its IDs; the
*system* itself, opened with credentials, reads tickets live; and a *kind* makes both of the
policy's settings. Jira, ServiceNow, GitHub Issues and GitLab issues are such kinds, and a package
that declares an entry point of the group ``gate.tickets`` adds another. ``gate.tickets.contract``
is the test suite that each of them runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, TypeVar

from gate.config.types import NetworkSettings, TicketSettings
from gate.errors import UsageError
from gate.frozen import dataclass
from gate.model import Account, ChangeRequest, ClockReading, Maybe, MissingTicket, Problem

if TYPE_CHECKING:  # it imports the libraries that ask, which not every command needs
    from gate.http import Budget, Request

Settings_contra = TypeVar("Settings_contra", bound=TicketSettings, contravariant=True)


class Grammar(Protocol):
    """Which texts are IDs of a system. Reads nothing but the text.

    Strict: an ID is sent to the system as it stands, and systems are lenient.
    """

    @property
    def form(self) -> str:
        """How an ID is written: "PROJECT-NUMBER, for example CHG-1"."""
        ...

    def claims(self, text: str) -> bool:
        """Whether the text is wholly an ID of this system."""
        ...

    def is_key(self, text: str) -> bool:
        """Whether it is the one ID under which the ticket is recorded.

        An ID that is claimed and no key is another way to name a ticket: it is recorded under the
        ``key`` that came back, so that one ticket cannot be used under two names.
        """
        ...

    def find(self, text: str) -> tuple[str, ...]:
        """The keys that stand in a text of people as whole words, each once, in order."""
        ...

    def refusal(self, text: str) -> UsageError:
        """Why a text that is not claimed is no ID, and what to write instead."""
        ...


@dataclass(frozen=True, slots=True)
class Right:
    """Something that gate's account must be able to do, and whether it is.

    ``what`` names it behind the system's name ("project CHG", "" for the system as such), ``seen``
    says that it is well where ``problem`` is None. ``needed`` False: without it less can be proved.
    """

    what: str
    seen: str
    problem: Problem | None = None
    needed: bool = True


class TicketSystem(Protocol):
    """A ticket system, asked with one account. Safe to use from several threads."""

    def fetch(self, ticket: str) -> Maybe[ChangeRequest | MissingTicket]:
        """The change request, or that there is none, or why that cannot be told.

        UsageError, before any request, for what the grammar does not claim. ``key`` of what comes
        back is what the system calls the ticket now, and ``id`` what was asked for where that is
        no key. A list that is not provably whole is a ``Problem``.
        """
        ...

    def own_accounts(self) -> tuple[Account, ...]:
        """The account behind the credentials, if it was asked for and told: it never approves."""
        ...

    def rights(self) -> Iterator[Right]:
        """What ``gate doctor`` tells: each right that ``fetch`` needs, by a request that needs it.

        The first is that the system knows us; none follows where it does not.
        """
        ...

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against the system's."""
        ...

    def requests(self) -> tuple[Request, ...]:
        """What was asked so far."""
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


class Credentials:
    """What the environment gave for one system; "" is not given. Its repr shows nothing."""

    __slots__ = ("password", "token", "user")

    def __init__(self, user: str = "", password: str = "", token: str = "") -> None:
        self.user = user
        self.password = password
        self.token = token


class TicketKind(Protocol[Settings_contra]):
    """A kind of ticket system: an object, or a module, with these two functions.

    Both raise UsageError for settings that they do not take.
    """

    def grammar(self, settings: Settings_contra) -> Grammar:
        """The IDs of the system."""
        ...

    def open_system(
        self,
        settings: Settings_contra,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
    ) -> TicketSystem:
        """The system with an account; nothing is asked yet."""
        ...
