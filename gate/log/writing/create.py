"""An empty log: a signed head of size 0, from which everything later must follow."""

from __future__ import annotations

from gate.errors import UsageError
from gate.store.contract import Plan, Store
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.keys import Signer
from gate.tlog.merkle import EMPTY_ROOT


def init_log(store: Store, origin: str, signer: Signer) -> bytes:
    """Make an empty log in ``store``; returns its checkpoint.

    ``signer`` is the log's key, named as its origin. Raises ``UsageError`` where there is a log, or
    what is left of one, ``StoreError`` where it cannot be written.
    """
    if signer.name != origin:
        raise UsageError(f"the log key is named {signer.name!a}, its origin {origin!a}")
    checkpoint = sign_checkpoint(Checkpoint(origin, 0, EMPTY_ROOT), [signer])
    if store.head() is None and next(store.names("tile/"), None) is not None:
        raise UsageError(
            f"{store.url} holds tiles of a log whose checkpoint is gone; nothing is overwritten",
            remedy="put back its checkpoint, or choose another place",
        )
    plan = Plan({}, (), (), checkpoint, seal=signer.sign)
    if store.head() is not None or not store.commit(None, plan):
        raise UsageError(
            f"there is a log at {store.url} already; a log is never replaced",
            remedy="use it, or choose another place",
        )
    return checkpoint
