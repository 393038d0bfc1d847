"""``[tickets.github]`` and ``[tickets.gitlab]``: whose issues are changes, what approves one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gate.config import grammar
from gate.config.reader import Table, as_table, as_text, join, shown, wrong
from gate.config.services import github_api
from gate.config.types import (
    ApprovalPlace,
    ForgeSettings,
    GitHubIssueSettings,
    GitLabIssueSettings,
    TicketSettings,
)
from gate.frozen import dataclass

_KEYS = ("url", "api", "approvals", "objections", "scope", "rollback_plan", "test_plan", "ca")


@dataclass(frozen=True, slots=True)
class _Forge:
    """What differs: how a place and a command are written, and what the text of an issue is called.

    ``command`` is an example of one, with what is to be known of them.
    """

    place: re.Pattern[str]
    place_is: str
    form: str
    commands: re.Pattern[str]
    command: str
    text: str


_GITHUB = _Forge(
    place=re.compile(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,50}"),
    place_is="repository",
    form="owner/name",
    commands=re.compile(r"/[a-z][a-z0-9-]{0,49}"),
    command='a command is like "/approve"',
    text="body",
)
_GITLAB = _Forge(
    place=re.compile(r"(?=.{1,80}\Z)[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+"),
    place_is="project",
    form="group/name",
    commands=re.compile(r"![a-z][a-z0-9-]{0,49}"),
    command='a command is like "!approve": what begins with a slash GitLab takes for its own',
    text="description",
)


def read_github_issues(table: Table, forge: ForgeSettings | None) -> GitHubIssueSettings:
    """Issues of the GitHub that code is on, else of GitHub.com, or of the server that is named."""
    table.only((*_KEYS, "repositories"))
    url = _url(table, forge, "https://github.com")
    approvals = _approvals(table, _GITHUB, ApprovalPlace("label", "approved"))
    return GitHubIssueSettings(
        url=url,
        api_url=_api(table, forge, github_api(url)),
        projects=_places(table, "repositories", _GITHUB),
        approvals=approvals,
        objections=_objections(table, approvals),
        scope=_locations(table, "scope", ("title", "body"), _GITHUB),
        rollback_plan=_locations(table, "rollback_plan", ("body#Rollback",), _GITHUB),
        test_plan=_locations(table, "test_plan", ("body#Test plan",), _GITHUB),
        ca=table.text("ca", forge.ca if forge else ""),
    )


def read_gitlab_issues(table: Table, forge: ForgeSettings | None) -> GitLabIssueSettings:
    """Issues of the GitLab that code is on, else of GitLab.com, or of the one that is named.

    A comment approves unless the policy says otherwise: a label can be given another name, and then
    whoever put it on has approved.
    """
    table.only((*_KEYS, "projects"))
    url = _url(table, forge, "https://gitlab.com")
    approvals = _approvals(table, _GITLAB, ApprovalPlace("comment", "!approve"))
    plan, tests = ("description#Rollback",), ("description#Test plan",)
    return GitLabIssueSettings(
        url=url,
        api_url=_api(table, forge, f"{url}/api/v4"),
        projects=_places(table, "projects", _GITLAB),
        approvals=approvals,
        objections=_objections(table, approvals),
        scope=_locations(table, "scope", ("title", "description"), _GITLAB),
        rollback_plan=_locations(table, "rollback_plan", plan, _GITLAB),
        test_plan=_locations(table, "test_plan", tests, _GITLAB),
        ca=table.text("ca", forge.ca if forge else ""),
    )


def check_apart(systems: Mapping[str, TicketSettings]) -> None:
    """No place may be of GitHub and of GitLab: nobody could tell whose issue an ID names."""
    github, gitlab = systems.get("github"), systems.get("gitlab")
    if github is None or gitlab is None:
        return
    known = {name.lower() for name in github.projects}
    for position, name in enumerate(gitlab.projects):
        if name.lower() in known:
            raise wrong(
                join("tickets.gitlab.projects", position),
                f"{shown(name)} stands in tickets.github.repositories too",
                "an ID would name two issues: keep change requests in one of them",
            )


def _url(table: Table, forge: ForgeSettings | None, default: str) -> str:
    """Where people browse issues. An account name means one person only on one site."""
    url = grammar.url(table.text("url", forge.url if forge else default), table.at("url"))
    if forge is not None and url.lower() != forge.url.lower():
        raise wrong(
            table.at("url"),
            f"is another site than forges.{forge.kind}.url, where people may have other accounts",
            "keep issues and code on one site, or tickets in another system",
        )
    return url


def _api(table: Table, forge: ForgeSettings | None, default: str) -> str:
    return grammar.url(table.text("api", forge.api_url if forge else default), table.at("api"))


def _places(table: Table, key: str, forge: _Forge) -> tuple[str, ...]:
    """Each once in whatever spelling: else one issue would have two IDs."""
    found = table.texts(key)
    for position, name in enumerate(found):
        path = join(table.at(key), position)
        if not forge.place.fullmatch(name):
            raise wrong(path, f"{shown(name)} is no {forge.place_is}", f'write "{forge.form}"')
        if name.lower() in {other.lower() for other in found[:position]}:
            raise wrong(path, f"this {forge.place_is} stands here twice")
    return found


def _approvals(table: Table, forge: _Forge, default: ApprovalPlace) -> tuple[ApprovalPlace, ...]:
    if not table.has("approvals"):
        return (default,)
    places: list[ApprovalPlace] = []
    for value, path in table.items("approvals"):
        place = _place(as_table(value, path), forge)
        if any(place.kind == one.kind and _same(place.name, one.name) for one in places):
            raise wrong(path, "this place stands here twice")
        places.append(place)
    return tuple(places)


def _place(table: Table, forge: _Forge) -> ApprovalPlace:
    table.only(("label", "comment"))
    if len(table.values) != 1:
        raise wrong(table.path, "expected one of label and comment", '{ label = "approved" }')
    kind, value = next(iter(table.values.items()))
    name = as_text(value, table.at(kind))
    if kind == "comment" and not forge.commands.fullmatch(name):
        raise wrong(table.at(kind), f"{shown(name)} is no command", forge.command)
    return ApprovalPlace(kind, name)


def _objections(table: Table, approvals: tuple[ApprovalPlace, ...]) -> tuple[str, ...]:
    labels = table.texts("objections", ("rejected",))
    for position, label in enumerate(labels):
        if any(place.kind == "label" and _same(place.name, label) for place in approvals):
            path = join(table.at("objections"), position)
            raise wrong(path, "this label approves, so it cannot object too")
    return labels


def _locations(table: Table, key: str, default: tuple[str, ...], forge: _Forge) -> tuple[str, ...]:
    found = table.texts(key, default)
    for position, location in enumerate(found):
        if not re.fullmatch(rf"title|{forge.text}(#.*\S)?", location):
            raise wrong(
                join(table.at(key), position),
                f"{shown(location)} is no place in an issue",
                f'write "title", "{forge.text}", or a section: "{forge.text}#Rollback"',
            )
    return found


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
