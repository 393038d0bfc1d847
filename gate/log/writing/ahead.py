"""A log with the entries that are about to be appended to it.

Several entries can be committed at once. Each is judged at its own place, where those before it in
the batch are history already, although no head speaks of them yet.
"""

from __future__ import annotations

from collections.abc import Iterator

from gate.log.reading.keys import keys_of, tells_of_emergencies
from gate.log.reading.source import HistorySource, Hit
from gate.model import EntryLink
from gate.record.statement import Record, open_record
from gate.tlog.merkle import Frontier, leaf_hash


class Ahead:
    """``below``, and ``entry`` appended to it: a ``HistorySource``.

    ``frontier`` is that of the tree below. Raises ``InconsistentError`` where the entry is no
    record of a trusted signer.
    """

    def __init__(self, below: HistorySource, frontier: Frontier, entry: bytes) -> None:
        self.trust, self.url = below.trust, below.url
        self.frontier = frontier.extend([leaf_hash(entry)])
        self.size, self.root = self.frontier.size, self.frontier.root()
        self._below = below
        self._link = EntryLink(below.size, leaf_hash(entry).hex())
        self._record, self._keyid = open_record(entry, below.trust.signers)
        self._keys = keys_of(self._record)

    def link(self, index: int) -> EntryLink:
        """The place of entry ``index``."""
        return self._link if index == self._link.index else self._below.link(index)

    def root_at(self, size: int) -> bytes:
        """The root at ``size`` entries, at most those of this log."""
        return self.root if size == self.size else self._below.root_at(size)

    def signed_record(self, index: int) -> tuple[Record, str]:
        """The record at ``index`` and the id of the key that signed it."""
        if index == self._link.index:
            return self._record, self._keyid
        return self._below.signed_record(index)

    def find(self, kind: str, value: str, *, thorough: bool = False) -> Iterator[Hit]:
        """The records that have this key, newest first."""
        if (kind, value) in self._keys:
            yield Hit(self._link, self._record)
        yield from self._below.find(kind, value, thorough=thorough)

    def emergencies(self, service: str, since: int) -> Iterator[Hit]:
        """The emergencies of a service and their reviews from entry ``since`` on, newest first."""
        if since < self.size and tells_of_emergencies(self._record, service):
            yield Hit(self._link, self._record)
        yield from self._below.emergencies(service, since)
