"""Whether a decision stands at its place in the log: what it counted on there must hold there.

Pure. A decision is judged at a head, and others may append before it takes its place. What depends
on history is then judged once more from records alone, by whoever commits (``judge_again``) and by
whoever verifies (``check_records``); the record carries what that needs (``history``). Two things
do: the base, from which the range of commits starts, and the earlier uses of its tickets. The
earlier records of the same commit that a decision counted on cannot go away, since the log that is
appended to begins with all of the log that was judged.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from gate.log.track import Based, start_of
from gate.model import PERMITTING, Base, BaseKind, History, Level, Outcome
from gate.record.statement import DecisionRecord
from gate.record.summary import NOT_REUSED

BASE_MOVED: Final = "base"
TICKET_REUSED: Final = "ticket-reused"


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
    if not same_base(record, history.base):
        failed.append(BASE_MOVED)
    if reused(record, last_other):
        failed.append(TICKET_REUSED)
    return tuple(failed)


def same_base(record: DecisionRecord, present: Base) -> bool:
    """Whether the record was judged over the range that ``present`` demands.

    A first deployment was judged from nothing; one that came before it meanwhile, of the same
    commits, now says where they start.
    """
    judged = record.history.base
    at_place = present.kind, present.commit, present.index
    return same_range(judged.kind, judged.commit or "", start_of(record), at_place)


def same_range(kind: str, judged: str, start: str, present: Based) -> bool:
    """As ``same_base``, of a record that was taken apart already."""
    commit = present[1]
    if judged == commit:
        return True
    is_first = kind == BaseKind.FIRST and present[0] == BaseKind.FIRST
    return is_first and commit != "" and start == commit


def reused(record: DecisionRecord, last_other: Callable[[str], datetime | None]) -> tuple[str, ...]:
    """The tickets of a decision that permits which let another commit in, and should not have.

    ``last_other`` tells of a ticket when it last let another commit into the record's environment,
    before the record's place; None: never. None of them where the decision did not count on that:
    the policy did not require the control, or an emergency waived it.
    """
    if record.decision not in PERMITTING or not _counted_on(record):
        return ()
    anew = {term.id: term.approved_anew for term in record.history.tickets}
    return tuple(
        ticket for ticket in record.tickets if one_too_many(last_other(ticket), anew.get(ticket))
    )


def one_too_many(last: datetime | None, anew: datetime | None) -> bool:
    """Whether a use follows one of another commit at ``last``, the ticket approved at ``anew``."""
    return last is not None and (anew is None or anew <= last)


def _counted_on(record: DecisionRecord) -> bool:
    return any(
        control.id == NOT_REUSED
        and control.level is Level.REQUIRE
        and control.outcome is not Outcome.WAIVED
        for control in record.predicate.controls
    )
