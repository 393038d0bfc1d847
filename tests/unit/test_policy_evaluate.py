from __future__ import annotations

from dataclasses import replace

import pytest
from worlds import (
    NOW,
    good_change,
    good_deployment,
    good_environment,
    good_facts,
    good_policy,
    good_pull_request,
    good_ticket,
    problem,
    shell_deployment,
    with_ticket_rules,
)

from gate.config.types import Policy
from gate.controls.registry import CONTROLS, by_id
from gate.model import (
    ControlResult,
    DecisionKind,
    Facts,
    Judgement,
    Level,
    Message,
    Outcome,
    PinState,
    ProblemKind,
    RunClaim,
)
from gate.policy import decide, evaluate, level_of

SAID = Message("x", "x")


def result(level: Level, outcome: Outcome) -> ControlResult:
    return ControlResult("x", "X", level, Judgement(outcome, SAID, SAID))


REQUIRED_PASS = result(Level.REQUIRE, Outcome.PASS)
REQUIRED_FAIL = result(Level.REQUIRE, Outcome.FAIL)
REQUIRED_UNSURE = result(Level.REQUIRE, Outcome.UNDETERMINED)
WARN_FAIL = result(Level.WARN, Outcome.FAIL)
OFF = result(Level.OFF, Outcome.NOT_APPLICABLE)


@pytest.mark.parametrize(
    ("results", "kind"),
    [
        ((REQUIRED_PASS,), DecisionKind.ALLOWED),
        ((REQUIRED_PASS, WARN_FAIL, OFF), DecisionKind.ALLOWED),
        ((REQUIRED_PASS, REQUIRED_FAIL), DecisionKind.DENIED),
        ((REQUIRED_UNSURE, REQUIRED_FAIL), DecisionKind.DENIED),
        ((REQUIRED_PASS, REQUIRED_UNSURE), DecisionKind.UNDETERMINED),
        ((REQUIRED_PASS, result(Level.REQUIRE, Outcome.NOT_APPLICABLE)), DecisionKind.UNDETERMINED),
        ((), DecisionKind.UNDETERMINED),
        ((WARN_FAIL, OFF), DecisionKind.UNDETERMINED),
    ],
)
def test_the_first_rule_that_holds_decides(
    results: tuple[ControlResult, ...], kind: DecisionKind
) -> None:
    assert decide(results) is kind


def decision(facts: Facts | None = None, policy: Policy | None = None) -> DecisionKind:
    return evaluate(facts or good_facts(), policy or good_policy(), NOW).kind


def test_the_good_world_is_allowed_with_every_control_passing() -> None:
    made = evaluate(good_facts(), good_policy(), NOW)
    assert made.kind is DecisionKind.ALLOWED
    assert made.at == NOW
    assert made.claims == ()
    assert [each.id for each in made.controls] == [control.id for control in CONTROLS]
    assert {each.judgement.outcome for each in made.controls} == {Outcome.PASS}


def test_a_failure_denies_and_an_unknown_blocks() -> None:
    assert decision(good_facts(good_ticket(approvals=()))) is DecisionKind.DENIED
    assert decision(good_facts(clocks=())) is DecisionKind.UNDETERMINED


def test_a_warning_is_recorded_and_does_not_block() -> None:
    change = good_change(pull_requests=(good_pull_request(reviews=()),))
    made = evaluate(good_facts(change=change), good_policy(), NOW)
    assert made.kind is DecisionKind.ALLOWED
    warned = next(each for each in made.controls if each.id == "peer-reviewed")
    assert (warned.level, warned.judgement.outcome) == (Level.WARN, Outcome.FAIL)


def test_the_policy_sets_levels_over_the_defaults() -> None:
    change = good_change(pull_requests=(good_pull_request(reviews=()),))
    strict = good_policy(good_environment(controls={"peer-reviewed": Level.REQUIRE}))
    assert decision(good_facts(change=change), strict) is DecisionKind.DENIED
    ticket = good_ticket(rollback_plan=())
    lenient = good_policy(good_environment(controls={"rollback-plan": Level.WARN}))
    assert decision(good_facts(ticket)) is DecisionKind.DENIED
    assert decision(good_facts(ticket), lenient) is DecisionKind.ALLOWED


