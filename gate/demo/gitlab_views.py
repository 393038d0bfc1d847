"""GitLab's JSON shapes, from what the simulator remembers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from gate.demo.github_graph import GitCommit
from gate.demo.gitlab_project import GitLabProject
from gate.demo.gitlab_state import (
    GitLabUser,
    MergeRequest,
    Note,
    PushEvent,
    Version,
)

Json: TypeAlias = dict[str, Any]


def time(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with milliseconds, as GitLab writes its own times."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def git_time(moment: datetime) -> str:
    """A commit's time, with the zone that its author wrote."""
    return moment.isoformat(timespec="milliseconds")


class Views:
    """Shapes with their links: ``web`` is the base of the site, ``ghost`` stands for the deleted.

    ``paths`` has the id of each project by its path.
    """

    def __init__(
        self,
        web: str,
        ghost: GitLabUser,
        paths: Mapping[str, GitLabProject],
        *,
        tells_approval_times: bool = True,
    ) -> None:
        self.web = web
        self.api = f"{web}/api/v4"
        self.ghost = ghost
        self.paths = paths
        self.tells_approval_times = tells_approval_times

    # ---------------------------------------------------------------- people and places

    def user(self, user: GitLabUser | None) -> Json | None:
        """An account as it stands in other things."""
        if user is None:
            return None
        shown = self.ghost if user.deleted else user
        return {
            "id": shown.id,
            "username": shown.username,
            "public_email": None,
            "name": shown.name,
            "state": shown.state,
            "locked": False,
            "avatar_url": None,
            "web_url": f"{self.web}/{shown.username}",
        }

    def profile(self, user: GitLabUser) -> Json:
        """An account by itself."""
        return (self.user(user) or {}) | {"bot": user.bot, "bio": "", "location": ""}

    def project(self, project: GitLabProject) -> Json:
        """A project."""
        namespace, _, name = project.path.rpartition("/")
        return {
            "id": project.id,
            "description": None,
            "name": name,
            "name_with_namespace": f"{namespace} / {name}",
            "path": name,
            "path_with_namespace": project.path,
            "created_at": "2020-01-01T00:00:00.000Z",
            "default_branch": project.default_branch,
            "web_url": f"{self.web}/{project.path}",
            "namespace": {"id": 1, "name": namespace, "kind": "group", "full_path": namespace},
            "archived": False,
            "visibility": "private" if project.private else "public",
            "merge_method": "merge",
            "squash_option": "default_off",
            "forked_from_project": {"path_with_namespace": project.parent}
            if project.parent
            else None,
        }

    # ---------------------------------------------------------------- code

    def commit(self, project: GitLabProject, commit: GitCommit) -> Json:
        """A commit. No account stands in it: only what its author wrote."""
        author, committer = commit.author, commit.committer
        return {
            "id": commit.sha,
            "short_id": commit.sha[:8],
            "created_at": git_time(committer[2]),
            "parent_ids": list(commit.parents),
            "title": commit.message.partition("\n")[0],
            "message": commit.message + "\n",
            "author_name": author[0],
            "author_email": author[1],
            "authored_date": git_time(author[2]),
            "committer_name": committer[0],
            "committer_email": committer[1],
            "committed_date": git_time(committer[2]),
            "trailers": {},
            "extended_trailers": {},
            "web_url": f"{self.web}/{project.path}/-/commit/{commit.sha}",
        }

    def branch(self, project: GitLabProject, name: str, sha: str) -> Json:
        """A branch with the commit that it is on."""
        return {
            "name": name,
            "commit": self.commit(project, project.graph.commits[sha]),
            "merged": False,
            "protected": name in project.protected,
            "developers_can_push": False,
            "developers_can_merge": False,
            "can_push": False,
            "default": name == project.default_branch,
            "web_url": f"{self.web}/{project.path}/-/tree/{name}",
        }

    def tag(self, project: GitLabProject, name: str, sha: str) -> Json:
        """A lightweight tag."""
        return {
            "name": name,
            "message": "",
            "target": sha,
            "commit": self.commit(project, project.graph.commits[sha]),
            "release": None,
            "protected": False,
            "created_at": None,
        }

    def event(self, project: GitLabProject, event: PushEvent) -> Json:
        """A push event. Of a bulk push only the number of refs is told."""
        action, name = "pushed", "pushed to"
        if not event.refs and not event.before:
            action, name = "created", "pushed new"
        elif not event.refs and not event.after:
            action, name = "removed", "deleted"
        actor = self.user(event.actor) or {}
        return {
            "id": event.id,
            "project_id": project.id,
            "action_name": name,
            "target_id": None,
            "target_iid": None,
            "target_type": None,
            "author_id": actor["id"],
            "target_title": None,
            "created_at": time(event.at),
            "author": actor,
            "imported": False,
            "imported_from": "none",
            "push_data": {
                "commit_count": event.count,
                "action": action,
                "ref_type": event.ref_type,
                "commit_from": event.before or None,
                "commit_to": event.after or None,
                "ref": event.ref or None,
                "commit_title": event.title or None,
                "ref_count": event.refs or None,
            },
            "author_username": actor["username"],
        }

    # ---------------------------------------------------------------- merge requests

    def request(self, project: GitLabProject, request: MergeRequest) -> Json:
        """A merge request, from a list or by itself."""
        source = self.paths.get(request.source_project)
        path = f"{project.path}/-/merge_requests/{request.iid}"
        return {
            "id": 50000 + project.id * 100 + request.iid,
            "iid": request.iid,
            "project_id": project.id,
            "title": request.title,
            "description": request.description,
            "state": request.state,
            "created_at": time(request.created_at),
            "updated_at": time(request.updated_at),
            "merged_by": self.user(request.merged_by),
            "merge_user": self.user(request.merged_by),
            "merged_at": time(request.merged_at),
            "closed_by": None,
            "closed_at": None,
            "target_branch": request.target_branch,
            "source_branch": request.source_branch,
            "user_notes_count": 0,
            "author": self.user(request.author),
            "source_project_id": source.id if source else None,
            "target_project_id": project.id,
            "labels": [],
            "draft": False,
            "merge_status": "can_be_merged",
            "detailed_merge_status": "not_open" if request.merged_at else "mergeable",
            "sha": request.head,
            "merge_commit_sha": request.merge_commit or None,
            "squash_commit_sha": request.squash_commit or None,
            "references": {
                "short": f"!{request.iid}",
                "relative": f"!{request.iid}",
                "full": f"{project.path}!{request.iid}",
            },
            "web_url": f"{self.web}/{path}",
            "squash": bool(request.squash_commit),
        }

    def version(self, request: MergeRequest, version: Version) -> Json:
        """A diff version."""
        return {
            "id": version.id,
            "head_commit_sha": version.head,
            "base_commit_sha": version.base,
            "start_commit_sha": version.start,
            "created_at": time(version.at),
            "merge_request_id": 50000 + request.iid,
            "state": "collected",
            "real_size": "1",
        }

    def approvals(self, users: Mapping[str, GitLabUser], request: MergeRequest) -> Json:
        """Who approved; older versions do not tell when."""
        rows = []
        for name, at in request.approvals.items():
            row: Json = {"user": self.user(users[name])}
            if self.tells_approval_times:
                row["approved_at"] = time(at)
            rows.append(row)
        return {
            "iid": request.iid,
            "title": request.title,
            "state": request.state,
            "approved": bool(rows),
            "approvals_required": 0,
            "approvals_left": 0,
            "approved_by": rows,
            "user_has_approved": False,
            "user_can_approve": False,
        }

    def note(self, request: MergeRequest, note: Note) -> Json:
        """A note."""
        return {
            "id": note.id,
            "type": None,
            "body": note.body,
            "author": self.user(note.by),
            "created_at": time(note.at),
            "updated_at": time(note.at),
            "system": note.system,
            "noteable_id": 50000 + request.iid,
            "noteable_type": "MergeRequest",
            "noteable_iid": request.iid,
            "resolvable": False,
            "confidential": False,
            "internal": False,
        }
