"""What a ticket system shows of an account, so that people recognise each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from gate.config.types import NetworkSettings, TicketSettings
from gate.model import Maybe, Profile
from gate.tickets.system import Credentials

if TYPE_CHECKING:
    from gate.http import Budget

Settings_contra = TypeVar("Settings_contra", bound=TicketSettings, contravariant=True)


class Profiles(Protocol):
    """A ticket system as far as it tells of accounts. Safe to use from several threads."""

    def fetch_profile(self, key: str) -> Maybe[Profile]:
        """What it shows of the account that it identifies by ``key``."""
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...


@runtime_checkable
class ProfiledKind(Protocol[Settings_contra]):
    """A kind of ticket system that tells of accounts."""

    def open_profiles(
        self,
        settings: Settings_contra,
        credentials: Credentials,
        network: NetworkSettings,
        budget: Budget,
    ) -> Profiles:
        """The system with an account that asks; nothing is asked yet."""
        ...
