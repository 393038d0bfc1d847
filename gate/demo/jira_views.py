"""What a Jira site shows of what it remembers: JSON shapes.

They follow Jira Cloud platform REST v3, Jira Data Center REST v2 and Jira Service Management Cloud
REST. Where the flavours differ, Cloud identifies people by ``accountId`` and Data Center by
``name`` and ``key``, and Cloud's changelog items carry ``fieldId``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeAlias

from gate.demo.jira_changes import option_id
from gate.demo.jira_state import (
    LINK_TYPES,
    ApprovalStep,
    FieldKind,
    FieldType,
    Flavour,
    HistoryEntry,
    Issue,
    Item,
    Link,
    Project,
    StatusValue,
    User,
)
from gate.demo.jira_text import adf, plain

Json: TypeAlias = dict[str, Any]

CATEGORIES = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}
CUSTOM_TYPES: dict[FieldKind, str] = {
    "line": "textfield",
    "text": "textarea",
    "user": "userpicker",
    "users": "multiuserpicker",
    "option": "select",
    "labels": "labels",
    "datetime": "datetime",
}
SCHEMAS: dict[FieldKind, tuple[str, str]] = {
    "line": ("string", ""),
    "text": ("string", ""),
    "user": ("user", ""),
    "users": ("array", "user"),
    "option": ("option", ""),
    "component": ("array", "component"),
    "labels": ("array", "string"),
    "datetime": ("datetime", ""),
}


@dataclass(frozen=True, slots=True)
class Views:
    """Renders for one flavour, one REST version and one base URL."""

    flavour: Flavour
    version: str
    base: str
    zone: timedelta = timedelta(0)

    def time(self, at: datetime) -> str:
        """``2026-01-05T10:00:00.000+0000``: Jira's form, in the reader's time zone."""
        local = at.astimezone(timezone(self.zone) if self.zone else UTC)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"

    def user(self, user: User | None) -> Json | None:
        """A user as issues and changelogs show one; None where the account is gone."""
        if user is None:
            return None
        shown: Json = {"displayName": user.display_name, "active": user.active}
        if user.shows_email:
            shown["emailAddress"] = user.email
        if self.flavour == "cloud":
            link = f"{self.base}/rest/api/3/user?accountId={user.account_id}"
            ids: Json = {"accountId": user.account_id, "accountType": user.account_type}
        else:
            link = f"{self.base}/rest/api/2/user?username={user.name}"
            ids = {"name": user.name, "key": user.key or user.name}
        return {"self": link, **ids, **shown, "timeZone": "Etc/UTC"}

    def project(self, project: Project) -> Json:
        """A project, as an issue's field and as a resource of its own."""
        return {
            "self": f"{self.base}/rest/api/{self.version}/project/{project.id}",
            "id": project.id,
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "service_desk" if project.service_desk else "software",
        }

    def status(self, status: StatusValue) -> Json:
        """A status with its category."""
        number, name, colour = CATEGORIES[status.category]
        return {
            "self": f"{self.base}/rest/api/{self.version}/status/{status.id}",
            "description": "",
            "name": status.name,
            "id": status.id,
            "statusCategory": {
                "id": number,
                "key": status.category,
                "colorName": colour,
                "name": name,
            },
        }

    def field(self, kind: FieldType) -> Json:
        """A row of ``/field``."""
        base, items = SCHEMAS[kind.kind]
        schema: Json = {"type": base} | ({"items": items} if items else {})
        if kind.custom:
            maker = "com.atlassian.jira.plugin.system.customfieldtypes"
            schema["custom"] = f"{maker}:{CUSTOM_TYPES[kind.kind]}"
            schema["customId"] = int(kind.id.removeprefix("customfield_"))
        else:
            schema["system"] = kind.id
        return {
            "id": kind.id,
            "key": kind.id,
            "name": kind.title,
            "custom": kind.custom,
            "orderable": True,
            "navigable": True,
            "searchable": True,
            "clauseNames": [kind.id],
            "schema": schema,
        }

    def value(self, kind: FieldType, held: Any) -> Any:
        """A field's value as an issue shows it; None where it holds nothing."""
        if held is None:
            return [] if kind.kind in {"component", "labels"} else None
        match kind.kind:
            case "text":
                return self._text(held)
            case "user":
                return self.user(held)
            case "users":
                return [self.user(user) for user in held]
            case "option":
                return {"self": f"{self.base}/option/{held}", "value": held, "id": option_id(held)}
            case "component":
                return [{"id": option_id(name), "name": name} for name in held]
            case "labels":
                return list(held)
            case "datetime":
                return self.time(held)
            case _:
                return held

    def _text(self, held: Any) -> Any:
        if isinstance(held, dict):
            return held if self.version == "3" else plain(held)
        return adf(held) if self.version == "3" else held

    def issue_fields(self, issue: Issue, types: dict[str, FieldType]) -> Json:
        """All fields of an issue."""
        shown: Json = {
            "summary": issue.summary,
            "issuetype": {"id": option_id(issue.type), "name": issue.type, "subtask": False},
            "project": self.project(issue.project),
            "status": self.status(issue.status),
            "creator": self.user(issue.creator),
            "reporter": self.user(issue.reporter),
            "created": self.time(issue.created),
            "updated": self.time(issue.updated),
            "resolution": None,
            "priority": {"id": "3", "name": "Medium"},
            "issuelinks": [self.link(link) for link in issue.links if link.issue.visible],
            "subtasks": [],
        }
        for kind in types.values():
            if kind.id not in shown:
                shown[kind.id] = self.value(kind, issue.values.get(kind.id))
        return shown

    def link(self, link: Link) -> Json:
        """A link as the issue at one end of it shows it."""
        other = link.issue
        return {
            "id": link.id,
            "self": f"{self.base}/rest/api/{self.version}/issueLink/{link.id}",
            "type": self.link_type(link.type),
            "outwardIssue" if link.outward else "inwardIssue": {
                "id": other.id,
                "key": other.key,
                "self": f"{self.base}/rest/api/{self.version}/issue/{other.id}",
                "fields": {"summary": other.summary, "status": self.status(other.status)},
            },
        }

    def link_type(self, name: str) -> Json:
        """A type of links: its name, and how each end describes the other."""
        inward, outward = LINK_TYPES.get(name, (name.lower(), name.lower()))
        place = f"{self.base}/rest/api/{self.version}/issueLinkType/{option_id(name)}"
        described = {"inward": inward, "outward": outward}
        return {"id": option_id(name), "name": name, **described, "self": place}

    def history(self, entry: HistoryEntry) -> Json:
        """An entry of the changelog. A deleted author leaves no ``author`` at all."""
        shown: Json = {"id": entry.id, "created": self.time(entry.at)}
        if entry.by is not None:
            shown["author"] = self.user(entry.by)
        return shown | {"items": [self.item(item) for item in entry.items]}

    def item(self, item: Item) -> Json:
        """One field's change."""
        shown: Json = {"field": item.title, "fieldtype": "custom" if item.custom else "jira"}
        if self.flavour == "cloud":
            shown["fieldId"] = item.field_id
        return shown | {
            "from": item.old,
            "fromString": item.old_text,
            "to": item.new,
            "toString": item.new_text,
        }

    def approval(self, step: ApprovalStep) -> Json:
        """A Jira Service Management approval."""
        shown: Json = {
            "id": step.id,
            "name": step.name,
            "finalDecision": step.decision,
            "canAnswerApproval": False,
            "approvers": [
                {"approver": self.user(a.user), "approverDecision": a.decision}
                for a in step.answers
            ],
            "createdDate": self.date(step.created),
        }
        if step.completed is not None:
            shown["completedDate"] = self.date(step.completed)
        return shown

    def date(self, at: datetime) -> Json:
        """Jira Service Management's date: the same moment four times."""
        local = at.astimezone(timezone(self.zone) if self.zone else UTC)
        return {
            "iso8601": f"{local:%Y-%m-%dT%H:%M:%S%z}",
            "jira": self.time(at),
            "friendly": f"{local:%d/%b/%y %H:%M}",
            "epochMillis": int(at.timestamp() * 1000),
        }
