"""However a reply is spoiled, a Problem says which, and nothing passes for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from desk import TOKEN, Desk, hour, open_desk

from gate.config.types import ApprovalPlace
from gate.demo import faults
from gate.demo.faults import Fault
from gate.model import ChangeRequest, MissingTicket, Problem, ProblemKind

PLACES = (
    ApprovalPlace("jsm"),
    ApprovalPlace("transition", "Approved"),
    ApprovalPlace("field", "Approvers"),
)
FAULTS = {
    "html": (faults.html(), ProblemKind.MALFORMED),
    "empty": (faults.empty(), ProblemKind.MALFORMED),
    "truncated": (faults.truncated(), ProblemKind.UNAVAILABLE),
    "huge": (faults.huge(), ProblemKind.MALFORMED),
    "wrong types": (faults.wrong_types(), ProblemKind.MALFORMED),
    "a list": (faults.replace([]), ProblemKind.MALFORMED),
    "nothing in it": (faults.replace({}), ProblemKind.MALFORMED),
    "a text": (faults.replace("approved"), ProblemKind.MALFORMED),
    "elsewhere": (faults.redirect("https://evil.example/x"), ProblemKind.MALFORMED),
    "401": (faults.status(401), ProblemKind.CREDENTIALS),
    "403": (faults.status(403), ProblemKind.PERMISSION),
    "404": (faults.status(404), None),
    "429": (faults.status(429, retry_after=1), ProblemKind.UNAVAILABLE),
    "429 for long": (faults.status(429, retry_after=3600), ProblemKind.UNAVAILABLE),
    "500": (faults.status(500), ProblemKind.UNAVAILABLE),
    "503": (faults.status(503), ProblemKind.UNAVAILABLE),
    "reset": (faults.reset(), ProblemKind.UNAVAILABLE),
}
PATHS = ("/issue/CHG-1", "/myself", "/approval")


@pytest.fixture(params=["cloud", "datacenter"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with open_desk(request.param) as opened:
        yield opened


def check(problem: object, kind: ProblemKind | None) -> None:
    assert isinstance(problem, Problem), problem
    assert problem.service == "jira"
    assert problem.request.startswith("GET /")
    assert problem.cause
    assert problem.remedy
    assert TOKEN not in repr(problem)
    assert repr(problem).isprintable()
    if kind is not None:
        assert problem.kind is kind


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", FAULTS)
def test_a_spoiled_reply_is_a_problem(desk: Desk, path: str, name: str) -> None:
    fault, kind = FAULTS[name]
    desk.jira.approve("CHG-1", by="bob", at=hour(9))
    desk.jira.fault(path, fault)
    found = desk.reader(*PLACES).fetch("CHG-1")
    if (path, name) == ("/issue/CHG-1", "404"):  # the project is there, so the ticket is not
        assert isinstance(found, MissingTicket)
        return
    if path == "/approval" and isinstance(found, ChangeRequest):
        assert not isinstance(found.scope, Problem)
        check(found.approvals, kind)
        return
    check(found, kind)


@pytest.mark.parametrize("path", PATHS)
def test_a_service_that_hangs_is_a_problem(desk: Desk, path: str) -> None:
    desk.jira.fault(path, "hang")
    found = desk.reader(*PLACES, seconds=0.3).fetch("CHG-1")
    check(found.approvals if isinstance(found, ChangeRequest) else found, ProblemKind.UNAVAILABLE)


def test_one_bad_moment_is_got_over(desk: Desk) -> None:
    desk.jira.fault("/issue/", faults.status(503), times=1)
    desk.jira.fault("/myself", faults.status(429, retry_after=1), times=2)
    desk.jira.fault("/approval", faults.reset(), times=1)
    assert desk.read(*PLACES).approvals == ()
    assert max(desk.slept) == pytest.approx(1.0)


# ---------------------------------------------------------------- one field at a time

ISSUE_FIELDS = (
    *("key", "fields", "names", "changelog", "fields.created", "fields.status"),
    *("fields.status.name", "fields.status.id", "fields.project", "fields.project.key"),
    *("fields.issuetype", "fields.issuetype.name", "changelog.total", "changelog.histories"),
    *("changelog.histories.0.id", "changelog.histories.0.created"),
    *("changelog.histories.0.items", "changelog.histories.0.items.0.field"),
)
WRONG: tuple[Any, ...] = (None, 3.5, -1, True, "", [7], {"x": 1}, "later", [None], ["x"])


def _put(document: Any, path: str, value: Any) -> None:
    *before, last = path.split(".")
    for name in before:
        document = document[int(name) if isinstance(document, list) else name]
    document[int(last) if isinstance(document, list) else last] = value


def _issue(desk: Desk) -> Any:
    """The issue's reply as our reader gets it."""
    from gate.tickets.jira.client import Client

    reader = desk.reader(*PLACES)
    client = Client(reader.wire, "3" if desk.flavour == "cloud" else "2")
    fields = "*all"
    return client.read("issue/CHG-1", {"fields": fields, "expand": "changelog,names"}).value


