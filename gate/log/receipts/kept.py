"""Heads that somebody kept: whether a log still holds everything that they vouch for.

A log at an older head is whole by itself. That it is the newest one, or at least no older than the
auditor's last look, is shown only by a checkpoint that was kept outside the reach of whoever made
the copy: from a job's log, a receipt, a report of the period before.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gate.errors import InconsistentError, UsageError
from gate.frozen import dataclass
from gate.tlog.checkpoint import Checkpoint
from gate.tlog.errors import QuorumError
from gate.tlog.proof import HEADER, parse_proof
from gate.tlog.trust import TrustPolicy

_LARGEST = 1 << 21
_Error = TypeVar("_Error", InconsistentError, QuorumError)


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that was kept: the name it goes by (a path), and the signed note."""

    name: str
    note: bytes


def read_kept(path: Path) -> Kept:
    """The checkpoint in a file: a signed note, or a receipt's ``.tlog-proof``, which holds one.

    Raises ``UsageError`` where the file cannot be read, ``InconsistentError`` for a proof that is
    none; the note itself is not looked at.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os.strerror(error.errno or 0)}") from error
    if len(data) > _LARGEST:
        raise UsageError(f"{path} is larger than any checkpoint")
    if data.startswith(HEADER.encode()):
        return Kept(str(path), parse_proof(data).checkpoint)
    return Kept(str(path), data)


def hold(
    kept: Kept, policy: TrustPolicy, size: int, head: bytes, root_at: Callable[[int], bytes]
) -> Checkpoint:
    """The kept checkpoint, if the log of ``size`` with the signed ``head`` begins with its log.

    ``root_at`` gives the root that the log had at a smaller size. Raises ``InconsistentError``
    where the checkpoint is not signed by the log's key, or where the log does not extend it: then
    the message shows both signed heads, which is the evidence. Raises ``QuorumError`` where it does
    and too few witnesses cosigned the checkpoint.
    """
    try:
        checkpoint, note = policy.open_signed_note(kept.note)
    except InconsistentError as error:
        raise _named(kept, error) from None
    if checkpoint.size > size:
        what = f"it has {size} of the {checkpoint.size} entries: the newest are missing here"
    elif root_at(checkpoint.size) != checkpoint.root:
        what = f"its first {checkpoint.size} entries are others"
    else:
        try:
            policy.require_quorum(note)
        except QuorumError as error:
            raise _named(kept, error) from None
        return checkpoint
    raise InconsistentError(
        f"this log does not extend the kept checkpoint {kept.name}: {what}. Both heads are signed."
        f"\nkept:\n{_text(kept.note)}\nnow:\n{_text(head)}",
        remedy="keep both heads and this copy: together they show that entries were left out, or "
        "that the log was written anew",
    )


def _named(kept: Kept, error: _Error) -> _Error:
    return type(error)(f"the kept checkpoint {kept.name}: {error.message}", remedy=error.remedy)


def _text(note: bytes) -> str:
    return note.decode("utf-8", "replace").rstrip("\n")
