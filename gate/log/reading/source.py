"""A verified log as those see it who only read: the search for records, and the auditor's lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from gate.frozen import dataclass
from gate.log.reading.trust import Trust
from gate.model import EntryLink
from gate.record.statement import Record


@dataclass(frozen=True, slots=True)
class Hit:
    """A record found: its place, and the record as its trusted signer wrote it."""

    link: EntryLink
    record: Record


class LogSource(Protocol):
    """A log pinned at one verified head (``gate.log.reading.view.LogView``).

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


class HistorySource(Protocol):
    """A log as far as judging takes it: ``gate.log.reading.view.LogView``, or a batch ahead of it.

    The methods raise what those of ``LogView`` raise.
    """

    @property
    def size(self) -> int:
        """How many entries it has."""

    @property
    def root(self) -> bytes:
        """Its root hash, 32 bytes."""

    @property
    def trust(self) -> Trust:
        """Whom it believes."""

    @property
    def url(self) -> str:
        """The store as the configuration names it, for messages."""

    def link(self, index: int) -> EntryLink:
        """The place of an entry."""

    def root_at(self, size: int) -> bytes:
        """The root that it had at a smaller size."""

    def signed_record(self, index: int) -> tuple[Record, str]:
        """The record of an entry, and the id of the key that signed it."""

    def find(self, kind: str, value: str, *, thorough: bool = False) -> Iterator[Hit]:
        """The records that have this key, newest first."""

    def emergencies(self, service: str, since: int) -> Iterator[Hit]:
        """The emergencies of a service and their reviews from entry ``since`` on, newest first."""
