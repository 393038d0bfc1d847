"""tested-before: the same commit ran in an earlier environment first, as the log proves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from worlds import (
    NOW,
    earlier_deployment,
    good_deployment,
    good_earlier,
    good_environment,
    good_facts,
    good_history,
    good_policy,
    judged,
    problem,
)

from gate.config.types import After, Policy
from gate.controls.earlier import earlier_term
from gate.controls.registry import by_id
from gate.model import (
    Artifact,
    DecisionKind,
    Earlier,
    EarlierDeployment,
    EarlierTerm,
    Elsewhere,
    Facts,
    Level,
    Outcome,
)
from gate.policy import evaluate

CONTROL = "tested-before"
A, B, C = "a" * 64, "b" * 64, "c" * 64
MOMENT = timedelta(microseconds=1)


def went(*deployments: EarlierDeployment, artifacts: tuple[str, ...] = ()) -> Facts:
    """The commit went to staging so; production gets these artifacts."""
    return good_facts(
        deployment=good_deployment(artifacts=tuple(Artifact("app", one) for one in artifacts)),
        history=good_history(earlier=Earlier("staging", deployments)),
    )


def within(limit: timedelta) -> Policy:
    return good_policy(good_environment(after=After("staging", limit)))


def test_a_success_in_the_earlier_environment_passes() -> None:
    judgement = judged(CONTROL)
    assert judgement.outcome is Outcome.PASS
    assert judgement.observed.args["entry"] == 5


def test_none_is_a_failure_that_says_where_to_go_first() -> None:
    judgement = judged(CONTROL, went())
    assert judgement.outcome is Outcome.FAIL
    assert judgement.remedy
    assert judgement.remedy.args["environment"] == "staging"


@pytest.mark.parametrize("outcome", ["failed", "cancelled", "rolled-back", ""])
def test_what_ended_otherwise_was_not_tested(outcome: str) -> None:
    assert judged(CONTROL, went(earlier_deployment(5, "08:30", outcome))).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("last", "expected"),
    [("rolled-back", Outcome.FAIL), ("failed", Outcome.FAIL), ("succeeded", Outcome.PASS)],
)
def test_what_ended_last_by_the_logs_order_decides(last: str, expected: Outcome) -> None:
    first = "failed" if last == "succeeded" else "succeeded"
    # its own time is what its writer's clock said: earlier, though it ended later
    ended = (earlier_deployment(5, "08:40", first), earlier_deployment(9, "08:30", last))
    for order in (ended, ended[::-1]):
        assert judged(CONTROL, went(*order)).outcome is expected


def test_it_may_be_so_long_ago_and_no_longer() -> None:
    hour = timedelta(hours=1)
    assert judged(CONTROL, policy=within(hour)).outcome is Outcome.PASS
    assert judged(CONTROL, policy=within(hour), now=NOW + MOMENT).outcome is Outcome.FAIL
    assert judged(CONTROL, policy=within(hour - MOMENT)).outcome is Outcome.FAIL


def test_a_success_that_is_yet_to_come_proves_nothing() -> None:
    for clock, outcome in (("09:31", Outcome.PASS), ("09:31:01", Outcome.UNDETERMINED)):
        assert judged(CONTROL, went(earlier_deployment(5, clock))).outcome is outcome


@pytest.mark.parametrize(
    ("there", "here", "outcome"),
    [
        ((), (), Outcome.PASS),
        ((A,), (A,), Outcome.PASS),
        ((A, B), (A,), Outcome.PASS),
        ((A, B), (B, A), Outcome.PASS),
        ((A,), (B,), Outcome.FAIL),
        ((A,), (A, B), Outcome.FAIL),
        ((), (A,), Outcome.FAIL),
        ((A,), (), Outcome.FAIL),  # what was tested had a name, what is deployed has none
    ],
)
def test_the_artifacts_are_the_tested_ones(
    there: tuple[str, ...], here: tuple[str, ...], outcome: Outcome
) -> None:
    facts = went(earlier_deployment(5, "08:30", "succeeded", *there), artifacts=here)
    assert judged(CONTROL, facts).outcome is outcome


def test_of_several_the_last_with_these_artifacts_decides() -> None:
    ended = (
        earlier_deployment(5, "08:30", "succeeded", A),
        earlier_deployment(7, "08:40", "failed", B),
    )
    assert judged(CONTROL, went(*ended, artifacts=(A,))).outcome is Outcome.PASS
    assert judged(CONTROL, went(*ended, artifacts=(B,))).outcome is Outcome.FAIL
    other = judged(CONTROL, went(*ended, artifacts=(C,)))
    assert other.observed.code == "tested-before.other"
    assert judged(CONTROL, went(*ended)).observed.code == "tested-before.unnamed"


def test_what_is_not_known_is_not_tested() -> None:
    assert judged(CONTROL, good_facts(history=problem())).outcome is Outcome.UNDETERMINED
    unread = good_facts(history=good_history(earlier=None))
    assert judged(CONTROL, unread).outcome is Outcome.UNDETERMINED
    other = replace(good_earlier(), environment="development")
    elsewhere = good_facts(history=good_history(earlier=other))
    assert judged(CONTROL, elsewhere).outcome is Outcome.UNDETERMINED


def test_it_is_required_where_something_comes_first_and_off_where_nothing_does() -> None:
    free = good_environment(after=None)
    default = by_id(CONTROL).default
    assert default(good_facts(), good_environment()) is Level.REQUIRE
    assert default(good_facts(), free) is Level.OFF
    assert evaluate(went(), good_policy(), NOW).kind is DecisionKind.DENIED
    assert evaluate(went(), good_policy(free), NOW).kind is DecisionKind.ALLOWED
    asked = replace(free, controls={CONTROL: Level.REQUIRE})
    assert evaluate(good_facts(), good_policy(asked), NOW).kind is DecisionKind.UNDETERMINED


def test_the_record_is_told_what_it_went_by() -> None:
    last = earlier_deployment(9, "08:40", "failed")
    decision = evaluate(went(earlier_deployment(), last), good_policy(), NOW)
    assert decision.tested == EarlierTerm("staging", timedelta(days=14), last.ended)
    assert earlier_term(went(), good_policy()) == EarlierTerm("staging", timedelta(days=14), None)
    assert earlier_term(good_facts(history=problem()), good_policy()) == earlier_term(
        went(), good_policy()
    )
    assert earlier_term(good_facts(), good_policy(good_environment(after=None))) is None


# ---------------------------------------------------------------- by receipts of another log

LOG = "acme.example/staging"
BY_RECEIPTS = good_policy(
    good_environment(after=After("staging", timedelta(hours=1), LOG, "staging-trust"))
)


def handed(
    *deployments: EarlierDeployment, unfit: tuple[str, ...] = (), origin: str = LOG
) -> Facts:
    """Receipts of a log tell of these deployments."""
    earlier = Earlier("staging", deployments, origin, unfit)
    return good_facts(history=good_history(earlier=earlier))


def test_receipts_prove_it_and_the_message_says_by_which_log() -> None:
    judgement = judged(CONTROL, handed(earlier_deployment()), BY_RECEIPTS)
    assert judgement.outcome is Outcome.PASS
    assert judgement.observed.code == "tested-before.receipts"
    assert (judgement.observed.args["origin"], judgement.observed.args["entry"]) == (LOG, 5)
    assert judgement.expected.args["origin"] == LOG


@pytest.mark.parametrize(
    ("facts", "outcome", "code"),
    [
        (handed(), Outcome.FAIL, "no-receipt"),
        (handed(unfit=("one is of another log",)), Outcome.FAIL, "unfit"),
        (handed(earlier_deployment(), unfit=("x",)), Outcome.FAIL, "unfit"),
        (handed(earlier_deployment(5, "08:30", "failed")), Outcome.FAIL, "ended"),
        (handed(earlier_deployment(5, "08:29:59")), Outcome.FAIL, "old"),
        (handed(earlier_deployment(5, "09:31:01")), Outcome.UNDETERMINED, "future"),
        (handed(earlier_deployment(5, "08:30", "succeeded", A)), Outcome.FAIL, "unnamed"),
        (
            handed(earlier_deployment(), earlier_deployment(9, "08:40", "rolled-back")),
            Outcome.FAIL,
            "ended",
        ),
        (handed(earlier_deployment(), origin="evil.example/log"), Outcome.UNDETERMINED, "unread"),
        (handed(earlier_deployment(), origin=""), Outcome.UNDETERMINED, "unread"),
    ],
)
def test_whatever_else_receipts_tell_does_not(facts: Facts, outcome: Outcome, code: str) -> None:
    judgement = judged(CONTROL, facts, BY_RECEIPTS)
    assert judgement.outcome is outcome
    assert judgement.observed.code == f"tested-before.{code}"


def test_receipts_are_none_where_the_own_log_must_prove_it() -> None:
    assert judged(CONTROL, handed(earlier_deployment())).outcome is Outcome.UNDETERMINED


def test_the_record_is_told_what_the_receipts_were_of() -> None:
    good, bad = earlier_deployment(), earlier_deployment(9, "08:40", "failed")
    for last, elsewhere in (
        (good, Elsewhere(LOG, good.decision, good.at)),
        (bad, Elsewhere(LOG)),
    ):
        term = earlier_term(handed(last), BY_RECEIPTS)
        assert term == EarlierTerm("staging", timedelta(hours=1), last.ended, elsewhere)
    assert earlier_term(handed(), BY_RECEIPTS) == EarlierTerm(
        "staging", timedelta(hours=1), None, Elsewhere(LOG)
    )
