"""The time that a ticket or an approval must precede."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gate.config.types import Policy
from gate.controls.change import Unit, range_of, shown
from gate.controls.control import Finding, say, unavailable, undetermined
from gate.controls.pipeline import PIPELINE_START, claimed, own_run
from gate.frozen import dataclass
from gate.model import Change, Facts, Message, Problem

PIPELINE = "pipeline"
MERGE = "the merge"  # what that reference is called
_MERGE_REMEDY = "Merge it into a release ref first, then deploy the merged commit."


@dataclass(frozen=True, slots=True)
class Reference:
    """A time, what it is in words ("the start of the pipeline"), and the claims it rests on."""

    at: datetime
    what: str
    claims: tuple[str, ...] = ()


def called(kind: str) -> str:
    """How a message calls the reference of ``kind``, behind "the"."""
    return "pipeline's start" if kind == PIPELINE else kind


def reference(kind: str, facts: Facts, policy: Policy, now: datetime) -> Reference | Finding:
    """The reference of ``kind``, never later than ``now``.

    "pipeline" is the creation of the run's first attempt, "job" is now, "merge" the earliest time
    at which something of the range came onto a release ref. A time that is further ahead of ``now``
    than clocks may differ proves nothing: with it, a ticket of a minute ago would be early. Raises
    ``ValueError`` for any other kind.
    """
    if kind == "job":
        return Reference(now, "this job")
    if kind == "merge":
        return _merge(facts, policy, now)
    if kind != PIPELINE:
        raise ValueError(f"no such reference: {kind}")
    return _pipeline(facts, policy, now)


def _pipeline(facts: Facts, policy: Policy, now: datetime) -> Reference | Finding:
    what = "the start of the pipeline"
    started = facts.deployment.run.created_at
    if started is not None and claimed(facts, policy, PIPELINE_START):
        return _past(Reference(started, what, (PIPELINE_START,)), policy, now)
    run = own_run(facts, policy)
    if isinstance(run, Finding):
        return run
    return _past(Reference(run.created_at, what), policy, now)


def _past(found: Reference, policy: Policy, now: datetime) -> Reference | Finding:
    if found.at <= now + policy.network.clock_tolerance:
        return replace(found, at=min(found.at, now))
    return undetermined(
        say(
            "reference.future",
            "The time told of {what} is {at}, which is later than now ({now}).",
            what=found.what,
            at=found.at,
            now=now,
        ),
        say("reference.future.remedy", "Compare this machine's clock; see clock-sane."),
    )


def _merge(facts: Facts, policy: Policy, now: datetime) -> Reference | Finding:
    change = range_of(facts)
    if isinstance(change, Finding):
        return change
    if isinstance(facts.change, Change) and isinstance(facts.change.direct_pushes, Problem):
        return unavailable(facts.change.direct_pushes)
    if change.loose:
        return undetermined(
            say(
                "merge.unknown",
                "The forge knows neither merge nor push of {count} commit(s) ({commits}).",
                **shown(change.loose),
            ),
            _remedy(),
        )
    times: list[datetime] = []
    for unit in change.landed:
        landed = _times(unit)
        if not landed:
            return undetermined(
                say(
                    "merge.open",
                    "The forge does not show when {unit} came onto a release ref.",
                    unit=unit.name,
                ),
                _remedy(),
            )
        times.extend(landed)
    # Each of them, as one that is wrong would make the earliest too late.
    settled = [_past(Reference(time, MERGE), policy, now) for time in times]
    wrong = next((each for each in settled if isinstance(each, Finding)), None)
    if wrong is not None:
        return wrong
    return Reference(min(*times, now), MERGE)


def _times(unit: Unit) -> list[datetime]:
    """When the unit came onto a release ref, and was merged; none where either is unknown.

    A merge tells less than what landed: the same commits may have been pushed there before.
    """
    pull = unit.pull_request
    if pull is None:
        return [unit.push.at] if unit.push else []
    if pull.landed_at is None or pull.merged_at is None:
        return []
    return [pull.landed_at, pull.merged_at]


def _remedy() -> Message:
    return say("merge.remedy", _MERGE_REMEDY)
