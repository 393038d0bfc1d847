"""--wait: what is waited for, how long, and what ends it. Time passes in the tests' own watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from worlds import (
    NOW,
    github,
    good_approval,
    good_change,
    good_environment,
    good_facts,
    good_history,
    good_policy,
    good_pull_request,
    good_review,
    good_ticket,
    problem,
    with_rules,
)

from gate.cli.urgency import read_wait
from gate.cli.waiting import wait_for_approvals
from gate.controls.waiting import awaits_approval
from gate.errors import UsageError
from gate.model import Decision, Facts, Level, Status, Verdict
from gate.policy import evaluate

MINUTE = timedelta(minutes=1)
UNAPPROVED = good_facts(good_ticket(approvals=()))
PENDING = good_approval(verdict=Verdict.PENDING, decided_at=None)
OBJECTION = good_approval("carol", verdict=Verdict.DECLINED)


def judged(facts: Facts, policy: Any = None) -> Decision:
    return evaluate(facts, policy or good_policy(), NOW)


@dataclass
class Watch:
    """A clock that moves only when somebody sleeps; a look takes ``look``."""

    at: datetime = NOW
    look: timedelta = timedelta(seconds=2)
    pauses: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.pauses.append(seconds)
        self.at += timedelta(seconds=seconds)

    def tell(self, line: str) -> None:
        self.lines.append(line)


def looking(watch: Watch, *decisions: Decision) -> tuple[Callable[[], Decision], list[int]]:
    """A judge that gives the decisions in turn, and the last one for ever; how often it looked."""
    looks: list[int] = []

    def judge() -> Decision:
        watch.at += watch.look
        looks.append(len(looks))
        return decisions[min(len(looks), len(decisions)) - 1]

    return judge, looks


@pytest.mark.parametrize(
    ("facts", "policy", "waits"),
    [
        (UNAPPROVED, None, True),
        (good_facts(good_ticket(approvals=(PENDING,))), None, True),
        (good_facts(good_ticket(approvals=(good_approval("dave"),))), None, True),
        (good_facts(), with_rules(required=2), True),
        (good_facts(good_ticket(approvals=(), status=Status("2", "Waiting"))), None, True),
        (good_facts(good_ticket(), good_ticket(key="CHG-2", approvals=())), None, True),
        # allowed already
        (good_facts(), None, False),
        # somebody objects
        (good_facts(good_ticket(approvals=(OBJECTION,))), None, False),
        (good_facts(good_ticket(approvals=(good_approval(), OBJECTION))), None, False),
        # something else stands against it, alone or beside
        (good_facts(good_ticket(status=Status("2", "Waiting"))), None, False),
        (good_facts(good_ticket(approvals=(), rollback_plan=())), None, False),
        (good_facts(good_ticket(approvals=(), created_at=NOW)), None, False),
        (replace(UNAPPROVED, clocks=()), None, False),
        (replace(UNAPPROVED, history=problem(service="log")), None, False),
        # it is not known whether it is approved, or whose approval it is
        (good_facts(good_ticket(approvals=problem())), None, False),
        (good_facts(good_ticket(approvals=(good_approval("mallory"),))), None, False),
        # approved, and not independently
        (
            good_facts(
                change=good_change(pull_requests=(good_pull_request(author=github("bob")),))
            ),
            None,
            False,
        ),
        (good_facts(good_ticket(approvals=(good_approval(clock="10:00"),))), None, False),
        # reviews are the approvals
        (
            good_facts(change=good_change(pull_requests=(good_pull_request(reviews=()),))),
            with_rules(sources=("review",)),
            True,
        ),
        (
            good_facts(
                change=good_change(
                    pull_requests=(
                        good_pull_request(reviews=(good_review(verdict=Verdict.DECLINED),)),
                    )
                )
            ),
            with_rules(sources=("review",)),
            False,
        ),
        (UNAPPROVED, good_policy(good_environment(controls={"approved": Level.WARN})), True),
    ],
)
def test_waited_for_is_nothing_but_a_missing_approval(
    facts: Facts, policy: Any, waits: bool
) -> None:
    assert awaits_approval(judged(facts, policy)) is waits


def test_it_ends_as_soon_as_it_is_approved_or_something_else_is_wrong() -> None:
    for last in (judged(good_facts()), judged(good_facts(good_ticket(approvals=(OBJECTION,))))):
        watch = Watch()
        judge, looks = looking(watch, judged(UNAPPROVED), judged(UNAPPROVED), last)
        wait_for_approvals(judge, 30 * MINUTE, watch)
        assert len(looks) == 3
        assert watch.pauses == [10, 15]


def test_what_needs_no_waiting_is_looked_at_once() -> None:
    watch = Watch()
    judge, looks = looking(watch, judged(good_facts()))
    wait_for_approvals(judge, 30 * MINUTE, watch)
    assert (len(looks), watch.pauses, watch.lines) == (1, [], [])


def test_pauses_grow_to_a_minute_and_a_line_is_said_once_a_minute() -> None:
    watch = Watch()
    judge, looks = looking(watch, judged(UNAPPROVED))
    wait_for_approvals(judge, 30 * MINUTE, watch)
    assert watch.pauses[:6] == [10, 15, 22.5, 33.75, 50.625, 60]
    assert max(watch.pauses) == 60
    assert watch.at - NOW <= 30 * MINUTE + 2 * watch.look
    assert watch.lines[0] == "gate: waiting for approval, 0 of 30 min"
    assert watch.lines[-1] == "gate: no approval came in time"
    assert len(watch.lines) <= 32
    assert len(looks) == len(watch.pauses) + 1 < 40


def test_a_slow_service_does_not_make_it_wait_longer() -> None:
    watch = Watch(look=timedelta(minutes=7))
    judge, looks = looking(watch, judged(UNAPPROVED))
    wait_for_approvals(judge, 10 * MINUTE, watch)
    assert len(looks) == 2


@pytest.mark.parametrize("given", ["0s", "25h", "30", "a while", "-5m", ""])
def test_a_time_that_is_none(given: str) -> None:
    with pytest.raises(UsageError, match="--wait"):
        read_wait(given, good_policy(), "production", emergency=False)


def test_waiting_that_cannot_help_is_refused() -> None:
    assert read_wait(None, good_policy(), "production", emergency=True) is None
    assert read_wait("30m", good_policy(), "production", emergency=False) == 30 * MINUTE
    with pytest.raises(UsageError, match="an emergency does not wait"):
        read_wait("30m", good_policy(), "production", emergency=True)
    with pytest.raises(UsageError, match="before the pipeline began"):
        read_wait("30m", with_rules(predates="pipeline"), "production", emergency=False)
    assert good_history().size == 7
