"""Appending a record: head, judge again, plan, commit; from the top where another was first.

The receipt that is returned was verified like anybody's against what the store now holds: a record
is in the log when the log says so, not when a write said it went well.

Where a store lets entries wait for whoever commits next, a writer offers its own first, and commits
those of others along with it: one commit then settles many, however many compete. A writer that
sees others before it steps back for a moment, since they will most likely settle its entry too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

from gate.errors import InconsistentError, NotRecordedError
from gate.frozen import dataclass
from gate.log.reading.trust import Trust, require_log_key, require_signed
from gate.log.reading.view import LogView
from gate.log.witnesses.asking import Post
from gate.log.writing.batch import Rejudge, as_it_is, judge_batch
from gate.log.writing.in_force import require_in_force, retires
from gate.log.writing.plan import plan_append
from gate.log.writing.queue import Queue
from gate.log.writing.reindex import catch_up
from gate.log.writing.witnessed import witnessed
from gate.model import EntryLink
from gate.record.canonical import digest_of
from gate.store.contract import CHECKPOINT, Plan, Store
from gate.tlog.keys import Signer
from gate.tlog.merkle import leaf_hash
from gate.tlog.proof import TlogProof

__all__ = ["Appended", "Rejudge", "append", "as_it_is"]

ROUNDS = 50
"""How often to try. Each lost round means that another writer came through."""

Pause: TypeAlias = Callable[[float], None]
"""Waits for so many seconds."""


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry in the log, and the proof of it.

    ``superseded``: what was to be appended no longer held at its place, and ``entry`` is the denial
    that was logged instead.
    """

    index: int
    entry: bytes
    proof: TlogProof
    superseded: bool
    origin: str

    @property
    def link(self) -> EntryLink:
        """The entry's place."""
        return EntryLink(self.index, leaf_hash(self.entry).hex())


def append(
    store: Store,
    trust: Trust,
    signer: Signer,
    entry: bytes,
    *,
    also: Sequence[Signer] = (),
    rejudge: Rejudge | None = None,
    pause: Pause = time.sleep,
    post: Post | None = None,
) -> Appended:
    """Append the record ``entry`` (a DSSE envelope); ``signer`` is the log's key.

    ``also`` are further keys that sign the new head: the log's next one, where ``entry`` retires
    this one, which is then committed alone. ``post`` asks the witnesses. Without ``rejudge`` the
    entry is appended as it is, and what others left waiting is left to those who can judge it.

    An entry that is in the log already gives its receipt again. Raises ``UsageError`` before
    anything is written if a key is not the trusted one, ``NotRecordedError`` if the record is not
    durably in the log, or is not known to be, ``InconsistentError`` if the log is broken.
    """
    require_log_key(trust, signer)
    require_signed(trust, entry)
    return _Appending(store, trust, signer, entry, also, rejudge, pause, post).run()


@dataclass(frozen=True, slots=True)
class _Appending:
    """One entry being appended; the fields are the arguments of ``append``."""

    store: Store
    trust: Trust
    signer: Signer
    entry: bytes
    also: Sequence[Signer]
    rejudge: Rejudge | None
    pause: Pause
    post: Post | None

    def run(self) -> Appended:
        """Offer it, and try until it is in the log, by us or by another writer."""
        digest = digest_of(self.entry)
        self.store.offer(self.entry)
        queue, rounds = Queue(digest), ROUNDS
        while rounds:
            began = time.monotonic()
            view = LogView(self.store, self.trust, quorum=False)
            if (appended := self._logged(view, digest)) is not None:
                return appended
            require_in_force(view, self.signer)
            alone = self.rejudge is None or retires(self.entry, self.signer)
            waiting = () if alone else self.store.waiting()
            look = time.monotonic() - began
            if (seconds := queue.step_back(view.checkpoint, waiting, look)) > 0:
                self.pause(seconds)
                continue
            rounds -= 1
            if (appended := self._commit(view, waiting)) is not None:
                return appended
        raise NotRecordedError(
            f"not recorded: others appended to {self.store.url} first, {ROUNDS} times in a row",
            remedy="run again; if it stays, see who writes to this log so often",
        )

    def _logged(self, view: LogView, digest: str) -> Appended | None:
        """The entry's receipt where it is in the log already."""
        found = view.find_logged(digest)
        if found is None:
            return None
        place, superseded = found
        logged = view.entry(place)
        view = witnessed(self.store, self.trust, view, post=self.post, pause=self.pause)
        return _appended(view, place, logged, superseded=superseded)

    def _commit(self, view: LogView, waiting: Sequence[str]) -> Appended | None:
        """Commit it, and those ``waiting`` along with it; None where another writer was first."""
        catch_up(view)
        batch = judge_batch(view, self.entry, waiting, self.rejudge or as_it_is)
        settled = batch.settled
        plan = plan_append(view, batch.entries, self.signer, also=self.also, settled=settled)
        if not self.store.commit(view.checkpoint, plan):
            return None
        place = view.size
        view = _read_back(self.store, self.trust, plan, place)
        view = witnessed(
            self.store, self.trust, view, post=self.post, known=place, pause=self.pause
        )
        return _appended(view, place, plan.entries[0], superseded=batch.superseded)


def _read_back(store: Store, trust: Trust, plan: Plan, index: int) -> LogView:
    """The log at the head just committed, if the store now shows that head or a later one."""
    if _shown_size(store, trust) >= index + len(plan.entries):
        view = LogView(store, trust, head=plan.checkpoint, quorum=False)
        if view.entry(index) == plan.entries[0]:
            return view
    raise InconsistentError(
        f"{store.url} does not hold entry {index} as it was committed a moment ago",
        remedy="somebody changes the log beside gate: find out who, before anything else",
    )


def _shown_size(store: Store, trust: Trust) -> int:
    present = store.read(CHECKPOINT)
    if present is None:
        return -1
    checkpoint, note = trust.policy.open_signed_note(present)
    trust.policy.require_current(note)
    return checkpoint.size


def _appended(view: LogView, index: int, entry: bytes, *, superseded: bool) -> Appended:
    """``entry`` at ``index``, proved by ``view``, which may be of a newer head than it was read at.

    That head must hold it there, too: a log that was forked, or written anew, has others.
    """
    if view.size <= index or view.entry(index) != entry:
        raise InconsistentError(
            f"{view.url} no longer holds entry {index} as it did a moment ago",
            remedy="somebody changes the log beside gate: find out who, before anything else",
        )
    return Appended(index, entry, view.prove(index), superseded, view.origin)
