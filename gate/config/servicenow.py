"""``[tickets.servicenow]``: a ServiceNow instance, and which of its changes count how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from gate.config import grammar
from gate.config.locations import locations
from gate.config.reader import Table, as_table, join, kind_of, nearest, shown, wrong
from gate.config.types import Service, ServiceNowSettings, StandardTemplate

SYS_ID = re.compile(r"[0-9a-f]{32}")
_PREFIX = re.compile(r"[A-Z]{2,10}")
_JOURNALS = ("work_notes", "comments", "comments_and_work_notes")
_TYPES = ("normal", "standard", "emergency")
_IMPLEMENT, _CLOSED, _CANCELLED = "-1", "3", "4"  # as they are where a site changed nothing
_KEYS = (
    *("url", "auth", "prefixes", "types", "scope", "deployable", "closed"),
    *("rollback_plan", "test_plan", "standard_templates", "ca"),
)


def read_servicenow(table: Table, services: Mapping[str, Service]) -> ServiceNowSettings:
    """The instance; ``services`` are those that templates may be for."""
    table.only(_KEYS)
    deployable = _states(table, "deployable", (_IMPLEMENT,))
    closed = _states(table, "closed", (_CLOSED, _CANCELLED))
    for position, state in enumerate(deployable):
        if state in closed:
            raise wrong(
                join(table.at("deployable"), position),
                f"{state} is a state of closed changes (closed = {[int(one) for one in closed]})",
                "leave it out; or, where it means something else at your site, set closed too",
            )
    return ServiceNowSettings(
        url=grammar.url(table.text("url"), table.at("url")),
        auth=table.choice("auth", ("basic", "oauth", "token", "api-key"), "basic"),
        projects=_prefixes(table),
        types=table.texts("types", _TYPES),
        scope=_places(table, "scope", ("cmdb_ci", "description")),
        deployable=deployable,
        closed=closed,
        rollback_plan=_places(table, "rollback_plan", ("backout_plan",)),
        test_plan=_places(table, "test_plan", ("test_plan",)),
        standard_templates=_templates(table, services) if table.has("standard_templates") else (),
        ca=table.text("ca", ""),
    )


def _places(table: Table, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """Fields of a change, and none that is a journal: gate itself may write into those."""
    found = locations(table, key, default, default[0])
    for position, location in enumerate(found):
        if location.partition("#")[0] in _JOURNALS:
            raise wrong(
                join(table.at(key), position),
                f"{shown(location)} is a journal, to which anybody may add at any time",
                "name a field that says what is planned",
            )
    return found


def _prefixes(table: Table) -> tuple[str, ...]:
    prefixes = table.texts("prefixes", ("CHG",))
    for position, prefix in enumerate(prefixes):
        if not _PREFIX.fullmatch(prefix):
            raise wrong(
                join(table.at("prefixes"), position),
                f"{shown(prefix)} is no prefix of change numbers",
                'a prefix is two to ten capitals, such as "CHG"',
            )
    return prefixes


def _states(table: Table, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    if not table.has(key):
        return default
    states: list[str] = []
    for value, path in table.items(key):
        if type(value) is not int:
            raise wrong(
                path,
                f"expected the value of a state, a whole number, found {kind_of(value)}",
                "give the value that the state field holds, such as -1 for Implement: names differ "
                "by language",
            )
        if str(value) in states:
            raise wrong(path, f"{value} stands here twice")
        states.append(str(value))
    return tuple(states)


def _templates(table: Table, services: Mapping[str, Service]) -> tuple[StandardTemplate, ...]:
    templates: list[StandardTemplate] = []
    for value, path in table.items("standard_templates"):
        template = _template(as_table(value, path), services)
        if any(template.id == other.id for other in templates):
            raise wrong(f"{path}.id", "this template stands here twice")
        templates.append(template)
    return tuple(templates)


def _template(table: Table, services: Mapping[str, Service]) -> StandardTemplate:
    table.only(("id", "services", "expires"))
    template = table.text("id")
    if not SYS_ID.fullmatch(template):
        raise wrong(
            table.at("id"),
            f"{shown(template)} is no sys_id of a template",
            "it has 32 lower-case hex digits (the std_change_record_producer's)",
        )
    named = table.texts("services")
    for position, service in enumerate(named):
        if service not in services:
            raise wrong(
                join(table.at("services"), position),
                f"no service is called {shown(service)}{nearest(service, services)}",
            )
    return StandardTemplate(template, named, _moment(table, "expires"))


def _moment(table: Table, key: str) -> datetime:
    """A moment with its zone: a date alone ends at another hour for everybody."""
    value = table.values.get(key)
    if value is None:
        raise wrong(table.at(key), "missing: nothing is approved beforehand for ever")
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise wrong(
            table.at(key),
            "expected a date and time with a zone",
            "write it like 2027-01-31T00:00:00Z, without quotes",
        )
    return value.astimezone(UTC)
