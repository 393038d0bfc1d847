"""The tables of a ServiceNow instance that changes touch, and the kind of each field.

As in ServiceNow's published table reference: ``change_request``, ``sysapproval_approver``,
``sysapproval_group``, ``sys_user``, ``sys_audit``, ``sys_journal_field``, the configuration items
and the templates of standard changes. A kind is "string", "datetime", "boolean", "integer",
"choice", "journal" (its entries are rows of ``sys_journal_field``), or the name of the table that a
reference leads to.
"""

from __future__ import annotations

from typing import TypeAlias

Fields: TypeAlias = dict[str, str]

_STAMPS: Fields = {
    "sys_created_on": "datetime",
    "sys_created_by": "string",
    "sys_updated_on": "datetime",
    "sys_updated_by": "string",
    "sys_mod_count": "integer",
}

TABLES: dict[str, Fields] = {
    "change_request": {
        "sys_id": "string",
        "number": "string",
        "state": "choice",
        "type": "choice",
        "approval": "choice",
        "phase": "choice",
        "active": "boolean",
        "on_hold": "boolean",
        "short_description": "string",
        "description": "string",
        "implementation_plan": "string",
        "backout_plan": "string",
        "test_plan": "string",
        "justification": "string",
        "work_notes": "journal",
        "start_date": "datetime",
        "end_date": "datetime",
        "parent": "change_request",
        "cmdb_ci": "cmdb_ci",
        "business_service": "cmdb_ci",
        "cab_required": "boolean",
        "assigned_to": "sys_user",
        "opened_by": "sys_user",
        "requested_by": "sys_user",
        "opened_at": "datetime",
        "std_change_producer_version": "std_change_producer_version",
        **_STAMPS,
    },
    "sysapproval_approver": {
        "sys_id": "string",
        "sysapproval": "change_request",
        "document_id": "string",
        "source_table": "string",
        "approver": "sys_user",
        "group": "sysapproval_group",
        "state": "choice",
        "comments": "string",
        "due_date": "datetime",
        **_STAMPS,
    },
    "sysapproval_group": {
        "sys_id": "string",
        "number": "string",
        "parent": "change_request",
        "assignment_group": "sys_user_group",
        "approval": "choice",
        "wait_for": "choice",
        **_STAMPS,
    },
    "sys_user": {
        "sys_id": "string",
        "user_name": "string",
        "name": "string",
        "email": "string",
        "active": "boolean",
        "locked_out": "boolean",
        "web_service_access_only": "boolean",
        "internal_integration_user": "boolean",
        **_STAMPS,
    },
    "sys_user_group": {"sys_id": "string", "name": "string", **_STAMPS},
    "cmdb_ci": {"sys_id": "string", "name": "string", **_STAMPS},
    "std_change_record_producer": {"sys_id": "string", "name": "string", **_STAMPS},
    "std_change_producer_version": {
        "sys_id": "string",
        "name": "string",
        "version": "integer",
        "std_change_producer": "std_change_record_producer",
        **_STAMPS,
    },
    "sys_audit": {
        "sys_id": "string",
        "tablename": "string",
        "documentkey": "string",
        "fieldname": "string",
        "oldvalue": "string",
        "newvalue": "string",
        "user": "string",
        "reason": "string",
        "record_checkpoint": "integer",
        "sys_created_on": "datetime",
        "sys_created_by": "string",
    },
    "sys_journal_field": {
        "sys_id": "string",
        "name": "string",
        "element": "string",
        "element_id": "string",
        "value": "string",
        "sys_created_on": "datetime",
        "sys_created_by": "string",
    },
}

NAMES = {  # what stands for a row where another refers to it
    "change_request": "number",
    "sysapproval_group": "number",
    "sys_user": "name",
}

STATES = {
    "-5": "New",
    "-4": "Assess",
    "-3": "Authorize",
    "-2": "Scheduled",
    "-1": "Implement",
    "0": "Review",
    "3": "Closed",
    "4": "Canceled",
}
CHOICES: dict[tuple[str, str], dict[str, str]] = {
    ("change_request", "state"): STATES,
    ("change_request", "type"): {
        "normal": "Normal",
        "standard": "Standard",
        "emergency": "Emergency",
    },
    ("sysapproval_approver", "state"): {
        "not requested": "Not Yet Requested",
        "requested": "Requested",
        "approved": "Approved",
        "rejected": "Rejected",
        "cancelled": "Cancelled",
        "not_required": "No Longer Required",
        "duplicate": "Duplicate",
    },
}


def kind_of(table: str, field: str) -> str | None:
    """The kind of a field, which may lead over references ("approver.user_name"); None: none."""
    first, _, rest = field.partition(".")
    kind = TABLES.get(table, {}).get(first)
    if not rest or kind is None:
        return kind
    return kind_of(kind, rest) if kind in TABLES else None
