"""What gate's account must be able to read, each table by a request that needs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from gate.config.types import ServiceNowSettings
from gate.http import FetchError
from gate.http.document import ShapeError
from gate.http.failure import credentials_of, malformed
from gate.model import Problem, ProblemKind
from gate.tickets.servicenow.accounts import SYSTEM, fields_of
from gate.tickets.servicenow.approvals import FIELDS as APPROVER_FIELDS
from gate.tickets.servicenow.approvals import GROUP_FIELDS
from gate.tickets.servicenow.audit import FIELDS as AUDIT_FIELDS
from gate.tickets.servicenow.change import wanted_fields
from gate.tickets.servicenow.table import IncompleteError, visible_rows
from gate.tickets.system import Right

if TYPE_CHECKING:
    from gate.tickets.servicenow.client import Client

_NEWEST = "ORDERBYDESCsys_created_on"


def of_tables(client: Client, settings: ServiceNowSettings) -> Iterator[Right]:
    """The tables that are read; without the audit, times are only known not to be later."""
    tables = {
        "change_request": ("", wanted_fields(settings)),
        "sysapproval_approver": ("source_table=change_request^", APPROVER_FIELDS),
        "sysapproval_group": ("parentISNOTEMPTY^", GROUP_FIELDS),
    }
    for table, (query, fields) in tables.items():
        yield _right(client, table, query + _NEWEST, fields)
    users = tuple(field.partition(".")[2] for field in fields_of("approver")[1:])
    yield _right(client, "sys_user", _NEWEST, users)
    audit = _right(client, "sys_audit", f"tablename=sysapproval_approver^{_NEWEST}", AUDIT_FIELDS)
    yield replace(audit, needed=False)


def of_notes(client: Client) -> Iterator[Right]:
    """What writing work notes needs to read: the notes, and what else was edited when."""
    yield _right(client, "change_request", _NEWEST, ("sys_id", "sys_mod_count", "work_notes"))
    yield _right(client, "sys_audit", f"tablename=change_request^{_NEWEST}", AUDIT_FIELDS)


def _right(client: Client, table: str, query: str, fields: tuple[str, ...]) -> Right:
    """Whether the newest row of a table can be read with these fields.

    A table without any row tells nothing, and may well have none yet.
    """
    label = client.label(table)
    try:
        page = client.rows(table, query, fields, 1)
        rows = visible_rows(page.document)
        missing = [field for field in fields if rows and not rows[0].has(field)]
    except FetchError as error:
        return Right(table, "", error.problem)
    except (ShapeError, IncompleteError) as error:
        return Right(table, "", malformed(SYSTEM, label, str(error)))
    if rows and not missing:
        return Right(table, "can be read")
    if missing:
        return Right(table, "", _unseen(table, label, f"does not show {', '.join(missing)}"))
    is_empty = page.headers.get("X-Total-Count") == "0"
    seen = "shows no row: it has none, or hides all" if is_empty else "has rows, and shows none"
    return Right(table, "", _unseen(table, label, seen), needed=not is_empty)


def _unseen(table: str, label: str, cause: str) -> Problem:
    remedy = (
        f"give the account behind {credentials_of(SYSTEM)} a role whose access rules let it read "
        f"all rows of {table} with these fields"
    )
    return Problem(ProblemKind.PERMISSION, SYSTEM, label, f"{table} {cause}", remedy)
