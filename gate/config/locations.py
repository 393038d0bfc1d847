"""The places of a ticket that a policy names: a field, or the section under a heading in it."""

from __future__ import annotations

import re

from gate.config.reader import Table, join, shown, wrong

_LOCATION = re.compile(r"[A-Za-z][A-Za-z0-9_]*(#.*\S)?")


def locations(
    table: Table, key: str, default: tuple[str, ...], example: str = "customfield_10070"
) -> tuple[str, ...]:
    """The places under ``key``; ``example`` is a field's id as the system writes it."""
    found = table.texts(key, default)
    for position, location in enumerate(found):
        if not _LOCATION.fullmatch(location):
            raise wrong(
                join(table.at(key), position),
                f"{shown(location)} is no place in a ticket",
                f'write a field\'s id ("{example}"), or a section: "description#Rollback"',
            )
    return found
