"""How a change came in: what every forge must tell alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from places import METHODS, OnGitHub, OnGitLab, Place
from shops import pulls, shas, written_by_forge

from gate.demo.github import GitHubSimulator
from gate.demo.gitlab import GitLabSimulator
from gate.demo.repository import Author
from gate.model import Account, Change, Problem, ProblemKind, PullRequest, Verdict


@pytest.fixture(params=["github", "gitlab"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "github":
        with GitHubSimulator() as github:
            yield OnGitHub(github)
    else:
        with GitLabSimulator() as gitlab:
            yield OnGitLab(gitlab)


def key(account: Account | None) -> str:
    return account.key if account else ""


def pushers(change: Change) -> dict[str, str]:
    """By commit that was pushed directly: whose push it was, and onto which ref."""
    assert isinstance(change.direct_pushes, tuple), change.direct_pushes
    found = {sha: change.direct_pushes[at] for sha, at in change.push_of.items()}
    return {
        sha: f"{key(p.account)} {p.ref.removeprefix('refs/heads/')}" for sha, p in found.items()
    }


def people(pull: PullRequest) -> set[str]:
    """Who made the pull request, beside authors by the commits' own word."""
    assert isinstance(pull.pushes, tuple), pull.pushes
    return {key(a) for a in (pull.author, *pull.others, *(p.account for p in pull.pushes))}


# ---------------------------------------------------------------- merges


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_a_merge_by_the_forge_brings_its_request(place: Place, method: str, first: bool) -> None:
    head = place.propose(1, "fix", "One", "Two\n\nCo-authored-by: Carol <Carol@acme.example>")
    merged = place.accept(1, method)
    change = place.change(merged, "" if first else None)
    (pull,) = pulls(change)
    assert change.base_is_ancestor
    assert change.release_refs == ("main",)
    assert change.in_repository is True
    assert change.direct_pushes == ()
    assert shas(change)[-1] == merged
    assert set(pull.brings) == set(shas(change))
    assert len(shas(change)) == {"merge": 3, "squash": 1, "straight": 2}[method]
    if method != "straight":
        assert written_by_forge(change) == {merged}
    assert pull.head_sha == head
    assert (pull.head_ref, pull.base_ref) == ("fix", "main")
    assert pull.into_release_ref
    assert pull.merge_sha == merged
    assert key(pull.merged_by) == "bob"
    assert key(pull.author) == "alice"
    assert isinstance(pull.commits, tuple)
    assert len(pull.commits) == 2
    assert "carol@acme.example" in {a.key for c in pull.commits for a in c.co_authors}
    assert isinstance(pull.pushes, tuple)
    assert [(key(p.account), p.after) for p in pull.pushes] == [("alice", head)]
    assert pull.landed_at is not None
    assert pull.merged_at is not None


def test_several_merges_each_bring_their_own(place: Place) -> None:
    one = place.propose(1, "one")
    place.propose(2, "two", "Two", "Two and a half")
    first = place.accept(1)
    second = place.accept(2)
    place.propose(3, "three")
    third = place.accept(3, "squash")
    change = place.change(third)
    brings = {pull.number: set(pull.brings) for pull in pulls(change)}
    assert brings[1] == {one, first}
    assert second in brings[2]
    assert len(brings[2]) == 3
    assert brings[3] == {third}
    assert set().union(*brings.values()) == set(shas(change))
    assert written_by_forge(change) == {first, second, third}
    assert change.direct_pushes == ()


def test_a_head_behind_the_release_refs_is_contained(place: Place) -> None:
    place.propose(1, "fix")
    merged = place.accept(1)
    place.propose(2, "next")
    place.accept(2)
    change = place.change(merged)
    assert change.release_refs == ("main",)
    assert [pull.number for pull in pulls(change)] == [1]
    assert written_by_forge(change) == {merged}
    assert change.direct_pushes == ()


def test_an_open_request_brings_what_nothing_else_does(place: Place) -> None:
    head = place.propose(1, "fix")
    for base in (None, ""):
        change = place.change(head, base)
        (pull,) = pulls(change)
        assert pull.brings == (head,)
        assert not pull.into_release_ref
        assert (pull.merge_sha, pull.merged_at) == ("", None)
        assert change.release_refs == ()
        assert change.in_repository is True


def test_a_request_that_was_closed_brings_nothing(place: Place) -> None:
    head = place.propose(1, "fix")
    place.repository.close(1, at=place.later())
    place.propose(2, "other", base="fix")
    merged = place.accept(2)
    place.push("main", merged, by="carol")
    change = place.change(merged)
    assert [pull.number for pull in pulls(change)] == [2]
    assert pushers(change)[head] == "carol main"


