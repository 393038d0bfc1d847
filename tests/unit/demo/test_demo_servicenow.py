"""The simulated ServiceNow behaves as the published Table API does."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from gate.demo.servicenow import ServiceNowSimulator

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
NUMBER = "CHG0030001"


@pytest.fixture
def now() -> Iterator[ServiceNowSimulator]:
    with ServiceNowSimulator(clock=lambda: MONDAY) as simulator:
        simulator.add_user("alice")
        simulator.add_user("bob")
        simulator.add_account("gate", password="pw", key="key", token="tok", secret="sec")
        simulator.create_change(NUMBER, "New checkout", by="alice", at=MONDAY, ci="shop")
        yield simulator


def ask(
    now: ServiceNowSimulator, path: str, headers: dict[str, str] | None = None, **query: str
) -> tuple[int, Any, dict[str, str]]:
    """Status, body and headers of a GET."""
    login = {"Authorization": "Basic " + b64encode(b"gate:pw").decode()}
    made = {f"sysparm_{name}": value for name, value in query.items()}
    url = f"{now.url}{path}?{urlencode(made)}"
    request = Request(url, headers=login if headers is None else headers)  # noqa: S310 - loopback
    try:
        with urlopen(request) as reply:  # noqa: S310 - loopback
            body = reply.read()
            status, given = reply.status, dict(reply.headers)
    except HTTPError as error:
        with error:
            body, status, given = error.read(), error.code, dict(error.headers)
    media = given.get("Content-Type", "")
    return status, json.loads(body) if "json" in media else body, given


def rows(now: ServiceNowSimulator, table: str, **query: str) -> list[dict[str, Any]]:
    status, body, _ = ask(now, f"/api/now/table/{table}", None, **query)
    assert status == 200, body
    found: list[dict[str, Any]] = body["result"]
    return found


def test_raw_display_and_both(now: ServiceNowSimulator) -> None:
    now.zone, now.format = timedelta(hours=2), "%d.%m.%Y %H:%M:%S"
    query = {"query": f"number={NUMBER}", "fields": "state,cmdb_ci,sys_created_on,opened_by"}
    (raw,) = rows(now, "change_request", **query)
    assert (raw["state"], raw["sys_created_on"]) == ("-5", "2026-01-05 08:00:00")
    assert raw["cmdb_ci"].keys() == {"link", "value"}
    (shown,) = rows(now, "change_request", display_value="true", **query)
    assert (shown["state"], shown["sys_created_on"]) == ("New", "05.01.2026 10:00:00")
    assert shown["opened_by"]["display_value"] == "Alice"
    (both,) = rows(now, "change_request", display_value="all", **query)
    assert both["state"] == {"display_value": "New", "value": "-5"}
    assert both["cmdb_ci"]["display_value"] == "shop"
    assert both["sys_created_on"]["value"] == "2026-01-05 08:00:00"
    (bare,) = rows(now, "change_request", exclude_reference_link="true", **query)
    assert isinstance(bare["cmdb_ci"], str)


def test_an_empty_reference_is_an_empty_text(now: ServiceNowSimulator) -> None:
    (raw,) = rows(now, "change_request", fields="assigned_to")
    assert raw == {"assigned_to": ""}


def test_unknown_fields_are_dropped_and_unknown_conditions_ignored(
    now: ServiceNowSimulator,
) -> None:
    now.create_change("CHG0030002", "Other", by="bob", at=MONDAY)
    (first, second) = rows(now, "change_request", query="nosuch=1", fields="number,nosuch")
    assert [first, second] == [{"number": NUMBER}, {"number": "CHG0030002"}]
    (one,) = rows(now, "change_request", query="number=chg0030002^nosuch=1", fields="number")
    assert one == {"number": "CHG0030002"}


def test_fields_and_conditions_lead_over_references(now: ServiceNowSimulator) -> None:
    now.approve(NUMBER, by="bob", at=MONDAY)
    query = {"query": f"sysapproval.number={NUMBER}", "fields": "approver.user_name,state"}
    assert rows(now, "sysapproval_approver", **query) == [
        {"approver.user_name": "bob", "state": "approved"}
    ]


def test_order_and_alternatives(now: ServiceNowSimulator) -> None:
    for number in (2, 3):
        at = MONDAY + timedelta(hours=number)
        now.create_change(f"CHG003000{number}", "x", by="bob", at=at)
    found = rows(now, "change_request", query="ORDERBYDESCsys_created_on", fields="number")
    assert [row["number"][-1] for row in found] == ["3", "2", "1"]
    query = "number=CHG0030003^ORnumber=CHG0030002^ORDERBYnumber"
    found = rows(now, "change_request", query=query, fields="number")
    assert [row["number"][-1] for row in found] == ["2", "3"]
    query = "numberINCHG0030001,CHG0030003^sys_created_by!=alice"
    (one,) = rows(now, "change_request", query=query, fields="number")
    assert one["number"] == "CHG0030003"


def test_pages_count_before_access_rules(now: ServiceNowSimulator) -> None:
    for number in range(2, 6):
        now.create_change(f"CHG003000{number}", "x", by="bob", at=MONDAY)
    now.hidden_rows.add(now.change("CHG0030002")["sys_id"])
    path = "/api/now/table/change_request"
    _, body, headers = ask(now, path, limit="2", offset="0")
    assert len(body["result"]) == 1
    assert headers["X-Total-Count"] == "5"
    assert 'rel="next"' in headers["Link"]
    assert 'rel="prev"' not in headers["Link"]
    _, body, headers = ask(now, path, limit="2", offset="4", no_count="true")
    assert len(body["result"]) == 1
    assert "X-Total-Count" not in headers
    assert 'rel="prev"' in headers["Link"]
    now.filtered_rows.add(now.change("CHG0030003")["sys_id"])
    assert ask(now, path)[2]["X-Total-Count"] == "4"


def test_one_record(now: ServiceNowSimulator) -> None:
    sys_id = now.change(NUMBER)["sys_id"]
    status, body, _ = ask(now, f"/api/now/v2/table/change_request/{sys_id}", fields="number")
    assert (status, body) == (200, {"result": {"number": NUMBER}})
    status, body, _ = ask(now, f"/api/now/table/change_request/{'0' * 32}")
    assert status == 404
    assert body["error"]["message"] == "No Record found"


def test_tables_that_are_closed_or_not_there(now: ServiceNowSimulator) -> None:
    assert ask(now, "/api/now/table/nosuch")[0] == 400
    now.closed_tables.add("sys_audit")
    assert ask(now, "/api/now/table/sys_audit")[0] == 403
    now.closed_look_empty = True
    assert ask(now, "/api/now/table/sys_audit")[1] == {"result": []}
    now.hidden_fields.add(("change_request", "description"))
    assert rows(now, "change_request", fields="number,description") == [{"number": NUMBER}]
    now.fields_emptied = True
    (row,) = rows(now, "change_request", fields="number,description")
    assert row == {"number": NUMBER, "description": ""}


@pytest.mark.parametrize(
    "headers",
    [{"x-sn-apikey": "key"}, {"Authorization": "Bearer tok"}],
)
def test_ways_to_log_in(now: ServiceNowSimulator, headers: dict[str, str]) -> None:
    assert ask(now, "/api/now/table/change_request", headers)[0] == 200
    for wrong in ({}, {"x-sn-apikey": "x"}, {"Authorization": "Bearer x"}, {"Authorization": "x"}):
        status, body, _ = ask(now, "/api/now/table/change_request", wrong)
        assert status == 401
        assert body["error"]["message"] == "User Not Authenticated"


def test_the_reader_is_me(now: ServiceNowSimulator) -> None:
    (me,) = rows(now, "sys_user", query="user_name=javascript:gs.getUserName()", fields="user_name")
    assert me == {"user_name": "gate"}


def _grant(now: ServiceNowSimulator, **form: str) -> tuple[int, dict[str, Any]]:
    url = f"{now.url}/oauth_token.do"
    request = Request(url, data=urlencode(form).encode(), method="POST")  # noqa: S310 - loopback
    try:
        with urlopen(request) as reply:  # noqa: S310 - loopback
            return reply.status, json.load(reply)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_tokens_are_granted_and_expire(now: ServiceNowSimulator) -> None:
    form = {"grant_type": "client_credentials", "client_id": "client-of-gate"}
    assert _grant(now, **form, client_secret="no")[0] == 401
    assert _grant(now, **form | {"grant_type": "password"}, client_secret="sec")[0] == 401
    status, granted = _grant(now, **form, client_secret="sec")
    assert (status, granted["token_type"]) == (200, "Bearer")
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    assert ask(now, "/api/now/table/change_request", bearer)[0] == 200
    now.expire_tokens()
    assert ask(now, "/api/now/table/change_request", bearer)[0] == 401


def test_edits_are_audited_and_inserts_are_not(now: ServiceNowSimulator) -> None:
    assert rows(now, "sys_audit") == []
    now.edit(NUMBER, "description", "x", by="bob", at=MONDAY + timedelta(hours=1))
    now.edit(NUMBER, "description", "x", by="bob", at=MONDAY + timedelta(hours=2))  # no change
    (entry,) = rows(now, "sys_audit")
    assert (entry["fieldname"], entry["oldvalue"], entry["newvalue"]) == ("description", "", "x")
    assert (entry["user"], entry["sys_created_on"]) == ("bob", "2026-01-05 09:00:00")
    change = now.change(NUMBER)
    assert (change["sys_mod_count"], change["sys_updated_on"]) == ("2", "2026-01-05 10:00:00")


@pytest.mark.parametrize("page", ["login", "hibernating"])
def test_pages_for_people_have_status_200(now: ServiceNowSimulator, page: str) -> None:
    now.page = page
    status, body, headers = ask(now, "/api/now/table/change_request")
    assert status == 200
    assert b"<html>" in body
    assert headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("status", "shape"), [(429, "status"), (500, "error"), (503, "html")])
def test_errors_have_their_own_shapes(now: ServiceNowSimulator, status: int, shape: str) -> None:
    from gate.demo import faults

    now.fault("change_request", faults.status(status))
    got, body, headers = ask(now, "/api/now/table/change_request")
    assert got == status
    if shape == "html":
        assert b"<html>" in body
        return
    assert body["status"] == "failure"
    assert ("X-RateLimit-Reset" in headers) == (status == 429)
