"""ServiceNow's encoded queries, as far as a reader of changes can use them.

``field=value`` conditions joined by ``^`` (and) or ``^OR``, with the operators ``=``, ``!=``,
``IN``, ``STARTSWITH``, ``ISEMPTY``, ``ISNOTEMPTY``, and ``ORDERBY``/``ORDERBYDESC``. As on a real
instance a condition on a field that is not there is left out, and the rows come back without it;
texts are compared without regard to case; fields may lead over references.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Row: TypeAlias = dict[str, str]
Get: TypeAlias = Callable[[Row, str], str | None]

_CONDITION = re.compile(
    r"(?P<field>[a-z0-9_.]+)(?P<operator>!=|=|IN|STARTSWITH|ISEMPTY|ISNOTEMPTY)(?P<value>.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Query:
    """Alternatives that must all hold, each of (field, operator, value); then the order."""

    conditions: tuple[tuple[tuple[str, str, str], ...], ...]
    order: tuple[tuple[str, bool], ...]


def parse(text: str, known: Callable[[str], bool]) -> Query:
    """A query; conditions on fields that are not ``known`` are dropped."""
    conditions: list[list[tuple[str, str, str]]] = []
    order: list[tuple[str, bool]] = []
    for part in filter(None, text.split("^")):
        if part.startswith("ORDERBY"):
            field = part.removeprefix("ORDERBY")
            order.append((field.removeprefix("DESC"), field.startswith("DESC")))
            continue
        is_or = part.startswith("OR")
        match = _CONDITION.fullmatch(part.removeprefix("OR") if is_or else part)
        if match is None or not known(match["field"]):
            continue
        condition = (match["field"], match["operator"], match["value"])
        if is_or and conditions:
            conditions[-1].append(condition)
        else:
            conditions.append([condition])
    return Query(tuple(map(tuple, conditions)), tuple(order))


def rows_of(query: Query, rows: list[Row], get: Get) -> list[Row]:
    """The rows that meet the query, in its order."""
    found = [
        row
        for row in rows
        if all(any(_holds(c, get(row, c[0]) or "") for c in either) for either in query.conditions)
    ]
    for field, descending in reversed(query.order):
        found.sort(key=lambda row: get(row, field) or "", reverse=descending)
    return found


def _holds(condition: tuple[str, str, str], held: str) -> bool:
    _, operator, value = condition
    held, value = held.lower(), value.lower()
    match operator:
        case "=":
            return held == value
        case "!=":
            return held != value
        case "IN":
            return held in value.split(",")
        case "STARTSWITH":
            return held.startswith(value)
        case "ISEMPTY":
            return not held
        case _:
            return bool(held)
