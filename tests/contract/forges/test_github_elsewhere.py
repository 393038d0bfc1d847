"""What happens on other refs than the release refs: it adds makers, and it excuses nothing."""

from __future__ import annotations

import pytest
from shops import Shop, pulls, shas, written_by_forge

from gate.demo.github_state import MergeMethod
from gate.model import Account, Change, Problem, ProblemKind, PullRequest

METHODS: tuple[MergeMethod, ...] = ("merge", "squash", "rebase")


def pushers(change: Change) -> dict[str, str]:
    """By commit that was pushed directly: whose push it was, and onto which ref."""
    assert isinstance(change.direct_pushes, tuple), change.direct_pushes
    found = {sha: change.direct_pushes[place] for sha, place in change.push_of.items()}
    return {
        sha: f"{key(p.account)} {p.ref.removeprefix('refs/heads/')}" for sha, p in found.items()
    }


def key(account: Account | None) -> str:
    return account.key if account else ""


def people(pull: PullRequest) -> set[str]:
    """Who made the pull request, beside authors by the commits' own word."""
    assert isinstance(pull.pushes, tuple), pull.pushes
    return {key(a) for a in (pull.author, *pull.others, *(p.account for p in pull.pushes))}


# ---------------------------------------------------------------- refs that do not hold the head


@pytest.mark.parametrize("scratch", ["scratch", "release/1"])
@pytest.mark.parametrize("by_hand", [True, False])
def test_a_ref_without_the_head_does_not_date_a_push(
    shop: Shop, scratch: str, by_hand: bool
) -> None:
    """mallory pushes to main what is hidden behind an early merge into another branch."""
    shop.push(scratch, shop.base)
    early = shop.propose(1, "early", base=scratch)
    if by_hand:
        aside = shop.commit("Merged by hand", on=(scratch, early))
        shop.push(scratch, aside)
    else:
        shop.merge(1)
    late = shop.commit("Late", on=early)
    shop.push("main", late, by="mallory")
    change = shop.change(late, None, "main", "release/*")
    expected = {late: "mallory main"}
    if by_hand:
        expected[early] = "mallory main"
    assert pushers(change) == expected
    (pull,) = pulls(change)
    assert pull.brings == (early,)
    assert not pull.into_release_ref
    assert change.release_refs == ("main",)


@pytest.mark.parametrize("by_hand", [True, False])
def test_behind_pushes_past_the_head_nothing_else_is_a_push(shop: Shop, by_hand: bool) -> None:
    shop.push("scratch", shop.base)
    early = shop.propose(1, "early", base="scratch")
    if by_hand:
        shop.push("scratch", shop.commit("Merged by hand", on=("scratch", early)))
    else:
        shop.merge(1)
    head = shop.commit("Late", on=early)
    past = shop.commit("Past", on=head)
    shop.push("main", past, by="mallory")
    assert pushers(shop.change(head))[head] == "mallory main"
    shop.push("main", shop.commit("Further", on=past), by="mallory")
    assert isinstance(shop.change(head).direct_pushes, Problem)


def test_pushes_that_the_activity_lacks_are_not_the_last_one_it_has(shop: Shop) -> None:
    """The ref holds the head by a push that its activity does not show yet."""
    shop.push("main", shop.commit("Aside"), by="carol")
    head = shop.commit("Late", on=shop.base)
    shop.push("main", head, by="mallory")
    assert pushers(shop.change(head)) == {head: "mallory main"}
    shop.push("main", shop.commit("Past", on=head), by="mallory")
    shop.repository.activity[:] = shop.repository.activity[:-2]
    assert isinstance(shop.change(head).direct_pushes, Problem)


# ---------------------------------------------------------------- merging what was pushed before


@pytest.mark.parametrize("scratch", ["scratch", "release/1"])
@pytest.mark.parametrize("method", METHODS)
def test_merging_elsewhere_afterwards_does_not_undo_a_push(
    shop: Shop, scratch: str, method: MergeMethod
) -> None:
    straight = shop.commit("Straight to main")
    shop.push("main", straight, by="mallory")
    shop.push(scratch, shop.base)
    shop.push("again", straight)
    shop.repository.open_pull_request(1, by="alice", head="again", base=scratch, at=shop.later())
    shop.merge(1, method=method)
    change = shop.change(straight, None, "main", "release/*")
    assert pushers(change) == {straight: "mallory main"}
    (pull,) = pulls(change)
    assert pull.landed_at is not None
    assert pull.merged_at is not None
    assert pull.landed_at < pull.merged_at


