"""The heads of a log: its own, and those that somebody kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gate.errors import InconsistentError
from gate.log.reading.key_changes import KeyChanges
from gate.log.reading.trust import Trust
from gate.log.reading.view import read_head
from gate.log.receipts.kept import Kept, hold
from gate.log.verifying.findings import HEAD, Findings
from gate.log.verifying.known_tree import KnownTree
from gate.store.contract import CHECKPOINT, Store
from gate.tlog.checkpoint import Checkpoint
from gate.tlog.errors import QuorumError


class Head(NamedTuple):
    """A head, and the signed note that says it."""

    checkpoint: Checkpoint
    note: bytes


def open_checkpoint(store: Store, trust: Trust, findings: Findings) -> Head | None:
    """The head; None where it is none of this log's current key.

    Raises ``StoreError`` where there is no log or it cannot be read.
    """
    try:
        data = read_head(store)
        checkpoint, note = trust.policy.open_signed_note(data)
        trust.policy.require_current(note)
    except InconsistentError as error:
        findings.fault("checkpoint", CHECKPOINT, error.message, HEAD)
        return None
    try:
        trust.policy.require_quorum(note)
    except QuorumError as error:
        findings.miss_quorum(CHECKPOINT, error.message)
    for signature in note.unknown:
        findings.note(
            "signature",
            CHECKPOINT,
            f"a signature by {signature.name!a}+{signature.key_id.hex()}, whom the trust folder "
            "does not name, was not checked",
            HEAD,
        )
    return Head(checkpoint, data)


def hold_all(
    kept: Sequence[Kept], trust: Trust, tree: KnownTree, head: bytes, findings: Findings
) -> tuple[Checkpoint, ...]:
    """Those kept checkpoints that the log of ``tree``, with the signed ``head``, extends."""
    held = []
    for one in kept:
        try:
            held.append(hold(one, trust.policy, tree.size, head, tree.root_at))
        except InconsistentError as error:
            findings.fault("kept", CHECKPOINT, error.message)
        except QuorumError as error:
            findings.miss_quorum(CHECKPOINT, error.message)
    return tuple(held)


def check_signers(
    kept: Sequence[Kept], trust: Trust, changes: KeyChanges, findings: Findings
) -> None:
    """Name kept checkpoints by nobody but log keys that the log had replaced before them.

    ``changes`` has seen the whole log. What is no checkpoint of this log ``hold_all`` names.
    """
    for one in kept:
        try:
            checkpoint, note = trust.policy.open_signed_note(one.note)
        except InconsistentError:
            continue
        fault = changes.head_fault(checkpoint.size, trust.policy.log_keys_of(note))
        if fault:
            findings.fault("kept", CHECKPOINT, f"the kept checkpoint {one.name}: {fault}")