def test_a_release_branch_cut_from_main_knows_the_merge(place: Place) -> None:
    place.propose(1, "fix")
    merged = place.accept(1, "squash")
    place.push("release/1", merged, by="carol")
    change = place.change(merged, None, "release/*")
    (pull,) = pulls(change)
    assert change.release_refs == ("release/1",)
    assert pull.brings == (merged,)
    assert not pull.into_release_ref
    assert change.direct_pushes == ()


def test_release_refs_are_branches_unless_they_say_tags(place: Place) -> None:
    side = place.commit("Side", by="mallory")
    place.push("side", side, by="mallory")
    place.repository.tag("main", side)
    place.repository.tag("v1", side)
    assert place.change(side).release_refs == ()
    assert place.change(side, None, "main", "refs/tags/v*").release_refs == ("refs/tags/v1",)


# ---------------------------------------------------------------- pushes by hand


def test_a_direct_push_is_told_with_its_pusher(place: Place) -> None:
    one = place.commit("One")
    two = place.commit("Two", on=one)
    place.push("main", two, by="mallory")
    change = place.change(two)
    assert pulls(change) == ()
    assert pushers(change) == {one: "mallory main", two: "mallory main"}
    assert isinstance(change.direct_pushes, tuple)
    (push,) = change.direct_pushes
    assert (push.before, push.after) == (place.base, two)
    assert written_by_forge(change) == set()


def test_direct_pushes_between_merges(place: Place) -> None:
    direct = place.commit("Hotfix", by="carol")
    place.push("main", direct, by="carol")
    place.propose(1, "fix")
    merged = place.accept(1)
    last = place.commit("Another", by="dave")
    place.push("main", last, by="dave")
    change = place.change(last)
    assert pushers(change) == {direct: "carol main", last: "dave main"}
    (pull,) = pulls(change)
    assert merged in pull.brings


def test_a_merge_pushed_by_hand_is_no_merge_of_the_forge(place: Place) -> None:
    """The forge marks the request as merged all the same."""
    head = place.propose(1, "fix")
    by_hand = place.commit("Merge branch 'fix' into 'main'", by="mallory", on=("main", head))
    place.push("main", by_hand, by="mallory")
    change = place.change(by_hand)
    (request,) = pulls(change)
    assert request.brings == (head,)
    assert written_by_forge(change) == set()
    assert pushers(change) == {by_hand: "mallory main"}
    assert isinstance(request.pushes, tuple)
    assert [key(p.account) for p in request.pushes] == ["alice", "mallory"]


def test_a_commit_beneath_a_merge_by_hand_is_not_the_requests(place: Place) -> None:
    head = place.propose(1, "fix")
    evil = place.commit("Evil", by="mallory")
    by_hand = place.commit("Merge branch 'fix' into 'main'", by="mallory", on=(evil, head))
    place.push("main", by_hand, by="mallory")
    change = place.change(by_hand)
    assert pushers(change) == {evil: "mallory main", by_hand: "mallory main"}
    assert written_by_forge(change) == set()


def test_commits_put_on_top_of_a_request_by_hand_are_pushed(place: Place) -> None:
    head = place.propose(1, "fix")
    late = place.commit("Late", on=head)
    place.push("main", late, by="mallory")
    change = place.change(late)
    assert pushers(change)[late] == "mallory main"
    (pull,) = pulls(change)
    assert pull.brings == (head,)


def test_a_message_that_looks_like_a_merge_is_none(place: Place) -> None:
    fake = place.commit("Merge branch 'x' into 'main'", by=Author("GitHub", "noreply@github.com"))
    place.push("main", fake, by="mallory")
    change = place.change(fake)
    assert pulls(change) == ()
    assert written_by_forge(change) == set()
    assert pushers(change) == {fake: "mallory main"}


def test_force_pushes_to_the_request_are_followed(place: Place) -> None:
    place.propose(1, "fix")
    other = place.commit("Entirely different", by="carol")
    place.push("fix", other, by="mallory")
    merged = place.accept(1)
    (pull,) = pulls(place.change(merged))
    assert isinstance(pull.pushes, tuple)
    assert [key(p.account) for p in pull.pushes] == ["alice", "mallory"]
    assert pull.pushes[-1].after == pull.head_sha == other


def test_a_forced_main_is_a_direct_push(place: Place) -> None:
    place.propose(1, "fix")
    place.accept(1)
    forced = place.commit("Instead", by="mallory", on=place.base)
    place.push("main", forced, by="mallory")
    change = place.change(forced)
    assert shas(change) == (forced,)
    assert change.push_of == {forced: 0}


