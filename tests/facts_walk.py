"""A walk through facts: every field of every dataclass in them, by its declared type.

Nothing is named here: a field that is added to ``Facts`` or to anything below is walked, too.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from gate.model import Facts, Problem

Path: TypeAlias = tuple[Any, ...]  # field names, positions in tuples, keys of mappings
_UNIONS = (Union, types.UnionType)


@dataclass(frozen=True)
class Spot:
    """A place in facts: its ``value``, and the types ``may_be`` declared for it."""

    path: Path
    value: Any
    may_be: tuple[Any, ...]

    @property
    def name(self) -> str:
        """The path without positions: "tickets.result.approvals"."""
        return ".".join(step for step in self.path if isinstance(step, str))


@cache
def hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def members(hint: Any) -> tuple[Any, ...]:
    """The types of a union, or the one type."""
    return get_args(hint) if get_origin(hint) in _UNIONS else (hint,)


def spots(value: Any, hint: Any = Facts, path: Path = ()) -> Iterator[Spot]:
    """The value itself, and all that is in it."""
    yield Spot(path, value, members(hint))
    if is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            inner = getattr(value, each.name)
            yield from spots(inner, hints(type(value))[each.name], (*path, each.name))
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            yield from spots(inner, item_hint(hint), (*path, place))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from spots(inner, item_hint(hint), (*path, Key(key)))


@dataclass(frozen=True)
class Key:
    """A step into a mapping."""

    of: Any


def item_hint(hint: Any) -> Any:
    """What is in a tuple, or the values of a mapping."""
    for one in members(hint):
        if get_origin(one) is tuple:
            return get_args(one)[0]
        if isinstance(get_origin(one), type) and issubclass(get_origin(one), Mapping):
            return get_args(one)[1]
    raise TypeError(f"nothing is in {hint}")


def at_path(root: Any, path: Path) -> Any:
    """What is at ``path``."""
    for step in path:
        root = getattr(root, step) if isinstance(step, str) else root[getattr(step, "of", step)]
    return root


def put(root: Any, path: Path, new: Any) -> Any:
    """``root`` with ``new`` at ``path``."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        return replace(root, **{step: put(getattr(root, step), rest, new)})
    if isinstance(step, Key):
        return {**root, step.of: put(root[step.of], rest, new)}
    return (*root[:step], put(root[step], rest, new), *root[step + 1 :])


def can_be_unknown(spot: Spot) -> bool:
    return Problem in spot.may_be and not isinstance(spot.value, Problem)


def can_be_absent(spot: Spot) -> bool:
    return type(None) in spot.may_be and spot.value is not None


def is_list_of(spot: Spot, *kinds: type) -> bool:
    """Whether it is a list, there and known, of one of these."""
    if not isinstance(spot.value, tuple):
        return False
    held = [one for one in spot.may_be if get_origin(one) is tuple]
    return any(set(members(get_args(one)[0])) & set(kinds) for one in held)
