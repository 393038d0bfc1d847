"""An issue's reply: which fields to ask for, and what must be in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from gate.config.types import JiraSettings
from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.model import Status
from gate.tickets.jira.accounts import User, parse_person
from gate.tickets.jira.history import History, Item, Part, parse_expanded
from gate.tickets.jira.texts import field_of

_KEY = re.compile(r"(?P<project>[A-Z][A-Z0-9_]*)-[1-9][0-9]*")
_FIELD_ID = re.compile(r"customfield_[0-9]+|assignee|reporter")
_ALWAYS = (
    *("created", "creator", "reporter", "status", "issuetype", "project", "summary"),
    *("issuelinks", "parent", "subtasks"),
)
_EVERYTHING = "*all,-comment,-worklog,-attachment"


@dataclass(frozen=True, slots=True)
class Issue:
    """What every ticket has, checked; ``fields`` are all that were asked for, as they came.

    ``names`` maps field ids to titles, and is empty where Jira gave none. ``project_type`` is
    "service_desk", "software" and so on, "" where Jira does not say. ``changelog`` is as much of it
    as came along.
    """

    key: str
    project: str
    project_type: str
    type: str
    status: Status
    created_at: datetime
    creator: User | None
    reporter: User | None
    summary: str
    fields: Document
    names: Mapping[str, str]
    changelog: Part

    def field_id(self, name: str) -> str:
        """The id of a field given by id or title; raises ShapeError where two have the title."""
        if self.fields.has(name) or name in self.names or _FIELD_ID.fullmatch(name):
            return name
        if not self.names:
            raise ShapeError("names is missing, so a field can be given by its id only")
        found = [field for field, title in self.names.items() if title == name]
        if len(found) > 1:
            raise ShapeError(f"the ticket has several fields with the title of {found[0]}")
        return found[0] if found else name

    def changes(self, field: str, history: History) -> tuple[Item, ...]:
        """What ``history`` says of a field; raises IncompleteError where it cannot be told."""
        return history.of(field, self.names.get(field))


def wanted_fields(settings: JiraSettings) -> str:
    """The ``fields`` parameter: what is needed, or all, where a field is known by its title."""
    named = [place.name for place in settings.approvals if place.kind == "field"]
    if settings.window is not None:
        named += [settings.window.start, settings.window.end]
    if not all(_FIELD_ID.fullmatch(name) for name in named):
        return _EVERYTHING
    locations = (*settings.scope, *settings.rollback_plan, *settings.test_plan)
    return ",".join(dict.fromkeys((*_ALWAYS, *named, *map(field_of, locations))))


def parse_issue(reply: Document, flavour: str) -> Issue:
    """An issue with ``expand=changelog,names``; raises ShapeError naming the field."""
    fields = reply["fields"]
    key = reply["key"].text()
    project = fields["project"]["key"].text()
    shape = _KEY.fullmatch(key)
    if shape is None or shape["project"] != project:
        raise ShapeError("key is not one of the project that the ticket names")
    kind = fields["project"].find("projectTypeKey")
    summary = fields.find("summary")
    return Issue(
        key=key,
        project=project,
        project_type=kind.string() if kind else "",
        type=fields["issuetype"]["name"].text(),
        status=Status(fields["status"]["id"].identifier(), fields["status"]["name"].text()),
        created_at=fields["created"].time(),
        creator=parse_person(fields, "creator", flavour),
        reporter=parse_person(fields, "reporter", flavour),
        summary=summary.string() if summary else "",
        fields=fields,
        names=_names(reply["names"]) if reply.has("names") else {},
        changelog=parse_expanded(reply["changelog"], flavour),
    )


def _names(names: Document) -> Mapping[str, str]:
    return {field: names[field].string() for field in names.object()}
