"""A receipt: an entry with its proof, as two files that travel together.

``<name>.dsse.json`` is the entry, byte for byte as it stands in the log; ``<name>.tlog-proof`` is
its inclusion proof with the signed checkpoint (C2SP tlog-proof). Together with a trust folder they
are all that an offline check needs.
"""

from __future__ import annotations

import os
from pathlib import Path

from gate.errors import InconsistentError, UsageError
from gate.frozen import dataclass
from gate.log.reading.trust import Trust
from gate.model import EntryLink
from gate.record.statement import Record, open_record
from gate.store.durable import Calls, explain, keep_names, place
from gate.tlog.errors import QuorumError
from gate.tlog.merkle import leaf_hash
from gate.tlog.proof import TlogProof, format_proof, parse_proof, verify_proof

ENTRY = ".dsse.json"
PROOF = ".tlog-proof"
OUTCOME = ".outcome"

_LARGEST = 1 << 21


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry and the proof that it is in a log; nothing of it verified by having been read."""

    entry: bytes
    proof: TlogProof

    @property
    def link(self) -> EntryLink:
        """The place that the proof gives the entry."""
        return EntryLink(self.proof.index, leaf_hash(self.entry).hex())


def write_receipt(stem: Path, entry: bytes, proof: TlogProof, calls: Calls | None = None) -> Path:
    """Write the two files; returns the path of the proof.

    ``stem`` may be given with either ending. Each file is replaced whole, the proof last, so what
    is left of an interrupted write does not verify. Raises ``StoreError`` where it cannot be
    written.
    """
    calls = calls or Calls()
    stem = _stem(stem)
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        for ending, data in ((ENTRY, entry), (PROOF, format_proof(proof))):
            scratch = stem.with_name(f".{stem.name}{ending}.{os.getpid()}")
            calls.unlink(scratch)
            place(calls, scratch, stem.with_name(stem.name + ending), data)
        keep_names(calls, stem.parent, {stem.parent})
    except OSError as error:
        raise explain(error, f"write the receipt {stem}") from error
    return stem.with_name(stem.name + PROOF)


def outcome_stem(decision: Path) -> Path:
    """Where the receipt of a decision's outcome lies: beside the decision's own."""
    stem = _stem(decision)
    return stem.with_name(stem.name + OUTCOME)


def read_receipt(path: Path) -> Receipt:
    """The receipt at ``path``: either of its two files, or their name without ending.

    Raises ``UsageError`` where a file cannot be read, ``MalformedError`` for a proof that is none.
    """
    stem = _stem(path)
    entry = _read(stem.with_name(stem.name + ENTRY))
    return Receipt(entry, parse_proof(_read(stem.with_name(stem.name + PROOF))))


def verify_receipt(receipt: Receipt, trust: Trust) -> Record:
    """The record of the receipt, if it is in a log and by a signer that ``trust`` believes.

    Offline, and without asking how old it is or what it says. Raises ``InconsistentError`` of the
    kind that says what does not hold: the log's signature, the proof, the record's signature, its
    key's period, its form; and ``QuorumError`` where all of that does, and too few witnesses
    cosigned the head.
    """
    missed: QuorumError | None = None
    try:
        verify_proof(receipt.proof, receipt.entry, trust.policy)
    except QuorumError as error:
        missed = error
    record, _ = open_record(receipt.entry, trust.signers)
    if missed is not None:
        raise QuorumError(
            f"the head of the receipt is not witnessed: {missed.message}", remedy=missed.remedy
        )
    return record


def _stem(path: Path) -> Path:
    for ending in (ENTRY, PROOF):
        if path.name.endswith(ending) and path.name != ending:
            return path.with_name(path.name.removesuffix(ending))
    if not path.name:
        raise UsageError("the receipt's name is empty", remedy="give a file name")
    return path


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"cannot read the receipt {path}: {os.strerror(error.errno or 0)}",
            remedy=f"a receipt is two files side by side, NAME{ENTRY} and NAME{PROOF}; carry both "
            "from the job that ran `gate enforce`",
        ) from error
    if len(data) > _LARGEST:
        raise InconsistentError(f"{path} is larger than any receipt")
    return data
