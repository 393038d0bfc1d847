"""``[tickets.*]``: where change requests live, and where in them things are written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gate.config import grammar
from gate.config.issues import check_apart, read_github_issues, read_gitlab_issues
from gate.config.locations import locations
from gate.config.reader import Table, as_table, as_text, join, nearest, shown, wrong
from gate.config.servicenow import read_servicenow
from gate.config.types import (
    ApprovalPlace,
    ExtensionSettings,
    ForgeSettings,
    JiraSettings,
    Service,
    TicketSettings,
    WindowFields,
)

_PROJECT = re.compile(r"[A-Z][A-Z0-9_]{0,49}")
_EXTENSION = re.compile(r"[a-z][a-z0-9-]{0,29}")
_PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_OURS = ("jira", "servicenow", "github", "gitlab")
_KEYS = (
    *("url", "flavour", "projects", "types", "approvals", "scope", "deployable"),
    *("rollback_plan", "test_plan", "ca", "window"),
)
_EXTENSION_KEYS = (
    *("package", "url", "projects", "types", "scope", "deployable"),
    *("rollback_plan", "test_plan", "options", "ca"),
)


def read_tickets(
    root: Table, services: Mapping[str, Service], forges: Mapping[str, ForgeSettings]
) -> dict[str, TicketSettings]:
    """The ticket systems by name: at least one."""
    systems = root.table("tickets")
    known: dict[str, TicketSettings] = {}
    for system, table in root.tables("tickets"):
        if system == "jira":
            known[system] = _jira(table)
        elif system == "servicenow":
            known[system] = read_servicenow(table, services)
        elif system == "github":
            known[system] = read_github_issues(table, forges.get(system))
        elif system == "gitlab":
            known[system] = read_gitlab_issues(table, forges.get(system))
        elif table.has("package"):
            known[system] = _extension(system, table)
        else:
            raise wrong(
                systems.at(system),
                f"unknown ticket system{nearest(system, _OURS)}",
                "a system that another package brings needs its name: package = "
                '"<name of the package>"',
            )
    if not known:
        raise wrong("tickets", "missing: a ticket system is needed", "add [tickets.jira]")
    check_apart(known)
    return known


def extensions_of(root: Table) -> tuple[str, ...]:
    """The names of ticket systems that other packages bring."""
    return tuple(name for name, table in root.tables("tickets") if name not in _OURS)


def _extension(system: str, table: Table) -> ExtensionSettings:
    if not _EXTENSION.fullmatch(system) or system == "git":  # whose accounts are addresses
        raise wrong(
            table.path,
            f"{shown(system)} is no name for another package's ticket system",
            "it has lower-case letters, digits and hyphens, as its package says",
        )
    table.only(_EXTENSION_KEYS)
    package = table.text("package")
    if not _PACKAGE.fullmatch(package):
        raise wrong(table.at("package"), f"{shown(package)} is no name of a package")
    return ExtensionSettings(
        package=package,
        url=grammar.url(table.text("url"), table.at("url")),
        projects=table.texts("projects", ()),
        types=table.texts("types", ()),
        scope=table.texts("scope", ()),
        deployable=table.texts("deployable"),
        rollback_plan=table.texts("rollback_plan", ()),
        test_plan=table.texts("test_plan", ()),
        options=table.table("options").values,
        ca=table.text("ca", ""),
    )


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
        scope=locations(table, "scope", ("component", "description")),
        deployable=table.texts("deployable"),
        rollback_plan=locations(table, "rollback_plan", ("description#Rollback",)),
        test_plan=locations(table, "test_plan", ("description#Test plan",)),
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
