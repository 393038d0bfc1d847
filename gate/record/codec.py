"""From a class's annotations: its JSON writer, its strict reader and its JSON Schema.

A predicate is declared once, as dataclasses of annotated fields. What is written, what is read
back and what the shipped schema allows follow from the annotations, so that they cannot drift
apart. The rules: a field ``merged_at`` is the key ``mergedAt``; every key is always there; ``None``
is null; no key beside them is allowed; what stands in them is read by ``specs``.

A field with a default came later than the first records: its key is there only where it has
another value than that, and never with the default (``None``: never null). So records of before are
read as they were written, and most are written so too.

A class with a ``TAG`` stands in a union with others and is written ``{TAG: …}``: that is how a
reader tells a list from a list that was spilled, or a fact from why it could not be had.
"""

from __future__ import annotations

import re
import types
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from gate.record.canonical import encode
from gate.record.grammar import Grammar
from gate.record.specs import (
    SIMPLE,
    Defs,
    Form,
    Path,
    Spec,
    choice_of,
    exactly,
    list_of,
    malformed,
    map_of,
    text_of,
)

R = TypeVar("R")


class _Object:
    """A dataclass; one with a ``TAG`` and a single field is written ``{TAG: value}``."""

    def __init__(self, cls: type[Any]) -> None:
        self.cls = cls
        self.tag: str | None = getattr(cls, "TAG", None)
        hints = get_type_hints(cls, include_extras=True)
        self._later = {_camel(f.name): f.default for f in fields(cls) if f.default is not MISSING}
        self._fields = tuple(
            (f.name, _camel(f.name), _spec_of_field(hints[f.name], f.default)) for f in fields(cls)
        )
        self._keys = {key for _, key, _ in self._fields}
        self._single = self.tag is not None and len(self._fields) == 1

    def write(self, value: Any) -> Any:
        if self._single:
            name, _, spec = self._fields[0]
            return {self.tag: spec.write(getattr(value, name))}
        body = {
            key: spec.write(held)
            for name, key, spec in self._fields
            if (held := getattr(value, name)) != self._later.get(key, MISSING)
        }
        return body if self.tag is None else {self.tag: body}

    def read(self, value: Any, at: Path) -> Any:
        if self.tag is not None:
            if not isinstance(value, dict) or set(value) != {self.tag}:
                raise malformed(at, f"an object with the key {self.tag}")
            value, at = value[self.tag], (at, self.tag)
            if self._single:
                return self.cls(self._fields[0][2].read(value, at))
        if not isinstance(value, dict) or value.keys() | self._later.keys() != self._keys:
            raise malformed(at, f"an object with the keys {', '.join(sorted(self._keys))}")
        return self.cls(*(self._part(value, key, spec, at) for _, key, spec in self._fields))

    def _part(self, value: dict[str, Any], key: str, spec: Spec, at: Path) -> Any:
        if key not in value:
            return self._later[key]
        part = spec.read(value[key], (at, key))
        if part == self._later.get(key, MISSING):
            raise malformed((at, key), "left out where it says nothing")
        return part

    def schema(self, defs: Defs) -> dict[str, Any]:
        name = self.cls.__name__.lstrip("_")
        if name not in defs:
            defs[name] = {}  # the place in the order, before the parts take theirs
            told = " ".join((self.cls.__doc__ or "").replace("``", "`").split())
            defs[name] = {"description": told, **self._definition(defs)}
        return {"$ref": f"#/$defs/{name}"}

    def _definition(self, defs: Defs) -> dict[str, Any]:
        if self._single:
            return exactly({str(self.tag): self._fields[0][2].schema(defs)})
        body = exactly({key: spec.schema(defs) for _, key, spec in self._fields}, self._later)
        return body if self.tag is None else exactly({self.tag: body})

    def pattern(self, grammar: Grammar, at: str) -> str:
        if self._single:
            return grammar.exactly({str(self.tag): (self._fields[0][2], "")})
        body = {key: (spec, grammar.below(at, name)) for name, key, spec in self._fields}
        if self.tag is None:
            return grammar.exactly(body, self._later)
        return rf'\{{"{self.tag}":{grammar.exactly(body, self._later)}\}}'


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

    def pattern(self, grammar: Grammar, at: str) -> str:
        options = [spec.pattern(grammar, "") for spec in self._tagged.values()]
        if self._rest is not None:
            # ``read`` never takes what has a member's tag for anything else
            tags = rf'(?!\{{"(?:{"|".join(self._tagged)})":)' if self._tagged else ""
            options.insert(0, tags + self._rest.pattern(grammar, at))
        return f"(?>{'|'.join([*options, *(['null'] if self._null else [])])})"


class _Unlike:
    """What a spec reads, but for the default of a field: that is the absence of its key."""

    def __init__(self, spec: Spec, default: Any) -> None:
        self._spec = spec
        self._default = spec.write(default)

    def write(self, value: Any) -> Any:
        return self._spec.write(value)

    def read(self, value: Any, at: Path) -> Any:
        return self._spec.read(value, at)

    def schema(self, defs: Defs) -> dict[str, Any]:
        return {**self._spec.schema(defs), "not": {"const": self._default}}

    def pattern(self, grammar: Grammar, at: str) -> str:
        said = re.escape(encode(self._default).decode())
        return f"(?!{said}[,}}]){self._spec.pattern(grammar, at)}"


def _spec_of_field(annotation: Any, default: Any) -> Spec:
    if default is MISSING:
        return spec_of(annotation)
    if default is not None:
        return _Unlike(spec_of(annotation), default)
    if types.NoneType not in get_args(annotation):
        raise TypeError(f"{annotation}: a field with the default None takes None")
    return spec_of(Union[tuple(a for a in get_args(annotation) if a is not types.NoneType)])  # noqa: UP007 -- of a tuple


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
        return list_of(spec_of(arguments[0]))
    if origin is Mapping:
        return map_of(spec_of(arguments[0]), spec_of(arguments[1]))
    if annotation in SIMPLE:
        return SIMPLE[annotation]  # type: ignore[index]  # it is one of the keys
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return choice_of(annotation)
    if isinstance(annotation, type) and is_dataclass(annotation):
        return _Object(annotation)
    raise TypeError(f"{annotation}: no JSON form")


def _annotated(arguments: tuple[Any, ...]) -> Spec:
    marker = arguments[1]
    return text_of(marker) if isinstance(marker, Form) else marker  # a Spec of its own


def write(value: Any) -> Any:
    """The JSON value of a dataclass."""
    return spec_of(type(value)).write(value)


def read(cls: type[R], value: Any, at: Path) -> R:
    """The ``cls`` that a JSON value spells, strictly; ``at`` names its place in messages."""
    result: R = spec_of(cls).read(value, at)
    return result


def schema(cls: type[Any]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``cls``'s JSON."""
    defs: Defs = {}
    return {**spec_of(cls).schema(defs), "$defs": defs}


def pattern(cls: type[Any], grammar: Grammar) -> str:
    """A regular expression for canonical JSON that ``read`` reads as a ``cls``."""
    return spec_of(cls).pattern(grammar, grammar.TOP)
