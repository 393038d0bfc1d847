"""What of approvals a review counts: those that were surely given after the emergency."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from worlds import (
    NOW,
    at,
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

from gate.controls.afterwards import JUDGED, for_review, only_afterwards
from gate.controls.registry import CONTROLS
from gate.model import (
    Approval,
    ChangeRequest,
    Decision,
    DecisionKind,
    Level,
    Outcome,
    PinState,
    Verdict,
)
from gate.policy import evaluate_review

SINCE = at("08:55")  # the emergency; bob approves CHG-1 at 09:00


def reviewed(facts: Any = None, policy: Any = None, *, unapproved: bool = True) -> Decision:
    return evaluate_review(
        facts or good_facts(), policy or good_policy(), NOW, SINCE, {"CHG-1": unapproved}
    )


def approvals(*given: Approval, fresh: bool = False) -> tuple[Approval, ...]:
    facts = only_afterwards(good_facts(good_ticket(approvals=given)), SINCE, {"CHG-1": fresh})
    ticket = facts.tickets[0].result
    assert isinstance(ticket, ChangeRequest)
    assert isinstance(ticket.approvals, tuple)
    return ticket.approvals


def test_every_control_of_a_review_is_one_and_all_of_integrity_are_among_them() -> None:
    assert set(JUDGED) <= {control.id for control in CONTROLS}
    assert {control.id for control in CONTROLS if control.integrity} <= set(JUDGED)


def test_an_independent_approval_afterwards_approves() -> None:
    made = reviewed()
    assert made.kind is DecisionKind.ALLOWED
    assert {result.id for result in made.controls} == set(JUDGED)


def test_an_approval_counts_after_the_emergency_and_not_at_it() -> None:
    assert approvals(good_approval(clock="08:55")) == ()
    after = good_approval(clock="08:55:01")
    assert approvals(after) == (after,)
    assert reviewed(good_facts(good_ticket(approvals=(good_approval(clock="08:50"),)))).kind is (
        DecisionKind.DENIED
    )


def test_one_of_unknown_time_counts_only_where_nobody_had_approved_by_then() -> None:
    vague = good_approval(latest_possible=True, not_before=at("08:00"))
    assert approvals(vague) == ()
    assert approvals(vague, fresh=True) == (replace(vague, not_before=SINCE),)
    unknown = replace(vague, not_before=None)
    assert approvals(unknown) == ()
    assert approvals(unknown, fresh=True) == (replace(vague, not_before=SINCE),)
    surely = replace(vague, not_before=at("08:56"))
    assert approvals(surely) == (surely,)
    early = replace(vague, decided_at=SINCE)
    assert approvals(early, fresh=True) == ()
    assert approvals(good_approval(decided_at=None), fresh=True) == ()


def test_an_objection_stands_whenever_it_was_given() -> None:
    objection = good_approval("carol", "08:00", verdict=Verdict.DECLINED)
    assert approvals(objection) == (objection,)
    facts = good_facts(good_ticket(approvals=(good_approval(), objection)))
    assert reviewed(facts).kind is DecisionKind.DENIED


def test_reviews_of_pull_requests_count_afterwards_too_where_they_are_approvals() -> None:
    policy = with_rules(sources=("review",), by=("change-board", "dave"))
    for clock, kind in (("08:50", DecisionKind.DENIED), ("09:05", DecisionKind.ALLOWED)):
        pull = good_pull_request(reviews=(good_review("bob", clock),))
        facts = good_facts(change=good_change(pull_requests=(pull,)))
        assert reviewed(facts, policy).kind is kind


@pytest.mark.parametrize("name", ["alice", "erin", "dave"])
def test_neither_maker_nor_deployer_nor_ticket_author_approves(name: str) -> None:
    """erin deployed, though approvers need not be independent of the deployer otherwise."""
    policy = with_rules(by=("alice", "erin", "dave"))
    made = reviewed(good_facts(good_ticket(approvals=(good_approval(name),))), policy)
    assert made.kind is DecisionKind.DENIED
    assert (
        "deployer"
        in for_review(policy, "production").environments["production"].approvals.independent_of
    )
    (one,) = (r for r in made.controls if r.id == "approver-independent")
    assert one.judgement.outcome is Outcome.FAIL


def test_approval_is_required_whatever_the_policy_says_of_deployments() -> None:
    policy = good_policy(good_environment(controls={"approved": Level.OFF}))
    assert reviewed(good_facts(good_ticket(approvals=())), policy).kind is DecisionKind.DENIED


def test_as_many_have_to_approve_as_for_a_deployment() -> None:
    policy = with_rules(required=2)
    two = (good_approval(), good_approval("carol", "09:01"))
    early = (good_approval(), good_approval("carol", "08:01"))
    assert reviewed(good_facts(good_ticket(approvals=two)), policy).kind is DecisionKind.ALLOWED
    assert reviewed(good_facts(good_ticket(approvals=early)), policy).kind is DecisionKind.DENIED


@pytest.mark.parametrize(
    "facts",
    [
        good_facts(good_ticket(approvals=problem())),
        good_facts(change=problem(service="github")),
        good_facts(clocks=()),
        good_facts(history=problem(service="log")),
    ],
)
def test_what_could_not_be_had_settles_nothing(facts: Any) -> None:
    assert reviewed(facts).kind is DecisionKind.UNDETERMINED


def test_the_pinned_policy_and_nothing_else_says_who_may_approve() -> None:
    for pin in (PinState.UNPINNED, PinState.DIFFERENT):
        assert reviewed(good_facts(pin=pin)).kind is DecisionKind.DENIED


def test_what_only_a_deployment_has_to_show_is_not_asked() -> None:
    facts = good_facts(
        good_ticket(rollback_plan=(), created_at=at("09:20")),
        history=good_history(uses={}),
        deployed_before=problem(),
    )
    assert reviewed(facts).kind is DecisionKind.ALLOWED
    assert github("bob").key == "bob"
