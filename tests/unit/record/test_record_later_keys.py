"""Records of before: what came later is a key that they lack, and that is never null."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import worlds
from jsonschema import Draft202012Validator
from records import good_controls, good_decision, result, write
from worlds import at, good_deployment, good_facts, good_ticket, problem

from gate.frozen import dataclass
from gate.model import Artifact, EarlierTerm, Elsewhere, EntryLink, Level, Maybe, Outcome, Window
from gate.record import codec
from gate.record.canonical import encode
from gate.record.errors import MalformedRecordError
from gate.record.grammar import Grammar
from gate.record.predicates import Plain, TicketFact, Unknown, WindowPart
from gate.record.shapes import read_quickly
from gate.record.statement import DecisionRecord, parse_statement
from gate.record.summary import Judged, proved_elsewhere, summarise


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


# ---------------------------------------------------------------- what tested-before went by


def decided(
    term: EarlierTerm | None, level: Level = Level.REQUIRE, outcome: Outcome = Outcome.PASS
) -> bytes:
    control = result("tested-before", outcome, level)
    decision = replace(good_decision(), controls=(*good_controls(), control), tested=term)
    artifacts = (Artifact("app", "a" * 64), Artifact("web", "b" * 64))
    return write(good_facts(deployment=good_deployment(artifacts=artifacts)), decision).payload


WEEK = EarlierTerm("staging", timedelta(days=7), EntryLink(3, "c" * 64))
AT = good_decision().at
PROVED = Elsewhere("acme.example/staging", EntryLink(2, "d" * 64), AT - timedelta(days=7))


@pytest.mark.parametrize(
    ("ended", "elsewhere", "holds"),
    [
        (WEEK.ended, PROVED, True),
        (WEEK.ended, replace(PROVED, at=AT + timedelta(seconds=30)), True),
        (WEEK.ended, replace(PROVED, at=AT - timedelta(days=7, milliseconds=1)), False),
        (WEEK.ended, replace(PROVED, at=None), False),
        (WEEK.ended, replace(PROVED, decision=None), False),
        (None, PROVED, False),
        (None, Elsewhere(PROVED.origin), False),
    ],
)
def test_what_receipts_of_another_log_told_says_itself_whether_it_counts(
    ended: EntryLink | None, elsewhere: Elsewhere, holds: bool
) -> None:
    payload = decided(replace(WEEK, ended=ended, elsewhere=elsewhere))
    record = parse_statement(payload)
    found = summarise(record)
    assert read_quickly(payload) is None
    assert isinstance(record, DecisionRecord)
    assert proved_elsewhere(record) is holds
    assert isinstance(found.told, Judged)
    assert found.told.tested == (None if holds else ("", 0))
    assert record.history.tested is not None
    part = record.history.tested.elsewhere
    assert part is not None
    assert (part.origin, part.at) == (elsewhere.origin, elsewhere.at)


@pytest.mark.parametrize("term", [None, WEEK, replace(WEEK, ended=None)])
@pytest.mark.parametrize("level", [Level.REQUIRE, Level.WARN])
@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.WAIVED])
def test_what_a_decision_counted_on_elsewhere_is_read_quickly_and_to_the_same(
    term: EarlierTerm | None, level: Level, outcome: Outcome
) -> None:
    payload = decided(term, level, outcome)
    found = summarise(parse_statement(payload))
    assert read_quickly(payload) == found
    assert found.artifacts == ("a" * 64, "b" * 64)
    assert isinstance(found.told, Judged)
    counted = (level, outcome) == (Level.REQUIRE, Outcome.PASS)
    said = ("", 0) if term is None else ("staging", 7 * 86_400_000)
    assert found.told.tested == (said if counted else None)


@pytest.mark.parametrize("milliseconds", [-1, 0, 2**53 - 1])
def test_any_length_of_time_is_read_to_the_same(milliseconds: int) -> None:
    statement = json.loads(decided(WEEK))
    statement["predicate"]["history"]["tested"]["within"] = {"milliseconds": milliseconds}
    payload = encode(statement)
    try:
        expected = summarise(parse_statement(payload))
    except MalformedRecordError:
        assert read_quickly(payload) is None
        return
    assert read_quickly(payload) in {expected, None}


# ---------------------------------------------------------------- what later versions may add


@dataclass(frozen=True, slots=True)
class Grown:
    """A part that grew: only ``first`` was always there."""

    first: int
    count: int = 7
    names: tuple[Plain, ...] = ()
    sure: bool = False
    zone: Plain | None = None


GROWN: tuple[tuple[Grown, str], ...] = (
    (Grown(1), '{"first":1}'),
    (Grown(1, count=0), '{"count":0,"first":1}'),
    (Grown(7), '{"first":7}'),
    (Grown(1, names=("a",)), '{"first":1,"names":["a"]}'),
    (
        Grown(1, 77, ("7",), sure=True, zone="z"),
        '{"count":77,"first":1,"names":["7"],"sure":true,"zone":"z"}',
    ),
)
UNSAID = ('"count":7', '"names":[]', '"sure":false', '"zone":null')
PATTERN = re.compile(codec.pattern(Grown, Grammar()))
VALIDATOR = Draft202012Validator(codec.schema(Grown))


@pytest.mark.parametrize(("value", "text"), GROWN)
def test_a_key_is_there_where_it_says_something(value: Grown, text: str) -> None:
    assert encode(codec.write(value)).decode() == text
    assert codec.read(Grown, json.loads(text), "grown") == value
    assert PATTERN.fullmatch(text)
    assert VALIDATOR.is_valid(json.loads(text))


@pytest.mark.parametrize("part", UNSAID)
def test_a_key_that_says_nothing_is_another_spelling(part: str) -> None:
    said = json.loads(f"{{{part}}}")
    text = encode({"first": 1} | said).decode()
    with pytest.raises(MalformedRecordError):
        codec.read(Grown, json.loads(text), "grown")
    assert not PATTERN.fullmatch(text)
    assert not VALIDATOR.is_valid(json.loads(text))


@pytest.mark.parametrize("text", ["{}", '{"count":1}', '{"first":1,"more":1}', '{"first":"1"}'])
def test_what_was_always_there_is_there_and_nothing_unheard_of(text: str) -> None:
    with pytest.raises(MalformedRecordError):
        codec.read(Grown, json.loads(text), "grown")
    assert not PATTERN.fullmatch(text)
    assert not VALIDATOR.is_valid(json.loads(text))
