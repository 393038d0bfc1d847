"""Asking a witness to cosign a checkpoint (C2SP tlog-witness, ``add-checkpoint``): the bytes.

The request is a ``POST`` to ``<the witness's URL>/add-checkpoint``. Its body names the size that
the witness is believed to have seen last, proves that the checkpoint continues the tree of that
size, and ends with the checkpoint as it is::

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
    jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
    5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
    /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq...XeMcTOAYQ8=

The proof is that of RFC 6962 section 2.1.2, at most 63 hashes; from size 0, and from the
checkpoint's own size, it has none. The reply is one of:

- 200: one or more signature lines, as they would stand under the checkpoint;
- 409, ``text/x.tlog.size``: the size that the witness has really seen last, in decimal, LF;
- 400: old is larger than the checkpoint; 403: no good signature by a key of that log;
  404: the witness does not know the log; 422: the proof does not hold, or a tree of the same size
  has another root.

Whatever else a witness says is no reply. Nothing here is verified.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias

from gate.frozen import dataclass
from gate.tlog.canonical import (
    HASH_SIZE,
    MAX_NUMBER,
    decode_number,
    decode_text,
    encode_base64,
)
from gate.tlog.errors import MalformedError
from gate.tlog.note import Signature, parse_note, parse_signatures

PATH = "/add-checkpoint"
SIZE_MEDIA = "text/x.tlog.size"
MAX_HASHES = 63
MAX_REPLY = 300_000  # 64 lines of the longest kind there is, ML-DSA-44, and room for their names

_OK, _CONFLICT = 200, 409
_MAX_SIZE_REPLY = 20


class Refusal(IntEnum):
    """What a witness refuses a checkpoint for, as its status says."""

    OLD_SIZE = 400
    SIGNATURE = 403
    ORIGIN = 404
    PROOF = 422


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness cosigned: the signature lines it gave, not yet verified."""

    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """The witness has last seen a tree of ``size``, not of the old size it was told."""

    size: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The witness will not cosign this."""

    why: Refusal


Reply: TypeAlias = Cosigned | Conflict | Refused


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the tree of size ``old`` is continued, by ``proof``, by that of ``checkpoint``."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


def format_request(request: AddCheckpoint) -> bytes:
    """The body to post; ``ValueError`` out of bounds, ``MalformedError`` for the checkpoint."""
    if not 0 <= request.old <= MAX_NUMBER or len(request.proof) > MAX_HASHES:
        raise ValueError("the old size or the number of hashes is out of bounds")
    if any(len(one) != HASH_SIZE for one in request.proof):
        raise ValueError(f"a hash of the proof is not {HASH_SIZE} bytes long")
    parse_note(request.checkpoint)
    lines = [f"old {request.old}", *(encode_base64(one) for one in request.proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + request.checkpoint


def parse_reply(status: int, media: str, body: bytes) -> Reply:
    """What a witness answered; ``MalformedError`` for all that is no reply of the protocol.

    ``media`` is the Content-Type without parameters. The bodies of refusals are not read.
    """
    if status == _OK:
        return Cosigned(_signatures(body))
    if status == _CONFLICT:
        return Conflict(_size(media, body))
    if status in set(Refusal):
        return Refused(Refusal(status))
    raise MalformedError(f"the status {status} is none of the witness protocol's")


def _signatures(body: bytes) -> tuple[Signature, ...]:
    if len(body) > MAX_REPLY:
        raise MalformedError(f"the signatures are longer than {MAX_REPLY} bytes")
    return parse_signatures(body)


def _size(media: str, body: bytes) -> int:
    if media != SIZE_MEDIA:
        raise MalformedError(f"a conflict (409) whose Content-Type is not {SIZE_MEDIA}")
    text = decode_text(body, "the witness's size", _MAX_SIZE_REPLY)
    if not text.endswith("\n"):
        raise MalformedError("the witness's size does not end in a newline")
    return decode_number(text.removesuffix("\n"), "the witness's size")
