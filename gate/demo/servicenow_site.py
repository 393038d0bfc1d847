"""What happens on a ServiceNow instance: people, changes, approvals, and what is kept of them.

Everything is a row of a table, with raw values as text; times are UTC. What a user edits leaves a
row in ``sys_audit``, where the table is audited: inserts do not, as on a real instance.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeAlias

from gate.demo.servicenow_query import Row
from gate.demo.servicenow_schema import TABLES

Table: TypeAlias = dict[str, Row]


def raw_time(at: datetime) -> str:
    """A time as ServiceNow keeps it: UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


class ServiceNowSite:
    """The tables. ``audited`` are those whose edits are kept."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {name: {} for name in TABLES}
        self.audited = {"change_request", "sysapproval_approver"}
        self._counter = 0

    # ---------------------------------------------------------------- setting up

    def add_user(self, name: str, *, title: str = "", integration: bool = False) -> Row:
        """An account; ``integration`` may use web services only."""
        return self._insert(
            "sys_user",
            {
                "user_name": name,
                "name": title or name.replace(".", " ").title(),
                "email": f"{name}@acme.example",
                "active": "true",
                "locked_out": "false",
                "web_service_access_only": "true" if integration else "false",
                "internal_integration_user": "false",
            },
            by="admin",
            at=None,
        )

    def add_ci(self, name: str) -> Row:
        """A configuration item."""
        return self._named("cmdb_ci", name)

    def add_template(self, name: str) -> Row:
        """A template of standard changes, in its first version; the template's row."""
        template = self._named("std_change_record_producer", name)
        version = {"name": f"{name} - 1", "version": "1", "std_change_producer": template["sys_id"]}
        self._insert("std_change_producer_version", version, by="admin", at=None)
        return template

    # ---------------------------------------------------------------- the story of a change

    def create_change(
        self,
        number: str,
        title: str,
        *,
        by: str,
        at: datetime,
        type: str = "normal",  # noqa: A002 - ServiceNow's own word
        description: str = "",
        ci: str = "",
        backout_plan: str = "",
        test_plan: str = "",
        requested_by: str = "",
        template: str = "",
        state: str = "-5",
    ) -> Row:
        """A new change; ``template`` is the name of the one that it was made from."""
        return self._insert(
            "change_request",
            {
                "number": number,
                "state": state,
                "type": type,
                "approval": "not requested",
                "on_hold": "false",
                "active": "true",
                "short_description": title,
                "description": description,
                "backout_plan": backout_plan,
                "test_plan": test_plan,
                "cmdb_ci": self._named("cmdb_ci", ci)["sys_id"] if ci else "",
                "opened_by": self.user(by)["sys_id"],
                "requested_by": self.user(requested_by or by)["sys_id"],
                "opened_at": raw_time(at),
                "std_change_producer_version": self._version_of(template) if template else "",
            },
            by=by,
            at=at,
        )

    def set_state(self, number: str, state: str, *, by: str, at: datetime) -> None:
        """``by`` moves the change to a state's value."""
        self.edit(number, "state", state, by=by, at=at)

    def edit(self, number: str, field: str, value: str, *, by: str, at: datetime) -> None:
        """``by`` sets a field of the change; a configuration item is given by name."""
        held = self._named("cmdb_ci", value)["sys_id"] if field == "cmdb_ci" and value else value
        self.update("change_request", self.change(number), {field: held}, by=by, at=at)

    def set_window(
        self, number: str, start: datetime, end: datetime, *, by: str, at: datetime
    ) -> None:
        """``by`` plans the change for a time."""
        window = {"start_date": raw_time(start), "end_date": raw_time(end)}
        self.update("change_request", self.change(number), window, by=by, at=at)

    # ---------------------------------------------------------------- approvals

    def request_approval(
        self, number: str, approvers: Iterable[str], *, at: datetime, group: str = ""
    ) -> None:
        """Each of ``approvers`` is asked; ``group`` adds the row of a group that they are in."""
        change = self.change(number)
        named = {}
        if group:
            assignment = self._named("sys_user_group", group)["sys_id"]
            row = {
                "number": f"GAPRV{self._counter:07d}",
                "parent": change["sys_id"],
                "assignment_group": assignment,
                "approval": "requested",
                "wait_for": "any",
            }
            named = {"group": self._insert("sysapproval_group", row, by="system", at=at)["sys_id"]}
        for approver in approvers:
            asked = {
                "sysapproval": change["sys_id"],
                "document_id": change["sys_id"],
                "source_table": "change_request",
                "approver": self.user(approver)["sys_id"],
                "state": "requested",
            }
            self._insert("sysapproval_approver", asked | named, by="system", at=at)

    def approve(self, number: str, *, by: str, at: datetime, in_place_of: str = "") -> Row:
        """``by`` approves the newest request to them (or to ``in_place_of``), or a new one."""
        return self._decide(number, by, at, "approved", in_place_of)

    def reject(self, number: str, *, by: str, at: datetime, in_place_of: str = "") -> Row:
        """``by`` rejects the newest request to them (or to ``in_place_of``), or a new one."""
        return self._decide(number, by, at, "rejected", in_place_of)

    def set_approval(self, row: Row, state: str, *, by: str, at: datetime) -> None:
        """``by`` sets the state of somebody's approval."""
        self.update("sysapproval_approver", row, {"state": state}, by=by, at=at)

    def touch(self, row: Row, *, by: str, at: datetime) -> None:
        """``by`` comments on an approval, which changes when it was last updated."""
        self.update("sysapproval_approver", row, {"comments": "seen"}, by=by, at=at)

    def approvals(self, number: str) -> list[Row]:
        """The rows of a change's approvals, in the order in which they were made."""
        change = self.change(number)["sys_id"]
        rows = self.tables["sysapproval_approver"].values()
        return [row for row in rows if row["sysapproval"] == change]

    def _decide(self, number: str, by: str, at: datetime, state: str, in_place_of: str) -> Row:
        owner = in_place_of or by
        asked = [
            row
            for row in self.approvals(number)
            if row["approver"] == self.user(owner)["sys_id"] and row["state"] == "requested"
        ]
        if not asked:
            self.request_approval(number, [owner], at=at)
            return self._decide(number, by, at, state, in_place_of)
        self.set_approval(asked[-1], state, by=by, at=at)
        return asked[-1]

    # ---------------------------------------------------------------- rows

    def change(self, number: str) -> Row:
        """The change of this number."""
        return next(r for r in self.tables["change_request"].values() if r["number"] == number)

    def user(self, name: str) -> Row:
        """The account of this user name."""
        return next(r for r in self.tables["sys_user"].values() if r["user_name"] == name)

    def delete(self, table: str, row: Row) -> None:
        """The row is gone, and references to it are empty."""
        del self.tables[table][row["sys_id"]]
        for name, fields in TABLES.items():
            for field in (field for field, kind in fields.items() if kind == table):
                for other in self.tables[name].values():
                    if other.get(field) == row["sys_id"]:
                        other[field] = ""

    def update(
        self, table: str, row: Row, values: dict[str, str], *, by: str, at: datetime
    ) -> None:
        """``by`` sets fields of a row, which is kept where the table is audited."""
        changed = {field: value for field, value in values.items() if row.get(field, "") != value}
        noted = [field for field in changed if TABLES[table][field] == "journal"]
        row["sys_mod_count"] = str(int(row["sys_mod_count"]) + 1)
        if table in self.audited:
            for field, value in changed.items():
                self._keep(table, row, field, value, by, at)
        for field in noted:
            entry = {"name": table, "element": field, "element_id": row["sys_id"]}
            value = changed.pop(field)
            self._insert("sys_journal_field", entry | {"value": value}, by=by, at=at)
        row |= changed
        row["sys_updated_on"] = max(row["sys_updated_on"], raw_time(at))
        row["sys_updated_by"] = by

    def _keep(self, table: str, row: Row, field: str, new: str, by: str, at: datetime) -> None:
        entry = {
            "tablename": table,
            "documentkey": row["sys_id"],
            "fieldname": field,
            "oldvalue": row.get(field, ""),
            "newvalue": new,
            "user": by,
            "record_checkpoint": row["sys_mod_count"],
        }
        self._insert("sys_audit", entry, by=by, at=at)

    def _insert(self, table: str, values: Row, *, by: str, at: datetime | None) -> Row:
        self._counter += 1
        made = hashlib.md5(f"{table} {self._counter}".encode(), usedforsecurity=False).hexdigest()
        when = raw_time(at) if at else "2020-01-01 00:00:00"
        stamps = {"sys_created_on": when, "sys_created_by": by}
        if "sys_updated_on" in TABLES[table]:
            stamps |= {"sys_updated_on": when, "sys_updated_by": by, "sys_mod_count": "0"}
        row = dict.fromkeys(TABLES[table], "") | {"sys_id": made} | stamps | values
        self.tables[table][made] = row
        return row

    def _named(self, table: str, name: str) -> Row:
        for row in self.tables[table].values():
            if row["name"] == name:
                return row
        return self._insert(table, {"name": name}, by="admin", at=None)

    def _version_of(self, template: str) -> str:
        wanted = self._named("std_change_record_producer", template)["sys_id"]
        versions = self.tables["std_change_producer_version"].values()
        return next(v["sys_id"] for v in versions if v["std_change_producer"] == wanted)
