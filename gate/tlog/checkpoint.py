"""The head of a log as a signed note (C2SP tlog-checkpoint).

The note's text is three lines: the *origin*, which names the log; the number of entries in decimal
without leading zeros; the tree's root hash in base64::

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1My...xeMcTOAYQ8=

Above, the log "example.com/behind-the-sofa" says that its first 20,852,163 entries have the root
``0ac5186a...f1ab62``. A log of size 0 has the root of the empty tree,
``47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=``.

Extension lines after these three are refused: nobody can audit what they say. The log's signature
is by a key named as the origin.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gate.frozen import dataclass
from gate.tlog.canonical import (
    HASH_SIZE,
    MAX_NUMBER,
    decode_hash,
    decode_number,
    encode_base64,
    has_control,
    shown,
)
from gate.tlog.errors import MalformedError, OriginError
from gate.tlog.keys import Signer, Verifier
from gate.tlog.merkle import EMPTY_ROOT
from gate.tlog.note import open_note, sign_note

MAX_ORIGIN = 255


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log ``origin`` has ``size`` entries whose tree has the 32-byte ``root``."""

    origin: str
    size: int
    root: bytes


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text to sign; ``ValueError`` if it would not be a checkpoint's."""
    fault = _fault(checkpoint)
    if fault:
        raise ValueError(fault)
    return f"{checkpoint.origin}\n{checkpoint.size}\n{encode_base64(checkpoint.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint whose text this is; raises ``MalformedError``.

    Only for the text of a note that was opened: what nobody signed says nothing.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise MalformedError("a checkpoint's text is three lines: origin, size, root")
    checkpoint = Checkpoint(
        origin=lines[0],
        size=decode_number(lines[1], "the checkpoint's size"),
        root=decode_hash(lines[2], "the checkpoint's root"),
    )
    fault = _fault(checkpoint)
    if fault:
        raise MalformedError(fault)
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """The checkpoint as a note signed by ``signers``, the log's own key first."""
    return sign_note(format_checkpoint(checkpoint), signers)


def open_checkpoint(data: bytes, logs: Iterable[Verifier]) -> Checkpoint:
    """The checkpoint in ``data`` if the log that it speaks of signed it.

    ``logs`` are the keys of trusted logs, each named as its log's origin. Raises what
    ``note.open_note`` raises, and ``OriginError`` if the key that signed is another log's.
    Witnesses are a matter of ``trust.TrustPolicy.open``.
    """
    note = open_note(data, logs)
    checkpoint = parse_checkpoint(note.text)
    require_origin(checkpoint, {one.name for one in note.verified})
    return checkpoint


def require_origin(checkpoint: Checkpoint, signed_by: Iterable[str]) -> None:
    """``OriginError`` unless a key named as the checkpoint's origin is among ``signed_by``."""
    names = sorted(signed_by)
    if checkpoint.origin not in names:
        by = ", ".join(shown(name) for name in names)
        raise OriginError(f"a checkpoint of {shown(checkpoint.origin)}, signed by {by}")


def _fault(checkpoint: Checkpoint) -> str:
    origin = checkpoint.origin
    if not origin or "\n" in origin or has_control(origin) or len(origin.encode()) > MAX_ORIGIN:
        return f"a checkpoint's origin is one line of 1 to {MAX_ORIGIN} bytes: {shown(origin)}"
    if not 0 <= checkpoint.size <= MAX_NUMBER or len(checkpoint.root) != HASH_SIZE:
        return "a checkpoint's size or root is out of bounds"
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        return "a checkpoint of size 0 has another root than the empty tree"
    return ""
