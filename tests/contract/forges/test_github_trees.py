"""What merges hold: GitHub tells the trees by which a merge is held against what was reviewed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shops import Shop, pulls
from worlds import good_facts, good_history, judged

from gate.demo.repository import Author, CommitPlan
from gate.forges.remerge import with_remerged
from gate.model import Change, Outcome

CONTROL = "merge-matches-review"


def outcome(change: Change) -> Outcome:
    facts = good_facts(change=change, history=good_history(base=change.base))
    return judged(
        CONTROL, replace(facts, deployment=replace(facts.deployment, commit=change.head))
    ).outcome


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_what_the_forge_merged_up_to_date_is_its_head(shop: Shop, method: str) -> None:
    shop.propose(1, "fix", "One", "Two")
    change = shop.change(shop.merge(1, method=method))
    assert isinstance(change.commits, tuple)
    assert all(commit.tree for commit in change.commits)
    assert outcome(change) is Outcome.PASS


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_behind_it_is_merged_anew_in_the_clone(shop: Shop, method: str) -> None:
    head = shop.propose(1, "fix", "One")
    shop.propose(2, "other", "Two")
    shop.merge(2)
    change = shop.change(shop.merge(1, method=method))
    assert outcome(change) is Outcome.UNDETERMINED
    clone = shop.repository.graph.git.path  # a bare one will do
    anew = with_remerged(change, clone, {})
    (pull,) = (pull for pull in pulls(anew) if pull.number == 1)
    assert pull.head_sha == head
    assert isinstance(pull.remerged, str)
    assert outcome(anew) is Outcome.PASS


def test_more_in_a_merge_by_hand_than_was_reviewed_is_seen(shop: Shop) -> None:
    head = shop.propose(1, "fix", "One")
    merge = shop.commit("Merge pull request #1 from acme/fix", by="mallory", on=("main", head))
    shop.push("main", merge, by="mallory")
    change = shop.change(merge)
    assert pulls(change)[0].merge_sha == merge
    assert outcome(change) is Outcome.FAIL  # the simulator's commits each write a file


def test_an_honest_merge_by_hand_holds_what_it_must(shop: Shop) -> None:
    head = shop.propose(1, "fix", "One")
    git = shop.repository.graph.git
    tree = git.git("rev-parse", f"{head}^{{tree}}")
    plan = CommitPlan("Merge", Author("m", "m@acme.example"), shop.later(), (shop.base, head))
    merge = git.commit_tree(tree, plan)
    shop.push("main", merge, by="mallory")
    assert outcome(shop.change(merge)) is Outcome.PASS
