"""What every ticket system must tell, held against both flavours of Jira."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from desk import TOKEN, Desk, hour, open_desk

from gate.config.types import ApprovalPlace, WindowFields
from gate.demo import faults
from gate.errors import UsageError
from gate.model import (
    Account,
    AccountKind,
    ChangeRequest,
    MissingTicket,
    Problem,
    ProblemKind,
    Status,
    Verdict,
    Window,
)

JSM = ApprovalPlace("jsm")
TRANSITION = ApprovalPlace("transition", "Approved")
FIELD = ApprovalPlace("field", "Approvers")


@pytest.fixture(params=["cloud", "datacenter"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with open_desk(request.param) as opened:
        yield opened


def key_of(desk: Desk, name: str) -> str:
    user = desk.jira.users[name]
    return user.account_id if desk.flavour == "cloud" else user.name


def given(desk: Desk, *places: ApprovalPlace) -> list[tuple[str, Verdict, Any]]:
    """Who decided what, and when."""
    approvals = desk.read(*places).approvals
    assert not isinstance(approvals, Problem), approvals
    people = {key_of(desk, name): name for name in desk.jira.users}
    return [
        (people.get(a.account.key, "?") if a.account else "", a.verdict, a.decided_at)
        for a in approvals
    ]


# ---------------------------------------------------------------- the ticket itself


def test_a_ticket_is_read_whole(desk: Desk) -> None:
    ticket = desk.read()
    alice = Account("jira", key_of(desk, "alice"), AccountKind.PERSON, "Alice")
    assert (ticket.system, ticket.id, ticket.key, ticket.project) == (
        "jira",
        "CHG-1",
        "CHG-1",
        "CHG",
    )
    assert (ticket.type, ticket.status) == ("Change", Status("1", "Open"))
    assert (ticket.created_at, ticket.creator, ticket.reporter) == (hour(8), alice, alice)
    assert ticket.url == f"{desk.jira.url}/browse/CHG-1"
    assert ticket.summary == "New checkout"
    assert ticket.approvals == ()


def test_two_requests_side_by_side_are_enough(desk: Desk) -> None:
    reader = desk.reader(TRANSITION)
    desk.jira.together("/issue/|/myself", 2)
    assert isinstance(reader.fetch("CHG-1"), ChangeRequest)
    assert [request.authorised for request in desk.jira.requests] == [True, True]
    desk.jira.meetings = ()
    assert isinstance(reader.fetch("CHG-1"), ChangeRequest)
    assert len(reader.requests()) == 3  # who we are is asked once


KEYS = ("CHG-1", "CHG-2", "CHG-3", "CHG-4")


@pytest.fixture
def four(desk: Desk) -> Desk:
    for key in KEYS[1:]:
        desk.jira.create_issue(key, "Another", by="alice", at=hour(8))
    return desk


def test_four_tickets_are_a_chain_as_short_as_one(four: Desk) -> None:
    four.jira.latency = 0.1
    reader = four.reader(JSM, TRANSITION)
    with ThreadPoolExecutor(len(KEYS)) as pool:
        found = list(pool.map(reader.fetch, KEYS))
    assert all(isinstance(ticket, ChangeRequest) for ticket in found)
    assert four.jira.longest_chain() <= 2
    assert [r.path.rpartition("/")[2] for r in four.jira.requests].count("myself") == 1


def test_no_ticket_waits_until_it_is_known_who_we_are(four: Desk) -> None:
    """Jira answers who we are, which was asked first, only once it has all four questions."""
    asked = four.jira.together("/myself", 2)
    four.jira.together("/issue/CHG|/myself", len(KEYS) + 1)
    reader = four.reader(TRANSITION)
    with ThreadPoolExecutor(len(KEYS)) as pool:
        first = pool.submit(reader.fetch, KEYS[0])
        asked.wait(timeout=20)
        found = [first.result, *(pool.submit(reader.fetch, key).result for key in KEYS[1:])]
        assert all(isinstance(result(), ChangeRequest) for result in found)
    others = [r for r in four.jira.requests if not re.search("bulkfetch|/search", r.path)]
    assert len(others) == len(KEYS) + 1


def test_times_in_another_zone_are_the_same_moment(desk: Desk) -> None:
    desk.jira.zone = timedelta(hours=-8)
    assert desk.read().created_at == hour(8)


def test_a_future_creation_is_told_as_it_is(desk: Desk) -> None:
    desk.jira.issues["CHG-1"].created = hour(99)
    assert desk.read().created_at == hour(99)


def test_deleted_people_leave_nobody_behind(desk: Desk) -> None:
    desk.jira.transition("CHG-1", "Approved", by="bob", at=hour(9))
    desk.jira.approve("CHG-1", by="bob", at=hour(9))
    desk.jira.forget_user("alice")
    desk.jira.forget_user("bob")
    ticket = desk.read()
    assert (ticket.creator, ticket.reporter) == (None, None)
    assert given(desk, TRANSITION, JSM) == [
        ("", Verdict.APPROVED, hour(9)),
        ("", Verdict.APPROVED, hour(9)),
    ]


def test_a_moved_ticket_tells_its_new_key(desk: Desk) -> None:
    desk.jira.move("CHG-1", "OPS-5", by="alice", at=hour(9))
    ticket = desk.read()
    assert (ticket.id, ticket.key, ticket.project) == ("CHG-1", "OPS-5", "OPS")


def test_our_own_account_and_clock_are_known_afterwards(desk: Desk) -> None:
    reader = desk.reader()
    assert reader.own_accounts() == ()
    reader.fetch("CHG-1")
    (own,) = reader.own_accounts()
    assert own.key == key_of(desk, "gate")
    assert reader.myself() == own
    assert len(reader.clocks()) == 1


@pytest.mark.parametrize("key", ["../myself", "chg-1", "OPS-1", "CHG-1/x", "", "CHG-1\n"])
def test_nothing_is_asked_for_what_is_no_id(desk: Desk, key: str) -> None:
    with pytest.raises(UsageError):
        desk.reader().fetch(key)
    assert desk.jira.requests == ()


# ---------------------------------------------------------------- not there, and why


def test_a_missing_ticket_of_a_project_that_we_see(desk: Desk) -> None:
    desk.jira.together("/issue/CHG|/myself", 2)
    assert isinstance(desk.reader().fetch("CHG-2"), MissingTicket)
    assert len(desk.jira.requests) == 4


def test_a_hidden_project_is_not_a_missing_ticket(desk: Desk) -> None:
    desk.jira.add_project("CHG", visible_to=["alice"])
    desk.jira.create_issue("CHG-1", "x", by="alice", at=hour(8))
    problem = desk.problem()
    assert problem.kind is ProblemKind.HIDDEN
    assert "Browse Projects" in problem.remedy


def test_wrong_credentials_are_not_a_missing_ticket(desk: Desk) -> None:
    for public in (False, True):
        desk.jira.projects["CHG"].public = public  # a public ticket is shown to anybody
        for key in ("CHG-1", "CHG-2"):
            problem = desk.problem(token="wr0ng", key=key)
            assert problem.kind is ProblemKind.CREDENTIALS
            assert "GATE_JIRA_TOKEN" in problem.remedy
            assert "/myself" in problem.request
            assert "wr0ng" not in repr(problem)


def test_refused_credentials_and_captchas_have_their_own_words(desk: Desk) -> None:
    desk.jira.rejects_bad_credentials = True
    assert desk.problem(token="wr0ng").kind is ProblemKind.CREDENTIALS
    desk.jira.captcha = True
    problem = desk.problem(token="wr0ng")
    assert problem.kind is ProblemKind.CREDENTIALS
    assert "CAPTCHA" in problem.cause


def test_no_credentials_are_told_before_anything_is_asked(desk: Desk) -> None:
    for token in ("", "two\nlines"):
        problem = desk.problem(token=token)
        assert problem.kind is ProblemKind.CREDENTIALS
        assert "GATE_JIRA_TOKEN" in problem.cause
    assert desk.jira.requests == ()
    assert isinstance(desk.reader(token="").myself(), Problem)


def test_a_service_that_is_down_is_none_of_these(desk: Desk) -> None:
    desk.jira.stop()
    problem = desk.problem()
    assert problem.kind is ProblemKind.UNAVAILABLE
    assert problem.request.endswith("/issue/CHG-1")


def test_the_four_ways_of_not_being_there_read_differently(desk: Desk) -> None:
    wrong = desk.problem(token="wr0ng")
    desk.jira.projects["CHG"].visible_to = {"alice"}
    hidden = desk.problem()
    desk.jira.projects["CHG"].visible_to = None
    missing = desk.reader().fetch("CHG-2")
    desk.jira.stop()
    down = desk.problem()
    assert len({wrong.cause, hidden.cause, down.cause}) == 3
    assert isinstance(missing, MissingTicket)


# ---------------------------------------------------------------- approvals: service management


def test_each_approver_is_told_with_the_latest_possible_time(desk: Desk) -> None:
    desk.jira.add_approval("CHG-1", ["bob", "carol"], at=hour(9), required=2)
    desk.jira.approve("CHG-1", by="bob", at=hour(10))
    assert given(desk, JSM) == [("bob", Verdict.PENDING, None), ("carol", Verdict.PENDING, None)]
    desk.jira.approve("CHG-1", by="carol", at=hour(11))
    assert given(desk, JSM) == [
        ("bob", Verdict.APPROVED, hour(11)),
        ("carol", Verdict.APPROVED, hour(11)),
    ]
    approvals = desk.read(JSM).approvals
    assert not isinstance(approvals, Problem)
    assert {a.source for a in approvals} == {"jsm"}
    assert all(a.latest_possible and a.not_before == hour(9) for a in approvals)


def test_an_objection_stays_beside_an_approval(desk: Desk) -> None:
    desk.jira.add_approval("CHG-1", ["bob", "carol"], at=hour(9), required=2)
    desk.jira.approve("CHG-1", by="bob", at=hour(10))
    desk.jira.decline("CHG-1", by="carol", at=hour(11))
    desk.jira.approve("CHG-1", by="alice", at=hour(12))
    assert given(desk, JSM) == [
        ("bob", Verdict.PENDING, None),  # the step was declined as a whole
        ("carol", Verdict.DECLINED, hour(11)),
        ("alice", Verdict.APPROVED, hour(12)),
    ]


def test_an_objection_is_withdrawn_by_approving_in_a_step_that_began_later(desk: Desk) -> None:
    desk.jira.add_approval("CHG-1", ["carol"], at=hour(9))
    desk.jira.decline("CHG-1", by="carol", at=hour(10))
    assert ("carol", Verdict.DECLINED, hour(10)) in given(desk, JSM)
    desk.jira.add_approval("CHG-1", ["carol"], at=hour(11))
    desk.jira.approve("CHG-1", by="carol", at=hour(12))
    assert given(desk, JSM) == [("carol", Verdict.APPROVED, hour(12))]


def test_an_approval_in_a_step_that_was_open_already_withdraws_nothing(desk: Desk) -> None:
    desk.jira.add_approval("CHG-1", ["carol"], at=hour(9))
    desk.jira.add_approval("CHG-1", ["carol"], at=hour(10))
    desk.jira.approve("CHG-1", by="carol", at=hour(11))  # in the newer step
    desk.jira.decline("CHG-1", by="carol", at=hour(12))  # and then in the older one
    assert ("carol", Verdict.DECLINED, hour(12)) in given(desk, JSM)


def test_each_step_is_waited_for_by_itself(desk: Desk) -> None:
    board = desk.jira.add_approval("CHG-1", ["bob"], at=hour(9), name="Board")
    security = desk.jira.add_approval("CHG-1", ["carol"], at=hour(9), name="Security")
    assert desk.read(JSM).unfinished == (board.id, security.id)
    desk.jira.approve("CHG-1", by="bob", at=hour(10))
    assert given(desk, JSM) == [
        ("bob", Verdict.APPROVED, hour(10)),
        ("carol", Verdict.PENDING, None),
    ]
    assert desk.read(JSM).unfinished == (security.id,)
    desk.jira.approve("CHG-1", by="carol", at=hour(11))
    assert desk.read(JSM).unfinished == ()
    assert desk.read(ApprovalPlace("transition", "Approved")).unfinished == ()


def test_a_step_that_began_anew_is_waited_for_in_its_new_form_only(desk: Desk) -> None:
    left = desk.jira.add_approval("CHG-1", ["bob"], at=hour(9), name="Board")
    again = desk.jira.add_approval("CHG-1", ["carol"], at=hour(10), name="Board")
    other = desk.jira.add_approval("CHG-1", ["alice"], at=hour(11), name="Security")
    left.id, again.id, other.id = "9", "10", "11"  # as texts the first would be the last
    assert desk.read(JSM).unfinished == ("9", "10", "11")
    desk.jira.approve("CHG-1", by="alice", at=hour(12))
    assert desk.read(JSM).unfinished == ("9", "10"), "another step says nothing of it"
    desk.jira.approve("CHG-1", by="carol", at=hour(12))
    assert desk.read(JSM).unfinished == ()
    left.id, again.id = "10", "9"
    assert desk.read(JSM).unfinished == ("10",), "the newer one is open"


def test_steps_are_in_the_order_of_their_numbers(desk: Desk) -> None:
    for number in range(12):
        step = desk.jira.add_approval("CHG-1", ["bob"], at=hour(9))
        step.id = str(number + 1)
    desk.jira.issues["CHG-1"].approvals.reverse()
    approvals = desk.read(JSM).approvals
    assert not isinstance(approvals, Problem)
    assert [a.id for a in approvals] == [str(n) for n in range(1, 13)]


def test_an_empty_list_is_no_approval(desk: Desk) -> None:
    assert given(desk, JSM) == []


def test_many_steps_come_in_pages_and_none_is_lost(desk: Desk) -> None:
    for _ in range(120):
        desk.jira.add_approval("CHG-1", ["bob"], at=hour(9))
    desk.jira.together("/issue/|/myself|start=0", 3)
    desk.jira.together("start=(50|100|150|200)", 4)
    assert len(given(desk, JSM)) == 120
    desk.jira.meetings = ()
    for _ in range(131):
        desk.jira.add_approval("CHG-1", ["bob"], at=hour(9))
    problem = desk.read(JSM).approvals
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.INCOMPLETE


def test_a_ticket_that_is_no_customer_request(desk: Desk) -> None:
    desk.jira.issues["CHG-1"].request = False
    hidden = desk.read(JSM).approvals
    assert isinstance(hidden, Problem)
    assert hidden.kind is ProblemKind.HIDDEN
    desk.jira.projects["CHG"].service_desk = False
    assert given(desk, JSM) == []


def test_apps_are_marked(desk: Desk) -> None:
    desk.jira.transition("CHG-1", "Approved", by="robot", at=hour(9))
    approvals = desk.read(TRANSITION).approvals
    assert not isinstance(approvals, Problem)
    assert approvals[0].account is not None
    expected = AccountKind.APP if desk.flavour == "cloud" else AccountKind.PERSON
    assert approvals[0].account.kind is expected


# ---------------------------------------------------------------- approvals: transition, field


def test_a_transition_counts_while_its_status_was_not_left(desk: Desk) -> None:
    assert given(desk, TRANSITION) == []
    desk.jira.transition("CHG-1", "Approved", by="bob", at=hour(9))
    assert given(desk, TRANSITION) == [("bob", Verdict.APPROVED, hour(9))]
    assert given(desk, ApprovalPlace("transition", "10002")) == [("bob", Verdict.APPROVED, hour(9))]
    desk.jira.transition("CHG-1", "Open", by="alice", at=hour(10))
    assert given(desk, TRANSITION) == []
    desk.jira.transition("CHG-1", "Approved", by="carol", at=hour(11))
    assert given(desk, TRANSITION) == [("carol", Verdict.APPROVED, hour(11))]
    desk.jira.transition("CHG-1", "Implementing", by="alice", at=hour(12))
    assert given(desk, TRANSITION) == []


def test_a_ticket_created_in_the_status_was_approved_by_nobody(desk: Desk) -> None:
    desk.jira.issues["CHG-1"].status = desk.jira.statuses["Approved"]
    assert given(desk, TRANSITION) == []


def test_a_status_that_its_history_does_not_lead_to(desk: Desk) -> None:
    desk.jira.transition("CHG-1", "Implementing", by="bob", at=hour(9))
    desk.jira.issues["CHG-1"].status = desk.jira.statuses["Approved"]
    problem = desk.read(TRANSITION).approvals
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.INCOMPLETE


@pytest.mark.parametrize("place", [FIELD, ApprovalPlace("field", "customfield_10010")])
def test_a_name_in_a_field_counts_if_that_person_put_it_there(
    desk: Desk, place: ApprovalPlace
) -> None:
    jira = desk.jira
    jira.edit("CHG-1", "Approvers", ["bob"], by="alice", at=hour(9))
    assert given(desk, place) == []
    jira.edit("CHG-1", "Approvers", ["bob", "carol"], by="carol", at=hour(10))
    assert given(desk, place) == [("carol", Verdict.APPROVED, hour(10))]
    jira.edit("CHG-1", "Approvers", ["carol"], by="alice", at=hour(11))
    jira.edit("CHG-1", "Approvers", ["carol", "bob"], by="bob", at=hour(12))
    assert sorted(given(desk, place)) == [
        ("bob", Verdict.APPROVED, hour(12)),
        ("carol", Verdict.APPROVED, hour(10)),
    ]
    jira.edit("CHG-1", "Approvers", ["bob"], by="alice", at=hour(13))
    jira.edit("CHG-1", "Approvers", ["bob", "carol"], by="alice", at=hour(14))
    assert given(desk, place) == [("bob", Verdict.APPROVED, hour(12))]
    jira.edit("CHG-1", "Approvers", None, by="alice", at=hour(15))
    assert given(desk, place) == []


def test_a_picker_of_one_person(desk: Desk) -> None:
    place = ApprovalPlace("field", "Approver")
    desk.jira.edit("CHG-1", "Approver", "bob", by="bob", at=hour(9))
    assert given(desk, place) == [("bob", Verdict.APPROVED, hour(9))]
    desk.jira.edit("CHG-1", "Approver", "carol", by="bob", at=hour(10))
    assert given(desk, place) == []


def test_a_name_there_since_creation_is_no_approval(desk: Desk) -> None:
    values = desk.jira.issues["CHG-1"].values
    values["customfield_10011"] = desk.jira.users["alice"]
    assert given(desk, ApprovalPlace("field", "Approver")) == []


def test_a_value_that_its_history_does_not_lead_to(desk: Desk) -> None:
    desk.jira.edit("CHG-1", "Approver", "bob", by="bob", at=hour(9))
    values = desk.jira.issues["CHG-1"].values
    values["customfield_10011"] = desk.jira.users["carol"]
    problem = desk.read(ApprovalPlace("field", "Approver")).approvals
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.INCOMPLETE


def test_a_field_that_the_ticket_has_not_approves_nothing(desk: Desk) -> None:
    assert given(desk, ApprovalPlace("field", "Sign-off")) == []
    assert given(desk, ApprovalPlace("field", "customfield_99999")) == []


def test_two_fields_of_one_title_are_a_problem(desk: Desk) -> None:
    desk.jira.add_field("customfield_10012", "Approvers", "users")
    problem = desk.read(FIELD).approvals
    assert isinstance(problem, Problem)


# ---------------------------------------------------------------- texts


def test_texts_know_their_last_edit(desk: Desk) -> None:
    ticket = desk.read()
    assert not isinstance(ticket.scope, Problem)
    assert [(s.location, s.text, s.edited_at) for s in ticket.scope] == [
        ("component", "shop", hour(8)),
        ("description", "Scope\nshop\nRollback\nredeploy", hour(8)),
    ]
    assert not isinstance(ticket.rollback_plan, Problem)
    assert [(p.text, p.edited_at) for p in ticket.rollback_plan] == [("redeploy", hour(8))]
    assert not isinstance(ticket.test_plan, Problem)
    assert [p.text for p in ticket.test_plan] == ["run the tests"]

    desk.jira.edit("CHG-1", "components", ["shop", "web"], by="bob", at=hour(9))
    desk.jira.edit("CHG-1", "description", "h2. Rollback\nundo", by="carol", at=hour(10))
    desk.jira.edit("CHG-1", "Test plan", "none", by="bob", at=hour(11))
    ticket = desk.read()
    assert not isinstance(ticket.scope, Problem)
    assert [(s.text, s.edited_at) for s in ticket.scope] == [
        ("shop\nweb", hour(9)),
        ("Rollback\nundo", hour(10)),
    ]
    assert ticket.scope[1].edited_by is not None
    assert ticket.scope[1].edited_by.key == key_of(desk, "carol")
    assert not isinstance(ticket.rollback_plan, Problem)
    assert [(p.text, p.edited_at) for p in ticket.rollback_plan] == [("undo", hour(10))]
    assert not isinstance(ticket.test_plan, Problem)
    assert [(p.text, p.edited_at) for p in ticket.test_plan] == [("none", hour(11))]


def test_what_was_taken_out_is_seen_as_an_edit(desk: Desk) -> None:
    desk.jira.edit("CHG-1", "components", [], by="bob", at=hour(9))
    desk.jira.edit("CHG-1", "description", "nothing", by="bob", at=hour(10))
    desk.jira.edit("CHG-1", "Test plan", None, by="bob", at=hour(11))
    ticket = desk.read()
    assert not isinstance(ticket.scope, Problem)
    assert (ticket.scope[0].text, ticket.scope[0].edited_at) == ("", hour(9))
    assert not isinstance(ticket.rollback_plan, Problem)
    assert [(p.text, p.edited_at) for p in ticket.rollback_plan] == [("", hour(10))]
    assert not isinstance(ticket.test_plan, Problem)
    assert [(p.text, p.edited_at) for p in ticket.test_plan] == [("", hour(11))]


def test_what_was_never_there_is_not_told(desk: Desk) -> None:
    ticket = desk.read(scope=("customfield_10099", "description#Systems"), rollback_plan=())
    assert ticket.scope == ()
    assert ticket.rollback_plan == ()


def test_a_person_is_no_text(desk: Desk) -> None:
    problem = desk.read(scope=("reporter",)).scope
    assert isinstance(problem, Problem)
    assert "reporter" in problem.cause


# ---------------------------------------------------------------- the whole history


def test_a_long_history_is_read_to_its_beginning(desk: Desk) -> None:
    desk.jira.transition("CHG-1", "Approved", by="bob", at=hour(9))
    for minute in range(249):
        desk.jira.edit("CHG-1", "summary", f"v{minute}", by="alice", at=hour(10 + minute / 60))
    desk.jira.together("/issue/CHG-1[?]|/myself", 2)
    desk.jira.together("/changelog", 3)
    assert given(desk, TRANSITION) == [("bob", Verdict.APPROVED, hour(9))]


def test_a_cut_history_is_no_history(desk: Desk) -> None:
    desk.jira.transition("CHG-1", "Approved", by="bob", at=hour(9))
    desk.jira.edit("CHG-1", "summary", "v2", by="alice", at=hour(10))
    desk.jira.fault("/issue/", "hidden")
    ticket = desk.read(TRANSITION)
    for fact in (ticket.approvals, ticket.scope, ticket.rollback_plan, ticket.test_plan):
        assert isinstance(fact, Problem)
        assert fact.kind is ProblemKind.INCOMPLETE


def test_a_history_that_grows_while_it_is_read(desk: Desk) -> None:
    for minute in range(150):
        desk.jira.edit("CHG-1", "summary", f"v{minute}", by="alice", at=hour(9 + minute / 60))
    if desk.flavour == "datacenter":
        desk.jira.history_limit = 100  # it gives no further pages
        assert isinstance(desk.read().scope, Problem)
        return
    page = {"startAt": 0, "maxResults": 100, "total": 151, "isLast": False, "values": []}
    desk.jira.fault("startAt=0", faults.replace(page))
    problem = desk.read().scope
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.INCOMPLETE


def test_the_first_page_in_place_of_the_second() -> None:
    with open_desk("cloud") as desk:  # Data Center has no pages
        for minute in range(150):
            desk.jira.edit("CHG-1", "summary", f"v{minute}", by="alice", at=hour(9 + minute / 60))
        desk.read()
        desk.jira.fault("startAt=", "stale")
        problem = desk.read().scope
        assert isinstance(problem, Problem)
        assert problem.kind is ProblemKind.INCOMPLETE


def test_no_secret_is_shown(desk: Desk) -> None:
    reader = desk.reader()
    assert TOKEN not in repr(reader.fetch("CHG-1")) + repr(reader) + repr(reader.requests())


# ---------------------------------------------------------------- the planned window

WINDOW = WindowFields("customfield_10008", "Planned end")


@pytest.fixture
def planned(desk: Desk) -> Desk:
    """CHG-1 is planned for 9 to 10."""
    desk.jira.add_field("customfield_10008", "Planned start", "datetime")
    desk.jira.add_field("customfield_10009", "Planned end", "datetime")
    desk.jira.issues["CHG-1"].values |= {
        "customfield_10008": hour(9),
        "customfield_10009": hour(10),
    }
    return desk


def test_no_window_is_read_where_the_policy_names_none(planned: Desk) -> None:
    assert planned.read().window is None


def test_a_window_is_read_by_id_and_by_title(planned: Desk) -> None:
    assert planned.read(window=WINDOW).window == Window(hour(9), hour(10), hour(8))
    by_id = WindowFields("customfield_10008", "customfield_10009")
    assert planned.read(window=by_id).window == Window(hour(9), hour(10), hour(8))
    planned.jira.zone = timedelta(hours=-7)
    assert planned.read(window=by_id).window == Window(hour(9), hour(10), hour(8))


def test_a_window_knows_the_last_edit_of_either_end(planned: Desk) -> None:
    planned.jira.edit("CHG-1", "customfield_10009", hour(11), by="bob", at=hour(8.5))
    assert planned.read(window=WINDOW).window == Window(hour(9), hour(11), hour(8.5))
    planned.jira.edit("CHG-1", "Planned start", None, by="bob", at=hour(8.7))
    assert planned.read(window=WINDOW).window == Window(None, hour(11), hour(8.7))


def test_fields_that_the_ticket_has_not_plan_nothing(desk: Desk) -> None:
    assert desk.read(window=WINDOW).window == Window(None, None, hour(8))


@pytest.mark.parametrize("value", ["2026-01-05", "2026-01-05T09:00:00", "soon", ""])
def test_what_is_no_moment_is_no_window(desk: Desk, value: str) -> None:
    desk.jira.add_field("customfield_10008", "Planned start", "line")
    desk.jira.issues["CHG-1"].values["customfield_10008"] = value
    window = desk.read(window=WindowFields("customfield_10008", "customfield_10009")).window
    assert isinstance(window, Problem)
    assert "customfield_10008" in window.cause


def test_a_cut_history_leaves_the_window_unknown(planned: Desk) -> None:
    planned.jira.edit("CHG-1", "summary", "v2", by="alice", at=hour(9))
    planned.jira.fault("/issue/", "hidden")
    assert isinstance(planned.read(window=WINDOW).window, Problem)


# ---------------------------------------------------------------- linked issues


def test_linked_issues_are_told_from_either_end(desk: Desk) -> None:
    for key in ("OPS-1", "OPS-2"):
        desk.jira.create_issue(key, "A story", by="bob", at=hour(7))
    desk.jira.link("CHG-1", "OPS-1", "Implements")
    desk.jira.link("OPS-2", "CHG-1")
    desk.jira.link("CHG-1", "OPS-2")
    assert desk.read().linked == ("OPS-1", "OPS-2")


def test_without_links_there_are_none(desk: Desk) -> None:
    assert desk.read().linked == ()
    desk.jira.create_issue("OPS-1", "A story", by="bob", at=hour(7))
    desk.jira.link("CHG-1", "OPS-1")
    desk.jira.issues["OPS-1"].visible = False
    assert desk.read().linked == ()


# ---------------------------------------------------------------- neighbours in number order


def neighbours(desk: Desk, key: str = "CHG-14") -> list[tuple[str, Any]]:
    found = desk.reader().fetch(key)
    assert isinstance(found, ChangeRequest)
    assert not isinstance(found.neighbours, Problem), found.neighbours
    return sorted((one.key, one.created_at) for one in found.neighbours)


@pytest.fixture
def row(desk: Desk) -> Desk:
    """CHG-2 to CHG-14 but for CHG-7, a minute apart."""
    for number in [*range(2, 7), *range(8, 15)]:
        at = hour(8 + number / 60)
        desk.jira.create_issue(f"CHG-{number}", "One of many", by="bob", at=at)
    return desk


def test_the_next_lower_numbers_tell_when_they_were_created(row: Desk) -> None:
    told = [(f"CHG-{n}", hour(8 + n / 60)) for n in (4, 5, 6, 8, 9, 10, 11, 12, 13)]
    assert neighbours(row) == sorted(told)
    assert neighbours(row, "CHG-2") == [("CHG-1", hour(8))]


def test_it_is_one_request_beside_the_others(row: Desk) -> None:
    row.jira.latency = 0.1
    assert isinstance(row.reader(JSM, TRANSITION).fetch("CHG-14"), ChangeRequest)
    assert row.jira.longest_chain() <= 2
    asked = [one for one in row.jira.requests if re.search("bulkfetch|/search", one.path)]
    assert len(asked) == 1


def test_the_first_of_all_has_none_and_nobody_is_asked(desk: Desk) -> None:
    assert neighbours(desk, "CHG-1") == []
    assert not any(re.search("bulkfetch|/search", one.path) for one in desk.jira.requests)


def test_hidden_and_moved_ones_are_left_out(row: Desk) -> None:
    row.jira.issues["CHG-13"].visible = False
    row.jira.move("CHG-12", "OPS-3", by="bob", at=hour(9))
    assert "CHG-12" not in dict(neighbours(row))
    assert "CHG-13" not in dict(neighbours(row))
    assert "OPS-3" not in dict(neighbours(row))


@pytest.mark.parametrize("fault", ["empty", "html", "wrong_types", "truncated"])
def test_neighbours_that_could_not_be_had_are_a_problem(row: Desk, fault: faults.Kind) -> None:
    row.jira.fault("bulkfetch|/search", fault)
    found = row.reader().fetch("CHG-14")
    assert isinstance(found, ChangeRequest)  # the ticket itself is known
    assert isinstance(found.neighbours, Problem)
    assert re.search("bulkfetch|/search", found.neighbours.request)
