"""An append, worked out: the objects to write, the index's rows, the next checkpoint.

Nothing is written here. The same head and entries give the same objects, so that whoever comes
after a crash writes over what it left.
"""

from __future__ import annotations

from collections.abc import Sequence

from gate.log.in_force import retires
from gate.log.keys import peek, row_of
from gate.log.view import LogView
from gate.store.contract import Plan
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.keys import Signer
from gate.tlog.tile import plan_tiles


def plan_append(
    view: LogView, entries: Sequence[bytes], signer: Signer, also: Sequence[Signer] = ()
) -> Plan:
    """What to commit to append ``entries`` at the head of ``view``, signed by the log's key.

    ``also``: who else signs the head: the log's next key, where the present one is replaced.

    The stored tiles at the right edge are held against the head's root first: what was tampered
    with is not signed again. Entries that the index does not cover get their rows as well. Raises
    ``InconsistentError``, and ``ValueError`` for an entry that no log could hold, or for one that
    retires ``signer`` where nobody else signs: nobody could append to such a head any more.
    """
    if not also and any(retires(entry, signer) for entry in entries):
        raise ValueError("the log's key is replaced, and its next key does not sign")
    tiles = plan_tiles(view.size, view.store.read, entries, old_root=view.root)
    behind = range(min(view.store.indexed(), view.size), view.size)
    rows = [row_of(index, entry, peek(entry)) for index in behind for entry in [view.entry(index)]]
    rows += [row_of(view.size + n, entry, peek(entry)) for n, entry in enumerate(entries)]
    head = Checkpoint(view.origin, tiles.frontier.size, tiles.frontier.root())
    return Plan(tiles.objects, tiles.obsolete, tuple(rows), sign_checkpoint(head, [signer, *also]))
