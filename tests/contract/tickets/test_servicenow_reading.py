"""What is special about ServiceNow: sys_ids, audits, access rules, and who really decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from desk import hour
from ticket_desks import NUMBER, PASSWORD, ServiceNowDesk, servicenow_desk

from gate.demo import faults
from gate.model import (
    Account,
    AccountKind,
    ChangeRequest,
    MissingTicket,
    Problem,
    ProblemKind,
    StandardChange,
    Status,
    TicketReference,
    TicketSource,
    Verdict,
    Window,
)
from gate.tickets.servicenow.numbers import ChangeNumbers
from gate.tickets.several import Tickets
from gate.tickets.system import Credentials


@pytest.fixture
def desk() -> Iterator[ServiceNowDesk]:
    with servicenow_desk() as opened:
        yield opened


def given(desk: ServiceNowDesk) -> list[tuple[str, Verdict, Any]]:
    """Who decided what, and when."""
    approvals = desk.read().approvals
    assert not isinstance(approvals, Problem), approvals
    return [(a.account.key if a.account else "", a.verdict, a.decided_at) for a in approvals]


def unread(desk: ServiceNowDesk) -> Problem:
    """Why the approvals could not be had."""
    approvals = desk.read().approvals
    assert isinstance(approvals, Problem), approvals
    return approvals


APPROVED, DECLINED, PENDING = Verdict.APPROVED, Verdict.DECLINED, Verdict.PENDING

# ---------------------------------------------------------------- the change itself


def test_a_change_is_read_whole(desk: ServiceNowDesk) -> None:
    change = desk.read()
    sys_id = desk.now.change(NUMBER)["sys_id"]
    assert (change.id, change.key, change.project, change.type) == (sys_id, NUMBER, "CHG", "normal")
    assert change.status == Status("-5", "New")
    assert change.url == f"{desk.now.url}/change_request.do?sys_id={sys_id}"
    assert change.reporter == Account("servicenow", "alice", AccountKind.PERSON, "Alice")
    assert change.summary == "New checkout"
    assert change.standard is None
    assert isinstance(change.test_plan, tuple)
    assert [(t.location, t.text) for t in change.test_plan] == [
        ("test_plan", "run the tests on staging"),
        ("description#Tests", "run the tests"),
    ]


@pytest.mark.parametrize("auth", ["basic", "oauth"])
def test_two_requests_follow_one_another(desk: ServiceNowDesk, auth: str) -> None:
    for _ in range(50):
        desk.now.request_approval(NUMBER, ["bob"], at=hour(9))
    desk.now.together("query=number%3D|/sys_user|/sysapproval_(approver|group)", 4)
    desk.now.together("/sys_audit|query=numberIN", 4)  # an address has no room for all fifty
    user, secret = ("gate", PASSWORD) if auth == "basic" else ("client-of-gate", "cl1ent")
    reader = desk.reader(Credentials(user, secret), auth=auth)
    assert isinstance(reader.fetch(NUMBER), ChangeRequest)
    assert len(reader.requests()) == desk.asked() == 8 + desk.now.token_grants
    assert desk.now.token_grants == (auth == "oauth")
    desk.now.meetings = ()
    assert isinstance(reader.fetch(NUMBER), ChangeRequest)
    assert desk.asked() == 15 + desk.now.token_grants  # who we are is asked once


def test_a_missing_change_is_looked_for_beside_others(desk: ServiceNowDesk) -> None:
    desk.now.together("/(sys_user|sysapproval_approver|sysapproval_group)[?]", 3)
    assert isinstance(desk.open().fetch("CHG0030009"), MissingTicket)
    assert desk.asked() == 5


def test_a_change_on_hold_has_another_status(desk: ServiceNowDesk) -> None:
    desk.now.edit(NUMBER, "state", "-1", by="alice", at=hour(9))
    desk.now.edit(NUMBER, "on_hold", "true", by="alice", at=hour(10))
    change = desk.read()
    assert change.status == Status("-1, on hold", "Implement, on hold")
    assert not isinstance(change.scope, Problem)
    desk.now.edit(NUMBER, "on_hold", "false", by="alice", at=hour(11))
    assert desk.read().status == Status("-1", "Implement")


@pytest.mark.parametrize("value", ["", "1", "True", "hidden"])
def test_a_change_of_which_nobody_tells_whether_it_is_on_hold_is_a_problem(
    desk: ServiceNowDesk, value: str
) -> None:
    if value == "hidden":
        desk.now.hidden_fields.add(("change_request", "on_hold"))
    else:
        desk.now.edit(NUMBER, "on_hold", value, by="alice", at=hour(10))
    assert isinstance(desk.open().fetch(NUMBER), Problem)


def test_the_first_number_of_all_has_none_before_it(desk: ServiceNowDesk) -> None:
    desk.now.create_change("CHG0000001", "First", by="alice", at=hour(8))
    change = desk.open().fetch("CHG0000001")
    assert isinstance(change, ChangeRequest)
    assert change.neighbours == ()


def test_times_do_not_depend_on_the_accounts_zone_and_format(desk: ServiceNowDesk) -> None:
    desk.now.zone, desk.now.format = timedelta(hours=-8), "%d.%m.%Y %I:%M"
    desk.now.set_window(NUMBER, hour(10), hour(12), by="alice", at=hour(9))
    desk.now.set_state(NUMBER, "-4", by="alice", at=hour(9))
    change = desk.read()
    assert change.created_at == hour(8)
    assert change.window == Window(hour(10), hour(12), hour(9))


def test_a_change_without_a_window_says_so(desk: ServiceNowDesk) -> None:
    assert desk.read().window == Window(None, None, hour(8))


def test_a_sys_id_is_another_name_of_the_same_change(desk: ServiceNowDesk) -> None:
    desk.approve(by="bob", at=hour(9))
    sys_id = desk.now.change(NUMBER)["sys_id"]
    found = desk.open().fetch(sys_id)
    assert found == desk.read()
    tickets = Tickets({"servicenow": desk.open()}, {"servicenow": ChangeNumbers(("CHG",))})
    reference = TicketReference("servicenow", sys_id, TicketSource.OPTION)
    assert tickets.fetch(reference).reference == replace(reference, id=NUMBER)
    assert isinstance(desk.open().fetch("0" * 32), MissingTicket)


def test_what_is_called_by_no_number_is_another_than_was_asked_for(desk: ServiceNowDesk) -> None:
    row = desk.now.change(NUMBER)
    row["number"] = "CHG-OLD"
    found = desk.open().fetch(row["sys_id"])
    assert isinstance(found, ChangeRequest)
    assert (found.key, found.neighbours) == ("CHG-OLD", ())
    reference = TicketReference("servicenow", row["sys_id"], TicketSource.OPTION)
    tickets = Tickets({"servicenow": desk.open()}, {"servicenow": ChangeNumbers(("CHG",))})
    assert tickets.fetch(reference).reference == reference  # which ticket-exists fails


def test_who_typed_it_who_opened_it_and_who_wanted_it_are_all_its_authors(
    desk: ServiceNowDesk,
) -> None:
    change = desk.now.change(NUMBER)
    change["opened_by"] = desk.now.user("bob")["sys_id"]
    change["requested_by"] = desk.now.user("carol")["sys_id"]
    found = desk.read()
    assert found.creator is not None
    assert found.reporter is not None
    keys = [account.key if account else "" for account in found.others]
    assert (found.creator.key, found.reporter.key, keys) == ("alice", "carol", ["bob"])


def test_a_hidden_author_may_be_anybody(desk: ServiceNowDesk) -> None:
    desk.now.change(NUMBER)["opened_by"] = desk.now.user("bob")["sys_id"]
    desk.now.hidden_fields.add(("sys_user", "user_name"))
    desk.now.fields_emptied = True
    problem = desk.open().fetch(NUMBER)
    assert isinstance(problem, Problem)  # then who we are is hidden too
    desk.now.hidden_fields.clear()
    desk.now.change(NUMBER)["opened_by"] = ""
    assert desk.read().others == (None,)


@pytest.mark.parametrize("name", ["Bob", "BOB"])
def test_user_names_are_one_whatever_their_case(desk: ServiceNowDesk, name: str) -> None:
    desk.now.user("bob")["user_name"] = name
    desk.now.request_approval(NUMBER, [name], at=hour(9))
    desk.now.set_approval(desk.now.approvals(NUMBER)[0], "approved", by="bob", at=hour(10))
    assert given(desk) == [("bob", APPROVED, hour(10))]


# ---------------------------------------------------------------- what stands around it


def test_the_task_above_is_linked(desk: ServiceNowDesk) -> None:
    assert desk.read().linked == ()
    desk.now.create_change("CHG0030004", "The whole of it", by="alice", at=hour(7))
    above = desk.now.change("CHG0030004")
    desk.now.change(NUMBER)["parent"] = above["sys_id"]
    assert desk.read().linked == ("CHG0030004",)
    above["number"] = ""
    hidden = desk.read().linked
    assert isinstance(hidden, Problem)
    assert hidden.kind is ProblemKind.HIDDEN


def test_the_next_lower_numbers_tell_when_they_were_created(desk: ServiceNowDesk) -> None:
    assert desk.read().neighbours == ()
    for number, at in (("CHG0030000", 6), ("CHG0029999", 5), ("CHG0029990", 4), ("CHG0030003", 9)):
        desk.now.create_change(number, "Other", by="bob", at=hour(at))
    found = desk.read().neighbours
    assert not isinstance(found, Problem)
    assert {(each.key, each.created_at) for each in found} == {
        ("CHG0030000", hour(6)),
        ("CHG0029999", hour(5)),
    }
    desk.now.hidden_rows.add(desk.now.change("CHG0030000")["sys_id"])
    found = desk.read().neighbours
    assert not isinstance(found, Problem)
    assert [each.key for each in found] == ["CHG0029999"]


@pytest.mark.parametrize("fault", ["reset", "html", "wrong_types", "empty"])
def test_neighbours_that_could_not_be_had_are_a_problem(
    desk: ServiceNowDesk, fault: faults.Kind
) -> None:
    desk.now.fault("numberIN", fault)
    change = desk.read()
    assert isinstance(change.neighbours, Problem)
    assert not isinstance(change.approvals, Problem)


# ---------------------------------------------------------------- who decided, by the audit


def test_a_later_edit_of_the_row_does_not_move_the_decision(desk: ServiceNowDesk) -> None:
    row = desk.now.approve(NUMBER, by="bob", at=hour(9))
    desk.now.touch(row, by="carol", at=hour(15))
    assert given(desk) == [("bob", APPROVED, hour(9))]


def test_whoever_sets_the_state_decides_and_not_whom_the_row_asks(desk: ServiceNowDesk) -> None:
    desk.now.approve(NUMBER, by="alice", in_place_of="bob", at=hour(9))
    approvals = desk.read().approvals
    assert not isinstance(approvals, Problem)
    assert [(a.account.key, a.account.kind) for a in approvals if a.account] == [
        ("alice", AccountKind.UNKNOWN)  # the change tells nothing of whose that is
    ]


def test_a_delegate_whom_the_change_asks_too_is_known(desk: ServiceNowDesk) -> None:
    desk.now.request_approval(NUMBER, ["bob", "carol"], at=hour(9))
    desk.now.approve(NUMBER, by="carol", in_place_of="bob", at=hour(10))
    approvals = desk.read().approvals
    assert not isinstance(approvals, Problem)
    assert (approvals[0].account, approvals[0].verdict) == (
        Account("servicenow", "carol", AccountKind.PERSON, "Carol"),
        APPROVED,
    )


def test_a_flow_that_approves_is_no_person(desk: ServiceNowDesk) -> None:
    desk.now.approve(NUMBER, by="system", in_place_of="bob", at=hour(9))
    approvals = desk.read().approvals
    assert not isinstance(approvals, Problem)
    assert [a.account.kind for a in approvals if a.account] == [AccountKind.UNKNOWN]


def test_an_integrations_account_is_an_app(desk: ServiceNowDesk) -> None:
    desk.now.add_user("robot", integration=True)
    desk.now.approve(NUMBER, by="robot", at=hour(9))
    approvals = desk.read().approvals
    assert not isinstance(approvals, Problem)
    assert [a.account.kind for a in approvals if a.account] == [AccountKind.APP]


def test_without_what_tells_people_from_integrations_nobody_is_taken_for_a_person(
    desk: ServiceNowDesk,
) -> None:
    desk.now.hidden_fields.add(("sys_user", "web_service_access_only"))
    desk.now.approve(NUMBER, by="bob", at=hour(9))
    approvals = desk.read().approvals
    assert not isinstance(approvals, Problem)
    assert [a.account.kind for a in approvals if a.account] == [AccountKind.UNKNOWN]


def test_states_of_approvals(desk: ServiceNowDesk) -> None:
    desk.now.request_approval(NUMBER, ["alice", "bob", "carol"], at=hour(9))
    alice, bob, carol = desk.now.approvals(NUMBER)
    desk.now.set_approval(alice, "not_required", by="carol", at=hour(10))
    desk.now.set_approval(bob, "cancelled", by="bob", at=hour(10))
    desk.now.set_approval(carol, "approved", by="carol", at=hour(10))
    assert given(desk) == [("carol", APPROVED, hour(10))]
    desk.now.set_approval(carol, "requested", by="alice", at=hour(11))
    assert given(desk) == [("carol", PENDING, None)]
    desk.now.set_approval(carol, "maybe", by="alice", at=hour(12))
    assert unread(desk).kind is ProblemKind.MALFORMED


def test_an_objection_that_somebody_else_takes_away_stands(desk: ServiceNowDesk) -> None:
    row = desk.now.reject(NUMBER, by="carol", at=hour(9))
    desk.now.set_approval(row, "cancelled", by="alice", at=hour(10))
    desk.approve(by="bob", at=hour(11))
    assert ("carol", DECLINED, hour(9)) in given(desk)


def test_an_objection_ends_when_its_giver_withdraws_it(desk: ServiceNowDesk) -> None:
    row = desk.now.reject(NUMBER, by="carol", at=hour(9))
    desk.now.set_approval(row, "requested", by="carol", at=hour(10))
    assert given(desk) == [("carol", PENDING, None)]
    other = desk.now.reject(NUMBER, by="bob", at=hour(11))
    desk.now.set_approval(other, "cancelled", by="alice", at=hour(12))
    desk.approve(by="bob", at=hour(13))
    assert ("bob", DECLINED, hour(11)) not in given(desk)
    assert ("bob", APPROVED, hour(13)) in given(desk)


def test_a_group_that_rejected_without_anybodys_row_objects(desk: ServiceNowDesk) -> None:
    desk.now.request_approval(NUMBER, ["bob"], at=hour(9), group="CAB")
    desk.approve(by="bob", at=hour(10))
    (group,) = desk.now.tables["sysapproval_group"].values()
    assert given(desk) == [("bob", APPROVED, hour(10))]
    group["approval"] = "rejected"
    assert ("", DECLINED, hour(9)) in given(desk)
    group["approval"] = "approved"
    desk.now.change(NUMBER)["approval"] = "rejected"
    assert ("", DECLINED, hour(8)) in given(desk)


def test_a_change_that_is_rejected_still_is_objected_to(desk: ServiceNowDesk) -> None:
    """carol's objection was withdrawn, so that of somebody else, whose row is gone, is left."""
    carol = desk.now.reject(NUMBER, by="carol", at=hour(9))
    gone = desk.now.reject(NUMBER, by="bob", at=hour(10))
    desk.now.change(NUMBER)["approval"] = "rejected"
    desk.now.set_approval(carol, "cancelled", by="alice", at=hour(11))
    desk.approve(by="carol", at=hour(12))
    desk.now.delete("sysapproval_approver", gone)
    assert given(desk) == [("carol", APPROVED, hour(12)), ("", DECLINED, hour(8))]


