"""``[[freeze]]``: times in which nothing is deployed."""

from __future__ import annotations

from datetime import UTC, datetime

from gate.config import grammar
from gate.config.reader import Table, as_table, join, kind_of, nearest, shown, wrong
from gate.config.types import Freeze

_WRITTEN = "2026-12-18T00:00:00Z"


def read_freezes(
    root: Table, services: tuple[str, ...], environments: tuple[str, ...]
) -> tuple[Freeze, ...]:
    """The freezes, no name twice; ``services`` and ``environments`` are those of the policy."""
    value = root.values.get("freeze", [])
    if not isinstance(value, list):
        raise wrong("freeze", f"expected [[freeze]] tables, found {kind_of(value)}")
    freezes: list[Freeze] = []
    for position, item in enumerate(value):
        table = as_table(item, join("freeze", position))
        freeze = _freeze(table, services, environments)
        if any(freeze.name == other.name for other in freezes):
            raise wrong(table.at("name"), f"{shown(freeze.name)} stands here twice")
        freezes.append(freeze)
    return tuple(freezes)


def _freeze(table: Table, services: tuple[str, ...], environments: tuple[str, ...]) -> Freeze:
    table.only(("name", "from", "to", "services", "environments"))
    freeze = Freeze(
        name=grammar.name(table.text("name"), table.at("name")),
        start=_time(table, "from"),
        end=_time(table, "to"),
        services=_known(table, "services", services),
        environments=_known(table, "environments", environments),
    )
    if freeze.start >= freeze.end:
        raise wrong(table.at("to"), "is not after from, so that it would freeze nothing")
    return freeze


def _time(table: Table, key: str) -> datetime:
    value = table.values.get(key)
    if value is None:
        raise wrong(table.at(key), "missing: a time is needed here", f"{key} = {_WRITTEN}")
    if not isinstance(value, datetime):
        raise wrong(
            table.at(key),
            f"expected a date with a time, found {kind_of(value)}",
            f"write it without quotes: {_WRITTEN}",
        )
    if value.tzinfo is None:
        raise wrong(
            table.at(key),
            "has no offset, and means another time on each machine",
            f"end it with Z (UTC) or an offset: {_WRITTEN}",
        )
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise wrong(table.at(key), "lies outside the calendar") from None


def _known(table: Table, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    names = table.texts(key, ())
    for position, name in enumerate(names):
        if name not in known:
            path = join(table.at(key), position)
            raise wrong(path, f"the policy has no {shown(name)} in {key}{nearest(name, known)}")
    return names