def test_a_control_that_is_off_is_not_judged_and_not_applicable() -> None:
    policy = good_policy(good_environment(controls={"rollback-plan": Level.OFF}))
    made = evaluate(good_facts(good_ticket(rollback_plan=())), policy, NOW)
    off = next(each for each in made.controls if each.id == "rollback-plan")
    assert off.judgement.outcome is Outcome.NOT_APPLICABLE
    assert off.level is Level.OFF
    assert made.kind is DecisionKind.ALLOWED


@pytest.mark.parametrize("level", [Level.OFF, Level.WARN])
@pytest.mark.parametrize("control", [c.id for c in CONTROLS if c.integrity])
def test_no_policy_weakens_an_integrity_control(control: str, level: Level) -> None:
    environment = good_environment(controls={control: level})
    assert level_of(by_id(control), good_facts(), environment) is Level.REQUIRE


def test_an_unpinned_policy_warns_in_a_shell_and_may_be_demanded_there() -> None:
    facts = good_facts(run=None, deployment=shell_deployment(), pin=PinState.UNPINNED)
    policy = with_ticket_rules(good_environment(deployers=()), predates="merge")
    assert decision(facts, policy) is DecisionKind.ALLOWED
    strict = replace(
        policy,
        environments={
            "production": replace(
                policy.environments["production"], controls={"policy-pinned": Level.REQUIRE}
            )
        },
    )
    assert decision(facts, strict) is DecisionKind.DENIED
    assert decision(good_facts(pin=PinState.UNPINNED)) is DecisionKind.DENIED
    assert decision(replace(facts, pin=PinState.DIFFERENT), policy) is DecisionKind.DENIED


def test_an_integrity_control_switched_off_still_blocks() -> None:
    controls = dict.fromkeys((c.id for c in CONTROLS), Level.OFF)
    policy = good_policy(good_environment(controls=controls))
    assert decision(good_facts(), policy) is DecisionKind.ALLOWED
    assert decision(good_facts(given=(), tickets=()), policy) is DecisionKind.DENIED
    assert decision(good_facts(clocks=()), policy) is DecisionKind.UNDETERMINED
    assert decision(good_facts(good_ticket(approvals=())), policy) is DecisionKind.DENIED


def test_claims_that_were_relied_on_are_listed() -> None:
    claims = ("pipeline-start", "deployer")
    policy = good_policy(good_environment(accept_claims=claims, deployers=()))
    claim = RunClaim("gitlab", "1", actor="erin", created_at=good_facts().run.created_at)  # type: ignore[union-attr]
    facts = good_facts(run=problem(ProblemKind.CLAIM), deployment=good_deployment(run=claim))
    made = evaluate(facts, policy, NOW)
    assert made.kind is DecisionKind.ALLOWED
    assert made.claims == ("pipeline-start",)


def test_a_judge_that_answers_what_only_the_policy_may_is_a_bug(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def judge(*_: object) -> Judgement:
        return Judgement(Outcome.NOT_APPLICABLE, SAID, SAID)

    wrong = replace(by_id("rollback-plan"), judge=judge)
    monkeypatch.setattr("gate.policy.CONTROLS", (wrong,))
    with pytest.raises(AssertionError, match="rollback-plan was judged not-applicable"):
        evaluate(good_facts(), good_policy(), NOW)


def test_a_bug_in_a_judge_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def judge(*_: object) -> Judgement:
        raise ZeroDivisionError

    monkeypatch.setattr("gate.policy.CONTROLS", (replace(by_id("approved"), judge=judge),))
    with pytest.raises(ZeroDivisionError):
        evaluate(good_facts(), good_policy(), NOW)
