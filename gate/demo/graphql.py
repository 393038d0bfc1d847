"""GraphQL as far as the simulators' clients speak it: a query's selections, and their answer.

The grammar is that of the GraphQL specification (October 2021, section 2), of which one query with
fragments on types is read: no directives, no mutations, and of values strings, numbers and
variables. An answer has what was selected and nothing else; a field that a type has not is an
error, as at GitHub.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

TOKEN = re.compile(r'\.\.\.|[{}():!\[\]$]|"(?:[^"\\]|\\.)*"|-?[0-9]+|[A-Za-z_][A-Za-z0-9_]*')
SPACE = re.compile(r"[\s,]*")

Arguments: TypeAlias = Mapping[str, Any]
Member: TypeAlias = Callable[[Arguments], Any]
Value: TypeAlias = "Mapping[str, Any]"
"""An object of the graph: by field its value, or what makes it of the field's arguments."""


class QueryError(ValueError):
    """A query that is none, or asks for what is not there; the text is the error's message."""


class FieldError(Exception):
    """A field that cannot be answered: null in the reply, with an error of this ``kind``."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(slots=True)
class Field:
    """One selected field, under its alias in the answer. ``fields`` is empty for a scalar."""

    name: str
    alias: str
    arguments: dict[str, Any]
    fields: list[Field] = field(default_factory=list)


def answer(text: str, variables: Mapping[str, Any], root: Value) -> dict[str, Any]:
    """The reply to a query: its data, and the errors of fields that could not be answered.

    Raises QueryError, for which there is no data at all.
    """
    errors: list[dict[str, Any]] = []
    data = _object(_Reader(text, variables).query(), root, errors, [])
    return {"data": data} | ({"errors": errors} if errors else {})


def _object(
    fields: list[Field], value: Value, errors: list[dict[str, Any]], place: list[str]
) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for one in fields:
        if one.name not in value:
            raise QueryError(f"Field '{one.name}' doesn't exist here")
        where = [*place, one.alias]
        try:
            member = value[one.name]
            found = member(one.arguments) if callable(member) else member
        except FieldError as error:
            found = None
            errors.append({"type": error.kind, "path": where, "message": str(error)})
        shown[one.alias] = _shown(one, found, errors, where)
    return shown


def _shown(one: Field, found: Any, errors: list[dict[str, Any]], place: list[str]) -> Any:
    if isinstance(found, list):
        return [_shown(one, row, errors, place) for row in found]
    if isinstance(found, Mapping) != bool(one.fields) and found is not None:
        raise QueryError(f"Field '{one.name}' must have selections, or can't have any")
    return _object(one.fields, found, errors, place) if isinstance(found, Mapping) else found


class _Reader:
    """Reads a query, token by token."""

    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._variables = variables

    def query(self) -> list[Field]:
        """The selections of the query, its fragments spread."""
        fragments: dict[str, list[Any]] = {}
        chosen: list[Any] = []
        while self._at < len(self._tokens):
            word = self._next()
            name = self._next() if word == "fragment" else ""
            if word != "{":
                self._skip_to("{")
            if name:
                fragments[name] = self._selections()
            else:
                chosen = self._selections()
        return _spread(chosen, fragments)

    def _selections(self) -> list[Any]:
        found: list[Any] = []
        while (word := self._next()) != "}":
            if word != "...":
                found.append(self._field(word))
            elif (name := self._next()) == "on":
                self._skip_to("{")
                found += self._selections()
            else:
                found.append(name)
        return found

    def _field(self, word: str) -> Field:
        alias, name = word, word
        if self._peek() == ":":
            self._next()
            name = self._next()
        one = Field(name, alias, {})
        if self._peek() == "(":
            self._next()
            while (argument := self._next()) != ")":
                self._next()
                one.arguments[argument] = self._value()
        if self._peek() == "{":
            self._next()
            one.fields = self._selections()
        return one

    def _value(self) -> Any:
        word = self._next()
        if word != "$":
            return json.loads(word)
        name = self._next()
        if name not in self._variables:
            raise QueryError(f"Variable ${name} was not given")
        return self._variables[name]

    def _skip_to(self, wanted: str) -> None:
        while self._next() != wanted:
            pass

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise QueryError("Parse error on end of file")
        self._at += 1
        return self._tokens[self._at - 1]


def _spread(chosen: list[Any], fragments: Mapping[str, list[Any]]) -> list[Field]:
    found: list[Field] = []
    for one in chosen:
        if isinstance(one, Field):
            one.fields = _spread(one.fields, fragments)
            found.append(one)
        elif one in fragments:
            found += _spread(fragments[one], fragments)
        else:
            raise QueryError(f"Fragment {one} was used, but not defined")
    return found


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    at = SPACE.match(text, 0).end()  # type: ignore[union-attr]  # it matches nothing, too
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None:
            raise QueryError(f"Parse error on {text[at : at + 10]!r}")
        found.append(token[0])
        at = SPACE.match(text, token.end()).end()  # type: ignore[union-attr]  # as above
    return found