def test_a_group_whose_member_rejected_objects_once(desk: ServiceNowDesk) -> None:
    desk.now.request_approval(NUMBER, ["bob", "carol"], at=hour(9), group="CAB")
    desk.now.reject(NUMBER, by="carol", at=hour(10))
    (group,) = desk.now.tables["sysapproval_group"].values()
    group["approval"] = desk.now.change(NUMBER)["approval"] = "rejected"
    assert given(desk) == [("bob", PENDING, None), ("carol", DECLINED, hour(10))]


def test_a_group_that_approved_is_nobodys_approval(desk: ServiceNowDesk) -> None:
    desk.now.request_approval(NUMBER, [], at=hour(9), group="CAB")
    (group,) = desk.now.tables["sysapproval_group"].values()
    group["approval"] = desk.now.change(NUMBER)["approval"] = "approved"
    assert given(desk) == []


def test_a_row_that_was_made_approved_is_nobodys_decision(desk: ServiceNowDesk) -> None:
    desk.now.request_approval(NUMBER, ["bob", "carol"], at=hour(9))
    bob, carol = desk.now.approvals(NUMBER)
    bob["state"] = "approved"  # by whoever made the row
    desk.now.touch(bob, by="bob", at=hour(10))  # a comment of bob's makes it no approval of his
    desk.now.set_approval(carol, "cancelled", by="carol", at=hour(10))
    approvals = desk.read().approvals
    assert not isinstance(approvals, Problem)
    assert [a.account.kind for a in approvals if a.account] == [AccountKind.UNKNOWN]


