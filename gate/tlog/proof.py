"""An inclusion proof with the checkpoint that it leads to, as one file (C2SP tlog-proof).

Lines that end in LF::

    c2sp.org/tlog-proof@v1
    extra <base64>                 only if there is extra data; nothing vouches for it
    index <the entry's index, in decimal from 0>
    <base64 hash>                  the inclusion proof, from the leaf's sibling upwards:
    ...                            none to 63 lines
                                   an empty line
    <the checkpoint, as it is>

For the first of the entries "a", "b" and "c", with the leaf hashes of the other two::

    c2sp.org/tlog-proof@v1
    index 0
    V+s1YV1H807HFMrN9f10YIpejhAnJOgLJLKHwMJ7ajE=
    WX/LMSgtNGVMIA00GPylcFxkjr8ybsc9jd7xGEH4dtg=

    example.com/foo
    3
    <root>

    — example.com/foo <signature>

The entry itself is not inside: the file proves something only about an entry held beside it.
"""

from __future__ import annotations

from gate.frozen import dataclass
from gate.tlog.canonical import (
    HASH_SIZE,
    MAX_NUMBER,
    decode_base64,
    decode_hash,
    decode_number,
    decode_text,
    encode_base64,
    shown,
)
from gate.tlog.checkpoint import Checkpoint
from gate.tlog.errors import MalformedError
from gate.tlog.merkle import leaf_hash, verify_inclusion
from gate.tlog.note import MAX_NOTE, parse_note
from gate.tlog.trust import TrustPolicy

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63
MAX_EXTRA = 65_535
_MAX_PROOF = MAX_NOTE + 200_000


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Entry ``index`` is in the log at ``checkpoint`` (a note, bytes as given), by ``hashes``.

    ``extra`` is None if there is none; it is not authenticated by anything.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_proof(proof: TlogProof) -> bytes:
    """The file; ``ValueError`` for a proof out of bounds, ``MalformedError`` for its checkpoint."""
    if not 0 <= proof.index <= MAX_NUMBER or len(proof.hashes) > MAX_HASHES:
        raise ValueError("the proof's index or number of hashes is out of bounds")
    if any(len(one) != HASH_SIZE for one in proof.hashes):
        raise ValueError(f"a hash of the proof is not {HASH_SIZE} bytes long")
    if proof.extra is not None and not 1 <= len(proof.extra) <= MAX_EXTRA:
        raise ValueError(f"extra data has 1 to {MAX_EXTRA} bytes, or is None")
    parse_note(proof.checkpoint)
    extra = [] if proof.extra is None else [f"extra {encode_base64(proof.extra)}"]
    hashes = [encode_base64(one) for one in proof.hashes]
    lines = [HEADER, *extra, f"index {proof.index}", *hashes, ""]
    return "".join(f"{line}\n" for line in lines).encode() + proof.checkpoint


def parse_proof(data: bytes) -> TlogProof:
    """The proof that a file holds, nothing of it verified; raises ``MalformedError``."""
    text = decode_text(data, "the proof", _MAX_PROOF)
    head, divider, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not divider or lines.pop(0) != HEADER:
        raise MalformedError(f'not a proof: it does not begin with "{HEADER}"')
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "), "the proof's extra data")
        if not 1 <= len(extra) <= MAX_EXTRA:
            raise MalformedError(f"the proof's extra data is not of 1 to {MAX_EXTRA} bytes")
    if not lines or not lines[0].startswith("index "):
        raise MalformedError(f"the proof has no index line where {shown(head[-60:])} ends")
    index = decode_number(lines.pop(0).removeprefix("index "), "the proof's index")
    if len(lines) > MAX_HASHES:
        raise MalformedError(f"the proof has more than {MAX_HASHES} hashes")
    hashes = tuple(decode_hash(line, "a hash of the proof") for line in lines)
    note = checkpoint.encode()
    parse_note(note)
    return TlogProof(index, hashes, note, extra)


def verify_proof(proof: TlogProof, entry: bytes, policy: TrustPolicy) -> Checkpoint:
    """The believed checkpoint of a log that holds ``entry`` at ``proof.index``.

    Raises what ``TrustPolicy.open`` raises, and ``ProofError``; ``QuorumError`` last, as what
    contradicts itself is worse than what witnesses have not seen.
    """
    leaf = leaf_hash(entry)  # step 1 of tlog-proof's "Verifying"
    checkpoint, note = policy.open_signed_note(proof.checkpoint)  # step 2: origin, log key
    verify_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)  # step 4
    policy.require_quorum(note)  # step 3: witnesses
    return checkpoint
