"""ticket-not-reused: one commit a ticket and environment, or approved anew since."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from worlds import (
    FIRST_SHA,
    MERGE_SHA,
    NOW,
    SECOND_SHA,
    at,
    good_approval,
    good_change,
    good_environment,
    good_facts,
    good_history,
    good_policy,
    good_pull_request,
    good_review,
    good_ticket,
    good_use,
    jira,
    judged,
    problem,
    reference,
    with_rules,
)

from gate.controls.ticket_not_reused import approved_anew
from gate.model import (
    AccountKind,
    Approval,
    DecisionKind,
    EntryLink,
    Facts,
    Level,
    Lookup,
    MissingTicket,
    Outcome,
    TicketUse,
    Verdict,
)
from gate.policy import evaluate

CONTROL = "ticket-not-reused"


def use(clock: str, commit: str = FIRST_SHA, index: int = 3, service: str = "shop") -> TicketUse:
    return replace(good_use(clock, commit, service), link=EntryLink(index, f"{index:064x}"))


def used(*uses: TicketUse, approvals: tuple[Approval, ...] = (good_approval(),)) -> Facts:
    """CHG-1, approved by bob at 09:00 unless said otherwise, and used before."""
    return good_facts(good_ticket(approvals=approvals), history=good_history(uses={"CHG-1": uses}))


def between(not_before: str | None, decided: str, name: str = "bob") -> Approval:
    """An approval of which only the step's beginning and end are known."""
    begun = None if not_before is None else at(not_before)
    return good_approval(name, decided, latest_possible=True, not_before=begun)


USED_ONCE = good_history(uses={"CHG-1": (use("09:10"),)})


def outcome(facts: Facts, **rules: object) -> Outcome:
    return judged(CONTROL, facts, with_rules(**rules)).outcome


# ---------------------------------------------------------------- what passes


def test_a_ticket_that_let_nothing_in_passes() -> None:
    judgement = judged(CONTROL)
    assert judgement.outcome is Outcome.PASS
    assert judgement.observed.code == "ticket-not-reused.first"


def test_the_same_commit_may_come_again() -> None:
    assert outcome(used(use("09:10", MERGE_SHA))) is Outcome.PASS
    assert outcome(used(use("09:10", MERGE_SHA, service="billing"))) is Outcome.PASS


def test_a_ticket_without_earlier_use_needs_no_approval_here() -> None:
    for approvals in ((), problem()):
        facts = good_facts(good_ticket(approvals=approvals))
        assert outcome(facts) is Outcome.PASS


def test_another_commit_before_the_approval_passes_and_says_when() -> None:
    judgement = judged(CONTROL, used(use("08:30")))
    assert judgement.outcome is Outcome.PASS
    assert judgement.observed.code == "ticket-not-reused.anew"
    assert judgement.observed.args["anew"] == at("09:00")
    assert judgement.observed.args["later"] == timedelta(minutes=30)


# ---------------------------------------------------------------- what does not


@pytest.mark.parametrize("service", ["shop", "billing"])
def test_another_commit_after_the_approval_fails_whatever_its_service(service: str) -> None:
    judgement = judged(CONTROL, used(use("09:10", service=service)))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "ticket-not-reused.used"
    assert judgement.observed.args == {
        "ticket": "CHG-1",
        "commit": FIRST_SHA[:12],
        "service": service,
        "at": at("09:10"),
        "entry": 3,
    }


def test_an_approval_at_the_very_moment_of_the_use_is_not_after_it() -> None:
    assert outcome(used(use("09:00"))) is Outcome.FAIL
    assert outcome(used(use("08:59:59"))) is Outcome.PASS


def test_the_last_use_decides_by_its_time_and_not_by_its_place() -> None:
    assert outcome(used(use("09:10", index=2), use("08:30", index=9))) is Outcome.FAIL
    assert outcome(used(use("09:10", MERGE_SHA, 2), use("08:30", index=9))) is Outcome.PASS
    assert outcome(used(use("08:30"), use("09:10", SECOND_SHA))) is Outcome.FAIL


def test_each_ticket_is_judged() -> None:
    second = good_ticket(key="CHG-2")
    for uses, expected in (
        ({"CHG-1": (), "CHG-2": ()}, Outcome.PASS),
        ({"CHG-1": (), "CHG-2": (use("09:10"),)}, Outcome.FAIL),
        ({"CHG-1": (use("09:10"),), "CHG-2": ()}, Outcome.FAIL),
        ({"CHG-1": ()}, Outcome.UNDETERMINED),
    ):
        facts = good_facts(good_ticket(), second, history=good_history(uses=uses))
        assert outcome(facts) is expected


def test_as_many_people_as_are_required_must_approve_anew() -> None:
    one_late = (good_approval("bob", "09:20"), good_approval("carol", "09:00"))
    both_late = (good_approval("bob", "09:20"), good_approval("carol", "09:15"))
    twice = (good_approval("bob", "09:20"), good_approval("bob", "09:25", id="11"))
    assert outcome(used(use("09:10"), approvals=one_late), required=1) is Outcome.PASS
    assert outcome(used(use("09:10"), approvals=one_late), required=2) is Outcome.FAIL
    assert outcome(used(use("09:10"), approvals=both_late), required=2) is Outcome.PASS
    assert outcome(used(use("09:10"), approvals=twice), required=2) is Outcome.FAIL


@pytest.mark.parametrize(
    "approval",
    [
        good_approval("dave", "09:20"),  # may not approve
        good_approval(account=None, decided_at=at("09:20")),
        good_approval(account=replace(jira("bob"), kind=AccountKind.APP), decided_at=at("09:20")),
        good_approval("bob", "09:31"),  # in the future
        good_approval("bob", "09:20", verdict=Verdict.PENDING),
    ],
)
def test_an_approval_that_does_not_count_is_none_anew(approval: Approval) -> None:
    facts = used(use("09:10"), approvals=(good_approval(), approval))
    assert outcome(facts) is Outcome.FAIL


