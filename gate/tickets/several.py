"""The ticket systems of a policy as one: each ticket is asked of the system that it is of."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from gate.model import (
    Account,
    ChangeRequest,
    ClockReading,
    Lookup,
    MissingTicket,
    Problem,
    TicketReference,
)
from gate.tickets.system import Grammar, StorySystem, TicketSystem

if TYPE_CHECKING:
    from gate.http import Request


class Tickets:
    """Several ticket systems by name, all opened."""

    def __init__(
        self, systems: Mapping[str, TicketSystem], grammars: Mapping[str, Grammar]
    ) -> None:
        self.systems = systems
        self._grammars = grammars

    def fetch(self, reference: TicketReference) -> Lookup:
        """What came back for a reference, under the ID by which the ticket is known.

        A ticket that was asked for by another ID of its own (ServiceNow's sys_id) is looked for in
        the log by its key: it must not be used a second time under another name.
        """
        result = self.systems[reference.system].fetch(reference.id)
        grammar = self._grammars[reference.system]
        if (
            isinstance(result, ChangeRequest)
            and not grammar.is_key(reference.id)
            and result.id == reference.id
            and grammar.is_key(result.key)
        ):
            return Lookup(replace(reference, id=result.key), result)
        return Lookup(reference, result)

    def look_up(self, reference: TicketReference) -> tuple[Lookup, ...]:
        """What came back for a reference: of a story, for each change request that it links to.

        Whoever may edit a story may link it to another change request: that says which tickets are
        judged, and nothing of what they cover.
        """
        system = self.systems[reference.system]
        if not isinstance(system, StorySystem) or not system.is_story(reference.id):
            return (self.fetch(reference),)
        found = system.changes_of(reference.id)
        if isinstance(found, (Problem, MissingTicket)):
            return (Lookup(reference, found),)
        asked = [replace(reference, id=key, through=reference.id) for key in found]
        with ThreadPoolExecutor(max_workers=8) as pool:
            return tuple(pool.map(self.fetch, asked))

    def own_accounts(self) -> tuple[Account, ...]:
        """Our own account in each system that was asked."""
        return tuple(own for system in self.systems.values() for own in system.own_accounts())

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against that of each."""
        return tuple(clock for system in self.systems.values() for clock in system.clocks())

    def requests(self) -> tuple[Request, ...]:
        """What was asked so far."""
        return tuple(asked for system in self.systems.values() for asked in system.requests())

    def close(self) -> None:
        """Give all connections back, also where one of them will not be given."""
        with ExitStack() as stack:
            for system in self.systems.values():
                stack.callback(system.close)
