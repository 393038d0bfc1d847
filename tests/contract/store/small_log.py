"""A log as small as a store's tests need it: entries of any bytes, found by keys of our choice.

Heads and tiles are true ones, since some stores look at what they are given to commit. What an
entry is found by stands in the entry itself: ``name kind=value kind=value`` in percent-encoding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import quote, unquote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.log.reading.reader import log_reader
from gate.store.contract import DIGEST, IndexRow, Key, LogReader, Plan, Store, token
from gate.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from gate.tlog.merkle import EMPTY_ROOT
from gate.tlog.note import Ed25519Signer
from gate.tlog.tile import plan_tiles

ORIGIN = "store.example/log"
KEY = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x21" * 32))
STRANGER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x22" * 32))


def entry(name: str, *keys: Key) -> bytes:
    """An entry with a name, found by its digest and by ``keys``."""
    words = [f"{quote(kind, safe='')}={quote(value, safe='')}" for kind, value in keys]
    return " ".join([quote(name), *words]).encode()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def row_of(index: int, data: bytes) -> IndexRow:
    """The row of an ``entry``."""
    keys = [word.split("=") for word in data.decode().split(" ")[1:]]
    tokens = {token(unquote(kind), unquote(value)) for kind, value in keys}
    return IndexRow(index, tuple(sorted({token(DIGEST, digest(data)), *tokens})))


_OWN = log_reader([KEY.verifier])
READER = LogReader(_OWN.open_head, _OWN.generation, _OWN.sealed_by, row_of)


def first(signer: Ed25519Signer = KEY) -> Plan:
    """The plan of an empty log."""
    head = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), [signer])
    return Plan({}, (), (), head, seal=signer.sign)


def plan(
    store: Store, *entries: bytes, head: bytes | None = None, signer: Ed25519Signer = KEY
) -> Plan:
    """What to commit to append ``entries`` at ``head``, else at the present head of ``store``."""
    head = store.head() if head is None else head
    assert head is not None
    old = open_checkpoint(head, [KEY.verifier])
    tiles = plan_tiles(old.size, store.read, entries, old_root=old.root)
    new = Checkpoint(ORIGIN, tiles.frontier.size, tiles.frontier.root())
    return Plan(
        objects=tiles.objects,
        obsolete=tiles.obsolete,
        rows=tuple(row_of(old.size + n, one) for n, one in enumerate(entries)),
        checkpoint=sign_checkpoint(new, [signer]),
        entries=tuple(entries),
        settled=tuple(digest(one) for one in entries),
        seal=signer.sign,
    )


def append(store: Store, *entries: bytes) -> None:
    """Append, alone on the store."""
    for one in entries:
        assert store.commit(store.head(), plan(store, one))


def size_of(head: bytes | None) -> int:
    """The size that a head speaks of."""
    assert head is not None
    return open_checkpoint(head, [KEY.verifier]).size


def read_entries(store: Store, size: int) -> list[bytes]:
    """The first ``size`` entries, from the newest bundles alone: what any C2SP reader does."""
    from gate.tlog.tile import TreeReader

    reader = TreeReader(store.read, size)
    return [reader.entry(index) for index in range(size)]


def names_of(plans: Sequence[Plan]) -> set[str]:
    """The paths that these plans write and none of them makes obsolete."""
    gone = {path for one in plans for path in one.obsolete}
    return {path for one in plans for path in one.objects} - gone
