"""The columns that tell of the pipeline run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gate.audit.cells import CLAIM, UNKNOWN, given_by, people
from gate.audit.names import Names
from gate.model import Verdict
from gate.record.predicates import (
    DecisionPredicate,
    RunFact,
    RunPart,
    Shown,
    TextReference,
    Unknown,
)
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


def approvals(predicate: DecisionPredicate) -> Iterator[tuple[str, str]]:
    """Who approved the run's deployment at the forge, and when, whether or not it counted."""
    return _given(predicate.run, Verdict.APPROVED)


def sources(predicate: DecisionPredicate) -> Iterator[str]:
    """Where each approval was read, in the order of ``approvals``."""
    given = predicate.run.approvals
    if isinstance(given, Unknown):
        yield UNKNOWN
    else:
        approved = (one for one in given or () if one.verdict is Verdict.APPROVED)
        yield from (f"the run: {one.source}" for one in approved)


def objections(predicate: DecisionPredicate) -> Iterator[tuple[str, str]]:
    """Who rejected the run's deployment, and when."""
    return _given(predicate.run, Verdict.DECLINED)


def _given(run: RunPart, verdict: Verdict) -> Iterator[tuple[str, str]]:
    if isinstance(run.approvals, Unknown):
        yield UNKNOWN, UNKNOWN
    else:
        yield from (given_by(one) for one in run.approvals or () if one.verdict is verdict)


def shown(text: Shown, names: Names) -> str:
    """A text that is plain where it names nobody, and a label elsewhere."""
    return names.text(text.label) if isinstance(text, TextReference) else text
