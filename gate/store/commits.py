r"""A commit object: the truth of an object store, one for each time the head was replaced.

::

    gate.commit/v1
    slot 7
    previous 5 <base64 of the root at 5 entries>
    nonce <base64 of 16 bytes>
    checkpoint 186
    entries 2

    <186 bytes: the signed note of the head at 7 entries>
    <16-bit big-endian length || entry, for each of the 2 entries>

Header lines end in LF, one empty line ends the header. Only these very bytes are a commit: what was
parsed is written again and compared. The nonce tells two writers apart who commit the same.
"""

from __future__ import annotations

import re

from gate.frozen import dataclass
from gate.tlog.canonical import MAX_NUMBER, decode_base64, decode_hash, decode_number, encode_base64
from gate.tlog.errors import MalformedError
from gate.tlog.tile import MAX_ENTRY, decode_bundle

NONCE_SIZE = 16
MAX_NOTE = 64 << 10  # bytes of a checkpoint with very many signatures
MAX_COMMIT = 48 << 20
"""Bytes of the largest commit that is read."""

_MAX_HEADER = 512
_HEADER = re.compile(
    r"gate\.commit/v1\nslot (.+)\nprevious (.+) (.+)\nnonce (.+)\ncheckpoint (.+)\nentries (.+)\n"
)


@dataclass(frozen=True, slots=True)
class Commit:
    """At ``slot``: ``entries`` after the ``size`` before them, whose root was ``root``.

    ``checkpoint`` is the signed note of the head that they make.
    """

    slot: int
    size: int
    root: bytes
    nonce: bytes
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
    slot, size, root, nonce, length, count = match.groups()
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
        nonce=decode_base64(nonce, "the nonce"),
        checkpoint=body[:note],
        entries=decode_bundle(body[note:], number),
    )
    if len(commit.nonce) != NONCE_SIZE or commit.size + number > MAX_NUMBER:
        raise MalformedError("not a commit: its nonce or its size is out of bounds")
    if _header(commit).encode() != head + b"\n\n":
        raise MalformedError("not a commit: its header is not in the canonical form")
    return commit


def _header(commit: Commit) -> str:
    return (
        f"gate.commit/v1\nslot {commit.slot}\n"
        f"previous {commit.size} {encode_base64(commit.root)}\n"
        f"nonce {encode_base64(commit.nonce)}\n"
        f"checkpoint {len(commit.checkpoint)}\nentries {len(commit.entries)}\n\n"
    )