@pytest.mark.parametrize("path", ISSUE_FIELDS)
def test_a_field_of_another_type_never_passes(desk: Desk, path: str) -> None:
    desk.jira.transition("CHG-1", "Approved", by="bob", at=hour(9))
    for wrong in WRONG:
        reply = _issue(desk)
        _put(reply, path, wrong)
        desk.jira.fault("/issue/", faults.replace(reply))
        found = desk.reader(*PLACES).fetch("CHG-1")
        desk.jira.heal()
        if isinstance(found, Problem):
            check(found, ProblemKind.MALFORMED)
        else:  # a name is any text, and what concerns the history alone is a problem of that alone
            assert isinstance(found, ChangeRequest)
            named = path.endswith((".name", ".id", ".field")) and wrong not in ("", None)
            assert named or isinstance(found.approvals, Problem), (path, wrong)


@pytest.mark.parametrize("user", ["creator", "reporter"])
@pytest.mark.parametrize("wrong", [{}, "alice", 7, [], {"displayName": "Alice"}, {"accountId": 7}])
def test_a_user_that_cannot_be_identified_never_passes(desk: Desk, user: str, wrong: Any) -> None:
    reply = _issue(desk)
    reply["fields"][user] = wrong
    desk.jira.fault("/issue/", faults.replace(reply))
    check(desk.reader(*PLACES).fetch("CHG-1"), ProblemKind.MALFORMED)


@pytest.mark.parametrize("text", [7.5, True, [[7]], {"type": "doc"}, {"type": "doc", "content": 1}])
def test_a_text_of_another_type_is_a_problem_of_that_text_alone(desk: Desk, text: Any) -> None:
    reply = _issue(desk)
    reply["fields"]["description"] = text
    desk.jira.fault("/issue/", faults.replace(reply))
    ticket = desk.read()
    if text not in (7.5, [[7]], {"type": "doc"}):
        check(ticket.scope, ProblemKind.MALFORMED)
        check(ticket.rollback_plan, ProblemKind.MALFORMED)
    assert not isinstance(ticket.approvals, Problem)
    assert not isinstance(ticket.test_plan, Problem)


# ---------------------------------------------------------------- approvals of service management


def _step(**changes: Any) -> dict[str, Any]:
    return {
        "id": "10",
        "name": "CAB",
        "finalDecision": "approved",
        "canAnswerApproval": False,
        "approvers": [
            {"approver": {"accountId": "x", "name": "x"}, "approverDecision": "approved"}
        ],
        "createdDate": {"epochMillis": 1475046060000},
        "completedDate": {"epochMillis": 1475134200000},
    } | changes


