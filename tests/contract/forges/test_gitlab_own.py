"""What is GitLab's own: approval times, merges told by content, lists that are not counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from places import MONDAY, OnGitLab
from shops import pulls, shas, written_by_forge

from gate.config.types import Service
from gate.demo import faults
from gate.demo.gitlab import GitLabSimulator
from gate.demo.repository import CommitPlan
from gate.errors import UsageError
from gate.model import (
    AccountKind,
    Base,
    BaseKind,
    Change,
    Problem,
    ProblemKind,
    Push,
    Verdict,
)


@pytest.fixture
def gitlab() -> Iterator[GitLabSimulator]:
    with GitLabSimulator() as running:
        yield running


@pytest.fixture
def place(gitlab: GitLabSimulator) -> OnGitLab:
    return OnGitLab(gitlab)


def pushes(change: Change) -> tuple[Push, ...]:
    assert isinstance(change.direct_pushes, tuple), change.direct_pushes
    return change.direct_pushes


# ---------------------------------------------------------------- approvals


@pytest.mark.parametrize("tells", [True, False])
def test_an_approval_has_its_time_from_gitlab_or_its_note(place: OnGitLab, tells: bool) -> None:
    place.gitlab.tells_approval_times = tells
    head = place.propose(1, "fix")
    place.shop.comment(1, "approved this merge request", by="mallory", at=place.later())
    place.shop.approve(1, by="bob", at=MONDAY + timedelta(hours=1))
    merged = place.merge(1)
    (pull,) = pulls(place.change(merged))
    assert isinstance(pull.reviews, tuple), pull.reviews
    (review,) = pull.reviews
    assert review.account is not None
    assert (review.account.key, review.commit) == ("bob", head)
    assert review.decided_at == MONDAY + timedelta(hours=1)


def test_an_approval_whose_time_nobody_tells_is_a_problem(place: OnGitLab) -> None:
    place.gitlab.tells_approval_times = False
    place.propose(1, "fix")
    place.approve(1, by="bob")
    place.shop.requests[1].notes.clear()
    (pull,) = pulls(place.change(place.merge(1)))
    assert isinstance(pull.reviews, Problem)
    assert pull.reviews.kind is ProblemKind.INCOMPLETE


def test_approvals_taken_back_or_reset_are_gone(place: OnGitLab) -> None:
    place.propose(1, "fix")
    place.approve(1, by="bob")
    place.shop.unapprove(1, by="bob", at=place.later())
    place.shop.resets = True
    place.approve(1, by="carol")
    place.push("fix", place.commit("More", on="fix"))
    (pull,) = pulls(place.change(place.merge(1)))
    assert pull.reviews == ()


def test_an_objection_stands_until_its_giver_approves(place: OnGitLab) -> None:
    place.propose(1, "fix")
    place.object(1, by="carol")
    place.object(1, by="dave")
    place.approve(1, by="dave")
    place.shop.review(1, by="bob", at=place.later())
    (pull,) = pulls(place.change(place.merge(1)))
    assert isinstance(pull.reviews, tuple)
    found = {r.account.key: r.verdict for r in pull.reviews if r.account}
    assert found == {"carol": Verdict.DECLINED, "dave": Verdict.APPROVED}


@pytest.mark.parametrize("how", ["asked again", "taken away", "reviewed", "unapproved"])
def test_an_objection_outlives_what_gitlab_forgets(place: OnGitLab, how: str) -> None:
    """Asking for another review, or removing the reviewer, clears the state and not the note."""
    place.propose(1, "fix")
    place.object(1, by="carol")
    at = place.later()
    if how == "taken away":
        del place.shop.requests[1].reviewers["carol"]
    elif how == "unapproved":
        place.shop.unapprove(1, by="carol", at=at)
    else:
        state: Any = {"asked again": "unreviewed", "reviewed": "reviewed"}[how]
        place.shop.review(1, by="carol", at=at, state=state)
    (pull,) = pulls(place.change(place.merge(1)))
    assert isinstance(pull.reviews, tuple)
    assert [(r.account and r.account.key, r.verdict) for r in pull.reviews] == [
        ("carol", Verdict.DECLINED)
    ]


def test_who_approved_and_objects_again_objects(place: OnGitLab) -> None:
    place.propose(1, "fix")
    place.approve(1, by="carol")
    place.object(1, by="carol")
    (pull,) = pulls(place.change(place.merge(1)))
    assert isinstance(pull.reviews, tuple)
    assert [review.verdict for review in pull.reviews] == [Verdict.DECLINED]


def test_who_objects_by_gitlabs_state_objects_whatever_its_notes_say(place: OnGitLab) -> None:
    """The reviewer's time is when they were asked, which is before they approved."""
    place.propose(1, "fix")
    asked = place.later()
    place.approve(1, by="carol")
    place.shop.review(1, by="carol", at=asked, state="requested_changes")
    (pull,) = pulls(place.change(place.merge(1)))
    assert isinstance(pull.reviews, tuple)
    assert Verdict.DECLINED in [review.verdict for review in pull.reviews]


