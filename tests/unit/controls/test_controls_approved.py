"""approved and approval-predates-deployment, by the approvals that count."""

from __future__ import annotations

from dataclasses import replace

import pytest
from worlds import (
    at,
    git,
    good_approval,
    good_change,
    good_commit,
    good_facts,
    good_pull_request,
    good_push,
    good_review,
    good_run,
    good_ticket,
    jira,
    judged,
    problem,
    with_rules,
)

from gate.model import (
    Account,
    AccountKind,
    Approval,
    Facts,
    Lookup,
    Outcome,
    Verdict,
)


def approvals(*given: Approval) -> Facts:
    return good_facts(good_ticket(approvals=given))


def by(kind: AccountKind, name: str = "bob") -> Approval:
    return good_approval(account=replace(jira(name), kind=kind))


DECLINED = good_approval("carol", verdict=Verdict.DECLINED)
PENDING = good_approval("carol", verdict=Verdict.PENDING, decided_at=None)


def outcome(facts: Facts, **rules: object) -> Outcome:
    return judged("approved", facts, with_rules(**rules)).outcome


def test_one_approval_by_somebody_who_may_approve_passes() -> None:
    assert outcome(approvals(good_approval())) is Outcome.PASS
    assert outcome(approvals(good_approval(), PENDING)) is Outcome.PASS


@pytest.mark.parametrize(
    "given",
    [
        (),
        (PENDING,),
        (good_approval("dave"),),  # not one of approvals.by
        (by(AccountKind.APP),),
        (good_approval(account=None),),
        (good_approval(verdict=Verdict.PENDING),),
    ],
)
def test_without_an_approval_that_counts_it_fails(given: tuple[Approval, ...]) -> None:
    judgement = judged("approved", approvals(*given))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.remedy is not None
    assert judgement.remedy.code == "approval.ask"


def test_a_list_that_could_not_be_had_is_undetermined() -> None:
    assert outcome(good_facts(good_ticket(approvals=problem()))) is Outcome.UNDETERMINED


def test_an_account_that_nobody_owns_is_undetermined_and_the_line_to_add_is_named() -> None:
    judgement = judged("approved", approvals(good_approval("mallory")))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.remedy is not None
    assert judgement.remedy.args["accounts"] == (jira("mallory"),)
    assert 'jira = "acc-mallory"' in str(judgement.remedy.args["lines"])
    assert "[[people]]" in judgement.remedy.text


def test_an_account_that_nobody_owns_fails_where_it_could_not_complete_the_number() -> None:
    facts = approvals(good_approval("mallory"))
    assert outcome(facts, required=2) is Outcome.FAIL
    facts = approvals(good_approval("mallory"), good_approval("bob"))
    assert outcome(facts, required=2) is Outcome.UNDETERMINED
    assert outcome(facts) is Outcome.PASS


def test_an_account_of_unknown_kind_counts_for_nothing_yet() -> None:
    assert outcome(approvals(by(AccountKind.UNKNOWN))) is Outcome.UNDETERMINED
    assert outcome(approvals(by(AccountKind.UNKNOWN, "dave"))) is Outcome.FAIL


def test_an_approval_without_a_time_counts_for_nothing_yet() -> None:
    assert outcome(approvals(good_approval(decided_at=None))) is Outcome.UNDETERMINED


def test_an_app_counts_for_nothing_even_where_somebody_owns_it() -> None:
    assert outcome(approvals(by(AccountKind.APP, "mallory"))) is Outcome.FAIL


def test_gates_own_account_counts_for_nothing() -> None:
    facts = replace(approvals(good_approval()), gate_accounts=(jira("bob"),))
    assert outcome(facts) is Outcome.FAIL
    facts = replace(approvals(good_approval("mallory")), gate_accounts=(jira("mallory"),))
    assert outcome(facts) is Outcome.FAIL


def test_two_accounts_of_one_person_count_once() -> None:
    second = Account("jira", "acc-bob-2", email="bob@acme.example")
    facts = approvals(good_approval(), good_approval(account=second))
    assert outcome(facts, required=2) is Outcome.FAIL
    assert outcome(approvals(good_approval(), good_approval("carol")), required=2) is Outcome.PASS
    assert outcome(approvals(good_approval(), good_approval()), required=2) is Outcome.FAIL


