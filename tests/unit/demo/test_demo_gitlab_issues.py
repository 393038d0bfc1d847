"""The issues of the GitLab simulator, asked by python-gitlab itself and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import gitlab as library
import pytest
import requests

from gate.demo.gitlab import GitLabSimulator
from gate.demo.gitlab_issues import IssueTracker

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
PROJECT = "/projects/acme%2Fops%2Fchanges"


def at(minute: int) -> datetime:
    return MONDAY + timedelta(minutes=minute)


@pytest.fixture
def gitlab() -> Iterator[GitLabSimulator]:
    with GitLabSimulator() as running:
        for name in ("alice", "bob"):
            running.add_user(name)
        running.add_token("alice", "t")
        running.create_project("acme/ops/changes")
        yield running


@pytest.fixture
def issues(gitlab: GitLabSimulator) -> IssueTracker:
    tracker = gitlab.projects["acme/ops/changes"].issues
    tracker.open(1, "Before", by="alice", at=at(0))
    tracker.open(2, "New checkout", by="alice", at=at(1), description="Brings it.")
    return tracker


def get(gitlab: GitLabSimulator, path: str, user: str = "t") -> requests.Response:
    headers = {"PRIVATE-TOKEN": user}
    return requests.get(f"{gitlab.api_url}{PROJECT}{path}", headers=headers, timeout=5)


def test_python_gitlab_reads_them(gitlab: GitLabSimulator, issues: IssueTracker) -> None:
    issues.label(2, "approved", by="bob", at=at(2))
    issues.edit(2, "Brings it all.", by="alice", at=at(3))
    issues.retitle(2, "Newer checkout", by="alice", at=at(4))
    issues.comment(2, "Fine.\n/close", by="bob", at=at(5))
    issues.close(2, by="bob", at=at(6))
    project = library.Gitlab(gitlab.url, private_token="t").projects.get("acme/ops/changes")
    assert [row.iid for row in project.issues.list(get_all=True)] == [2, 1]
    issue = project.issues.get(2)
    assert (issue.state, issue.labels, issue.user_notes_count) == ("closed", ["approved"], 1)
    assert issue.references["full"] == "acme/ops/changes#2"
    labels = issue.resourcelabelevents.list(get_all=True)
    assert [(e.action, e.label["name"], e.user["username"]) for e in labels] == [
        ("add", "approved", "bob")
    ]
    assert [e.state for e in issue.resourcestateevents.list(get_all=True)] == ["closed"]
    notes = issue.notes.list(get_all=True, sort="asc")
    assert [(note.system, note.body) for note in notes] == [
        (True, "changed the description"),
        (True, "changed title from **{-New checkout-}** to **{+Newer checkout+}**"),
        (False, "Fine."),
    ]


def test_a_label_has_the_name_of_today_in_old_events(
    gitlab: GitLabSimulator, issues: IssueTracker
) -> None:
    issues.label(2, "risky", by="bob", at=at(2))
    issues.rename_label("risky", "approved")
    (event,) = get(gitlab, "/issues/2/resource_label_events").json()
    assert event["label"]["name"] == "approved"
    assert get(gitlab, "/issues/2").json()["labels"] == ["approved"]
    issues.delete_label("approved")
    (event,) = get(gitlab, "/issues/2/resource_label_events").json()
    assert event["label"] is None
    assert get(gitlab, "/issues/2").json()["labels"] == []


@pytest.mark.parametrize("without", [(), ("internal",)])
def test_what_is_not_shown_is_counted(
    gitlab: GitLabSimulator, issues: IssueTracker, without: tuple[str, ...]
) -> None:
    issues.comment(2, "Between us.", by="bob", at=at(2), internal=True)
    issues.comment(2, "For all.", by="bob", at=at(3))
    issues.all[1].confidential = True
    token = gitlab.add_token("alice", "limited", without=without)
    reply = get(gitlab, "/issues/2/notes", token)
    assert (len(reply.json()), reply.headers["X-Total"]) == (1 if without else 2, "2")
    assert get(gitlab, "/issues/1", token).status_code == (404 if without else 200)
    level = get(gitlab, "", token).json()["permissions"]["project_access"]["access_level"]
    assert level == (10 if without else 20)


def test_they_are_found_by_number(gitlab: GitLabSimulator, issues: IssueTracker) -> None:
    issues.open(3, "Later", by="bob", at=at(4))
    asked: dict[str, Any] = {"iids[]": [1, 3, 9]}
    headers = {"PRIVATE-TOKEN": "t"}
    url = f"{gitlab.api_url}{PROJECT}/issues"
    rows = requests.get(url, params=asked, headers=headers, timeout=5).json()
    assert [row["iid"] for row in rows] == [3, 1]


@pytest.mark.parametrize(
    ("to", "said"), [("acme/ops/other#7", "moved to other#7"), ("acme/x#7", "moved to acme/x#7")]
)
def test_a_moved_issue_says_where_to_whom_may_see_it(
    gitlab: GitLabSimulator, issues: IssueTracker, to: str, said: str
) -> None:
    gitlab.create_project(to.partition("#")[0])
    gitlab.add_token("bob", "elsewhere", projects=("acme/ops/changes",))
    issues.move(2, to, by="alice", at=at(2))
    issue = get(gitlab, "/issues/2").json()
    assert issue["moved_to_id"]
    assert issue["state"] == "closed"
    assert [note["body"] for note in get(gitlab, "/issues/2/notes").json()] == [said]
    assert get(gitlab, "/issues/2/notes", "elsewhere").json() == []


def test_a_role_without_issues_is_refused(gitlab: GitLabSimulator, issues: IssueTracker) -> None:
    gitlab.add_token("bob", "none", without=("issues",))
    assert issues.all
    for path in ("/issues", "/issues/2", "/issues/2/notes", "/issues/2/resource_state_events"):
        assert get(gitlab, path, "none").status_code == 403
    assert get(gitlab, "/issues/99").status_code == 404
