"""When a merge request was last given another target, by GitLab's own notes and versions.

A note says so each time. A version of the head that was there already, shown from another commit
on, is what such a move leaves behind; it says so, too, where the target itself was rewritten.
"""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise

from gate.forges.gitlab.asking import Asking
from gate.forges.gitlab.parse import SystemNote, Version
from gate.forges.talk import Flow, side_by_side
from gate.model import Maybe, Problem

# The second is written where the old target was deleted, as after its own merge.
_MOVED = re.compile(r"changed target branch from |deleted the .*now targets the ", re.DOTALL)


def retargeted(source: Asking, number: int) -> Flow[Maybe[datetime | None]]:
    """The last time, None for never."""
    notes, versions = yield from side_by_side(source.notes_of(number), source.versions_of(number))
    if isinstance(notes, Problem):
        return notes
    if isinstance(versions, Problem):
        return versions
    return last_moved(notes, versions)


def last_moved(notes: tuple[SystemNote, ...], versions: tuple[Version, ...]) -> datetime | None:
    """The last time that either tells of; ``versions`` come newest first."""
    noted = [note.at for note in notes if _MOVED.match(note.body.strip())]
    shown = [
        newer.at
        for newer, older in pairwise(versions)
        if newer.head == older.head and newer.base != older.base
    ]
    return max((*noted, *shown), default=None)
