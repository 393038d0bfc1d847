"""The decision: every control under its level, and one answer.

Pure and total: reads no clock, network, file or environment, and answers for any facts. An
exception in here is a bug, and ends the program as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from gate.config.types import Environment, Policy
from gate.controls.afterwards import JUDGED, for_review, only_afterwards
from gate.controls.control import Control, environment_of, say
from gate.controls.earlier import earlier_term
from gate.controls.emergency import (
    APPROVED,
    DECLARED,
    TITLE,
    is_deferred,
    is_offline,
    is_seconded,
    is_waived,
    judge_declared,
    waived,
)
from gate.controls.registry import CONTROLS
from gate.controls.ticket_not_reused import approved_anew
from gate.model import (
    ControlResult,
    Decision,
    DecisionKind,
    Emergency,
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
    kind, emergency = decide(results), None
    if facts.emergency is not None:
        emergency = Emergency(facts.emergency, seconded=is_seconded(facts, policy, now))
        if kind is not DecisionKind.ALLOWED:  # nothing needs what nothing stands against
            kind, results, emergency = _declared(results, emergency, facts, policy, now)
    claims = dict.fromkeys(claim for each in results for claim in each.judgement.claims)
    anew = approved_anew(facts, policy, now)
    term = earlier_term(facts, policy)
    return Decision(kind, now, results, tuple(claims), anew, term, emergency)


def _declared(
    results: tuple[ControlResult, ...],
    emergency: Emergency,
    facts: Facts,
    policy: Policy,
    now: datetime,
) -> tuple[DecisionKind, tuple[ControlResult, ...], Emergency]:
    """What a declared emergency makes of results that do not allow the deployment.

    All or nothing: where one thing that is required can not be waived, nothing is.
    """
    declared = ControlResult(DECLARED, TITLE, Level.REQUIRE, judge_declared(facts, policy))
    rules = environment_of(facts, policy).emergency
    missing = [each for each in results if _is_missing(each)]
    authorised = declared.judgement.outcome is Outcome.PASS
    deferred = tuple(each.id for each in missing if is_deferred(each, facts, policy))
    against = tuple(
        each.id
        for each in missing
        if each.id not in deferred and not is_waived(each, facts, policy)
    )
    if rules is None or not authorised or not missing or against:
        judged = (*results, declared)
        return decide(judged), judged, replace(emergency, against=against)
    without = tuple(each.id for each in missing)
    judged = tuple(
        replace(each, judgement=waived(each.judgement)) if each.id in without else each
        for each in results
    )
    granted = replace(
        emergency,
        waived=without,
        review_by=now + rules.review_within,
        deferred=deferred,
        spooled=is_offline(facts),
    )
    return DecisionKind.EMERGENCY, (*judged, declared), granted


def _is_missing(result: ControlResult) -> bool:
    """Whether it is required and does not pass."""
    return result.level is Level.REQUIRE and result.judgement.outcome is not Outcome.PASS


def evaluate_review(
    facts: Facts, policy: Policy, now: datetime, since: datetime, unapproved: Mapping[str, bool]
) -> Decision:
    """Judge, at ``now``, whether an emergency of ``since`` was approved afterwards.

    ``facts`` are those of the commit that it let in, with its own range and run; ``unapproved`` is
    as for ``only_afterwards``. ``allowed`` settles the emergency.
    """
    facts = only_afterwards(facts, since, unapproved)
    stricter = for_review(policy, facts.deployment.environment)
    environment = environment_of(facts, stricter)
    demanded = {**environment.controls, APPROVED: Level.REQUIRE}
    environment = replace(environment, controls=demanded)
    results = tuple(
        _result(control, facts, stricter, environment, now)
        for control in CONTROLS
        if control.id in JUDGED
    )
    claims = dict.fromkeys(claim for each in results for claim in each.judgement.claims)
    return Decision(decide(results), now, results, tuple(claims))


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
