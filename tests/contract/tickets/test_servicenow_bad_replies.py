"""However a reply of ServiceNow's is spoiled, nothing passes for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from desk import hour
from ticket_desks import FAULTS, NUMBER, PASSWORD, ServiceNowDesk, servicenow_desk

from gate.demo import faults
from gate.model import (
    AccountKind,
    ChangeRequest,
    MissingTicket,
    Problem,
    ProblemKind,
    StandardChange,
    Verdict,
)
from gate.tickets.system import Credentials

TABLES = ("change_request", "sysapproval_approver", "sysapproval_group", "sys_user", "sys_audit")
OF_APPROVALS = ("sysapproval_approver", "sysapproval_group")
KINDS = {
    "html": ProblemKind.MALFORMED,
    "empty": ProblemKind.MALFORMED,
    "truncated": ProblemKind.UNAVAILABLE,
    "huge": ProblemKind.MALFORMED,
    "elsewhere": ProblemKind.MALFORMED,
    "401": ProblemKind.CREDENTIALS,
    "403": ProblemKind.PERMISSION,
    "429": ProblemKind.UNAVAILABLE,
    "429 for long": ProblemKind.UNAVAILABLE,
    "500": ProblemKind.UNAVAILABLE,
    "503": ProblemKind.UNAVAILABLE,
    "reset": ProblemKind.UNAVAILABLE,
}
UNREADABLE = ("400", "403", "404")  # of the audit: then times have bounds only


@pytest.fixture
def desk() -> Iterator[ServiceNowDesk]:
    with servicenow_desk() as opened:
        opened.now.request_approval(NUMBER, ["bob", "carol"], at=hour(9), group="CAB")
        opened.approve(by="bob", at=hour(10))
        opened.now.set_state(NUMBER, "-1", by="alice", at=hour(11))
        yield opened


def check(problem: object, kind: ProblemKind | None = None) -> None:
    assert isinstance(problem, Problem), problem
    assert problem.service == "servicenow"
    assert problem.request.startswith("GET /api/now/table/")
    assert problem.cause
    assert problem.remedy
    assert PASSWORD not in repr(problem)
    assert repr(problem).isprintable()
    if kind is not None:
        assert problem.kind is kind


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", FAULTS)
def test_a_spoiled_reply_is_a_problem(desk: ServiceNowDesk, table: str, name: str) -> None:
    desk.now.fault(f"/{table}[?]", FAULTS[name])
    found = desk.open().fetch(NUMBER)
    if table in {"change_request", "sys_user"}:
        check(found, KINDS.get(name))
        return
    assert isinstance(found, ChangeRequest)
    if table in OF_APPROVALS:
        assert not isinstance(found.scope, Problem)
        check(found.approvals, KINDS.get(name))
        return
    facts = (found.approvals, found.scope, found.rollback_plan, found.test_plan, found.window)
    if name in UNREADABLE:
        assert not any(isinstance(fact, Problem) for fact in facts)
        for approval in found.approvals:  # type: ignore[union-attr]  # it is no problem
            assert approval.latest_possible or approval.verdict is Verdict.PENDING
        return
    for fact in facts:
        check(fact, KINDS.get(name))


@pytest.mark.parametrize("table", [*TABLES, "probe"])
def test_a_service_that_hangs_is_a_problem(desk: ServiceNowDesk, table: str) -> None:
    ticket = "CHG0030009" if table == "probe" else NUMBER
    desk.now.fault("limit=1$" if table == "probe" else f"/{table}[?]", "hang")
    found = desk.reader(Credentials("gate", PASSWORD), seconds=0.4).fetch(ticket)
    check(found.approvals if isinstance(found, ChangeRequest) else found, ProblemKind.UNAVAILABLE)


@pytest.mark.parametrize("table", [*TABLES[:4], "sys_audit"])
@pytest.mark.parametrize("fault", ["hidden", "stale"])
def test_a_page_that_lacks_rows_or_is_another_is_never_whole(
    desk: ServiceNowDesk, table: str, fault: faults.Kind
) -> None:
    if fault == "stale":
        other = "CHG0030007"
        desk.now.create_change(other, "Other", by="alice", at=hour(8))
        desk.now.request_approval(other, ["bob"], at=hour(9), group="CAB")
        desk.now.approve(other, by="bob", at=hour(10))
        desk.now.set_state(other, "-1", by="bob", at=hour(10))
        desk.open().fetch(other)
    desk.now.fault(f"/{table}[?]", fault)
    found = desk.open().fetch(NUMBER)
    if not isinstance(found, ChangeRequest):
        check(found)
    elif table in OF_APPROVALS:
        check(found.approvals)
    elif table == "sys_audit" and fault == "stale":
        check(found.approvals, ProblemKind.INCOMPLETE)
    elif table == "sys_audit":  # a row that is hidden: none is believed
        assert isinstance(found.approvals, tuple)
        assert all(a.latest_possible for a in found.approvals if a.verdict is Verdict.APPROVED)
    else:
        assert (table, fault) == ("sys_user", "stale")  # who we are is the same


def test_one_bad_moment_is_got_over(desk: ServiceNowDesk) -> None:
    desk.now.fault("/change_request", faults.status(503), times=1)
    desk.now.fault("/sys_user", faults.status(429, retry_after=1), times=2)
    desk.now.fault("/sys_audit", faults.reset(), times=1)
    approvals = desk.read().approvals
    assert not isinstance(approvals, Problem)
    assert max(desk.slept) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["401", "403", "503", "html", "a list", "nothing in it"])
def test_a_probe_that_fails_leaves_the_question_open(desk: ServiceNowDesk, name: str) -> None:
    desk.now.fault("limit=1$", FAULTS[name])
    check(desk.open().fetch("CHG0030009"))
    desk.now.heal()
    assert desk.open().fetch("CHG0030009") == MissingTicket()


@pytest.mark.parametrize("table", TABLES)
def test_a_reply_that_broke_off_is_not_whole(desk: ServiceNowDesk, table: str) -> None:
    """A query that runs too long ends with rows, an error, and status 200."""
    error = {"message": "Transaction cancelled: maximum execution time exceeded", "detail": ""}

    def answer(request: Any, due: Any) -> Any:
        given = type(desk.now).answer(desk.now, request, due)
        if request.path.endswith(f"/{table}"):
            given.body.update(error=error, status="failure")
        return given

    desk.now.answer = answer  # type: ignore[method-assign]  # a reply of ours
    found = desk.open().fetch(NUMBER)
    if isinstance(found, ChangeRequest):
        check(found.approvals, ProblemKind.INCOMPLETE)
    else:
        check(found)
    refused = {r.what for r in desk.open().rights() if r.problem is not None}
    assert refused == ({""} if table == "sys_user" else {table})


# ---------------------------------------------------------------- one field at a time

WRONG: tuple[Any, ...] = (
    *(None, 3.5, -1, True, "", [7], {"x": 1}, "approved", [None]),
    *({"value": None, "display_value": None}, {"value": 7, "display_value": "x"}),
    *({"value": "later", "display_value": "later"}, {"value": "approved"}, {"display_value": "x"}),
    *({"value": [], "display_value": ""}, {"value": "", "display_value": ""}),
)
CORE = {
    "change_request": (
        *("sys_id", "number", "type", "state", "sys_created_on", "sys_created_by"),
        *("sys_updated_on", "sys_mod_count"),
    ),
    "sysapproval_approver": (
        *("sys_id", "sysapproval", "state", "sys_created_on", "sys_updated_on"),
        *("sys_updated_by", "sys_mod_count"),
    ),
    "sysapproval_group": ("sys_id", "parent", "approval", "sys_updated_on"),
    "sys_audit": (
        *("sys_id", "documentkey", "fieldname", "user", "record_checkpoint", "sys_created_on"),
        *("newvalue",),
    ),
}


def reply(desk: ServiceNowDesk, table: str) -> Any:
    """The rows that the reader gets."""
    kept: list[Any] = []
    plain = desk.now.answer

    def answer(request: Any, due: Any) -> Any:
        given = plain(request, due)
        if request.path.endswith(table):
            kept.append(given.body)
        return given

    desk.now.answer = answer  # type: ignore[method-assign]  # to listen
    try:
        desk.open().fetch(NUMBER)
    finally:
        del desk.now.answer
    return max(kept, key=lambda body: len(body["result"]))


@pytest.mark.parametrize(
    ("table", "field"), [(table, field) for table, fields in CORE.items() for field in fields]
)
def test_a_field_of_another_type_never_passes(desk: ServiceNowDesk, table: str, field: str) -> None:
    good = desk.read()
    for wrong in WRONG:
        body = reply(desk, table)
        rows = [dict(row) for row in body["result"]]
        rows[-1][field] = wrong
        total = {"X-Total-Count": str(len(rows))}
        desk.now.answer = _answering(desk, table, {"result": rows}, total)  # type: ignore[method-assign]  # a reply of ours
        try:
            found = desk.open().fetch(NUMBER)
        finally:
            del desk.now.answer
        if isinstance(found, Problem):
            check(found)
            continue
        assert isinstance(found, ChangeRequest)
        # Names of states and users may be any text; all else must be told as a problem, or, of the
        # audit, must leave no time that is said to be exact.
        if table == "change_request":
            assert field in {"type", "state", "sys_created_by"}, (field, wrong)
        elif isinstance(found.approvals, Problem):
            check(found.approvals)
        elif table == "sys_audit":  # of the change's last move
            is_open = isinstance(found.scope, Problem) or all(
                t.latest_possible for t in found.scope
            )
            assert is_open or field in {"user", "record_checkpoint"}, (field, wrong)
        else:
            assert (field, wrong) != ("state", "approved")
            assert found.approvals == good.approvals or field in {
                "sys_id",
                "sys_updated_by",
                "state",
                "approval",
            }, (field, wrong)


def _answering(desk: ServiceNowDesk, table: str, body: Any, headers: dict[str, str]) -> Any:
    from gate.demo.wire import Reply

    plain = type(desk.now).answer

    def answer(request: Any, due: Any) -> Reply:
        if request.path.endswith(f"/{table}"):
            return Reply(body, 200, headers)
        given: Reply = plain(desk.now, request, due)
        return given

    return answer


def test_a_person_whose_kind_is_no_truth_value_is_no_person(desk: ServiceNowDesk) -> None:
    desk.now.user("bob")["internal_integration_user"] = "perhaps"
    approvals = desk.read().approvals
    assert not isinstance(approvals, Problem)
    kinds = {a.account.key: a.account.kind for a in approvals if a.account}
    assert kinds == {"bob": AccountKind.UNKNOWN, "carol": AccountKind.PERSON}


def test_a_template_of_a_change_that_is_none_is_not_looked_at(desk: ServiceNowDesk) -> None:
    template = desk.now.add_template("Restart")
    version = list(desk.now.tables["std_change_producer_version"])[-1]
    desk.now.change(NUMBER)["std_change_producer_version"] = version
    assert desk.read().standard is None
    desk.now.change(NUMBER)["type"] = "standard"
    assert desk.read().standard == StandardChange(template["sys_id"])
