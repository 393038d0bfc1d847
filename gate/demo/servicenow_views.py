"""What the Table API shows of a row: raw values, display values, or both, and links.

Display values are for people: times in the reader's zone and format, choices and references by
their names. Raw values are the same for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from gate.demo.servicenow_query import Row
from gate.demo.servicenow_schema import CHOICES, NAMES, TABLES, kind_of
from gate.demo.servicenow_site import ServiceNowSite


@dataclass(frozen=True, slots=True)
class Views:
    """Renders for one reader: ``zone`` from UTC, and the format of times (``strftime``)."""

    site: ServiceNowSite
    base: str
    zone: timedelta
    format: str

    def raw(self, table: str, row: Row, field: str) -> str | None:
        """The raw value of a field, over references; None where the table has no such field."""
        first, _, rest = field.partition(".")
        kind = kind_of(table, first)
        if kind is None:
            return None
        held = row.get(first, "")
        if not rest:
            return held
        if kind not in TABLES or kind_of(kind, rest) is None:
            return None
        target = self.site.tables[kind].get(held)
        return "" if target is None else self.raw(kind, target, rest)

    def shown(self, table: str, row: Row, field: str, display: str, *, links: bool) -> Any:
        """A field as ``sysparm_display_value`` asks for it: "false", "true" or "all"."""
        value = self.raw(table, row, field) or ""
        kind = kind_of(table, field) or "string"
        name = self.display(table, field, kind, value)
        if kind == "journal":
            name = self.journal(row, field)
        link = f"{self.base}/api/now/table/{kind}/{value}" if kind in TABLES and value else ""
        if display == "all":
            both = {"display_value": name, "value": value}
            return both | ({"link": link} if link and links else {})
        if display == "true":
            return {"display_value": name, "link": link} if link and links else name
        return {"link": link, "value": value} if link and links else value

    def display(self, table: str, field: str, kind: str, value: str) -> str:
        """What people see of a raw value."""
        if not value:
            return ""
        if kind == "datetime":
            moment = datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            return moment.astimezone(timezone(self.zone)).strftime(self.format)
        if kind in TABLES:
            target = self.site.tables[kind].get(value)
            return "" if target is None else target[NAMES.get(kind, "name")]
        if kind == "choice":
            owner, last = self._owner(table, field)
            return CHOICES.get((owner, last), {}).get(value, value)
        return value

    def journal(self, row: Row, field: str) -> str:
        """All entries of a journal as people see them, the newest first."""
        label = field.replace("_", " ").capitalize()
        kept = self.site.tables["sys_journal_field"].values()
        entries = [e for e in kept if (e["element_id"], e["element"]) == (row["sys_id"], field)]
        shown = []
        for entry in reversed(entries):
            at = self.display("sys_journal_field", "", "datetime", entry["sys_created_on"])
            by = self.site.user(entry["sys_created_by"])["name"]
            shown.append(f"{at} - {by} ({label})\n{entry['value']}\n\n")
        return "".join(shown)

    def _owner(self, table: str, field: str) -> tuple[str, str]:
        first, _, rest = field.partition(".")
        kind = kind_of(table, first)
        return self._owner(kind, rest) if rest and kind else (table, first)
