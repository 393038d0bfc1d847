"""An append, worked out: the objects to write, the index's rows, the next checkpoint.

Nothing is written here. The same head and entries give the same objects, so that whoever comes
after a crash writes over what it left.
"""

from __future__ import annotations

from collections.abc import Sequence

from gate.log.reading.keys import row_of
from gate.log.reading.view import LogView
from gate.log.writing.in_force import refuse_lost_key
from gate.store.contract import Plan
from gate.tlog.checkpoint import Checkpoint, sign_checkpoint
from gate.tlog.keys import Signer
from gate.tlog.tile import plan_tiles


def plan_append(
    view: LogView,
    entries: Sequence[bytes],
    signer: Signer,
    *,
    also: Sequence[Signer] = (),
    settled: Sequence[str] = (),
) -> Plan:
    """What to commit to append ``entries`` at the head of ``view``, signed by the log's key.

    ``also`` are further keys that sign the head, ``settled`` the digests of offers that then need
    not wait any longer. The stored tiles at the right edge are held against the head's root first:
    what was tampered with is not signed again. Entries that the index does not cover get their rows
    as well. Raises ``InconsistentError``, and ``ValueError`` for an entry that no log could hold,
    or for one that retires ``signer`` in any but the one right place (``in_force``).
    """
    refuse_lost_key(entries, signer, also)
    tiles = plan_tiles(view.size, view.store.read, entries, old_root=view.root)
    behind = range(view.covered(), view.size)
    rows = [row_of(index, view.entry(index)) for index in behind]
    rows += [row_of(view.size + n, entry) for n, entry in enumerate(entries)]
    head = Checkpoint(view.origin, tiles.frontier.size, tiles.frontier.root())
    return Plan(
        objects=tiles.objects,
        obsolete=tiles.obsolete,
        rows=tuple(rows),
        checkpoint=sign_checkpoint(head, [signer, *also]),
        entries=tuple(entries),
        settled=tuple(settled),
        seal=[signer, *also][-1].sign,
    )
