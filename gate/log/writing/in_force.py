"""Whether a log key may still sign heads, as the log itself says.

A writer may not have heard yet that its key was replaced: its trust folder and its secret are both
of the time before. It can open one head of the time after, the one that holds the retirement, since
both keys signed that. There it must stop: a head that it signed alone would be refused by all who
have the new trust folder.

So that it cannot miss it, the retirement is the last entry of the head that both keys sign: it is
committed by whoever replaces the key, and by nobody else along with others.
"""

from __future__ import annotations

from collections.abc import Sequence

from gate.errors import UsageError
from gate.log.reading.keys import payload_of
from gate.log.reading.trust import LOG_KEY
from gate.log.reading.view import LogView
from gate.record.predicates import KeyAction, KeyRole
from gate.record.statement import KEY, KeyRecord, parse_statement
from gate.tlog.keys import Signer, key_id

# Canonical JSON says it in these very bytes; looking for them takes a fiftieth of parsing.
_SAYS = (b'"action":"retired"', b'"role":"log"', f'"predicateType":"{KEY}"'.encode())


def require_in_force(view: LogView, signer: Signer) -> None:
    """``UsageError`` if the newest entry of ``view`` retires ``signer``.

    Older ones need no look: the next head is signed by the new key alone, and whoever trusts only
    the old one cannot open it.
    """
    last = view.size - 1
    if last >= 0 and retires(view.entry(last), signer):
        raise UsageError(
            f"{LOG_KEY} holds {signer.name}+{signer.key_id.hex()}, which entry {last} of the log "
            "says was replaced",
            remedy=f"get the new trust folder and store the new key as {LOG_KEY}, then run again",
        )


def refuse_lost_key(entries: Sequence[bytes], signer: Signer, also: Sequence[Signer]) -> None:
    """``ValueError`` for a head after which nobody could append, or somebody could unaware.

    If one of ``entries`` retires ``signer``, it is the last one, and somebody ``also`` signs.
    """
    ended = [n for n, entry in enumerate(entries, 1) if retires(entry, signer)]
    if ended and (ended != [len(entries)] or not also):
        raise ValueError(
            "the end of the log's key must be the last entry of a head that its next key signs, too"
        )


def retires(entry: bytes, signer: Signer) -> bool:
    """Whether ``entry`` is the record that ``signer``, a log's key, was retired.

    Raises ``InconsistentError`` for what is no entry of a log.
    """
    ended = ended_log_key(entry)
    return ended is not None and key_id(signer.name, signer.algorithm, ended) == signer.key_id


def ended_log_key(entry: bytes) -> bytes | None:
    """The public key of the log key that ``entry`` says was retired; None if it says no such thing.

    The record's signature is not checked: to believe it wrongly only blocks. Raises
    ``InconsistentError`` for what is no entry of a log.
    """
    payload = payload_of(entry)
    if not all(words in payload for words in _SAYS):
        return None
    record = parse_statement(payload)
    if not isinstance(record, KeyRecord):
        return None
    said = record.predicate
    ended = said.role is KeyRole.LOG and said.action is KeyAction.RETIRED
    return record.public_key if ended else None
