"""``[forges.*]`` and ``[services.*]``: where the code is, and what may be deployed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gate.config import grammar
from gate.config.reader import Table, join, nearest, shown, wrong
from gate.config.types import ForgeSettings, Service

_PATHS = {  # of a repository, below its forge's URL
    "github": (re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"), "<owner>/<name>"),
    "gitlab": (re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+"), "<group>/<project>"),
}


def read_forges(root: Table) -> dict[str, ForgeSettings]:
    """The forges by kind; none where the policy names none."""
    forges = {}
    for kind, table in root.tables("forges"):
        if kind not in _PATHS:
            raise wrong(table.path, f"unknown forge{nearest(kind, tuple(_PATHS))}")
        forges[kind] = _github(table) if kind == "github" else _gitlab(table)
    return forges


def _github(table: Table) -> ForgeSettings:
    table.only(("url", "api", "ca"))
    url = grammar.url(table.text("url", "https://github.com"), table.at("url"))
    api = grammar.url(table.text("api", github_api(url)), table.at("api"))
    return ForgeSettings("github", url, api, table.text("ca", ""))


def _gitlab(table: Table) -> ForgeSettings:
    table.only(("url", "api", "ca"))
    url = grammar.url(table.text("url", "https://gitlab.com"), table.at("url"))
    api = grammar.url(table.text("api", f"{url}/api/v4"), table.at("api"))
    return ForgeSettings("gitlab", url, api, table.text("ca", ""))


def github_api(url: str) -> str:
    """The URL of a GitHub's REST API.

    github.com and ghe.com have a host of its own for it, GitHub Enterprise Server a path.
    """
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0]
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"{scheme}://api.{host}"
    return f"{url}/api/v3"


def read_services(root: Table, forges: Mapping[str, ForgeSettings]) -> dict[str, Service]:
    """The services by name: at least one, no name claimed by two."""
    services = {name: _service(name, table, forges) for name, table in root.tables("services")}
    if not services:
        raise wrong("services", "missing: at least one service is needed", "add [services.<name>]")
    owner: dict[str, str] = {}
    for service in services.values():
        for called in {n.casefold() for n in service.names}:
            other = owner.setdefault(called, service.name)
            if other != service.name:
                raise wrong(
                    join("services", service.name),
                    f"the name {shown(called)} is also that of the service {shown(other)}",
                    "a ticket must name one service only: give each its own names",
                )
    return services


def _service(key: str, table: Table, forges: Mapping[str, ForgeSettings]) -> Service:
    grammar.name(key, table.path)
    table.only(("repository", "release_refs", "names"))
    repository = _repository(table.text("repository"), table.at("repository"), forges)
    refs = table.texts("release_refs", ("main",))
    for position, ref in enumerate(refs):
        grammar.release_ref(ref, join(table.at("release_refs"), position))
    names = table.texts("names", (key,))
    for position, called in enumerate(names):
        grammar.name(called, join(table.at("names"), position))
    return Service(key, repository, refs, names if key in names else (key, *names))


def _repository(text: str, path: str, forges: Mapping[str, ForgeSettings]) -> str:
    if not forges:
        return grammar.any_repository(text, path)
    url = grammar.url(text, path).removesuffix(".git")
    for forge in forges.values():
        if url.startswith(f"{forge.url}/"):
            pattern, wanted = _PATHS[forge.kind]
            if not pattern.fullmatch(url.removeprefix(f"{forge.url}/")):
                raise wrong(path, f"expected {forge.url}/{wanted}, found {shown(url)}")
            return url
    known = ", ".join(forge.url for forge in forges.values())
    raise wrong(path, f"{shown(url)} is on no forge of this policy ({known})")
