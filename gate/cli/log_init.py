"""``gate log init``: an empty log where the policy wants it, on a store that is fit for one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gate.cli.inputs import open_place
from gate.cli.options import shared
from gate.cli.printing import read_secrets, say
from gate.errors import OK, NotRecordedError

if TYPE_CHECKING:
    from gate.log.reading.trust import Trust
    from gate.place import Place
    from gate.store.contract import Store


@click.command("init")
@shared("config")
def init(config: str) -> int:
    """Make the policy's log, empty, with its first signed checkpoint. A log is never replaced.

    A bucket must first show that of sixteen who create one object exactly one wins. Where
    trust.policy asks for witnesses, they are asked to cosign the empty head; ends 12 if that fails,
    and then the log is there and `gate log sync` asks them again.
    """
    from gate.log.reading.trust import load_trust, require_log_key
    from gate.log.writing.create import init_log
    from gate.place import open_store
    from gate.record.signer import load_private_key
    from gate.tlog.note import Ed25519Signer

    place = open_place(config)
    key = load_private_key(read_secrets(os.environ).log_key, "GATE_LOG_KEY")
    signer = Ed25519Signer(place.policy.log.origin, key)
    trust = load_trust(place.trust, log=place.log)
    require_log_key(trust, signer)
    store = open_store(place, trust)
    _require_fit(store)
    checkpoint = init_log(store, signer.name, signer)
    say(f"made an empty log at {place.policy.log.url}; its head:")
    say(_cosigned(place, trust, store, checkpoint).decode())
    return OK


def _require_fit(store: Store) -> None:
    """``UsageError`` for a bucket that two writers could win."""
    from gate.store.bucket.store import ObjectStore

    if isinstance(store, ObjectStore):
        store.prove()


def _cosigned(place: Place, trust: Trust, store: Store, checkpoint: bytes) -> bytes:
    """The head with the quorum of its witnesses, where trust.policy wants one."""
    from gate.log.reading.view import LogView
    from gate.log.writing.witnessed import witnessed
    from gate.place import asking_witnesses

    with asking_witnesses(place, trust) as post:
        if post is None:
            return checkpoint
        view = LogView(store, trust, head=checkpoint, quorum=False)
        try:
            return witnessed(store, trust, view, post=post).checkpoint
        except NotRecordedError as error:
            raise NotRecordedError(
                f"the empty log at {place.policy.log.url} is made, and its head is not cosigned: "
                f"{error.message}",
                remedy=f"{error.remedy}; then run `gate log sync`, which asks the witnesses again",
            ) from error
