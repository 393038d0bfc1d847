"""What Jira's changelog says of an edit, field kind by field kind.

Texts stand in ``fromString`` and ``toString`` with null ids; a user picker has the account's id
(Cloud) or user key (Data Center) and name; a picker of several users has all ids in brackets; each
component that came or went is an item of its own.
"""

from __future__ import annotations

from typing import Any

from gate.demo.jira_state import FieldType, Flavour, Item, User
from gate.demo.jira_text import plain

TITLES = {"components": "Component"}


def changes(flavour: Flavour, kind: FieldType, old: Any, new: Any) -> list[Item]:
    """The changelog items of one edit."""
    title = kind.title if kind.custom else TITLES.get(kind.id, kind.id)
    if kind.kind == "component":
        before, after = old or [], new or []
        gone = [Item(kind.id, title, option_id(n), n, None, None) for n in before if n not in after]
        come = [Item(kind.id, title, None, None, option_id(n), n) for n in after if n not in before]
        return gone + come
    sides = (*_side(flavour, kind, old), *_side(flavour, kind, new))
    return [Item(kind.id, title, *sides)]


def _side(flavour: Flavour, kind: FieldType, held: Any) -> tuple[str | None, str | None]:
    if held is None:
        return None, None
    match kind.kind:
        case "user":
            return _user_id(flavour, held), held.display_name
        case "users":
            ids = ", ".join(_user_id(flavour, user) for user in held)
            return f"[{ids}]", ", ".join(user.display_name for user in held)
        case "option":
            return option_id(held), held
        case "labels":
            return None, " ".join(held)
        case "datetime":
            return f"{held:%Y-%m-%dT%H:%M:%S.000%z}", f"{held:%d/%b/%y %I:%M %p}"
        case _:
            return None, plain(held) if isinstance(held, dict) else held


def _user_id(flavour: Flavour, user: User) -> str:
    return user.account_id if flavour == "cloud" else user.key


def option_id(name: str) -> str:
    """A stable id for a thing that the scenario knows by name only."""
    return str(10000 + sum(position * ord(letter) for position, letter in enumerate(name, 1)))
