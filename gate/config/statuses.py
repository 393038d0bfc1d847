"""Whether a status is one that the policy lists, on whatever system."""

from __future__ import annotations

from gate.model import Status


def is_listed(status: Status, entry: str) -> bool:
    """Whether a configured entry means the status: a number is an id, anything else a name."""
    if not entry:
        return False
    return entry == (status.id if entry.removeprefix("-").isdecimal() else status.name)
