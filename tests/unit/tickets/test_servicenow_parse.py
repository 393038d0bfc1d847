"""The pure half of ServiceNow: pages, cells, times, audits, decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ticket_desks import SETTINGS

from gate.http.document import Document, ShapeError
from gate.model import Account, AccountKind, Approval, Verdict
from gate.tickets.servicenow.accounts import fields_of, folded
from gate.tickets.servicenow.approvals import FIELDS as APPROVER_FIELDS
from gate.tickets.servicenow.approvals import GROUP_FIELDS, Ask, Group, assemble
from gate.tickets.servicenow.audit import FIELDS as AUDIT_FIELDS
from gate.tickets.servicenow.audit import Audit, Edit, parse_audit
from gate.tickets.servicenow.change import wanted_fields
from gate.tickets.servicenow.neighbours import lower_numbers, parse_neighbours
from gate.tickets.servicenow.table import HiddenError, IncompleteError, Row, parse_rows

DOCS = Path(__file__).resolve().parents[3] / "docs"


def cell(value: Any, shown: Any = "") -> dict[str, Any]:
    return {"display_value": shown or value, "value": value}


def row(**cells: Any) -> Row:
    return Row(Document({name: cell(value) for name, value in cells.items()}, "result[0]"))


def hour(number: float) -> datetime:
    return datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=number)


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize(
    ("rows", "total", "error"),
    [
        (0, "0", None),
        (2, "2", None),
        (1, "2", HiddenError),
        (0, "1", HiddenError),
        (2, "1", IncompleteError),
        (2, "", IncompleteError),
        (2, "two", IncompleteError),
        (2, "-2", IncompleteError),
        (2, "2.0", IncompleteError),
        (2, "1001", IncompleteError),
        (2, "9" * 30, IncompleteError),
    ],
)
def test_a_page_is_whole_or_none(rows: int, total: str, error: type[Exception] | None) -> None:
    reply = Document({"result": [{"x": cell("1")}] * rows})
    headers = {"X-Total-Count": total} if total else {}
    if error is None:
        assert len(parse_rows(reply, headers, "rows")) == rows
        return
    with pytest.raises(error, match="rows"):
        parse_rows(reply, headers, "rows")


@pytest.mark.parametrize("reply", [{}, [], "x", None, {"result": None}, {"result": {}}])
def test_what_is_no_page(reply: Any) -> None:
    with pytest.raises(ShapeError):
        parse_rows(Document(reply), {"X-Total-Count": "0"}, "rows")


def test_rows_are_objects() -> None:
    with pytest.raises(ShapeError):
        parse_rows(Document({"result": ["x"]}), {"X-Total-Count": "1"}, "rows")


# ---------------------------------------------------------------- cells


@pytest.mark.parametrize(
    "value",
    [
        *("2026-01-05T08:00:00", "2026-01-05 08:00", "05.01.2026 08:00:00", "2026-01-05"),
        *("2026-13-05 08:00:00", "2026-01-05 25:00:00", "2026-01-05 08:00:00Z", "now"),
        *(
            "2026-01-05 08:00:00+01:00",
            " 2026-01-05 08:00:00",
            "\N{FULLWIDTH DIGIT TWO}026-01-05 08:00:00",
        ),
    ],
)
def test_only_a_raw_time_is_a_time(value: str) -> None:
    with pytest.raises(ShapeError):
        row(at=value).time("at")


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001 - raw times have no zone
def test_a_raw_time_is_utc(moment: datetime) -> None:
    cut = moment.replace(microsecond=0)
    raw = f"{cut.year:04d}-{cut:%m-%d %H:%M:%S}"
    assert row(at=raw).time("at") == cut.replace(tzinfo=UTC)


def test_an_empty_cell_is_empty_and_a_missing_one_is_hidden() -> None:
    one = row(at="", text="")
    assert (one.maybe_time("at"), one.value("text"), one.shown("text")) == (None, "", "")
    for ask in (one.time, one.text, one.sys_id, one.count):
        with pytest.raises(HiddenError):
            ask("at")
    for ask in (one.value, one.shown, one.text):
        with pytest.raises(HiddenError):
            ask("missing")
    assert one.flag("missing") is None
    assert one.flag("text") is None


@pytest.mark.parametrize("value", ["1", "TRUE", "yes", "maybe"])
def test_only_true_and_false_are_flags(value: str) -> None:
    assert row(flag=value).flag("flag") is None
    assert row(flag="true").flag("flag") is True
    assert row(flag="false").flag("flag") is False


@pytest.mark.parametrize("value", ["A" * 32, "a" * 31, "a" * 33, "g" * 32, "x^ORsys_id!=y", "-1"])
def test_a_sys_id_is_thirty_two_hex_digits(value: str) -> None:
    with pytest.raises(ShapeError):
        row(id=value).sys_id("id")


@pytest.mark.parametrize("value", ["-1", "1.5", "1e3", "one", "1" * 13, "\N{FULLWIDTH DIGIT ONE}"])
def test_a_count_is_digits(value: str) -> None:
    with pytest.raises(ShapeError):
        row(n=value).count("n")


def test_user_names_of_other_scripts_are_left_alone() -> None:
    assert folded("Alice") == folded("ALICE") == "alice"
    assert folded("\N{GREEK CAPITAL LETTER ALPHA}LICE") != folded("alice")


# ---------------------------------------------------------------- the audit


def entry(number: int, new: str, at: float, user: str = "bob", checkpoint: int = 1) -> Row:
    return row(
        sys_id=f"{number:032x}",
        documentkey="d" * 32,
        fieldname="state",
        oldvalue="",
        newvalue=new,
        user=user,
        record_checkpoint=str(checkpoint),
        sys_created_on=f"{hour(at):%Y-%m-%d %H:%M:%S}",
    )


def parsed(*rows: Row) -> Audit:
    return parse_audit(rows, frozenset({"d" * 32}), frozenset({"state"}))


def test_the_order_of_an_audit_does_not_depend_on_how_it_is_listed() -> None:
    rows = [entry(1, "a", 9, checkpoint=2), entry(2, "b", 9, checkpoint=3), entry(3, "c", 8)]
    found = {parsed(*order) for order in permutations(rows)}
    assert [[edit.new for edit in audit.edits] for audit in found] == [["c", "a", "b"]]


def test_an_audit_of_other_records_or_fields_is_not_the_one_asked_for() -> None:
    for documents, fields in (({"e" * 32}, {"state"}), ({"d" * 32}, {"number"})):
        with pytest.raises(IncompleteError):
            parse_audit([entry(1, "a", 9)], frozenset(documents), frozenset(fields))
    with pytest.raises(IncompleteError):
        parsed(entry(1, "a", 9), entry(1, "a", 9))


@pytest.mark.parametrize(
    ("kept", "held", "same"),
    [
        ("a\r\nb", "a\nb", True),
        (" a", "a", True),
        ("a", "b", False),
        ("a", "ab", False),
        ("", "a", False),
        ("a", "", False),
        ("a" * 255, "a" * 300, True),
        ("a" * 254, "a" * 300, False),
        ("b" * 255, "a" * 300, False),
    ],
)
def test_the_last_edit_leads_to_what_is_held(kept: str, held: str, same: bool) -> None:
    audit = Audit((Edit("1", "d", "description", hour(9), "bob", "", kept),))
    if same:
        assert len(audit.of("d", "description", held)) == 1
        return
    with pytest.raises(IncompleteError):
        audit.of("d", "description", held)


# ---------------------------------------------------------------- neighbours


def test_the_next_lower_numbers_are_padded_alike() -> None:
    lower = lower_numbers("CHG0030001")
    assert (lower[0], lower[-1], len(lower)) == ("CHG0030000", "CHG0029991", 10)
    assert lower_numbers("CHG0000003") == ("CHG0000002", "CHG0000001")
    assert lower_numbers("CHG0000001") == ()
    assert lower_numbers("CHG10000")[0] == "CHG09999"


def test_a_change_that_was_not_asked_for_is_no_neighbour() -> None:
    one = row(number="CHG0030000", sys_created_on="2026-01-05 08:00:00")
    assert parse_neighbours([one], ["CHG0030000"])[0].created_at == hour(8)
    with pytest.raises(ShapeError):
        parse_neighbours([one], ["CHG0030009"])


# ---------------------------------------------------------------- decisions

BOB = Account("servicenow", "bob", AccountKind.PERSON, "Bob")
CAROL = Account("servicenow", "carol", AccountKind.PERSON, "Carol")


def ask(state: str, approver: Account | None = BOB, **changes: Any) -> Ask:
    known: dict[str, Any] = {
        "id": "1" * 32,
        "approver": approver,
        "group": "",
        "state": state,
        "created_at": hour(8),
        "updated_at": hour(10),
        "updated_by": approver.key if approver else "",
        "updates": 1,
    }
    return Ask(**known | changes)


def edits(*steps: tuple[str, str, float]) -> Audit:
    made, old = [], "requested"
    for number, (new, user, at) in enumerate(steps):
        made.append(Edit(str(number), "1" * 32, "state", hour(at), user, old, new))
        old = new
    return Audit(tuple(made))


@pytest.mark.parametrize(
    ("state", "steps", "told"),
    [
        ("approved", [("approved", "bob", 9)], [("bob", "approved")]),
        ("approved", [("approved", "BOB", 9)], [("bob", "approved")]),
        ("rejected", [("rejected", "bob", 9)], [("bob", "declined")]),
        ("approved", [("rejected", "bob", 9), ("approved", "bob", 10)], [("bob", "approved")]),
        (
            "approved",
            [("rejected", "bob", 9), ("approved", "eve", 10)],
            [("bob", "declined"), ("eve", "approved")],
        ),
        ("cancelled", [("approved", "bob", 9), ("cancelled", "eve", 10)], []),
        ("cancelled", [("rejected", "bob", 9), ("cancelled", "eve", 10)], [("bob", "declined")]),
        ("cancelled", [("rejected", "bob", 9), ("cancelled", "bob", 10)], []),
        (
            "rejected",
            [("rejected", "bob", 9), ("requested", "eve", 10), ("rejected", "bob", 11)],
            [("bob", "declined"), ("bob", "declined")],
        ),
        (
            "approved",
            [("rejected", "bob", 9), ("requested", "eve", 10), ("approved", "bob", 11)],
            [("bob", "approved")],
        ),
        ("requested", [("not requested", "eve", 9), ("requested", "eve", 9)], [("bob", "pending")]),
    ],
)
def test_what_a_row_and_its_audit_tell(
    state: str, steps: list[tuple[str, str, float]], told: list[tuple[str, str]]
) -> None:
    found = assemble([ask(state)], (), edits(*steps), None)
    assert [(a.account.key, a.verdict.value) for a in found if a.account] == told


def test_an_edit_that_is_missing_between_others_is_no_history() -> None:
    first = Edit("1", "1" * 32, "state", hour(9), "bob", "requested", "rejected")
    last = Edit("3", "1" * 32, "state", hour(11), "eve", "requested", "approved")
    with pytest.raises(IncompleteError, match="lacks an edit"):
        assemble([ask("approved")], (), Audit((first, last)), None)


@pytest.mark.parametrize(("user", "objects"), [("bob", False), ("eve", True)])
def test_a_row_that_was_made_rejected_is_an_objection_of_whom_it_asks(
    user: str, objects: bool
) -> None:
    only = Edit("1", "1" * 32, "state", hour(9), user, "rejected", "approved")
    found = assemble([ask("approved")], (), Audit((only,)), None)
    assert (Verdict.DECLINED in {a.verdict for a in found}) is objects
    deleted = assemble([ask("approved", None)], (), Audit((only,)), None)
    assert Verdict.DECLINED in {a.verdict for a in deleted}


def test_nobody_elses_decision_is_taken_for_a_known_persons() -> None:
    (approval,) = assemble([ask("approved")], (), edits(("approved", "eve", 9)), None)
    assert approval.account == Account("servicenow", "eve", AccountKind.UNKNOWN, "eve")


@pytest.mark.parametrize("state", ["requested", "not requested", "cancelled", "not_required"])
def test_without_the_audit_only_the_approver_may_have_touched_what_is_undecided(state: str) -> None:
    touched = ask(state, updated_by="eve")
    with pytest.raises(IncompleteError):
        assemble([touched], (), None, None)
    for fine in (ask(state, updated_by="eve", updates=0), ask(state)):
        assert all(a.verdict is Verdict.PENDING for a in assemble([fine], (), None, None))


def test_objections_of_nobody_in_particular() -> None:
    group = Group("g", "rejected", hour(11))
    assert assemble((), (), None, None) == ()
    (objection,) = assemble((), (group,), None, hour(12))
    assert objection == Approval(
        None, Verdict.DECLINED, hour(11), "group", "g", latest_possible=True
    )
    (other,) = assemble((), (Group("g", "approved", hour(11)),), None, hour(12))
    assert (other.account, other.verdict) == (None, Verdict.DECLINED)
    one = ask("rejected", group="g")
    assert len(assemble([one], (group,), None, hour(12))) == 1


def test_an_approval_withdraws_only_an_objection_that_was_surely_before() -> None:
    objection = ask("rejected", id="2" * 32)
    bounds = ask("approved", created_at=hour(9), updated_at=hour(11))  # asked before the objection
    assert len(assemble([objection, bounds], (), None, None)) == 2
    later = ask("approved", created_at=hour(10), updated_at=hour(11))
    (left,) = assemble([objection, later], (), None, None)
    assert left.verdict is Verdict.APPROVED
    assert (
        len(assemble([objection, ask("approved", CAROL, created_at=hour(10))], (), None, None)) == 2
    )


# ---------------------------------------------------------------- the documentation


def test_every_field_that_is_asked_for_is_documented() -> None:
    told = (DOCS / "systems.md").read_text(encoding="utf-8")
    configured = {
        place.partition("#")[0]
        for place in (*SETTINGS.scope, *SETTINGS.rollback_plan, *SETTINGS.test_plan)
    }
    asked = {*wanted_fields(SETTINGS), *APPROVER_FIELDS, *GROUP_FIELDS, *AUDIT_FIELDS}
    asked |= set(fields_of("approver"))
    for field in asked - configured - {"sys_id"}:
        for part in field.split("."):
            assert f"`{part}`" in told, field