def test_a_deleted_accounts_objection_stands(place: OnGitLab) -> None:
    place.propose(1, "fix")
    place.object(1, by="carol")
    merged = place.merge(1)
    place.forget("carol")
    (pull,) = pulls(place.change(merged))
    assert isinstance(pull.reviews, tuple)
    assert [(r.account, r.verdict) for r in pull.reviews] == [(None, Verdict.DECLINED)]


def test_a_comment_that_says_so_is_no_objection(place: OnGitLab) -> None:
    place.propose(1, "fix")
    place.shop.comment(1, "requested changes", by="mallory", at=place.later())
    (pull,) = pulls(place.change(place.merge(1)))
    assert pull.reviews == ()


def test_an_approval_of_the_moment_of_a_push_is_of_the_head_before(place: OnGitLab) -> None:
    place.propose(1, "fix")
    more = place.commit("More", on="fix")
    at = place.later()
    place.shop.push("fix", more, by="alice", at=at)
    place.shop.approve(1, by="bob", at=at)
    (pull,) = pulls(place.change(place.merge(1)))
    assert isinstance(pull.reviews, tuple)
    assert pull.reviews[0].commit not in {"", more}


def test_a_state_of_a_review_that_is_not_known_is_a_problem(place: OnGitLab) -> None:
    place.propose(1, "fix")
    merged = place.accept(1)
    users = {"id": 1, "username": "bob", "name": "Bob", "state": "active"}
    row = {"user": users, "state": "vetoed", "created_at": "2026-01-05T08:00:00Z"}
    place.gitlab.fault(r"/reviewers\?", faults.replace([row]))
    (pull,) = pulls(place.change(merged))
    assert isinstance(pull.reviews, Problem)


# ---------------------------------------------------------------- merges


def test_a_squashed_commit_beneath_a_merge_commit(place: OnGitLab) -> None:
    place.propose(1, "fix", "One", "Two")
    place.approve(1, by="bob")
    merged = place.shop.merge(1, by="bob", at=place.later(), method="squash")
    change = place.change(merged)
    (pull,) = pulls(change)
    assert len(shas(change)) == 2
    assert written_by_forge(change) == set(shas(change)) == set(pull.brings)
    assert change.direct_pushes == ()


def both_sides(place: OnGitLab, *, near: bool) -> str:
    """main and the merge request change one file, near each other or not; the head."""
    lines = [f"line {n}\n" for n in range(40)]
    at = place.later
    first = place.shop.commit("File", by="alice", at=at(), files={"f": "".join(lines)})
    place.push("main", first)
    place.base = first
    changed = [*lines[: 5 if near else 30], "theirs\n", *lines[6 if near else 31 :]]
    head = place.shop.commit("Fix", by="alice", at=at(), files={"f": "".join(changed)})
    place.push("fix", head)
    place.open(1, "fix", by="alice")
    ours = ["ours\n", "ours\n", *lines[3:]]
    other = place.shop.commit("Aside", by="carol", at=at(), files={"f": "".join(ours)})
    place.push("main", other, by="carol")
    return head


