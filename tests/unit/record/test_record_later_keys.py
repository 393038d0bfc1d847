"""Records of before: what came later is a key that they lack, and that is never null."""

from __future__ import annotations

import json
from typing import Any

import pytest
import worlds
from records import write
from worlds import at, good_facts, good_ticket, problem

from gate.model import Maybe, Window
from gate.record.canonical import encode
from gate.record.errors import MalformedRecordError
from gate.record.predicates import TicketFact, Unknown, WindowPart
from gate.record.quick import read_quickly
from gate.record.statement import DecisionRecord, parse_statement
from gate.record.summary import summarise


def payload_of(window: Maybe[Window | None]) -> bytes:
    return write(good_facts(good_ticket(window=window))).payload


def ticket_of(payload: bytes) -> TicketFact:
    record = parse_statement(payload)
    assert isinstance(record, DecisionRecord)
    tickets = record.predicate.tickets
    assert isinstance(tickets, tuple)
    fact = tickets[0].fact
    assert isinstance(fact, TicketFact)
    return fact


def edited(payload: bytes, **changes: Any) -> bytes:
    statement = json.loads(payload)
    statement["predicate"]["tickets"][0]["fact"] |= changes
    return encode(statement)


def test_a_record_of_before_has_no_window_and_is_read() -> None:
    payload = payload_of(None)
    assert b"window" not in payload
    assert ticket_of(payload).window is None


@pytest.mark.parametrize(
    "window", [Window(at("09:00"), at("10:00"), at("08:00")), Window(None, None, at("08:00"))]
)
def test_a_window_is_kept(window: Window) -> None:
    kept = ticket_of(payload_of(window)).window
    assert kept == WindowPart(window.start, window.end, window.edited_at)


def test_a_window_that_could_not_be_had_is_unknown() -> None:
    assert isinstance(ticket_of(payload_of(problem())).window, Unknown)


@pytest.mark.parametrize("window", [None, Window(at("09:00"), None, at("08:00")), problem()])
def test_each_is_read_quickly_and_to_the_same(window: Maybe[Window | None]) -> None:
    payload = payload_of(window)
    assert read_quickly(payload) == summarise(parse_statement(payload))


@pytest.mark.parametrize("value", [None, [], {}, "soon", {"start": None}])
def test_null_and_other_shapes_are_refused(value: Any) -> None:
    payload = edited(payload_of(None), window=value)
    with pytest.raises(MalformedRecordError):
        parse_statement(payload)
    assert read_quickly(payload) is None


def test_everything_else_must_be_there_still() -> None:
    statement = json.loads(payload_of(worlds.good_ticket().window))
    fact = statement["predicate"]["tickets"][0]["fact"]
    for key in set(fact) - {"window", "neighbours"}:
        held = fact.pop(key)
        with pytest.raises(MalformedRecordError):
            parse_statement(encode(statement))
        fact[key] = held
    del fact["window"]
    assert ticket_of(encode(statement)).window is None
