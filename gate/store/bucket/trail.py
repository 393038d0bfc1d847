"""The newest head of an object store, found from a hint and the commits after it.

The hint says up to which slot commits are published. What lies beyond it is judged here and derived
in memory, so that a reader who may write nothing sees the newest head and its tiles as well. The
hint and ``checkpoint`` are written after the fact, so they may be behind: a writer's late request
can even set them back. ``checkpoint`` is never ahead of the commits unless some were removed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gate.errors import InconsistentError
from gate.store.bucket.careful import Careful
from gate.store.bucket.chain import (
    Step,
    Tip,
    VoidError,
    derive,
    judge,
    open_commit,
    opened,
    with_frontier,
    without_partials,
)
from gate.store.bucket.layout import COMMITS, HINT, Hint, commit_key, decode_hint, slot_of
from gate.store.bucket.objects import Objects
from gate.store.contract import CHECKPOINT, LogReader
from gate.tlog.checkpoint import Checkpoint
from gate.tlog.tile import right_edge

_PROBES = 2  # slots looked at beyond the hint at once; most often the first of them is free
_MOST_PROBES = 32
_FAR = 64
"""Slots from which on the hint is followed instead of one's own way: they need not be read."""

MOST_UNPUBLISHED = 256 << 20
"""Bytes of tiles that are held in memory for want of somebody who published them."""

_LOOK = 256  # slots between looks at how many these are


