"""How a change came in, as GitHub tells it."""

from __future__ import annotations

import pytest
from shops import Shop, pulls, shas, written_by_forge

from gate.demo.github_state import MergeMethod
from gate.demo.repository import Author
from gate.model import AccountKind, Base, BaseKind, Change, Problem, ProblemKind, Verdict


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_merge_by_the_forge_brings_its_pull_request(
    shop: Shop, method: MergeMethod, first: bool
) -> None:
    head = shop.propose(1, "fix", "One", "Two\n\nCo-authored-by: Carol <Carol@acme.example>")
    merged = shop.merge(1, method=method)
    change = shop.change(merged, "" if first else None)
    (pull,) = pulls(change)
    assert change.base_is_ancestor
    assert change.release_refs == ("main",)
    assert change.in_repository is True
    assert change.direct_pushes == ()
    assert shas(change)[-1] == merged
    assert set(pull.brings) == set(shas(change))
    assert len(shas(change)) == {"merge": 3, "squash": 1, "rebase": 2}[method]
    expected = {merged} if method != "rebase" else set(shas(change))
    assert written_by_forge(change) == expected
    assert pull.head_sha == head
    assert pull.into_release_ref
    assert pull.merge_sha == merged
    assert pull.merged_by is not None
    assert pull.merged_by.key == "bob"
    assert isinstance(pull.commits, tuple)
    assert {a.key for c in pull.commits for a in (c.author, *c.co_authors)} == {
        "alice",
        "carol@acme.example",
    }
    assert isinstance(pull.pushes, tuple)
    assert [(p.account and p.account.key, p.after) for p in pull.pushes] == [("alice", head)]


def test_several_merges_each_bring_their_own(shop: Shop) -> None:
    one = shop.propose(1, "one")
    two = shop.propose(2, "two", "Two", "Two and a half")
    first = shop.merge(1)
    second = shop.merge(2, method="rebase")
    third_head = shop.propose(3, "three")
    third = shop.merge(3, method="squash")
    change = shop.change(third)
    brings = {pull.number: set(pull.brings) for pull in pulls(change)}
    assert brings[1] == {one, first}
    assert brings[3] == {third}
    assert second in brings[2]
    assert len(brings[2]) == 2
    assert not {two, third_head} & set(shas(change))
    assert set().union(*brings.values()) == set(shas(change))


def test_a_merge_queue_is_the_forge(shop: Shop) -> None:
    shop.github.add_user("github-merge-queue[bot]", type="Bot")
    shop.propose(1, "fix")
    merged = shop.merge(1, queue=True)
    change = shop.change(merged)
    (pull,) = pulls(change)
    assert merged in pull.brings
    assert written_by_forge(change) == {merged}
    assert pull.merged_by is not None
    assert pull.merged_by.kind is AccountKind.APP


def test_a_direct_push_is_told_with_its_pusher(shop: Shop) -> None:
    one = shop.commit("One", by="alice")
    two = shop.commit("Two", by="alice", on=one)
    shop.push("main", two, by="mallory")
    change = shop.change(two)
    assert pulls(change) == ()
    assert isinstance(change.direct_pushes, tuple)
    (push,) = change.direct_pushes
    assert push.account is not None
    assert (push.account.key, push.before, push.after) == ("mallory", shop.base, two)
    assert change.push_of == {one: 0, two: 0}
    assert written_by_forge(change) == set()


def test_direct_pushes_between_merges(shop: Shop) -> None:
    direct = shop.commit("Hotfix", by="carol")
    shop.push("main", direct, by="carol")
    shop.propose(1, "fix")
    merged = shop.merge(1)
    last = shop.commit("Another", by="dave")
    shop.push("main", last, by="dave")
    change = shop.change(last)
    assert isinstance(change.direct_pushes, tuple)
    assert [p.account and p.account.key for p in change.direct_pushes] == ["carol", "dave"]
    assert change.push_of == {direct: 0, last: 1}
    (pull,) = pulls(change)
    assert merged in pull.brings