def test_an_approval_moved_here_from_another_change_is_none(desk: ServiceNowDesk) -> None:
    """bob approved something else, and whoever may edit his row has it say this."""
    desk.approve(by="bob", at=hour(9))
    (row,) = desk.now.approvals(NUMBER)
    other = desk.now.create_change("CHG0030002", "Another", by="alice", at=hour(8))
    here, row["sysapproval"] = row["sysapproval"], other["sys_id"]
    moved = {"sysapproval": here}
    desk.now.update("sysapproval_approver", row, moved, by="alice", at=hour(10))
    assert unread(desk).kind is ProblemKind.INCOMPLETE


def test_a_deleted_approver_leaves_nobody_behind(desk: ServiceNowDesk) -> None:
    desk.approve(by="bob", at=hour(9))
    desk.now.delete("sys_user", desk.now.user("bob"))
    assert given(desk) == [("", APPROVED, hour(9))]


def test_an_approver_who_is_hidden_leaves_it_open(desk: ServiceNowDesk) -> None:
    desk.approve(by="bob", at=hour(9))
    desk.now.user("bob")["user_name"] = ""
    assert unread(desk).kind is ProblemKind.HIDDEN


def test_an_audit_that_does_not_lead_to_the_state_is_no_history(desk: ServiceNowDesk) -> None:
    row = desk.now.reject(NUMBER, by="carol", at=hour(9))
    row["state"] = "approved"
    assert unread(desk).kind is ProblemKind.INCOMPLETE