def test_a_merge_into_a_file_that_both_changed(place: OnGitLab) -> None:
    both_sides(place, near=False)
    merged = place.accept(1)
    change = place.change(merged)
    assert merged in written_by_forge(change)
    assert [p.account and p.account.key for p in pushes(change)] == ["carol"]


@pytest.mark.parametrize("signs", [True, False])
def test_a_merge_that_cannot_be_read_needs_gitlabs_signature(place: OnGitLab, signs: bool) -> None:
    place.shop.signs = signs
    place.gitlab.most_diff = 3
    place.propose(1, "fix")
    merged = place.accept(1)
    change = place.change(merged)
    assert (merged in written_by_forge(change)) is signs
    assert [p.account and p.account.key for p in pushes(change)] == ([] if signs else ["bob"])


def test_a_comparison_cut_short_needs_gitlabs_signature(place: OnGitLab) -> None:
    place.gitlab.most_diffs = 0
    place.propose(1, "fix")
    merged = place.accept(1)
    assert written_by_forge(place.change(merged)) == set()


def test_a_persons_signature_does_not_stand_for_gitlabs(place: OnGitLab) -> None:
    place.gitlab.most_diff = 3
    place.propose(1, "fix")
    merged = place.accept(1)
    place.shop.sign(merged)
    assert written_by_forge(place.change(merged)) == set()


def test_a_system_signature_does_not_excuse_what_can_be_read(place: OnGitLab) -> None:
    """A merge commit with other content may be signed: a conflict resolved on the site is."""
    head = place.propose(1, "fix")
    bent = place.commit("Merge branch 'fix' into 'main'", by="mallory", on=("main", head))
    place.push("main", bent, by="mallory")
    place.shop.network.by_system.add(bent)
    change = place.change(bent)
    assert written_by_forge(change) == set()
    assert [p.account and p.account.key for p in pushes(change)] == ["mallory"]


def test_a_merge_by_hand_of_the_same_content_is_a_merge(place: OnGitLab) -> None:
    head = place.propose(1, "fix")
    made = plain_merge(place, place.base, head, "carol")
    place.push("main", made, by="carol")
    change = place.change(made)
    assert written_by_forge(change) == {made}
    assert change.direct_pushes == ()


def plain_merge(place: OnGitLab, into: str, head: str, by: str) -> str:
    """The merge commit that GitLab would make, made on somebody's own machine."""
    git, identity = place.shop.git, place.gitlab.users[by].identity
    plan = CommitPlan("By hand", identity, place.later(), (into, head))
    return git.commit_tree(git.merge_tree(into, head), plan)


def test_what_lies_beneath_a_plain_merge_is_not_brought_by_it(place: OnGitLab) -> None:
    """mallory pushes a commit and, on top, a merge that adds nothing of its own."""
    head = place.propose(1, "fix")
    evil = place.commit("Evil", by="mallory")
    made = plain_merge(place, evil, head, "mallory")
    place.push("main", made, by="mallory")
    change = place.change(made)
    assert written_by_forge(change) == set()
    assert {evil, made} <= change.push_of.keys()
    assert [p.account and p.account.key for p in pushes(change)] == ["mallory"]


@pytest.mark.parametrize("method", ["squash-ff", "ff"])
def test_what_a_branch_had_lost_comes_back_by_a_push(place: OnGitLab, method: str) -> None:
    """main is forced back, and what mallory had pushed comes again below a merged request."""
    evil = place.commit("Evil", by="mallory")
    place.push("main", evil, by="mallory")
    place.propose(1, "fix")
    merged = place.accept(1, method)
    place.push("main", place.base, by="carol")
    place.push("main", merged, by="dave")
    change = place.change(merged)
    assert {sha: pushes(change)[at].account for sha, at in change.push_of.items()}.keys() >= {evil}
    assert all(evil not in pull.brings for pull in pulls(change))


