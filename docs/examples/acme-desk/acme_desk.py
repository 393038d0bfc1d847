"""A ticket system of one's own, in one file: the desk that Acme wrote for itself.

The desk answers these questions, to whoever has a token, and takes notes on tickets::

    GET /api/me              {"login": "gate"}
    GET /api/queues/D        {"queue": "D"}
    GET /api/tickets/D-7     {"id": "D-7", "queue": "D", "kind": "change", "state": "open",
                              "title": "…", "opened": "2026-01-05T08:00:00Z", "opened_by": "alice",
                              "covers": {"text": "shop", "edited": "…", "edited_by": "alice"},
                              "way_back": {…}, "tests": {…},
                              "decisions": {"total": 1, "rows": [{"id": 1, "by": "bob",
                                            "says": "yes", "at": "2026-01-05T09:00:00Z"}]},
                              "moves": [{"from": "new", "to": "open", "at": "…"}]}
    GET /api/notes/D-7       {"notes": ["…"]}     (POST: {"text": "…"})

In ``gate.toml``, where ``projects`` are the queues::

    [tickets.acme-desk]
    package = "acme-desk"
    url = "https://desk.acme.example"
    projects = ["D"]
    deployable = ["open"]

The token is in ``GATE_TICKETS_TOKEN``; people have ``accounts.acme-desk = "<login>"``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from gate.config import ExtensionSettings, NetworkSettings
from gate.errors import UsageError
from gate.http import Bearer, Budget, FetchError, Request, Wire, get_json, write_once
from gate.http.document import Document, ShapeError
from gate.http.failure import malformed, request_label
from gate.model import (
    Account,
    Approval,
    ChangeRequest,
    ClockReading,
    EditedText,
    Maybe,
    MissingTicket,
    Problem,
    ProblemKind,
    SentBack,
    Status,
    Verdict,
)
from gate.tickets.comment import Comment, Commenter
from gate.tickets.ids import ProjectKeys
from gate.tickets.system import Credentials, Grammar, Right, TicketSystem

T = TypeVar("T")
SYSTEM = "acme-desk"
SAYS = {"yes": Verdict.APPROVED, "no": Verdict.DECLINED, "": Verdict.PENDING}


def grammar(settings: ExtensionSettings) -> Grammar:
    """IDs are written like Jira's: a queue, a hyphen, a number."""
    if not settings.projects or settings.options:
        raise UsageError(
            f"tickets.{SYSTEM}: projects must name the desk's queues, and there are no options",
            remedy='write projects = ["D"]',
        )
    return ProjectKeys(settings.projects)


def open_system(
    settings: ExtensionSettings,
    credentials: Credentials,
    network: NetworkSettings,
    budget: Budget,
) -> TicketSystem:
    """The desk, asked with gate's token."""
    return AcmeDesk(settings, credentials.token, network, budget)


def open_commenter(
    settings: ExtensionSettings,
    credentials: Credentials,
    network: NetworkSettings,
    budget: Budget,
) -> Commenter:
    """The desk as it takes notes. Without this function gate says that it cannot be written to."""
    return DeskNotes(settings, credentials.token, network, budget)


class DeskNotes:
    """Notes on the desk's tickets; the contract is ``gate.tickets.comment.Commenter``."""

    def __init__(
        self, settings: ExtensionSettings, token: str, network: NetworkSettings, budget: Budget
    ) -> None:
        self._wire = Wire(
            SYSTEM,
            settings.url,
            auth=Bearer(token),
            network=network,
            budget=budget,
            ca=settings.ca,
        )

    def comment(self, change: ChangeRequest, comment: Comment) -> Problem | None:
        """Write it unless it is there; what may have arrived is looked for, not sent again."""
        path = f"/api/notes/{change.key}"
        sent = {"text": f"{comment.text}\n\n{comment.block}"}

        def is_there() -> bool:
            notes = Document(get_json(self._wire, path))["notes"].each()
            return any(comment.mark in note.string() for note in notes)

        try:
            write_once(is_there, lambda: self._wire.session.post(self._wire.url(path), json=sent))
        except FetchError as error:
            return error.problem
        except ShapeError as error:
            return malformed(SYSTEM, request_label("GET", self._wire.url(path)), str(error))
        return None

    def rights(self) -> Iterator[Right]:
        """Whoever sees a ticket may write on it."""
        yield Right("notes", "may be written by whoever sees the ticket")

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()


