"""Reading a change live: what is asked side by side, and what is made of the answers.

1. Side by side: the change, who we are, its approvals and its group approvals.
2. Side by side: the audit of the change and of its approvals, and the next lower numbers; for a
   change that is not there, whether we see any.

So two requests at most follow one another (and OAuth's grant of a token goes before).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from gate.config.types import ServiceNowSettings
from gate.frozen import dataclass
from gate.http import FetchError
from gate.http.document import ShapeError
from gate.http.failure import credentials_of, malformed
from gate.model import (
    Account,
    Approval,
    ChangeRequest,
    EditedText,
    Maybe,
    MissingTicket,
    Neighbour,
    Problem,
    ProblemKind,
)
from gate.tickets.servicenow import approvals as approving
from gate.tickets.servicenow.accounts import SYSTEM
from gate.tickets.servicenow.audit import FIELDS as AUDIT_FIELDS
from gate.tickets.servicenow.audit import Audit, Edit, parse_audit
from gate.tickets.servicenow.change import (
    WINDOW,
    Change,
    field_of,
    parse_change,
    parse_linked,
    parse_standard,
    wanted_fields,
)
from gate.tickets.servicenow.neighbours import FIELDS as NEIGHBOUR_FIELDS
from gate.tickets.servicenow.neighbours import lower_numbers, parse_neighbours
from gate.tickets.servicenow.sent_back import ON_HOLD, sent_back
from gate.tickets.servicenow.table import (
    HiddenError,
    IncompleteError,
    Row,
    parse_rows,
    visible_rows,
)
from gate.tickets.servicenow.texts import NAME, Past, edited_text, planned_window

if TYPE_CHECKING:
    from gate.tickets.servicenow.client import Client, Page

T = TypeVar("T")
Answer: TypeAlias = "Page | FetchError"
CHANGES, APPROVERS, GROUPS, AUDIT = (
    *("change_request", "sysapproval_approver"),
    *("sysapproval_group", "sys_audit"),
)
RECORDS_AT_ONCE = 40  # whose audit one request asks for: an address has no more room


@dataclass(frozen=True, slots=True)
class Site:
    """Where a change is read; ``myself`` asks who we are."""

    client: Client
    settings: ServiceNowSettings
    myself: Callable[[], Maybe[Account]]


class Reading:
    """One change being read, by its number or its sys_id."""

    def __init__(self, site: Site, ticket: str, pool: ThreadPoolExecutor, *, by_id: bool) -> None:
        self._client = site.client
        self._settings = site.settings
        self._myself = site.myself
        self._ticket = ticket
        self._pool = pool
        self._key = "sys_id" if by_id else "number"

    def result(self) -> Maybe[ChangeRequest | MissingTicket]:
        """Ask, then look at credentials, change and the rest, in this order."""
        fields = wanted_fields(self._settings)
        change = self._ask(CHANGES, f"{self._key}={self._ticket}", fields)
        myself = self._pool.submit(self._myself)
        approvers = self._ask(APPROVERS, self._of("sysapproval"), approving.FIELDS)
        groups = self._ask(GROUPS, self._of("parent"), approving.GROUP_FIELDS)
        answer, account = change.result(), myself.result()
        if isinstance(answer, FetchError) and (answer.status is None or answer.status >= 429):
            return answer.problem  # down is down, whoever asks
        if isinstance(account, Problem):
            return account
        if isinstance(answer, FetchError):
            return answer.problem
        found = self._tried(CHANGES, lambda: self._found(answer))
        if found is None:
            return no_changes(self._client) or MissingTicket()
        if isinstance(found, Problem):
            return found
        return self._put_together(found, approvers.result(), groups.result())

    def _found(self, answer: Page) -> Change | None:
        """The one change that was asked for; None where there is none."""
        rows = parse_rows(answer.document, answer.headers, "changes of this number")
        if not rows:
            return None
        change = parse_change(rows[0])
        named = change.sys_id if self._key == "sys_id" else change.number
        if len(rows) > 1 or named != self._ticket:
            raise ShapeError("the reply is not the one change that was asked for")
        return change

    def _put_together(self, change: Change, approvers: Answer, groups: Answer) -> ChangeRequest:
        asks = self._parsed(
            APPROVERS, approvers, "approvals", lambda r: approving.parse_asks(r, change.sys_id)
        )
        grouped = self._parsed(
            GROUPS, groups, "group approvals", lambda r: approving.parse_groups(r, change.sys_id)
        )
        asked = () if isinstance(asks, Problem) else asks
        lower = lower_numbers(change.number)
        # Of the first number of all the query would be empty, and find what has no number.
        query = f"numberIN{','.join(lower)}" if lower else f"sys_id={change.sys_id}"
        neighbours = self._ask(CHANGES, query, NEIGHBOUR_FIELDS)
        audit = self._audit(change, tuple(ask.id for ask in asked))
        past = audit if isinstance(audit, Problem) else self._past(change, audit)
        return ChangeRequest(
            system=SYSTEM,
            id=change.sys_id,
            key=change.number,
            url=f"{self._settings.url}/change_request.do?sys_id={change.sys_id}",
            project=change.number.rstrip("0123456789"),
            type=change.type,
            status=change.status,
            created_at=change.created_at,
            creator=change.creator,
            reporter=change.reporter,
            others=change.others,
            approvals=self._approvals(change, asks, grouped, audit),
            scope=self._texts(self._settings.scope, past),
            rollback_plan=self._texts(self._settings.rollback_plan, past),
            test_plan=self._texts(self._settings.test_plan, past),
            summary=change.summary,
            window=self._of_past(past, planned_window),
            linked=self._tried(CHANGES, lambda: parse_linked(change)),
            neighbours=self._neighbours(neighbours.result(), lower),
            standard=self._tried(CHANGES, lambda: parse_standard(change)),
            sent_back=audit
            if isinstance(audit, Problem)
            else self._tried(AUDIT, lambda: sent_back(change, audit, self._settings)),
        )

    def _neighbours(self, answer: Answer, lower: tuple[str, ...]) -> Maybe[tuple[Neighbour, ...]]:
        if isinstance(answer, FetchError):
            return answer.problem
        if not lower:
            return ()
        return self._tried(CHANGES, lambda: parse_neighbours(visible_rows(answer.document), lower))

    # ---------------------------------------------------------------- approvals

    def _approvals(
        self,
        change: Change,
        asks: Maybe[tuple[approving.Ask, ...]],
        groups: Maybe[tuple[approving.Group, ...]],
        audit: Maybe[Audit | None],
    ) -> Maybe[tuple[Approval, ...]]:
        if isinstance(asks, Problem):
            return asks
        if isinstance(groups, Problem):
            return groups
        if isinstance(audit, Problem):
            return audit
        rejected_at = change.updated_at if change.rejected else None
        return self._tried(APPROVERS, lambda: approving.assemble(asks, groups, audit, rejected_at))

    # ---------------------------------------------------------------- the past

    def _audit(self, change: Change, asks: tuple[str, ...]) -> Maybe[Audit | None]:
        """Every edit that matters; None where our account may not read the audit."""
        places = (
            *(*self._settings.scope, *self._settings.rollback_plan, *self._settings.test_plan),
            *("state", ON_HOLD, approving.OF_CHANGE, *WINDOW),
        )
        fields = frozenset(map(field_of, places))
        documents = (change.sys_id, *asks)
        wanted = [
            (documents[start : start + RECORDS_AT_ONCE], fields)
            for start in range(0, len(documents), RECORDS_AT_ONCE)
        ]
        if referred := change.refers_to(fields):
            wanted.append((referred, frozenset({NAME})))
        pages = [
            self._ask(
                AUDIT,
                f"documentkeyIN{','.join(records)}^fieldnameIN{','.join(sorted(names))}"
                "^ORDERBYsys_created_on",
                AUDIT_FIELDS,
            )
            for records, names in wanted
        ]
        edits: list[Edit] = []
        for (records, names), page in zip(wanted, pages, strict=True):
            found = self._audit_page(page.result(), frozenset(records), names)
            if not isinstance(found, Audit):
                return found
            edits += found.edits
        return Audit(tuple(edits))

    def _audit_page(
        self, answer: Answer, documents: frozenset[str], fields: frozenset[str]
    ) -> Maybe[Audit | None]:
        if isinstance(answer, FetchError):
            return None if answer.status in {400, 403, 404} else answer.problem
        try:
            rows = parse_rows(answer.document, answer.headers, "audit rows")
            return parse_audit(rows, documents, fields)
        except HiddenError:
            return None
        except IncompleteError as error:
            return self._incomplete(AUDIT, str(error))
        except ShapeError as error:
            return malformed(SYSTEM, self._client.label(AUDIT), str(error))

    def _past(self, change: Change, audit: Audit | None) -> Maybe[Past]:
        return self._tried(AUDIT, lambda: Past(change, audit))

    def _of_past(self, past: Maybe[Past], look: Callable[[Past], T]) -> Maybe[T]:
        if isinstance(past, Problem):
            return past
        return self._tried(CHANGES, lambda: look(past))

    def _texts(
        self, locations: tuple[str, ...], past: Maybe[Past]
    ) -> Maybe[tuple[EditedText, ...]]:
        def look(past: Past) -> tuple[EditedText, ...]:
            texts = (edited_text(location, past) for location in locations)
            return tuple(text for text in texts if text is not None)

        return self._of_past(past, look)

    # ---------------------------------------------------------------- requests

    def _of(self, reference: str) -> str:
        """The query for what refers to the change."""
        field = reference if self._key == "sys_id" else f"{reference}.number"
        return f"{field}={self._ticket}"

    def _ask(self, table: str, query: str, fields: tuple[str, ...]) -> Future[Answer]:
        return self._pool.submit(self._read, table, query, fields)

    def _read(self, table: str, query: str, fields: tuple[str, ...]) -> Answer:
        try:
            return self._client.rows(table, query, fields)
        except FetchError as error:
            return error

    def _parsed(
        self, table: str, answer: Answer, what: str, parse: Callable[[tuple[Row, ...]], T]
    ) -> Maybe[T]:
        if isinstance(answer, FetchError):
            return answer.problem
        return self._tried(table, lambda: parse(parse_rows(answer.document, answer.headers, what)))

    def _tried(self, table: str, look: Callable[[], T]) -> Maybe[T]:
        """What ``look`` makes of a reply of ``table``, or why it makes nothing."""
        try:
            return look()
        except HiddenError as error:
            return hidden(self._client, table, str(error))
        except IncompleteError as error:
            return self._incomplete(table, str(error))
        except ShapeError as error:
            return malformed(SYSTEM, self._client.label(table), str(error))

    def _incomplete(self, table: str, cause: str) -> Problem:
        remedy = "run again; if it stays so, check what the account may see with `gate doctor`"
        label = self._client.label(table)
        return Problem(ProblemKind.INCOMPLETE, SYSTEM, label, cause, remedy)


def hidden(client: Client, table: str, cause: str) -> Problem:
    """Something of a table that our account may not see."""
    remedy = (
        f"give the account behind {credentials_of(SYSTEM)} a role that reads {table} and the users "
        "it refers to, with all fields; `gate doctor` says which are missing"
    )
    return Problem(ProblemKind.HIDDEN, SYSTEM, client.label(table), cause, remedy)


def no_changes(client: Client) -> Problem | None:
    """Why it cannot be told that a change is missing; None where we see others."""
    try:
        page = client.rows(CHANGES, "ORDERBYDESCsys_created_on", ("sys_id", "number"), 1)
        if visible_rows(page.document):
            return None
    except FetchError as error:
        return error.problem
    except (ShapeError, IncompleteError) as error:
        return malformed(SYSTEM, client.label(CHANGES), str(error))
    return hidden(client, CHANGES, "ServiceNow shows our account no change at all")
