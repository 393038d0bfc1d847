"""approval-covers-change: pushes, approvals and edits in their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from worlds import (
    FIRST_SHA,
    MERGE_SHA,
    at,
    github,
    good_approval,
    good_change,
    good_commit,
    good_commits,
    good_deployment,
    good_environment,
    good_facts,
    good_policy,
    good_pull_request,
    good_push,
    good_review,
    good_ticket,
    jira,
    judged,
    problem,
    with_rules,
)

from gate.config.types import Policy
from gate.model import Approval, Change, EditedText, Facts, Level, Maybe, Outcome

ID = "approval-covers-change"


def outcome(facts: Facts, policy: Policy | None = None) -> Outcome:
    return judged(ID, facts, policy).outcome


def pushed(*clocks: str, approvals: tuple[Approval, ...] = (good_approval(),)) -> Facts:
    pull = good_pull_request(pushes=tuple(good_push(clock=clock) for clock in clocks))
    return good_facts(good_ticket(approvals=approvals), change=good_change(pull_requests=(pull,)))


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("08:59:59", Outcome.PASS), ("09:00", Outcome.FAIL), ("09:00:01", Outcome.FAIL)],
)
def test_the_last_push_must_be_older_than_the_approval(clock: str, expected: Outcome) -> None:
    assert outcome(pushed("08:20", clock)) is expected
    assert outcome(pushed(clock, "08:20")) is expected  # whatever the order


def retargeted(moment: Maybe[datetime | None], **approval: Any) -> Facts:
    ticket = good_ticket(approvals=(good_approval(**approval),))
    pull = good_pull_request(retargeted_at=moment)
    return good_facts(ticket, change=good_change(pull_requests=(pull,)))


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("08:25", Outcome.PASS),  # before the last push, which is then what counts
        ("08:59:59", Outcome.PASS),
        ("09:00", Outcome.FAIL),
        ("09:00:01", Outcome.FAIL),
    ],
)
def test_the_last_new_base_must_be_older_than_the_approval(clock: str, expected: Outcome) -> None:
    assert outcome(retargeted(at(clock))) is expected


def test_a_new_base_after_the_approval_is_told_with_both_times() -> None:
    judgement = judged(ID, retargeted(at("09:05")))
    assert judgement.observed.code == "approval-covers.retargeted"
    assert judgement.observed.args["retargeted"] == at("09:05")
    assert judgement.observed.args["approved"] == at("09:00")


def test_an_approval_after_the_new_base_is_of_it() -> None:
    judgement = judged(ID, retargeted(at("08:50")))
    assert judgement.observed.code == "approval-covers.covered-base"


def test_where_new_bases_are_not_told_no_approval_is_of_it() -> None:
    judgement = judged(ID, retargeted(problem()))
    assert judgement.outcome is Outcome.UNDETERMINED


def test_an_approval_whose_time_is_not_exact_may_be_from_before_the_new_base() -> None:
    relaxed = good_policy(good_environment(controls={"ticket-covers-change": Level.OFF}))
    judgement = judged(ID, retargeted(at("08:50"), latest_possible=True), relaxed)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.observed.code == "approval-covers.inexact-base"


def test_a_push_after_the_approval_is_told_with_both_times() -> None:
    judgement = judged(ID, pushed("08:20", "09:05"))
    assert judgement.observed.code == "approval-covers.pushed"
    assert judgement.observed.args["pushed"] == at("09:05")
    assert judgement.observed.args["approved"] == at("09:00")
    assert judgement.remedy is not None
    assert "once more" in judgement.remedy.text


def test_a_newer_approval_covers_the_push() -> None:
    again = (good_approval(), good_approval("carol", "09:10"))
    assert outcome(pushed("09:05", approvals=again)) is Outcome.PASS


def test_a_merge_after_the_approval_is_no_push() -> None:
    pull = good_pull_request(merged_at=at("09:29"))
    assert outcome(good_facts(change=good_change(pull_requests=(pull,)))) is Outcome.PASS


def test_pushes_that_could_not_be_had_are_undetermined() -> None:
    for pushes in (problem(), ()):
        pull = good_pull_request(pushes=pushes)
        facts = good_facts(change=good_change(pull_requests=(pull,)))
        assert outcome(facts) is Outcome.UNDETERMINED


def test_a_list_of_pushes_without_the_heads_own_is_not_whole() -> None:
    pull = good_pull_request(pushes=(good_push(after=FIRST_SHA),))
    facts = good_facts(change=good_change(pull_requests=(pull,)))
    judgement = judged(ID, facts)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.observed.code == "approval-covers.no-push"


def test_an_approval_of_the_future_covers_nothing_and_is_called_one() -> None:
    judgement = judged(ID, pushed("08:30", approvals=(good_approval(clock="09:31"),)))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "approval.future"
    assert judgement.observed.args["at"] == at("09:31")
    assert judgement.remedy is not None
    assert "clock" in judgement.remedy.text


@pytest.mark.parametrize(
    ("not_before", "expected"),
    [
        (None, Outcome.UNDETERMINED),
        ("08:29", Outcome.UNDETERMINED),
        ("08:30", Outcome.UNDETERMINED),
        ("08:31", Outcome.PASS),
    ],
)
def test_an_inexact_approval_counts_by_its_earliest_time(
    not_before: str | None, expected: Outcome
) -> None:
    vague = good_approval(latest_possible=True, not_before=at(not_before) if not_before else None)
    assert outcome(pushed("08:30", approvals=(vague,))) is expected


def test_an_inexact_approval_is_undetermined_also_where_coverage_is_not_demanded() -> None:
    relaxed = good_policy(good_environment(controls={"ticket-covers-change": Level.OFF}))
    facts = pushed("08:30", approvals=(good_approval(latest_possible=True),))
    assert outcome(facts, relaxed) is Outcome.UNDETERMINED


def test_an_approval_of_this_moment_covers() -> None:
    assert outcome(pushed("08:30", approvals=(good_approval(clock="09:30"),))) is Outcome.PASS


def test_an_inexact_approval_that_was_surely_too_early_fails() -> None:
    vague = good_approval(latest_possible=True, not_before=at("08:10"))
    assert outcome(pushed("09:10", approvals=(vague,))) is Outcome.FAIL


@pytest.mark.parametrize(
    ("approvals", "expected"),
    [
        ((), Outcome.FAIL),
        ((good_approval("dave"),), Outcome.FAIL),
        ((good_approval("mallory"),), Outcome.UNDETERMINED),
        # too early, and another that may count and is late enough
        ((good_approval(clock="08:10"), good_approval("mallory")), Outcome.UNDETERMINED),
        ((good_approval(clock="08:10"), good_approval("mallory", "08:11")), Outcome.FAIL),
        ((good_approval(clock="08:10"), good_approval("mallory", "08:30")), Outcome.FAIL),
        (
            (good_approval(clock="08:10"), good_approval("carol", decided_at=None)),
            Outcome.UNDETERMINED,
        ),
    ],
)
def test_only_counted_approvals_cover(approvals: tuple[Approval, ...], expected: Outcome) -> None:
    assert outcome(pushed("08:30", approvals=approvals)) is expected


def test_approvals_that_could_not_be_had_are_undetermined() -> None:
    assert outcome(good_facts(good_ticket(approvals=problem()))) is Outcome.UNDETERMINED


# ---------------------------------------------------------------- one approval for both demands


def test_a_makers_late_approval_does_not_stand_in_for_an_independent_early_one() -> None:
    approvals = (good_approval("bob", "08:20"), good_approval("alice", "09:00"))
    policy = with_rules(by=("change-board", "alice"))
    facts = pushed("08:30", approvals=approvals)
    assert judged("approver-independent", facts, policy).outcome is Outcome.PASS
    assert outcome(facts, policy) is Outcome.FAIL


def test_who_made_one_commit_of_a_pull_request_is_not_independent_of_it() -> None:
    commits = (replace(good_commits()[0], author=github("bob")), *good_commits()[1:])
    approvals = (good_approval("bob", "09:00"), good_approval("carol", "08:20"))
    facts = replace(pushed("08:30", approvals=approvals), change=good_change(commits=commits))
    assert judged("approver-independent", facts).outcome is Outcome.PASS
    assert outcome(facts) is Outcome.FAIL
    later = (approvals[0], good_approval("carol", "08:50"))
    ticket = good_ticket(approvals=later)
    assert outcome(good_facts(ticket, change=facts.change)) is Outcome.PASS


def test_without_any_independent_approval_the_order_is_judged_all_the_same() -> None:
    policy = with_rules(by=("alice",))
    assert outcome(pushed("08:30", approvals=(good_approval("alice"),)), policy) is Outcome.PASS
    assert outcome(pushed("09:30", approvals=(good_approval("alice"),)), policy) is Outcome.FAIL


def test_who_started_the_run_is_no_independent_approver_where_that_is_configured() -> None:
    approvals = (good_approval("bob", "08:20"), good_approval("erin", "09:00"))
    by = ("bob", "erin")
    facts = pushed("08:30", approvals=approvals)
    assert outcome(facts, with_rules(by=by)) is Outcome.PASS
    assert outcome(facts, with_rules(by=by, independent_of=("deployer",))) is Outcome.FAIL


# ---------------------------------------------------------------- several units


def later_push(clock: str, name: str = "alice") -> Facts:
    sha = "9" * 40
    change = good_change(
        head=sha,
        commits=(*good_commits(), good_commit(sha, MERGE_SHA)),
        direct_pushes=(good_push(name, clock, after=sha),),
        push_of={sha: 0},
    )
    return good_facts(change=change, deployment=good_deployment(commit=sha, commit_from_run=False))


@pytest.mark.parametrize(("clock", "expected"), [("08:59", Outcome.PASS), ("09:01", Outcome.FAIL)])
def test_a_direct_push_must_be_older_than_the_approval(clock: str, expected: Outcome) -> None:
    assert outcome(later_push(clock)) is expected


def test_a_commit_without_push_is_undetermined() -> None:
    facts = later_push("08:30")
    assert isinstance(facts.change, Change)
    facts = replace(facts, change=replace(facts.change, push_of={}))
    assert outcome(facts) is Outcome.UNDETERMINED


def test_a_merge_made_by_hand_is_undetermined_without_its_push() -> None:
    commits = good_commits()
    by_hand = (*commits[:2], replace(commits[2], merged_by_forge=False))
    change = good_change(commits=by_hand)
    assert outcome(good_facts(change=change)) is Outcome.UNDETERMINED
    for clock, expected in (("08:59", Outcome.PASS), ("09:10", Outcome.FAIL)):
        push = good_push("carol", clock, after=MERGE_SHA)
        change = replace(change, direct_pushes=(push,), push_of={MERGE_SHA: 0})
        assert outcome(good_facts(change=change)) is expected


def scope(text: str, clock: str = "08:05") -> tuple[EditedText, ...]:
    return (EditedText("description", text, at(clock)),)


def test_each_unit_needs_an_approval_of_a_ticket_that_covers_it() -> None:
    facts = later_push("08:59")
    ticket = good_ticket(scope=scope("#12"))
    judgement = judged(
        ID, replace(good_facts(ticket), change=facts.change, deployment=facts.deployment)
    )
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "see ticket-covers-change" in judgement.observed.text


@pytest.mark.parametrize(
    ("part", "seconds", "expected"),
    [
        (0.0, 0.0, Outcome.FAIL),
        (0.0, 0.9, Outcome.UNDETERMINED),  # the push may have been later in its second
        (0.0, 1.0, Outcome.PASS),
        (0.25, 0.25, Outcome.FAIL),
        (0.25, 0.26, Outcome.PASS),
    ],
)
def test_a_push_of_the_very_second_of_an_approval_is_not_surely_before(
    part: float, seconds: float, expected: Outcome
) -> None:
    def after(number: float) -> datetime:
        return at("08:30") + timedelta(seconds=number)

    pushes = (good_push(clock="08:30", at=after(part)),)
    ticket = good_ticket(approvals=(good_approval(decided_at=after(seconds)),))
    pull = good_pull_request(pushes=pushes)
    facts = good_facts(ticket, change=good_change(pull_requests=(pull,)))
    assert outcome(facts) is expected


# ---------------------------------------------------------------- edits


@pytest.mark.parametrize("field", ["scope", "rollback_plan", "test_plan"])
@pytest.mark.parametrize(
    ("clock", "expected"),
    [("08:59", Outcome.PASS), ("09:00", Outcome.UNDETERMINED), ("09:01", Outcome.FAIL)],
)
def test_scope_and_plans_must_not_be_edited_after_the_approval(
    field: str, clock: str, expected: Outcome
) -> None:
    text = EditedText("customfield_1", "the shop, and how to put it back", at(clock), jira("dave"))
    texts: tuple[EditedText, ...] = (text,)
    if field == "scope":
        texts = (*scope("shop"), text)
    assert outcome(good_facts(good_ticket(**{field: texts}))) is expected


@pytest.mark.parametrize(
    ("created", "expected"), [("09:00", Outcome.PASS), ("08:59", Outcome.UNDETERMINED)]
)
def test_a_ticket_never_edited_may_be_approved_in_the_second_of_its_creation(
    created: str, expected: Outcome
) -> None:
    """Its creation was before any approval; an edit of that second need not have been."""
    text = EditedText("description", "the shop", at("09:00"), jira("alice"))
    ticket = good_ticket(created_at=at(created), scope=(text,))
    assert outcome(good_facts(ticket)) is expected


def test_what_approvers_write_as_they_approve_is_no_edit_after_it() -> None:
    plan = (EditedText("customfield_1", "put the shop back", at("09:00"), jira("bob")),)
    assert outcome(good_facts(good_ticket(rollback_plan=plan))) is Outcome.PASS


@pytest.mark.parametrize("field", ["scope", "rollback_plan", "test_plan"])
def test_texts_that_could_not_be_had_are_undetermined(field: str) -> None:
    assert outcome(good_facts(good_ticket(**{field: problem()}))) is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("08:39", Outcome.PASS), ("08:50", Outcome.UNDETERMINED), ("09:01", Outcome.FAIL)],
)
def test_an_edit_while_an_inexact_approval_was_given_is_undetermined(
    clock: str, expected: Outcome
) -> None:
    vague = good_approval(latest_possible=True, not_before=at("08:40"))
    plan = scope("Deploy the previous release.", clock)
    facts = good_facts(good_ticket(approvals=(vague,), rollback_plan=plan))
    assert outcome(facts) is expected


def test_an_edit_is_repaired_by_a_newer_approval() -> None:
    ticket: dict[str, Any] = {"test_plan": scope("Buy a book, then another.", "09:05")}
    assert outcome(good_facts(good_ticket(**ticket))) is Outcome.FAIL
    ticket["approvals"] = (good_approval(), good_approval("carol", "09:06"))
    assert outcome(good_facts(good_ticket(**ticket))) is Outcome.PASS


# ---------------------------------------------------------------- reviews as approvals


def test_a_review_covers_its_pull_request() -> None:
    policy = with_rules(sources=("review",))
    assert outcome(good_facts(), policy) is Outcome.PASS
    for review, expected in (
        (good_review(clock="08:29"), Outcome.FAIL),
        (good_review(clock="08:30"), Outcome.FAIL),
        (good_review(account=github("alice")), Outcome.FAIL),  # alice may not approve
        (good_review("mallory"), Outcome.UNDETERMINED),
    ):
        change = good_change(pull_requests=(good_pull_request(reviews=(review,)),))
        assert outcome(good_facts(change=change), policy) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"commits": ()}, Outcome.UNDETERMINED),
        ({"commits": problem()}, Outcome.UNDETERMINED),
        ({"pull_requests": problem()}, Outcome.UNDETERMINED),
        ({"pull_requests": ()}, Outcome.UNDETERMINED),
        ({"pull_requests": (), "direct_pushes": problem()}, Outcome.UNDETERMINED),
        ({"base_is_ancestor": False}, Outcome.FAIL),
    ],
)
def test_a_range_that_is_not_proved_is_never_covered(
    changes: dict[str, Any], expected: Outcome
) -> None:
    assert outcome(good_facts(change=good_change(**changes))) is expected