# ---------------------------------------------------------------- without the audit


def no_audit(desk: ServiceNowDesk, way: str) -> None:
    """Take the audit away: it is not kept, may not be read, or looks empty."""
    if way == "not kept":
        desk.now.audited.clear()
    desk.now.closed_tables.add("sys_audit")
    desk.now.closed_look_empty = way == "looks empty"


WAYS = ("not kept", "may not be read", "looks empty")


@pytest.mark.parametrize("way", WAYS)
def test_without_the_audit_a_decision_has_bounds(desk: ServiceNowDesk, way: str) -> None:
    no_audit(desk, way)
    desk.now.request_approval(NUMBER, ["bob"], at=hour(9))
    row = desk.now.approve(NUMBER, by="bob", at=hour(10))
    desk.now.touch(row, by="bob", at=hour(11))
    approvals = desk.read().approvals
    assert not isinstance(approvals, Problem)
    (approval,) = approvals
    assert approval.account == Account("servicenow", "bob", AccountKind.PERSON, "Bob")
    assert (approval.not_before, approval.decided_at) == (hour(9), hour(11))
    assert approval.latest_possible


@pytest.mark.parametrize("way", WAYS)
def test_without_the_audit_a_row_that_another_touched_tells_not_who_decided(
    desk: ServiceNowDesk, way: str
) -> None:
    no_audit(desk, way)
    row = desk.now.approve(NUMBER, by="bob", at=hour(9))
    desk.now.touch(row, by="alice", at=hour(10))
    assert unread(desk).kind is ProblemKind.INCOMPLETE


