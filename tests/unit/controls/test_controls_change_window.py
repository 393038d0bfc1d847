"""change-window: the deployment happens when its ticket planned it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from worlds import (
    NOW,
    at,
    good_approval,
    good_environment,
    good_facts,
    good_policy,
    good_ticket,
    judged,
    problem,
)

from gate.model import DecisionKind, Facts, Level, Outcome, Window
from gate.policy import evaluate

CONTROL = "change-window"
MOMENT = timedelta(microseconds=1)


def planned(start: datetime | None, end: datetime | None, edited: str = "08:08") -> Facts:
    return good_facts(good_ticket(window=Window(start, end, at(edited))))


@pytest.mark.parametrize(
    ("start", "end", "outcome"),
    [
        (at("09:00"), at("10:00"), Outcome.PASS),
        (NOW, at("10:00"), Outcome.PASS),
        (at("09:00"), NOW, Outcome.PASS),
        (NOW + MOMENT, at("10:00"), Outcome.FAIL),
        (at("09:00"), NOW - MOMENT, Outcome.FAIL),
        (at("10:00"), at("09:00"), Outcome.FAIL),  # ends before it begins
        (None, at("10:00"), Outcome.FAIL),
        (at("09:00"), None, Outcome.FAIL),
        (None, None, Outcome.FAIL),
    ],
)
def test_now_lies_inside_the_window(
    start: datetime | None, end: datetime | None, outcome: Outcome
) -> None:
    assert judged(CONTROL, planned(start, end)).outcome is outcome


def test_too_early_and_too_late_have_their_own_remedies() -> None:
    early = judged(CONTROL, planned(at("10:00"), at("11:00")))
    late = judged(CONTROL, planned(at("08:00"), at("09:00")))
    backwards = judged(CONTROL, planned(at("10:00"), at("09:00")))
    assert early.remedy
    assert early.remedy.args == {"start": at("10:00")}
    for judgement in (late, backwards):
        assert judgement.remedy
        assert judgement.remedy.code == "change-window.late.remedy"


def test_what_is_not_known_is_not_inside() -> None:
    nowhere = judged(CONTROL, good_facts(good_ticket(window=None)))
    assert nowhere.outcome is Outcome.UNDETERMINED
    assert nowhere.remedy
    assert nowhere.remedy.args["system"] == "jira"
    hidden = good_facts(good_ticket(window=problem()))
    assert judged(CONTROL, hidden).outcome is Outcome.UNDETERMINED
    assert judged(CONTROL, good_facts(given=(), tickets=())).outcome is Outcome.UNDETERMINED


def test_every_ticket_plans_it_for_now() -> None:
    other = good_ticket(key="CHG-2", window=Window(at("10:00"), at("11:00"), at("08:00")))
    assert judged(CONTROL, good_facts(good_ticket(), other)).outcome is Outcome.FAIL
    unread = good_ticket(key="CHG-2", window=problem())
    assert judged(CONTROL, good_facts(good_ticket(), unread)).outcome is Outcome.UNDETERMINED


def test_it_warns_unless_the_policy_requires_it() -> None:
    late = planned(at("08:00"), at("09:00"))
    assert evaluate(late, good_policy(), NOW).kind is DecisionKind.ALLOWED
    strict = good_policy(good_environment(controls={CONTROL: Level.REQUIRE}))
    assert evaluate(late, strict, NOW).kind is DecisionKind.DENIED
    assert evaluate(good_facts(), strict, NOW).kind is DecisionKind.ALLOWED


def test_a_window_that_was_moved_after_the_approval_was_not_approved() -> None:
    moved = planned(at("09:00"), at("10:00"), "09:05")
    judgement = judged("approval-covers-change", moved)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.args["place"] == "the planned window"
    assert evaluate(moved, good_policy(), NOW).kind is DecisionKind.DENIED
    again = good_ticket(
        window=Window(at("09:00"), at("10:00"), at("09:05")),
        approvals=(good_approval(clock="09:06"),),
    )
    assert judged("approval-covers-change", good_facts(again)).outcome is Outcome.PASS
    unread = replace(good_ticket(), window=problem())
    assert judged("approval-covers-change", good_facts(unread)).outcome is Outcome.UNDETERMINED
