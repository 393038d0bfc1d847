"""A stateful stand-in for a ServiceNow instance on loopback.

Shapes follow ServiceNow's published Table API (``GET /api/now/table/{table}``, also ``v1`` and
``v2``, and ``PATCH /api/now/table/{table}/{sys_id}``) and its OAuth token endpoint
(``POST /oauth_token.do``). Like the real one it

- ignores conditions of a query that it does not understand, and gives the rows without them;
- drops field names that it does not know, and fields that the reader may not see;
- counts (``X-Total-Count``) before access rules take rows away, so that a page may hold fewer;
- shows times in UTC in raw values, and in the reader's zone and format in display values;
- keeps what is written into a journal field as a row of its own, and shows all of it as one text;
- answers a login page or a hibernation page with status 200.

Example::

    with ServiceNowSimulator() as now:
        now.add_user("alice")
        now.add_user("bob")
        now.add_account("gate", password="secret")
        now.create_change("CHG0030001", "New checkout", by="alice", at=monday, ci="shop")
        now.approve("CHG0030001", by="bob", at=tuesday)
        now.fault("sysapproval_approver", "hang")
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from gate.demo import servicenow_errors
from gate.demo.server import Simulator
from gate.demo.servicenow_query import Row, parse, rows_of
from gate.demo.servicenow_schema import TABLES, kind_of
from gate.demo.servicenow_site import ServiceNowSite
from gate.demo.servicenow_views import Views
from gate.demo.wire import Reply, Request

DEFAULT_LIMIT = 10_000
EXPIRES_IN = 1799  # seconds that an access token lives


class ServiceNowSimulator(ServiceNowSite, Simulator):
    """ServiceNow as a server; see the module's example.

    ``zone`` and ``format`` are those of gate's account. ``page`` is "" or "login" or "hibernating":
    what a person sees instead. ``counts`` False leaves X-Total-Count out; no condition on tables
    that are ``misunderstood`` holds. ``closed_tables`` cannot be read at all, and look empty where
    ``closed_look_empty``; ``hidden_rows`` (sys_ids) are counted and not shown, ``filtered_rows``
    neither; ``hidden_fields`` (table, field) are left out, or shown empty where ``fields_emptied``.
    ``writable`` (table, field) may be written: 403 for a table of which none may be, and otherwise
    what may not be is left as it is, and nothing said.
    """

    name = "servicenow"

    def __init__(self, *, port: int = 0, clock: Callable[[], datetime] | None = None) -> None:
        ServiceNowSite.__init__(self)
        Simulator.__init__(self, port=port, clock=clock)
        self.zone = timedelta(0)
        self.format = "%Y-%m-%d %H:%M:%S"
        self.page = ""
        self.counts = True
        self.misunderstood: set[str] = set()
        self.closed_tables: set[str] = set()
        self.closed_look_empty = False
        self.hidden_rows: set[str] = set()
        self.filtered_rows: set[str] = set()
        self.hidden_fields: set[tuple[str, str]] = set()
        self.fields_emptied = False
        self.writable = {("change_request", "work_notes")}
        self._passwords: dict[tuple[str, str], str] = {}
        self._keys: dict[str, str] = {}
        self._tokens: dict[str, str] = {}
        self._clients: dict[tuple[str, str], str] = {}
        self.token_grants = 0

    # ---------------------------------------------------------------- credentials

    def add_account(
        self, name: str, *, password: str = "", key: str = "", token: str = "", secret: str = ""
    ) -> None:
        """An integration's account, and how it logs in.

        By password, by API key, by a bearer token, or as the OAuth client ``client-of-<name>`` by
        its ``secret``.
        """
        self.add_user(name, integration=True)
        if password:
            self._passwords[name, password] = name
        if key:
            self._keys[key] = name
        if token:
            self._tokens[token] = name
        if secret:
            self._clients[f"client-of-{name}", secret] = name

    def expire_tokens(self) -> None:
        """Every access token granted so far is worth nothing."""
        self._tokens.clear()

    # ---------------------------------------------------------------- requests

    def error(self, status: int) -> Reply:
        """An error reply of ServiceNow's."""
        reply = servicenow_errors.error(status)
        if status == 429:
            reset = str(int(self.now().timestamp()) + 30)
            limits = {"X-RateLimit-Limit": "100", "X-RateLimit-Reset": reset}
            return Reply(reply.body, status, limits)
        return reply

    def handle(self, request: Request) -> Reply:
        """Route a request."""
        if self.page:
            body = {"login": servicenow_errors.LOGIN}.get(self.page, servicenow_errors.HIBERNATING)
            return servicenow_errors.page(body)
        if request.path == "/oauth_token.do" and request.method == "POST":
            return self._grant(request)
        reader = self._login(request)
        if reader is None:
            return self.error(401)
        match = re.fullmatch(r"/api/now/(?:v[12]/)?table/([a-z0-9_]+)(?:/(\w+))?", request.path)
        if match is None or request.method not in {"GET", "PATCH"}:
            return self.error(400)
        table, sys_id = match[1], match[2]
        if request.method == "PATCH":
            return self._update(request, reader, table, sys_id)
        if table not in TABLES:
            return self.error(400)
        if table in self.closed_tables and not self.closed_look_empty:
            return self.error(403)
        return self._row(request, table, sys_id) if sys_id else self._rows(request, reader, table)

    def _rows(self, request: Request, reader: str, table: str) -> Reply:
        views, asked = self._views(), request.query
        text = asked.get("sysparm_query", "").replace("javascript:gs.getUserName()", reader)
        known = table not in self.misunderstood
        query = parse(text, lambda field: known and kind_of(table, field) is not None)
        rows = [r for r in self.tables[table].values() if r["sys_id"] not in self.filtered_rows]
        found = rows_of(query, rows, lambda row, field: views.raw(table, row, field))
        start = request.number("sysparm_offset", 0, most=10**9)
        limit = request.number("sysparm_limit", DEFAULT_LIMIT, most=10**9)
        page = found[start : start + limit]
        closed = table in self.closed_tables
        seen = [] if closed else [row for row in page if row["sys_id"] not in self.hidden_rows]
        headers = {"Link": _links(f"{self.url}{request.path}", start, limit, len(found))}
        if self.counts and asked.get("sysparm_no_count") != "true":
            headers["X-Total-Count"] = str(len(found))
        return Reply({"result": [self._shown(asked, table, row) for row in seen]}, 200, headers)

    def _row(self, request: Request, table: str, sys_id: str) -> Reply:
        row = self.tables[table].get(sys_id)
        if row is None or sys_id in self.hidden_rows | self.filtered_rows:
            return self.error(404)
        return Reply({"result": self._shown(request.query, table, row)})

    def _update(self, request: Request, reader: str, table: str, sys_id: str) -> Reply:
        row = self.tables.get(table, {}).get(sys_id)
        if row is None or sys_id in self.hidden_rows | self.filtered_rows:
            return self.error(404)
        if not any(of == table for of, _ in self.writable):
            return self.error(403)
        try:
            sent = json.loads(request.body)
        except ValueError:
            return self.error(400)
        values = {field: text for field, text in sent.items() if (table, field) in self.writable}
        if values:
            with self.lock:
                self.update(table, row, values, by=reader, at=self.now())
        return Reply({"result": self._shown(request.query, table, row)})

    def _shown(self, asked: dict[str, str], table: str, row: Row) -> dict[str, Any]:
        views = self._views()
        names = asked.get("sysparm_fields", "")
        fields = names.split(",") if names else list(TABLES[table])
        display = asked.get("sysparm_display_value", "false")
        links = asked.get("sysparm_exclude_reference_link") != "true"
        shown: dict[str, Any] = {}
        for field in fields:
            if views.raw(table, row, field) is None:
                continue
            if not self._may_see(table, field):
                if self.fields_emptied:
                    shown[field] = {"display_value": "", "value": ""} if display == "all" else ""
                continue
            shown[field] = views.shown(table, row, field, display, links=links)
        return shown

    def _may_see(self, table: str, field: str) -> bool:
        """Whether gate's account sees a field, and every field on the way to it."""
        first, _, rest = field.partition(".")
        if (table, first) in self.hidden_fields:
            return False
        kind = kind_of(table, first)
        return (
            not rest
            or kind is None
            or (kind not in self.closed_tables and self._may_see(kind, rest))
        )

    def _views(self) -> Views:
        return Views(self, self.url, self.zone, self.format)

    # ---------------------------------------------------------------- logging in

    def _login(self, request: Request) -> str | None:
        key = request.headers.get("x-sn-apikey", "")
        if key:
            return self._keys.get(key)
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._tokens.get(given.strip())
        if kind.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._passwords.get((name, password))

    def _grant(self, request: Request) -> Reply:
        form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
        account = self._clients.get((form.get("client_id", ""), form.get("client_secret", "")))
        if form.get("grant_type") != "client_credentials" or account is None:
            refused = {"error_description": "access_denied", "error": "server_error"}
            return Reply(refused, 401)
        self.token_grants += 1
        token = f"granted-token-{self.token_grants}-of-{account}"
        self._tokens[token] = account
        granted = {"access_token": token, "scope": "useraccount", "token_type": "Bearer"}
        return Reply(granted | {"expires_in": EXPIRES_IN})


def _links(here: str, start: int, limit: int, total: int) -> str:
    """The Link header: first, and previous, next and last where there are any."""
    last = max(0, (total - 1) // limit * limit) if limit else 0
    places = {"first": 0, "last": last}
    if start:
        places["prev"] = max(0, start - limit)
    if start + limit < total:
        places["next"] = start + limit
    parts = (
        f'<{here}?sysparm_limit={limit}&sysparm_offset={n}>;rel="{rel}"'
        for rel, n in places.items()
    )
    return ",".join(parts)
