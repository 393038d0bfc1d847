"""A stateful stand-in for GitLab on loopback, over real git repositories.

Shapes follow GitLab's REST API, version 4, as its documentation of 18.x describes it
(``doc/api/*.md``: commits, repositories, branches, events, merge requests with approvals, versions
and notes, issues with notes, label and state events, pipelines, jobs, deployments, users), under
``/api/v4``. Like the real one it

- takes a project by its id or its path with ``%2F``, and answers 404 for a private one that the
  token may not read, 401 for an unknown token, 403 for a scope or a role that does not reach;
- takes a token as ``PRIVATE-TOKEN``, as a bearer or, of a job and for next to nothing,
  ``JOB-TOKEN``;
- pages by number, telling totals only up to 10,000 rows and never for the commits of a ref;
- tells no account of a commit, only the address that its author wrote;
- leaves a push event for a merge that is like any other push, and notes a merge commit also where
  somebody made and pushed it by hand;
- tells when somebody approved (or, of an older version, only in a system note);
- puts the ghost user where an account was deleted;
- keeps a pipeline's creation and user when its jobs are retried;
- shows labels in events by the name that they have now, and no name of one that was deleted;
- takes rows that the token may not see out of a page and leaves them in its totals;
- takes for itself, and out of a comment, what looks like one of its quick actions.

Example::

    with GitLabSimulator() as gitlab:
        for name in ("alice", "bob"):
            gitlab.add_user(name)
        token = gitlab.add_token("alice")
        shop = gitlab.create_project("acme/shop")
        shop.push("main", shop.commit("Begin", by="alice", at=monday), by="alice", at=monday)
        fix = shop.commit("Fix", by="alice", at=tuesday, on="main")
        shop.push("fix", fix, by="alice", at=tuesday)
        shop.open_merge_request(1, by="alice", head="fix", at=tuesday)
        shop.approve(1, by="bob", at=wednesday)
        merged = shop.merge(1, by="bob", at=wednesday)
        gitlab.operations["acme/shop"].pipeline(42, commit=merged, by="bob", at=thursday)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gate.demo import gitlab_errors
from gate.demo import gitlab_operation_views as shapes
from gate.demo.gitlab_errors import insufficient_scope, refusal
from gate.demo.gitlab_issue_routes import ISSUE_ROUTES
from gate.demo.gitlab_routes import CODE_ROUTES, Visit
from gate.demo.gitlab_site import GHOST, GitLabSite
from gate.demo.gitlab_state import Token
from gate.demo.gitlab_views import Views
from gate.demo.gitlab_work_routes import WORK_ROUTES
from gate.demo.server import Simulator
from gate.demo.wire import Reply, Request

API = "/api/v4"
PROJECT = re.compile(rf"{API}/projects/(?P<project>[^/]+)(?P<rest>/.*)?")
VERSION = "18.4.0"


class GitLabSimulator(GitLabSite, Simulator):
    """GitLab as a server; see the module's example. ``api_url`` is the base of its API."""

    name = "gitlab"

    def __init__(
        self,
        *,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
        directory: Path | None = None,
    ) -> None:
        GitLabSite.__init__(self, directory)
        Simulator.__init__(self, port=port, clock=clock)

    @property
    def api_url(self) -> str:
        """The base of the API."""
        return self.url + API

    def stop(self) -> None:
        """End every connection and thread, and remove temporary git directories."""
        Simulator.stop(self)
        self.close()

    # ---------------------------------------------------------------- requests

    def error(self, status: int) -> Reply:
        """An error reply of GitLab's."""
        return gitlab_errors.error(status, self.now())

    def handle(self, request: Request) -> Reply:
        """Route a request."""
        known, token = self._login(request)
        reply = self._routed(request, token) if known else refusal(401)
        told = {"X-Request-Id": "01SIMULATED", "X-Gitlab-Meta": '{"version":"1"}'}
        return Reply(reply.body, reply.status, told | reply.headers, reply.content_type)

    def _login(self, request: Request) -> tuple[bool, Token | None]:
        """Whether the credentials are none or good, and the token they are."""
        headers = request.headers
        kind, _, given = headers.get("authorization", "").partition(" ")
        job = headers.get("job-token", "")
        said = headers.get("private-token", "") or (given.strip() if kind == "Bearer" else "")
        if not said and not job:
            return not kind, None
        token = self.tokens.get(job or said)
        is_right_kind = token is not None and bool(token.job) == bool(job)
        return is_right_kind, token if is_right_kind else None

    def _routed(self, request: Request, token: Token | None) -> Reply:
        views = Views(
            self.url,
            self.users[GHOST],
            self.projects,
            tells_approval_times=self.tells_approval_times,
        )
        raw = urlsplit(request.target).path
        place = PROJECT.fullmatch(raw)
        if request.method != "GET" or not raw.startswith(f"{API}/"):
            return refusal(404)
        if place is None:
            return self._about(raw.removeprefix(API), token, views)
        if token is not None and "read_api" in token.without:
            return insufficient_scope()
        project = self.find_project(unquote(place["project"]))
        if project is None or not self.readable(project, token):
            return refusal(404, "Project")
        rest = place["rest"] or ""
        visit = Visit(self, request, token, views, project, self.url + raw)
        for permission, pattern, route in (*ISSUE_ROUTES, *WORK_ROUTES, *CODE_ROUTES):
            match = re.fullmatch(pattern, rest)
            if match:
                if token is not None and permission in token.without:
                    return refusal(403)
                return route(visit, unquote(match[1]) if match.groups() else "")
        return refusal(404)

    def _about(self, path: str, token: Token | None, views: Views) -> Reply:
        """What belongs to no project."""
        if token is None:
            return refusal(401)
        if path == "/job":
            return self._own_job(token, views)
        if token.job:
            return refusal(401)
        user = re.fullmatch(r"/users/([0-9]+)", path)
        if user:
            found = [u for u in self.users.values() if str(u.id) == user[1] and not u.deleted]
            return Reply(views.profile(found[0])) if found else refusal(404, "User")
        match path:
            case "/user":
                return Reply(views.profile(token.user) | {"email": None})
            case "/version":
                return Reply({"version": VERSION, "revision": "0000000"})
            case "/users":
                return Reply([views.profile(u) for u in self.users.values() if not u.deleted])
            case "/personal_access_tokens/self":
                scopes = [] if "read_api" in token.without else ["read_api"]
                return Reply({"id": 1, "name": "gate", "active": True, "scopes": scopes})
            case _:
                return refusal(404)

    def _own_job(self, token: Token, views: Views) -> Reply:
        for path, operations in self.operations.items():
            for pipeline in operations.pipelines.values():
                for job in pipeline.jobs:
                    if token.job and job.id == token.job:
                        return Reply(shapes.job(views, self.projects[path], pipeline, job))
        return refusal(401)
