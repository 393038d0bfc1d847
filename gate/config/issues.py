"""``[tickets.github]``: whose issues are change requests, and what approves one."""

from __future__ import annotations

import re

from gate.config import grammar
from gate.config.reader import Table, as_table, as_text, join, shown, wrong
from gate.config.services import github_api
from gate.config.types import ApprovalPlace, GitHubIssueSettings

_REPOSITORY = re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,50}")
_COMMAND = re.compile(r"/[a-z][a-z0-9-]{0,49}")
_LOCATION = re.compile(r"title|body(#.*\S)?")
_KEYS = (
    *("url", "api", "repositories", "approvals", "objections"),
    *("scope", "rollback_plan", "test_plan", "ca"),
)


def read_github_issues(table: Table) -> GitHubIssueSettings:
    """Issues of GitHub.com, or of the server that is named."""
    table.only(_KEYS)
    url = grammar.url(table.text("url", "https://github.com"), table.at("url"))
    approvals = _approvals(table)
    return GitHubIssueSettings(
        url=url,
        api_url=grammar.url(table.text("api", github_api(url)), table.at("api")),
        projects=_repositories(table),
        approvals=approvals,
        objections=_objections(table, approvals),
        scope=_locations(table, "scope", ("title", "body")),
        rollback_plan=_locations(table, "rollback_plan", ("body#Rollback",)),
        test_plan=_locations(table, "test_plan", ("body#Test plan",)),
        ca=table.text("ca", ""),
    )


def _repositories(table: Table) -> tuple[str, ...]:
    """Each once in whatever spelling: else one issue would have two IDs."""
    found = table.texts("repositories")
    for position, name in enumerate(found):
        path = join(table.at("repositories"), position)
        if not _REPOSITORY.fullmatch(name):
            raise wrong(path, f"{shown(name)} is no repository", 'write "owner/name"')
        if name.lower() in {other.lower() for other in found[:position]}:
            raise wrong(path, "this repository stands here twice")
    return found


def _approvals(table: Table) -> tuple[ApprovalPlace, ...]:
    if not table.has("approvals"):
        return (ApprovalPlace("label", "approved"),)
    places: list[ApprovalPlace] = []
    for value, path in table.items("approvals"):
        place = _place(as_table(value, path))
        if any(place.kind == one.kind and _same(place.name, one.name) for one in places):
            raise wrong(path, "this place stands here twice")
        places.append(place)
    return tuple(places)


def _place(table: Table) -> ApprovalPlace:
    table.only(("label", "comment"))
    if len(table.values) != 1:
        raise wrong(table.path, "expected one of label and comment", '{ label = "approved" }')
    kind, value = next(iter(table.values.items()))
    name = as_text(value, table.at(kind))
    if kind == "comment" and not _COMMAND.fullmatch(name):
        raise wrong(table.at(kind), f"{shown(name)} is no command", 'a command is like "/approve"')
    return ApprovalPlace(kind, name)


def _objections(table: Table, approvals: tuple[ApprovalPlace, ...]) -> tuple[str, ...]:
    labels = table.texts("objections", ("rejected",))
    for position, label in enumerate(labels):
        if any(place.kind == "label" and _same(place.name, label) for place in approvals):
            path = join(table.at("objections"), position)
            raise wrong(path, "this label approves, so it cannot object too")
    return labels


def _locations(table: Table, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    found = table.texts(key, default)
    for position, location in enumerate(found):
        if not _LOCATION.fullmatch(location):
            raise wrong(
                join(table.at(key), position),
                f"{shown(location)} is no place in an issue",
                'write "title", "body", or a section: "body#Rollback"',
            )
    return found


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
