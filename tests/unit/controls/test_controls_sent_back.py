"""approved and the other controls of approvals, of tickets that were sent back since."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from worlds import (
    at,
    good_approval,
    good_environment,
    good_facts,
    good_policy,
    good_ticket,
    judged,
    problem,
    with_rules,
)

from gate.controls.afterwards import only_afterwards
from gate.controls.registry import CONTROLS
from gate.controls.sent_back import still_standing
from gate.controls.waiting import awaits_approval
from gate.model import UNTOLD, Approval, Facts, Level, Maybe, Outcome, SentBack, Verdict
from gate.policy import evaluate

NINE = at("09:00")
SECOND = timedelta(seconds=1)
OLD, NEW = good_approval("bob", "09:00"), good_approval("carol", "09:08")
BACK = SentBack(at("09:05"))


def facts(*given: Approval, back: Maybe[SentBack | None] = BACK) -> Facts:
    return good_facts(good_ticket(approvals=given, sent_back=back))


def outcome(given: Facts, **rules: object) -> Outcome:
    return judged("approved", given, with_rules(**rules)).outcome


def step(since: str | None, until: str) -> Approval:
    """An answer in a step of approval, which has bounds only."""
    return good_approval(
        clock=until, latest_possible=True, not_before=None if since is None else at(since)
    )


def test_what_was_given_before_is_void_and_it_says_so() -> None:
    judgement = judged("approved", facts(OLD))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.remedy is not None
    told = judgement.observed.text.format(**judgement.observed.args)
    assert told.startswith("CHG-1 has 0 of 1 approvals. Void are 1 from before CHG-1 was sent back")
    remedy = judgement.remedy.text.format(**judgement.remedy.args)
    assert "list that status in deployable" in remedy


def test_what_was_given_since_counts() -> None:
    assert outcome(facts(NEW)) is Outcome.PASS
    assert outcome(facts(OLD, NEW)) is Outcome.PASS
    assert outcome(facts(OLD, NEW), required=2) is Outcome.FAIL
    assert outcome(facts(OLD, back=None)) is Outcome.PASS


@pytest.mark.parametrize("back", [NINE, NINE + SECOND])
def test_in_the_same_moment_is_not_after_it(back: object) -> None:
    assert isinstance(back, type(NINE))
    assert outcome(facts(OLD, back=SentBack(back))) is Outcome.FAIL


def test_the_moment_after_it_is() -> None:
    assert outcome(facts(OLD, back=SentBack(NINE - SECOND))) is Outcome.PASS


def test_a_step_counts_where_it_began_as_the_ticket_went_back_or_later() -> None:
    assert outcome(facts(step("09:05", "09:08"))) is Outcome.PASS
    assert outcome(facts(step("09:00", "09:04"))) is Outcome.FAIL
    for astride in (step("09:04", "09:08"), step(None, "09:08")):
        assert outcome(facts(astride)) is Outcome.UNDETERMINED
        assert outcome(facts(astride, NEW)) is Outcome.PASS


def test_the_move_into_the_present_status_is_younger_than_every_other_move() -> None:
    moved = replace(OLD, source="transition:Approved")
    for back in (SentBack(NINE), problem(), UNTOLD):
        assert outcome(facts(moved, back=back)) is Outcome.PASS


@pytest.mark.parametrize("back", [problem(), UNTOLD, SentBack(at("09:05"), latest_possible=True)])
def test_what_cannot_be_told_is_undetermined(back: Maybe[SentBack | None]) -> None:
    judgement = judged("approved", facts(OLD, back=back))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.remedy is not None
    assert outcome(facts(back=back)) is Outcome.FAIL, "nobody approved, whenever it went back"


def test_where_it_was_sent_back_at_the_latest_is_enough_for_what_came_after() -> None:
    assert outcome(facts(NEW, back=SentBack(at("09:05"), latest_possible=True))) is Outcome.PASS


def test_objections_stand_and_what_is_pending_stays() -> None:
    declined = good_approval("carol", verdict=Verdict.DECLINED)
    assert outcome(facts(declined, NEW)) is Outcome.FAIL
    waiting = good_approval("carol", verdict=Verdict.PENDING, decided_at=None)
    left = still_standing(good_ticket(approvals=(OLD, waiting, declined), sent_back=BACK))
    assert (left.ticket.approvals, left.voided) == ((waiting, declined), 1)


def test_every_control_of_approvals_counts_none_of_it() -> None:
    for name in ("approver-independent", "approval-covers-change", "approval-predates-deployment"):
        assert judged(name, facts(OLD)).outcome is Outcome.FAIL, name
        assert judged(name, facts(OLD, back=problem())).outcome is Outcome.UNDETERMINED, name
        assert judged(name, facts(OLD, back=None)).outcome is Outcome.PASS, name


def test_that_it_is_approved_anew_can_be_waited_for() -> None:
    known = {control.id for control in CONTROLS}
    policy = good_policy(good_environment(controls=dict.fromkeys(known - {"approved"}, Level.WARN)))
    decision = evaluate(facts(OLD), policy, at("09:20"))
    assert awaits_approval(decision)


def test_a_review_of_an_emergency_counts_what_came_before_the_ticket_was_closed() -> None:
    """Nothing more is deployed by it: tickets are closed once they are through."""
    reviewed = only_afterwards(facts(OLD), at("08:30"), {})
    assert outcome(reviewed) is Outcome.PASS