@pytest.mark.parametrize("way", WAYS)
def test_without_the_audit_an_objection_may_have_been_taken_away(
    desk: ServiceNowDesk, way: str
) -> None:
    no_audit(desk, way)
    row = desk.now.reject(NUMBER, by="carol", at=hour(9))
    assert given(desk) == [("carol", DECLINED, hour(9))]
    for state in ("cancelled", "requested", "not_required", "approved"):
        desk.now.set_approval(row, state, by="alice", at=hour(10))
        assert unread(desk).kind is ProblemKind.INCOMPLETE


def test_without_the_audit_the_rest_of_a_group_is_not_required(desk: ServiceNowDesk) -> None:
    no_audit(desk, "not kept")
    desk.now.request_approval(NUMBER, ["bob", "carol"], at=hour(9), group="CAB")
    desk.approve(by="bob", at=hour(10))
    desk.now.set_approval(desk.now.approvals(NUMBER)[1], "not_required", by="bob", at=hour(10))
    assert given(desk) == [("bob", APPROVED, hour(10))]


@pytest.mark.parametrize("way", WAYS)
def test_without_the_audit_an_edit_was_not_after_the_last_update(
    desk: ServiceNowDesk, way: str
) -> None:
    no_audit(desk, way)
    assert all(not t.latest_possible for t in desk.read().scope)  # type: ignore[union-attr]  # had
    desk.now.set_state(NUMBER, "-4", by="alice", at=hour(9))
    change = desk.read()
    for texts in (change.scope, change.rollback_plan, change.test_plan):
        assert not isinstance(texts, Problem)
        assert {(t.edited_at, t.latest_possible) for t in texts} == {(hour(9), True)}
    assert change.window == Window(None, None, hour(9), latest_possible=True)