def test_a_merge_pushed_by_hand_is_no_merge_of_the_forge(shop: Shop) -> None:
    """GitHub marks the pull request as merged all the same."""
    head = shop.propose(1, "fix")
    by_hand = shop.commit("Merge pull request #1 from acme/fix", by="mallory", on=("main", head))
    shop.push("main", by_hand, by="mallory")
    change = shop.change(by_hand)
    (request,) = pulls(change)
    assert request.brings == (head,)
    assert written_by_forge(change) == set()
    assert isinstance(change.direct_pushes, tuple)
    assert change.push_of == {by_hand: 0}
    assert isinstance(request.pushes, tuple)
    assert [p.account and p.account.key for p in request.pushes] == ["alice", "mallory"]
    assert change.direct_pushes[0].account is not None
    assert change.direct_pushes[0].account.key == "mallory"


def test_a_message_that_looks_like_a_merge_is_none(shop: Shop) -> None:
    fake = shop.repository.commit(
        "Merge pull request #1 from acme/fix",
        by=Author("GitHub", "noreply@github.com"),
        at=shop.later(),
    )
    shop.push("main", fake, by="mallory")
    change = shop.change(fake)
    assert pulls(change) == ()
    assert written_by_forge(change) == set()
    assert change.push_of == {fake: 0}


def test_force_pushes_to_the_pull_request_are_followed(shop: Shop) -> None:
    shop.propose(1, "fix")
    other = shop.commit("Entirely different", by="carol")
    shop.push("fix", other, by="mallory")
    merged = shop.merge(1)
    (pull,) = pulls(shop.change(merged))
    assert isinstance(pull.pushes, tuple)
    assert [p.account and p.account.key for p in pull.pushes] == ["alice", "mallory"]
    assert pull.pushes[-1].after == pull.head_sha == other


def test_a_forced_main_is_a_direct_push(shop: Shop) -> None:
    shop.propose(1, "fix")
    shop.merge(1)
    forced = shop.commit("Instead", by="mallory", on=shop.base)
    shop.push("main", forced, by="mallory")
    change = shop.change(forced)
    assert shas(change) == (forced,)
    assert change.push_of == {forced: 0}


def test_a_branch_that_is_used_again_after_the_merge(shop: Shop) -> None:
    head = shop.propose(1, "fix")
    merged = shop.merge(1)
    shop.repository.delete_branch("fix", by="bob", at=shop.later())
    shop.push("fix", shop.commit("More", on="main"), by="mallory")
    (pull,) = pulls(shop.change(merged))
    assert isinstance(pull.pushes, tuple)
    assert [p.after for p in pull.pushes] == [head]


def test_a_pull_request_of_a_fork(shop: Shop) -> None:
    fork = shop.github.fork("acme/shop", "carol")
    head = shop.repository.commit("From afar", by="carol", at=shop.later())
    fork.push("fix", head, by="carol", at=shop.later())
    shop.repository.open_pull_request(7, by="carol", head="fix", at=shop.later(), source=fork)
    merged = shop.merge(7)
    (pull,) = pulls(shop.change(merged))
    assert isinstance(pull.pushes, tuple)
    assert [p.account and p.account.key for p in pull.pushes] == ["carol"]


def test_the_pushes_of_a_deleted_fork_are_unknown(shop: Shop) -> None:
    fork = shop.github.fork("acme/shop", "carol")
    head = shop.repository.commit("From afar", by="carol", at=shop.later())
    fork.push("fix", head, by="carol", at=shop.later())
    shop.repository.open_pull_request(7, by="carol", head="fix", at=shop.later(), source=fork)
    merged = shop.merge(7)
    del shop.github.repositories["carol/shop"]
    (pull,) = pulls(shop.change(merged))
    assert isinstance(pull.pushes, Problem)
    assert pull.pushes.kind is ProblemKind.INCOMPLETE


def test_a_commit_of_a_fork_only_is_in_no_release_ref(shop: Shop) -> None:
    fork = shop.github.fork("acme/shop", "mallory")
    evil = shop.repository.commit("Evil", by="mallory", at=shop.later())
    fork.push("evil", evil, by="mallory", at=shop.later())
    change = shop.change(evil)
    assert change.release_refs == ()
    assert isinstance(change.in_repository, Problem)
    assert isinstance(change.direct_pushes, Problem)
    shop.repository.open_pull_request(1, by="mallory", head="evil", at=shop.later(), source=fork)
    assert shop.change(evil).in_repository is False