def test_what_the_forge_merged_before_is_no_push(shop: Shop) -> None:
    """A release branch is moved to what was merged into main, which is no release ref here."""
    shop.push("release/1", shop.base)
    shop.propose(1, "fix")
    merged = shop.merge(1)
    shop.push("release/1", merged, by="carol")
    change = shop.change(merged, None, "release/*")
    assert change.direct_pushes == ()
    (pull,) = pulls(change)
    landed = next(
        row.at for row in shop.repository.activity if row.after == merged and row.kind == "push"
    )
    assert pull.landed_at == landed
    assert pull.brings == shas(change)


def test_a_release_branch_begun_at_a_push_has_its_pusher(shop: Shop) -> None:
    shop.propose(1, "fix")
    shop.merge(1)
    evil = shop.commit("Evil")
    shop.push("main", evil, by="mallory")
    shop.push("release/1", evil, by="carol")
    assert pushers(shop.change(evil, None, "release/*")) == {evil: "mallory main"}


def test_a_release_branch_that_was_begun_with_new_commits_has_its_own(shop: Shop) -> None:
    shop.propose(1, "fix")
    on_main = shop.merge(1)
    evil = shop.commit("Evil", on=on_main)
    shop.push("release/1", evil, by="mallory")
    shop.push("main", evil, by="alice")
    assert pushers(shop.change(evil, None, "release/*")) == {evil: "mallory release/1"}


def test_a_merge_of_commits_pushed_to_another_release_branch_has_their_push(shop: Shop) -> None:
    """Both hold the head, and it was pushed to one before it was merged into the other."""
    straight = shop.commit("Straight to main")
    shop.push("release/1", shop.base)
    shop.push("main", straight, by="mallory")
    shop.push("again", straight)
    shop.repository.open_pull_request(
        1, by="alice", head="again", base="release/1", at=shop.later()
    )
    shop.merge(1)
    change = shop.change(straight, None, "main", "release/*")
    assert change.release_refs == ("main", "release/1")
    assert pushers(change) == {straight: "mallory main"}
    (pull,) = pulls(change)
    assert "mallory" in people(pull)


# ---------------------------------------------------------------- pull requests within


def nest(shop: Shop, inner: MergeMethod, outer: MergeMethod) -> str:
    """mallory's pull request, in alice's name, into the branch of alice's own; what is deployed."""
    shop.propose(1, "feature")
    shop.propose(2, "hers", base="feature", by="mallory")
    shop.repository.merge(2, by="alice", at=shop.later(), method=inner)
    return shop.merge(1, method=outer)


@pytest.mark.parametrize("outer", METHODS)
@pytest.mark.parametrize("inner", METHODS)
def test_whoever_was_merged_into_the_branch_is_a_maker(
    shop: Shop, inner: MergeMethod, outer: MergeMethod
) -> None:
    head = nest(shop, inner, outer)
    found = shop.change(head).pull_requests
    if isinstance(found, Problem):
        assert found.kind is ProblemKind.INCOMPLETE
        assert inner != "merge"
        assert outer != "merge"
        return
    by_number = {pull.number: pull for pull in found}
    assert "mallory" in people(by_number[1])
    assert by_number[1].into_release_ref
    assert "bob" not in people(by_number[1])
    if outer == "merge":
        assert "mallory" in people(by_number[2])
        assert not by_number[2].into_release_ref
        assert head not in by_number[2].brings
    else:
        assert 2 not in by_number  # none of the range is its own


def test_the_forges_merge_into_a_branch_is_the_forges(shop: Shop) -> None:
    head = nest(shop, "merge", "merge")
    change = shop.change(head)
    assert written_by_forge(change) == {head, shop.repository.pulls[2].merge_sha}
    assert change.direct_pushes == ()


