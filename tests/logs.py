"""A log in memory for the auditor's lists: what a ``LogView`` shows, without a store."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from records import Written, trusted

from gate.model import EntryLink
from gate.record.signers import TrustedSigners
from gate.record.statement import Record, open_record
from gate.tlog.merkle import leaf_hash, tree_root

ORIGIN = "acme.example/changes"


@dataclass
class MemoryLog:
    """Entries in order, and the two places beside the log."""

    entries: list[bytes] = field(default_factory=list)
    signers: TrustedSigners = field(default_factory=trusted)
    bundles: dict[str, bytes] = field(default_factory=dict)
    disclosures: dict[str, bytes] = field(default_factory=dict)
    origin: str = ORIGIN

    @property
    def size(self) -> int:
        return len(self.entries)

    @property
    def root(self) -> bytes:
        return tree_root([leaf_hash(entry) for entry in self.entries])

    @property
    def checkpoint(self) -> bytes:
        return f"{self.origin}\n{self.size}\n".encode()

    def link(self, index: int) -> EntryLink:
        return EntryLink(index, leaf_hash(self.entries[index]).hex())

    def entry(self, index: int) -> bytes:
        return self.entries[index]

    def signed_record(self, index: int) -> tuple[Record, str]:
        return open_record(self.entries[index], self.signers)

    def add(self, written: Written) -> EntryLink:
        """Append a decision with its evidence and disclosure."""
        self.bundles[hashlib.sha256(written.evidence).hexdigest()] = written.evidence
        self.disclosures[written.digest] = written.disclosure.to_json()
        return self.append(written.entry)

    def append(self, entry: bytes) -> EntryLink:
        self.entries.append(entry)
        return self.link(self.size - 1)

    def extend(self, entries: Sequence[bytes]) -> None:
        self.entries.extend(entries)
