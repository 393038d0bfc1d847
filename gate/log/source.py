"""A verified log as those see it who only read: the search for records, and the auditor's lists."""

from __future__ import annotations

from typing import Protocol

from gate.model import EntryLink
from gate.record.statement import Record


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