def _page(*steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    shape = {"size": len(steps), "start": 0, "limit": 50, "isLastPage": True}
    return shape | {"values": list(steps)} | changes


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (_page(_step(finalDecision="APPROVED")), ProblemKind.MALFORMED),
        (_page(_step(finalDecision=None)), ProblemKind.MALFORMED),
        (_page(_step(completedDate=None)), ProblemKind.MALFORMED),
        (_page(_step(completedDate={"epochMillis": "1475134200000"})), ProblemKind.MALFORMED),
        (_page(_step(completedDate={"epochMillis": 10**20})), ProblemKind.MALFORMED),
        (_page(_step(approvers=None)), ProblemKind.MALFORMED),
        (_page(_step(approvers=[None])), ProblemKind.MALFORMED),
        (_page(_step(approvers=[{"approver": {}}])), ProblemKind.MALFORMED),
        (_page(_step(id=None)), ProblemKind.MALFORMED),
        (_page(_step(id="ten")), ProblemKind.MALFORMED),
        (_page(_step(name=None)), ProblemKind.MALFORMED),
        (_page(_step(), _step()), ProblemKind.INCOMPLETE),
        (_page(_step(), size=2), ProblemKind.INCOMPLETE),
        (_page(_step(), start=50), ProblemKind.INCOMPLETE),
        (_page(_step(), isLastPage=False), ProblemKind.INCOMPLETE),
        (_page(_step(), isLastPage="true"), ProblemKind.MALFORMED),
        (_page(_step(), isLastPage=None), ProblemKind.MALFORMED),
        (_page(_step(), values=None), ProblemKind.MALFORMED),
    ],
)
def test_a_list_of_approvals_that_does_not_add_up(
    desk: Desk, page: dict[str, Any], kind: ProblemKind
) -> None:
    desk.jira.fault("/approval", faults.replace(page))
    check(desk.read(ApprovalPlace("jsm")).approvals, kind)


def _decisions(desk: Desk, step: dict[str, Any]) -> list[tuple[bool, str, bool]]:
    desk.jira.fault("/approval", faults.replace(_page(step)))
    approvals = desk.read(ApprovalPlace("jsm")).approvals
    assert not isinstance(approvals, Problem)
    return [(a.account is not None, str(a.verdict), a.decided_at is not None) for a in approvals]


def test_a_declined_step_is_an_objection_even_if_no_approver_declined(desk: Desk) -> None:
    assert _decisions(desk, _step(finalDecision="declined")) == [
        (True, "pending", False),  # who approved in it has approved nothing
        (False, "declined", True),
    ]
    desk.jira.heal()
    assert _decisions(desk, _step(finalDecision="declined", approvers=[])) == [
        (False, "declined", True)
    ]


def test_a_step_that_waits_approves_nothing_and_keeps_objections(desk: Desk) -> None:
    approver = {"accountId": "y", "name": "y"}
    step = _step(finalDecision="pending", completedDate=None)
    step["approvers"].append({"approver": approver, "approverDecision": "declined"})
    assert _decisions(desk, step) == [(True, "pending", False), (True, "declined", True)]


def test_an_approved_step_without_approvers_approves_nothing(desk: Desk) -> None:
    assert _decisions(desk, _step(approvers=[])) == []


def test_a_deleted_approver_is_nobody(desk: Desk) -> None:
    nobody: dict[str, Any] = {"approver": None, "approverDecision": "approved"}
    assert _decisions(desk, _step(approvers=[nobody])) == [(False, "approved", True)]


@pytest.mark.parametrize("fault", [faults.status(401), faults.status(403), faults.status(503)])
def test_a_project_that_cannot_be_asked_leaves_the_question_open(desk: Desk, fault: Fault) -> None:
    desk.jira.fault("/project/", fault)
    check(desk.reader().fetch("CHG-2"), None)


def test_a_project_of_another_key_is_not_ours(desk: Desk) -> None:
    desk.jira.fault("/project/", faults.replace({"key": "OPS"}))
    check(desk.reader().fetch("CHG-2"), ProblemKind.HIDDEN)
    desk.jira.heal()
    desk.jira.fault("/project/", faults.replace({"key": None}))
    check(desk.reader().fetch("CHG-2"), ProblemKind.MALFORMED)


def test_without_titles_an_unattributable_history_is_no_history(desk: Desk) -> None:
    desk.jira.edit("CHG-1", "Test plan", "none", by="bob", at=hour(9))
    reply = _issue(desk)
    del reply["names"]
    desk.jira.fault("/issue/", faults.replace(reply))
    ticket = desk.read(ApprovalPlace("field", "Approvers"))
    check(ticket.approvals, ProblemKind.MALFORMED)
    assert not isinstance(ticket.scope, Problem)
    if desk.flavour == "cloud":  # whose changelog knows fields by their ids
        assert not isinstance(ticket.test_plan, Problem)
        assert [plan.edited_at for plan in ticket.test_plan] == [hour(9)]
    else:
        check(ticket.test_plan, ProblemKind.INCOMPLETE)
