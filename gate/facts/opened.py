"""What can be asked of a forge, and of the CI that runs us."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from gate.config import Service
from gate.frozen import dataclass
from gate.model import (
    Account,
    Approval,
    Base,
    Change,
    ClockReading,
    ForgeDeployment,
    Maybe,
    Run,
    RunClaim,
)

if TYPE_CHECKING:
    from gate.http import Request, Wire


class Forge(Protocol):
    """What a forge, or git standing in for one, can be asked."""

    def fetch_change(self, service: Service, head: str, base: Base) -> Maybe[Change]:
        """The change base..head."""
        ...

    def fetch_deployments(
        self, service: Service, environment: str, commit: str
    ) -> Maybe[tuple[ForgeDeployment, ...]]:
        """The deployments of ``commit`` to ``environment`` that the forge lists as successful."""
        ...

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against the forge's."""
        ...

    def requests(self) -> tuple[Request, ...]:
        """What was asked so far."""
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A forge, and what tells a run of ``ci`` by what the environment claims of it.

    ``fetch_approvals`` tells who let such a run into an environment of the forge; None where there
    is no forge that could tell a run. ``fetch_own`` tells whose token the forge is asked with, None
    where it is asked with none. ``beside`` is the line to a CI that is not the forge's own.
    """

    forge: Forge
    fetch_run: Callable[[RunClaim], Maybe[Run]]
    ci: str
    fetch_approvals: Callable[[Run, str], Maybe[tuple[Approval, ...]]] | None = None
    fetch_own: Callable[[], Maybe[Account | None]] | None = None
    beside: Wire | None = None

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against those of both."""
        return (*self.forge.clocks(), *(self.beside.clocks() if self.beside else ()))

    def requests(self) -> tuple[Request, ...]:
        """What both were asked so far."""
        return (*self.forge.requests(), *(self.beside.trace if self.beside else ()))

    def close(self) -> None:
        """Give back what is held open."""
        self.forge.close()
        if self.beside:
            self.beside.close()