# ---------------------------------------------------------------- texts by the audit


def test_texts_know_their_last_edit(desk: ServiceNowDesk) -> None:
    desk.now.edit(NUMBER, "cmdb_ci", "billing", by="bob", at=hour(9))
    desk.now.edit(NUMBER, "backout_plan", "", by="carol", at=hour(10))
    desk.now.set_state(NUMBER, "-4", by="alice", at=hour(11))
    change = desk.read()
    assert not isinstance(change.scope, Problem)
    assert [(t.location, t.text.partition("\n")[0], t.edited_at) for t in change.scope] == [
        ("cmdb_ci", "billing", hour(9)),
        ("description", "Brings the new checkout.", hour(8)),
    ]
    assert change.scope[0].edited_by is not None
    assert change.scope[0].edited_by.key == "bob"
    assert not isinstance(change.rollback_plan, Problem)
    assert [(t.text, t.edited_at) for t in change.rollback_plan] == [("", hour(10))]


def test_another_name_of_the_item_is_an_edit_of_the_change(desk: ServiceNowDesk) -> None:
    """A change for a sandbox of one's own, which is called the shop once it is approved."""
    desk.now.audited.add("cmdb_ci")
    desk.now.edit(NUMBER, "cmdb_ci", "sandbox", by="alice", at=hour(9))
    desk.approve(by="bob", at=hour(10))
    item = desk.now.tables["cmdb_ci"][desk.now.change(NUMBER)["cmdb_ci"]]
    desk.now.update("cmdb_ci", item, {"name": "shop"}, by="alice", at=hour(11))
    scope = desk.read().scope
    assert not isinstance(scope, Problem)
    assert (scope[0].location, scope[0].text, scope[0].edited_at) == ("cmdb_ci", "shop", hour(11))
    assert scope[0].edited_by is not None
    assert scope[0].edited_by.key == "alice"


def test_what_was_never_there_is_not_told(desk: ServiceNowDesk) -> None:
    change = desk.read(scope=("business_service", "description#Systems"))
    assert change.scope == ()


def test_an_edit_whose_audit_is_missing_is_no_history(desk: ServiceNowDesk) -> None:
    desk.now.edit(NUMBER, "description", "shop", by="alice", at=hour(9))
    desk.now.edit(NUMBER, "description", "billing", by="alice", at=hour(10))
    last = list(desk.now.tables["sys_audit"].values())[-1]
    desk.now.delete("sys_audit", last)
    scope = desk.read().scope
    assert isinstance(scope, Problem)
    assert scope.kind is ProblemKind.INCOMPLETE


@pytest.mark.parametrize("emptied", [False, True])
def test_a_field_that_is_hidden_is_no_empty_one(desk: ServiceNowDesk, emptied: bool) -> None:
    desk.now.edit(NUMBER, "description", "shop, in short", by="alice", at=hour(9))
    desk.now.hidden_fields.add(("change_request", "description"))
    desk.now.fields_emptied = emptied
    change = desk.read()
    for texts in (change.scope, change.test_plan):
        assert isinstance(texts, Problem)
    assert not isinstance(change.rollback_plan, Problem)