@pytest.mark.parametrize("required", [0, -1])
def test_a_policy_cannot_demand_less_than_one(required: int) -> None:
    assert outcome(approvals(), required=required) is Outcome.FAIL


@pytest.mark.parametrize(
    "objection",
    [
        DECLINED,
        good_approval("mallory", verdict=Verdict.DECLINED),
        good_approval(account=None, verdict=Verdict.DECLINED),
        good_approval(account=replace(jira("bot"), kind=AccountKind.APP), verdict=Verdict.DECLINED),
        good_approval(verdict=Verdict.DECLINED, decided_at=None),
    ],
)
def test_an_objection_stands_whoever_gave_it(objection: Approval) -> None:
    judgement = judged("approved", approvals(good_approval(), objection))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "approved.objection"


def test_single_people_may_be_named_instead_of_groups() -> None:
    assert outcome(approvals(good_approval("dave")), by=("dave",)) is Outcome.PASS
    assert outcome(approvals(good_approval()), by=("dave",)) is Outcome.FAIL
    assert outcome(approvals(good_approval()), by=()) is Outcome.FAIL


def test_each_ticket_needs_its_own_approvals() -> None:
    facts = good_facts(good_ticket(), good_ticket(key="CHG-2", approvals=()))
    assert outcome(facts) is Outcome.FAIL


# ---------------------------------------------------------------- reviews as approvals

BOTH = {"sources": ("change-request", "review")}
REVIEWS = {"sources": ("review",)}


def reviewed(*reviews: Approval, ticket: tuple[Approval, ...] = ()) -> Facts:
    change = good_change(pull_requests=(good_pull_request(reviews=reviews),))
    return good_facts(good_ticket(approvals=ticket), change=change)


def test_reviews_count_only_where_the_policy_says_so() -> None:
    facts = reviewed(good_review())
    assert outcome(facts) is Outcome.FAIL
    assert outcome(facts, **BOTH) is Outcome.PASS
    assert outcome(facts, **REVIEWS) is Outcome.PASS


def test_a_ticket_is_no_source_where_only_reviews_are() -> None:
    assert outcome(reviewed(ticket=(good_approval(),)), **REVIEWS) is Outcome.FAIL
    assert outcome(reviewed(ticket=(good_approval(),)), **BOTH) is Outcome.PASS


def test_a_review_of_an_older_head_counts_for_nothing() -> None:
    assert outcome(reviewed(good_review(commit="1" * 40)), **REVIEWS) is Outcome.FAIL
    assert outcome(reviewed(good_review(commit="")), **REVIEWS) is Outcome.FAIL


def test_reviews_and_ticket_together_reach_the_number() -> None:
    facts = reviewed(good_review("carol"), ticket=(good_approval("bob"),))
    assert outcome(facts, required=2, **BOTH) is Outcome.PASS
    same = reviewed(good_review("bob"), ticket=(good_approval("bob"),))
    assert outcome(same, required=2, **BOTH) is Outcome.FAIL


def test_a_request_for_changes_is_an_objection_also_on_an_older_head() -> None:
    against = good_review("dave", verdict=Verdict.DECLINED, commit="1" * 40)
    assert outcome(reviewed(good_review(), against), **REVIEWS) is Outcome.FAIL


def test_a_review_counts_for_its_own_pull_request_only() -> None:
    extra = good_commit("9" * 40, "3" * 40)
    pulls = (
        good_pull_request(),
        good_pull_request(number=13, brings=(extra.sha,), reviews=(), head_sha=extra.sha),
    )
    base = good_facts().change
    change = good_change(
        commits=(*base.commits, extra),  # type: ignore[union-attr, misc]  # no problem in it
        pull_requests=pulls,
    )
    facts = good_facts(good_ticket(approvals=()), change=change)
    assert outcome(facts, **BOTH) is Outcome.FAIL
    facts = good_facts(good_ticket(), change=change)
    assert outcome(facts, **BOTH) is Outcome.PASS


