"""How often GitLab is asked: by merge requests, not by commits; and that nothing is lost by it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from places import METHODS, OnGitLab
from shops import pulls, shas

from gate.demo import faults
from gate.demo.gitlab import GitLabSimulator
from gate.forges.gitlab import asking
from gate.model import Change, Problem, PullRequest

ONE_BY_ONE = "commits/…/merge_requests"
RECENT = "order_by=updated_at"


@pytest.fixture
def place() -> Iterator[OnGitLab]:
    with GitLabSimulator() as running:
        yield OnGitLab(running)


def asked(place: OnGitLab, head: str, base: str | None = None) -> Counter[str]:
    """The paths of what reading the change took; ids and numbers left out."""
    place.gitlab.forget_requests()
    assert isinstance(place.change(head, base).pull_requests, tuple)
    paths = (re.sub(r"[0-9a-f]{40}|\b[0-9]+\b", "…", r.path) for r in place.gitlab.requests)
    return Counter(path.removeprefix("/api/v4/projects/acme/shop/") for path in paths)


def one_by_one(counted: Counter[str]) -> int:
    return counted[f"repository/{ONE_BY_ONE}"]


def makers(pull: PullRequest) -> set[str]:
    assert isinstance(pull.pushes, tuple), pull.pushes
    accounts = (pull.author, *pull.others, *(push.account for push in pull.pushes))
    return {account.key for account in accounts if account}


def brought(change: Change) -> dict[int, set[str]]:
    return {pull.number: set(pull.brings) for pull in pulls(change)}


@pytest.mark.parametrize("method", METHODS)
def test_a_hundred_commits_in_one_request_take_what_two_take(place: OnGitLab, method: str) -> None:
    place.propose(1, "small", "One")
    few = asked(place, place.accept(1, method))
    place.base = place.repository.branches["main"]
    place.propose(2, "large", *(f"Commit {number}" for number in range(99)))
    merged = place.accept(2, method)
    assert asked(place, merged) == few
    assert len(shas(place.change(merged))) == {"merge": 100, "squash": 1, "straight": 99}[method]


def test_a_hundred_commits_in_ten_requests_take_what_twenty_take(place: OnGitLab) -> None:
    for number in range(1, 11):
        place.propose(number, f"topic-{number}", "First")
    for number in range(1, 11):
        merged = place.accept(number)
    few = asked(place, merged)
    place.base = merged
    for number in range(11, 21):
        place.propose(number, f"topic-{number}", *(f"Commit {n}" for n in range(9)))
    for number in range(11, 21):
        merged = place.accept(number)
    many = asked(place, merged)
    assert many == few
    assert one_by_one(many) == 1  # the head


def test_what_the_list_of_the_last_merged_lacks_is_asked_commit_by_commit(place: OnGitLab) -> None:
    place.propose(1, "one", "First", "Second")
    place.accept(1)
    place.propose(2, "two", "Third")
    merged = place.accept(2)
    whole = brought(place.change(merged))
    place.gitlab.fault(RECENT, "hidden")
    lacking = place.change(merged)
    assert brought(lacking) == whole
    assert lacking.direct_pushes == ()
    assert one_by_one(asked(place, merged)) == 4  # the head, and those of the first request


@pytest.mark.parametrize("fault", [faults.status(403), faults.html()], ids=["403", "html"])
@pytest.mark.parametrize("where", [RECENT, "target_branch=one"])
def test_such_a_list_that_cannot_be_read_is_undetermined(
    place: OnGitLab, where: str, fault: faults.Fault
) -> None:
    place.propose(1, "one", "First", "Second")
    merged = place.accept(1)
    place.gitlab.fault(where, fault)
    assert isinstance(place.change(merged).pull_requests, Problem)


def test_without_rows_in_that_list_each_commit_is_asked(place: OnGitLab) -> None:
    place.propose(1, "one", "First", "Second")
    merged = place.accept(1)
    whole = brought(place.change(merged))
    place.gitlab.fault(RECENT, faults.replace([]))
    assert brought(place.change(merged)) == whole
    assert one_by_one(asked(place, merged)) == 3


def test_a_push_beneath_a_request_is_asked_about(place: OnGitLab) -> None:
    direct = place.commit("Hotfix", by="mallory")
    place.push("main", direct, by="mallory")
    place.propose(1, "one", "First")
    merged = place.accept(1)
    change = place.change(merged)
    assert set(change.push_of) == {direct}
    assert direct not in brought(change)[1]


def nested(place: OnGitLab, method: str) -> str:
    """mallory's request is merged into alice's branch, and that into main; main's head."""
    place.propose(1, "hers", "Hers")
    place.propose(2, "his", "His", "More of his", base="hers", by="mallory")
    place.merge(2, method, by="alice")
    return place.accept(1, method)


@pytest.mark.parametrize("recent", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_who_made_what_was_merged_into_its_branch_is_known(
    place: OnGitLab, method: str, recent: bool
) -> None:
    """Whether or not the list of those merged last still has it."""
    head = nested(place, method)
    if not recent:
        place.gitlab.fault(RECENT, "hidden")
    change = place.change(head)
    (outer,) = (pull for pull in pulls(change) if pull.number == 1)
    assert {"alice", "mallory"} <= makers(outer)
    assert change.direct_pushes == ()


def test_where_too_many_were_merged_into_a_branch_each_commit_is_asked(
    place: OnGitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = nested(place, "merge")
    monkeypatch.setattr(asking, "MOST_INSIDE", 0)
    place.gitlab.fault(RECENT, "hidden")
    change = place.change(head)
    (outer,) = (pull for pull in pulls(change) if pull.number == 1)
    assert "mallory" in makers(outer)


def test_a_row_hidden_of_what_was_merged_into_a_branch_loses_nobody(place: OnGitLab) -> None:
    head = nested(place, "merge")
    place.gitlab.fault(r"/merge_requests\?.*target_branch=hers", "hidden")
    found = place.change(head).pull_requests
    assert isinstance(found, Problem) or all("mallory" in makers(p) for p in found if p.number == 1)