class Trail:
    """The commits of one log as far as this process has followed them.

    ``tip`` is the newest head (None: no log), ``newest`` the last slot that is taken, ``steps`` the
    commits not known to be published, in order; ``published`` is the slot up to which they are.
    ``make_room`` is called on the way where more than ``most`` bytes of them are not.
    """

    make_room: Callable[[], None]

    def __init__(
        self, bucket: Careful, objects: Objects, reader: LogReader, most: int = MOST_UNPUBLISHED
    ) -> None:
        self.tip: Tip | None = None
        self.newest = 0
        self.published = 0
        self.steps: tuple[Step, ...] = ()
        self.note: bytes | None = None  # the object `checkpoint`, as it was last read or written
        self._bucket = bucket
        self._objects = objects
        self._reader = reader
        self._probed: dict[int, bytes | None] = {}
        self._most = most

    def refresh(self, beside: Sequence[Callable[[], None]] = ()) -> None:
        """Find the newest head; ``beside`` are other requests to make along with the second step.

        1. The hint and ``checkpoint``. 2. The commit that the hint names, the slots after it, and
        the right edge of its tree. 3. Further slots, until one is free. Raises ``StoreError``, and
        ``InconsistentError`` where tiles or ``checkpoint`` contradict the commits.
        """
        hinted, self.note = self._bucket.together(  # 1
            [lambda: self._bucket.get(HINT), lambda: self._bucket.get(CHECKPOINT)]
        )
        hint = decode_hint(hinted)
        leap = hint is not None and (self.tip is None or hint.slot > self.newest + _FAR)
        start = hint.slot if hint is not None and leap else self.newest
        probes = range(start + 1, start + 1 + _PROBES) if start else range(0)
        wanted = [commit_key(hint.slot), *right_edge(hint.size)] if hint and leap else []
        self._fetch(probes, wanted, beside)  # 2
        if leap and hint is not None:
            leap = self._leap(hint)
        if self.tip is None:
            self._recover()
        self._walk()  # 3
        if leap and self._is_behind():
            # Only a hint that lies leads to fewer entries than the log's key has signed for.
            self._recover()
            self._walk()
        if hint is not None and not leap:
            self._drop_published(hint)
        if self._is_behind():
            self._report_missing()

    def head(self) -> bytes | None:
        """The newest head, in the note with more signatures where there are two of it."""
        if self.tip is None:
            return None
        stored = opened(self.note, self._reader)
        if stored is not None and stored.size == self.tip.size:
            if stored.root != self.tip.root:
                raise InconsistentError(
                    f"two heads of {self.tip.size} entries in {self._bucket.url}, both signed by "
                    f"the log's key: {CHECKPOINT}, and {commit_key(self.tip.slot)}",
                    remedy="keep copies of both: they are evidence of a fork",
                )
            if self.note is not None and self.note.count(b"\n") > self.tip.note.count(b"\n"):
                return self.note
        return self.tip.note

    def overlay(self, path: str) -> bytes | None:
        """The tile or bundle at ``path`` of a commit that is not published yet."""
        for step in reversed(self.steps):
            if path in step.objects:
                return step.objects[path]
        return None

    def read(self, path: str) -> bytes | None:
        """The tile or bundle at ``path``."""
        data = self.overlay(path)
        return self._objects.read(path) if data is None else data

    def next_step(self, slot: int, data: bytes) -> Step:
        """What follows from the commit ``data`` at ``slot``; ``VoidError`` if nothing does."""
        if self.tip is not None:
            self.tip = with_frontier(self.tip, self.read)
        commit, tip = judge(self.tip, slot, data, self._reader)
        return derive(self.tip, commit, tip, self.read, self._reader)

    def take(self, step: Step) -> None:
        """Go on to the head that ``step`` makes.

        Partial tiles of the commit before it, if nobody published it, are passed over where these
        are wider: they are for readers of a ``checkpoint`` that nobody was shown. Who looked at
        that head by this object finds them in memory.
        """
        if self.steps:
            *earlier, last = self.steps
            shorter = without_partials(last, step)
            for path in last.objects.keys() - shorter.objects.keys():
                self._objects.keep(path, last.objects[path])
            self.steps = (*earlier, shorter)
        self.steps = (*self.steps, step)
        self.tip, self.newest = step.tip, step.tip.slot

    def mark_published(self, slot: int) -> None:
        """All up to ``slot`` can be read by everybody."""
        for step in self.steps:
            if step.tip.slot <= slot:
                for path, data in step.objects.items():
                    self._objects.keep(path, data)
        self.steps = tuple(step for step in self.steps if step.tip.slot > slot)
        self.published = max(self.published, slot)

    # ------------------------------------------------------------ on the way

    def _fetch(
        self, slots: Sequence[int], wanted: Sequence[str], beside: Sequence[Callable[[], None]]
    ) -> None:
        def read(key: str) -> Callable[[], bytes | None]:
            return lambda: self._objects.read(key)

        keys = [commit_key(slot) for slot in slots]
        keys += [key for key in wanted if not self._objects.has(key)]
        found = self._bucket.together([*map(read, keys), *beside])
        self._probed = dict(zip(slots, found, strict=False))

    def _leap(self, hint: Hint) -> bool:
        """Go on from the commit that the hint names; False where it leads nowhere."""
        data = self._objects.read(commit_key(hint.slot))
        try:
            if data is None:
                return False
            _, tip = open_commit(hint.slot, data, self._reader)
        except VoidError:
            return False
        if tip.size != hint.size or (self.tip is not None and tip.size <= self.tip.size):
            return False
        self._start(tip)
        return True

    def _start(self, tip: Tip | None) -> None:
        self.tip, self.newest, self.steps = tip, tip.slot if tip else 0, ()
        self.published = self.newest

    def _recover(self) -> None:
        """Without a hint: go on from the commit that made ``checkpoint``, else from the first."""
        self._probed = {}
        self._start(None)
        stored = opened(self.note, self._reader)
        if stored is None:
            if next(self._bucket.keys(COMMITS), None) is None:
                self._probed = {1: None}
            return
        slots = sorted(filter(None, map(slot_of, self._bucket.keys(COMMITS))), reverse=True)
        for at in range(0, len(slots), _MOST_PROBES):
            some = slots[at : at + _MOST_PROBES]
            self._fetch(some, (), ())
            for slot in some:
                tip = self._tip_at(slot)
                if tip is not None and (tip.size, tip.root) == (stored.size, stored.root):
                    self._start(tip)
                    self._probed = {}
                    return
        self._probed = {}

    def _tip_at(self, slot: int) -> Tip | None:
        data = self._probed.get(slot)
        if data is None:
            return None
        try:
            return open_commit(slot, data, self._reader)[1]
        except VoidError:
            return None

    def _walk(self) -> None:
        ahead = _PROBES
        while True:
            slot = self.newest + 1
            if slot not in self._probed:
                ahead = min(2 * ahead, _MOST_PROBES)
                self._fetch(range(slot, slot + ahead), (), ())
            data = self._probed.pop(slot)
            if data is None:
                self._probed = {}
                return
            try:
                step = self.next_step(slot, data)
            except VoidError:
                self.newest = slot  # no effect on the head; `examine` names it
            else:
                self.take(step)
            if slot % _LOOK == 0 and self._unpublished() > self._most:
                self.make_room()

    def _unpublished(self) -> int:
        return sum(len(data) for step in self.steps for data in step.objects.values())

    def _drop_published(self, hint: Hint) -> None:
        for step in self.steps:
            if (step.tip.slot, step.tip.size) == (hint.slot, hint.size):
                self.mark_published(hint.slot)
                return

    def _ahead(self) -> Checkpoint | None:
        stored = opened(self.note, self._reader)
        size = -1 if self.tip is None else self.tip.size
        return stored if stored is not None and stored.size > size else None

    def _is_behind(self) -> bool:
        return self._ahead() is not None

    def _report_missing(self) -> None:
        stored = self._ahead()
        raise InconsistentError(
            f"{CHECKPOINT} of {self._bucket.url} speaks of {stored.size if stored else 0} entries, "
            f"its {COMMITS} reach only {self.tip.size if self.tip else 0}",
            remedy="somebody removed commits: keep a copy of all there is, and find out who",
        )
