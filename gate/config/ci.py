"""``[ci]``: CI systems that are no forge, and are asked about their runs elsewhere."""

from __future__ import annotations

from gate.config import grammar
from gate.config.reader import Table
from gate.config.types import JenkinsSettings


def read_jenkins(root: Table) -> JenkinsSettings | None:
    """The Jenkins that the policy names; None where it names none."""
    ci = root.table("ci")
    ci.only(("jenkins",))
    if not ci.has("jenkins"):
        return None
    table = ci.table("jenkins")
    table.only(("url", "ca"))
    return JenkinsSettings(grammar.url(table.text("url"), table.at("url")), table.text("ca", ""))
