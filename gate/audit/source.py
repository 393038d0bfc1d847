"""What the auditor's lists are made from: a verified log, and the two places beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from gate.model import EntryLink
from gate.record.statement import Record

# By SHA-256 in lower-case hex: the evidence bundle of that digest, and the disclosure of the log
# entry of that digest. None: not there (any more).
Fetch: TypeAlias = Callable[[str], bytes | None]


class LogSource(Protocol):
    """A log pinned at one verified head (``gate.log.view.LogView``).

    ``root`` has 32 bytes, ``checkpoint`` is the signed note. What the methods hand out was held
    against that root; they raise ``InconsistentError`` where it does not fit.
    """

    size: int
    root: bytes
    origin: str
    checkpoint: bytes

    def link(self, index: int) -> EntryLink:
        """The place of an entry."""

    def entry(self, index: int) -> bytes:
        """The bytes of an entry."""

    def signed_record(self, index: int) -> tuple[Record, str]:
        """The record of an entry, and the id of the key that signed it."""


def nothing(_digest: str) -> bytes | None:
    """The ``Fetch`` of a place that is not at hand."""
    return None
