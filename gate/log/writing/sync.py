"""Commits what a writer that did not come to its end left behind.

Every append does the same along the way; this is for a log to which nobody appends just now.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from gate.errors import NotRecordedError
from gate.frozen import dataclass
from gate.log.reading.trust import Trust, require_log_key
from gate.log.reading.view import LogView
from gate.log.witnesses.asking import Post
from gate.log.writing.append import ROUNDS, Pause
from gate.log.writing.batch import Batch, Rejudge, judge_batch
from gate.log.writing.in_force import require_in_force
from gate.log.writing.plan import plan_append
from gate.log.writing.queue import after_another
from gate.log.writing.reindex import catch_up
from gate.log.writing.witnessed import witnessed
from gate.store.contract import Plan, Store
from gate.tlog.keys import Signer


@dataclass(frozen=True, slots=True)
class Synced:
    """How many entries were committed, where the log stands, and which offers cannot be taken.

    ``refused`` are digests of offers that no trusted key signed, or that do not fit this log.
    """

    committed: int
    size: int
    checkpoint: bytes
    refused: tuple[str, ...]


def sync(
    store: Store,
    trust: Trust,
    signer: Signer,
    *,
    rejudge: Rejudge,
    pause: Pause = time.sleep,
    post: Post | None = None,
) -> Synced:
    """Commit what waits in ``store``, and have all of it readable; ``signer`` is the log's key.

    The head gets the cosignatures that it may lack; ``post`` asks the witnesses. Raises what
    ``append.append`` raises.
    """
    require_log_key(trust, signer)
    committed = 0
    for _ in range(ROUNDS):
        view = LogView(store, trust, quorum=False)
        require_in_force(view, signer)
        catch_up(view)
        waiting = store.waiting()
        batch = judge_batch(view, None, waiting, rejudge)
        if not store.commit(view.checkpoint, _plan(view, batch, signer)):
            pause(after_another())
            continue
        committed += len(batch.entries)
        if not batch.entries:
            view = witnessed(store, trust, view, post=post, pause=pause)
            return Synced(committed, view.size, view.checkpoint, _left(waiting, batch.settled))
    raise NotRecordedError(
        f"others appended to {store.url} first, {ROUNDS} times in a row", remedy="run again"
    )


def _plan(view: LogView, batch: Batch, signer: Signer) -> Plan:
    if batch.entries:
        return plan_append(view, batch.entries, signer, settled=batch.settled)
    return Plan({}, (), (), view.checkpoint, settled=batch.settled)


def _left(waiting: Sequence[str], settled: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in waiting if one not in set(settled))
