"""Whether a decision stands at its place in the log: what it counted on there must hold there.

Pure. A decision is judged at a head, and others may append before it takes its place. What depends
on history is then judged once more from records alone, by whoever commits (``judge_again``) and by
whoever verifies (``check_history``); the record carries what that needs (``history``). Three things
do: the base, from which the range of commits starts; the earlier uses of its tickets; and how the
commit fared in the environment that must come first. The earlier records of the same commit that a
decision counted on cannot go away, since the log that is appended to begins with all of the log
that was judged.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from gate.log.track import start_of
from gate.model import PERMITTING, Base, BaseKind, Earlier, History, Level, Outcome
from gate.record.statement import DecisionRecord, DeploymentOutcome
from gate.record.summary import NOT_REUSED, TESTED

BASE_MOVED: Final = "base"
TICKET_REUSED: Final = "ticket-reused"
NOT_TESTED: Final = "not-tested"


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
    if untested(record, history.earlier):
        failed.append(NOT_TESTED)
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
    if record.decision not in PERMITTING or not _counted_on(record, NOT_REUSED):
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

    ``earlier`` is of the environment that the record names, before its place. How long ago a newer
    success ended is no matter: it is younger than the one that was judged.
    """
    if record.decision not in PERMITTING or not _counted_on(record, TESTED):
        return False
    tested = record.history.tested
    last = earlier.decisive(record.artifacts) if earlier else None
    if tested is None or last is None or last.outcome != DeploymentOutcome.SUCCEEDED:
        return True
    return record.at - last.at > tested.within


def _counted_on(record: DecisionRecord, control_id: str) -> bool:
    return any(
        control.id == control_id
        and control.level is Level.REQUIRE
        and control.outcome is not Outcome.WAIVED
        for control in record.predicate.controls
    )
