"""What the auditor's lists are made from: a verified log, and the two places beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from gate.log.reading.source import LogSource

__all__ = ["Fetch", "LogSource", "nothing"]

# By SHA-256 in lower-case hex: the evidence bundle of that digest, and the disclosure of the log
# entry of that digest. None: not there (any more).
Fetch: TypeAlias = Callable[[str], bytes | None]


def nothing(_digest: str) -> bytes | None:
    """The ``Fetch`` of a place that is not at hand."""
    return None
