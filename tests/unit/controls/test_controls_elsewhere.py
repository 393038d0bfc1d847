"""Pull requests that were merged elsewhere, or into another one's branch: makers, and no dates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from worlds import (
    FIRST_SHA,
    MERGE_SHA,
    SECOND_SHA,
    at,
    github,
    good_change,
    good_commits,
    good_facts,
    good_policy,
    good_pull_request,
    good_push,
    good_ticket,
    judged,
    problem,
    with_ticket_rules,
)

from gate.model import Account, Change, Facts, Outcome, PullRequest

INDEPENDENT, COVERS, REVIEWED = "approver-independent", "approval-covers-change", "peer-reviewed"
PREDATES = "ticket-predates-deployment"
MERGE = with_ticket_rules(predates="merge")
EVERY = (FIRST_SHA, SECOND_SHA, MERGE_SHA)


def elsewhere(**changes: Any) -> PullRequest:
    """Merged into some other branch just now; pushed to even later."""
    made = good_pull_request(
        number=60,
        author=github("dave"),
        base_ref="scratch",
        merge_sha="9" * 40,
        merged_at=at("09:25"),
        into_release_ref=False,
        pushes=(good_push("dave", "09:20"),),
        reviews=(),
    )
    return replace(made, **changes)


def pushed_directly() -> Change:
    """Everything was pushed at 08:30, and is in a pull request that was merged elsewhere."""
    push = good_push(ref="refs/heads/main", after=MERGE_SHA)
    commits = tuple(replace(commit, merged_by_forge=False) for commit in good_commits())
    return good_change(
        commits=commits,
        pull_requests=(elsewhere(landed_at=at("08:30")),),
        direct_pushes=(push,),
        push_of=dict.fromkeys(EVERY, 0),
    )


def of(*pulls: PullRequest) -> Facts:
    return good_facts(change=good_change(pull_requests=pulls))


def test_a_merge_elsewhere_dates_neither_ticket_nor_approval() -> None:
    facts = good_facts(good_ticket(created_at=at("08:29")), change=pushed_directly())
    assert judged(PREDATES, facts, MERGE).outcome is Outcome.PASS
    late = good_facts(good_ticket(created_at=at("08:31")), change=pushed_directly())
    assert judged(PREDATES, late, MERGE).outcome is Outcome.FAIL
    assert judged(COVERS, facts).outcome is Outcome.PASS


def test_a_direct_push_stays_one_beside_a_merge_elsewhere() -> None:
    judgement = judged(REVIEWED, good_facts(change=pushed_directly()))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "peer-reviewed.direct"


def test_a_merge_elsewhere_beside_a_reviewed_one_is_no_lack_of_review() -> None:
    assert judged(REVIEWED, of(good_pull_request(), elsewhere())).outcome is Outcome.PASS


def test_a_merge_elsewhere_of_what_nothing_else_brought_counts() -> None:
    facts = of(good_pull_request(brings=(FIRST_SHA, SECOND_SHA)), elsewhere(brings=EVERY))
    assert judged(REVIEWED, facts).outcome is Outcome.FAIL
    assert judged(COVERS, facts).outcome is Outcome.FAIL


@pytest.mark.parametrize("brings", [(FIRST_SHA,), EVERY])
def test_a_merge_elsewhere_makes_makers(brings: tuple[str, ...]) -> None:
    theirs = elsewhere(author=github("bob"), brings=brings)
    assert judged(INDEPENDENT, of(good_pull_request(), theirs)).outcome is Outcome.FAIL
    unknown = elsewhere(pushes=problem(), brings=brings)
    judgement = judged(INDEPENDENT, of(good_pull_request(), unknown))
    assert judgement.outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("others", "outcome"),
    [
        ((github("dave"),), Outcome.PASS),
        ((github("dave"), github("bob")), Outcome.FAIL),
        ((None,), Outcome.UNDETERMINED),
    ],
)
def test_whose_work_was_merged_into_it_is_a_maker(
    others: tuple[Account | None, ...], outcome: Outcome
) -> None:
    assert judged(INDEPENDENT, of(good_pull_request(others=others))).outcome is outcome


@pytest.mark.parametrize(
    ("landed", "merged", "outcome"),
    [
        ("08:10", "09:10", Outcome.PASS),
        ("07:50", "09:10", Outcome.FAIL),
        ("09:10", "07:50", Outcome.FAIL),
        (None, "09:10", Outcome.UNDETERMINED),
        ("09:10", None, Outcome.UNDETERMINED),
    ],
)
def test_the_merge_is_when_it_first_came_onto_a_release_ref(
    landed: str | None, merged: str | None, outcome: Outcome
) -> None:
    pull = good_pull_request(landed_at=landed and at(landed), merged_at=merged and at(merged))
    assert judged(PREDATES, of(pull), MERGE).outcome is outcome


@pytest.mark.parametrize("control", [INDEPENDENT, COVERS, REVIEWED])
def test_unknown_pushes_leave_open_what_was_merged_elsewhere(control: str) -> None:
    change = replace(pushed_directly(), direct_pushes=problem(), push_of={})
    assert judged(control, good_facts(change=change)).outcome is Outcome.UNDETERMINED
    whole = good_change(direct_pushes=problem())
    assert judged(control, good_facts(change=whole), good_policy()).outcome is Outcome.PASS
