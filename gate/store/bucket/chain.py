"""Which commits count, and what follows from one that does.

Slots are judged in order. A slot that holds anything but a commit that extends the head before it
is void, for everyone and for ever: its object is never replaced, and all readers judge it by the
same bytes. Who signed the records in it, and witnesses, are not asked here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gate.errors import InconsistentError
from gate.frozen import dataclass
from gate.store.bucket.commits import Commit, decode_commit, sealed_message
from gate.store.contract import DIGEST, IndexRow, LogReader, token
from gate.tlog.checkpoint import Checkpoint
from gate.tlog.errors import ProofError
from gate.tlog.merkle import EMPTY_ROOT, Frontier, frontier_from, leaf_hash
from gate.tlog.tile import Read, TreeReader, plan_tiles

_PARTIAL = ".p/"


class VoidError(InconsistentError):
    """A slot that holds no commit of this log; the message says why."""


@dataclass(frozen=True, slots=True)
class Tip:
    """The head that the commit at ``slot`` made: ``note``, which speaks of ``size`` and ``root``.

    ``frontier`` is that of its tree, where it is known.
    """

    slot: int
    note: bytes
    size: int
    root: bytes
    frontier: Frontier | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A commit, and all that is derived from it and has to be published.

    ``objects`` are tiles and bundles by path; ``obsolete`` are partial ones that these replace.
    """

    tip: Tip
    objects: Mapping[str, bytes]
    obsolete: tuple[str, ...]
    rows: tuple[IndexRow, ...]


def open_commit(slot: int, data: bytes, reader: LogReader) -> tuple[Commit, Tip]:
    """The commit in ``data``, which was found at ``slot``, as far as it can be judged by itself.

    Raises ``VoidError`` unless it is one of this log's.
    """
    try:
        commit = decode_commit(data)
        head = reader.open_head(commit.checkpoint)
    except InconsistentError as error:
        raise VoidError(error.message) from None
    if commit.slot != slot:
        raise VoidError(f"it was made for slot {commit.slot}")
    if head.size != commit.size + len(commit.entries):
        raise VoidError("its checkpoint speaks of another number of entries")
    message = sealed_message(slot, commit.size, commit.root, head)
    if reader.sealed_by(message, commit.seal) != reader.generation(commit.checkpoint):
        raise VoidError("it is not sealed by the log's key for this slot")
    return commit, Tip(slot, commit.checkpoint, head.size, head.root)


def judge(before: Tip | None, slot: int, data: bytes, reader: LogReader) -> tuple[Commit, Tip]:
    """The commit at ``slot`` and the tip that it makes of ``before``, whose frontier is known.

    ``before`` is None for the first. Raises ``VoidError`` unless it extends ``before``.
    """
    commit, tip = open_commit(slot, data, reader)
    size, root = (before.size, before.root) if before else (0, EMPTY_ROOT)
    if (commit.size, commit.root) != (size, root):
        raise VoidError(f"it does not extend the head of {size} entries before it")
    older = before.note if before else b""  # none where commits are missing: `examine` goes on
    if older and reader.generation(tip.note) < reader.generation(older):
        raise VoidError("it is signed by a key that had been replaced before it")
    if (before is None) != (not commit.entries):
        raise VoidError("only the first commit has no entries, and it must have none")
    old = Frontier.empty() if before is None else before.frontier
    if old is None:
        raise AssertionError("judged without the tree before it")
    frontier = old.extend(leaf_hash(entry) for entry in commit.entries)
    if frontier.root() != tip.root:
        raise VoidError("its entries do not make the root that its checkpoint speaks of")
    return commit, replace(tip, frontier=frontier)


def with_frontier(tip: Tip, read: Read) -> Tip:
    """``tip`` with its frontier, from the stored tiles.

    Raises ``ProofError`` where these do not make its root, and what ``TreeReader`` raises.
    """
    if tip.frontier is not None:
        return tip
    frontier = frontier_from(tip.size, TreeReader(read, tip.size).node)
    if frontier.root() != tip.root:
        raise ProofError(f"the stored tiles do not make the root at size {tip.size}")
    return replace(tip, frontier=frontier)


def derive(before: Tip | None, commit: Commit, tip: Tip, read: Read, reader: LogReader) -> Step:
    """What has to be published of ``commit``, which ``judge`` let pass.

    The same commit gives the same bytes whoever derives them. Raises what ``plan_tiles`` raises.
    """
    if before is None:
        return Step(tip, {}, (), ())
    tiles = plan_tiles(before.size, read, commit.entries, old_root=before.root)
    return Step(tip, tiles.objects, tiles.obsolete, _rows(before.size, commit.entries, reader))


def _rows(first: int, entries: Sequence[bytes], reader: LogReader) -> tuple[IndexRow, ...]:
    return tuple(_row(first + n, entry, reader) for n, entry in enumerate(entries))


def _row(place: int, entry: bytes, reader: LogReader) -> IndexRow:
    try:
        return reader.row_of(place, entry)
    except InconsistentError:
        # No record, and in the log all the same: found by its digest, and named by `log verify`.
        return IndexRow(place, (token(DIGEST, hashlib.sha256(entry).hexdigest()),))


def without_partials(earlier: Step, later: Step) -> Step:
    """``earlier`` without the partial tiles that ``later`` has wider or full."""
    tiles = {path.partition(_PARTIAL)[0] for path in later.objects}
    kept = {
        path: data
        for path, data in earlier.objects.items()
        if _PARTIAL not in path or path.partition(_PARTIAL)[0] not in tiles
    }
    return replace(earlier, objects=kept)


def opened(note: bytes | None, reader: LogReader) -> Checkpoint | None:
    """The checkpoint in ``note``; None for what the log's key did not sign."""
    if note is None:
        return None
    try:
        return reader.open_head(note)
    except InconsistentError:
        return None
