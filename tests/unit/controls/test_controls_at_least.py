"""`approvals.at_least`: so many of a group, none of them a maker, and of what is deployed now."""

from __future__ import annotations

from typing import Any

import pytest
from worlds import (
    good_approval,
    good_change,
    good_environment,
    good_facts,
    good_history,
    good_policy,
    good_pull_request,
    good_push,
    good_review,
    good_ticket,
    good_use,
    judged,
    with_rules,
)

from gate.controls.waiting import MISSING
from gate.model import Approval, Facts, Judgement, Level, Outcome, Verdict

BOARD_AND_SRE: dict[str, Any] = {
    "required": 2,
    "by": ("change-board", "sre"),
    "at_least": {"sre": 1},
}
INDEPENDENT, COVERS, REUSED = (
    "approver-independent",
    "approval-covers-change",
    "ticket-not-reused",
)


def approvals(*given: Approval, **more: Any) -> Facts:
    return good_facts(good_ticket(approvals=given), **more)


def judge(control: str, facts: Facts, **rules: Any) -> Judgement:
    return judged(control, facts, with_rules(**(BOARD_AND_SRE | rules)))


BOB, CAROL, ERIN = good_approval(), good_approval("carol", "09:01"), good_approval("erin", "09:02")
MALLORY = good_approval("mallory", "09:03")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ((BOB, ERIN), Outcome.PASS),
        ((BOB, CAROL, ERIN), Outcome.PASS),
        ((BOB, CAROL), Outcome.FAIL),  # two, and nobody of the group
        ((ERIN,), Outcome.FAIL),  # of the group, and one too few
        ((), Outcome.FAIL),
        ((BOB, CAROL, MALLORY), Outcome.UNDETERMINED),  # who may be of the group
        ((ERIN, MALLORY), Outcome.UNDETERMINED),
        ((BOB, MALLORY), Outcome.UNDETERMINED),
        ((MALLORY,), Outcome.FAIL),  # one cannot be two
        ((BOB, CAROL, good_approval("dave")), Outcome.FAIL),
        ((BOB, ERIN, good_approval("carol", verdict=Verdict.DECLINED)), Outcome.FAIL),
    ],
)
def test_so_many_and_of_the_group_so_many(given: tuple[Approval, ...], outcome: Outcome) -> None:
    for order in (given, given[::-1]):
        assert judge("approved", approvals(*order)).outcome is outcome


def test_it_is_said_of_which_group_one_is_missing() -> None:
    judgement = judge("approved", approvals(BOB, CAROL))
    assert judgement.observed.code == "approved.group"
    assert judgement.observed.code in MISSING
    assert str(judgement.observed.args["group"].text) == "sre"  # type: ignore[union-attr]  # it is Free
    assert judgement.remedy is not None
    assert [each.text for each in judgement.remedy.args["by"]] == ["sre"]  # type: ignore[union-attr]  # of Free


def test_a_person_alone_may_be_asked_for() -> None:
    rules = {"by": ("change-board", "erin"), "at_least": {"erin": 1}}
    assert judge("approved", approvals(BOB, ERIN), **rules).outcome is Outcome.PASS
    assert judge("approved", approvals(BOB, CAROL), **rules).outcome is Outcome.FAIL


def test_somebody_in_two_groups_counts_for_both_and_as_one() -> None:
    rules = {"by": ("change-board", "bob"), "at_least": {"change-board": 1, "bob": 1}}
    assert judge("approved", approvals(BOB), **rules).outcome is Outcome.FAIL
    assert judge("approved", approvals(BOB, CAROL), **rules).outcome is Outcome.PASS


def test_reviews_count_for_groups_as_for_all() -> None:
    sources = ("change-request", "review")
    pull = good_pull_request(reviews=(good_review("erin", "09:02"),))
    facts = approvals(BOB, change=good_change(pull_requests=(pull,)))
    assert judge("approved", facts, sources=sources).outcome is Outcome.PASS
    assert judge("approved", facts).outcome is Outcome.FAIL


# ---------------------------------------------------------------- makers


def pushed_by(name: str) -> Any:
    pull = good_pull_request(pushes=(good_push(name, "08:20"), good_push(name, "08:30")))
    return good_change(pull_requests=(pull,))