def test_a_tag_is_not_the_branch_of_its_name(place: OnGitLab) -> None:
    one = place.commit("One")
    place.push("main", one, by="mallory")
    place.shop.push_tag("main", one, by="bob", at=place.later())
    (push,) = pushes(place.change(one))
    assert push.account is not None
    assert push.account.key == "mallory"


def test_what_makes_a_merge_out_cannot_be_read(place: OnGitLab) -> None:
    place.propose(1, "fix")
    merged = place.accept(1)
    place.gitlab.fault(r"/compare\?", faults.status(403))
    change = place.change(merged)
    assert isinstance(change.pull_requests, Problem)
    assert isinstance(change.direct_pushes, Problem)


# ---------------------------------------------------------------- pushes


def test_pushes_to_other_branches_fill_pages(place: OnGitLab) -> None:
    place.gitlab.page_limit = 20
    place.propose(1, "fix")
    for number in range(60):
        place.push(f"noise/{number}", place.base)
    merged = place.accept(1)
    for number in range(60, 120):
        place.push(f"noise/{number}", place.base)
    change = place.change(merged)
    (pull,) = pulls(change)
    assert isinstance(pull.pushes, tuple)
    assert change.direct_pushes == ()


def test_more_pushes_than_are_read_are_undetermined(place: OnGitLab) -> None:
    place.gitlab.page_limit = 1
    place.propose(1, "fix")
    merged = place.accept(1)
    for number in range(50):
        place.push(f"noise/{number}", place.base)
    change = place.change(merged)
    assert isinstance(change.pull_requests, Problem) or isinstance(change.direct_pushes, Problem)


def test_a_page_of_pushes_that_fails_is_named_where_those_before_do_not_do(
    place: OnGitLab,
) -> None:
    place.gitlab.page_limit = 1
    place.propose(1, "fix")
    merged = place.accept(1)
    place.gitlab.fault(r"/events\?.*[&?]page=2\b", faults.status(403))
    change = place.change(merged)
    requests = change.pull_requests
    told = [requests, change.direct_pushes]
    told += [] if isinstance(requests, Problem) else [p.pushes for p in requests]
    (problem,) = {each for each in told if isinstance(each, Problem)}
    assert problem.request.endswith("/events")
    assert "(403)" in problem.cause


def test_a_bulk_push_leaves_a_gap(place: OnGitLab) -> None:
    one = place.commit("One")
    place.push("main", one, by="mallory")
    two = place.commit("Two", on=one)
    place.push("main", two, by="carol")
    events = place.shop.events
    at = next(n for n, event in enumerate(events) if event.after == one)
    place.shop.bulk_push(12, by="mallory", at=events[at].at)
    events[at] = events.pop()
    assert isinstance(place.change(two).direct_pushes, Problem)


def test_a_merge_request_that_was_begun_from_an_issue(place: OnGitLab) -> None:
    """Its branch is made at main, and there is nothing in it yet."""
    place.push("fix", place.base)
    place.open(1, "fix", by="alice")
    place.approve(1, by="bob")
    head = place.commit("Fix", on="fix")
    place.push("fix", head)
    place.approve(1, by="carol")
    (pull,) = pulls(place.change(place.merge(1)))
    assert isinstance(pull.pushes, tuple)
    assert [p.after for p in pull.pushes] == [head]
    assert isinstance(pull.reviews, tuple)
    reviews = {r.account.key: r.commit for r in pull.reviews if r.account}
    assert reviews == {"bob": place.base, "carol": head}


@pytest.mark.parametrize("branch", ["main", "fix"])
def test_a_missing_push_is_noticed(place: OnGitLab, branch: str) -> None:
    place.propose(1, "fix")
    place.push("fix", place.commit("More", on="fix"))
    place.push("main", place.commit("Aside"), by="carol")
    merged = place.accept(1)
    events = place.shop.events
    mine = [event for event in events if event.ref == branch]
    events.remove(mine[-1])
    change = place.change(merged)
    parts: list[Any] = [change.pull_requests, change.direct_pushes]
    if isinstance(change.pull_requests, tuple):
        parts += [pull.pushes for pull in change.pull_requests]
    assert any(isinstance(part, Problem) for part in parts)


