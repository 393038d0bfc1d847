"""The GitLab simulator, asked by python-gitlab itself and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import gitlab as library
import pytest
import requests

from gate.demo.gitlab import GitLabSimulator
from gate.demo.gitlab_project import GitLabProject
from gate.demo.repository import GitError

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)


def at(minute: int) -> datetime:
    return MONDAY + timedelta(minutes=minute)


@pytest.fixture
def gitlab() -> Iterator[GitLabSimulator]:
    with GitLabSimulator() as running:
        for name in ("alice", "bob"):
            running.add_user(name)
        running.add_token("alice", "t")
        yield running


@pytest.fixture
def shop(gitlab: GitLabSimulator) -> GitLabProject:
    made = gitlab.create_project("acme/web/shop")
    made.push("main", made.commit("Begin", by="alice", at=at(0)), by="alice", at=at(0))
    fix = made.commit("Fix", by="alice", at=at(1))
    made.push("fix", fix, by="alice", at=at(1))
    made.open_merge_request(1, by="alice", head="fix", at=at(2), title="Fix it")
    made.approve(1, by="bob", at=at(3))
    return made


def client(gitlab: GitLabSimulator, **token: Any) -> library.Gitlab:
    return library.Gitlab(gitlab.url, **(token or {"private_token": "t"}))


def get(gitlab: GitLabSimulator, path: str, **headers: str) -> requests.Response:
    given = headers or {"PRIVATE-TOKEN": "t"}
    return requests.get(f"{gitlab.api_url}{path}", headers=given, timeout=5)


PROJECT = "/projects/acme%2Fweb%2Fshop"


def test_python_gitlab_reads_it(gitlab: GitLabSimulator, shop: GitLabProject) -> None:
    merged = shop.merge(1, by="bob", at=at(4))
    project = client(gitlab).projects.get("acme/web/shop")
    assert (project.id, project.path_with_namespace) == (shop.id, "acme/web/shop")
    request = project.mergerequests.get(1)
    assert (request.state, request.merge_commit_sha) == ("merged", merged)
    assert request.merge_user["username"] == "bob"
    assert [c.title for c in request.commits()] == ["Fix"]
    approvals = request.approvals.get()
    assert approvals.approved_by[0]["approved_at"] == "2026-01-05T08:03:00.000Z"
    assert [v.head_commit_sha for v in request.diffs.list(get_all=True)] == [request.sha]
    bodies = [note.body for note in request.notes.list(get_all=True, sort="asc")]
    assert bodies == ["approved this merge request", "merged"]
    commit = project.commits.get(merged)
    assert [row["iid"] for row in commit.merge_requests()] == [1]
    assert {row["name"] for row in commit.refs()} == {"main"}
    assert len(commit.parent_ids) == 2
    events = project.events.list(action="pushed", get_all=True)
    assert [e.push_data["ref"] for e in events] == ["main", "fix", "main"]
    assert {e.author_username for e in events} == {"alice", "bob"}
    compared = project.repository_compare("main", "fix")
    assert isinstance(compared, dict)
    assert compared["commits"] == []
    assert project.branches.get("main").commit["id"] == merged


def test_pipelines_jobs_and_deployments(gitlab: GitLabSimulator, shop: GitLabProject) -> None:
    operations = gitlab.operations[shop.path]
    head = shop.branches["main"]
    operations.pipeline(7, commit=head, by="alice", at=at(5))
    again = operations.retry(7, by="bob", at=at(6))
    made = operations.deployment("production", head, by="alice", at=at(7))
    operations.decide(made, by="bob", at=at(8))
    project = client(gitlab).projects.get(shop.id)
    pipeline = project.pipelines.get(7)
    assert (pipeline.created_at, pipeline.user["username"]) == ("2026-01-05T08:05:00.000Z", "alice")
    assert [job.id for job in pipeline.jobs.list(get_all=True)] == [again.id]
    jobs = pipeline.jobs.list(get_all=True, include_retried="true")
    assert [job.id for job in jobs] == [again.id, 70]
    assert project.jobs.get(again.id).user["username"] == "bob"
    keyed = pipeline.jobs.list(
        iterator=True, pagination="keyset", include_retried="true", per_page=1
    )
    assert len(list(keyed)) == 2
    (deployment,) = project.deployments.list(get_all=True, environment="production")
    whole = project.deployments.get(deployment.id)
    assert whole.approvals[0]["user"]["username"] == "bob"
    assert project.environments.list(get_all=True)[0].name == "production"
    assert project.deployments.list(get_all=True, status="failed") == []
    waiting = operations.deploys(7, at=at(9), status="blocked")
    operations.decide(waiting, by="bob", at=at(10), status="rejected")
    operations.decide(waiting, by="bob", at=at(11))
    since = "2026-01-05T08:10:00Z"
    (row,) = project.deployments.list(get_all=True, updated_after=since, order_by="updated_at")
    assert (row.id, row.deployable["id"]) == (waiting.id, again.id)
    assert row.deployable["pipeline"]["id"] == 7
    assert [a["status"] for a in project.deployments.get(row.id).approvals] == ["approved"]
    with pytest.raises(library.GitlabError):  # the two go together
        project.deployments.list(get_all=True, updated_after=since)
    operations.is_premium = False
    assert "approvals" not in project.deployments.get(row.id).attributes


def test_totals_are_told_up_to_a_limit(gitlab: GitLabSimulator, shop: GitLabProject) -> None:
    reply = get(gitlab, f"{PROJECT}/events?per_page=1")
    assert (reply.headers["X-Total"], reply.headers["X-Next-Page"]) == ("2", "2")
    assert 'rel="last"' in reply.headers["Link"]
    last = get(gitlab, f"{PROJECT}/events?per_page=1&page=2")
    assert (last.headers["X-Next-Page"], last.headers["X-Prev-Page"]) == ("", "1")
    gitlab.counted = 1
    reply = get(gitlab, f"{PROJECT}/events?per_page=1")
    assert "X-Total" not in reply.headers
    assert 'rel="last"' not in reply.headers["Link"]
    assert "X-Total" not in get(gitlab, f"{PROJECT}/repository/commits").headers
    assert len(shop.events) == 2


def test_who_may_read(gitlab: GitLabSimulator, shop: GitLabProject) -> None:
    add = gitlab.add_token
    add("bob", "elsewhere", projects=())
    add("bob", "scopeless", without=("read_api",))
    add("bob", "guest", without=("repository",))
    head = shop.branches["main"]
    gitlab.operations[shop.path].pipeline(7, commit=head, by="alice", at=at(5))
    add("alice", "of-the-job", job=70)

    def status(path: str, **headers: str) -> int:
        return get(gitlab, path, **headers).status_code

    assert status(PROJECT) == 200
    assert status(PROJECT, Authorization="Bearer t") == 200
    assert status(PROJECT, Accept="*/*") == 404
    assert status(PROJECT, **{"PRIVATE-TOKEN": "wrong"}) == 401
    assert status(PROJECT, **{"PRIVATE-TOKEN": "elsewhere"}) == 404
    assert status(PROJECT, **{"PRIVATE-TOKEN": "scopeless"}) == 403
    assert status(f"{PROJECT}/repository/branches", **{"PRIVATE-TOKEN": "guest"}) == 403
    assert status(f"{PROJECT}/merge_requests", **{"PRIVATE-TOKEN": "guest"}) == 200
    assert status(PROJECT, **{"JOB-TOKEN": "of-the-job"}) == 404
    assert status(PROJECT, **{"PRIVATE-TOKEN": "of-the-job"}) == 401
    own = get(gitlab, "/job", **{"JOB-TOKEN": "of-the-job"}).json()
    assert (own["id"], own["pipeline"]["id"]) == (70, 7)
    shop.private = False
    assert status(PROJECT, Accept="*/*") == 200


def test_a_merge_by_hand_is_marked_with_its_commit(shop: GitLabProject) -> None:
    head = shop.branches["fix"]
    made = shop.commit("By hand", by="bob", at=at(4), on=("main", head))
    shop.push("main", made, by="bob", at=at(4))
    request = shop.requests[1]
    assert (request.state, request.merge_commit, request.squash_commit) == ("merged", made, "")
    assert request.merged_by is not None
    assert request.merged_by.username == "bob"


def test_a_straight_push_of_the_head_is_its_own_merge(shop: GitLabProject) -> None:
    head = shop.branches["fix"]
    shop.push("main", head, by="bob", at=at(4))
    assert shop.requests[1].merge_commit == head


def test_the_ways_of_merging(shop: GitLabProject) -> None:
    base = shop.branches["main"]
    landed: dict[str, tuple[str, str, int]] = {}
    for number, method in enumerate(("ff", "squash-ff", "squash", "merge"), 2):
        tip = shop.commit(method, by="alice", at=at(number), on="main")
        shop.push(method, tip, by="alice", at=at(number))
        shop.open_merge_request(number, by="alice", head=method, at=at(number))
        merged = shop.merge(number, by="bob", at=at(number), method=method)  # type: ignore[arg-type]  # each of them
        request = shop.requests[number]
        parents = shop.graph.commits[merged].parents
        landed[method] = (request.merge_commit, request.squash_commit, len(parents))
        assert shop.branches["main"] == merged
    assert landed["ff"] == ("", "", 1)
    assert landed["squash-ff"][0] == ""
    assert landed["squash-ff"][1]
    assert landed["squash"][0]
    assert landed["squash"][1]
    assert landed["squash"][2] == landed["merge"][2] == 2
    assert landed["merge"][1] == ""
    stale = shop.commit("stale", by="alice", at=at(20), on=base)
    shop.push("stale", stale, by="alice", at=at(20))
    shop.open_merge_request(9, by="alice", head="stale", at=at(20))
    with pytest.raises(GitError):
        shop.merge(9, by="bob", at=at(21), method="ff")


def test_diffs_of_all_kinds(gitlab: GitLabSimulator, shop: GitLabProject) -> None:
    files: dict[str, str | None] = {"a": "one\ntwo\n", "b": "x\n" * 20, "c": "gone\n", "e": ""}
    first = shop.commit("Files", by="alice", at=at(10), files=files)
    changed: dict[str, str | None] = {
        "a": "one\n2",
        "b": None,
        "b2": "x\n" * 20,
        "c": None,
        "d": "\0binary",
    }
    second = shop.commit("Change", by="alice", at=at(11), on=first, files=changed)
    shop.push("main", second, by="alice", at=at(12))
    rows = get(gitlab, f"{PROJECT}/repository/compare?from={first}&to={second}").json()["diffs"]
    found: dict[str, Any] = {row["new_path"]: row for row in rows}
    assert found["a"]["diff"].startswith("@@ -1,2 +1,2 @@\n one\n-two\n+2\n\\ No newline")
    assert (found["b2"]["renamed_file"], found["b2"]["old_path"]) == (True, "b")
    assert found["c"]["deleted_file"]
    assert found["d"]["new_file"]
    assert found["d"]["diff"].startswith("Binary files")
    gitlab.most_diff = 3
    rows = get(gitlab, f"{PROJECT}/repository/compare?from={first}&to={second}").json()["diffs"]
    assert {(row["diff"], row["too_large"]) for row in rows if row["new_path"] == "a"} == {
        ("", True)
    }


def test_merge_bases_and_what_is_unknown(gitlab: GitLabSimulator, shop: GitLabProject) -> None:
    main, fix = shop.branches["main"], shop.branches["fix"]
    path = f"{PROJECT}/repository/merge_base?refs[]={main}&refs[]={fix}"
    assert get(gitlab, path).json()["id"] == main
    assert get(gitlab, path.replace(fix, "f" * 40)).status_code == 400
    assert get(gitlab, f"{PROJECT}/repository/merge_base?refs[]={main}").status_code == 400
    for where in ("/repository/commits/ffffffff", "/repository/branches/x", "/merge_requests/9"):
        assert get(gitlab, PROJECT + where).status_code == 404
    assert get(gitlab, "/users/1").status_code == 404
    (row,) = [u for u in get(gitlab, "/users").json() if u["username"] == "bob"]
    assert get(gitlab, f"/users/{row['id']}").json()["bot"] is False


def test_signatures(gitlab: GitLabSimulator, shop: GitLabProject) -> None:
    head = shop.branches["fix"]
    path = f"{PROJECT}/repository/commits/{head}/signature"
    assert get(gitlab, path).status_code == 404
    shop.sign(head)
    assert get(gitlab, path).json()["verification_status"] == "verified"
    shop.signs = True
    merged = shop.merge(1, by="bob", at=at(5))
    path = f"{PROJECT}/repository/commits/{merged}/signature"
    assert get(gitlab, path).json()["verification_status"] == "verified_system"
