"""A stateful stand-in for GitHub on loopback, over real git repositories.

Shapes follow the GitHub REST API, version 2022-11-28, under ``/`` as at api.github.com and under
``/api/v3`` as on a GitHub Enterprise Server; and its published GraphQL schema, under ``/graphql``
and ``/api/graphql``. Like the real one it

- answers 404 for a private repository that the token may not read, 401 for an unknown token;
- pages by the Link header, its links naming repositories by id, and activity by cursor;
- shows null for authors and committers whose e-mail address no account has verified;
- resets ``run_started_at`` on a re-run, and keeps ``created_at``;
- reads a fork's commits through its parent;
- redirects to where an issue was moved, and shows pull requests among issues.

Example::

    with GitHubSimulator() as github:
        for login in ("alice", "bob"):
            github.add_user(login)
        token = github.add_token("alice")
        shop = github.create_repository("acme/shop")
        shop.push("main", shop.commit("Begin", by="alice", at=monday), by="alice", at=monday)
        fix = shop.commit("Fix", by="alice", at=tuesday, on="main")
        shop.push("fix", fix, by="alice", at=tuesday)
        shop.open_pull_request(1, by="alice", head="fix", at=tuesday)
        shop.review(1, by="bob", at=wednesday)
        merged = shop.merge(1, by="bob", at=wednesday)
        shop.workflow_run(42, commit=merged, by="bob", at=thursday)
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from gate.demo import github_errors
from gate.demo.github_errors import refusal
from gate.demo.github_issue_comments import COMMENT_ROUTES, COMMENT_WRITES
from gate.demo.github_issue_routes import ISSUE_ROUTES, graphql
from gate.demo.github_routes import COMMIT_ROUTES, Visit
from gate.demo.github_site import GitHubSite
from gate.demo.github_state import Token
from gate.demo.github_statuses import STATUS_ROUTES, STATUS_WRITES
from gate.demo.github_views import Views
from gate.demo.github_work_routes import WORK_ROUTES
from gate.demo.server import Simulator
from gate.demo.wire import Reply, Request

ENTERPRISE = "/api/v3"
PLACE = re.compile(r"(/repos/(?P<name>[^/]+/[^/]+)|/repositories/(?P<id>[0-9]+))(?P<rest>/.*)?")
HOURLY = 5000
ROUTES = {
    "GET": (*STATUS_ROUTES, *ISSUE_ROUTES, *COMMENT_ROUTES, *WORK_ROUTES, *COMMIT_ROUTES),
    "POST": (*STATUS_WRITES, *COMMENT_WRITES),
}


class GitHubSimulator(GitHubSite, Simulator):
    """GitHub as a server; see the module's example. ``api_url`` is the api.github.com of it."""

    name = "github"

    def __init__(
        self,
        *,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
        directory: Path | None = None,
    ) -> None:
        GitHubSite.__init__(self, directory)
        Simulator.__init__(self, port=port, clock=clock)
        self._used = 0

    def forget_requests(self) -> None:
        """Empty the request log, as if another hour had come: the whole rate is left again."""
        super().forget_requests()
        self._used = 0

    @property
    def api_url(self) -> str:
        """The base of the API as a GitHub Enterprise Server has it."""
        return self.url + ENTERPRISE

    def stop(self) -> None:
        """End every connection and thread, and remove temporary git directories."""
        Simulator.stop(self)
        self.close()

    def time(self) -> datetime:
        """When what the site itself dates happens: now."""
        return self.now()

    # ---------------------------------------------------------------- requests

    def error(self, status: int) -> Reply:
        """An error reply of GitHub's."""
        return github_errors.error(status, self.now())

    def handle(self, request: Request) -> Reply:
        """Route a request."""
        known, token = self._login(request)
        reply = self._routed(request, token) if known else refusal(401)
        self._used += 1
        limits = {
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Request-Id": f"{self._used:08X}",
            "X-RateLimit-Limit": str(HOURLY),
            "X-RateLimit-Remaining": str(max(0, HOURLY - self._used)),
            "X-RateLimit-Reset": str(int(self.now().timestamp()) + 3600),
            "X-RateLimit-Used": str(self._used),
            "X-RateLimit-Resource": "core",
        }
        return Reply(reply.body, reply.status, limits | reply.headers, reply.content_type)

    def _login(self, request: Request) -> tuple[bool, Token | None]:
        """Whether the credentials are none or good, and the token they are."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if not kind:
            return True, None
        if kind.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return False, None
        token = self.tokens.get(given.strip())
        return token is not None, token

    def _routed(self, request: Request, token: Token | None) -> Reply:
        prefix = ENTERPRISE if request.path.startswith(f"{ENTERPRISE}/") else ""
        path = request.path.removeprefix(prefix)
        views = Views(self.url + prefix, self.url, self.users)
        if request.method == "POST" and request.path in {"/graphql", "/api/graphql"}:
            return graphql(self, request, token, views)
        place = PLACE.fullmatch(path)
        if place is None:
            return self._about(path, token, views) if request.method == "GET" else refusal(404)
        repository = self.find_repository(place["name"] or "", place["id"] or "")
        if repository is None or not self.readable(repository, token):
            return refusal(404)
        rest = place["rest"] or ""
        url = f"{views.api}/repositories/{repository.id}{rest}"
        visit = Visit(self, request, token, views, repository, url)
        for permission, pattern, route in ROUTES.get(request.method, ()):
            match = re.fullmatch(pattern, rest)
            if match:
                if token is not None and permission in token.without:
                    return refusal(403)
                return route(visit, match[1] if match.groups() else "")
        return refusal(404)

    def _about(self, path: str, token: Token | None, views: Views) -> Reply:
        """What belongs to no repository."""
        user = re.fullmatch(r"/users/([^/]+)", path)
        if user and user[1] in self.users:
            account = self.users[user[1]]
            shown = views.user(account)
            public = {"name": account.name, "email": account.public_email or None}
            return Reply(shown | public) if shown else refusal(404)
        match path:
            case "/user":
                return self._own_account(token, views)
            case "/rate_limit":
                core = {"limit": HOURLY, "used": self._used, "remaining": HOURLY - self._used}
                rate = {**core, "reset": int(self.now().timestamp()) + 3600}
                return Reply({"resources": {"core": rate}, "rate": rate})
            case "/meta":
                enterprise = {"installed_version": "3.14.0"} if views.api != self.url else {}
                return Reply({"verifiable_password_authentication": False, **enterprise})
            case _:
                return refusal(404)

    def _own_account(self, token: Token | None, views: Views) -> Reply:
        if token is None:
            return refusal(401, "Requires authentication")
        if token.user is None:
            return refusal(403)
        shown = views.user(token.user) or {}
        return Reply(shown | {"name": token.user.name, "email": None})
