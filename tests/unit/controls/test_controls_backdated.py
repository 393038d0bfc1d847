"""ticket-not-backdated: a ticket is no older than those with lower numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from worlds import (
    NOW,
    at,
    good_environment,
    good_facts,
    good_policy,
    good_ticket,
    judged,
    problem,
)

from gate.config.types import NetworkSettings
from gate.model import DecisionKind, Facts, Level, Neighbour, Outcome
from gate.policy import evaluate

CONTROL = "ticket-not-backdated"


def beside(*clocks: str, created: str = "08:00") -> Facts:
    """CHG-1, and tickets of lower numbers that were created then."""
    neighbours = tuple(Neighbour(f"CHG-0{n}", at(clock)) for n, clock in enumerate(clocks))
    return good_facts(good_ticket(created_at=at(created), neighbours=neighbours))


@pytest.mark.parametrize(
    ("clocks", "outcome"),
    [
        (("07:00",), Outcome.PASS),
        (("08:00",), Outcome.PASS),
        (("08:01",), Outcome.PASS),  # as far as clocks may differ
        (("08:01:01",), Outcome.FAIL),
        (("07:00", "09:00"), Outcome.FAIL),
        (("09:00", "07:00"), Outcome.FAIL),
        ((), Outcome.UNDETERMINED),
    ],
)
def test_no_lower_number_is_younger(clocks: tuple[str, ...], outcome: Outcome) -> None:
    assert judged(CONTROL, beside(*clocks)).outcome is outcome


def test_the_youngest_is_told_with_how_much_it_is() -> None:
    judgement = judged(CONTROL, beside("07:00", "09:00", "08:30"))
    assert judgement.observed.args["other"] == "CHG-01"
    assert judgement.observed.args["earlier"] == timedelta(hours=1)


def test_the_tolerance_is_that_of_clocks() -> None:
    exact = good_policy(network=NetworkSettings(clock_tolerance=timedelta()))
    assert judged(CONTROL, beside("08:00"), exact).outcome is Outcome.PASS
    assert judged(CONTROL, beside("08:00:01"), exact).outcome is Outcome.FAIL


def test_what_is_not_known_fits_nothing() -> None:
    unseen = good_facts(good_ticket(neighbours=problem()))
    assert judged(CONTROL, unseen).outcome is Outcome.UNDETERMINED
    assert judged(CONTROL, good_facts(given=(), tickets=())).outcome is Outcome.UNDETERMINED


def test_every_ticket_fits() -> None:
    late = good_ticket(key="CHG-2", neighbours=(Neighbour("CHG-1", at("09:00")),))
    assert judged(CONTROL, good_facts(good_ticket(), late)).outcome is Outcome.FAIL


def test_it_warns_unless_the_policy_requires_it() -> None:
    imported = beside("09:00")
    assert evaluate(imported, good_policy(), NOW).kind is DecisionKind.ALLOWED
    strict = good_policy(good_environment(controls={CONTROL: Level.REQUIRE}))
    assert evaluate(imported, strict, NOW).kind is DecisionKind.DENIED
