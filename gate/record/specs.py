"""How values without fields of their own stand in JSON: written, read strictly, and described.

Types are exact: true is no integer, and a text has its form and its longest length.
"""

from __future__ import annotations

import re
import types
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from gate.frozen import dataclass
from gate.record import times
from gate.record.errors import MalformedRecordError
from gate.record.grammar import TIME_PATTERN, Grammar, list_pattern, text_pattern

Defs: TypeAlias = dict[str, Any]  # the "$defs" of a schema that is being made
Path: TypeAlias = "str | tuple[Path, str | int]"  # "record", or a path and one more step
MAX_INTEGER = 2**53 - 1  # what every JSON reader holds exactly (RFC 8259 section 6)


@dataclass(frozen=True, slots=True)
class Form:
    """What a string must match as a whole. The pattern means the same in Python and ECMA-262."""

    pattern: str
    longest: int


class Spec(Protocol):
    """How one type is written, read and described."""

    def write(self, value: Any) -> Any:
        """The JSON value."""

    def read(self, value: Any, at: Path) -> Any:
        """The value of JSON; MalformedRecordError names the place ``at``.

        A place is spelled only when there is something wrong there: most values are read right.
        """

    def schema(self, defs: Defs, /) -> dict[str, Any]:
        """The JSON Schema (2020-12); classes go to ``defs`` and are referred to."""

    def pattern(self, grammar: Grammar, at: str, /) -> str:
        """A regular expression for canonical text that ``read`` reads (``grammar``)."""


def _spelled(at: Path) -> str:
    if isinstance(at, str):
        return at
    before, step = at
    return f"{_spelled(before)}[{step}]" if isinstance(step, int) else f"{_spelled(before)}.{step}"


def malformed(at: Path, expected: str) -> MalformedRecordError:
    """The error of a value at the JSON path ``at`` that is not what was expected."""
    return MalformedRecordError(f"record: {_spelled(at)} is not {expected}")


class _Text:
    """A string of a form."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._pattern = re.compile(form.pattern)

    def write(self, value: Any) -> Any:
        return value

    def read(self, value: Any, at: Path) -> str:
        if not isinstance(value, str) or len(value) > self._form.longest:
            raise malformed(at, f"a text of at most {self._form.longest} characters")
        if self._pattern.fullmatch(value) is None:
            raise malformed(at, f"a text of the form {self._form.pattern}")
        return value

    def schema(self, _defs: Defs) -> dict[str, Any]:
        return {
            "type": "string",
            "maxLength": self._form.longest,
            "pattern": f"^(?:{self._form.pattern})$",
        }

    def pattern(self, _grammar: Grammar, _at: str) -> str:
        return text_pattern(self._form.pattern, self._form.longest)


class _Integer:
    """An integer of at most 53 bits."""

    def write(self, value: Any) -> Any:
        return value

    def read(self, value: Any, at: Path) -> int:
        if type(value) is not int or not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise malformed(at, "an integer of at most 53 bits")
        return value

    def schema(self, _defs: Defs) -> dict[str, Any]:
        return {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}

    def pattern(self, _grammar: Grammar, _at: str) -> str:
        return "(?:0|-?[1-9][0-9]{0,14})"  # of 16 digits only some have 53 bits


class _Boolean:
    """True or false."""

    def write(self, value: Any) -> Any:
        return value

    def read(self, value: Any, at: Path) -> bool:
        if type(value) is not bool:
            raise malformed(at, "true or false")
        return value

    def schema(self, _defs: Defs) -> dict[str, Any]:
        return {"type": "boolean"}

    def pattern(self, _grammar: Grammar, _at: str) -> str:
        return "(?:true|false)"


class _Time:
    """A time, as ``times`` spells it."""

    def write(self, value: Any) -> Any:
        return times.format_time(value)

    def read(self, value: Any, at: Path) -> datetime:
        try:
            return times.parse_time(value)
        except (TypeError, ValueError) as error:
            raise malformed(at, "a time as 2026-01-05T10:00:00.000Z") from error

    def schema(self, _defs: Defs) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{times.PATTERN}$"}

    def pattern(self, _grammar: Grammar, _at: str) -> str:
        return TIME_PATTERN


class _Duration:
    """A length of time, as ``{"milliseconds": n}``."""

    def write(self, value: Any) -> Any:
        return {"milliseconds": value // timedelta(milliseconds=1)}

    def read(self, value: Any, at: Path) -> timedelta:
        if not isinstance(value, dict) or set(value) != {"milliseconds"}:
            raise malformed(at, "a length of time in milliseconds")
        try:
            return timedelta(milliseconds=_Integer().read(value["milliseconds"], at))
        except OverflowError as error:
            raise malformed(at, "a length of time in milliseconds") from error

    def schema(self, defs: Defs) -> dict[str, Any]:
        return exactly({"milliseconds": _Integer().schema(defs)})

    def pattern(self, grammar: Grammar, at: str) -> str:
        return rf'\{{"milliseconds":{_Integer().pattern(grammar, at)}\}}'


class _Choice:
    """One of a ``StrEnum``'s values."""

    def __init__(self, kind: type[StrEnum]) -> None:
        self._kind = kind
        self._members = {member.value: member for member in kind}

    def write(self, value: Any) -> Any:
        return value.value

    def read(self, value: Any, at: Path) -> StrEnum:
        if not isinstance(value, str) or value not in self._members:
            raise malformed(at, f"one of {', '.join(self._members)}")
        return self._members[value]

    def schema(self, _defs: Defs) -> dict[str, Any]:
        return {"enum": list(self._members)}

    def pattern(self, _grammar: Grammar, _at: str) -> str:
        return f'"(?:{"|".join(map(re.escape, self._members))})"'