def test_a_branch_that_is_used_again_after_the_merge(place: Place) -> None:
    head = place.propose(1, "fix")
    merged = place.accept(1)
    place.repository.delete_branch("fix", by="bob", at=place.later())
    place.push("fix", place.commit("More", on="main"), by="mallory")
    (pull,) = pulls(place.change(merged))
    assert isinstance(pull.pushes, tuple)
    assert [p.after for p in pull.pushes] == [head]


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_ref_without_the_head_does_not_date_a_push(place: Place, by_hand: bool) -> None:
    """mallory pushes to main what is hidden behind an early merge into another branch."""
    place.push("scratch", place.base)
    early = place.propose(1, "early", base="scratch")
    if by_hand:
        place.push("scratch", place.commit("Merged by hand", on=("scratch", early)))
    else:
        place.accept(1)
    late = place.commit("Late", on=early)
    place.push("main", late, by="mallory")
    change = place.change(late, None, "main", "release/*")
    assert pushers(change)[late] == "mallory main"
    (pull,) = pulls(change)
    assert pull.brings == (early,)
    assert not pull.into_release_ref


# ---------------------------------------------------------------- forks


def test_a_request_from_a_fork(place: Place) -> None:
    place.fork_push("carol", "fix", by="carol")
    place.open_from_fork(7, "carol", "fix", by="carol")
    merged = place.accept(7)
    (pull,) = pulls(place.change(merged))
    assert isinstance(pull.pushes, tuple)
    assert [key(p.account) for p in pull.pushes] == ["carol"]
    assert people(pull) == {"carol"}


def test_a_commit_of_a_fork_only_is_not_released(place: Place) -> None:
    evil = place.fork_push("mallory", "evil", by="mallory")
    place.open_from_fork(1, "mallory", "evil", by="mallory")
    change = place.change(evil)
    assert change.release_refs == ()
    assert change.in_repository is False


# ---------------------------------------------------------------- whose work is in it


@pytest.mark.parametrize("outer", ["merge", "squash"])
@pytest.mark.parametrize("inner", METHODS)
def test_whoever_was_merged_into_the_branch_is_a_maker(
    place: Place, inner: str, outer: str
) -> None:
    place.propose(1, "feature")
    place.propose(2, "hers", base="feature", by="mallory")
    place.merge(2, inner, by="alice")
    found = place.change(place.accept(1, outer)).pull_requests
    if isinstance(found, Problem):  # it takes one round too many
        assert found.kind is ProblemKind.INCOMPLETE
        assert "merge" not in {inner, outer}
        return
    by_number = {pull.number: pull for pull in found}
    assert "mallory" in people(by_number[1])
    assert by_number[1].into_release_ref
    assert "bob" not in people(by_number[1])
    if 2 in by_number:
        assert "mallory" in people(by_number[2])
        assert not by_number[2].into_release_ref


def test_bots_unmatched_addresses_and_deleted_accounts(place: Place) -> None:
    stranger = place.commit("Odd", by=Author("Nobody", "Who@Elsewhere.example"))
    place.push("main", stranger, by="dave")
    place.forget("dave")
    change = place.change(stranger)
    assert isinstance(change.commits, tuple)
    assert isinstance(change.direct_pushes, tuple)
    odd = change.commits[0].author
    assert (odd.system, odd.key) == ("git", "who@elsewhere.example")
    assert change.direct_pushes[0].account is None


def test_a_deleted_author_and_reviewer_are_nobody(place: Place) -> None:
    place.propose(1, "fix")
    merged = place.accept(1)
    place.forget("alice", "bob")
    (pull,) = pulls(place.change(merged))
    assert pull.author is None
    assert isinstance(pull.reviews, tuple)
    assert [review.account for review in pull.reviews] == [None]


def test_reviews_are_of_the_head_that_was_there(place: Place) -> None:
    head = place.propose(1, "fix")
    place.approve(1, by="bob")
    place.object(1, by="carol")
    more = place.commit("More", on="fix")
    place.push("fix", more)
    place.approve(1, by="dave")
    merged = place.merge(1)
    (pull,) = pulls(place.change(merged))
    assert isinstance(pull.reviews, tuple)
    found = {key(r.account): (r.verdict, r.commit) for r in pull.reviews}
    assert found == {
        "bob": (Verdict.APPROVED, head),
        "carol": (Verdict.DECLINED, head),
        "dave": (Verdict.APPROVED, more),
    }
    assert all(r.source == "review" and r.decided_at is not None for r in pull.reviews)


def test_a_review_from_before_another_target_is_none_of_the_head(place: Place) -> None:
    """What stood on the old target was no part of what bob saw, and is now."""
    unseen = place.commit("Unseen")
    place.push("side", unseen)
    head = place.propose(1, "fix", base="side")
    place.approve(1, by="bob")
    place.object(1, by="dave")
    place.repository.retarget(1, "main", by="alice", at=place.later())
    place.approve(1, by="carol")
    (pull,) = pulls(place.change(place.merge(1)))
    assert unseen in pull.brings
    assert isinstance(pull.reviews, tuple), pull.reviews
    found = {key(r.account): r.commit for r in pull.reviews if r.verdict is Verdict.APPROVED}
    assert found == {"bob": "", "carol": head}
    assert [key(r.account) for r in pull.reviews if r.verdict is Verdict.DECLINED] == ["dave"]


