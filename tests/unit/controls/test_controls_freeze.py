"""freeze: nothing is deployed while the policy says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from worlds import NOW, at, good_deployment, good_facts, good_policy, judged, person

from gate.config import Freeze, public_view
from gate.config.types import Policy
from gate.model import DecisionKind, Free, Outcome
from gate.policy import evaluate

MOMENT = timedelta(microseconds=1)


def frozen(**changes: Any) -> Policy:
    freeze = Freeze("year end", at("09:00"), at("10:00"))
    return good_policy(freezes=(replace(freeze, **changes),))


def test_without_a_freeze_the_control_passes() -> None:
    assert judged("freeze").outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("start", "end", "outcome"),
    [
        ("09:00", "10:00", Outcome.FAIL),
        ("09:30", "10:00", Outcome.FAIL),  # its first moment is now
        ("09:00", "09:30", Outcome.PASS),  # it ends now
        ("09:31", "10:00", Outcome.PASS),
        ("08:00", "09:29", Outcome.PASS),
    ],
)
def test_a_freeze_holds_from_its_first_moment_up_to_its_last(
    start: str, end: str, outcome: Outcome
) -> None:
    assert judged("freeze", policy=frozen(start=at(start), end=at(end))).outcome is outcome


def test_a_moment_before_its_end_it_still_holds() -> None:
    policy = frozen(end=NOW)
    assert judged("freeze", policy=policy, now=NOW - MOMENT).outcome is Outcome.FAIL
    assert judged("freeze", policy=policy, now=NOW).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("services", "environments", "outcome"),
    [
        (("shop",), (), Outcome.FAIL),
        ((), ("production",), Outcome.FAIL),
        (("pay", "shop"), ("staging", "production"), Outcome.FAIL),
        (("pay",), (), Outcome.PASS),
        ((), ("staging",), Outcome.PASS),
        (("shop",), ("staging",), Outcome.PASS),
        (("pay",), ("production",), Outcome.PASS),
    ],
)
def test_a_freeze_may_be_for_some_services_and_environments(
    services: tuple[str, ...], environments: tuple[str, ...], outcome: Outcome
) -> None:
    policy = frozen(services=services, environments=environments)
    assert judged("freeze", policy=policy).outcome is outcome


def test_a_freeze_of_others_leaves_this_service_alone() -> None:
    facts = good_facts(deployment=good_deployment(service="pay"))
    shop = good_policy().services["shop"]
    policy = replace(
        frozen(services=("shop",)), services={"shop": shop, "pay": replace(shop, name="pay")}
    )
    assert judged("freeze", facts, policy).outcome is Outcome.PASS


def test_all_freezes_that_hold_are_told_with_what_to_do() -> None:
    policy = good_policy(
        freezes=(
            Freeze("year end", at("09:00"), at("10:00")),
            Freeze("past", at("07:00"), at("08:00")),
            Freeze("inventory", at("09:10"), at("11:00")),
        )
    )
    judgement = judged("freeze", policy=policy)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.args["name"] == Free("year end")
    assert judgement.observed.args["name_2"] == Free("inventory")
    assert judgement.remedy
    assert (judgement.remedy.args["end"], judgement.remedy.args["end_2"]) == (
        at("10:00"),
        at("11:00"),
    )


def test_a_freeze_denies() -> None:
    assert evaluate(good_facts(), good_policy(), NOW).kind is DecisionKind.ALLOWED
    assert evaluate(good_facts(), frozen(), NOW).kind is DecisionKind.DENIED


def test_what_a_freeze_is_called_stays_out_of_the_evidence() -> None:
    policy = replace(frozen(name="alice is away"), people=(person("alice"),))
    view = public_view(policy)
    assert at("09:00").isoformat() in view
    assert "alice" not in view
