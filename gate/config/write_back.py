"""``[write_back]``: whether decisions are also told on ticket and forge; by default not."""

from __future__ import annotations

from gate.config.reader import Table, kind_of, wrong
from gate.config.types import WriteBack


def read_write_back(root: Table) -> WriteBack:
    """What the policy asks to be written."""
    table = root.table("write_back")
    table.only(("ticket", "forge"))
    return WriteBack(_switch(table, "ticket"), _switch(table, "forge"))


def _switch(table: Table, key: str) -> bool:
    value = table.values.get(key, False)
    if not isinstance(value, bool):
        raise wrong(table.at(key), f"expected true or false, found {kind_of(value)}")
    return value
