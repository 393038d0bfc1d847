"""A log's records, read quickly by whoever reads them all.

``QuickReader`` opens an entry as ``statement.open_record`` does, and takes of it only what the rest
of the log is held against: a ``Summary``. What it cannot read quickly, for whatever reason,
``open_record`` reads or refuses: it alone says what is wrong.
"""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from gate.record.dsse import MAX_ENVELOPE, PAYLOAD_TYPE, open_signed
from gate.record.shapes import read_all
from gate.record.signers import SignerEntry, TrustedSigners
from gate.record.statement import open_record, parse_statement
from gate.record.summary import Summary, summarise

_HEAD: Final = b'{"payload":"'
_MIDDLE: Final = b'","payloadType":"%b","signatures":[{"keyid":"' % PAYLOAD_TYPE.encode()
_SIGNATURE: Final = b'","sig":"'
_END: Final = b'"}]}'
_KEYID: Final = len(_MIDDLE) + 64
_SIG: Final = _KEYID + len(_SIGNATURE)
_TAIL: Final = _SIG + 88 + len(_END)
_PAE: Final = b"DSSEv1 %d %b " % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode())


class QuickReader:
    """Reads records by ``signers``."""

    def __init__(self, signers: TrustedSigners) -> None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        self._signers = signers
        self._invalid = InvalidSignature
        self._periods: dict[bytes, list[SignerEntry]] = {}
        for one in signers.entries:
            self._periods.setdefault(one.keyid.encode(), []).append(one)
        self._keys = {
            one.keyid.encode(): Ed25519PublicKey.from_public_bytes(one.public_key)
            for one in signers.entries
        }

    def open(self, entry: bytes) -> Summary:
        """The record of an entry, its signature and its key's period checked.

        Raises what ``open_record`` raises.
        """
        return self.open_quickly([entry])[0] or self._slowly(entry)

    def read(self, entry: bytes) -> Summary:
        """The record of an entry, its signature and its key not asked.

        Raises what ``parse_statement`` raises, and what ``open_signed`` does for no envelope.
        """
        found = self.read_quickly([entry])[0]
        if found is not None:
            return found
        parts = _parts(entry)
        payload = open_signed(entry, self._signers)[0] if parts is None else parts[0]
        return summarise(parse_statement(payload))

    def open_quickly(self, entries: Sequence[bytes]) -> list[Summary | None]:
        """The records of entries, as ``open`` does; None for each that is left to ``open``.

        All of them take each step together: then its code and tables are at hand in the processor.
        """
        parts = [_parts(entry) for entry in entries]
        parts = [one if one and self._is_signed(*one) else None for one in parts]
        found = read_all([one and one[0] for one in parts])
        for keyid in {one[1] for one in parts if one}:
            times = {
                n: record.at
                for n, (one, record) in enumerate(zip(parts, found, strict=True))
                if one and one[1] == keyid and record is not None
            }
            if times and not self._in_time(keyid, min(times.values()), max(times.values())):
                for n, at in times.items():
                    found[n] = found[n] if self._in_time(keyid, at, at) else None
        return found

    def read_quickly(self, entries: Sequence[bytes]) -> list[Summary | None]:
        """The records of entries, as ``read`` does; None for each that is left to ``read``."""
        return read_all([one and one[0] for one in map(_parts, entries)])

    def _is_signed(self, payload: bytes, keyid: bytes, signature: bytes) -> bool:
        key = self._keys.get(keyid)
        if key is None:
            return False
        try:
            key.verify(signature, b"%b%d %b" % (_PAE, len(payload), payload))
        except self._invalid:
            return False
        return True

    def _in_time(self, keyid: bytes, first: str, last: str) -> bool:
        """Whether one period of the key holds both times, and so all times between them."""
        ends = datetime.fromisoformat(first), datetime.fromisoformat(last)
        return any(all(map(one.valid_at, ends)) for one in self._periods[keyid])

    def _slowly(self, entry: bytes) -> Summary:
        return summarise(open_record(entry, self._signers)[0])


def signer_of(entry: bytes) -> bytes:
    """The id of the key that signed an entry which is an envelope in its one spelling."""
    start = len(entry) - _TAIL + len(_MIDDLE)
    return entry[start : start + 64]


def _parts(entry: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Payload, key id and signature of an envelope in its one spelling; None for anything else."""
    cut = len(entry) - _TAIL
    if not len(_HEAD) < cut <= MAX_ENVELOPE - _TAIL:
        return None
    if not (entry.startswith(_HEAD) and entry.endswith(_END)):
        return None
    keyid = _signer(entry[cut : cut + _SIG])
    payload = _decoded(entry[len(_HEAD) : cut])
    signature = _decoded(entry[cut + _SIG : -len(_END)])
    if keyid is None or payload is None or signature is None or len(signature) != 64:
        return None
    return payload, keyid, signature


@lru_cache(256)
def _signer(middle: bytes) -> bytes | None:
    """The key id in what stands between payload and signature; None for anything else."""
    if middle.startswith(_MIDDLE) and middle.endswith(_SIGNATURE):
        return middle[len(_MIDDLE) : -len(_SIGNATURE)]
    return None


def _decoded(text: bytes) -> bytes | None:
    """The bytes that canonical base64 spells; None for any other text.

    Decoding skips what is no base64 and stops at padding, and then gives less than the text's
    length promises. Only the last four characters can have spare bits.
    """
    try:
        data = a2b_base64(text)
    except Error:
        return None
    padding = _padding(text[-4:])
    return data if padding >= 0 and 4 * (len(data) + padding) == 3 * len(text) else None


@lru_cache(1 << 10)  # payloads end alike, and of signatures only four bits stand there
def _padding(last: bytes) -> int:
    """How much padding there is in the last four characters; -1 for another spelling of them."""
    try:
        return last.count(b"=") if b2a_base64(a2b_base64(last), newline=False) == last else -1
    except Error:
        return -1