def test_an_open_pull_request_brings_what_nothing_else_does(shop: Shop) -> None:
    head = shop.propose(1, "fix")
    for base in (None, ""):
        change = shop.change(head, base)
        (pull,) = pulls(change)
        assert pull.brings == (head,)
        assert not pull.into_release_ref
        assert (pull.merge_sha, pull.merged_at) == ("", None)
        assert change.release_refs == ()
        assert change.in_repository is True


def test_a_release_branch_cut_from_main_knows_the_merge(shop: Shop) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1, method="squash")
    shop.push("release/1", merged, by="carol")
    change = shop.change(merged, None, "release/*")
    (pull,) = pulls(change)
    assert change.release_refs == ("release/1",)
    assert pull.brings == (merged,)
    assert not pull.into_release_ref
    assert change.direct_pushes == ()


def test_release_refs_are_branches_unless_they_say_tags(shop: Shop) -> None:
    side = shop.commit("Side", by="mallory")
    shop.push("side", side, by="mallory")
    shop.repository.tag("main", side)
    shop.repository.tag("v1", side)
    assert shop.change(side).release_refs == ()
    assert shop.change(side, None, "main", "refs/tags/v*").release_refs == ("refs/tags/v1",)


def test_a_head_behind_the_release_refs_is_contained(shop: Shop) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1)
    shop.propose(2, "next")
    shop.merge(2)
    change = shop.change(merged)
    assert change.release_refs == ("main",)
    assert [pull.number for pull in pulls(change)] == [1]
    assert written_by_forge(change) == {merged}


# ---------------------------------------------------------------- people


def test_bots_unmatched_addresses_and_deleted_accounts(shop: Shop) -> None:
    shop.github.add_user("robot[bot]", type="Bot", emails=("robot@acme.example",))
    shop.github.add_user("erin")
    bot = shop.commit("Bump", by="robot[bot]")
    stranger = shop.repository.commit(
        "Odd", by=Author("Nobody", "Who@Elsewhere.example"), at=shop.later(), on=bot
    )
    shop.push("main", stranger, by="erin")
    shop.github.forget_user("erin")
    change = shop.change(stranger)
    assert isinstance(change.commits, tuple)
    assert isinstance(change.direct_pushes, tuple)
    assert change.commits[0].author.kind is AccountKind.APP
    odd = change.commits[1].author
    assert (odd.system, odd.key) == ("git", "who@elsewhere.example")
    assert change.direct_pushes[0].account is None


def test_a_deleted_author_of_a_pull_request_is_none(shop: Shop) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1)
    shop.github.forget_user("alice")
    shop.github.forget_user("bob")
    (pull,) = pulls(shop.change(merged))
    assert pull.author is None
    assert isinstance(pull.reviews, tuple)
    assert [review.account for review in pull.reviews] == [None]


def test_only_a_verified_signature_of_a_person_signs(shop: Shop) -> None:
    signed = shop.commit("Signed", by="carol")
    shop.repository.sign(signed)
    unsigned = shop.commit("Unsigned", by="carol", on=signed)
    shop.push("main", unsigned, by="alice")
    shop.propose(1, "fix")
    merged = shop.merge(1)
    commits = shop.change(merged).commits
    assert isinstance(commits, tuple)
    signers = {c.sha: c.signer and c.signer.key for c in commits}
    assert signers[signed] == "carol"
    assert signers[unsigned] is None
    assert signers[merged] is None  # the forge's own signature


