"""What every surface shows of a decision, and the words it uses for it.

A view that would let a deployment go on without reason cannot be made: an exit code of 0 needs a
decision that permits and, for every command but ``check``, a record of it.
"""

from __future__ import annotations

from enum import StrEnum

from gate.errors import FINDING, INCONSISTENT, NOT_RECORDED, OK
from gate.frozen import dataclass
from gate.model import (
    PERMITTING,
    ControlResult,
    Decision,
    DecisionKind,
    Deployment,
    Level,
    Message,
    Outcome,
)
from gate.output.message import Name, account_name, render, rfc3339


@dataclass(frozen=True, slots=True)
class TicketView:
    """A change request that was given: its id, where to read it ("" unknown), whether it exists.

    ``through`` is the story that was given in its place, or "".
    """

    id: str
    url: str
    found: bool
    through: str = ""


@dataclass(frozen=True, slots=True)
class RecordedView:
    """Where the record stands.

    ``index`` is its place in the log of ``origin``, ``receipt`` a path, ``checkpoint`` the signed
    note that holds it. ``superseded``: the log moved on meanwhile, so a denial stands there.
    """

    index: int
    receipt: str
    checkpoint: str
    origin: str
    superseded: bool = False


@dataclass(frozen=True, slots=True)
class WrittenView:
    """A place where the decision was to be told ("jira CHG-1", "github"), and why it is not: ""."""

    where: str
    failure: str = ""

    @property
    def is_written(self) -> bool:
        """Whether it is told there."""
        return not self.failure


@dataclass(frozen=True, slots=True)
class EmergencyView:
    """An emergency that was declared.

    ``granted``: the deployment goes on without the controls in ``waived``, and is to be reviewed
    until ``review_by`` (RFC 3339). ``against`` are those that no emergency here does without,
    ``deferred`` those of ``waived`` that a service which is down kept from being judged.
    """

    reason: str
    granted: bool
    waived: tuple[str, ...]
    review_by: str
    against: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()
    spooled: str = ""

    @property
    def sentence(self) -> str:
        """What became of it, for people."""
        if not self.granted and self.against:
            return (
                "An emergency was declared. By the policy it cannot do without"
                f" {', '.join(self.against)}."
            )
        if not self.granted:
            return "An emergency was declared, and nothing was waived for it."
        said = (
            f"This is an emergency, without {', '.join(self.waived)}. It has to be approved"
            f" afterwards, and that recorded with gate review, by {self.review_by}."
        )
        if self.deferred:
            said += f" A service is down: {', '.join(self.deferred)} could not be judged."
        if self.spooled:
            said += f" The log is down: the record is owed, {self.spooled}; gate log sync --spool."
        return said


class Mark(StrEnum):
    """How one control came out, as a reader needs it: level and outcome in one word."""

    FAIL = "fail"
    UNDETERMINED = "undetermined"
    WARNING = "warning"
    WAIVED = "waived"
    PASS = "pass"  # noqa: S105 -- an outcome, no password
    NOT_APPLICABLE = "n/a"
    OFF = "off"


_ATTENTION = (Mark.FAIL, Mark.UNDETERMINED, Mark.WARNING, Mark.WAIVED)


