from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from gate.http.document import Document, ShapeError


def test_what_is_there_and_of_its_type_is_given() -> None:
    reply = Document(
        {
            "text": "x",
            "number": 3,
            "yes": True,
            "at": "2026-01-05T11:00:00.000+0100",
            "ms": 1475134200000,
            "rows": [{"id": "10"}],
            "nothing": None,
        }
    )
    assert reply["text"].text() == "x"
    assert reply["number"].integer() == 3
    assert reply["number"].identifier() == "3"
    assert reply["number"].numeric_identifier() == "3"
    assert Document("10").numeric_identifier() == "10"
    assert Document("a" * 40).commit_id() == "a" * 40
    assert Document("0" * 64).commit_id() == "0" * 64
    assert reply["yes"].boolean()
    assert reply["at"].time() == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert reply["ms"].epoch_milliseconds() == datetime(2016, 9, 29, 7, 30, tzinfo=UTC)
    assert [row["id"].identifier() for row in reply["rows"].each()] == ["10"]
    assert reply.find("nothing") is None
    assert reply.has("nothing")
    assert not reply.has("absent")


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda d: d["absent"], "absent is missing or null"),
        (lambda d: d["nothing"], "nothing is missing or null"),
        (lambda d: d["text"]["deeper"], "text is not an object"),
        (lambda d: d["rows"].each()[0]["id"].text(), r"rows\[0\].id is not a string"),
        (lambda d: d["text"].each(), "text is not an array"),
        (lambda d: d["empty"].text(), "empty is not a string with something in it"),
        (lambda d: d["yes"].integer(), "yes is not a number"),
        (lambda d: d["yes"].identifier(), "yes is not a string"),
        (lambda d: d["minus"].integer(), "minus is not a number"),
        (lambda d: d["number"].boolean(), "number is not true or false"),
        (lambda d: d["text"].time(), "text is not a time"),
        (lambda d: d["naive"].time(), "naive is not a time with a zone"),
        (lambda d: d["early"].time(), "early is not a time"),
        (lambda d: d["vast"].epoch_milliseconds(), "vast is not a time"),
        (lambda d: d["half"].string(), "half is not valid Unicode"),
        (lambda d: d["text"].numeric_identifier(), "text is not a number"),
        (lambda d: d["minus"].numeric_identifier(), "minus is not a number"),
        (lambda d: d["vast"].numeric_identifier(), "vast is not a number"),
        (lambda d: d["arabic"].numeric_identifier(), "arabic is not a number"),
        (lambda d: d["text"].commit_id(), "text is not a commit id"),
        (lambda d: d["number"].commit_id(), "number is not a string"),
        (lambda d: d["line"].commit_id(), "line is not a commit id"),
    ],
)
def test_what_is_not_is_named(read: Callable[[Document], Any], message: str) -> None:
    document = Document(
        {
            "text": "x",
            "nothing": None,
            "rows": [{"id": 1}],
            "empty": "",
            "yes": True,
            "minus": -1,
            "number": 3,
            "naive": "2026-01-05T11:00:00",
            "early": "0001-01-01T00:00:00+10:00",
            "vast": 10**30,
            "half": "\ud800",
            "arabic": "١٢",
            "line": "a" * 40 + "\n",
        }
    )
    with pytest.raises(ShapeError, match=message):
        read(document)


def test_a_reply_that_is_no_object() -> None:
    with pytest.raises(ShapeError, match="the reply is not an object"):
        Document([])["key"]
