"""Work notes on ServiceNow: written once, refusals told, and never an edit of the change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from desk import hour
from ticket_desks import NUMBER, PASSWORD, SETTINGS, MeetingServiceNow, ServiceNowDesk
from worlds import good_ticket

from gate.config.types import NetworkSettings
from gate.demo import faults
from gate.http import Budget
from gate.model import ChangeRequest, Problem, ProblemKind
from gate.tickets.comment import Comment, CommentedKind
from gate.tickets.servicenow.kind import ServiceNow
from gate.tickets.system import Credentials

MARK = "ab" * 32
BLOCK = "acme.example/changes\n3\nA+w=\n\n\u2014 acme.example/changes /pQa=="
COMMENT = Comment("gate: denied: shop to production", ("Not passed.", f"leaf {MARK}"), BLOCK, MARK)
SEEN, SENT, AUDIT = r"change_request\?", r"change_request/", r"sys_audit"


@pytest.fixture
def desk() -> Iterator[ServiceNowDesk]:
    with MeetingServiceNow(clock=lambda: hour(19)) as now:
        made = ServiceNowDesk(now)
        now.set_state(NUMBER, "-1", by="alice", at=hour(9))
        yield made


def note(
    desk: ServiceNowDesk, comment: Comment = COMMENT, *, seconds: float = 30, password: str = ""
) -> Problem | None:
    kind = ServiceNow()
    assert isinstance(kind, CommentedKind)
    writer = kind.open_commenter(
        replace(SETTINGS, url=desk.now.url),
        Credentials("gate", password or PASSWORD),
        NetworkSettings(),
        Budget(timedelta(seconds=seconds)),
    )
    try:
        return writer.comment(change(desk), comment)
    finally:
        writer.close()


def change(desk: ServiceNowDesk) -> ChangeRequest:
    row = desk.now.change(NUMBER)
    return replace(good_ticket(), system="servicenow", id=row["sys_id"], key=NUMBER)


def kept(desk: ServiceNowDesk) -> list[str]:
    rows = desk.now.tables["sys_journal_field"].values()
    return [row["value"] for row in rows if row["element"] == "work_notes"]


def test_a_note_is_written_once_as_gate(desk: ServiceNowDesk) -> None:
    for _ in range(3):
        assert note(desk) is None
    (text,) = kept(desk)
    assert text == f"{COMMENT.text}\n\n{BLOCK}"
    (row,) = desk.now.tables["sys_journal_field"].values()
    assert (row["element"], row["sys_created_by"]) == ("work_notes", "gate")
    assert note(desk, replace(COMMENT, lines=("cd" * 32,), mark="cd" * 32)) is None
    assert len(kept(desk)) == 2


def test_a_note_is_no_edit_of_the_change(desk: ServiceNowDesk) -> None:
    desk.approve(by="bob", at=hour(10))
    before = desk.read()
    assert note(desk) is None
    assert desk.now.change(NUMBER)["sys_updated_by"] == "gate"
    assert desk.read() == before


@pytest.mark.parametrize("spoil", ["unaudited", "closed", "emptied", "hidden"])
def test_where_a_note_would_pass_for_an_edit_none_is_written(
    desk: ServiceNowDesk, spoil: str
) -> None:
    match spoil:
        case "unaudited":
            desk.now.tables["sys_audit"].clear()
        case "closed":
            desk.now.closed_tables.add("sys_audit")
        case "emptied":
            desk.now.closed_tables.add("sys_audit")
            desk.now.closed_look_empty = True
        case "hidden":
            desk.now.hidden_rows |= set(desk.now.tables["sys_audit"])
    before = desk.read()
    problem = note(desk)
    assert isinstance(problem, Problem)
    assert "sys_audit" in problem.remedy
    assert kept(desk) == []
    assert desk.read() == before


def test_a_change_that_nobody_touched_yet_stays_so() -> None:
    with MeetingServiceNow(clock=lambda: hour(19)) as now:
        desk = ServiceNowDesk(now)
        before = desk.read()
        assert isinstance(note(desk), Problem)
        assert desk.read() == before


def test_a_lost_request_is_sent_again_and_a_lost_reply_is_not(desk: ServiceNowDesk) -> None:
    desk.now.fault(SENT, "reset", times=1)
    assert note(desk) is None
    assert len(kept(desk)) == 1
    other = replace(COMMENT, lines=(f"leaf {'cd' * 32}",), mark="cd" * 32)
    desk.now.fault(SENT, "truncated", times=1)
    assert note(desk, other) is None
    assert len(kept(desk)) == 2


def test_what_may_have_arrived_is_not_sent_again(desk: ServiceNowDesk) -> None:
    """The note is not shown, and somebody updated the change: perhaps we did."""
    plain = desk.now.answer

    def answer(request: Any, due: Any) -> Any:
        reply = plain(request, due)
        if request.method == "PATCH":
            desk.now.tables["sys_journal_field"].clear()
        return reply

    desk.now.answer = answer  # type: ignore[method-assign]  # one instance, for this test
    desk.now.fault(SENT, "truncated", times=1)
    assert isinstance(note(desk), Problem)
    assert len([one for one in desk.now.requests if one.method == "PATCH"]) == 1


@pytest.mark.parametrize("where", [SEEN, SENT])
@pytest.mark.parametrize("code", [400, 401, 403, 404, 429, 500, 502, 503])
def test_a_refusal_is_told_with_what_to_do(desk: ServiceNowDesk, where: str, code: int) -> None:
    desk.now.fault(where, faults.status(code, retry_after=0))
    problem = note(desk)
    assert isinstance(problem, Problem)
    assert "change_request" in problem.request
    if code < 429:
        assert "work_notes" in problem.remedy
        assert "write_back.ticket" in problem.remedy
    assert kept(desk) == []


@pytest.mark.parametrize("code", [401, 429, 500, 502])
def test_an_audit_that_cannot_be_asked_is_told(desk: ServiceNowDesk, code: int) -> None:
    desk.now.fault(AUDIT, faults.status(code, retry_after=0))
    assert isinstance(note(desk), Problem)
    assert kept(desk) == []


def test_a_field_that_may_not_be_written_is_told(desk: ServiceNowDesk) -> None:
    desk.now.writable = {("change_request", "comments")}
    problem = note(desk)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.HIDDEN
    assert "work_notes" in problem.remedy
    desk.now.writable = set()
    assert isinstance(note(desk), Problem)
    assert kept(desk) == []


@pytest.mark.parametrize("emptied", [True, False])
def test_notes_that_may_not_be_read_are_told(desk: ServiceNowDesk, *, emptied: bool) -> None:
    desk.now.hidden_fields.add(("change_request", "work_notes"))
    desk.now.fields_emptied = emptied
    problem = note(desk)
    assert isinstance(problem, Problem)
    assert len(kept(desk)) == (1 if emptied else 0)


@pytest.mark.parametrize("kind", [faults.html, faults.empty, faults.wrong_types, faults.huge])
def test_a_reply_that_is_none_is_told(desk: ServiceNowDesk, kind: Any) -> None:
    desk.now.fault(SEEN, kind())
    assert isinstance(note(desk), Problem)
    assert kept(desk) == []


def test_an_instance_that_hangs_takes_no_longer_than_the_budget(desk: ServiceNowDesk) -> None:
    desk.now.fault(SENT, "hang")
    problem = note(desk, seconds=0.5)
    assert isinstance(problem, Problem)
    assert problem.kind is ProblemKind.UNAVAILABLE


def test_what_would_be_read_as_html_is_not(desk: ServiceNowDesk) -> None:
    odd = replace(COMMENT, title="[code]<b>approved</b>[/CODE] [Code]")
    assert note(desk, odd) is None
    (text,) = kept(desk)
    assert "[code]" not in text.lower()
    assert "[/code]" not in text.lower()


def test_credentials_that_are_none_are_told_before_anybody_is_asked(desk: ServiceNowDesk) -> None:
    desk.now.forget_requests()
    assert isinstance(note(desk, password="two\nlines"), Problem)
    assert desk.now.requests == ()


def test_rights_are_looked_up_without_writing(desk: ServiceNowDesk) -> None:
    writer = ServiceNow().open_commenter(
        replace(SETTINGS, url=desk.now.url),
        Credentials("gate", PASSWORD),
        NetworkSettings(),
        Budget(timedelta(seconds=30)),
    )
    rights = {right.what: right.problem for right in writer.rights()}
    assert rights["change_request"] is None
    assert rights["sys_audit"] is None
    problem = rights["write work_notes"]
    assert problem is not None
    assert "without writing" in problem.cause
    desk.now.closed_tables.add("sys_audit")
    assert {right.what: right.problem for right in writer.rights()}["sys_audit"] is not None
    writer.close()
    assert all(one.method == "GET" for one in desk.now.requests)
    assert kept(desk) == []
