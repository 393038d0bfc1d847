"""What each kind of forge is asked for beside changes, and what it is called.

``gate.forges.registry`` names the kinds; whoever needs one of a forge's abilities takes it from
there and asks nowhere which forge it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from gate.config.secrets import Secrets
from gate.config.types import ForgeSettings, NetworkSettings, Service
from gate.forges.status import CommitStatus
from gate.frozen import dataclass
from gate.model import (
    Account,
    Approval,
    Base,
    Change,
    ClockReading,
    ForgeDeployment,
    Maybe,
    Problem,
    Profile,
    Run,
)

if TYPE_CHECKING:
    from gate.http import Budget, Request, Wire

Profiles: TypeAlias = "Callable[[Wire, str], Maybe[Profile]]"


class ForgeReader(Protocol):
    """A forge, asked with one token."""

    @property
    def wire(self) -> Wire:
        """The line to it, for whoever asks it something else."""
        ...

    def slug(self, service: Service) -> str:
        """How the forge calls a service's repository."""
        ...

    def fetch_change(self, service: Service, head: str, base: Base) -> Maybe[Change]:
        """The change base..head."""
        ...

    def fetch_deployments(
        self, service: Service, environment: str, commit: str
    ) -> Maybe[tuple[ForgeDeployment, ...]]:
        """The deployments of ``commit`` to ``environment`` that the forge lists as successful."""
        ...

    def fetch_approvals(
        self, service: Service, run: Run, environment: str
    ) -> Maybe[tuple[Approval, ...]]:
        """What was decided on the run's deployment to ``environment``."""
        ...

    def fetch_own_account(self) -> Maybe[Account | None]:
        """The account behind the token, which whoever holds it may approve with; None: no one's."""
        ...

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against the forge's."""
        ...

    def requests(self) -> tuple[Request, ...]:
        """What was asked so far."""
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


@dataclass(frozen=True, slots=True)
class ForgeKind:
    """A kind of forge.

    ``variable`` names the token, ``token`` has it. ``reads`` are the permissions that reading
    needs, each with the path that needs it (``{0}`` is the repository, ``{1}`` the same
    percent-encoded); ``status_right`` is what giving a status needs beyond them. ``try_approvals``
    reads who let a deployment in, raising what the session raises; False: there is none to try this
    on. ``profiles`` None: nobody is asked for. ``probe`` tries what no GET of ``reads`` shows and
    ``probed`` names; None where there is nothing.
    """

    title: str
    variable: str
    token: Callable[[Secrets], str]
    open: Callable[[ForgeSettings, str, NetworkSettings, Budget], ForgeReader]
    reads: tuple[tuple[str, str], ...]
    status_right: str
    give_status: Callable[[Wire, str, str, CommitStatus], Problem | None]
    may_give: Callable[[Wire, str], Problem | None]
    try_approvals: Callable[[Wire, str], bool]
    profiles: Profiles | None = None
    probed: str = ""
    probe: Callable[[Wire, str], Problem | None] | None = None