def test_a_configuration_item_that_is_hidden_is_no_empty_one(desk: ServiceNowDesk) -> None:
    desk.now.tables["cmdb_ci"][desk.now.change(NUMBER)["cmdb_ci"]]["name"] = ""
    scope = desk.read().scope
    assert isinstance(scope, Problem)
    assert scope.kind is ProblemKind.HIDDEN


# ---------------------------------------------------------------- standard changes


def test_a_standard_change_names_its_template(desk: ServiceNowDesk) -> None:
    template = desk.now.add_template("Restart the shop")
    desk.now.create_change(
        "CHG0030005", "Restart", by="alice", at=hour(8), type="standard", template=template["name"]
    )
    change = desk.open().fetch("CHG0030005")
    assert isinstance(change, ChangeRequest)
    assert change.standard == StandardChange(template["sys_id"])
    desk.now.hidden_fields.add(("std_change_producer_version", "std_change_producer"))
    desk.now.fields_emptied = True
    change = desk.open().fetch("CHG0030005")
    assert isinstance(change, ChangeRequest)
    assert isinstance(change.standard, Problem)


def test_a_template_makes_no_other_change_a_standard_one(desk: ServiceNowDesk) -> None:
    template = desk.now.add_template("Restart the shop")
    desk.now.create_change(
        "CHG0030005", "Restart", by="alice", at=hour(8), template=template["name"]
    )
    change = desk.open().fetch("CHG0030005")
    assert isinstance(change, ChangeRequest)
    assert (change.type, change.standard) == ("normal", None)


# ---------------------------------------------------------------- access rules and counts


@pytest.mark.parametrize("table", ["sysapproval_approver", "sysapproval_group"])
@pytest.mark.parametrize("looks_empty", [False, True])
def test_a_table_that_may_not_be_read_is_not_empty(
    desk: ServiceNowDesk, table: str, looks_empty: bool
) -> None:
    desk.now.request_approval(NUMBER, ["bob"], at=hour(9), group="CAB")
    desk.approve(by="bob", at=hour(10))
    desk.now.closed_tables.add(table)
    desk.now.closed_look_empty = looks_empty
    problem = unread(desk)
    assert problem.kind is (ProblemKind.HIDDEN if looks_empty else ProblemKind.PERMISSION)
    assert table in problem.request


def test_without_users_nothing_is_told(desk: ServiceNowDesk) -> None:
    desk.now.closed_tables.add("sys_user")
    assert desk.problem().kind is ProblemKind.PERMISSION
    desk.now.closed_look_empty = True
    assert desk.problem().kind is ProblemKind.HIDDEN


def test_a_list_that_nobody_counted_is_not_whole(desk: ServiceNowDesk) -> None:
    desk.now.counts = False
    assert desk.open().fetch(NUMBER) != MissingTicket()
    assert desk.problem().kind in {ProblemKind.INCOMPLETE, ProblemKind.MALFORMED}


def test_more_approvals_than_are_read_are_no_list(desk: ServiceNowDesk) -> None:
    desk.now.request_approval(NUMBER, ["bob"] * 1001, at=hour(9))
    assert unread(desk).kind is ProblemKind.INCOMPLETE


@pytest.mark.parametrize("table", ["sysapproval_approver", "sysapproval_group", "sys_audit"])
def test_rows_of_another_change_are_not_this_ones(desk: ServiceNowDesk, table: str) -> None:
    """A condition that ServiceNow does not understand is left out, and all rows come back."""
    desk.now.create_change("CHG0030007", "Other", by="alice", at=hour(8))
    desk.now.request_approval("CHG0030007", ["bob"], at=hour(9), group="CAB")
    desk.now.approve("CHG0030007", by="bob", at=hour(10))
    assert given(desk) == []
    desk.now.misunderstood.add(table)
    assert unread(desk).kind is ProblemKind.INCOMPLETE


def test_the_wrong_change_is_not_the_right_one(desk: ServiceNowDesk) -> None:
    desk.now.misunderstood.add("change_request")
    assert desk.problem("CHG0030002").kind is ProblemKind.MALFORMED


