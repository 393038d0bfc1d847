"""Messages as sentences, and views that cannot contradict themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from views import AT, RECORDED, SUPERSEDED, message, view

from gate.model import Account, DecisionKind, Free, Message, Value
from gate.output.message import (
    account_name,
    length,
    moment,
    render,
    rfc3339,
    shortened,
    show,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", "text"),
        (3, "3"),
        (True, "yes"),
        (False, "no"),
        (datetime(2026, 1, 5, 10, tzinfo=UTC), "2026-01-05 10:00:00 UTC"),
        (AT, "2026-01-05 10:00:00.250 UTC"),
        (
            datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-05 08:00:00 UTC",
        ),
        (timedelta(hours=2, minutes=5, seconds=7), "2 h 5 min"),
        (Account("github", "alice"), "github alice"),
        (Account("github", "alice", name="Alice"), "Alice (github alice)"),
        (Free("Web\n  shop"), '"Web shop"'),
        (Free('jira = "5b10"'), "'jira = \"5b10\"'"),
        (Free("x" * 500), '"' + "x" * 199 + '…"'),
        ((), "none"),
        (("a", Free("b")), 'a, "b"'),
        (tuple(range(12)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"),
    ],
)
def test_values(value: Value, shown: str) -> None:
    assert show(value, name=account_name) == shown


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (timedelta(0), "0 s"),
        (timedelta(microseconds=10), "0 s"),
        (timedelta(milliseconds=250), "250 ms"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(seconds=125), "2 min 5 s"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=2, seconds=3), "2 h"),
        (timedelta(days=1, hours=3, minutes=9), "1 d 3 h"),
        (-timedelta(minutes=5), "-5 min"),
    ],
)
def test_spans(span: timedelta, shown: str) -> None:
    assert length(span) == shown


def test_times_for_people_and_for_programs() -> None:
    assert moment(AT) == "2026-01-05 10:00:00.250 UTC"
    assert rfc3339(AT) == "2026-01-05T10:00:00.250Z"
    assert rfc3339(datetime(999, 1, 1, tzinfo=UTC)) == "0999-01-01T00:00:00.000Z"


def test_a_name_is_what_the_caller_says() -> None:
    said = message("x", "{who} approved.", who=Account("jira", "5b10"))
    assert render(said, name=lambda account: f"the owner of {account.key}") == (
        "the owner of 5b10 approved."
    )


def test_arguments_are_no_templates() -> None:
    said = message("x", "{a} {{b}}", a="{b.__class__} {0} {")
    assert render(said, name=account_name) == "{b.__class__} {0} { {b}"


@pytest.mark.parametrize("text", ["{missing}", "{0}", "{", "{a.b}", "{a[0]!x}", "{a:%Y}"])
def test_a_template_that_does_not_fit_still_tells_what_it_knows(text: str) -> None:
    assert render(Message("some-code", text, {"a": "b"}), name=account_name) == "some-code: a b"


@given(st.text(), st.integers(1, 50))
def test_shortened(text: str, limit: int) -> None:
    shown = shortened(text, limit)
    assert len(shown) <= limit
    assert "\n" not in shown


@pytest.mark.parametrize("kind", [DecisionKind.DENIED, DecisionKind.UNDETERMINED])
def test_a_view_cannot_permit_what_was_not_allowed(kind: DecisionKind) -> None:
    with pytest.raises(ValueError, match="exit code 0"):
        view(kind, 0)


@pytest.mark.parametrize("command", ["enforce", "run", ""])
def test_a_view_cannot_permit_without_a_record(command: str) -> None:
    with pytest.raises(ValueError, match="without a record"):
        view(DecisionKind.ALLOWED, 0, command=command, recorded=None)


def test_a_view_cannot_permit_what_the_log_denies() -> None:
    with pytest.raises(ValueError, match="exit code 0"):
        view(DecisionKind.ALLOWED, 0, recorded=SUPERSEDED.recorded)


@given(
    st.sampled_from(DecisionKind),
    st.sampled_from([0, 1, 2, 10, 11, 12, 13, 99]),
    st.booleans(),
    st.sampled_from(["check", "enforce"]),
)
def test_only_exit_code_0_permits(
    kind: DecisionKind, code: int, recorded: bool, command: str
) -> None:
    try:
        made = view(kind, code, command=command, recorded=RECORDED if recorded else None)
    except ValueError:
        return
    verdict = made.verdict()
    assert verdict.permits is (code == 0)
    assert verdict.permits is (verdict.word in {"allowed", "emergency"})
