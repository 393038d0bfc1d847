"""The Jira simulator behaves as Jira's published API, and its traps, say."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gate.demo import faults
from gate.demo.jira import JiraSimulator
from gate.demo.jira_text import adf, plain

MONDAY = datetime(2026, 1, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLAN = "Ship the *shop*.\n\nh2. Rollback\n\n* stop\n* go back\n\n# one\n\n[~accountid:abc] agrees"


def populate(jira: JiraSimulator) -> None:
    for name in ("alice", "bob", "dave"):
        jira.add_user(name)
    jira.add_user("robot", account_type="app", shows_email=False)
    jira.add_token("alice", "secret")
    jira.add_token("dave", "other")
    jira.add_project("CHG", "Changes", service_desk=True, visible_to=["alice", "bob"])
    jira.add_project("OPS", "Operations")
    jira.add_field("customfield_10071", "Approvers", "users")
    jira.add_field("customfield_10072", "Owner", "user")
    jira.add_field("customfield_10073", "Risk", "option")
    jira.create_issue(
        "CHG-1", "Ship", by="alice", at=MONDAY, description=PLAN, components=("shop",)
    )


@pytest.fixture
def jira() -> Iterator[JiraSimulator]:
    with JiraSimulator() as running:
        populate(running)
        yield running


@pytest.fixture
def center() -> Iterator[JiraSimulator]:
    with JiraSimulator("datacenter") as running:
        populate(running)
        yield running


def ask(jira: JiraSimulator, path: str, login: str = "alice@acme.example:secret") -> Any:
    """Status, body and headers of a GET; ``login`` is ``name:password``, a token, or nothing."""
    scheme = "Bearer " + login
    if ":" in login:
        scheme = "Basic " + base64.b64encode(login.encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", jira.port)
    try:
        connection.request("GET", path, headers={"Authorization": scheme} if login else {})
        response = connection.getresponse()
        text = response.read()
        is_json = response.headers.get_content_type() == "application/json"
        return response.status, json.loads(text) if is_json else text, response.headers
    finally:
        connection.close()


def test_an_issue_in_full(jira: JiraSimulator) -> None:
    status, issue, headers = ask(jira, "/rest/api/3/issue/CHG-1?expand=names,changelog")
    fields = issue["fields"]
    assert (status, issue["key"], headers["X-Seraph-LoginReason"]) == (200, "CHG-1", "OK")
    assert fields["created"] == "2026-01-05T10:00:00.000+0000"
    assert fields["creator"]["accountId"] == jira.users["alice"].account_id
    assert fields["creator"]["accountType"] == "atlassian"
    assert fields["status"]["id"] == "1"
    assert fields["components"][0]["name"] == "shop"
    assert fields["description"]["type"] == "doc"
    assert issue["names"]["customfield_10071"] == "Approvers"
    assert issue["changelog"] == {"startAt": 0, "maxResults": 100, "total": 0, "histories": []}


def test_fields_asked_for_and_left_out(jira: JiraSimulator) -> None:
    _, issue, _ = ask(jira, "/rest/api/3/issue/CHG-1?fields=status,nonsense")
    assert list(issue["fields"]) == ["status"]
    _, issue, _ = ask(jira, "/rest/api/3/issue/CHG-1?fields=*all,-description")
    assert "description" not in issue["fields"]
    assert "summary" in issue["fields"]


def test_version_two_shows_wiki_text(jira: JiraSimulator) -> None:
    _, issue, _ = ask(jira, "/rest/api/2/issue/CHG-1")
    assert issue["fields"]["description"] == PLAN


def test_keys_match_in_any_case_by_id_and_after_a_move(jira: JiraSimulator) -> None:
    assert ask(jira, "/rest/api/3/issue/chg-1")[1]["key"] == "CHG-1"
    assert ask(jira, f"/rest/api/3/issue/{jira.issues['CHG-1'].id}")[1]["key"] == "CHG-1"
    jira.move("CHG-1", "OPS-7", by="alice", at=MONDAY + HOUR)
    status, issue, _ = ask(jira, "/rest/api/3/issue/CHG-1?expand=changelog")
    assert (status, issue["key"]) == (200, "OPS-7")
    items = issue["changelog"]["histories"][0]["items"]
    assert [(i["field"], i["fromString"], i["toString"]) for i in items] == [
        ("project", "Changes", "Operations"),
        ("Key", "CHG-1", "OPS-7"),
    ]


def test_missing_hidden_deleted_and_bad_credentials_look_the_same(jira: JiraSimulator) -> None:
    jira.create_issue("CHG-2", "Gone", by="alice", at=MONDAY)
    jira.create_issue("CHG-3", "Secret", by="alice", at=MONDAY)
    jira.delete("CHG-2")
    jira.hide("CHG-3")
    one = "/rest/api/3/issue/CHG-1"
    replies = [ask(jira, f"/rest/api/3/issue/CHG-{n}")[:2] for n in (2, 3, 99)]
    replies += [ask(jira, one, login)[:2] for login in ("", "wrong", "alice@acme.example:no")]
    replies += [ask(jira, one, "dave@acme.example:other")[:2], ask(jira, one, "bob@x:secret")[:2]]
    assert {status for status, _ in replies} == {404}
    assert {json.dumps(body) for _, body in replies} == {json.dumps(replies[0][1])}


def test_myself_tells_bad_credentials_from_good(jira: JiraSimulator) -> None:
    status, body, headers = ask(jira, "/rest/api/3/myself", "alice@acme.example:no")
    assert (status, body["status-code"]) == (401, 401)
    assert headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert ask(jira, "/rest/api/3/myself")[1]["displayName"] == "Alice"
    assert ask(jira, "/rest/api/3/project/CHG")[0] == 200
    assert ask(jira, "/rest/api/3/project/CHG", "dave@acme.example:other")[0] == 404


def test_a_public_project_answers_bad_credentials_with_200(jira: JiraSimulator) -> None:
    jira.projects["OPS"].public = True
    jira.create_issue("OPS-1", "Open to all", by="alice", at=MONDAY)
    assert ask(jira, "/rest/api/3/issue/OPS-1", "alice@acme.example:no")[0] == 200


def test_captcha_and_refused_credentials(jira: JiraSimulator) -> None:
    jira.rejects_bad_credentials = True
    assert ask(jira, "/rest/api/3/issue/CHG-1", "wrong")[0] == 401
    jira.captcha = True
    status, _, headers = ask(jira, "/rest/api/3/issue/CHG-1", "wrong")
    assert status == 403
    assert headers["X-Authentication-Denied-Reason"].startswith("CAPTCHA_CHALLENGE")


def test_changelog_items_have_their_true_shapes(jira: JiraSimulator) -> None:
    at, bob = MONDAY + HOUR, jira.users["bob"]
    jira.transition("CHG-1", "Approved", by="bob", at=at)
    jira.edit("CHG-1", "Approvers", ["bob", "alice"], by="bob", at=at)
    jira.edit("CHG-1", "Owner", "bob", by="bob", at=at)
    jira.edit("CHG-1", "Risk", "Low", by="bob", at=at)
    jira.edit("CHG-1", "components", ["billing"], by="bob", at=at)
    jira.edit("CHG-1", "description", None, by="bob", at=at)
    jira.edit("CHG-1", "summary", "Ship it", by="bob", at=at)
    _, page, _ = ask(jira, "/rest/api/3/issue/CHG-1/changelog")
    entries = page["values"]
    assert entries[0]["author"]["accountId"] == bob.account_id
    assert entries[0]["created"] == "2026-01-05T11:00:00.000+0000"
    assert entries[0]["items"] == [
        {
            "field": "status",
            "fieldtype": "jira",
            "fieldId": "status",
            "from": "1",
            "fromString": "Open",
            "to": "10002",
            "toString": "Approved",
        }
    ]
    seen = [
        (i["field"], i["fieldtype"], i["from"], i["fromString"], i["to"], i["toString"])
        for entry in entries[1:]
        for i in entry["items"]
    ]
    both = f"[{bob.account_id}, {jira.users['alice'].account_id}]"
    assert seen[0] == ("Approvers", "custom", None, None, both, "Bob, Alice")
    assert seen[1] == ("Owner", "custom", None, None, bob.account_id, "Bob")
    assert seen[2][:2] == ("Risk", "custom")
    assert seen[2][5] == "Low"
    assert [(row[0], row[3], row[5]) for row in seen[3:]] == [
        ("Component", "shop", None),
        ("Component", None, "billing"),
        ("description", PLAN, None),
        ("summary", "Ship", "Ship it"),
    ]
    _, issue, _ = ask(jira, "/rest/api/3/issue/CHG-1")
    assert issue["fields"]["customfield_10072"]["displayName"] == "Bob"
    assert [user["displayName"] for user in issue["fields"]["customfield_10071"]] == [
        "Bob",
        "Alice",
    ]


def test_cloud_pages_the_changelog_and_expands_the_newest_first(jira: JiraSimulator) -> None:
    for number in range(5):
        jira.edit("CHG-1", "summary", f"v{number}", by="bob", at=MONDAY + number * HOUR)
    jira.page_limit = 2
    path, seen = "/rest/api/3/issue/CHG-1/changelog?startAt=0&maxResults=100", []
    while path:
        _, page, _ = ask(jira, path)
        assert (page["total"], page["maxResults"]) == (5, 2)
        seen += [entry["items"][0]["toString"] for entry in page["values"]]
        path = page.get("nextPage", "").removeprefix(jira.url)
        assert page["isLast"] == (not path)
    assert seen == ["v0", "v1", "v2", "v3", "v4"]
    _, issue, _ = ask(jira, "/rest/api/3/issue/CHG-1?expand=changelog")
    log = issue["changelog"]
    assert (log["total"], [e["items"][0]["toString"] for e in log["histories"]]) == (
        5,
        ["v4", "v3"],
    )


def test_data_center_has_names_keys_and_no_changelog_path(center: JiraSimulator) -> None:
    center.edit("CHG-1", "Owner", "bob", by="bob", at=MONDAY)
    center.transition("CHG-1", "Approved", by="bob", at=MONDAY)
    _, issue, _ = ask(center, "/rest/api/2/issue/CHG-1?expand=changelog", "secret")
    owner = issue["changelog"]["histories"][0]["items"][0]
    assert issue["fields"]["creator"]["name"] == "alice"
    assert "accountId" not in issue["fields"]["creator"]
    assert "fieldId" not in owner
    assert owner["to"] == center.users["bob"].key
    assert ask(center, "/rest/api/2/issue/CHG-1", "alice:secret")[0] == 200
    assert ask(center, "/rest/api/2/issue/CHG-1/changelog", "secret")[0] == 404
    assert ask(center, "/rest/api/3/issue/CHG-1", "secret")[0] == 404
    assert ask(center, "/rest/api/2/serverInfo", "")[1]["deploymentType"] == "Server"
    center.history_limit = 1
    log = ask(center, "/rest/api/2/issue/CHG-1?expand=changelog", "secret")[1]["changelog"]
    assert (log["total"], len(log["histories"])) == (2, 1)


def test_approvals_are_decided_by_one_decline_or_enough_approvals(jira: JiraSimulator) -> None:
    path = "/rest/servicedeskapi/request/CHG-1/approval"
    assert ask(jira, path)[1]["values"] == []
    jira.add_approval("CHG-1", ["bob", "dave"], at=MONDAY, name="CAB", required=2)
    jira.approve("CHG-1", by="bob", at=MONDAY + HOUR)
    (step,) = ask(jira, path)[1]["values"]
    assert (step["finalDecision"], "completedDate" in step) == ("pending", False)
    jira.decline("CHG-1", by="dave", at=MONDAY + 2 * HOUR)
    (step,) = ask(jira, path)[1]["values"]
    assert step["finalDecision"] == "declined"
    assert [a["approverDecision"] for a in step["approvers"]] == ["approved", "declined"]
    assert step["completedDate"]["epochMillis"] == (MONDAY + 2 * HOUR).timestamp() * 1000
    jira.approve("CHG-1", by="dave", at=MONDAY + 3 * HOUR)
    assert [s["finalDecision"] for s in ask(jira, path)[1]["values"]] == ["declined", "approved"]


def test_approvals_are_paged(jira: JiraSimulator) -> None:
    for _ in range(3):
        jira.approve("CHG-1", by="bob", at=MONDAY)
    jira.page_limit = 2
    _, first, _ = ask(jira, "/rest/servicedeskapi/request/CHG-1/approval?start=0&limit=50")
    assert (first["size"], first["limit"], first["isLastPage"]) == (2, 2, False)
    _, last, _ = ask(jira, first["_links"]["next"].removeprefix(jira.url))
    assert (last["size"], last["start"], last["isLastPage"]) == (1, 2, True)


def test_a_plain_issue_is_no_request(jira: JiraSimulator) -> None:
    jira.create_issue("OPS-1", "Plain", by="alice", at=MONDAY)
    status, body, _ = ask(jira, "/rest/servicedeskapi/request/OPS-1/approval")
    assert status == 404
    assert set(body) == {"errorMessage", "i18nErrorMessage"}


def test_deleted_and_private_accounts(jira: JiraSimulator) -> None:
    jira.edit("CHG-1", "Owner", "robot", by="bob", at=MONDAY)
    jira.approve("CHG-1", by="bob", at=MONDAY)
    jira.forget_user("bob")
    _, issue, _ = ask(jira, "/rest/api/3/issue/CHG-1?expand=changelog")
    assert "author" not in issue["changelog"]["histories"][0]
    assert "emailAddress" not in issue["fields"]["customfield_10072"]
    assert issue["fields"]["customfield_10072"]["accountType"] == "app"
    _, approvals, _ = ask(jira, "/rest/servicedeskapi/request/CHG-1/approval")
    assert approvals["values"][0]["approvers"][0]["approver"] is None


def test_times_in_the_readers_zone_are_the_same_moments(jira: JiraSimulator) -> None:
    jira.zone = timedelta(hours=7)
    _, issue, _ = ask(jira, "/rest/api/3/issue/CHG-1")
    assert issue["fields"]["created"] == "2026-01-05T17:00:00.000+0700"
    assert datetime.fromisoformat(issue["fields"]["created"]) == MONDAY


def test_errors_have_jiras_shapes(jira: JiraSimulator) -> None:
    shapes = {
        401: {"message", "status-code"},
        403: {"errorMessages", "errors"},
        404: {"errorMessages", "errors"},
        429: {"errorMessages", "errors"},
        500: {"errorMessages", "errors"},
    }
    for status, members in shapes.items():
        jira.fault("/myself", faults.status(status), times=1)
        found, body, headers = ask(jira, "/rest/api/3/myself")
        assert (found, set(body)) == (status, members)
        assert ("X-RateLimit-Reset" in headers) == (status == 429)
    jira.fault("/myself", faults.status(503), times=1)
    status, body, headers = ask(jira, "/rest/api/3/myself")
    assert (status, headers.get_content_type()) == (503, "text/html")


def test_paths_and_lists_of_the_rest(jira: JiraSimulator) -> None:
    titles = {f["id"]: f["name"] for f in ask(jira, "/rest/api/3/field")[1]}
    assert titles["customfield_10073"] == "Risk"
    assert [p["key"] for p in ask(jira, "/rest/api/3/project")[1]] == ["CHG", "OPS"]
    assert "Approved" in [s["name"] for s in ask(jira, "/rest/api/3/status")[1]]
    assert ask(jira, "/rest/api/3/serverInfo", "")[1]["deploymentType"] == "Cloud"
    assert ask(jira, "/rest/api/3/nonsense")[0] == 404
    jira.add_status("Waiting", "10099")
    jira.transition("CHG-1", "Waiting", by="bob", at=MONDAY)
    assert ask(jira, "/rest/api/3/issue/CHG-1")[1]["fields"]["status"]["id"] == "10099"


def test_wiki_text_as_a_document() -> None:
    kinds = [block["type"] for block in adf(PLAN)["content"]]
    assert kinds == [
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "paragraph",
    ]
    assert adf(PLAN)["content"][-1]["content"][0] == {
        "type": "mention",
        "attrs": {"id": "abc", "text": "@someone"},
    }
    assert plain(adf("one\n\nh1. two")).split() == ["one", "two"]
    assert adf("")["content"] == []