@pytest.mark.parametrize(("page", "words"), [("login", "HTML"), ("hibernating", "HTML")])
def test_a_page_for_people_is_no_reply(desk: ServiceNowDesk, page: str, words: str) -> None:
    desk.now.page = page
    problem = desk.problem()
    assert problem.kind is ProblemKind.MALFORMED
    assert words in problem.cause


@pytest.mark.parametrize(
    "field",
    ["sys_id", "number", "state", "type", "sys_created_on", "sys_created_by", "sys_updated_on"],
)
@pytest.mark.parametrize("emptied", [False, True])
def test_what_every_change_has_cannot_be_missing(
    desk: ServiceNowDesk, field: str, emptied: bool
) -> None:
    desk.now.hidden_fields.add(("change_request", field))
    desk.now.fields_emptied = emptied
    problem = desk.problem()
    assert problem.kind is ProblemKind.HIDDEN
    assert field in problem.cause


@pytest.mark.parametrize(
    "field",
    ["sys_id", "sysapproval", "state", "approver", "sys_created_on", "sys_updated_by", "group"],
)
def test_what_every_approval_has_cannot_be_missing(desk: ServiceNowDesk, field: str) -> None:
    desk.approve(by="bob", at=hour(9))
    desk.now.hidden_fields.add(("sysapproval_approver", field))
    assert unread(desk).kind is ProblemKind.HIDDEN


# ---------------------------------------------------------------- logging in


@pytest.mark.parametrize(
    ("auth", "credentials"),
    [
        ("basic", Credentials("gate", PASSWORD)),
        ("token", Credentials(token="t0ken")),
        ("api-key", Credentials(token="k3y")),
        ("oauth", Credentials("client-of-gate", "cl1ent")),
    ],
)
def test_each_way_to_log_in(desk: ServiceNowDesk, auth: str, credentials: Credentials) -> None:
    reader = desk.reader(credentials, auth=auth)
    assert isinstance(reader.fetch(NUMBER), ChangeRequest)
    assert [own.key for own in reader.own_accounts()] == ["gate"]
    wrong = Credentials(credentials.user, "wr0ng", "wr0ng")
    problem = desk.reader(wrong, auth=auth).fetch(NUMBER)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.CREDENTIALS
    assert "GATE_SERVICENOW" in problem.remedy
    before = desk.asked()
    missing = desk.reader(Credentials("gate"), auth=auth).fetch(NUMBER)
    assert isinstance(missing, Problem)
    assert "GATE_SERVICENOW" in missing.cause
    assert desk.asked() == before


@pytest.mark.parametrize("body", [{}, {"access_token": ""}, {"access_token": "a\nb"}, []])
def test_a_grant_without_a_token_is_none(desk: ServiceNowDesk, body: object) -> None:
    desk.now.fault("oauth_token", faults.replace(body))
    found = desk.reader(Credentials("client-of-gate", "cl1ent"), auth="oauth").fetch(NUMBER)
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.MALFORMED


def test_an_account_of_another_name_than_we_logged_in_with(desk: ServiceNowDesk) -> None:
    other = {"user_name": {"display_value": "x", "value": "mallory"}}
    desk.now.fault("sys_user", faults.replace({"result": [other]}))
    assert isinstance(desk.open().fetch(NUMBER), Problem)


# ---------------------------------------------------------------- the doctor


def test_the_doctor_names_what_is_missing(desk: ServiceNowDesk) -> None:
    desk.now.request_approval(NUMBER, ["bob"], at=hour(9), group="CAB")
    desk.approve(by="bob", at=hour(10))
    assert [r.what for r in desk.open().rights()] == [
        *("", "change_request", "sysapproval_approver", "sysapproval_group"),
        *("sys_user", "sys_audit"),
    ]
    assert all(right.problem is None for right in desk.open().rights())
    desk.now.closed_tables |= {"sysapproval_group", "sys_audit"}
    desk.now.hidden_fields.add(("change_request", "backout_plan"))
    refused = {r.what: r for r in desk.open().rights() if r.problem is not None}
    assert refused.keys() == {"change_request", "sysapproval_group", "sys_audit"}
    assert "backout_plan" in refused["change_request"].problem.cause  # type: ignore[union-attr]  # it has one
    assert [r.needed for r in refused.values()] == [True, True, False]
