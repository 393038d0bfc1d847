"""What a Jira site answers: one function a resource.

Shapes follow Jira Cloud platform REST v3, Jira Data Center REST v2 and Jira Service Management
Cloud REST.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from gate.demo import jira_errors
from gate.demo.jira_site import CHANGELOG_PAGE, JiraSite
from gate.demo.jira_state import Issue, Project, User
from gate.demo.jira_views import Views
from gate.demo.wire import Reply, Request

APPROVAL_PAGE = 50
_KEYS = re.compile(r"issuekey in \(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, who makes it (None: anybody), and how replies to it are rendered."""

    request: Request
    reader: User | None
    views: Views


Route: TypeAlias = Callable[[JiraSite, Visit, str], Reply]


def _may_browse(reader: User | None, project: Project) -> bool:
    if project.public:
        return True
    if reader is None:
        return False
    return project.visible_to is None or reader.name in project.visible_to


def visible_issue(site: JiraSite, visit: Visit, key: str) -> Issue | None:
    """The issue of this key in any letter case, of this id, or once of this key."""
    by_key = {known.upper(): issue for known, issue in site.issues.items()}
    by_id = {issue.id: issue for issue in site.issues.values()}
    issue = by_key.get(key.upper()) or by_id.get(key)
    if issue is None or not issue.visible or not _may_browse(visit.reader, issue.project):
        return None
    return issue


def issue(site: JiraSite, visit: Visit, key: str) -> Reply:
    """An issue, with what ``fields`` and ``expand`` ask for."""
    found = visible_issue(site, visit, key)
    if found is None:
        return jira_errors.missing_issue()
    views = visit.views
    expand = set(visit.request.query.get("expand", "").split(","))
    fields = _chosen(
        views.issue_fields(found, site.fields), visit.request.query.get("fields", "*all")
    )
    shown: dict[str, Any] = {
        "expand": "renderedFields,names,schema,operations,editmeta,changelog",
        "id": found.id,
        "self": f"{visit.views.base}/rest/api/{views.version}/issue/{found.id}",
        "key": found.key,
        "fields": fields,
    }
    if "names" in expand:
        titles = {kind.id: kind.title for kind in site.fields.values()}
        shown["names"] = {name: titles.get(name, name.capitalize()) for name in fields}
    if "changelog" in expand:
        shown["changelog"] = _expanded(site, visit, found)
    return Reply(shown)


def _expanded(site: JiraSite, visit: Visit, issue: Issue) -> dict[str, Any]:
    entries = list(issue.history)
    total = len(entries)
    if site.flavour == "cloud":
        entries = entries[::-1][: site.page_limit]
    elif site.history_limit is not None:
        entries = entries[: site.history_limit]
    return {
        "startAt": 0,
        "maxResults": site.page_limit if site.flavour == "cloud" else len(entries),
        "total": total,
        "histories": [visit.views.history(entry) for entry in entries],
    }


def changelog(site: JiraSite, visit: Visit, key: str) -> Reply:
    """A page of the changelog, oldest first; Cloud only."""
    if site.flavour == "datacenter":
        return jira_errors.no_such_path(visit.request.path)
    found = visible_issue(site, visit, key)
    if found is None:
        return jira_errors.missing_issue()
    start = visit.request.number("startAt", 0, most=10**9)
    most = visit.request.number("maxResults", CHANGELOG_PAGE, most=site.page_limit)
    total, here = len(found.history), f"{visit.views.base}{visit.request.path}"
    page = found.history[start : start + most]
    shown: dict[str, Any] = {
        "self": f"{here}?maxResults={most}&startAt={start}",
        "maxResults": most,
        "startAt": start,
        "total": total,
        "isLast": start + len(page) >= total,
        "values": [visit.views.history(entry) for entry in page],
    }
    if not shown["isLast"]:
        shown["nextPage"] = f"{here}?maxResults={most}&startAt={start + len(page)}"
    return Reply(shown)


def bulk_fetch(site: JiraSite, visit: Visit, _: str) -> Reply:
    """Issues by id or key, in the order of their ids; Cloud only. Errors name nobody."""
    if site.flavour == "datacenter":
        return jira_errors.no_such_path(visit.request.path)
    asked = json.loads(visit.request.body)
    wanted = ",".join(asked["fields"])
    seen = [visible_issue(site, visit, key) for key in asked["issueIdsOrKeys"]]
    found = {issue.id: issue for issue in seen if issue is not None}
    issues = [_short(site, visit, found[id_], wanted) for id_ in sorted(found, key=int)]
    return Reply({"expand": "names,schema", "issueErrors": [], "issues": issues})


