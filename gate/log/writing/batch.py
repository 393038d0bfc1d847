"""What one commit appends: our own entry, and those that others left waiting.

Our own comes first, the others in the order of their digests. Each is judged again at its place,
after those before it. Offers that are no records of a trusted signer, or that do not fit this log,
stay where they are: whoever reads them next may trust other keys. So does the end of a log key,
which only whoever replaces it can commit (``in_force``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from gate.errors import InconsistentError, UsageError
from gate.frozen import dataclass
from gate.log.reading.keys import keys_of, peek
from gate.log.reading.source import HistorySource
from gate.log.reading.trust import require_signed
from gate.log.reading.view import LogView
from gate.log.writing.ahead import Ahead
from gate.log.writing.in_force import ended_log_key
from gate.record.canonical import digest_of
from gate.store.contract import DIGEST, Key
from gate.tlog.merkle import frontier_from

LARGEST = 8 << 20
"""Bytes of the entries of one commit, about; more have to wait for the next."""

Rejudge: TypeAlias = Callable[[HistorySource, bytes], bytes]
"""(the log, an entry about to be appended) -> that entry, or what to log instead of it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What to append, in order, ours first if there is one.

    ``superseded``: a denial stands for ours.

    ``settled`` are the digests of the offers that need not wait once this is committed.
    """

    entries: tuple[bytes, ...]
    settled: tuple[str, ...]
    superseded: bool


def as_it_is(_: HistorySource, entry: bytes) -> bytes:
    """The ``Rejudge`` of entries that depend on nothing else in the log."""
    return entry


def judge_batch(
    view: LogView, entry: bytes | None, waiting: Sequence[str], rejudge: Rejudge
) -> Batch:
    """The batch of ``entry``, if it is given, and the ``waiting`` offers at the head of ``view``.

    Raises what ``rejudge`` raises of ``entry``, and ``StoreError``.
    """
    line = _Line(view, rejudge)
    own = None if entry is None else digest_of(entry)
    superseded = entry is not None and line.add(entry) != entry
    settled = [] if own is None else [own]
    others = [digest for digest in waiting if digest != own]
    done, fresh = _divided(view, others) if others else ([], [])
    settled += done
    offered = _readable(view, fresh) if fresh else {}
    for digest, other in sorted(offered.items()):
        if line.bytes + len(other) > LARGEST:
            break
        try:
            line.add(other)
        except (InconsistentError, UsageError):
            continue
        settled.append(digest)
    return Batch(tuple(line.entries), tuple(settled), superseded)


def _readable(view: LogView, digests: Sequence[str]) -> Mapping[str, bytes]:
    """Those of the offers that a trusted key signed; what judging them looks up is fetched."""
    found: dict[str, bytes] = {}
    keys: set[Key] = set()
    for digest, entry in view.store.offered(digests).items():
        try:
            require_signed(view.trust, entry)
        except (InconsistentError, UsageError):
            continue
        if digest_of(entry) != digest or ended_log_key(entry) is not None:
            continue  # the end of a log key is committed by whoever replaces it, and alone
        found[digest] = entry
        keys.update(keys_of(peek(entry)))
    view.store.prefetch(keys=sorted(keys))
    return found


class _Line:
    """Entries in a row at the head of ``view``, each judged after those before it."""

    def __init__(self, view: LogView, rejudge: Rejudge) -> None:
        self.entries: list[bytes] = []
        self.bytes = 0
        self._below: HistorySource = view
        self._frontier = frontier_from(view.size, view.node)
        self._rejudge = rejudge

    def add(self, entry: bytes) -> bytes:
        """Judge an entry at the end of the line; what is logged for it."""
        below, frontier = self._below, self._frontier
        if self.entries:
            below = Ahead(below, frontier, self.entries[-1])
            frontier = below.frontier
        judged = self._rejudge(below, entry)
        self._below, self._frontier = below, frontier
        self.entries.append(judged)
        self.bytes += len(judged)
        return judged


def _divided(view: LogView, digests: Sequence[str]) -> tuple[list[str], list[str]]:
    """Which of these offers are in the log already, and which are not."""
    view.store.prefetch(keys=[(DIGEST, one) for one in digests])
    done = [one for one in digests if view.find_logged(one) is not None]
    return done, [one for one in digests if one not in set(done)]
