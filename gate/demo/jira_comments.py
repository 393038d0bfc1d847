"""Comments on issues, who may add them, and users: what a Jira site answers.

Shapes follow Jira Cloud platform REST v3 ("Issue comments", "Permissions", "Users") and Jira Data
Center REST v2. Cloud takes and shows bodies as Atlassian Document Format, Data Center as wiki text.
"""

from __future__ import annotations

import json
from typing import Any

from gate.demo import jira_errors
from gate.demo.jira_routes import Route, Visit, visible_issue
from gate.demo.jira_site import JiraSite
from gate.demo.jira_state import Comment, User
from gate.demo.wire import Reply

MOST = 100


def comments(site: JiraSite, visit: Visit, key: str) -> Reply:
    """A page of an issue's comments, oldest first unless ``orderBy`` is ``-created``."""
    found = visible_issue(site, visit, key)
    if found is None:
        return jira_errors.missing_issue()
    rows = list(found.comments)
    if visit.request.query.get("orderBy") == "-created":
        rows.reverse()
    start = visit.request.number("startAt", 0, most=10**9)
    most = visit.request.number("maxResults", MOST, most=site.page_limit)
    shown = [_view(visit, row) for row in rows[start : start + most]]
    page = {"startAt": start, "maxResults": most, "total": len(rows)}
    return Reply({**page, "comments": shown})


def add_comment(site: JiraSite, visit: Visit, key: str) -> Reply:
    """Add a comment. Who may not is told with 400, as other faults of the request are."""
    found = visible_issue(site, visit, key)
    if found is None:
        return jira_errors.missing_issue()
    if visit.reader is None or not _may_comment(visit.reader, found.project.commenters):
        return _refused("you do not have the permission to comment on this issue.")
    try:
        sent = json.loads(visit.request.body)
        body = sent["body"]
    except (ValueError, TypeError, KeyError):
        return _refused("Comment body can not be empty!")
    if not (is_document(body) if visit.views.version == "3" else isinstance(body, str) and body):
        return _refused("Comment body is not valid!")
    made = Comment(site.next_id(), visit.reader, site.time(), body, sent.get("properties", []))
    found.comments.append(made)
    return Reply(_view(visit, made), 201)


def my_permissions(site: JiraSite, visit: Visit, _: str) -> Reply:
    """Which of the permissions that are asked for the reader has in a project."""
    project = site.projects.get(visit.request.query.get("projectKey", ""))
    if project is None:
        return jira_errors.missing_project(visit.request.query.get("projectKey", ""))
    reader = visit.reader
    held = {
        "ADD_COMMENTS": reader is not None and _may_comment(reader, project.commenters),
        "SERVICEDESK_AGENT": reader is not None
        and project.service_desk
        and _may_comment(reader, project.agents),
    }
    asked = visit.request.query.get("permissions", "").split(",")
    if not set(asked) <= held.keys():
        return jira_errors.messages(400, "Unrecognized permission")
    return Reply(
        {
            "permissions": {
                name: {"id": "15", "key": name, "type": "PROJECT", "havePermission": held[name]}
                for name in asked
            }
        }
    )


def is_document(body: Any) -> bool:
    """Whether this is an ADF tree as far as Jira looks: of its type, with text in every text."""
    if not isinstance(body, dict) or (body.get("type"), body.get("version")) != ("doc", 1):
        return False
    waiting: list[Any] = [body]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict) or (node.get("type") == "text" and not node.get("text")):
            return False
        waiting += node.get("content", [])
    return True


def _may_comment(reader: User, commenters: set[str] | None) -> bool:
    return commenters is None or reader.name in commenters


def _refused(text: str) -> Reply:
    return Reply({"errorMessages": [], "errors": {"comment": text}}, 400)


def _view(visit: Visit, comment: Comment) -> dict[str, Any]:
    link = f"{visit.views.base}/rest/api/{visit.views.version}/comment/{comment.id}"
    return {
        "self": link,
        "id": comment.id,
        "author": visit.views.user(comment.by),
        "updateAuthor": visit.views.user(comment.by),
        "body": comment.body,
        "created": visit.views.time(comment.at),
        "updated": visit.views.time(comment.at),
        "jsdPublic": not any(
            row == {"key": "sd.public.comment", "value": {"internal": True}}
            for row in comment.properties
        ),
    }


def user(site: JiraSite, visit: Visit, _: str) -> Reply:
    """A user by ``accountId`` (Cloud) or ``username`` (Data Center), for whoever is logged in."""
    if visit.reader is None:
        return jira_errors.unauthenticated()
    query = visit.request.query
    for known in site.users.values():
        cloud = site.flavour == "cloud" and known.account_id == query.get("accountId")
        if cloud or (site.flavour == "datacenter" and known.name == query.get("username")):
            return Reply(visit.views.user(known))
    return jira_errors.messages(404, "The user does not exist.")


READS: tuple[tuple[str, Route], ...] = (
    (r"/issue/([^/]+)/comment", comments),
    (r"/mypermissions", my_permissions),
    (r"/user", user),
)
WRITES: tuple[tuple[str, Route], ...] = ((r"/issue/([^/]+)/comment", add_comment),)
