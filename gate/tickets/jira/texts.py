"""What a ticket's fields say, and when they were last edited."""

from __future__ import annotations

from datetime import datetime

from gate.http.document import Document, ShapeError
from gate.model import EditedText
from gate.tickets import sections, wiki
from gate.tickets.jira import adf
from gate.tickets.jira.accounts import User
from gate.tickets.jira.history import Item

# How people call fields -> how the REST API does.
ALIASES = {"component": "components", "fixVersion": "fixVersions", "version": "versions"}


def field_of(location: str) -> str:
    """The id of a location's field, as the REST API calls it."""
    field = location.partition("#")[0]
    return ALIASES.get(field, field)


def edited_text(
    location: str,
    value: Document | None,
    changes: tuple[Item, ...],
    created: tuple[datetime, User | None],
) -> EditedText | None:
    """The text at ``location``; None where the ticket has and had nothing there.

    A text that was taken out again is an edit to be seen, and so is "". ``value`` is the field's,
    ``changes`` are all it went through, ``created`` is the time and author of what no change ever
    touched. The edit of any part of a field is the edit of all its sections.
    """
    text = _section(value, location) if value is not None and value.value != [] else None
    if text is None and not changes:
        return None
    at, by = (changes[-1].at, changes[-1].author) if changes else created
    return EditedText(location, text or "", at, by.account if by else None)


def _section(value: Document, location: str) -> str | None:
    heading = location.partition("#")[2]
    blocks = _blocks(value)
    return sections.under(blocks, heading) if heading else sections.plain(blocks)


def _blocks(value: Document) -> tuple[sections.Block, ...]:
    """A field's value as blocks: rich text, plain text, numbers, options, components, lists."""
    if adf.is_document(value):
        return adf.blocks(value)
    match value.value:
        case str():
            return wiki.blocks(value.string())
        case bool():
            raise ShapeError(f"{value.place} is not a text")
        case int() | float():
            return (sections.Block(str(value.value)),)
        case list():
            return tuple(block for item in value.each() for block in _blocks(item))
        case dict():
            return (sections.Block(_named(value)),)
    raise ShapeError(f"{value.place} is not a text")


def _named(value: Document) -> str:
    """An option ("value", perhaps with a child), or a thing with a name; people are no text."""
    if value.has("accountId") or value.has("displayName"):
        raise ShapeError(f"{value.place} names a person, not a text")
    option = value.find("value")
    if option is None:
        return value["name"].string()
    child = value.find("child")
    return option.string() + (f" / {child['value'].string()}" if child else "")