def search(site: JiraSite, visit: Visit, _: str) -> Reply:
    """Issues whose keys a query lists; Data Center's, and of its query language no more."""
    keys = _KEYS.fullmatch(visit.request.query.get("jql", ""))
    if site.flavour == "cloud" or keys is None:
        return jira_errors.no_such_path(visit.request.path)
    named = [key.strip() for key in keys[1].split(",")]
    seen = {key: visible_issue(site, visit, key) for key in named}
    if visit.request.query.get("validateQuery") != "false" and None in seen.values():
        return Reply({"errorMessages": ["An issue key does not exist."], "errors": {}}, 400)
    found = [issue for issue in seen.values() if issue is not None]
    wanted = visit.request.query.get("fields", "*navigable")
    most = visit.request.number("maxResults", 50, most=1000)
    return Reply(
        {
            "expand": "names,schema",
            "startAt": 0,
            "maxResults": most,
            "total": len(found),
            "issues": [_short(site, visit, issue, wanted) for issue in found[:most]],
        }
    )


def _short(site: JiraSite, visit: Visit, issue: Issue, wanted: str) -> dict[str, Any]:
    views = visit.views
    return {
        "id": issue.id,
        "self": f"{views.base}/rest/api/{views.version}/issue/{issue.id}",
        "key": issue.key,
        "fields": _chosen(views.issue_fields(issue, site.fields), wanted),
    }


def myself(_: JiraSite, visit: Visit, __: str) -> Reply:
    """The reader's own account."""
    if visit.reader is None:
        return jira_errors.unauthenticated()
    return Reply(visit.views.user(visit.reader))


def project(site: JiraSite, visit: Visit, key: str) -> Reply:
    """A project by key or id."""
    for project in site.projects.values():
        if key in {project.key, project.id} and _may_browse(visit.reader, project):
            return Reply(visit.views.project(project))
    return jira_errors.missing_project(key)


def projects(site: JiraSite, visit: Visit, _: str) -> Reply:
    """Every project that the reader may browse."""
    seen = [p for p in site.projects.values() if _may_browse(visit.reader, p)]
    return Reply([visit.views.project(project) for project in seen])


def server_info(site: JiraSite, visit: Visit, _: str) -> Reply:
    """Which Jira this is. Data Center calls itself ``Server``."""
    cloud = site.flavour == "cloud"
    return Reply(
        {
            "baseUrl": visit.views.base,
            "version": "1001.0.0-SNAPSHOT" if cloud else "9.12.15",
            "versionNumbers": [1001, 0, 0] if cloud else [9, 12, 15],
            "deploymentType": "Cloud" if cloud else "Server",
            "buildNumber": 100275 if cloud else 9120015,
            "serverTitle": "Jira",
        }
    )


def fields(site: JiraSite, visit: Visit, _: str) -> Reply:
    """Every field."""
    return Reply([visit.views.field(kind) for kind in site.fields.values()])


def statuses(site: JiraSite, visit: Visit, _: str) -> Reply:
    """Every status."""
    return Reply([visit.views.status(status) for status in site.statuses.values()])


def approvals(site: JiraSite, visit: Visit, key: str) -> Reply:
    """A page of a request's approvals."""
    found = visible_issue(site, visit, key)
    if found is None or not found.request:
        return jira_errors.missing_request()
    start = visit.request.number("start", 0, most=10**9)
    limit = visit.request.number("limit", APPROVAL_PAGE, most=min(APPROVAL_PAGE, site.page_limit))
    page = found.approvals[start : start + limit]
    last = start + len(page) >= len(found.approvals)
    links = {"base": visit.views.base, "context": ""}
    if not last:
        links["next"] = (
            f"{visit.views.base}{visit.request.path}?start={start + limit}&limit={limit}"
        )
    return Reply(
        {
            "_expands": [],
            "size": len(page),
            "start": start,
            "limit": limit,
            "isLastPage": last,
            "_links": links,
            "values": [visit.views.approval(step) for step in page],
        }
    )


def _chosen(fields: dict[str, Any], wanted: str) -> dict[str, Any]:
    """The fields that the ``fields`` parameter asks for; unknown names are ignored."""
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    without = {name[1:] for name in names if name.startswith("-")}
    asked = [name for name in names if not name.startswith("-")]
    everything = not asked or "*all" in asked or "*navigable" in asked
    chosen = fields if everything else {name: fields[name] for name in asked if name in fields}
    return {name: value for name, value in chosen.items() if name not in without}


POSTED: tuple[tuple[str, Route], ...] = ((r"/issue/bulkfetch", bulk_fetch),)
PLATFORM: tuple[tuple[str, Route], ...] = (
    (r"/search", search),
    (r"/issue/([^/]+)", issue),
    (r"/issue/([^/]+)/changelog", changelog),
    (r"/myself", myself),
    (r"/project", projects),
    (r"/project/([^/]+)", project),
    (r"/serverInfo", server_info),
    (r"/field", fields),
    (r"/status", statuses),
)
SERVICE_DESK: tuple[tuple[str, Route], ...] = (
    (r"/rest/servicedeskapi/request/([^/]+)/approval", approvals),
)