@dataclass(frozen=True, slots=True)
class Row:
    """A control's result in words. ``todo`` is "" where there is nothing to do."""

    id: str
    title: str
    mark: Mark
    outcome: Outcome
    level: Level
    seen: str
    expected: str
    todo: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer: ``word`` for programs, ``sentence`` for people.

    ``word`` is the decision's kind, but "denied" where a denial stands in the log in its place,
    "not-recorded" where it could not be recorded, "inconsistent" where the log contradicts itself:
    whoever compares it with "allowed" is never wrong.
    """

    word: str
    permits: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision as shown.

    ``name`` says what to call an account; ``command`` is "check", "enforce" or "run". ``spooled``
    is where the record of an emergency waits for a log that is down. ``written`` are the places
    where it was to be told, None where the policy asks for none or it was not done yet. Raises
    ``ValueError`` where exit code 0 contradicts the rest.
    """

    decision: Decision
    deployment: Deployment
    tickets: tuple[TicketView, ...]
    recorded: RecordedView | None
    exit_code: int
    command: str
    name: Name = account_name
    spooled: str = ""
    written: tuple[WrittenView, ...] | None = None

    def __post_init__(self) -> None:
        if self.exit_code != OK:
            return
        if self.decision.kind not in PERMITTING or (self.recorded and self.recorded.superseded):
            raise ValueError(f"exit code 0 for a decision that is {self.decision.kind}")
        is_owed = self.spooled and self.decision.kind is DecisionKind.EMERGENCY
        if self.recorded is None and self.command != "check" and not is_owed:
            raise ValueError("exit code 0 without a record")

    def emergency(self) -> EmergencyView | None:
        """The emergency that was declared; None where none was."""
        declared = self.decision.emergency
        if declared is None:
            return None
        due = declared.review_by
        return EmergencyView(
            reason=declared.reason.text,
            granted=self.exit_code == OK and due is not None,
            waived=declared.waived,
            review_by="" if due is None else rfc3339(due),
            against=declared.against,
            deferred=declared.deferred,
            spooled=self.spooled,
        )

    def rows(self) -> tuple[Row, ...]:
        """Every control's result, in the decision's order."""
        return tuple(self._row(result) for result in self.decision.controls)

    def attention(self) -> tuple[Row, ...]:
        """The results that somebody must read, the gravest first."""
        rows = (row for row in self.rows() if row.mark in _ATTENTION)
        return tuple(sorted(rows, key=lambda row: _ATTENTION.index(row.mark)))

    def _row(self, result: ControlResult) -> Row:
        judgement = result.judgement
        return Row(
            id=result.id,
            title=result.title,
            mark=_mark(result),
            outcome=judgement.outcome,
            level=result.level,
            seen=self._say(judgement.observed),
            expected=self._say(judgement.expected),
            todo=self._say(judgement.remedy) if judgement.remedy else "",
        )

    def _say(self, message: Message) -> str:
        return render(message, name=self.name)

    def verdict(self) -> Verdict:
        """The answer, by decision and exit code together."""
        kind, code = self.decision.kind, self.exit_code
        superseded = self.recorded is not None and self.recorded.superseded
        if code == OK:
            return Verdict(kind, permits=True, sentence=self._permission())
        if code == INCONSISTENT:
            said = "The log contradicts itself or its keys: evidence of tampering."
            return _blocked("inconsistent", said)
        if code == NOT_RECORDED:
            return _blocked("not-recorded", f"The decision ({kind}) is not durably in the log.")
        if superseded or (code == FINDING and kind in PERMITTING):
            said = "The log moved on meanwhile, and what was judged no longer holds there."
            return _blocked("denied", said)
        if kind in PERMITTING:
            return _blocked("not-recorded", f"gate ended with {code} after it had decided.")
        return _blocked(kind, self._objection())

    def _permission(self) -> str:
        rows = self.rows()
        passed = sum(row.mark is Mark.PASS for row in rows)
        warned = sum(row.mark is Mark.WARNING for row in rows)
        waived = sum(row.mark is Mark.WAIVED for row in rows)
        said = f"{_count(passed, 'control')} passed"
        said += f", {_count(warned, 'warning')}" if warned else ""
        said += f", {waived} waived for the emergency" if waived else ""
        if self.spooled:
            return f"{said}. The deployment may go on; its record is owed to the log."
        return f"{said}. " + (
            "Nothing was recorded: this was a check."
            if self.recorded is None
            else "The deployment may go on."
        )

    def _objection(self) -> str:
        rows = self.rows()
        failed = sum(row.mark is Mark.FAIL for row in rows)
        open_ = sum(row.mark is Mark.UNDETERMINED for row in rows)
        parts = [f"{_count(failed, 'control')} failed"] if failed else []
        if open_:
            parts.append(f"{open_ if parts else _count(open_, 'control')} could not be determined")
        return (", ".join(parts) or "No control permits it") + "."


def _blocked(word: str, why: str) -> Verdict:
    return Verdict(word, permits=False, sentence=f"{why} The deployment must not start.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _mark(result: ControlResult) -> Mark:
    outcome = result.judgement.outcome
    if result.level is Level.OFF:
        return Mark.OFF
    if outcome is Outcome.PASS:
        return Mark.PASS
    if outcome is Outcome.NOT_APPLICABLE:
        return Mark.NOT_APPLICABLE
    if outcome is Outcome.WAIVED:
        return Mark.WAIVED
    if result.level is Level.WARN:
        return Mark.WARNING
    return Mark.FAIL if outcome is Outcome.FAIL else Mark.UNDETERMINED
