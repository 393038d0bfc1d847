"""An issue's changelog: who changed which field when, provably all of it.

``expand=changelog`` gives what fits into one reply under the true ``total``; Cloud pages the rest
at ``/issue/KEY/changelog``. A total that moves while it is read, an id that comes twice or a list
that does not add up is not a history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from gate.frozen import dataclass
from gate.http.document import Document
from gate.tickets.jira.accounts import User, parse_person

PAGE = 100  # the most that Jira Cloud gives at once

# Changelogs call these fields by their singular.
_TITLES = {"components": "component", "fixVersions": "fix version", "versions": "version"}


class IncompleteError(Exception):
    """A list that is not provably whole; the text says what does not add up."""


@dataclass(frozen=True, slots=True)
class Item:
    """One field's change.

    ``field_id`` is "" where Jira does not give it (Data Center); ``old`` and ``new`` are ids or
    None, and ``old_name`` and ``new_name`` what Jira called them then.
    """

    id: str
    at: datetime
    author: User | None
    field: str
    field_id: str
    custom: bool
    old: str | None
    new: str | None
    old_name: str | None = None
    new_name: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Every change of an issue, oldest first."""

    items: tuple[Item, ...]

    def of(self, field_id: str, title: str | None) -> tuple[Item, ...]:
        """The changes of one field, known by its id, or its title where Jira gives no ids.

        Raises IncompleteError where there may be some, and the title is not known.
        """
        custom = field_id.startswith("customfield_")
        if custom and title is None and any(i.custom and not i.field_id for i in self.items):
            raise IncompleteError("the changelog knows fields by titles, and Jira tells none")
        known = (title or field_id).casefold()
        titles = {known, field_id.casefold(), _TITLES.get(field_id, field_id)}
        return tuple(
            item
            for item in self.items
            if item.field_id == field_id
            or (not item.field_id and item.custom == custom and item.field.casefold() in titles)
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A page of the changelog: entry id -> its items, and the total that the page states."""

    entries: tuple[tuple[int, tuple[Item, ...]], ...]
    total: int


def parse_expanded(changelog: Document, flavour: str) -> Part:
    """The ``changelog`` member of an issue."""
    return _part(changelog, changelog["histories"], flavour)


def parse_page(page: Document, start: int, flavour: str) -> Part:
    """A page of ``/issue/KEY/changelog``, which must be the one that was asked for."""
    if page["startAt"].integer() != start:
        raise IncompleteError("Jira gave another page of the changelog than was asked for")
    part = _part(page, page["values"], flavour)
    if page["isLast"].boolean() != (start + len(part.entries) >= part.total):
        raise IncompleteError("the changelog's pages do not agree on which is the last")
    return part


def assemble(first: Part, parts: Sequence[Part]) -> History:
    """The history of which ``parts`` are all, as ``first`` announced it.

    Raises IncompleteError unless they add up.
    """
    entries: dict[int, tuple[Item, ...]] = {}
    for part in parts:
        if part.total != first.total:
            raise IncompleteError("the changelog grew while it was read")
        for number, items in part.entries:
            if number in entries:
                raise IncompleteError("the changelog shows one entry twice")
            entries[number] = items
    if len(entries) != first.total:
        raise IncompleteError(
            f"the changelog shows {len(entries)} of the {first.total} entries it says it has"
        )
    if not entries.keys() >= {number for number, _ in first.entries}:
        raise IncompleteError("the changelog's pages lack an entry that the ticket shows")
    in_order = sorted(entries.items(), key=lambda entry: (_first_time(entry[1]), entry[0]))
    return History(tuple(item for _, items in in_order for item in items))


def _first_time(items: Iterable[Item]) -> float:
    return min((item.at.timestamp() for item in items), default=0.0)


def _part(page: Document, rows: Document, flavour: str) -> Part:
    entries = tuple(_entry(row, flavour) for row in rows.each())
    return Part(entries, page["total"].integer())


def _entry(row: Document, flavour: str) -> tuple[int, tuple[Item, ...]]:
    identifier = row["id"].numeric_identifier()
    at = row["created"].time()
    author = parse_person(row, "author", flavour)
    items = tuple(_item(item, identifier, at, author) for item in row["items"].each())
    return int(identifier), items


def _item(item: Document, identifier: str, at: datetime, author: User | None) -> Item:
    field_id = item.find("fieldId")
    kind = item.find("fieldtype")
    return Item(
        id=identifier,
        at=at,
        author=author,
        field=item["field"].text(),
        field_id=field_id.text() if field_id else "",
        custom=kind is not None and kind.string() == "custom",
        old=_text(item, "from"),
        new=_text(item, "to"),
        old_name=_text(item, "fromString"),
        new_name=_text(item, "toString"),
    )


def _text(item: Document, name: str) -> str | None:
    value = item.find(name)
    return None if value is None else value.string()
