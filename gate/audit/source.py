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

    What the methods hand out was held against the root; they raise ``InconsistentError`` where it
    does not fit.
    """

    @property
    def size(self) -> int:
        """How many entries the log has at that head."""

    @property
    def root(self) -> bytes:
        """Its root hash, 32 bytes."""

    @property
    def origin(self) -> str:
        """The log's name."""

    @property
    def checkpoint(self) -> bytes:
        """The signed note."""

    def link(self, index: int) -> EntryLink:
        """The place of an entry."""

    def entry(self, index: int) -> bytes:
        """The bytes of an entry."""

    def signed_record(self, index: int) -> tuple[Record, str]:
        """The record of an entry, and the id of the key that signed it."""


def nothing(_digest: str) -> bytes | None:
    """The ``Fetch`` of a place that is not at hand."""
    return None
