"""Whether a decision stands at its place in the log: what it counted on there must hold there.

Pure. A decision is judged at a head, and others may append before it takes its place. What depends
on history is then judged once more from records alone, by whoever commits (``judge_again``) and by
whoever verifies (``check_history``); the record carries what that needs (``history``). Three things
do: the base, from which the range of commits starts, the earlier uses of its tickets, and reviews
of the service's emergencies that are overdue at its time. The earlier records of the same commit
that a decision counted on cannot go away, since the log that is appended to begins with all of the
log that was judged. An emergency that went on while the log could not be read (``spooled``) counted
on nothing of it: its review judges the range that the log tells.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from gate.log.track import start_of
from gate.model import PERMITTING, Base, BaseKind, History
from gate.record.statement import DecisionRecord
from gate.record.summary import NOT_REUSED, REVIEWED, counts_on, is_seconded, is_spooled

BASE_MOVED: Final = "base"
TICKET_REUSED: Final = "ticket-reused"
EMERGENCY_OVERDUE: Final = "emergency-overdue"


def no_longer_holds(record: DecisionRecord, history: History) -> tuple[str, ...]:
    """The codes of what ``record`` counted on and the history of its place does not bear out.

    ``history`` is of the record's service, environment, commit and tickets. What permits nothing
    counts on nothing.
    """
    if record.decision not in PERMITTING:
        return ()

    def last_other(ticket: str) -> datetime | None:
        others = (use.at for use in history.uses[ticket] if use.commit != record.commit)
        return max(others, default=None)

    failed = []
    if not same_base(record, history.base) and not is_spooled(record):
        failed.append(BASE_MOVED)
    if reused(record, last_other):
        failed.append(TICKET_REUSED)
    if any(each.review_by < record.at for each in history.emergencies) and _is_bound(record):
        failed.append(EMERGENCY_OVERDUE)
    return tuple(failed)


def same_base(record: DecisionRecord, present: Base) -> bool:
    """Whether the record was judged over the range that ``present`` demands.

    A first deployment was judged from nothing; one that came before it meanwhile, of the same
    commits, now says where they start.
    """
    judged = record.history.base
    return same_range(judged.kind, judged.commit or "", start_of(record), present)


def same_range(kind: BaseKind, judged: str, start: str, present: Base) -> bool:
    """As ``same_base``, of a record that was taken apart already."""
    if judged == present.commit:
        return True
    is_first = kind is BaseKind.FIRST and present.kind is BaseKind.FIRST
    return is_first and present.commit != "" and start == present.commit


def reused(record: DecisionRecord, last_other: Callable[[str], datetime | None]) -> tuple[str, ...]:
    """The tickets of a decision that permits which let another commit in, and should not have.

    ``last_other`` tells of a ticket when it last let another commit into the record's environment,
    before the record's place; None: never. None of them where the decision did not count on that:
    the policy did not require the control, or an emergency waived it.
    """
    if record.decision not in PERMITTING or not counts_on(record, NOT_REUSED):
        return ()
    anew = {term.id: term.approved_anew for term in record.history.tickets}
    return tuple(
        ticket for ticket in record.tickets if one_too_many(last_other(ticket), anew.get(ticket))
    )


def one_too_many(last: datetime | None, anew: datetime | None) -> bool:
    """Whether a use follows one of another commit at ``last``, the ticket approved at ``anew``."""
    return last is not None and (anew is None or anew <= last)


def _is_bound(record: DecisionRecord) -> bool:
    """Whether an overdue review denies it: not an emergency that somebody seconded."""
    return counts_on(record, REVIEWED) and not is_seconded(record)
