"""A stateful stand-in for Jira on loopback.

Shapes follow the published descriptions of Jira Cloud platform REST v3, Jira Data Center REST v2
and Jira Service Management Cloud REST. Like the real one it

- takes wrong credentials for nobody at all, so that they look like a missing issue;
- answers for a hidden issue exactly as for a missing one;
- finds issues in any letter case, by their numeric id and by a key they were moved away from, and
  answers with the key they have now;
- pages the changelog on Cloud (``/issue/KEY/changelog``, oldest first), gives the newest 100
  entries where it is expanded, and knows only ``expand=changelog`` on Data Center.

Example::

    with JiraSimulator() as jira:
        jira.add_user("alice")
        jira.add_user("bob")
        jira.add_token("alice", "secret")
        jira.add_project("CHG", service_desk=True)
        jira.create_issue("CHG-1", "New checkout", by="alice", at=monday)
        jira.approve("CHG-1", by="bob", at=tuesday)
        jira.fault("/approval", "hang")
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from gate.demo import jira_errors
from gate.demo.jira_comments import READS, WRITES
from gate.demo.jira_routes import PLATFORM, POSTED, SERVICE_DESK, Visit
from gate.demo.jira_site import JiraSite
from gate.demo.jira_state import Flavour, User
from gate.demo.jira_views import Views
from gate.demo.server import Simulator
from gate.demo.wire import Reply, Request


class JiraSimulator(JiraSite, Simulator):
    """Jira as a server; see the module's example.

    ``zone`` is the offset from UTC in which times are shown; ``captcha`` makes failed logins answer
    as after too many of them; ``rejects_bad_credentials``
    answers 401 instead of taking them for nobody.
    """

    name = "jira"

    def __init__(
        self,
        flavour: Flavour = "cloud",
        *,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        JiraSite.__init__(self, flavour)
        Simulator.__init__(self, port=port, clock=clock)
        self.zone = timedelta(0)
        self.captcha = False
        self.rejects_bad_credentials = False

    def time(self) -> datetime:
        """When what the site itself dates happens: now."""
        return self.now()

    # ---------------------------------------------------------------- requests

    def error(self, status: int) -> Reply:
        """An error reply of Jira's."""
        return jira_errors.error(self.flavour, status, self.now())

    def handle(self, request: Request) -> Reply:
        """Route a request."""
        reader, state = self._login(request)
        reply = self._routed(request, reader, state)
        headers = {"X-Seraph-LoginReason": state} if state else {}
        if state == "AUTHENTICATED_FAILED" and self.captcha:
            login = f"{self.url}/login.jsp"
            headers["X-Authentication-Denied-Reason"] = f"CAPTCHA_CHALLENGE; login-url={login}"
        if reader is not None:
            name = "X-AACCOUNTID" if self.flavour == "cloud" else "X-AUSERNAME"
            headers[name] = reader.account_id if self.flavour == "cloud" else reader.name
        return Reply(reply.body, reply.status, headers | reply.headers, reply.content_type)

    def _routed(self, request: Request, reader: User | None, state: str) -> Reply:
        if state == "AUTHENTICATED_FAILED" and (self.rejects_bad_credentials or self.captcha):
            return self.error(403) if self.captcha else jira_errors.unauthenticated()
        platform = re.fullmatch(r"/rest/api/(2|3|latest)(/.*)", request.path)
        version = "3" if platform and platform[1] == "3" else "2"
        if version == "3" and self.flavour == "datacenter":
            return jira_errors.no_such_path(request.path)
        visit = Visit(request, reader, Views(self.flavour, version, self.url, self.zone))
        table, path = (
            ((*PLATFORM, *READS), platform[2]) if platform else (SERVICE_DESK, request.path)
        )
        if request.method != "GET":
            table = (*POSTED, *WRITES) if platform and request.method == "POST" else ()
        for pattern, route in table:
            match = re.fullmatch(pattern, path)
            if match:
                return route(self, visit, match[1] if match.groups() else "")
        return jira_errors.no_such_path(request.path)

    def _login(self, request: Request) -> tuple[User | None, str]:
        """Who is asking, and what ``X-Seraph-LoginReason`` says about it."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if not kind:
            return None, ""
        user = None
        if kind.lower() == "bearer":
            user = self.tokens.get(given.strip())
        elif kind.lower() == "basic":
            user = self._basic(given)
        return user, "OK" if user else "AUTHENTICATED_FAILED"

    def _basic(self, given: str) -> User | None:
        try:
            name, _, token = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        user = self.tokens.get(token)
        if user is None:
            return None
        return user if name in ({user.email} if self.flavour == "cloud" else {user.name}) else None