def test_direct_pushes_have_no_reviews() -> None:
    extra = good_commit("9" * 40, "3" * 40)
    base = good_facts().change
    change = good_change(
        commits=(*base.commits, extra),  # type: ignore[union-attr, misc]  # no problem in it
        direct_pushes=(good_push(clock="08:30", after=extra.sha),),
        push_of={extra.sha: 0},
    )
    assert outcome(good_facts(good_ticket(approvals=()), change=change), **BOTH) is Outcome.FAIL


@pytest.mark.parametrize(
    "change",
    [
        problem(),
        good_change(pull_requests=problem()),
        good_change(pull_requests=(good_pull_request(reviews=problem()),)),
        good_change(commits=()),
    ],
)
def test_reviews_that_could_not_be_had_are_undetermined(change: object) -> None:
    assert outcome(good_facts(change=change), **BOTH) is Outcome.UNDETERMINED


# ---------------------------------------------------------------- approval-predates-deployment

PREDATES = "approval-predates-deployment"


def predates(facts: Facts, kind: str = "job") -> Outcome:
    return judged(PREDATES, facts, with_rules(predates=kind)).outcome


@pytest.mark.parametrize(
    ("kind", "clock", "expected"),
    [
        ("job", "09:29:59", Outcome.PASS),
        ("job", "09:30", Outcome.FAIL),
        ("job", "09:31", Outcome.FAIL),
        ("pipeline", "09:14:59", Outcome.PASS),
        ("pipeline", "09:15", Outcome.FAIL),
        ("pipeline", "09:20", Outcome.FAIL),
    ],
)
def test_an_approval_must_precede_the_reference(kind: str, clock: str, expected: Outcome) -> None:
    assert predates(approvals(good_approval(clock=clock)), kind) is expected


def test_one_late_approval_fails_beside_an_early_one() -> None:
    facts = approvals(good_approval(), good_approval("carol", "09:20"))
    assert predates(facts, "pipeline") is Outcome.FAIL
    assert predates(facts, "job") is Outcome.PASS


def test_the_latest_possible_time_is_what_must_precede() -> None:
    vague = good_approval(clock="09:20", latest_possible=True, not_before=at("08:40"))
    assert predates(approvals(vague), "pipeline") is Outcome.FAIL


def test_approvals_that_do_not_count_are_no_approvals() -> None:
    assert predates(approvals()) is Outcome.FAIL
    assert predates(approvals(good_approval("dave"))) is Outcome.FAIL
    assert predates(approvals(good_approval("mallory"))) is Outcome.UNDETERMINED
    assert predates(good_facts(good_ticket(approvals=problem()))) is Outcome.UNDETERMINED


def test_a_run_that_could_not_be_read_is_undetermined() -> None:
    facts = good_facts(run=problem())
    assert predates(facts, "pipeline") is Outcome.UNDETERMINED
    assert predates(facts, "job") is Outcome.PASS
    assert predates(good_facts(run=good_run(active=False)), "pipeline") is Outcome.UNDETERMINED


def test_reviews_that_could_not_be_had_may_be_late() -> None:
    change = good_change(pull_requests=(good_pull_request(reviews=problem()),))
    policy = with_rules(**BOTH)
    assert judged(PREDATES, good_facts(change=change), policy).outcome is Outcome.UNDETERMINED
    assert judged(PREDATES, good_facts(change=problem()), policy).outcome is Outcome.UNDETERMINED


def test_reviews_that_count_must_be_early_too() -> None:
    facts = reviewed(good_review(clock="09:20"), ticket=(good_approval(),))
    policy = with_rules(predates="pipeline", **BOTH)
    assert judged(PREDATES, facts, policy).outcome is Outcome.FAIL
    assert judged(PREDATES, facts, with_rules(predates="pipeline")).outcome is Outcome.PASS


def test_the_ticket_that_could_not_be_read_is_undetermined() -> None:
    facts = good_facts()
    missing = (Lookup(facts.tickets[0].reference, problem()),)
    assert predates(replace(facts, tickets=missing)) is Outcome.UNDETERMINED


def test_a_git_address_never_approves() -> None:
    assert git("bob").kind is AccountKind.UNKNOWN
    assert outcome(approvals(good_approval(account=git("bob")))) is Outcome.UNDETERMINED
