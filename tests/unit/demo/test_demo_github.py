"""The GitHub simulator behaves as GitHub's published API, and its traps, say."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gate.demo import faults
from gate.demo.github import GitHubSimulator
from gate.demo.github_repository import GitHubRepository
from gate.demo.github_state import MergeMethod
from gate.demo.repository import Author, CommitPlan

MONDAY = datetime(2026, 1, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
R = "/repos/acme/shop"
TOKEN = "secret"


@pytest.fixture
def github() -> Iterator[GitHubSimulator]:
    with GitHubSimulator() as running:
        for login in ("alice", "bob", "carol", "mallory"):
            running.add_user(login)
        running.add_user("github-merge-queue[bot]", type="Bot")
        running.add_token("alice", "secret")
        shop = running.create_repository("acme/shop")
        shop.push("main", shop.commit("Begin", by="alice", at=MONDAY), by="alice", at=MONDAY)
        yield running


@pytest.fixture
def shop(github: GitHubSimulator) -> GitHubRepository:
    return github.repositories["acme/shop"]


def ask(github: GitHubSimulator, path: str, token: str = TOKEN) -> Any:
    """Status, body and Link targets of a GET."""
    connection = http.client.HTTPConnection("127.0.0.1", github.port)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        connection.request("GET", path.removeprefix(github.url), headers=headers)
        response = connection.getresponse()
        text = response.read()
        links = {}
        for link in filter(None, response.headers.get("Link", "").split(", ")):
            target, _, rel = link.partition("; rel=")
            links[rel.strip('"')] = target.strip("<>")
        is_json = response.headers.get_content_type() == "application/json"
        return response.status, json.loads(text) if is_json else text, links
    finally:
        connection.close()


def propose(shop: GitHubRepository, number: int, at: datetime = MONDAY + HOUR) -> tuple[str, str]:
    """A pull request of two commits, one by carol, the second pushed by bob."""
    first = shop.commit(f"One of {number}", by="alice", at=at)
    second = shop.commit(f"Two of {number}", by="carol", at=at, on=first)
    shop.push(f"fix/{number}", first, by="alice", at=at)
    shop.push(f"fix/{number}", second, by="bob", at=at + HOUR)
    shop.open_pull_request(number, by="alice", head=f"fix/{number}", title="A fix", at=at)
    return first, second


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_both_bases_serve_the_same_under_their_own_links(
    github: GitHubSimulator, prefix: str
) -> None:
    status, body, _ = ask(github, f"{prefix}{R}")
    assert (status, body["full_name"], body["private"]) == (200, "acme/shop", True)
    assert body["url"] == f"{github.url}{prefix}{R}"
    assert ask(github, f"{prefix}/repositories/{body['id']}")[1] == body
    assert ask(github, f"{prefix}/repos/ACME/Shop")[0] == 200


def test_tokens_and_what_they_may_see(github: GitHubSimulator) -> None:
    github.add_token("", "app")
    github.add_token("alice", "narrow", repositories=["acme/other"])
    github.add_token("alice", "no-actions", without=["actions"])
    status, body, _ = ask(github, R, "wrong")
    assert (status, body["message"], body["status"]) == (401, "Bad credentials", "401")
    assert ask(github, R, "")[0] == 404
    assert ask(github, R, "narrow")[0] == 404
    assert ask(github, "/repos/acme/nothing")[0] == 404
    assert ask(github, f"{R}/actions/runs/1", "no-actions")[0] == 403
    assert ask(github, "/user")[1]["login"] == "alice"
    assert ask(github, "/user", "")[0] == 401
    assert ask(github, "/user", "app")[0] == 403
    github.create_repository("acme/open", private=False)
    assert ask(github, "/repos/acme/open", "")[0] == 200


def test_a_commit_and_whose_addresses_it_carries(
    github: GitHubSimulator, shop: GitHubRepository
) -> None:
    stranger = Author("bob", "bob@elsewhere.example")
    sha = shop.commit("Odd", by=stranger, at=MONDAY, committer=Author("C", "CAROL@acme.example"))
    assert ask(github, f"{R}/commits/{sha}")[0] == 422
    shop.push("odd", sha, by="mallory", at=MONDAY)
    _, body, _ = ask(github, f"{R}/commits/{sha}")
    assert body["author"] is None
    assert body["committer"]["login"] == "carol"
    assert body["commit"]["author"]["email"] == "bob@elsewhere.example"
    assert body["commit"]["verification"]["verified"] is False
    assert [f["status"] for f in body["files"]] == ["added"]
    assert body["parents"][0]["sha"] == shop.branches["main"]
    assert ask(github, f"{R}/commits/odd")[1]["sha"] == sha
    assert ask(github, f"{R}/commits/{sha[:8]}")[1]["sha"] == sha
    assert ask(github, f"{R}/commits/no-such-branch")[0] == 404
    shop.sign(sha)
    assert ask(github, f"{R}/commits/{sha}")[1]["commit"]["verification"]["verified"] is True


def test_deleted_accounts_are_null(github: GitHubSimulator, shop: GitHubRepository) -> None:
    propose(shop, 1)
    shop.review(1, by="bob", at=MONDAY)
    github.forget_user("bob")
    assert ask(github, f"{R}/pulls/1/reviews")[1][0]["user"] is None
    assert ask(github, f"{R}/activity?ref=fix/1")[1][0]["actor"] is None


@pytest.mark.parametrize(
    ("method", "parents", "author", "committer", "signed"),
    [
        ("merge", 2, "bob", "web-flow", True),
        ("squash", 1, "alice", "web-flow", True),
        ("rebase", 1, "carol", "bob", False),
    ],
)
def test_the_three_merge_buttons(
    github: GitHubSimulator,
    shop: GitHubRepository,
    method: MergeMethod,
    parents: int,
    author: str,
    committer: str,
    signed: bool,
) -> None:
    _, head = propose(shop, 1)
    other = shop.commit("Meanwhile", by="bob", at=MONDAY)
    shop.push("main", other, by="bob", at=MONDAY + HOUR)
    merged = shop.merge(1, by="bob", at=MONDAY + 3 * HOUR, method=method)
    _, commit, _ = ask(github, f"{R}/commits/{merged}")
    assert len(commit["parents"]) == parents
    assert (commit["author"]["login"], commit["committer"]["login"]) == (author, committer)
    assert commit["commit"]["verification"]["verified"] is signed
    _, pull, _ = ask(github, f"{R}/pulls/1")
    assert (pull["merged"], pull["state"], pull["merge_commit_sha"]) == (True, "closed", merged)
    assert (pull["merged_by"]["login"], pull["head"]["sha"]) == ("bob", head)
    assert pull["merged_at"] == "2026-01-05T13:00:00Z"
    files = shop.git.git("ls-tree", "-r", "--name-only", merged).split()
    assert len(files) == 4
    newest = ask(github, f"{R}/activity?ref=main")[1][0]
    assert (newest["activity_type"], newest["actor"]["login"]) == ("pr_merge", "bob")
    assert (newest["before"], newest["after"]) == (other, merged)
    for sha in (merged, head):
        assert [p["number"] for p in ask(github, f"{R}/commits/{sha}/pulls")[1]] == [1]
    if method == "squash":
        assert "Co-authored-by: Carol <carol@acme.example>" in commit["commit"]["message"]


def test_pull_requests_of_a_commit_open_closed_and_merged(
    github: GitHubSimulator, shop: GitHubRepository
) -> None:
    _, head = propose(shop, 1)
    shop.push("other", shop.branches["main"], by="bob", at=MONDAY)
    shop.open_pull_request(2, by="bob", head="fix/1", base="other", at=MONDAY)
    shop.open_pull_request(3, by="bob", head="fix/1", at=MONDAY)
    shop.close(3, at=MONDAY)
    path = f"{R}/commits/{head}/pulls"
    assert [p["number"] for p in ask(github, path)[1]] == [1, 2]
    shop.merge(1, by="bob", at=MONDAY)
    assert [p["number"] for p in ask(github, path)[1]] == [1]
    assert [p["number"] for p in ask(github, f"{R}/pulls?state=all")[1]] == [3, 2, 1]
    assert [p["number"] for p in ask(github, f"{R}/pulls")[1]] == [2]
    assert ask(github, f"{R}/pulls/9")[0] == 404


@pytest.mark.parametrize("straight", [True, False])
def test_a_push_that_brings_a_pull_request_merges_it(
    github: GitHubSimulator, shop: GitHubRepository, straight: bool
) -> None:
    first, head = propose(shop, 1)
    pushed = head
    if not straight:
        pushed = shop.commit("By hand", by="bob", at=MONDAY, on=("main", head))
    last = shop.commit("On top", by="bob", at=MONDAY, on=pushed)
    shop.push("main", last, by="bob", at=MONDAY + HOUR)
    row = ask(github, f"{R}/pulls/1")[1]
    assert (row["merged"], row["merge_commit_sha"]) == (True, pushed)
    assert row["merged_by"]["login"] == "bob"
    assert [c["sha"] for c in ask(github, f"{R}/pulls/1/commits")[1]] == [first, head]


def test_reviews_and_commits_of_a_pull_request(
    github: GitHubSimulator, shop: GitHubRepository
) -> None:
    first, second = propose(shop, 1)
    shop.review(1, by="bob", at=MONDAY + HOUR, commit=first)
    shop.review(1, by="carol", at=MONDAY + 2 * HOUR, state="CHANGES_REQUESTED")
    shop.review(1, by="carol", at=MONDAY + 2 * HOUR, state="PENDING")
    reviews = ask(github, f"{R}/pulls/1/reviews")[1]
    assert [(r["state"], r["user"]["login"], r["commit_id"]) for r in reviews] == [
        ("APPROVED", "bob", first),
        ("CHANGES_REQUESTED", "carol", second),
    ]
    assert [c["sha"] for c in ask(github, f"{R}/pulls/1/commits")[1]] == [first, second]
    shop.merge(1, by="bob", at=MONDAY + 3 * HOUR)
    assert [c["sha"] for c in ask(github, f"{R}/pulls/1/commits")[1]] == [first, second]
    events = [row["event"] for row in ask(github, f"{R}/issues/1/timeline")[1]]
    assert events == ["committed", "committed", "reviewed", "reviewed", "reviewed", "merged"]


def test_activity_knows_every_kind_of_push(github: GitHubSimulator, shop: GitHubRepository) -> None:
    first, second = propose(shop, 1)
    amended = shop.commit("Two again", by="carol", at=MONDAY, on=first)
    shop.push("fix/1", amended, by="carol", at=MONDAY + 3 * HOUR)
    shop.merge(1, by="bob", at=MONDAY + 4 * HOUR, queue=True)
    shop.delete_branch("fix/1", by="bob", at=MONDAY + 5 * HOUR)
    rows = ask(github, f"{R}/activity?ref=refs/heads/fix/1&direction=asc")[1]
    assert [(r["activity_type"], r["actor"]["login"]) for r in rows] == [
        ("branch_creation", "alice"),
        ("push", "bob"),
        ("force_push", "carol"),
        ("branch_deletion", "bob"),
    ]
    assert rows[0]["before"] == rows[3]["after"] == "0" * 40
    assert (rows[2]["before"], rows[2]["after"]) == (second, amended)
    assert rows[1]["timestamp"] == "2026-01-05T12:00:00Z"
    (queued,) = ask(github, f"{R}/activity?activity_type=merge_queue_merge")[1]
    assert (queued["ref"], queued["actor"]["type"]) == ("refs/heads/main", "Bot")
    assert [r["actor"]["login"] for r in ask(github, f"{R}/activity?actor=carol")[1]] == ["carol"]


def test_activity_is_paged_by_cursor_and_lists_by_number(
    github: GitHubSimulator, shop: GitHubRepository
) -> None:
    for number in range(4):
        shop.push(f"b{number}", shop.branches["main"], by="bob", at=MONDAY + number * HOUR)
    path, seen = f"{R}/activity?per_page=2", []
    while path:
        _, rows, links = ask(github, path)
        seen += [row["ref"] for row in rows]
        path = links.get("next", "")
    assert seen == [f"refs/heads/{name}" for name in ("b3", "b2", "b1", "b0", "main")]
    _, names, links = ask(github, f"{R}/branches?per_page=2&page=2")
    assert [row["name"] for row in names] == ["b2", "b3"]
    assert set(links) == {"prev", "next", "last", "first"}
    assert "/repositories/" in links["next"]
    github.page_limit = 1
    assert len(ask(github, f"{R}/branches?per_page=100")[1]) == 1


def test_compare_ahead_behind_identical_and_diverged(
    github: GitHubSimulator, shop: GitHubRepository
) -> None:
    base = shop.branches["main"]
    first, second = propose(shop, 1)
    other = shop.commit("Meanwhile", by="bob", at=MONDAY)
    shop.push("main", other, by="bob", at=MONDAY)
    _, body, _ = ask(github, f"{R}/compare/{base}...fix/1")
    assert (body["status"], body["total_commits"], body["ahead_by"]) == ("ahead", 2, 2)
    assert [c["sha"] for c in body["commits"]] == [first, second]
    assert len(body["files"]) == 2
    _, body, _ = ask(github, f"{R}/compare/{second}...main")
    assert (body["status"], body["merge_base_commit"]["sha"]) == ("diverged", base)
    assert (body["ahead_by"], body["behind_by"]) == (1, 2)
    assert ask(github, f"{R}/compare/main...main")[1]["status"] == "identical"
    assert ask(github, f"{R}/compare/{second}...{first}")[1]["status"] == "behind"
    assert ask(github, f"{R}/compare/main...{'a' * 40}")[0] == 404


def test_compare_pages_by_250_with_files_on_the_first_only(
    github: GitHubSimulator, shop: GitHubRepository
) -> None:
    base = shop.branches["main"]
    author = github.users["alice"].identity
    plans = [
        CommitPlan(f"n{n}", author, MONDAY, () if n else (base,), {"n": str(n)}) for n in range(251)
    ]
    commits = shop.git.make(plans)
    shop.push("main", commits[-1], by="alice", at=MONDAY)
    _, first, links = ask(github, f"{R}/compare/{base}...main")
    assert (first["total_commits"], len(first["commits"]), len(first["files"])) == (251, 250, 1)
    _, second, links = ask(github, links["next"])
    assert [c["sha"] for c in second["commits"]] == [commits[-1]]
    assert "files" not in second
    assert "next" not in links


def test_runs_keep_created_at_and_reset_the_start(
    github: GitHubSimulator, shop: GitHubRepository
) -> None:
    sha = shop.branches["main"]
    shop.workflow_run(42, commit=sha, by="bob", at=MONDAY)
    shop.rerun(42, by="carol", at=MONDAY + HOUR)
    _, run, _ = ask(github, f"{R}/actions/runs/42")
    assert (run["created_at"], run["run_started_at"]) == (
        "2026-01-05T10:00:00Z",
        "2026-01-05T11:00:00Z",
    )
    assert (run["run_attempt"], run["status"], run["head_sha"]) == (2, "in_progress", sha)
    assert (run["actor"]["login"], run["triggering_actor"]["login"]) == ("bob", "carol")
    assert run["repository"]["full_name"] == "acme/shop"
    _, first, _ = ask(github, f"{R}/actions/runs/42/attempts/1")
    assert (first["status"], first["conclusion"]) == ("completed", "failure")
    assert ask(github, f"{R}/actions/runs/42/attempts/3")[0] == 404
    assert ask(github, f"{R}/actions/runs/43")[0] == 404
    shop.finish_run(42)
    _, listed, _ = ask(github, f"{R}/actions/runs?head_sha={sha}")
    assert (listed["total_count"], listed["workflow_runs"][0]["conclusion"]) == (1, "success")


def test_a_run_waits_before_an_environment_and_is_let_in(
    github: GitHubSimulator, shop: GitHubRepository
) -> None:
    shop.workflow_run(42, commit=shop.branches["main"], by="bob", at=MONDAY)
    shop.environments.wait(42)
    shop.environments.wait(42, "staging")
    run = f"{R}/actions/runs/42"
    assert ask(github, run)[1]["status"] == "waiting"
    _, pending, _ = ask(github, f"{run}/pending_deployments")
    assert [row["environment"]["name"] for row in pending] == ["production", "staging"]
    assert ask(github, f"{run}/approvals")[1] == []
    shop.environments.decide(42, "staging", by="carol", comment="Go.")
    assert ask(github, run)[1]["status"] == "waiting"
    shop.environments.decide(42, by="bob")
    assert ask(github, run)[1]["status"] == "in_progress"
    assert ask(github, f"{run}/pending_deployments")[1] == []
    _, rows, _ = ask(github, f"{run}/approvals")
    assert [
        (row["state"], row["user"]["login"], [e["name"] for e in row["environments"]])
        for row in rows
    ] == [("approved", "carol", ["staging"]), ("approved", "bob", ["production"])]
    assert not [key for row in rows for key in row if "at" in key.split("_")]
    shop.rerun(42, by="carol", at=MONDAY + HOUR)
    shop.environments.wait(42)
    shop.environments.decide(42, by="bob", state="rejected")
    assert ask(github, run)[1]["conclusion"] == "failure"
    assert len(ask(github, f"{run}/approvals")[1]) == 3
    for what in ("approvals", "pending_deployments"):
        assert ask(github, f"{R}/actions/runs/43/{what}")[0] == 404


def test_deployments_and_their_statuses(github: GitHubSimulator, shop: GitHubRepository) -> None:
    sha = shop.branches["main"]
    shop.deployment("staging", sha, by="bob", at=MONDAY)
    made = shop.deployment(
        "production", sha, by="bob", at=MONDAY, states=("in_progress", "success")
    )
    _, rows, _ = ask(github, f"{R}/deployments?sha={sha}&environment=production")
    assert [(row["id"], row["environment"]) for row in rows] == [(made.id, "production")]
    _, states, _ = ask(github, f"{R}/deployments/{made.id}/statuses")
    assert [row["state"] for row in states] == ["success", "in_progress"]
    assert ask(github, f"{R}/deployments/1/statuses")[0] == 404


def test_branches_tags_and_references(github: GitHubSimulator, shop: GitHubRepository) -> None:
    sha = shop.branches["main"]
    shop.push("release/1", sha, by="alice", at=MONDAY)
    shop.tag("v1", sha)
    refs = ask(github, f"{R}/git/matching-refs/heads/release")[1]
    assert [(r["ref"], r["object"]["sha"]) for r in refs] == [("refs/heads/release/1", sha)]
    assert ask(github, f"{R}/git/matching-refs/heads/none")[1] == []
    assert ask(github, f"{R}/git/ref/tags/v1")[1]["ref"] == "refs/tags/v1"
    assert ask(github, f"{R}/git/ref/tags/v2")[0] == 404
    assert ask(github, f"{R}/branches/release/1")[1]["commit"]["sha"] == sha
    assert ask(github, f"{R}/branches/none")[0] == 404
    assert [t["name"] for t in ask(github, f"{R}/tags")[1]] == ["v1"]
    heads = ask(github, f"{R}/commits/{sha}/branches-where-head")[1]
    assert [b["name"] for b in heads] == ["main", "release/1"]
    assert [c["sha"] for c in ask(github, f"{R}/commits?sha=v1")[1]] == [sha]


def test_a_fork_shares_commits_and_keeps_its_own_pushes(
    github: GitHubSimulator, shop: GitHubRepository
) -> None:
    fork = github.fork("acme/shop", "mallory")
    sha = fork.commit("Mine", by="mallory", at=MONDAY)
    fork.push("mine", sha, by="mallory", at=MONDAY)
    assert ask(github, f"{R}/commits/{sha}")[0] == 200
    assert ask(github, f"{R}/compare/{sha}...main")[1]["status"] == "behind"
    assert ask(github, f"{R}/compare/main...mallory:mine")[1]["status"] == "ahead"
    assert ask(github, f"{R}/branches/mine")[0] == 404
    assert ask(github, f"{R}/activity?ref=mine")[1] == []
    assert len(ask(github, "/repos/mallory/shop/activity?ref=mine")[1]) == 1
    shop.open_pull_request(1, by="mallory", head="mine", at=MONDAY, source=fork)
    more = fork.commit("More", by="mallory", at=MONDAY, on="mine")
    fork.push("mine", more, by="mallory", at=MONDAY)
    _, pull, _ = ask(github, f"{R}/pulls/1")
    assert (pull["head"]["sha"], pull["head"]["repo"]["full_name"]) == (more, "mallory/shop")
    assert pull["head"]["repo"]["fork"] is True
    merged = shop.merge(1, by="bob", at=MONDAY)
    assert ask(github, f"{R}/branches/main")[1]["commit"]["sha"] == merged


def test_empty_repositories_and_the_rest(github: GitHubSimulator) -> None:
    github.create_repository("acme/empty")
    assert ask(github, "/repos/acme/empty/commits/main")[0] == 409
    assert ask(github, "/users/bob")[1]["name"] == "Bob"
    assert ask(github, "/users/nobody")[0] == 404
    assert ask(github, "/rate_limit")[1]["rate"]["limit"] == 5000
    assert "installed_version" in ask(github, "/api/v3/meta")[1]
    assert "installed_version" not in ask(github, "/meta")[1]
    assert ask(github, f"{R}/nonsense")[0] == 404


def test_errors_have_githubs_shapes(github: GitHubSimulator) -> None:
    for status in (401, 403, 404, 409, 429, 500):
        github.fault("/meta", faults.status(status), times=1)
        found, body, _ = ask(github, "/meta")
        assert (found, set(body)) == (status, {"message", "documentation_url", "status"})
    github.fault("/meta", faults.status(502), times=1)
    status, body, _ = ask(github, "/meta")
    assert status == 502
    assert body.startswith(b"<!DOCTYPE")


def test_a_push_from_a_real_clone(
    github: GitHubSimulator, shop: GitHubRepository, tmp_path: Any
) -> None:
    clone = shop.git.clone(tmp_path / "clone")
    own = clone.commit("Own", author=github.users["bob"].identity, at=MONDAY, branch="own")
    assert shop.receive(clone.path, "own", "own", by="bob", at=MONDAY) == own
    assert ask(github, f"{R}/commits/own")[1]["author"]["login"] == "bob"