class AcmeDesk:
    """The desk as gate asks it; the contract is ``gate.tickets.system.TicketSystem``."""

    def __init__(
        self, settings: ExtensionSettings, token: str, network: NetworkSettings, budget: Budget
    ) -> None:
        self._settings = settings
        self._grammar = grammar(settings)
        self._has_token = bool(token)
        self._wire = Wire(
            SYSTEM,
            settings.url,
            auth=Bearer(token),
            network=network,
            budget=budget,
            ca=settings.ca,
        )
        self._asking = threading.Lock()
        self._self: Maybe[Account] | None = None

    def fetch(self, ticket: str) -> Maybe[ChangeRequest | MissingTicket]:
        """Ask who we are before "not found" is believed."""
        if not self._grammar.claims(ticket):
            raise self._grammar.refusal(ticket)
        account = self._myself()
        if isinstance(account, Problem):
            return account
        path = f"/api/tickets/{ticket}"
        try:
            return self._ticket(Document(get_json(self._wire, path)))
        except ShapeError as error:
            return malformed(SYSTEM, self._label(path), str(error))
        except FetchError as error:
            if error.status != 404:
                return error.problem
            return self._queue(ticket.rpartition("-")[0]) or MissingTicket()

    def own_accounts(self) -> tuple[Account, ...]:
        """The account that the token is of."""
        return (self._self,) if isinstance(self._self, Account) else ()

    def rights(self) -> Iterator[Right]:
        """That the desk knows us, and shows us each queue."""
        account = self._myself()
        refused = account if isinstance(account, Problem) else None
        yield Right("", "knows us", refused)
        for queue in self._settings.projects if refused is None else ():
            yield Right(f"queue {queue}", "is shown", self._queue(queue))

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against the desk's."""
        return self._wire.clocks()

    def requests(self) -> tuple[Request, ...]:
        """What was asked so far."""
        return self._wire.trace

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()

    # ---------------------------------------------------------------- inside

    def _myself(self) -> Maybe[Account]:
        if not self._has_token:
            remedy = "set GATE_TICKETS_TOKEN from the CI's secrets"
            cause = "GATE_TICKETS_TOKEN is not set"
            return Problem(ProblemKind.CREDENTIALS, SYSTEM, "log in", cause, remedy)
        with self._asking:
            if self._self is None:
                self._self = self._ask("/api/me", lambda me: _account(me["login"]))
            return self._self

    def _queue(self, queue: str) -> Problem | None:
        """Why a queue is not shown to us; None where it is."""
        shown = self._ask(f"/api/queues/{queue}", lambda reply: reply["queue"].text() == queue)
        if isinstance(shown, Problem):
            return shown
        remedy = "let gate's account see the queue"
        label = self._label(f"/api/queues/{queue}")
        refused = Problem(ProblemKind.HIDDEN, SYSTEM, label, "the queue is another", remedy)
        return None if shown else refused

    def _ask(self, path: str, look: Callable[[Document], T]) -> Maybe[T]:
        """What ``look`` makes of the reply, or why there is none."""
        try:
            return look(Document(get_json(self._wire, path)))
        except ShapeError as error:
            return malformed(SYSTEM, self._label(path), str(error))
        except FetchError as error:
            return error.problem

    def _ticket(self, reply: Document) -> ChangeRequest:
        opener = _account(reply["opened_by"])
        return ChangeRequest(
            system=SYSTEM,
            id=reply["id"].text(),
            key=reply["id"].text(),
            url=f"{self._settings.url}/tickets/{reply['id'].text()}",
            project=reply["queue"].text(),
            type=reply["kind"].text(),
            status=Status(reply["state"].text(), reply["state"].text()),
            created_at=reply["opened"].time(),
            creator=opener,
            reporter=opener,
            approvals=self._decisions(reply),
            scope=(_text(reply, "covers"),),
            rollback_plan=(_text(reply, "way_back"),),
            test_plan=(_text(reply, "tests"),),
            summary=reply["title"].string(),
            sent_back=self._sent_back(reply),
        )

    def _decisions(self, reply: Document) -> Maybe[tuple[Approval, ...]]:
        """All decisions: where fewer are shown than there are, one may be an objection."""
        rows = reply["decisions"]["rows"].each()
        if reply["decisions"]["total"].integer() != len(rows):
            label = self._label(f"/api/tickets/{reply['id'].text()}")
            cause = "the desk does not show every decision on the ticket"
            remedy = "let gate's account see the decisions of everybody"
            return Problem(ProblemKind.HIDDEN, SYSTEM, label, cause, remedy)
        return tuple(map(_decision, rows))

    def _sent_back(self, reply: Document) -> SentBack | None:
        """When it last left the states in which it may be deployed, or reached an earlier one.

        The desk tells every move, oldest first.
        """
        listed, had, times = self._settings.deployable, set[str](), []
        for move in reply["moves"].each():
            old, new = move["from"].text(), move["to"].text()
            had.add(old)
            if new not in listed and (old in listed or new in had):
                times.append(move["at"].time())
        return SentBack(max(times)) if times else None

    def _label(self, path: str) -> str:
        return request_label("GET", self._wire.url(path))


def _account(login: Document) -> Account:
    return Account(SYSTEM, login.text())


def _text(reply: Document, name: str) -> EditedText:
    part = reply[name]
    edited_by = _account(part["edited_by"])
    return EditedText(name, part["text"].string(), part["edited"].time(), edited_by)


def _decision(row: Document) -> Approval:
    verdict = SAYS.get(row["says"].string())
    if verdict is None:
        raise ShapeError(f"{row.place}.says is none of yes, no and nothing")
    at = None if verdict is Verdict.PENDING else row["at"].time()
    return Approval(_account(row["by"]), verdict, at, "desk", row["id"].identifier())
