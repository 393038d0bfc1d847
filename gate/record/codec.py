"""From a class's annotations: its JSON writer, its strict reader and its JSON Schema.

A predicate is declared once, as classes of annotated attributes (``Part``). What is written, what
is read back and what the shipped schema allows follow from the annotations, so that they cannot
drift apart. The rules: an attribute ``merged_at`` is the key ``mergedAt``; every key is always
there; ``None`` is null; no key beside them is allowed; types are exact (true is no integer).

A class with a ``TAG`` stands in a union with others and is written ``{TAG: …}``: that is how a
reader tells a list from a list that was spilled, or a fact from why it could not be had.
"""

from __future__ import annotations

import re
import types
from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import (
    Annotated,
    Any,
    ClassVar,
    Protocol,
    Self,
    TypeAlias,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from gate.record import times
from gate.record.errors import MalformedRecordError

R = TypeVar("R")
Defs: TypeAlias = dict[str, Any]  # the "$defs" of a schema that is being made
MAX_INTEGER = 2**53 - 1  # what every JSON reader holds exactly (RFC 8259 section 6)


@dataclass_transform(frozen_default=True, eq_default=True)
class _Declared(type):
    """Gives a class a slot for each annotated attribute, in the order of their writing."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> _Declared:
        notes = body.get("__annotations__", {})
        names = tuple(n for n, note in notes.items() if not str(note).startswith("ClassVar"))
        return super().__new__(mcs, name, bases, {**body, "__slots__": names, "NAMES": names})


class Part(metaclass=_Declared):
    """A value that is compared by its attributes and never changes: what a predicate is made of.

    For readers and type checkers it is a frozen, slotted dataclass without defaults. It is not one,
    because Python compiles six methods for each such dataclass when it is imported: of the
    predicates' forty that is half of all the time that a deploy target's check may take.
    """

    NAMES: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *values: Any, **named: Any) -> None:
        if values:
            named |= zip(self.NAMES, values, strict=False)
        if len(values) > len(self.NAMES) or named.keys() != set(self.NAMES):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.NAMES)}")
        for name, value in named.items():
            object.__setattr__(self, name, value)

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.NAMES)

    def but(self, **changes: Any) -> Self:
        """The same with some attributes changed."""
        return type(self)(**{**dict(zip(self.NAMES, self._values(), strict=True)), **changes})

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._values() == self._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        pairs = zip(self.NAMES, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in pairs)})"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} never changes")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} never changes")


class Form(Part):
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


Path: TypeAlias = "str | tuple[Path, str | int]"  # "record", or a path and one more step


def _spelled(at: Path) -> str:
    if isinstance(at, str):
        return at
    before, step = at
    return f"{_spelled(before)}[{step}]" if isinstance(step, int) else f"{_spelled(before)}.{step}"


def malformed(at: Path, expected: str) -> MalformedRecordError:
    """The error of a value at the JSON path ``at`` that is not what was expected."""
    return MalformedRecordError(f"record: {_spelled(at)} is not {expected}")


class _Text:
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


class _Integer:
    def write(self, value: Any) -> Any:
        return value

    def read(self, value: Any, at: Path) -> int:
        if type(value) is not int or not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise malformed(at, "an integer of at most 53 bits")
        return value

    def schema(self, _defs: Defs) -> dict[str, Any]:
        return {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}


class _Boolean:
    def write(self, value: Any) -> Any:
        return value

    def read(self, value: Any, at: Path) -> bool:
        if type(value) is not bool:
            raise malformed(at, "true or false")
        return value

    def schema(self, _defs: Defs) -> dict[str, Any]:
        return {"type": "boolean"}


class _Time:
    def write(self, value: Any) -> Any:
        return times.format_time(value)

    def read(self, value: Any, at: Path) -> datetime:
        try:
            return times.parse_time(value)
        except (TypeError, ValueError) as error:
            raise malformed(at, "a time as 2026-01-05T10:00:00.000Z") from error

    def schema(self, _defs: Defs) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{times.PATTERN}$"}


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
        return _exactly({"milliseconds": _Integer().schema(defs)})


class _Choice:
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


class _List:
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


class _Map:
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


class _Object:
    """A ``Part``; one with a ``TAG`` and a single field is written ``{TAG: value}``."""

    def __init__(self, cls: type[Part]) -> None:
        self.cls = cls
        self.tag: str | None = getattr(cls, "TAG", None)
        hints = get_type_hints(cls, include_extras=True)
        self._fields = tuple((name, _camel(name), spec_of(hints[name])) for name in cls.NAMES)
        self._keys = {key for _, key, _ in self._fields}
        self._single = self.tag is not None and len(self._fields) == 1

    def write(self, value: Any) -> Any:
        if self._single:
            name, _, spec = self._fields[0]
            return {self.tag: spec.write(getattr(value, name))}
        body = {key: spec.write(getattr(value, name)) for name, key, spec in self._fields}
        return body if self.tag is None else {self.tag: body}

    def read(self, value: Any, at: Path) -> Any:
        if self.tag is not None:
            if not isinstance(value, dict) or set(value) != {self.tag}:
                raise malformed(at, f"an object with the key {self.tag}")
            value, at = value[self.tag], (at, self.tag)
            if self._single:
                return self.cls(self._fields[0][2].read(value, at))
        if not isinstance(value, dict) or value.keys() != self._keys:
            raise malformed(at, f"an object with the keys {', '.join(sorted(self._keys))}")
        return self.cls(*(spec.read(value[key], (at, key)) for _, key, spec in self._fields))

    def schema(self, defs: Defs) -> dict[str, Any]:
        name = self.cls.__name__.lstrip("_")
        if name not in defs:
            defs[name] = {}  # the place in the order, before the parts take theirs
            defs[name] = self._definition(defs)
        return {"$ref": f"#/$defs/{name}"}

    def _definition(self, defs: Defs) -> dict[str, Any]:
        if self._single:
            return _exactly({str(self.tag): self._fields[0][2].schema(defs)})
        body = _exactly({key: spec.schema(defs) for _, key, spec in self._fields})
        return body if self.tag is None else _exactly({self.tag: body})


class _Union:
    def __init__(self, members: tuple[Any, ...]) -> None:
        specs = [spec_of(member) for member in members if member is not types.NoneType]
        self._null = types.NoneType in members
        self._tagged = {s.tag: s for s in specs if isinstance(s, _Object) and s.tag is not None}
        rest = [s for s in specs if s not in self._tagged.values()]
        if len(rest) > 1:
            raise TypeError(f"{members}: a reader could not tell them apart")
        self._rest = rest[0] if rest else None

    def write(self, value: Any) -> Any:
        if value is None:
            return None
        for spec in self._tagged.values():
            if isinstance(value, spec.cls):
                return spec.write(value)
        if self._rest is None:
            raise TypeError(f"{type(value)} is no member of the union")
        return self._rest.write(value)

    def read(self, value: Any, at: Path) -> Any:
        if value is None and self._null:
            return None
        if isinstance(value, dict) and len(value) == 1:
            tagged = self._tagged.get(next(iter(value)))
            if tagged is not None:
                return tagged.read(value, at)
        if self._rest is None:
            raise malformed(at, f"an object with one of the keys {', '.join(self._tagged)}")
        return self._rest.read(value, at)

    def schema(self, defs: Defs) -> dict[str, Any]:
        options = [spec.schema(defs) for spec in self._tagged.values()]
        if self._rest is not None:
            options.append(self._rest.schema(defs))
        if self._null:
            options.append({"type": "null"})
        return {"anyOf": options}


def _exactly(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def spec_of(annotation: Any) -> Spec:
    """The spec of a type annotation; TypeError for one that has none."""
    return _spec_of(annotation)


@cache
def _spec_of(annotation: Hashable) -> Spec:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _annotated(arguments)
    if origin in {Union, types.UnionType}:
        return _Union(arguments)
    if origin is tuple and arguments[1:] == (...,):
        return _List(spec_of(arguments[0]))
    if origin is Mapping:
        return _Map(spec_of(arguments[0]), spec_of(arguments[1]))
    simple: dict[Any, Any] = {
        int: _Integer,
        bool: _Boolean,
        datetime: _Time,
        timedelta: _Duration,
    }
    if annotation in simple:
        return simple[annotation]()  # type: ignore[no-any-return]  # the table is ours
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return _Choice(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return _Object(annotation)
    raise TypeError(f"{annotation}: no JSON form")


def _annotated(arguments: tuple[Any, ...]) -> Spec:
    marker = arguments[1]
    return _Text(marker) if isinstance(marker, Form) else marker  # a Spec of its own


def write(value: Any) -> Any:
    """The JSON value of a ``Part``."""
    return spec_of(type(value)).write(value)


def read(cls: type[R], value: Any, at: Path) -> R:
    """The ``cls`` that a JSON value spells, strictly; ``at`` names its place in messages."""
    result: R = spec_of(cls).read(value, at)
    return result


def schema(cls: type[Any]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``cls``'s JSON."""
    defs: Defs = {}
    return {**spec_of(cls).schema(defs), "$defs": defs}
