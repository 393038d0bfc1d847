"""The decision: every control under its level, and one answer.

Pure and total: reads no clock, network, file or environment, and answers for any facts. An
exception in here is a bug, and ends the program as one.
"""

from __future__ import annotations

from datetime import datetime

from gate.config.types import Environment, Policy
from gate.controls.control import Control, environment_of, say
from gate.controls.registry import CONTROLS
from gate.controls.tested_before import earlier_term
from gate.controls.ticket_not_reused import approved_anew
from gate.model import (
    ControlResult,
    Decision,
    DecisionKind,
    Facts,
    Judgement,
    Level,
    Outcome,
)

_STRENGTH = {Level.OFF: 0, Level.WARN: 1, Level.REQUIRE: 2}
_JUDGED = frozenset({Outcome.PASS, Outcome.FAIL, Outcome.UNDETERMINED})


def evaluate(facts: Facts, policy: Policy, now: datetime) -> Decision:
    """Judge the facts by the policy at ``now``."""
    environment = environment_of(facts, policy)
    results = tuple(_result(control, facts, policy, environment, now) for control in CONTROLS)
    claims = dict.fromkeys(claim for each in results for claim in each.judgement.claims)
    anew = approved_anew(facts, policy, now)
    return Decision(decide(results), now, results, tuple(claims), anew, earlier_term(facts, policy))


def decide(results: tuple[ControlResult, ...]) -> DecisionKind:
    """The first that holds: all required pass, allowed; any of them fails, denied; undetermined.

    Nothing required would be nothing proved: undetermined.
    """
    outcomes = [each.judgement.outcome for each in results if each.level is Level.REQUIRE]
    if outcomes and all(outcome is Outcome.PASS for outcome in outcomes):
        return DecisionKind.ALLOWED
    if Outcome.FAIL in outcomes:
        return DecisionKind.DENIED
    return DecisionKind.UNDETERMINED


def level_of(control: Control, facts: Facts, environment: Environment) -> Level:
    """The level of a control here: the environment's, else its default.

    An integrity control that the environment tries to weaken is required.
    """
    default = control.default(facts, environment)
    level = environment.controls.get(control.id, default)
    weakened = _STRENGTH[level] < _STRENGTH[default] or level is Level.OFF
    return Level.REQUIRE if control.integrity and weakened else level


def _result(
    control: Control, facts: Facts, policy: Policy, environment: Environment, now: datetime
) -> ControlResult:
    level = level_of(control, facts, environment)
    judgement = _off() if level is Level.OFF else control.judge(facts, policy, now)
    if level is not Level.OFF and judgement.outcome not in _JUDGED:
        raise AssertionError(f"{control.id} was judged {judgement.outcome}")
    return ControlResult(control.id, control.title, level, judgement)


def _off() -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE,
        say("control.off.expected", "Nothing: the policy switches this control off."),
        say("control.off", "Not judged."),
    )