def test_a_pull_request_that_kept_its_base(place: Place) -> None:
    place.propose(1, "fix")
    place.approve(1, by="bob")
    (pull,) = pulls(place.change(place.accept(1)))
    assert pull.retargeted_at is None


def test_the_last_new_base_is_dated_by_the_forge(place: Place) -> None:
    """The branches stand on the same commit, so that nothing but the record tells of it."""
    place.push("harmless", place.base)
    place.propose(1, "fix", base="harmless")
    place.repository.retarget(1, "main", by="alice", at=place.later())
    place.repository.retarget(1, "harmless", by="alice", at=place.later())
    last = place.later()
    place.repository.retarget(1, "main", by="alice", at=last)
    (pull,) = pulls(place.change(place.merge(1)))
    assert pull.retargeted_at == last


# ---------------------------------------------------------------- bases


def test_a_base_that_is_no_ancestor(place: Place) -> None:
    side = place.commit("Side", by="carol")
    place.push("side", side, by="carol")
    place.propose(1, "fix")
    merged = place.accept(1)
    assert not place.change(merged, side).base_is_ancestor
    older = place.change(place.base, merged)
    assert not older.base_is_ancestor
    assert isinstance(older.commits, Problem)


def test_no_change_at_all_is_not_an_empty_one(place: Place) -> None:
    change = place.change(place.base)
    assert isinstance(change.commits, Problem)
    assert isinstance(change.pull_requests, Problem)
    assert isinstance(change.direct_pushes, Problem)


def test_a_first_deployment_of_a_direct_push(place: Place) -> None:
    one = place.commit("One")
    two = place.commit("Two", on=one)
    place.push("main", two, by="carol")
    change = place.change(two, "")
    assert shas(change) == (one, two)
    assert change.push_of == {one: 0, two: 0}


def test_a_first_deployment_of_the_first_push(place: Place) -> None:
    change = place.change(place.base, "")
    assert shas(change) == (place.base,)
    assert change.push_of == {place.base: 0}


def test_a_first_range_is_not_narrowed_by_pushing_in_small_steps(place: Place) -> None:
    evil = place.commit("Evil", by="mallory")
    head = place.commit("Harmless", by="mallory", on=evil)
    place.push("release/x", evil, by="mallory")
    place.push("release/x", head, by="mallory")
    place.push("main", head, by="mallory")
    assert shas(place.change(head, "", "main", "release/*")) == (evil, head)


def test_a_first_deployment_in_the_middle_of_a_push_is_undetermined(place: Place) -> None:
    one = place.commit("One")
    place.push("main", place.commit("Two", on=one), by="carol")
    found = place.read(one, "")
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.INCOMPLETE
    assert found.service == place.service_name


def test_unknown_commits_are_named(place: Place) -> None:
    unknown = "f" * 40
    head, base = place.read(unknown), place.read(place.base, unknown)
    assert isinstance(head, Problem)
    assert isinstance(base, Problem)
    assert "the commit to deploy" in head.cause
    assert "the base commit" in base.cause


# ---------------------------------------------------------------- deployments


def test_only_successful_deployments_of_the_commit_there_count(place: Place) -> None:
    merged = place.base
    at = place.deploy("production", merged)
    place.deploy("staging", merged)
    place.deploy("production", merged, succeeds=False)
    other = place.commit("Other")
    place.push("main", other)
    place.deploy("production", other)
    found = place.deployments("production", merged)
    assert isinstance(found, tuple), found
    assert [(d.environment, d.commit, d.at) for d in found] == [("production", merged, at)]
    assert place.deployments("nowhere", merged) == ()


# ---------------------------------------------------------------- requests


def test_a_usual_change_takes_short_chains(place: Place) -> None:
    place.propose(1, "fix", "One", "Two")
    merged = place.accept(1)
    place.simulator.forget_requests()
    place.simulator.latency = 0.05
    change = place.change(merged)
    assert isinstance(change.pull_requests, tuple)
    assert place.simulator.longest_chain() <= 4
    requests = place.simulator.requests
    asked = [(r.path, tuple(r.query.items())) for r in requests if r.method == "GET"]
    assert len(set(asked)) == len(asked)
    assert len(requests) - len(asked) == (2 if place.service_name == "github" else 0)  # GraphQL
    assert {request.authorised for request in requests} == {True}
