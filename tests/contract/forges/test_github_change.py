"""How a change came in, as GitHub alone tells it; what forges tell alike: test_forge_contract."""

from __future__ import annotations

import pytest
from shops import Shop, pulls, shas, written_by_forge

from gate.demo.repository import Author
from gate.model import AccountKind, Base, BaseKind, Change, Problem, ProblemKind, Verdict


@pytest.mark.parametrize("base", [None, ""])
def test_all_commits_of_a_rebase_are_written_by_the_forge(shop: Shop, base: str | None) -> None:
    shop.propose(1, "fix", "One", "Two\n\nCo-authored-by: Carol <Carol@acme.example>")
    change = shop.change(shop.merge(1, method="rebase"), base)
    assert len(shas(change)) == 2
    assert written_by_forge(change) == set(shas(change))
    (pull,) = pulls(change)
    assert isinstance(pull.commits, tuple)
    assert {a.key for c in pull.commits for a in (c.author, *c.co_authors)} == {
        "alice",
        "carol@acme.example",
    }


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
