r"""Where a bucket keeps what, beside the layout that all readers see.

::

    pending/<sha256>                an entry that waits for whoever commits next
    commits/<slot>                  the truth, 20 digits from 1 on; created once, never deleted
    index/head                      a hint: "<slot> <size>\n" of a commit that is published
    index/<token>/<inverted place>  an empty object for each row of the index

The inverted place is 9999999999999999 less the entry's place, in 16 digits, so that a listing,
which is in the order of the names, begins with the newest.
"""

from __future__ import annotations

import re
from typing import Final

from gate.frozen import dataclass
from gate.store.contract import TOKEN_SIZE
from gate.tlog.canonical import MAX_NUMBER

PENDING: Final = "pending/"
COMMITS: Final = "commits/"
INDEX: Final = "index/"
HINT: Final = "index/head"
OWN: Final = (PENDING, COMMITS, INDEX)
"""What is only the store's own, hidden from those who read the layout."""

_LAST_PLACE = 10**16 - 1
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SLOT = re.compile(r"[0-9]{20}", re.ASCII)
_ROW = re.compile(rf"([0-9a-f]{{{2 * TOKEN_SIZE}}})/([0-9]{{16}})", re.ASCII)
_HINT = re.compile(rb"([1-9][0-9]{0,18}) (0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True, slots=True)
class Hint:
    """Up to this slot, where the log had ``size`` entries, all commits are published."""

    slot: int
    size: int


def pending_key(digest: str) -> str:
    """The key of the offer with this digest."""
    return PENDING + digest


def digest_of_pending(key: str) -> str | None:
    """The digest of an offer's key; None for any other key, such as a probe's."""
    name = key.removeprefix(PENDING)
    return name if _DIGEST.fullmatch(name) else None


def commit_key(slot: int) -> str:
    """The key of a commit."""
    return f"{COMMITS}{slot:020}"


def slot_of(key: str) -> int | None:
    """The slot that a key names; None for one that no commit is kept under."""
    name = key.removeprefix(COMMITS)
    if not _SLOT.fullmatch(name) or not 1 <= int(name) <= MAX_NUMBER:
        return None
    return int(name)


def token_folder(token: bytes) -> str:
    """The folder of a token's rows."""
    return f"{INDEX}{token.hex()}/"


def row_key(token: bytes, place: int) -> str:
    """The key of an index row."""
    return f"{token_folder(token)}{_LAST_PLACE - place:016}"


def row_of_key(key: str) -> tuple[bytes, int] | None:
    """The token and place that a key in the index stands for; None for any other key."""
    match = _ROW.fullmatch(key.removeprefix(INDEX))
    return (bytes.fromhex(match[1]), _LAST_PLACE - int(match[2])) if match else None


def encode_hint(hint: Hint) -> bytes:
    """The bytes of ``index/head``."""
    return b"%d %d\n" % (hint.slot, hint.size)


def decode_hint(data: bytes | None) -> Hint | None:
    """The hint in these bytes; None for anything but one."""
    match = _HINT.fullmatch(data or b"")
    return Hint(int(match[1]), int(match[2])) if match else None
