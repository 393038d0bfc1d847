"""A log's head with the quorum of its witnesses, asked for where it is lacking.

Where the trust folder asks for no witness, every head is good as it is. Else a record counts as
appended only once a head that holds it has the quorum: this one, or a newer one that another writer
had cosigned meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from gate.errors import NotRecordedError
from gate.log.reading.trust import Trust
from gate.log.reading.view import LogView
from gate.log.witnesses.asking import Post
from gate.log.witnesses.cosigning import cosign_head
from gate.log.witnesses.witness import NewerHeadError
from gate.log.writing.queue import after_another
from gate.store.contract import Plan, Store
from gate.tlog.trust import NONE

ROUNDS = 20


def witnessed(
    store: Store,
    trust: Trust,
    view: LogView,
    *,
    post: Post | None = None,
    known: int = 0,
    pause: Callable[[float], None] = time.sleep,
) -> LogView:
    """``view``, or the log at a newer head, under a checkpoint that the quorum cosigned.

    ``post`` and ``known`` are as ``cosign_head`` takes them. The cosigned checkpoint takes the
    place of the store's, unless another was appended already, whose writer sees to its own.
    Raises ``NotRecordedError`` where the quorum cannot be had.
    """
    policy = trust.policy
    for _ in range(ROUNDS):
        _, note = policy.open_signed_note(view.checkpoint)
        if policy.quorum == NONE or policy.meets_quorum(policy.cosigned_by(note)):
            return view
        try:
            cosigned = cosign_head(store, trust, view, known=known, post=post)
        except NewerHeadError:
            pause(after_another())
            view = LogView(store, trust, quorum=False)
            continue
        store.commit(view.checkpoint, Plan({}, (), (), cosigned))
        return LogView(store, trust, head=cosigned)
    raise NotRecordedError(
        f"others appended to {store.url} each time before its head was cosigned",
        remedy="run again; the record is in the log, and needs a head that the quorum cosigned",
    )
