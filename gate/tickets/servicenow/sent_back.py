"""When a change was last sent back, by the audit of its state and of its being on hold.

That is a move out of the states in which it may be deployed; a move to one in which it may not, and
which it had had before; a move to a closed one; and that it was put on hold. Who moved it does not
matter. Where the audit shows no move, the change was last updated at the latest possible time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gate.config.types import ServiceNowSettings
from gate.model import SentBack
from gate.tickets.servicenow.audit import Audit, Edit
from gate.tickets.servicenow.change import Change

ON_HOLD = "on_hold"
_RELEASED = frozenset({"false", "0", ""})


def sent_back(change: Change, audit: Audit | None, settings: ServiceNowSettings) -> SentBack | None:
    """The last time; None where the audit shows none, or nobody touched the change.

    Raises IncompleteError where the audit does not lead to the state that the change is in.
    """
    if change.updates == 0:
        return None
    told = audit or Audit()
    moves = told.of(change.sys_id, "state", change.row.value("state"))
    if not moves:  # it was updated, so its table is not audited, or that is hidden from us
        return SentBack(change.updated_at, latest_possible=True)
    holds = [
        edit.at
        for edit in told.edits
        if (edit.document, edit.field) == (change.sys_id, ON_HOLD) and edit.new not in _RELEASED
    ]
    times = [*_moved_back(moves, settings), *holds]
    return SentBack(max(times)) if times else None


def _moved_back(moves: tuple[Edit, ...], settings: ServiceNowSettings) -> Iterator[datetime]:
    had: set[str] = set()
    for move in moves:
        is_back = move.old in settings.deployable or move.new in had | set(settings.closed)
        if move.new not in settings.deployable and move.new != move.old and is_back:
            yield move.at
        had.add(move.old)
