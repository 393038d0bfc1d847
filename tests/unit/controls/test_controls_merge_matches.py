"""merge-matches-review: what a merge put on the release ref is what was reviewed, and no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from worlds import (
    BASE_SHA,
    FIRST_SHA,
    MERGE_SHA,
    NOW,
    SECOND_SHA,
    good_change,
    good_commit,
    good_commits,
    good_environment,
    good_facts,
    good_policy,
    good_pull_request,
    good_push,
    judged,
    problem,
    tree_of,
)

from gate.model import Change, Commit, DecisionKind, Facts, Level, Outcome, PullRequest
from gate.policy import evaluate

CONTROL = "merge-matches-review"
ELSEWHERE = "7" * 40  # what main had become meanwhile
MERGED = "c" * 40  # the tree that merging the head onto it gives
ABOVE = "4" * 40


def world(merge: Commit, *others: Commit, **of_pull: Any) -> Facts:
    """Pull request #12 with this merge; the range is ``others`` and the merge."""
    pull = good_pull_request(**{"merge_sha": merge.sha} | of_pull)
    return good_facts(
        change=good_change(commits=(*others, merge), pull_requests=(pull,), head=merge.sha)
    )


def merged(**changes: Any) -> Facts:
    """A merge onto what the head holds, with other fields of the merge commit."""
    return world(replace(good_commits()[2], **changes), *good_commits()[:2])


def behind(remerged: Any, tree: str = MERGED, **of_pull: Any) -> Facts:
    """Main had moved on: what merging anew gives decides."""
    merge = replace(good_commits()[2], parents=(ELSEWHERE, SECOND_SHA), tree=tree)
    return world(merge, *good_commits()[:2], remerged=remerged, **of_pull)


def squashed(onto: str = BASE_SHA, tree: str = "", remerged: Any = None) -> Facts:
    merge = good_commit(MERGE_SHA, onto, tree=tree or tree_of(SECOND_SHA), merged_by_forge=True)
    return world(merge, brings=(MERGE_SHA,), remerged=remerged)


def rebased(onto: str = BASE_SHA, tree: str = "", remerged: Any = None) -> Facts:
    """Two commits written anew; the last one is what the forge calls the merge."""
    first = good_commit(ABOVE, onto, merged_by_forge=True)
    last = good_commit(MERGE_SHA, ABOVE, tree=tree or tree_of(SECOND_SHA), merged_by_forge=True)
    return world(last, first, brings=(ABOVE, MERGE_SHA), remerged=remerged)


def outcome(facts: Facts) -> Outcome:
    return judged(CONTROL, facts).outcome


# ---------------------------------------------------------------- up to date


def test_merged_onto_what_it_holds_it_is_what_its_head_is() -> None:
    for facts in (good_facts(), merged(), squashed(), rebased()):
        assert judged(CONTROL, facts).outcome is Outcome.PASS


def test_more_in_the_merge_than_in_the_head_is_told_by_its_tree() -> None:
    for facts in (merged(tree=MERGED), squashed(tree=MERGED), rebased(tree=MERGED)):
        judgement = judged(CONTROL, facts)
        assert judgement.outcome is Outcome.FAIL
        assert judgement.observed.args["tree"] == MERGED[:12]


def test_a_fast_forward_is_its_head_itself() -> None:
    facts = world(good_commits()[1], good_commits()[0], brings=(FIRST_SHA, SECOND_SHA))
    assert outcome(replace(facts, deployment=replace(facts.deployment, commit=SECOND_SHA))) is (
        Outcome.PASS
    )


def test_a_merge_of_another_commit_is_not_of_what_was_reviewed() -> None:
    for parents in ((BASE_SHA, FIRST_SHA), (SECOND_SHA, BASE_SHA), (BASE_SHA, SECOND_SHA, ABOVE)):
        assert outcome(merged(parents=parents)) is Outcome.FAIL


def test_a_merge_made_by_hand_may_hold_what_it_must() -> None:
    assert outcome(merged(merged_by_forge=False)) is Outcome.PASS
    assert outcome(merged(merged_by_forge=False, tree=MERGED)) is Outcome.FAIL
    assert outcome(behind(MERGED)) is Outcome.PASS


# ---------------------------------------------------------------- behind


@pytest.mark.parametrize("make", [behind, squashed, rebased])
def test_behind_it_is_what_merging_anew_gives(make: Callable[..., Facts]) -> None:
    given: dict[str, Any] = {} if make is behind else {"onto": ELSEWHERE}
    assert outcome(make(remerged=MERGED, tree=MERGED, **given)) is Outcome.PASS
    assert outcome(make(remerged=MERGED, tree="d" * 40, **given)) is Outcome.FAIL
    assert outcome(make(remerged=None, tree=MERGED, **given)) is Outcome.UNDETERMINED
    assert outcome(make(remerged=problem(), tree=MERGED, **given)) is Outcome.UNDETERMINED


