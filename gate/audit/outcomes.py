"""Which outcome belongs to which decision."""

from __future__ import annotations

from array import array

from gate.audit.rows import Ended
from gate.audit.source import LogSource
from gate.errors import InconsistentError
from gate.record.dsse import mentions
from gate.record.statement import OUTCOME, DecisionRecord, OutcomeRecord

_MANY = 255


class Outcomes:
    """Which outcome record is a decision's newest; 9 bytes for each record of the log.

    Outcomes stand later in the log than their decisions, so they are looked up beforehand. Raises
    ``InconsistentError`` for one whose decision is not where it says.
    """

    def __init__(self, source: LogSource) -> None:
        self._source = source
        self._newest = array("q", [-1]) * source.size
        self._count = bytearray(source.size)
        for index in range(source.size):
            if mentions(source.entry(index), OUTCOME):
                record, _ = source.signed_record(index)
                if isinstance(record, OutcomeRecord):
                    self._add(index, record)

    def _add(self, index: int, record: OutcomeRecord) -> None:
        of = record.of
        if not 0 <= of.index < index or self._source.link(of.index) != of:
            raise _stray(index, of.index)
        decision, _ = self._source.signed_record(of.index)
        if not isinstance(decision, DecisionRecord) or (
            (decision.service, decision.environment, decision.commit)
            != (record.service, record.environment, record.commit)
        ):
            raise _stray(index, of.index)
        self._newest[of.index] = index
        self._count[of.index] = min(_MANY, self._count[of.index] + 1)

    def of(self, index: int) -> Ended | None:
        """The newest outcome of the decision at ``index``."""
        at = self._newest[index]
        if at < 0:
            return None
        record, _ = self._source.signed_record(at)
        if not isinstance(record, OutcomeRecord):
            raise _stray(at, index)
        return Ended(record, at, self._count[index])


def _stray(index: int, of: int) -> InconsistentError:
    return InconsistentError(
        f"entry {index} is the outcome of entry {of}, which is not its decision"
    )
