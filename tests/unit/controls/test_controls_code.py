"""commit-on-release-ref and peer-reviewed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from worlds import (
    MERGE_SHA,
    git,
    github,
    good_change,
    good_commit,
    good_commits,
    good_deployment,
    good_facts,
    good_pull_request,
    good_push,
    good_review,
    judged,
    problem,
)

from gate.model import AccountKind, Facts, Outcome, Verdict

REF = "commit-on-release-ref"
REVIEWED = "peer-reviewed"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Outcome.PASS),
        ({"release_refs": ("main", "release/1")}, Outcome.PASS),
        ({"release_refs": ()}, Outcome.FAIL),
        ({"release_refs": problem()}, Outcome.UNDETERMINED),
        ({"in_repository": False}, Outcome.FAIL),
        ({"in_repository": False, "release_refs": problem()}, Outcome.FAIL),
        ({"in_repository": problem()}, Outcome.UNDETERMINED),
        ({"head": "9" * 40}, Outcome.UNDETERMINED),
    ],
)
def test_the_head_must_be_on_a_release_ref_of_the_own_repository(
    changes: dict[str, Any], expected: Outcome
) -> None:
    assert judged(REF, good_facts(change=good_change(**changes))).outcome is expected


def test_an_unread_change_is_undetermined() -> None:
    for control in (REF, REVIEWED):
        assert judged(control, good_facts(change=problem())).outcome is Outcome.UNDETERMINED


def test_the_remedy_names_the_refs() -> None:
    judgement = judged(REF, good_facts(change=good_change(release_refs=())))
    assert judgement.remedy is not None
    assert judgement.remedy.args["refs"] == ("main", "release/*")


def reviewed(*reviews: Any, **changes: Any) -> Facts:
    pull = good_pull_request(reviews=reviews, **changes)
    return good_facts(change=good_change(pull_requests=(pull,)))


@pytest.mark.parametrize(
    ("reviews", "expected"),
    [
        ((good_review(),), Outcome.PASS),
        ((good_review("dave"),), Outcome.PASS),  # any person, not only approvals.by
        ((), Outcome.FAIL),
        ((good_review("alice"),), Outcome.FAIL),
        ((good_review("alice"), good_review()), Outcome.PASS),
        ((good_review("mallory"),), Outcome.UNDETERMINED),
        ((good_review("mallory"), good_review("alice")), Outcome.UNDETERMINED),
        ((good_review(account=None),), Outcome.FAIL),
        ((good_review(commit="1" * 40),), Outcome.FAIL),
        ((good_review(verdict=Verdict.PENDING),), Outcome.FAIL),
        ((good_review(account=replace(github("x"), kind=AccountKind.APP)),), Outcome.FAIL),
        ((good_review(), good_review("bob", verdict=Verdict.DECLINED)), Outcome.FAIL),
        (
            (good_review(), good_review(account=None, verdict=Verdict.DECLINED, commit="")),
            Outcome.FAIL,
        ),
    ],
)
def test_somebody_else_must_have_approved_the_head(reviews: Any, expected: Outcome) -> None:
    assert judged(REVIEWED, reviewed(*reviews)).outcome is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"into_release_ref": False}, Outcome.FAIL),
        ({"merged_at": None}, Outcome.FAIL),
        ({"reviews": problem()}, Outcome.UNDETERMINED),
        ({"pushes": problem()}, Outcome.UNDETERMINED),
        ({"pushes": ()}, Outcome.UNDETERMINED),
        ({"pushes": (good_push("carol", "08:10"), good_push())}, Outcome.FAIL),
        ({"author": github("carol")}, Outcome.FAIL),
        ({"author": None}, Outcome.UNDETERMINED),
    ],
)
def test_the_pull_request_must_be_merged_and_its_makers_known(
    changes: dict[str, Any], expected: Outcome
) -> None:
    pull = good_pull_request(**changes)
    facts = good_facts(change=good_change(pull_requests=(pull,)))
    assert judged(REVIEWED, facts).outcome is expected


def test_a_reviewer_who_wrote_one_commit_of_it_is_not_enough() -> None:
    commits = (replace(good_commits()[0], co_authors=(git("carol"),)), *good_commits()[1:])
    facts = good_facts(change=good_change(commits=commits))
    assert judged(REVIEWED, facts).outcome is Outcome.FAIL


def test_gates_own_account_reviews_nothing() -> None:
    facts = good_facts(gate_accounts=(github("Carol"),))
    assert judged(REVIEWED, facts).outcome is Outcome.FAIL


def test_commits_without_a_pull_request_are_not_reviewed() -> None:
    sha = "9" * 40
    change = good_change(head=sha, commits=(*good_commits(), good_commit(sha, MERGE_SHA)))
    deployment = good_deployment(commit=sha)
    facts = good_facts(change=change, deployment=deployment)
    assert judged(REVIEWED, facts).outcome is Outcome.FAIL
    pushed = replace(change, direct_pushes=(good_push(after=sha),), push_of={sha: 0})
    judgement = judged(REVIEWED, replace(facts, change=pushed))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "peer-reviewed.direct"


@pytest.mark.parametrize(
    "changes", [{"commits": ()}, {"commits": problem()}, {"pull_requests": problem()}]
)
def test_a_range_that_is_not_known_is_undetermined(changes: dict[str, Any]) -> None:
    facts = good_facts(change=good_change(**changes))
    assert judged(REVIEWED, facts).outcome is Outcome.UNDETERMINED
