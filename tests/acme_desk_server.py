"""Acme's desk as a server: a stand-in of a stand-in's size, for the example of an extension."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from gate.demo.server import Simulator
from gate.demo.wire import Reply, Request


class AcmeDeskServer(Simulator):
    """One queue, D, and its tickets; ``hides`` keeps "D-1", "decisions" or "everything" back."""

    name = "acme-desk"

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token
        self.tickets: dict[str, dict[str, Any]] = {}
        self.hides = ""
        self.notes: dict[str, list[str]] = {}

    def open_ticket(self, key: str, *, by: str, at: datetime, **more: Any) -> dict[str, Any]:
        stamp = {"edited": at.isoformat(), "edited_by": by}
        self.tickets[key] = {
            "id": key,
            "queue": key.partition("-")[0],
            "kind": "change",
            "state": "open",
            "title": "New checkout",
            "opened": at.isoformat(),
            "opened_by": by,
            "covers": {"text": "shop", **stamp},
            "way_back": {
                "text": "Deploy the version before, which reads the same tables.",
                **stamp,
            },
            "tests": {"text": "Checkout was run against staging.", **stamp},
            "decisions": {"total": 0, "rows": []},
            "moves": [],
        } | more
        return self.tickets[key]

    def decide(self, key: str, says: str, *, by: str, at: datetime) -> None:
        decisions = self.tickets[key]["decisions"]
        number = len(decisions["rows"]) + 1
        decisions["rows"].append({"id": number, "by": by, "says": says, "at": at.isoformat()})
        decisions["total"] = number

    def move(self, key: str, state: str, *, at: datetime) -> None:
        ticket = self.tickets[key]
        move = {"from": ticket["state"], "to": state, "at": at.isoformat()}
        ticket["moves"].append(move)
        ticket["state"] = state

    def handle(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Reply({"message": "who are you?"}, 401)
        kind, _, key = request.path.removeprefix("/api/").partition("/")
        if kind == "me":
            return Reply({"login": "gate"})
        if self.hides in {"everything", key}:
            return Reply({"message": "not found"}, 404)
        if kind == "notes":
            return self._notes(request, key)
        if kind == "queues":
            return Reply({"queue": key}) if key == "D" else Reply({}, 404)
        ticket = self.tickets.get(key)
        if ticket is None:
            return Reply({"message": "not found"}, 404)
        if self.hides == "decisions":
            shown = {**ticket["decisions"], "rows": ticket["decisions"]["rows"][:-1]}
            return Reply({**ticket, "decisions": shown})
        return Reply(ticket)

    def _notes(self, request: Request, key: str) -> Reply:
        if key not in self.tickets:
            return Reply({"message": "not found"}, 404)
        notes = self.notes.setdefault(key, [])
        if request.method == "POST":
            notes.append(json.loads(request.body)["text"])
        return Reply({"notes": notes})