def test_a_conflict_that_was_settled_in_the_merge_is_unseen() -> None:
    judgement = judged(CONTROL, behind(""))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "merge-matches.conflict"


# ---------------------------------------------------------------- what is not known


def test_what_is_not_known_matches_nothing() -> None:
    assert outcome(good_facts(change=problem())) is Outcome.UNDETERMINED
    assert outcome(good_facts(history=problem())) is Outcome.UNDETERMINED
    assert outcome(merged(tree="")) is Outcome.UNDETERMINED
    treeless = tuple(replace(commit, tree="") for commit in good_commits())
    pull = good_pull_request(commits=treeless[:2])
    facts = good_facts(change=good_change(commits=treeless, pull_requests=(pull,)))
    assert outcome(facts) is Outcome.UNDETERMINED
    for part in ("commits", "pull_requests"):
        assert outcome(good_facts(change=good_change(**{part: problem()}))) is Outcome.UNDETERMINED


def test_own_commits_are_needed_only_where_the_merge_does_not_keep_them() -> None:
    def without(facts: Facts) -> Facts:
        change = facts.change
        assert isinstance(change, Change)
        assert isinstance(change.pull_requests, tuple)
        pulls = tuple(replace(pull, commits=problem()) for pull in change.pull_requests)
        return replace(facts, change=replace(change, pull_requests=pulls))

    assert outcome(without(merged())) is Outcome.PASS
    assert outcome(without(squashed())) is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    "changes", [{"merge_sha": ""}, {"merge_sha": "9" * 40}, {"merged_at": None}]
)
def test_without_a_merge_in_the_range_there_is_nothing_to_compare(changes: dict[str, Any]) -> None:
    pulls = (good_pull_request(**changes),)
    assert outcome(good_facts(change=good_change(pull_requests=pulls))) is Outcome.UNDETERMINED


def test_what_no_pull_request_brought_was_held_against_no_review() -> None:
    push = good_push(after=MERGE_SHA)
    direct = good_change(pull_requests=(), direct_pushes=(push,), push_of={MERGE_SHA: 0})
    assert outcome(good_facts(change=direct)) is Outcome.UNDETERMINED
    loose = good_change(pull_requests=(good_pull_request(brings=(SECOND_SHA, MERGE_SHA)),))
    assert outcome(good_facts(change=loose)) is Outcome.UNDETERMINED


def test_each_merge_is_compared() -> None:
    second: PullRequest = good_pull_request(
        number=13, merge_sha=ABOVE, head_sha=ABOVE, brings=(ABOVE,), commits=()
    )
    commits = (*good_commits()[:2], replace(good_commits()[2], tree=MERGED))
    top = good_commit(ABOVE, MERGE_SHA)
    change = good_change(
        commits=(*commits, top), pull_requests=(good_pull_request(), second), head=ABOVE
    )
    facts = good_facts(change=change)
    facts = replace(facts, deployment=replace(facts.deployment, commit=ABOVE))
    assert outcome(facts) is Outcome.FAIL


def test_it_warns_unless_the_policy_requires_it() -> None:
    hidden = merged(tree=MERGED)
    assert evaluate(hidden, good_policy(), NOW).kind is DecisionKind.ALLOWED
    strict = good_policy(good_environment(controls={CONTROL: Level.REQUIRE}))
    assert evaluate(hidden, strict, NOW).kind is DecisionKind.DENIED
    assert evaluate(behind(None), strict, NOW).kind is DecisionKind.UNDETERMINED
    assert evaluate(good_facts(), strict, NOW).kind is DecisionKind.ALLOWED


def test_a_merge_of_the_one_commit_that_the_forge_squashed() -> None:
    """GitLab may squash and then merge: what the merge holds is compared, not its second parent."""
    squash = good_commit(ABOVE, BASE_SHA, merged_by_forge=True)
    merge = good_commit(
        MERGE_SHA, BASE_SHA, parents=(ELSEWHERE, ABOVE), tree=MERGED, merged_by_forge=True
    )
    brings = (ABOVE, MERGE_SHA)

    def outcome(**of_pull: Any) -> Outcome:
        return judged(CONTROL, world(merge, squash, brings=brings, **of_pull)).outcome

    assert outcome(squash_sha=ABOVE, remerged=MERGED) is Outcome.PASS
    assert outcome(squash_sha=ABOVE, remerged="d" * 40) is Outcome.FAIL
    assert outcome(remerged=MERGED) is Outcome.FAIL
    assert outcome(squash_sha=FIRST_SHA, remerged=MERGED) is Outcome.FAIL