@pytest.mark.parametrize("outer", METHODS)
@pytest.mark.parametrize("straight", [True, False])
def test_whoever_was_merged_into_the_branch_by_a_push_is_a_maker(
    shop: Shop, outer: MergeMethod, straight: bool
) -> None:
    mine = shop.propose(1, "feature")
    hers = shop.propose(2, "hers", base="feature", by="mallory")
    merged = hers if straight else shop.commit("By hand", on=(mine, hers))
    shop.push("feature", merged)
    assert shop.repository.pulls[2].merged_at is not None
    change = shop.change(shop.merge(1, method=outer))
    assert "mallory" in people(next(pull for pull in pulls(change) if pull.number == 1))


@pytest.mark.parametrize("outer", METHODS)
def test_whoever_was_merged_into_another_branch_first_is_a_maker(
    shop: Shop, outer: MergeMethod
) -> None:
    """alice begins her branch at what mallory had brought into a branch of many."""
    shop.push("develop", shop.base)
    shop.propose(2, "hers", base="develop", by="mallory")
    shop.repository.merge(2, by="alice", at=shop.later())
    shop.propose(1, "feature", base="develop")
    shop.repository.pulls[1].base_ref, shop.repository.pulls[1].base_sha = "main", shop.base
    change = shop.change(shop.merge(1, method=outer))
    assert "mallory" in people(next(pull for pull in pulls(change) if pull.number == 1))


def test_what_was_merged_into_the_branch_and_replaced_is_not_forgotten(shop: Shop) -> None:
    """Her commits are in nothing that is left: how they came about takes one round too many."""
    mine = shop.propose(1, "feature")
    shop.propose(2, "hers", base="feature", by="mallory")
    shop.repository.merge(2, by="alice", at=shop.later())
    shop.push("feature", shop.commit("All of it once more", on=mine))
    found = shop.change(shop.merge(1)).pull_requests
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.INCOMPLETE


def test_a_merge_into_a_fork_makes_makers(shop: Shop) -> None:
    fork = shop.github.fork("acme/shop", "carol")
    mine = shop.repository.commit("From afar", by="carol", at=shop.later())
    fork.push("feature", mine, by="carol", at=shop.later())
    hers = shop.repository.commit("Hers", by="carol", at=shop.later(), on=mine)
    fork.push("hers", hers, by="mallory", at=shop.later())
    fork.open_pull_request(3, by="mallory", head="hers", base="feature", at=shop.later())
    fork.merge(3, by="carol", at=shop.later())
    shop.repository.open_pull_request(7, by="carol", head="feature", at=shop.later(), source=fork)
    (pull,) = pulls(shop.change(shop.merge(7)))
    assert {"mallory", "carol"} <= people(pull)


def test_a_merge_that_nobody_tells_of_is_undetermined(shop: Shop) -> None:
    head = nest(shop, "merge", "merge")
    inner = shop.repository.pulls.pop(2)
    found = shop.change(head).pull_requests
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.INCOMPLETE
    assert "does not say which" in found.cause
    shop.repository.pulls[2] = inner
    assert isinstance(shop.change(head).pull_requests, tuple)


def test_a_side_commit_that_cannot_be_asked_about_is_undetermined(shop: Shop) -> None:
    head = nest(shop, "merge", "merge")
    side = shop.repository.pulls[2].head_sha
    shop.repository.unanswered.add(side)
    assert isinstance(shop.change(head).pull_requests, Problem)


def test_the_pushes_of_what_was_merged_into_it_must_be_known(shop: Shop) -> None:
    head = nest(shop, "merge", "squash")
    rows = shop.repository.activity
    rows.remove(next(row for row in rows if row.ref == "refs/heads/hers"))
    (pull,) = pulls(shop.change(head))
    assert isinstance(pull.pushes, Problem)


def test_who_merged_a_release_back_is_no_maker_of_the_next_change(shop: Shop) -> None:
    """A pull request back from main shares commits; what else came in by it is no part of ours."""
    shop.push("develop", shop.base)
    shop.propose(1, "fix")
    shop.propose(2, "other")
    shop.merge(1, method="squash")
    merged = shop.merge(2, method="squash")
    shop.repository.open_pull_request(3, by="dave", head="main", base="develop", at=shop.later())
    shop.repository.merge(3, by="dave", at=shop.later())
    change = shop.change(merged)
    by_number = {pull.number: pull for pull in pulls(change)}
    assert people(by_number[1]) == people(by_number[2]) == {"alice"}
    assert change.direct_pushes == ()
