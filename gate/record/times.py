"""Times in records: RFC 3339, UTC, milliseconds, one spelling ("2026-01-05T10:00:00.000Z")."""

from __future__ import annotations

import re
from datetime import UTC, datetime

PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
_TIME = re.compile(PATTERN)


def format_time(at: datetime) -> str:
    """The one spelling of an aware datetime; what is below a millisecond is cut off.

    Raises ValueError for a naive datetime, whose place in time nobody knows.
    """
    if at.utcoffset() is None:
        raise ValueError("a time without a zone")
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return text + "Z"


def parse_time(text: str) -> datetime:
    """The aware UTC datetime of ``format_time``'s spelling; ValueError for any other."""
    if _TIME.fullmatch(text) is None:
        raise ValueError("a time is written as 2026-01-05T10:00:00.000Z")
    return datetime.fromisoformat(text)