class _List:
    """A list of things of one kind."""

    def __init__(self, item: Spec) -> None:
        self._item = item

    def write(self, value: Any) -> Any:
        return [self._item.write(item) for item in value]

    def read(self, value: Any, at: Path) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise malformed(at, "a list")
        return tuple(self._item.read(item, (at, n)) for n, item in enumerate(value))

    def schema(self, defs: Defs) -> dict[str, Any]:
        return {"type": "array", "items": self._item.schema(defs)}

    def pattern(self, grammar: Grammar, _at: str) -> str:
        return list_pattern(grammar.unkeyed(self._item))


class _Map:
    """An object with keys of one form and values of one kind."""

    def __init__(self, key: Spec, item: Spec) -> None:
        self._key = key
        self._item = item

    def write(self, value: Any) -> Any:
        return {key: self._item.write(item) for key, item in value.items()}

    def read(self, value: Any, at: Path) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise malformed(at, "an object")
        return types.MappingProxyType(
            {
                self._key.read(key, (at, "(key)")): self._item.read(item, (at, key))
                for key, item in value.items()
            }
        )

    def schema(self, defs: Defs) -> dict[str, Any]:
        return {
            "type": "object",
            "propertyNames": self._key.schema(defs),
            "additionalProperties": self._item.schema(defs),
        }

    def pattern(self, grammar: Grammar, _at: str) -> str:
        return grammar.mapping(self._key, self._item)


def exactly(properties: dict[str, Any], later: Collection[str] = ()) -> dict[str, Any]:
    """The JSON Schema of an object with these keys and no other; those of ``later`` may lack."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties.keys() - set(later)),
        "additionalProperties": False,
    }


SIMPLE: Mapping[type, Spec] = types.MappingProxyType(
    {int: _Integer(), bool: _Boolean(), datetime: _Time(), timedelta: _Duration()}
)


def text_of(form: Form) -> Spec:
    """A text that matches ``form``."""
    return _Text(form)


def choice_of(kind: type[StrEnum]) -> Spec:
    """One of the values of ``kind``."""
    return _Choice(kind)


def list_of(item: Spec) -> Spec:
    """A list, read as a tuple."""
    return _List(item)


def map_of(key: Spec, item: Spec) -> Spec:
    """An object whose keys are texts, read as a mapping that never changes."""
    return _Map(key, item)