def test_the_pushes_of_a_fork_that_is_gone_or_hidden_are_unknown(place: OnGitLab) -> None:
    place.fork_push("carol", "fix", by="carol")
    place.open_from_fork(7, "carol", "fix", by="carol")
    merged = place.accept(7)
    token = place.gitlab.add_token("bob", "only-shop", projects=("acme/shop",))
    base = Base(BaseKind.DEPLOYED, place.base)
    hidden = place.reader(token).fetch_change(place.service(), merged, base)
    assert isinstance(hidden, Change)
    (pull,) = pulls(hidden)
    assert isinstance(pull.pushes, Problem)
    assert pull.pushes.kind is ProblemKind.HIDDEN
    del place.gitlab.projects["carol/shop"]
    (pull,) = pulls(place.change(merged))
    assert isinstance(pull.pushes, Problem)
    assert pull.pushes.kind is ProblemKind.INCOMPLETE


# ---------------------------------------------------------------- lists


def test_long_lists_are_read_in_pages(place: OnGitLab) -> None:
    place.gitlab.page_limit = 4
    place.propose(1, "fix", *(f"Commit {n}" for n in range(9)))
    for name in ("bob", "carol", "dave"):
        place.approve(1, by=name)
    change = place.change(place.merge(1))
    (pull,) = pulls(change)
    assert len(shas(change)) == 10
    assert isinstance(pull.commits, tuple)
    assert len(pull.commits) == 9
    assert isinstance(pull.reviews, tuple)
    assert len(pull.reviews) == 3


def test_a_list_that_gitlab_does_not_count_is_not_believed(place: OnGitLab) -> None:
    place.propose(1, "fix", "One", "Two")
    merged = place.accept(1)
    place.gitlab.counted = 1
    found = place.change(merged).pull_requests
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.INCOMPLETE


COUNTED = (
    r"/commits/[0-9a-f]+/merge_requests",
    r"/commits/[0-9a-f]+/refs",
    r"/merge_requests/1/commits",
    r"/versions\?",
    r"/reviewers\?",
    r"/deployments\?",
    r"/merge_requests/1/notes",
)


OF_TWO_ROWS = (COUNTED[1], COUNTED[2], COUNTED[4], COUNTED[5])


@pytest.mark.parametrize(
    ("where", "fault"),
    [(where, "hidden") for where in COUNTED] + [(where, "stale") for where in OF_TWO_ROWS],
)
def test_rows_that_are_missing_from_a_counted_list_are_noticed(
    place: OnGitLab, where: str, fault: faults.Kind
) -> None:
    """The last row hidden; or, of two pages, the first one twice."""
    place.propose(1, "fix", "One", "Two")
    place.approve(1, by="carol")
    merged = place.accept(1)
    for number in range(2):
        place.deploy("production", merged)
        place.push(f"more/{number}", merged)
    if fault == "stale":
        place.gitlab.page_limit = 1
        assert isinstance(place.change(merged).pull_requests, tuple)
        assert isinstance(place.deployments("production", merged), tuple)
    place.gitlab.fault(where, fault)
    found: Any = place.change(merged)
    parts = [found.pull_requests, found.release_refs, place.deployments("production", merged)]
    if isinstance(found.pull_requests, tuple):
        parts += [pull.reviews for pull in found.pull_requests]
    assert any(isinstance(part, Problem) for part in parts)


def test_a_head_that_no_version_tells_of_has_no_reviews(place: OnGitLab) -> None:
    place.propose(1, "fix")
    place.push("fix", place.commit("More", on="fix"))
    merged = place.accept(1)
    place.shop.requests[1].versions.pop()
    (pull,) = pulls(place.change(merged))
    assert isinstance(pull.reviews, Problem)


