"""Appending a record: head, judge again, plan, commit; from the top where another was first.

The receipt that is returned was read back from the store and verified like anybody's: a record is
in the log when the log says so, not when a write said it went well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from gate.errors import InconsistentError, NotRecordedError
from gate.frozen import dataclass
from gate.log.in_force import require_in_force
from gate.log.plan import plan_append
from gate.log.trust import Trust, require_log_key, require_signed
from gate.log.view import LogView
from gate.model import EntryLink
from gate.record.canonical import digest_of
from gate.store.contract import Store
from gate.tlog.keys import Signer
from gate.tlog.merkle import leaf_hash
from gate.tlog.proof import TlogProof

ROUNDS = 50
"""How often to try. Writers wait for the store's lock, so even one lost round is rare."""

Rejudge: TypeAlias = Callable[[LogView, bytes], bytes]
"""(the log, an entry about to be appended) -> that entry, or what to log instead of it."""


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


def as_it_is(_: LogView, entry: bytes) -> bytes:
    """The ``Rejudge`` of entries that depend on nothing else in the log."""
    return entry


def append(
    store: Store,
    trust: Trust,
    signer: Signer,
    entry: bytes,
    *,
    rejudge: Rejudge = as_it_is,
    also: Sequence[Signer] = (),
) -> Appended:
    """Append the record ``entry`` (a DSSE envelope); ``signer`` is the log's key.

    ``also`` sign the head that holds it, too: the log's next key where ``entry`` retires this one.

    An entry that is in the log already gives its receipt again. Raises ``UsageError`` before
    anything is written if a key is not the trusted one, ``NotRecordedError`` if the record is not
    durably in the log, or is not known to be, ``InconsistentError`` if the log is broken.
    """
    require_log_key(trust, signer)
    require_signed(trust, entry)
    for _ in range(ROUNDS):
        view = LogView(store, trust)
        place = view.find_entry(digest_of(entry))
        if place is not None:
            return _appended(view, place, entry, superseded=False)
        require_in_force(view, signer)
        logged = rejudge(view, entry)
        plan = plan_append(view, [logged], signer, also)
        if store.commit(view.checkpoint, plan):
            return _appended(LogView(store, trust), view.size, logged, superseded=logged != entry)
    raise NotRecordedError(
        f"not recorded: others appended to {store.url} first, {ROUNDS} times in a row",
        remedy="run again; if it stays, see who writes to this log so often",
    )


def _appended(view: LogView, index: int, entry: bytes, *, superseded: bool) -> Appended:
    if index >= view.size or view.entry(index) != entry:
        raise InconsistentError(
            f"{view.store.url} does not hold entry {index} as it was committed a moment ago",
            remedy="somebody changes the log beside gate: find out who, before anything else",
        )
    return Appended(index, entry, view.prove(index), superseded, view.origin)