def test_an_objection_is_no_new_approval() -> None:
    anew = good_approval("bob", "09:20")
    against = good_approval("carol", "09:25", verdict=Verdict.DECLINED)
    assert outcome(used(use("09:10"), approvals=(anew,))) is Outcome.PASS
    assert outcome(used(use("09:10"), approvals=(anew, against))) is Outcome.FAIL


def test_a_review_approves_the_change_and_not_the_ticket_anew() -> None:
    review = good_review("carol", "09:20")
    facts = replace(
        used(use("09:10")),
        change=good_change(pull_requests=(good_pull_request(reviews=(review,)),)),
    )
    for sources in (("review",), ("change-request", "review")):
        assert outcome(facts, sources=sources) is Outcome.FAIL


# ---------------------------------------------------------------- what cannot be told


def test_a_step_that_began_before_the_use_proves_nothing() -> None:
    judgement = judged(CONTROL, used(use("09:10"), approvals=(between("09:05", "09:20"),)))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.observed.code == "ticket-not-reused.unclear"
    assert outcome(used(use("09:10"), approvals=(between(None, "09:20"),))) is Outcome.UNDETERMINED
    assert outcome(used(use("09:10"), approvals=(between("09:11", "09:20"),))) is Outcome.PASS
    assert outcome(used(use("09:10"), approvals=(between("08:00", "09:05"),))) is Outcome.FAIL


def test_an_account_that_nobody_owns_may_turn_out_to_count() -> None:
    late, early = good_approval("mallory", "09:20"), good_approval("mallory", "09:05")
    judgement = judged(CONTROL, used(use("09:10"), approvals=(good_approval(), late)))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.remedy is not None
    assert judgement.remedy.code == "people.line"
    assert outcome(used(use("09:10"), approvals=(good_approval(), early))) is Outcome.FAIL
    assert outcome(used(use("09:10"), approvals=(late,)), required=2) is Outcome.FAIL


@pytest.mark.parametrize(
    "facts",
    [
        good_facts(history=problem()),
        good_facts(history=good_history(uses={})),
        good_facts(history=good_history(uses={"CHG-2": ()})),
        replace(good_facts(good_ticket(approvals=problem())), history=USED_ONCE),
        good_facts(given=problem(), tickets=()),
        good_facts(given=(), tickets=()),
        good_facts(tickets=()),
        good_facts(tickets=(Lookup(reference(), good_ticket(key="OPS-1")),)),
    ],
)
def test_a_fact_that_is_missing_never_passes(facts: Facts) -> None:
    assert outcome(facts) is Outcome.UNDETERMINED


@pytest.mark.parametrize("result", [problem(), MissingTicket()])
def test_a_ticket_that_was_not_read_never_passes(result: object) -> None:
    (lookup,) = good_facts().tickets
    facts = good_facts(tickets=(Lookup(lookup.reference, result),))  # type: ignore[arg-type]  # either
    assert outcome(facts) is Outcome.UNDETERMINED


# ---------------------------------------------------------------- what the record carries


def anew(*approvals: Approval, required: int = 1) -> datetime | None:
    facts = good_facts(good_ticket(approvals=approvals))
    return approved_anew(facts, with_rules(required=required), NOW)["CHG-1"]


def test_it_counts_as_anew_from_the_earliest_of_the_newest_approvals() -> None:
    bob, carol = good_approval("bob", "09:10"), good_approval("carol", "09:05")
    assert anew(bob, carol) == at("09:10")
    assert anew(bob, carol, required=2) == at("09:05")
    assert anew(bob, carol, good_approval("carol", "09:12"), required=2) == at("09:10")
    assert anew(between("09:01", "09:10")) == at("09:01")
    assert anew(between("09:20", "09:10")) == at("09:10")  # whatever is earlier


def test_where_it_is_not_provable_there_is_none() -> None:
    assert anew() is None
    assert anew(good_approval(), required=2) is None
    assert anew(good_approval(), good_approval("bob", "09:05"), required=2) is None
    assert anew(between(None, "09:10")) is None
    assert anew(good_approval("mallory")) is None
    assert anew(good_approval("bob", "09:31")) is None
    assert anew(good_approval(), good_approval("carol", verdict=Verdict.DECLINED)) is None
    unread = good_facts(good_ticket(approvals=problem()))
    assert approved_anew(unread, good_policy(), NOW) == {"CHG-1": None}
    moved = good_facts(tickets=(Lookup(reference(), good_ticket(key="OPS-1")),))
    assert approved_anew(moved, good_policy(), NOW) == {"CHG-1": None}
    assert approved_anew(good_facts(given=(), tickets=()), good_policy(), NOW) == {}


def test_times_are_compared_as_records_have_them() -> None:
    precise = good_approval(decided_at=at("09:10").replace(microsecond=1999))
    assert anew(precise) == at("09:10").replace(microsecond=1000)
    same = replace(use("09:10"), at=at("09:10").replace(microsecond=1000))
    assert outcome(used(same, approvals=(precise,))) is Outcome.UNDETERMINED


def test_the_decision_carries_it_and_the_level_is_the_policy_s() -> None:
    facts = used(use("09:10"))
    decision = evaluate(facts, good_policy(), NOW)
    assert decision.kind is DecisionKind.DENIED
    assert decision.approved_anew == {"CHG-1": at("09:00")}
    warned = good_policy(good_environment(controls={CONTROL: Level.WARN}))
    assert evaluate(facts, warned, NOW).kind is DecisionKind.ALLOWED