def test_commits_that_gitlab_leaves_out_of_the_range_are_noticed(place: OnGitLab) -> None:
    """The oldest commit of a side branch: all that is listed still leads to the head."""
    side = place.commit("Side")
    top = place.commit("Top", on=side)
    place.push("main", place.commit("Main"), by="carol")
    merge = place.commit("Merge", by="carol", on=("main", top))
    place.push("main", merge, by="carol")
    assert side in shas(place.change(merge))

    plain = place.gitlab.handle

    def without(request: Any) -> Any:
        reply = plain(request)
        if request.path.endswith("/repository/commits"):
            rows = [row for row in reply.body if row["id"] != side]
            return type(reply)(rows, reply.status, reply.headers, reply.content_type)
        return reply

    place.gitlab.handle = without  # type: ignore[method-assign]  # the service lies
    assert isinstance(place.change(merge).commits, Problem)


# ---------------------------------------------------------------- the project


def test_a_project_in_subgroups(gitlab: GitLabSimulator) -> None:
    place = OnGitLab(gitlab)
    deep = gitlab.create_project("acme/web/shop")
    deep.push(
        "main", deep.commit("Begin", by="alice", at=place.later()), by="alice", at=place.later()
    )
    service = Service("shop", f"{gitlab.url}/acme/web/shop", ("main",), ())
    head = deep.branches["main"]
    found = place.reader().fetch_change(service, head, Base(BaseKind.FIRST, ""))
    assert isinstance(found, Change)
    assert shas(found) == (head,)


def test_a_moved_project_is_not_the_one_asked_for(place: OnGitLab) -> None:
    moved = {"id": 1, "path_with_namespace": "acme/store"}
    place.gitlab.fault(r"/projects/acme%2Fshop$", faults.replace(moved))
    found = place.read(place.base)
    assert isinstance(found, Problem)
    assert (found.service, "renamed" in found.cause) == ("gitlab", True)


def test_the_service_must_be_on_this_forge(place: OnGitLab) -> None:
    url = place.gitlab.url
    for repository in (
        "https://elsewhere.example/acme/shop",
        f"{url}/acme",
        f"{url}/acme/shop/-/tree/main",
        f"{url}/../shop",
        f"{url}/acme/..",
    ):
        service = Service("shop", repository, ("main",), ())
        with pytest.raises(UsageError):
            place.reader().fetch_change(service, place.base, Base(BaseKind.FIRST, ""))


def test_tokens_that_do_not_reach(place: OnGitLab) -> None:
    base = Base(BaseKind.DEPLOYED, place.base)
    place.propose(1, "fix")
    merged = place.accept(1)

    def read(token: str) -> Problem:
        found = place.reader(token).fetch_change(place.service(), merged, base)
        problem = found if isinstance(found, Problem) else found.pull_requests
        assert isinstance(problem, Problem)
        return problem

    wrong = read("wrong")
    assert (wrong.kind, wrong.service) == (ProblemKind.CREDENTIALS, "gitlab")
    assert "GITLAB_TOKEN" in wrong.remedy
    add = place.gitlab.add_token
    assert read(add("bob", "other", projects=())).kind is ProblemKind.HIDDEN
    assert read("").kind is ProblemKind.HIDDEN
    scope = read(add("bob", "scopeless", without=("read_api",)))
    assert scope.kind is ProblemKind.PERMISSION
    assert "read_api" in scope.remedy
    for what in ("repository", "merge_requests"):
        assert read(add("bob", what, without=(what,))).kind is ProblemKind.PERMISSION


def test_the_token_goes_to_no_other_host(place: OnGitLab) -> None:
    """By itself python-gitlab sends it wherever a redirect leads."""
    with GitLabSimulator() as other:
        place.gitlab.fault(r"/projects/", faults.redirect(f"{other.url}/api/v4/projects/1"))
        found = place.read(place.base)
        assert isinstance(found, Problem)
        assert "redirects to another place" in found.cause
        assert other.requests == ()