def test_a_maker_does_not_count_for_the_group() -> None:
    facts = approvals(BOB, CAROL, ERIN)
    assert judge(INDEPENDENT, facts).outcome is Outcome.PASS
    made = approvals(BOB, CAROL, ERIN, change=pushed_by("erin"))
    assert judge("approved", made).outcome is Outcome.PASS
    judgement = judge(INDEPENDENT, made)
    assert judgement.outcome is Outcome.FAIL
    assert "independent.group" in str(judgement.observed)
    without = judge(INDEPENDENT, made, at_least={})
    assert without.outcome is Outcome.PASS, "bob and carol had no part"


def test_who_may_be_a_maker_leaves_it_open() -> None:
    made = approvals(BOB, CAROL, ERIN, change=pushed_by("mallory"))
    assert judge(INDEPENDENT, made).outcome is Outcome.UNDETERMINED
    more = approvals(BOB, ERIN, MALLORY, change=pushed_by("erin"))
    assert judge(INDEPENDENT, more).outcome is Outcome.UNDETERMINED, "mallory may be of the group"


def test_that_a_group_is_missing_is_for_approved_to_say() -> None:
    """So an emergency without it does without what the policy lists, and nothing of integrity."""
    nobody = approvals(BOB, CAROL)
    assert judge("approved", nobody).outcome is Outcome.FAIL
    assert judge(INDEPENDENT, nobody).outcome is Outcome.PASS
    assert judge(COVERS, nobody).outcome is Outcome.PASS


def test_where_the_number_is_not_required_no_group_is() -> None:
    made = approvals(BOB, CAROL, ERIN, change=pushed_by("erin"))
    warned = with_rules(good_policy(good_environment(controls={"approved": Level.WARN})))
    groups = with_rules(warned, **BOARD_AND_SRE)
    assert judged(INDEPENDENT, made, groups).outcome is Outcome.PASS


def test_two_of_a_group_and_one_of_them_a_maker() -> None:
    rules = {"required": 2, "by": ("change-board",), "at_least": {"change-board": 2}}
    assert judge(INDEPENDENT, approvals(BOB, CAROL), **rules).outcome is Outcome.PASS
    made = approvals(BOB, CAROL, change=pushed_by("bob"))
    assert judge(INDEPENDENT, made, **rules).outcome is Outcome.FAIL
    assert judge(INDEPENDENT, made, **(rules | {"at_least": {}})).outcome is Outcome.PASS


# ---------------------------------------------------------------- what was approved


def test_the_groups_approval_is_of_what_is_deployed() -> None:
    late = good_pull_request(pushes=(good_push("alice", "08:20"), good_push("alice", "09:05")))
    change = good_change(pull_requests=(late,))
    early = good_approval("erin", "09:02")
    anew = good_approval("bob", "09:10")
    assert judge(COVERS, approvals(anew, early, change=change)).outcome is Outcome.FAIL
    assert judge(COVERS, approvals(anew, early, change=change), at_least={}).outcome is Outcome.PASS
    later = good_approval("erin", "09:12")
    assert judge(COVERS, approvals(anew, later, change=change)).outcome is Outcome.PASS
    perhaps = good_approval("mallory", "09:12")
    found = judge(COVERS, approvals(anew, early, perhaps, change=change))
    assert found.outcome is Outcome.UNDETERMINED


def test_anew_is_anew_by_the_group_too() -> None:
    history = good_history(uses={"CHG-1": (good_use("08:40"),)})
    both = approvals(BOB, ERIN, history=history)
    assert judge(REUSED, both).outcome is Outcome.PASS
    old = good_approval("erin", "08:35")
    facts = approvals(BOB, CAROL, old, history=history)
    assert judge("approved", facts).outcome is Outcome.PASS
    assert judge(REUSED, facts).outcome is Outcome.FAIL
    assert judge(REUSED, facts, at_least={}).outcome is Outcome.PASS
    perhaps = approvals(BOB, CAROL, old, MALLORY, history=history)
    assert judge(REUSED, perhaps).outcome is Outcome.UNDETERMINED
