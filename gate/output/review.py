"""What a review of an emergency came to, for a terminal or a job's log."""

from __future__ import annotations

from collections.abc import Iterator

from gate.frozen import dataclass
from gate.model import Decision, DecisionKind, Message, Outcome
from gate.output.escape import inert, inline
from gate.output.message import Name, account_name, render

_WORDS = {DecisionKind.ALLOWED: "APPROVED", DecisionKind.DENIED: "NOT APPROVED"}


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review as shown: its decision, the place of the emergency, and where it was recorded."""

    decision: Decision
    emergency: int
    late: bool
    index: int
    origin: str
    checkpoint: str
    name: Name = account_name


def review_text(view: ReviewView, *, quiet: bool) -> str:
    """The whole text, ending in a line break; ``quiet``: the last word alone."""
    lines = [_verdict(view)] if quiet else [*_controls(view), _verdict(view), *_record(view)]
    return "\n".join(inert(line).rstrip() for line in lines) + "\n"


def _controls(view: ReviewView) -> Iterator[str]:
    yield "Judged over approvals given since the emergency was decided; this job is the review's:"
    for result in view.decision.controls:
        judgement = result.judgement
        yield f"{judgement.outcome:<14} {inline(result.id)}: {_said(view, judgement.observed)}"
        if judgement.outcome is not Outcome.PASS and judgement.remedy is not None:
            yield f"{'':<14} to do: {_said(view, judgement.remedy)}"


def _said(view: ReviewView, message: Message) -> str:
    return inline(render(message, name=view.name))


def _verdict(view: ReviewView) -> str:
    word = _WORDS.get(view.decision.kind, "UNDETERMINED")
    said = f"{word}: the emergency of entry {view.emergency}"
    if view.decision.kind is DecisionKind.ALLOWED:
        return f"{said} is settled, {'late: after its deadline' if view.late else 'in time'}."
    return f"{said} still awaits its review{', which is overdue' if view.late else ''}."


def _record(view: ReviewView) -> Iterator[str]:
    yield f"record     {view.index} in {inline(view.origin)}"
    yield "checkpoint"
    for line in view.checkpoint.rstrip("\n").split("\n"):
        yield f"  {inline(line)}"
