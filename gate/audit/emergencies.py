"""How many emergencies a list holds, how they were reviewed, and who declared them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from gate.audit.cells import PERMITS
from gate.audit.rows import IN_TIME, LATE, Row
from gate.model import DecisionKind
from gate.record.statement import DecisionRecord


@dataclass(slots=True)
class Emergencies:
    """Counts over the rows of a list.

    ``went_on`` counts what was let pass, emergencies or not: what ``declared`` is a share of.
    ``awaiting`` and ``overdue`` are emergencies without an approving review, before and after their
    deadline, at the time ``asked_at``. ``refused`` were declared and not granted. ``deferred`` went
    on while a service was down that should have been asked, ``spooled`` while the log itself was,
    and were recorded in it later. ``deployers``
    counts emergencies by the row's cell of that name: a label means another person in each row.
    """

    asked_at: datetime
    went_on: int = 0
    declared: int = 0
    in_time: int = 0
    late: int = 0
    awaiting: int = 0
    overdue: int = 0
    refused: int = 0
    deferred: int = 0
    spooled: int = 0
    deployers: Counter[str] = field(default_factory=Counter)

    def add(self, record: DecisionRecord, row: Row) -> None:
        """Count a row."""
        self.went_on += record.decision in PERMITS
        if record.decision is not DecisionKind.EMERGENCY:
            self.refused += row.emergency_reason != "" and record.decision not in PERMITS
            return
        self.declared += 1
        self.deployers[row.deployer] += 1
        emergency = record.predicate.emergency
        if emergency is not None:
            self.deferred += bool(emergency.deferred)
            self.spooled += emergency.spooled
        if row.review_outcome == IN_TIME:
            self.in_time += 1
        elif row.review_outcome == LATE:
            self.late += 1
        elif record.review_by < self.asked_at:
            self.overdue += 1
        else:
            self.awaiting += 1
