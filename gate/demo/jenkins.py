"""A stateful stand-in for a Jenkins controller on loopback.

Shapes follow Jenkins's remote access API (``…/api/json`` with ``tree``). Like the real one it

- takes HTTP Basic with an account's API token; a wrong token is 401, an HTML page;
- answers an anonymous visitor 403 and a page that leads to the login;
- answers 404 for a job that the account may not discover, 403 for one that it may discover only;
- makes a new build, with a new number and time, of what is replayed or rebuilt;
- sends every reply with ``X-Jenkins`` and ``X-Content-Type-Options: nosniff``.

Example::

    with JenkinsSimulator() as jenkins:
        jenkins.add_user("gate", token="11aa")
        build = jenkins.build("shop/deploy", by_user("alice"), at=monday)
        build.checkouts.append((("https://github.com/acme/shop.git",), commit))
        jenkins.fault("/api/json", "hang")
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from gate.demo.jenkins_builds import Build, by_user, cause
from gate.demo.jenkins_tree import parse_tree, pruned
from gate.demo.server import Simulator
from gate.demo.wire import Reply, Request

VERSION = "2.528.3"
_HEADERS = {"X-Jenkins": VERSION, "X-Content-Type-Options": "nosniff"}
_BUILD = re.compile(r"((?:/job/[^/?]+)+)/([0-9]+)/api/json")
_LOGIN = (
    "<html><head><meta http-equiv='refresh' content='1;url=/login?from=%2F'/></head>"
    "<body>Authentication required</body></html>"
)


class JenkinsSimulator(Simulator):
    """Jenkins as a server; see the module's example.

    ``root`` is what the administrator configured as its URL ("": as it is asked). ``hidden`` are
    jobs that gate's account may not discover, ``undisclosed`` those that it may not read.
    """

    name = "jenkins"

    def __init__(self, *, port: int = 0, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(port=port, clock=clock)
        self.root = ""
        self.hidden: set[str] = set()
        self.undisclosed: set[str] = set()
        self.builds: dict[tuple[str, int], Build] = {}
        self._tokens: dict[tuple[str, str], str] = {}

    # ---------------------------------------------------------------- what happens

    def add_user(self, name: str, *, token: str = "") -> None:
        """An account, and an API token of its."""
        self._tokens[name, token] = name

    def build(self, job: str, *causes: dict[str, Any], at: datetime) -> Build:
        """The next build of a job, running."""
        number = 1 + max((n for name, n in self.builds if name == job), default=0)
        made = Build(job, number, at, list(causes))
        self.builds[job, number] = made
        return made

    def replay(self, build: Build, *, by: str, at: datetime) -> Build:
        """``by`` runs the build again, with a pipeline script that they may have edited."""
        kind = "org.jenkinsci.plugins.workflow.cps.replay.ReplayCause"
        made = self.build(build.job, by_user(by), cause(kind, f"Replayed #{build.number}"), at=at)
        made.checkouts = list(build.checkouts)
        return made

    def finish(self, build: Build, result: str = "SUCCESS") -> None:
        """The build has ended."""
        build.running, build.result = False, result

    # ---------------------------------------------------------------- requests

    def error(self, status: int) -> Reply:
        """An error page: Jenkins has no other, also of its API."""
        if status == 403:
            return self._page(_LOGIN, 403)
        page = f"<html><body><h2>HTTP ERROR {status}</h2></body></html>"
        return self._page(page, status)

    def handle(self, request: Request) -> Reply:
        """Route a request."""
        given = request.headers.get("authorization", "")
        if not given:
            return self.error(403)
        reader = self._login(given)
        if reader is None or request.method != "GET":
            return self.error(401)
        here = request.target.partition("?")[0]
        if here == "/me/api/json":
            return self._shown(request, {"_class": "hudson.model.User", "id": reader})
        match = _BUILD.fullmatch(here)
        if match is None:
            return self.error(404)
        job = "/".join(unquote(step) for step in match[1].split("/job/")[1:])
        build = self.builds.get((job, int(match[2])))
        if build is None or job in self.hidden:
            return self.error(404)
        if job in self.undisclosed:
            words = f"{reader} is missing the Job/Read permission"
            return self._page(f"<html><body><p>{words}</p></body></html>", 403)
        return self._shown(request, build.shown(self.root or self.url))

    def _login(self, given: str) -> str | None:
        kind, _, text = given.partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            name, _, token = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._tokens.get((name, token))

    def _shown(self, request: Request, value: dict[str, Any]) -> Reply:
        tree = request.query.get("tree", "")
        try:
            body = pruned(value, parse_tree(tree))
        except ValueError:
            return self.error(400)
        return Reply(body, 200, dict(_HEADERS))

    def _page(self, html: str, status: int) -> Reply:
        return Reply(html.encode(), status, dict(_HEADERS), "text/html;charset=utf-8")
