"""The row of a change: which fields to ask for, and what must be in them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from gate.config.types import ServiceNowSettings
from gate.frozen import dataclass
from gate.http.document import ShapeError
from gate.model import Account, StandardChange, Status
from gate.tickets.servicenow.accounts import fields_of, named, parse_person
from gate.tickets.servicenow.table import SYS_ID, HiddenError, Row

WINDOW = ("start_date", "end_date")

_HELD = {"true": True, "false": False}
_TEMPLATE = "std_change_producer_version"
_ALWAYS = (
    *("sys_id", "number", "type", "state", "approval", "short_description"),
    *("sys_created_on", "sys_created_by", "sys_updated_on", "sys_mod_count", "on_hold"),
    *fields_of("opened_by"),
    *fields_of("requested_by"),
    *(_TEMPLATE, f"{_TEMPLATE}.std_change_producer"),
    *("parent", "parent.number"),
    *WINDOW,
)


@dataclass(frozen=True, slots=True)
class Change:
    """What every change has, checked; ``row`` has all that was asked for.

    ``others`` are authors beside creator and reporter, None where one is hidden. ``rejected``: the
    change itself says so. ``updates`` is how often it was updated since it was made.
    """

    sys_id: str
    number: str
    type: str
    status: Status
    rejected: bool
    created_at: datetime
    creator: Account
    reporter: Account | None
    others: tuple[Account | None, ...]
    updated_at: datetime
    updates: int
    summary: str
    row: Row

    def refers_to(self, fields: Collection[str]) -> tuple[str, ...]:
        """The sys_ids of what the change refers to in ``fields``, as far as they are shown."""
        held = {self.row.value(field) for field in fields if self.row.has(field)}
        return tuple(sorted(value for value in held if SYS_ID.fullmatch(value)))


def wanted_fields(settings: ServiceNowSettings) -> tuple[str, ...]:
    """The fields to ask for."""
    places = (*settings.scope, *settings.rollback_plan, *settings.test_plan)
    return tuple(dict.fromkeys((*_ALWAYS, *map(field_of, places))))


def field_of(location: str) -> str:
    """The field of a location."""
    return location.partition("#")[0]


def parse_change(row: Row) -> Change:
    """A change. Raises ShapeError, and HiddenError where what every change has is not shown."""
    reporter, is_hidden = _author(row, "requested_by")
    opener, opener_is_hidden = _author(row, "opened_by")
    hidden = (None,) if is_hidden or opener_is_hidden or opener is None else ()
    return Change(
        sys_id=row.sys_id("sys_id"),
        number=row.text("number"),
        type=row.text("type"),
        status=_status(row),
        rejected=row.value("approval") == "rejected",
        created_at=row.time("sys_created_on"),
        creator=named(row.text("sys_created_by")),
        reporter=reporter,
        others=(*((opener,) if opener else ()), *hidden),
        updated_at=row.time("sys_updated_on"),
        updates=row.count("sys_mod_count"),
        summary=row.value("short_description"),
        row=row,
    )


def _status(row: Row) -> Status:
    """The state; a change on hold keeps the value that it had, which is then no state to deploy in.

    Raises HiddenError where our account may not see whether it is, ShapeError where it is not said.
    """
    on_hold = _HELD.get(row.value("on_hold"))
    if on_hold is None:
        raise ShapeError("on_hold of the change is neither true nor false")
    value, name = row.text("state"), row.shown("state")
    return Status(f"{value}, on hold", f"{name}, on hold") if on_hold else Status(value, name)


def parse_standard(change: Change) -> StandardChange | None:
    """The template that a standard change was made from; None for others, or without one.

    Raises HiddenError where there is one that our account may not see.
    """
    if change.type != "standard" or not change.row.value(_TEMPLATE):
        return None
    template = change.row.value(f"{_TEMPLATE}.std_change_producer")
    if not template:
        raise HiddenError(f"{_TEMPLATE}.std_change_producer is hidden from us")
    return StandardChange(template)


def parse_linked(change: Change) -> tuple[str, ...]:
    """The number of the task that the change hangs on: the story, problem or change above it.

    Raises HiddenError where there is one that our account may not see.
    """
    if not change.row.value("parent"):
        return ()
    number = change.row.value("parent.number")
    if not number:
        raise HiddenError("the task in parent is hidden from us")
    return (number,)


def _author(row: Row, reference: str) -> tuple[Account | None, bool]:
    """Whom a reference means, and whether it means somebody who is hidden from us."""
    try:
        return parse_person(row, reference), False
    except HiddenError:
        return None, True