@pytest.mark.parametrize("wait", [{"retry_after": 0}, {"retry_after": "0.0"}, {"date_in": -5}])
def test_a_limit_is_waited_for_however_it_is_told(place: OnGitLab, wait: dict[str, Any]) -> None:
    """python-gitlab would fail at a date, and ask ten times."""
    place.propose(1, "fix")
    merged = place.accept(1)
    place.gitlab.fault(r"/approvals$", faults.status(429, **wait), times=1)
    (pull,) = pulls(place.change(merged))
    assert isinstance(pull.reviews, tuple)
    place.gitlab.forget_requests()
    place.gitlab.fault(r"/approvals$", faults.status(429, **wait))
    (pull,) = pulls(place.change(merged))
    assert isinstance(pull.reviews, Problem)
    assert sum(r.path.endswith("/approvals") for r in place.gitlab.requests) == 3


def test_bots_are_no_people(place: OnGitLab) -> None:
    place.propose(1, "fix")
    place.approve(1, by="project_1_bot_0a")
    (pull,) = pulls(place.change(place.merge(1)))
    assert isinstance(pull.reviews, tuple)
    (review,) = pull.reviews
    assert review.account is not None
    assert review.account.kind is AccountKind.APP


# ---------------------------------------------------------------- faults

PLACES = (
    *(r"/projects/acme%2Fshop$", r"/repository/commits\?", r"/merge_base\?"),
    *(r"/commits/[0-9a-f]+/merge_requests", r"/commits/[0-9a-f]+/refs", r"/branches/main"),
    *(r"/events\?", r"/merge_requests/1$", r"/merge_requests/1/commits", r"/versions\?"),
    *(r"/approvals$", r"/reviewers\?", r"/compare\?", r"/notes\?"),
)
BODIES: tuple[object, ...] = (None, "x", {}, [None], [{}], [[]])
FAULTS = (
    *(faults.html(), faults.empty(), faults.wrong_types(), faults.status(500, retry_after=0)),
    *(faults.status(code) for code in (400, 401, 403, 404, 409, 422)),
    *(faults.replace(body) for body in BODIES),
    faults.redirect("https://elsewhere.example/"),
    faults.truncated(),
)


def named(fault: faults.Fault) -> str:
    return f"{fault.kind}-{fault.code or repr(fault.body)}"


@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_a_fault_anywhere_is_a_problem_and_never_an_exception(
    place: OnGitLab, fault: faults.Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gate.http.session.BACKOFF_SECONDS", 0.0)
    place.propose(1, "fix")
    merged = place.accept(1)
    for base in (None, ""):
        for where in PLACES:
            if base == "" and where == r"/branches/main":
                continue
            place.gitlab.fault(where, fault)
            found = place.read(merged, base)
            place.gitlab.heal()
            assert problems_of(found), (where, base)


def problems_of(found: Change | Problem) -> list[Problem]:
    if isinstance(found, Problem):
        return [found]
    parts: list[object] = [
        found.commits,
        found.pull_requests,
        found.direct_pushes,
        found.release_refs,
        found.in_repository,
    ]
    if isinstance(found.pull_requests, tuple):
        parts += [part for pull in found.pull_requests for part in (pull.reviews, pull.pushes)]
    return [part for part in parts if isinstance(part, Problem)]


def test_the_number_of_requests_is_bounded(place: OnGitLab) -> None:
    place.propose(1, "fix", "One", "Two")
    merged = place.accept(1)
    place.gitlab.forget_requests()
    reader = place.reader()
    found = reader.fetch_change(place.service(), merged, Base(BaseKind.DEPLOYED, place.base))
    assert isinstance(found, Change)
    # project, range, merge base, refs, main, push events; two comparisons for the merge; the merge
    # requests of the head, those merged last, and those merged into the branch; the request with
    # commits, versions, approvals, reviewers, notes
    assert len(place.gitlab.requests) == 6 + 2 + 3 + 6 == len(reader.requests())
