"""What the simulated GitHub answers to GraphQL is what was asked for, and says what it has not."""

from __future__ import annotations

import pytest

from gate.demo.graphql import FieldError, QueryError, answer


def failing(_: object) -> object:
    raise FieldError("SERVICE_UNAVAILABLE", "down")


ROOT = {
    "repository": lambda given: {
        "name": given["name"],
        "number": 7,
        "broken": failing,
        "rows": [{"id": 1, "at": None}, {"id": 2, "at": None}],
    }
}


def test_an_answer_has_what_was_selected_under_its_alias() -> None:
    text = """
        query($name: String!) { shop: repository(name: $name) { name ...rest } }
        fragment rest on Repository { rows { id } ... on Repository { number } }
    """
    shop = {"name": "shop", "rows": [{"id": 1}, {"id": 2}], "number": 7}
    assert answer(text, {"name": "shop"}, ROOT) == {"data": {"shop": shop}}


def test_a_field_that_fails_is_null_with_an_error() -> None:
    found = answer('{ repository(name: "shop") { number broken } }', {}, ROOT)
    assert found["data"] == {"repository": {"number": 7, "broken": None}}
    error = {"type": "SERVICE_UNAVAILABLE", "path": ["repository", "broken"], "message": "down"}
    assert found["errors"] == [error]


@pytest.mark.parametrize(
    "text",
    [
        '{ repository(name: "shop") { nonsense } }',
        '{ repository(name: "shop") { number { deeper } } }',
        '{ repository(name: "shop") { rows } }',
        "{ repository(name: $name) { number } }",
        '{ repository(name: "shop") { ...unknown } }',
        '{ repository(name: "shop") { number ',
        "{ repository(name: ~) { number } }",
    ],
)
def test_a_query_that_is_none_has_no_data(text: str) -> None:
    with pytest.raises(QueryError):
        answer(text, {}, ROOT)
