r"""A commit object: the truth of an object store, one for each time the head was replaced.

::

    gate.commit/v1
    slot 7
    previous 5 <base64 of the root at 5 entries>
    seal <base64 of 64 bytes>
    checkpoint 186
    entries 2

    <186 bytes: the signed note of the head at 7 entries>
    <16-bit big-endian length || entry, for each of the 2 entries>

Header lines end in LF, one empty line ends the header. Only these very bytes are a commit: what was
parsed is written again and compared. The seal is the log key's Ed25519 signature over::

    gate.commit/v1
    <origin>
    slot 7
    previous 5 <base64 of the root at 5 entries>
    head 7 <base64 of the root at 7 entries>

Anybody can show a head again; only the log's writers can say at which slot it was made. Without the
seal somebody could lay an old commit into a free slot and have readers begin there.
"""

from __future__ import annotations

import re

from gate.frozen import dataclass
from gate.tlog.canonical import MAX_NUMBER, decode_base64, decode_hash, decode_number, encode_base64
from gate.tlog.checkpoint import Checkpoint
from gate.tlog.errors import MalformedError
from gate.tlog.tile import MAX_ENTRY, decode_bundle

SEAL_SIZE = 64
MAX_NOTE = 64 << 10  # bytes of a checkpoint with very many signatures
MAX_COMMIT = 48 << 20
"""Bytes of the largest commit that is read."""

_MAX_HEADER = 512
_HEADER = re.compile(
    r"gate\.commit/v1\nslot (.+)\nprevious (.+) (.+)\nseal (.+)\ncheckpoint (.+)\nentries (.+)\n"
)


@dataclass(frozen=True, slots=True)
class Commit:
    """At ``slot``: ``entries`` after the ``size`` before them, whose root was ``root``.

    ``checkpoint`` is the signed note of the head that they make.
    """

    slot: int
    size: int
    root: bytes
    seal: bytes
    checkpoint: bytes
    entries: tuple[bytes, ...]


def encode_commit(commit: Commit) -> bytes:
    """The bytes of a commit; ``ValueError`` for one that nobody would read."""
    if any(len(entry) > MAX_ENTRY for entry in commit.entries):
        raise ValueError(f"an entry is longer than {MAX_ENTRY} bytes")
    data = b"".join(
        (
            _header(commit).encode(),
            commit.checkpoint,
            *(len(entry).to_bytes(2, "big") + entry for entry in commit.entries),
        )
    )
    if len(data) > MAX_COMMIT or len(commit.checkpoint) > MAX_NOTE:
        raise ValueError(f"a commit is longer than {MAX_COMMIT} bytes")
    return data


def decode_commit(data: bytes) -> Commit:
    """The commit in ``data``; raises ``MalformedError`` for anything but its canonical bytes."""
    head, _, body = data[:MAX_COMMIT].partition(b"\n\n")
    match = None
    if len(data) <= MAX_COMMIT and len(head) <= _MAX_HEADER and head.isascii():
        match = _HEADER.fullmatch(head.decode("ascii") + "\n")
    if match is None:
        raise MalformedError("not a commit: its header is another")
    slot, size, root, seal, length, count = match.groups()
    note = decode_number(length, "the checkpoint's length")
    if note > MAX_NOTE:
        raise MalformedError("not a commit: its checkpoint is too long")
    number = decode_number(count, "the number of entries")
    if 2 * number > len(body):
        raise MalformedError("not a commit: it ends before its entries")
    commit = Commit(
        slot=decode_number(slot, "the slot"),
        size=decode_number(size, "the previous size"),
        root=decode_hash(root, "the previous root"),
        seal=decode_base64(seal, "the seal"),
        checkpoint=body[:note],
        entries=decode_bundle(body[note:], number),
    )
    if len(commit.seal) != SEAL_SIZE or commit.size + number > MAX_NUMBER:
        raise MalformedError("not a commit: its seal or its size is out of bounds")
    if _header(commit).encode() != head + b"\n\n":
        raise MalformedError("not a commit: its header is not in the canonical form")
    return commit


def sealed_message(slot: int, size: int, root: bytes, head: Checkpoint) -> bytes:
    """What the seal of a commit signs: that ``head`` was made at ``slot`` out of that tree."""
    return (
        f"gate.commit/v1\n{head.origin}\nslot {slot}\nprevious {size} {encode_base64(root)}\n"
        f"head {head.size} {encode_base64(head.root)}\n"
    ).encode()


def _header(commit: Commit) -> str:
    return (
        f"gate.commit/v1\nslot {commit.slot}\n"
        f"previous {commit.size} {encode_base64(commit.root)}\n"
        f"seal {encode_base64(commit.seal)}\n"
        f"checkpoint {len(commit.checkpoint)}\nentries {len(commit.entries)}\n\n"
    )