def test_each_reviewers_latest_decision_counts(shop: Shop) -> None:
    head = shop.propose(1, "fix")
    review = shop.repository.review
    review(1, by="bob", at=shop.later(), state="CHANGES_REQUESTED")
    review(1, by="carol", at=shop.later())
    review(1, by="bob", at=shop.later())
    review(1, by="carol", at=shop.later(), state="CHANGES_REQUESTED")
    review(1, by="bob", at=shop.later(), state="COMMENTED")
    more = shop.commit("More", on="fix")
    shop.push("fix", more)
    merged = shop.repository.merge(1, by="bob", at=shop.later())
    (pull,) = pulls(shop.change(merged))
    assert isinstance(pull.reviews, tuple)
    found = {r.account.key: (r.verdict, r.commit) for r in pull.reviews if r.account}
    assert found == {"bob": (Verdict.APPROVED, head), "carol": (Verdict.DECLINED, head)}
    assert all(r.source == "review" for r in pull.reviews)


# ---------------------------------------------------------------- bases


def test_a_base_that_is_no_ancestor(shop: Shop) -> None:
    side = shop.commit("Side", by="carol")
    shop.push("side", side, by="carol")
    shop.propose(1, "fix")
    merged = shop.merge(1)
    assert not shop.change(merged, side).base_is_ancestor
    older = shop.change(shop.base, merged)
    assert not older.base_is_ancestor
    assert isinstance(older.commits, Problem)


def test_no_change_at_all_is_not_an_empty_one(shop: Shop) -> None:
    change = shop.change(shop.base)
    assert isinstance(change.commits, Problem)
    assert isinstance(change.pull_requests, Problem)
    assert isinstance(change.direct_pushes, Problem)


def test_a_first_deployment_of_a_direct_push(shop: Shop) -> None:
    one = shop.commit("One")
    two = shop.commit("Two", on=one)
    shop.push("main", two, by="carol")
    change = shop.change(two, "")
    assert shas(change) == (one, two)
    assert change.push_of == {one: 0, two: 0}


def test_a_first_deployment_of_the_first_push(shop: Shop) -> None:
    change = shop.change(shop.base, "")
    assert shas(change) == (shop.base,)
    assert change.push_of == {shop.base: 0}


def test_a_first_range_is_not_narrowed_by_pushing_in_small_steps(shop: Shop) -> None:
    evil = shop.commit("Evil", by="mallory")
    head = shop.commit("Harmless", by="mallory", on=evil)
    shop.push("release/x", evil, by="mallory")
    shop.push("release/x", head, by="mallory")
    shop.push("main", head, by="mallory")
    assert shas(shop.change(head, "", "main", "release/*")) == (evil, head)


def test_a_first_deployment_from_a_release_branch(shop: Shop) -> None:
    shop.propose(1, "fix", "One", "Two")
    merged = shop.merge(1, method="rebase")
    shop.push("release/1", merged, by="carol")
    change = shop.change(merged, "", "release/*")
    assert len(shas(change)) == 2
    assert [pull.number for pull in pulls(change)] == [1]
    assert change.release_refs == ("release/1",)


def test_a_merge_commit_that_is_not_of_the_reviewed_head_is_not_the_forges(shop: Shop) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1)
    other = shop.commit("Later", on="fix")
    shop.push("fix", other)
    shop.repository.pulls[1].head_sha = other
    assert written_by_forge(shop.change(merged)) == set()


def test_a_first_deployment_in_the_middle_of_a_push_is_undetermined(shop: Shop) -> None:
    one = shop.commit("One")
    shop.push("main", shop.commit("Two", on=one), by="carol")
    found = shop.read(one, "")
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.INCOMPLETE


def test_the_service_must_be_on_this_forge(shop: Shop) -> None:
    from gate.config.types import Service
    from gate.errors import UsageError

    reader = shop.reader()
    for repository in (
        "https://elsewhere.example/acme/shop",
        f"{shop.github.url}/acme",
        f"{shop.github.url}/acme/shop/tree",
        f"{shop.github.url}/../shop",
        f"{shop.github.url}/acme/..",
    ):
        service = Service("shop", repository, ("main",), ())
        with pytest.raises(UsageError):
            reader.fetch_change(service, shop.base, Base(BaseKind.FIRST, ""))


def test_a_github_enterprise_server(shop: Shop) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1)
    reader = shop.reader(enterprise=True)
    found = reader.fetch_change(shop.service(), merged, Base(BaseKind.DEPLOYED, shop.base))
    assert isinstance(found, Change)
    assert len(pulls(found)) == 1
