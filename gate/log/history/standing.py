"""Whether a decision stands at its place in the log: what it counted on there must hold there.

Pure. A decision is judged at a head, and others may append before it takes its place. What depends
on history is then judged once more from records alone, by whoever commits (``judge_again``) and by
whoever verifies (``check_history``); the record carries what that needs (``history``). Four things
do: the base, from which the range of commits starts; the earlier uses of its tickets; how the
commit fared in the environment that must come first; and reviews of the service's emergencies that
are overdue at its time. The earlier records of the same commit that a decision counted on cannot go
away, since the log that is appended to begins with all of the log that was judged. An emergency
that went on while the log could not be read (``spooled``) counted on nothing of it: its review
judges the range that the log tells.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from gate.log.history.track import Based, start_of
from gate.model import PERMITTING, Base, BaseKind, Earlier, EarlierDeployment, History
from gate.record.statement import DecisionRecord, DeploymentOutcome
from gate.record.summary import (
    NOT_REUSED,
    REVIEWED,
    TESTED,
    counted_on,
    is_seconded,
    is_spooled,
    proved_elsewhere,
)

BASE_MOVED: Final = "base"
TICKET_REUSED: Final = "ticket-reused"
NOT_TESTED: Final = "not-tested"
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
    if untested(record, history.earlier):
        failed.append(NOT_TESTED)
    if any(each.review_by < record.at for each in history.emergencies) and _is_bound(record):
        failed.append(EMERGENCY_OVERDUE)
    return tuple(failed)


def _is_bound(record: DecisionRecord) -> bool:
    """Whether an overdue review denies it: not an emergency that somebody seconded."""
    return counted_on(record, REVIEWED) and not is_seconded(record)


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
    if record.decision not in PERMITTING or not counted_on(record, NOT_REUSED):
        return ()
    anew = {term.id: term.approved_anew for term in record.history.tickets}
    return tuple(
        ticket for ticket in record.tickets if one_too_many(last_other(ticket), anew.get(ticket))
    )


def one_too_many(last: datetime | None, anew: datetime | None) -> bool:
    """Whether a use follows one of another commit at ``last``, the ticket approved at ``anew``."""
    return last is not None and (anew is None or anew <= last)


def untested(record: DecisionRecord, earlier: Earlier | None) -> bool:
    """Whether a decision that permits counted on a success elsewhere that is none at its place.

    ``earlier`` is of the environment that the record names, before its place; of what receipts of
    another log told, the record alone says whether it was in time. How long ago a newer
    success ended is no matter: it is younger than the one that was judged.
    """
    if record.decision not in PERMITTING or not counted_on(record, TESTED):
        return False
    elsewhere = proved_elsewhere(record)
    if elsewhere is not None:
        return not elsewhere  # nothing that this log may say can change it
    tested = record.history.tested
    if tested is None or earlier is None:
        return True
    return not has_succeeded(earlier.decisive(record.artifacts), record.at, tested.within)


def has_succeeded(last: EarlierDeployment | None, at: datetime, within: timedelta) -> bool:
    """Whether what ended last was a success, at most ``within`` before ``at``."""
    return (
        last is not None and last.outcome == DeploymentOutcome.SUCCEEDED and at - last.at <= within
    )
