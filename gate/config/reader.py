"""Reads TOML tables key by key, with errors that name the key's path and what would be right.

Each error says ``<key path>: <what is wrong>``; the path is written as TOML writes it, with keys
that are not bare in quotes and everything unprintable escaped, so that it is safe to print.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from gate.errors import UsageError
from gate.frozen import dataclass

Read: TypeAlias = Callable[[str], bytes]
"""The bytes of a file that the policy names by its path; raises ``UsageError``."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHOWN = 60


def shown(value: object) -> str:
    """A value as an error quotes it: on one line, escaped, shortened."""
    if isinstance(value, str):
        return json.dumps(value if len(value) <= _SHOWN else value[: _SHOWN - 3] + "...")
    return str(value)[:_SHOWN]


def join(path: str, key: str | int) -> str:
    """The path of ``key`` in the table (or the array) at ``path``."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    written = key if _BARE.fullmatch(key) else shown(key)
    return f"{path}.{written}" if path else written


def wrong(path: str, problem: str, remedy: str = "") -> UsageError:
    """The error that ``problem`` holds at ``path``."""
    return UsageError(f"{path}: {problem}", remedy=remedy)


def not_built(path: str, what: str = "this") -> UsageError:
    """The error for what a later version will know: refused, never ignored."""
    return wrong(path, f"{what} is not built yet in this version of gate", "leave it out")


def nearest(word: str, known: Iterable[str]) -> str:
    """``, did you mean …?`` for the closest of ``known``, or all of them where none is close."""
    import difflib

    candidates = sorted(known)
    close = difflib.get_close_matches(word[:100], candidates, n=1, cutoff=0.5)
    if close:
        return f'; did you mean "{close[0]}"?'
    return "; known: " + ", ".join(candidates) if candidates else ""


def kind_of(value: object) -> str:
    """What TOML calls the type of ``value``."""
    names = {bool: "a boolean", str: "a string", int: "a whole number", float: "a number"}
    names |= {dict: "a table", list: "an array"}
    return names.get(type(value), "a date or time")


@dataclass(frozen=True, slots=True)
class Table:
    """A TOML table at ``path`` ("" for the whole file)."""

    values: Mapping[str, object]
    path: str

    def at(self, key: str) -> str:
        """The path of one of its keys."""
        return join(self.path, key)

    def only(self, known: Sequence[str], *, later: Sequence[str] = ()) -> None:
        """Refuse keys that are not ``known``, naming the nearest; those of ``later`` as unbuilt."""
        for key in self.values:
            if key in later:
                raise not_built(self.at(key))
            if key not in known:
                raise wrong(self.at(key), f"unknown key{nearest(key, known)}")

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return key in self.values

    def _get(self, key: str, expected: str) -> object:
        if key not in self.values:
            raise wrong(self.at(key), f"missing: {expected} is needed here")
        return self.values[key]

    def text(self, key: str, default: str | None = None) -> str:
        """A string that is not blank and holds no control characters."""
        if default is not None and key not in self.values:
            return default
        return as_text(self._get(key, "a string"), self.at(key))

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """An array of strings, not empty, none twice."""
        if default is not None and key not in self.values:
            return default
        found = tuple(as_text(v, path) for v, path in self.items(key))
        for position, value in enumerate(found):
            if value in found[:position]:
                raise wrong(join(self.at(key), position), f"{shown(value)} stands here twice")
        return found

    def items(self, key: str) -> tuple[tuple[object, str], ...]:
        """The elements of an array that is not empty, each with its path."""
        value = self._get(key, "an array")
        if not isinstance(value, list):
            raise wrong(self.at(key), f"expected an array, found {kind_of(value)}")
        if not value:
            raise wrong(self.at(key), "must not be empty", "leave the key out for its default")
        return tuple((v, join(self.at(key), i)) for i, v in enumerate(value))

    def choice(self, key: str, allowed: Sequence[str], default: str) -> str:
        """One of ``allowed``."""
        value = self.text(key, default)
        return one_of(value, allowed, self.at(key))

    def choices(
        self, key: str, allowed: Sequence[str], default: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Some of ``allowed``, in the order written."""
        for position, value in enumerate(self.texts(key, default)):
            one_of(value, allowed, join(self.at(key), position))
        return self.texts(key, default)

    def whole(self, key: str, default: int) -> int:
        """A whole number of at least 1."""
        value = self.values.get(key, default)
        if type(value) is not int:
            raise wrong(self.at(key), f"expected a whole number, found {kind_of(value)}")
        if value < 1:
            raise wrong(self.at(key), f"must be at least 1, found {shown(value)}")
        return value

    def table(self, key: str) -> Table:
        """A table; an empty one where the key is not written."""
        return as_table(self.values.get(key, {}), self.at(key))

    def tables(self, key: str) -> tuple[tuple[str, Table], ...]:
        """The tables of a table of tables, by name."""
        outer = self.table(key)
        return tuple((name, outer.table(name)) for name in outer.values)


def as_text(value: object, path: str) -> str:
    """``value`` as a string that is not blank and holds no control characters."""
    if not isinstance(value, str):
        raise wrong(path, f"expected a string, found {kind_of(value)}")
    if not value.strip():
        raise wrong(path, "must not be blank")
    if not value.isprintable():
        raise wrong(path, f"{shown(value)} holds a character that cannot be printed")
    return value


def as_table(value: object, path: str) -> Table:
    """``value`` as a table."""
    if not isinstance(value, dict):
        raise wrong(path, f"expected a table, found {kind_of(value)}")
    return Table(value, path)


def one_of(value: str, allowed: Sequence[str], path: str) -> str:
    """``value``, where it is among ``allowed``."""
    if value not in allowed:
        raise wrong(path, f"unknown value {shown(value)}{nearest(value, allowed)}")
    return value
