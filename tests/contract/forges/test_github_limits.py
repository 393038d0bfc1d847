"""Lists that are long, chains that must be short, and GitHub when it is not well."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from shops import Shop, pulls, shas

from gate.demo import faults
from gate.model import Base, BaseKind, Change, Problem, ProblemKind, Verdict


def test_a_usual_change_takes_few_requests_and_short_chains(shop: Shop) -> None:
    shop.propose(1, "fix", "One", "Two")
    merged = shop.merge(1)
    shop.github.forget_requests()
    shop.github.latency = 0.05
    reader = shop.reader()
    change = reader.fetch_change(shop.service(), merged, Base(BaseKind.DEPLOYED, shop.base))
    assert isinstance(change, Change)
    assert len(shop.github.requests) == 11 == len(reader.requests())
    assert shop.github.longest_chain() <= 3
    assert {request.authorised for request in shop.github.requests} == {True}


def test_what_a_reply_lacks_is_never_asked_for_unseen(shop: Shop) -> None:
    """PyGithub completes its objects by hidden calls; here a missing member is a Problem."""
    shop.propose(1, "fix")
    merged = shop.merge(1)
    shop.github.forget_requests()
    shop.github.fault(r"/pulls/1$", faults.replace({"number": 1}))
    change = shop.change(merged)
    assert isinstance(change.pull_requests, Problem)
    assert change.pull_requests.kind is ProblemKind.MALFORMED
    assert len(shop.github.requests) == 11


def requests_for(shop: Shop, head: str) -> Counter[str]:
    """What reading the change took: methods and paths, ids left out."""
    shop.github.forget_requests()
    assert isinstance(shop.change(head).pull_requests, tuple)
    return Counter(re.sub(r"[0-9a-f]{40}|[0-9]+", "…", r.path) for r in shop.github.requests)


def test_a_hundred_commits_take_one_page_more_than_two(shop: Shop) -> None:
    shop.propose(1, "small", "One")
    few = requests_for(shop, shop.merge(1))
    shop.base = shop.repository.branches["main"]
    shop.propose(2, "large", *(f"Commit {number}" for number in range(99)))
    many = requests_for(shop, shop.merge(2))
    assert many.total() <= few.total() + 1  # a page of the timeline, in which commits stand, too
    shop.base = shop.repository.branches["main"]
    shop.propose(3, "squashed", *(f"More {number}" for number in range(99)))
    squashed = requests_for(shop, shop.merge(3, method="squash"))
    assert squashed.total() <= few.total() + 1


def test_a_hundred_commits_in_ten_pull_requests_take_what_these_take(shop: Shop) -> None:
    for number in range(1, 11):
        shop.propose(number, f"topic-{number}", "First", "Second")
    for number in range(1, 11):
        merged = shop.merge(number)
    few = requests_for(shop, merged)
    shop.base = merged
    for number in range(11, 21):
        shop.propose(number, f"topic-{number}", *(f"Commit {n}" for n in range(9)))
    for number in range(11, 21):
        merged = shop.merge(number)
    assert requests_for(shop, merged) == few


def test_commits_beyond_a_bundle_are_asked_in_another(shop: Shop) -> None:
    commits = [shop.commit("First")]
    for number in range(102):
        commits.append(shop.commit(f"Commit {number}", on=commits[-1]))
    shop.push("main", commits[-1], by="carol")
    asked = requests_for(shop, commits[-1])
    assert asked["/graphql"] == 3  # the head at once, then 102


def test_a_commit_of_more_pull_requests_than_one_answer_holds(shop: Shop) -> None:
    head = shop.propose(1, "fix")
    for number in range(2, 28):
        shop.push(f"to-{number}", shop.base)
        shop.repository.open_pull_request(
            number, by="alice", head="fix", base=f"to-{number}", at=shop.later()
        )
    shop.github.forget_requests()
    assert len(pulls(shop.change(head, None, "main"))) == 27
    assert [r.path for r in shop.github.requests if r.path.endswith(f"/commits/{head}/pulls")]


def test_rows_that_graphql_hides_are_in_the_list_of_the_commit(shop: Shop) -> None:
    shop.propose(1, "fix", "One", "Two")
    merged = shop.merge(1)
    shop.github.fault("/graphql", "hidden")
    shop.github.forget_requests()
    assert [pull.number for pull in pulls(shop.change(merged))] == [1]
    assert [r.path for r in shop.github.requests if r.path.endswith(f"/commits/{merged}/pulls")]


def test_graphql_is_beside_the_api_of_an_enterprise_server(shop: Shop) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1)
    shop.github.forget_requests()
    base = Base(BaseKind.DEPLOYED, shop.base)
    found = shop.reader(enterprise=True).fetch_change(shop.service(), merged, base)
    assert isinstance(found, Change)
    assert [pull.number for pull in pulls(found)] == [1]
    posted = {r.path for r in shop.github.requests if r.method == "POST"}
    assert posted == {"/api/graphql"}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("RATE_LIMITED", ProblemKind.UNAVAILABLE),
        ("FORBIDDEN", ProblemKind.PERMISSION),
        ("NOT_FOUND", ProblemKind.HIDDEN),
        ("", ProblemKind.INCOMPLETE),
    ],
)
def test_graphql_that_says_no_with_200(shop: Shop, kind: str, told: ProblemKind) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1)
    error = {"message": "No."} | ({"type": kind} if kind else {})
    shop.github.fault("/graphql", faults.replace({"data": None, "errors": [error]}))
    found = shop.change(merged).pull_requests
    assert isinstance(found, Problem)
    assert found.kind is told
    assert found.request == "POST /graphql"


def test_of_a_partial_answer_nothing_is_believed(shop: Shop) -> None:
    head = shop.propose(1, "fix", "One", "Two")
    merged = shop.merge(1)
    shop.repository.unanswered.add(head)
    found = shop.change(merged).pull_requests
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.INCOMPLETE


def test_a_question_is_asked_again_after_a_failure(shop: Shop) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1)
    shop.github.fault("/graphql", faults.status(502, retry_after=0), times=1)
    assert isinstance(shop.change(merged).pull_requests, tuple)


def test_a_commit_that_graphql_does_not_have_is_undetermined(shop: Shop) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1)
    nothing = {"data": {"repository": {"c0": None, "c1": None}}}
    shop.github.fault("/graphql", faults.replace(nothing))
    found = shop.change(merged).pull_requests
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.HIDDEN


def test_all_pages_are_read(shop: Shop) -> None:
    shop.github.page_limit = 2
    messages = [f"Commit {n}" for n in range(5)]
    shop.propose(1, "fix", *messages)
    for by in ("carol", "dave", "carol", "dave", "carol"):
        shop.repository.review(1, by=by, at=shop.later())
    merged = shop.merge(1)
    change = shop.change(merged)
    (pull,) = pulls(change)
    assert len(shas(change)) == 6
    assert isinstance(pull.commits, tuple)
    assert len(pull.commits) == 5
    assert isinstance(pull.reviews, tuple)
    assert {r.account.key for r in pull.reviews if r.account} == {"bob", "carol", "dave"}


def test_a_comparison_of_several_pages(shop: Shop) -> None:
    commits = [shop.commit("First")]
    for number in range(120):
        commits.append(shop.commit(f"Commit {number}", on=commits[-1]))
    shop.push("main", commits[-1], by="carol")
    change = shop.change(commits[-1])
    assert shas(change) == tuple(commits)
    assert set(change.push_of.values()) == {0}


def test_a_pull_request_of_more_than_250_commits_is_incomplete(shop: Shop) -> None:
    shop.propose(1, "fix", *(f"Commit {number}" for number in range(251)))
    merged = shop.merge(1, method="squash")
    change = shop.change(merged)
    assert isinstance(change.pull_requests, Problem)
    assert change.pull_requests.kind is ProblemKind.INCOMPLETE
    assert "251" in change.pull_requests.cause


def test_more_pushes_than_the_chain_allows_are_incomplete(shop: Shop) -> None:
    shop.github.page_limit = 2
    head = shop.propose(1, "fix")
    for number in range(8):
        head = shop.commit(f"Again {number}", on=head)
        shop.push("fix", head)
    merged = shop.merge(1)
    (pull,) = pulls(shop.change(merged))
    assert isinstance(pull.pushes, Problem)
    assert pull.pushes.kind is ProblemKind.INCOMPLETE


def test_a_gap_in_the_pushes_is_incomplete(shop: Shop) -> None:
    head = shop.propose(1, "fix")
    shop.push("fix", shop.commit("Two", on=head))
    three = shop.commit("Three", on="fix")
    shop.push("fix", three)
    merged = shop.merge(1)
    rows = shop.repository.activity
    rows.remove(next(row for row in rows if row.before == head))
    (pull,) = pulls(shop.change(merged))
    assert isinstance(pull.pushes, Problem)


def test_a_release_ref_whose_pushes_have_a_gap_is_undetermined(shop: Shop) -> None:
    one = shop.commit("One")
    shop.push("main", one, by="mallory")
    two = shop.commit("Two", on=one)
    shop.push("main", two, by="carol")
    rows = shop.repository.activity
    rows.remove(next(row for row in rows if row.after == one))
    change = shop.change(two)
    assert isinstance(change.direct_pushes, Problem)


def test_a_pull_request_missing_right_after_its_merge_is_undetermined(shop: Shop) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1, method="squash")
    shop.repository.unlinked.add(merged)
    change = shop.change(merged)
    assert isinstance(change.pull_requests, Problem)
    assert "minute" in change.pull_requests.remedy
    assert isinstance(change.direct_pushes, Problem)


def test_hidden_rows_never_make_a_list_shorter_unnoticed(shop: Shop) -> None:
    shop.propose(1, "fix", "One", "Two")
    merged = shop.merge(1)
    for place, part in (
        (r"/compare/", "commits"),
        (r"/pulls/1/commits", "pull_requests"),
    ):
        shop.github.fault(place, "hidden")
        found = shop.read(merged)
        assert isinstance(found, Problem) or isinstance(getattr(found, part), Problem), place
        shop.github.heal()
    shop.github.fault(r"/activity\?.*fix", "hidden")
    (pull,) = pulls(shop.change(merged))
    assert isinstance(pull.pushes, Problem)


EVERY_PLACE = (
    r"/acme/shop$",
    r"/compare/",
    r"/matching-refs/",
    r"/activity.*main",
    r"/activity.*fix",
    r"/graphql$",
    r"/pulls/1$",
    r"/pulls/1/commits",
    r"/pulls/1/reviews",
    r"/issues/1/timeline",
)


BODIES: tuple[object, ...] = (None, "x", {}, [None], [{}], [[]])
FAULTS = (
    *(faults.html(), faults.empty(), faults.wrong_types(), faults.status(500, retry_after=0)),
    *(faults.status(code) for code in (401, 403, 404, 409, 422)),
    *(faults.replace(body) for body in BODIES),
    faults.redirect("https://elsewhere.example/"),
)


def named(fault: faults.Fault) -> str:
    return f"{fault.kind}-{fault.code or repr(fault.body)}"


@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_a_fault_anywhere_is_a_problem_and_never_an_exception(
    shop: Shop, fault: faults.Fault
) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1)
    for base in (None, ""):
        for place in EVERY_PLACE:
            shop.github.fault(place, fault)
            assert problems_of(shop.read(merged, base)), (place, base)
            shop.github.heal()


def problems_of(found: Change | Problem) -> list[Problem]:
    if isinstance(found, Problem):
        return [found]
    parts: list[object] = [
        found.commits,
        found.pull_requests,
        found.direct_pushes,
        found.release_refs,
    ]
    if isinstance(found.pull_requests, tuple):
        parts += [part for pull in found.pull_requests for part in (pull.reviews, pull.pushes)]
    return [part for part in parts if isinstance(part, Problem)]


def test_a_reply_that_breaks_off_is_a_problem(shop: Shop) -> None:
    shop.github.fault(r"/compare/", faults.truncated())
    assert problems_of(shop.read(shop.base))


def test_statuses_have_their_own_messages(shop: Shop) -> None:
    causes = {}
    for status, kind in (
        (401, ProblemKind.CREDENTIALS),
        (403, ProblemKind.PERMISSION),
        (404, ProblemKind.HIDDEN),
        (409, ProblemKind.UNAVAILABLE),
        (503, ProblemKind.UNAVAILABLE),
    ):
        wait = 0 if status == 503 else None
        shop.github.fault(r"/acme/shop$", faults.status(status, retry_after=wait))
        found = shop.read(shop.base)
        assert isinstance(found, Problem)
        assert found.kind is kind
        causes[status] = found.cause
        shop.github.heal()
    assert len(set(causes.values())) == len(causes)


def test_a_wrong_token_and_a_hidden_repository(shop: Shop) -> None:
    base = Base(BaseKind.DEPLOYED, shop.base)
    wrong = shop.reader("gh_wrong").fetch_change(shop.service(), shop.base, base)
    assert isinstance(wrong, Problem)
    assert wrong.kind is ProblemKind.CREDENTIALS
    outside = shop.github.add_token(token="gh_other", repositories=("acme/other",))
    hidden = shop.reader(outside).fetch_change(shop.service(), shop.base, base)
    assert isinstance(hidden, Problem)
    assert hidden.kind is ProblemKind.HIDDEN
    nobody = shop.reader("").fetch_change(shop.service(), shop.base, base)
    assert isinstance(nobody, Problem)


@pytest.mark.parametrize("lacking", ["contents", "pull_requests"])
def test_a_token_that_lacks_a_permission(shop: Shop, lacking: str) -> None:
    shop.propose(1, "fix")
    merged = shop.merge(1)
    token = shop.github.add_token(token="gh_some", without=(lacking,))
    base = Base(BaseKind.DEPLOYED, shop.base)
    found = shop.reader(token).fetch_change(shop.service(), merged, base)
    problem = found if isinstance(found, Problem) else found.pull_requests
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.PERMISSION


def test_a_moved_repository_is_not_the_one_asked_for(shop: Shop) -> None:
    shop.github.fault(r"/acme/shop$", faults.replace({"full_name": "acme/store"}))
    found = shop.read(shop.base)
    assert isinstance(found, Problem)
    assert "renamed" in found.cause


def test_an_unknown_commit_and_an_unknown_base(shop: Shop) -> None:
    unknown = "f" * 40
    head = shop.read(unknown)
    base = shop.read(shop.base, unknown)
    assert isinstance(head, Problem)
    assert isinstance(base, Problem)
    assert "commit to deploy" in head.cause
    assert "base commit" in base.cause


def test_a_dismissed_objection_stands(shop: Shop) -> None:
    shop.propose(1, "fix")
    objection = shop.repository.review(1, by="carol", at=shop.later(), state="DISMISSED")
    approval = shop.repository.review(1, by="dave", at=shop.later(), state="DISMISSED")
    merged = shop.merge(1)
    (pull,) = pulls(shop.change(merged))
    assert isinstance(pull.reviews, Problem)  # nothing tells what they had said
    reviewed = [
        {"event": "reviewed", "id": review.id} for review in shop.repository.pulls[1].reviews
    ]
    said = [(objection.id, "changes_requested"), (approval.id, "approved")]
    events = [
        {"event": "review_dismissed", "dismissed_review": {"review_id": i, "state": state}}
        for i, state in said
    ]
    shop.github.fault(r"/issues/1/timeline", faults.replace([*reviewed, *events]))
    (pull,) = pulls(shop.change(merged))
    assert isinstance(pull.reviews, tuple)
    found = {r.account.key: r.verdict for r in pull.reviews if r.account}
    assert found == {"bob": Verdict.APPROVED, "carol": Verdict.DECLINED}


# ---------------------------------------------------------------- deployments


def test_deployments_that_ever_succeeded(shop: Shop) -> None:
    deploy = shop.repository.deployment
    at = shop.later()
    deploy("production", shop.base, by="carol", at=at, states=("queued", "success", "inactive"))
    deploy("production", shop.base, by="carol", at=shop.later(), states=("failure",))
    deploy("production", shop.base, by="carol", at=shop.later(), states=())
    deploy("staging", shop.base, by="carol", at=shop.later())
    found = shop.reader().fetch_deployments(shop.service(), "production", shop.base)
    assert isinstance(found, tuple)
    assert [(d.environment, d.commit, d.at) for d in found] == [("production", shop.base, at)]


def test_deployments_over_several_pages_and_of_another_commit(shop: Shop) -> None:
    shop.github.page_limit = 2
    for _ in range(5):
        shop.repository.deployment("production", shop.base, by="carol", at=shop.later())
    reader = shop.reader()
    found = reader.fetch_deployments(shop.service(), "production", shop.base)
    assert isinstance(found, tuple)
    assert len(found) == 5
    assert [d.at for d in found] == sorted(d.at for d in found)
    row = {"id": 1, "environment": "production", "sha": "e" * 40}
    shop.github.fault(r"/deployments\?", faults.replace([row]))
    assert reader.fetch_deployments(shop.service(), "production", shop.base) == ()


@pytest.mark.parametrize("place", [r"/deployments\?", r"/deployments/[0-9]+/statuses"])
@pytest.mark.parametrize("fault", [faults.html(), faults.status(403), faults.replace([{}])])
def test_deployments_that_cannot_be_read(shop: Shop, place: str, fault: faults.Fault) -> None:
    shop.repository.deployment("production", shop.base, by="carol", at=shop.later())
    shop.github.fault(place, fault)
    found = shop.reader().fetch_deployments(shop.service(), "production", shop.base)
    assert isinstance(found, Problem)
