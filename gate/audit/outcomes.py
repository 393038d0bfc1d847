"""Which outcome belongs to which decision, and which review to which emergency."""

from __future__ import annotations

from array import array

from gate.audit.rows import Ended, Reviewed
from gate.audit.source import LogSource
from gate.errors import InconsistentError
from gate.log.history.emergencies import is_review_of
from gate.record.dsse import mentions
from gate.record.predicates import ReviewOutcome
from gate.record.statement import OUTCOME, REVIEW, DecisionRecord, OutcomeRecord, ReviewRecord

_MANY = 255


class Outcomes:
    """Which outcome record is a decision's newest; 9 bytes for each record of the log.

    Outcomes and reviews stand later in the log than their decisions, so they are looked up
    beforehand. Raises ``InconsistentError`` for one whose decision is not where it says.
    """

    def __init__(self, source: LogSource) -> None:
        self._source = source
        self._newest = array("q", [-1]) * source.size
        self._count = bytearray(source.size)
        self._reviews: dict[int, Reviewed] = {}
        for index in range(source.size):
            if mentions(source.entry(index), OUTCOME, REVIEW):
                record, _ = source.signed_record(index)
                if isinstance(record, OutcomeRecord):
                    self._add(index, record)
                elif isinstance(record, ReviewRecord):
                    self._add_review(index, record)

    def _add(self, index: int, record: OutcomeRecord) -> None:
        of = record.of
        decision = self._decision(index, record)
        if (decision.service, decision.environment, decision.commit) != (
            record.service,
            record.environment,
            record.commit,
        ):
            raise _stray(index, record)
        self._newest[of.index] = index
        self._count[of.index] = min(_MANY, self._count[of.index] + 1)

    def _add_review(self, index: int, record: ReviewRecord) -> None:
        """The first one that approves settles it; until then the newest is told."""
        if not is_review_of(record, self._decision(index, record)):
            raise _stray(index, record)
        known = self._reviews.get(record.of.index)
        if known is None or known.record.outcome is not ReviewOutcome.APPROVED:
            self._reviews[record.of.index] = Reviewed(record, index)

    def _decision(self, index: int, record: OutcomeRecord | ReviewRecord) -> DecisionRecord:
        of = record.of
        if not 0 <= of.index < index or self._source.link(of.index) != of:
            raise _stray(index, record)
        decision, _ = self._source.signed_record(of.index)
        if not isinstance(decision, DecisionRecord):
            raise _stray(index, record)
        return decision

    def review_of(self, index: int) -> Reviewed | None:
        """The review that settles the emergency at ``index``, else the newest attempt at one."""
        return self._reviews.get(index)

    def of(self, index: int) -> Ended | None:
        """The newest outcome of the decision at ``index``."""
        at = self._newest[index]
        if at < 0:
            return None
        record, _ = self._source.signed_record(at)
        if not isinstance(record, OutcomeRecord):
            raise InconsistentError(f"entry {at} is no outcome, and was one a moment ago")
        return Ended(record, at, self._count[index])


def _stray(index: int, record: OutcomeRecord | ReviewRecord) -> InconsistentError:
    return InconsistentError(
        f"entry {index} is the {record.kind} of entry {record.of.index}, which is not its decision"
    )
