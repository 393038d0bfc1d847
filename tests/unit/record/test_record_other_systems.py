"""What ServiceNow tells beside Jira: bounds of edits, further authors, a change's template."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from records import write
from worlds import at, good_facts, good_ticket, jira, problem

from gate.model import ChangeRequest, EditedText, ProblemKind, StandardChange, Window
from gate.record.predicates import TextPart, TicketFact, Unknown, WindowPart
from gate.record.shapes import read_quickly
from gate.record.statement import DecisionRecord, parse_statement
from gate.record.summary import summarise

BOUND = EditedText("description", "shop", at("08:10"), None, latest_possible=True)
WINDOW = Window(at("09:00"), None, at("08:10"), latest_possible=True)
CHANGES: dict[str, dict[str, Any]] = {
    "a bound": {"scope": (BOUND,), "window": WINDOW},
    "an author": {"others": (jira("erin"), None)},
    "a template": {"standard": StandardChange("a" * 32)},
    "a hidden template": {"standard": problem(ProblemKind.HIDDEN, "servicenow")},
}


def recorded(ticket: ChangeRequest) -> tuple[bytes, TicketFact]:
    payload = write(good_facts(ticket)).payload
    record = parse_statement(payload)
    assert isinstance(record, DecisionRecord)
    assert isinstance(record.predicate.tickets, tuple)
    fact = record.predicate.tickets[0].fact
    assert isinstance(fact, TicketFact)
    return payload, fact


@pytest.mark.parametrize("name", CHANGES)
def test_it_is_kept_and_read_quickly_and_to_the_same(name: str) -> None:
    payload, fact = recorded(replace(good_ticket(), **CHANGES[name]))
    assert read_quickly(payload) == summarise(parse_statement(payload))
    match name:
        case "a bound":
            assert isinstance(fact.scope, tuple)
            text = fact.scope[0]
            assert text == TextPart(
                "description", text.text, at("08:10"), None, latest_possible=True
            )
            assert fact.window == WindowPart(at("09:00"), None, at("08:10"), latest_possible=True)
        case "an author":
            assert fact.others[0] not in {None, ""}
            assert fact.others[1] is None
        case "a template":
            assert fact.template == "a" * 32
        case _:
            assert isinstance(fact.template, Unknown)


def test_records_of_tickets_without_it_are_written_as_before() -> None:
    payload, fact = recorded(good_ticket())
    assert b"latestPossible" not in payload.partition(b'"scope"')[2].partition(b'"summary"')[0]
    assert b'"template"' not in payload
    assert (fact.others, fact.template) == ((), None)
