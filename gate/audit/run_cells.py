"""The columns that tell of the pipeline run."""

from __future__ import annotations

from dataclasses import dataclass

from gate.audit.cells import CLAIM, UNKNOWN, people
from gate.audit.names import Names
from gate.record.predicates import RunFact, RunPart, Shown, TextReference
from gate.record.times import format_time

SHELL = "shell"  # no pipeline: there is no run to tell of


@dataclass(frozen=True, slots=True)
class RunCells:
    """The run as the CI's API told it; what only the environment says is marked as a claim."""

    url: str
    created_at: str
    attempt: str
    deployer: str


def run_cells(run: RunPart, names: Names) -> RunCells:
    """The cells of a run; "" in a plain shell."""
    if isinstance(run.fact, RunFact):
        fact = run.fact
        return RunCells(
            url=shown(fact.url, names),
            created_at=format_time(fact.created_at),
            attempt=str(fact.attempt),
            deployer=UNKNOWN if fact.actor is None else people(names, [fact.actor])[0],
        )
    absent = "" if run.fact is None and run.ci == SHELL else UNKNOWN
    attempt = shown(run.attempt, names)
    return RunCells(
        url=shown(run.url, names),
        created_at=absent if run.created_at is None else format_time(run.created_at) + CLAIM,
        attempt=attempt + CLAIM if attempt else absent,
        deployer=absent if run.actor is None else names.text(run.actor) + CLAIM,
    )


def shown(text: Shown, names: Names) -> str:
    """A text that is plain where it names nobody, and a label elsewhere."""
    return names.text(text.label) if isinstance(text, TextReference) else text
