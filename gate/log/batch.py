"""What one commit appends: our own entry, and those that others left waiting.

Our own comes first, the others in the order of their digests. Each is judged again at its place,
after those before it. Offers that are no records of a trusted signer, or that do not fit this log,
stay where they are: whoever reads them next may trust other keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from gate.errors import InconsistentError, UsageError
from gate.frozen import dataclass
from gate.log.ahead import Ahead
from gate.log.source import HistorySource
from gate.log.trust import require_signed
from gate.log.view import LogView
from gate.record.canonical import digest_of
from gate.store.contract import DIGEST
from gate.tlog.merkle import frontier_from

LARGEST = 8 << 20
"""Bytes of the entries of one commit, about; more have to wait for the next."""

Rejudge: TypeAlias = Callable[[HistorySource, bytes], bytes]
"""(the log, an entry about to be appended) -> that entry, or what to log instead of it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What to append, in order, ours first; ``superseded`` if a denial stands for ours.

    ``settled`` are the digests of the offers that need not wait once this is committed.
    """

    entries: tuple[bytes, ...]
    settled: tuple[str, ...]
    superseded: bool


def as_it_is(_: HistorySource, entry: bytes) -> bytes:
    """The ``Rejudge`` of entries that depend on nothing else in the log."""
    return entry


def judge_batch(view: LogView, entry: bytes, waiting: Sequence[str], rejudge: Rejudge) -> Batch:
    """The batch of ``entry`` and the ``waiting`` offers at the head of ``view``.

    Raises what ``rejudge`` raises of ``entry``, and ``StoreError``.
    """
    own = digest_of(entry)
    logged = [rejudge(view, entry)]
    settled = [own]
    others = [digest for digest in waiting if digest != own]
    if not others:
        return Batch(tuple(logged), tuple(settled), logged[0] != entry)
    done, fresh = _divided(view, others)
    settled += done
    ahead: HistorySource = view
    frontier = frontier_from(view.size, view.node)
    size = len(logged[0])
    for digest, other in sorted(view.store.offered(fresh).items()):
        if size + len(other) > LARGEST:
            break
        step = Ahead(ahead, frontier, logged[-1])
        try:
            if digest_of(other) != digest:
                continue
            require_signed(view.trust, other)
            judged = rejudge(step, other)
        except (InconsistentError, UsageError):
            continue
        ahead, frontier = step, step.frontier
        logged.append(judged)
        settled.append(digest)
        size += len(other)
    return Batch(tuple(logged), tuple(settled), logged[0] != entry)


def _divided(view: LogView, digests: Sequence[str]) -> tuple[list[str], list[str]]:
    """Which of these offers are in the log already, and which are not."""
    view.store.prefetch(keys=[(kind, one) for one in digests for kind in (DIGEST, "replaces")])
    done = [one for one in digests if view.find_logged(one) is not None]
    return done, [one for one in digests if one not in set(done)]
