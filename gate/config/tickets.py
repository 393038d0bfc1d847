"""``[tickets.*]``: where change requests live, and where in them things are written."""

from __future__ import annotations

import re

from gate.config import grammar
from gate.config.reader import Table, as_table, as_text, join, nearest, not_built, shown, wrong
from gate.config.types import ApprovalPlace, JiraSettings, WindowFields

_PROJECT = re.compile(r"[A-Z][A-Z0-9_]{0,49}")
_LOCATION = re.compile(r"[A-Za-z][A-Za-z0-9_]*(#.*\S)?")
_KEYS = (
    *("url", "flavour", "projects", "types", "approvals", "scope", "deployable"),
    *("rollback_plan", "test_plan", "ca", "window"),
)


def read_jira(root: Table) -> JiraSettings:
    """The Jira site; the only ticket system of this version, so it is needed."""
    systems = root.table("tickets")
    for system in systems.values:
        if system == "servicenow":
            raise not_built(systems.at(system), "ServiceNow")
        if system != "jira":
            raise wrong(systems.at(system), f"unknown ticket system{nearest(system, ('jira',))}")
    if not systems.has("jira"):
        raise wrong("tickets.jira", "missing: a ticket system is needed", "add [tickets.jira]")
    return _jira(systems.table("jira"))


def _jira(table: Table) -> JiraSettings:
    table.only(_KEYS)
    return JiraSettings(
        url=grammar.url(table.text("url"), table.at("url")),
        flavour=table.choice("flavour", ("cloud", "datacenter"), "")
        if table.has("flavour")
        else "",
        projects=_projects(table),
        types=table.texts("types", ()),
        approvals=_approvals(table) if table.has("approvals") else (ApprovalPlace("jsm"),),
        scope=_locations(table, "scope", ("component", "description")),
        deployable=table.texts("deployable"),
        rollback_plan=_locations(table, "rollback_plan", ("description#Rollback",)),
        test_plan=_locations(table, "test_plan", ("description#Test plan",)),
        ca=table.text("ca", ""),
        window=_window(table.table("window")) if table.has("window") else None,
    )


def _projects(table: Table) -> tuple[str, ...]:
    projects = table.texts("projects")
    for position, key in enumerate(projects):
        if not _PROJECT.fullmatch(key):
            raise wrong(
                join(table.at("projects"), position),
                f"{shown(key)} is no project key",
                'a key is in capitals, such as "CHG"',
            )
    return projects


def _locations(table: Table, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    locations = table.texts(key, default)
    for position, location in enumerate(locations):
        if not _LOCATION.fullmatch(location):
            raise wrong(
                join(table.at(key), position),
                f"{shown(location)} is no place in a ticket",
                'write a field\'s id ("customfield_10070"), or a section: "description#Rollback"',
            )
    return locations


def _window(table: Table) -> WindowFields:
    table.only(("start", "end"))
    window = WindowFields(table.text("start"), table.text("end"))
    if window.start == window.end:
        raise wrong(table.at("end"), "is the field of start: a window needs two")
    return window


def _approvals(table: Table) -> tuple[ApprovalPlace, ...]:
    places: list[ApprovalPlace] = []
    for value, path in table.items("approvals"):
        place = _place(value, path)
        if place in places:
            raise wrong(path, "this place stands here twice")
        places.append(place)
    return tuple(places)


def _place(value: object, path: str) -> ApprovalPlace:
    if value == "jsm":
        return ApprovalPlace("jsm")
    if isinstance(value, str):
        raise wrong(
            path,
            f"unknown place {shown(value)}",
            'write "jsm", { transition = "<status>" } or { field = "<field>" }',
        )
    table = as_table(value, path)
    table.only(("transition", "field"))
    if len(table.values) != 1:
        raise wrong(path, "expected one of transition and field", '{ transition = "Approved" }')
    kind, name = next(iter(table.values.items()))
    return ApprovalPlace(kind, as_text(name, table.at(kind)))
