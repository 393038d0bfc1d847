"""clock-sane and policy-pinned, the registry, and how findings become one judgement."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from worlds import good_environment, good_facts, good_policy, judged, shell_deployment

from gate.config.types import NetworkSettings
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    say,
    together,
    undetermined,
)
from gate.controls.registry import CONTROLS, by_id
from gate.model import ClockReading, Level, Message, Outcome, PinState

NAN, INF = float("nan"), float("inf")


def clocks(*readings: tuple[float, float]) -> tuple[ClockReading, ...]:
    return tuple(ClockReading("jira", offset, uncertainty) for offset, uncertainty in readings)


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        (((0.0, 1.0),), Outcome.PASS),
        (((0.0, 0.0),), Outcome.PASS),
        (((0.0, 60.0),), Outcome.PASS),
        (((60.0, 0.5),), Outcome.PASS),
        (((61.0, 1.0),), Outcome.PASS),
        (((61.1, 1.0),), Outcome.FAIL),
        (((-61.1, 1.0),), Outcome.FAIL),
        (((0.0, 1.0), (3600.0, 1.0)), Outcome.FAIL),
        ((), Outcome.UNDETERMINED),
        (((NAN, 1.0),), Outcome.UNDETERMINED),
        (((0.0, NAN),), Outcome.UNDETERMINED),
        (((0.0, INF),), Outcome.UNDETERMINED),
        (((0.0, -1.0),), Outcome.UNDETERMINED),
        (((0.0, 61.0),), Outcome.UNDETERMINED),
        (((900.0, 1000.0),), Outcome.UNDETERMINED),
        (((900.0, 100.0),), Outcome.FAIL),
        (((INF, 1.0),), Outcome.FAIL),
        (((-INF, 1.0),), Outcome.FAIL),
    ],
)
def test_clocks_must_agree_within_the_tolerance(
    readings: tuple[tuple[float, float], ...], expected: Outcome
) -> None:
    assert judged("clock-sane", good_facts(clocks=clocks(*readings))).outcome is expected


def test_the_tolerance_is_the_policys() -> None:
    policy = good_policy(network=NetworkSettings(clock_tolerance=timedelta(seconds=5)))
    facts = good_facts(clocks=clocks((7.0, 1.0)))
    assert judged("clock-sane", facts, policy).outcome is Outcome.FAIL
    assert judged("clock-sane", facts).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("pin", "expected"),
    [
        (PinState.PINNED, Outcome.PASS),
        (PinState.UNPINNED, Outcome.FAIL),
        (PinState.DIFFERENT, Outcome.FAIL),
    ],
)
def test_the_policy_must_be_the_pinned_one(pin: PinState, expected: Outcome) -> None:
    judgement = judged("policy-pinned", good_facts(pin=pin))
    assert judgement.outcome is expected
    if judgement.remedy:
        assert judgement.remedy.args["sha256"] == "e" * 64


@pytest.mark.parametrize(
    ("pin", "shell", "level"),
    [
        (PinState.UNPINNED, True, Level.WARN),
        (PinState.DIFFERENT, True, Level.REQUIRE),
        (PinState.PINNED, True, Level.REQUIRE),
        (PinState.UNPINNED, False, Level.REQUIRE),
        (PinState.DIFFERENT, False, Level.REQUIRE),
    ],
)
def test_the_pin_is_demanded_in_ci_and_where_a_digest_is_given(
    pin: PinState, shell: bool, level: Level
) -> None:
    facts = good_facts(pin=pin)
    if shell:
        facts = good_facts(pin=pin, run=None, deployment=shell_deployment())
    assert by_id("policy-pinned").default(facts, good_environment()) is level


# ---------------------------------------------------------------- registry

IDS = [
    "ticket-given",
    "ticket-exists",
    "ticket-open",
    "ticket-predates-deployment",
    "ticket-not-backdated",
    "ticket-covers-change",
    "approved",
    "approval-predates-deployment",
    "approver-independent",
    "approval-covers-change",
    "commit-on-release-ref",
    "change-linked",
    "ticket-not-reused",
    "peer-reviewed",
    "merge-matches-review",
    "tested-before",
    "rollback-plan",
    "test-plan",
    "change-window",
    "freeze",
    "deployer-authorised",
    "clock-sane",
    "policy-pinned",
    "emergency-reviewed",
]
INTEGRITY = {
    "ticket-given",
    "ticket-exists",
    "approver-independent",
    "clock-sane",
    "policy-pinned",
}


def test_the_controls_are_these_in_this_order() -> None:
    assert [control.id for control in CONTROLS] == IDS
    assert {control.id for control in CONTROLS if control.integrity} == INTEGRITY
    warned = {c.id for c in CONTROLS if c.default(good_facts(), good_environment()) is Level.WARN}
    assert warned == {
        "ticket-not-backdated",
        "change-linked",
        "peer-reviewed",
        "merge-matches-review",
        "test-plan",
        "change-window",
    }


def test_an_unknown_control_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        by_id("ticket-exist")


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_each_control_explains_itself(control: Control) -> None:
    assert control.title
    assert len(control.demands) > 60
    assert control.satisfy.endswith(".")
    assert control.needs
    assert any(criterion.startswith("SOC 2 CC") for criterion in control.criteria)
    frameworks = {criterion.split(" ")[0] for criterion in control.criteria}
    assert {"SOC", "ISO", "NIST"} <= frameworks <= {"SOC", "ISO", "NIST", "PCI"}


# ---------------------------------------------------------------- findings

EXPECTED = say("x.expected", "Something.")


def fail(name: str = "a") -> Finding:
    return failed(
        say(f"x.{name}", "{what} fails.", what=name), say("x.remedy", "Mend {it}.", it=name)
    )


UNSURE = undetermined(say("x.unsure", "Unsure."), say("x.ask", "Ask."))
PASSED = passed(say("x.pass", "Fine."), "claim")


def test_no_finding_is_no_pass() -> None:
    judgement = conclude(EXPECTED, [])
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.remedy is not None


def test_the_worst_finding_decides_and_all_bad_ones_are_told() -> None:
    assert conclude(EXPECTED, [PASSED]).outcome is Outcome.PASS
    assert conclude(EXPECTED, [PASSED]).claims == ("claim",)
    assert conclude(EXPECTED, [PASSED, UNSURE]).outcome is Outcome.UNDETERMINED
    judgement = conclude(EXPECTED, [UNSURE, PASSED, fail("a"), fail("b")])
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.text.format(**judgement.observed.args) == "a fails. b fails. Unsure."
    assert judgement.remedy is not None
    assert judgement.remedy.text.format(**judgement.remedy.args) == "Mend a. Mend b. Ask."


def test_repetitions_are_told_once_and_many_are_counted() -> None:
    assert together([EXPECTED, EXPECTED]) == EXPECTED
    many = together([say("x", "{n}.", n=n) for n in range(9)])
    assert many.text.format(**many.args) == "0. 1. 2. 3. And 5 more."


def test_joined_messages_keep_braces_and_formats() -> None:
    joined = together(
        [say("a", "{x}", x=1), Message("b", "{{y}} {x!r:>3} {{", {"x": 2}), say("c", "}}")]
    )
    assert joined.text.format(**joined.args) == "1 {y}   2 { }"
    assert joined.code == "a"
    assert joined.args["also"] == ("b", "c")


def test_codes_are_dotted_words() -> None:
    code = re.compile(r"[a-z-]+(\.[a-z-]+)*")
    for control in CONTROLS:
        judgement = judged(control.id)
        assert code.fullmatch(judgement.expected.code)
        assert code.fullmatch(judgement.observed.code)
