"""What each ticket let into each environment, as one pass over the log in its order meets it.

Kept small, since a log may name a million tickets: of each, the newest use and the newest of
another commit than that one. One of the two is of another commit than any that is asked about.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from gate.model import PERMITTING
from gate.record.statement import DecisionRecord


class _Newest(NamedTuple):
    """The newest use of a ticket; ``other`` is the time of the newest one of another commit."""

    at: datetime
    commit: str
    other: datetime | None


class Uses:
    """The uses of tickets by the decisions added so far."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str], _Newest] = {}

    def add(self, record: DecisionRecord) -> None:
        """Add the decision that comes next in the log; one that permits nothing is no use."""
        if record.decision not in PERMITTING:
            return
        for ticket in record.tickets:
            self.use(ticket, record.environment, record.commit, record.at)

    def use(self, ticket: str, environment: str, commit: str, at: datetime) -> None:
        """Add a use of one ticket, by a decision that permits."""
        key = (ticket, environment)
        self._newest[key] = _joined(self._newest.get(key), at, commit)

    def last_other(self, ticket: str, environment: str, commit: str) -> datetime | None:
        """When ``ticket`` last let another commit than ``commit`` into ``environment``.

        None: never. "Last" is by the records' own times, which need not be in the log's order.
        """
        newest = self._newest.get((ticket, environment))
        if newest is None:
            return None
        return newest.other if newest.commit == commit else newest.at


def _joined(newest: _Newest | None, at: datetime, commit: str) -> _Newest:
    if newest is None:
        return _Newest(at, commit, None)
    if commit == newest.commit:
        return _Newest(max(at, newest.at), commit, newest.other)
    if at >= newest.at:
        return _Newest(at, commit, newest.at)
    other = at if newest.other is None else max(at, newest.other)
    return _Newest(newest.at, newest.commit, other)
