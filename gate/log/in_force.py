"""Whether a log key may still sign heads, as the log itself says.

A writer may not have heard yet that its key was replaced: its trust folder and its secret are both
of the time before. It can open one head of the time after, the one that holds the retirement, since
both keys signed that. There it must stop: a head that it signed alone would be refused by all who
have the new trust folder.
"""

from __future__ import annotations

from gate.errors import UsageError
from gate.log.keys import payload_of
from gate.log.search import TAIL
from gate.log.trust import LOG_KEY
from gate.log.view import LogView
from gate.record.predicates import KeyAction, KeyRole
from gate.record.statement import KEY, KeyRecord, parse_statement
from gate.tlog.keys import Signer, key_id

# Canonical JSON says it in these very bytes; looking for them takes a fiftieth of parsing.
_SAYS = (b'"action":"retired"', b'"role":"log"', f'"predicateType":"{KEY}"'.encode())


def require_in_force(view: LogView, signer: Signer) -> None:
    """``UsageError`` if one of the newest entries of ``view`` retires ``signer``.

    A head that somebody unknown signed in the log's own name, too, is what a replaced key leaves:
    there ``TAIL`` entries are read, elsewhere the last one, in case that signature was taken away.
    Older entries need no look: the next head is signed by the new key alone, and whoever trusts
    only the old one cannot open it.
    """
    newest = TAIL if any(one.name == signer.name for one in view.note.unknown) else 1
    for index in range(max(0, view.size - newest), view.size):
        if retires(view.entry(index), signer):
            raise UsageError(
                f"{LOG_KEY} holds {signer.name}+{signer.key_id.hex()}, which entry {index} of the "
                "log says was replaced",
                remedy=f"get the new trust folder and store the new key as {LOG_KEY}, then run "
                "again: nothing was recorded",
            )


def retires(entry: bytes, signer: Signer) -> bool:
    """Whether ``entry`` is the record that ``signer``, a log's key, was retired.

    The record's signature is not checked: the log's head vouches for it, and to believe it wrongly
    only blocks. Raises ``InconsistentError`` for what is no entry of a log.
    """
    payload = payload_of(entry)
    if not all(words in payload for words in _SAYS):
        return False
    record = parse_statement(payload)
    if not isinstance(record, KeyRecord):
        return False
    said = record.predicate
    return (
        said.role is KeyRole.LOG
        and said.action is KeyAction.RETIRED
        and key_id(signer.name, signer.algorithm, record.public_key) == signer.key_id
    )
