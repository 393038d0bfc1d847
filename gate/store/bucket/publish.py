"""Publishing commits: their tiles and index rows, and then the hint and ``checkpoint``.

Whoever publishes a commit writes the same bytes, so it may be done by several at once, halfway, and
again. Only what a commit makes needless is removed, and that may fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gate.errors import InconsistentError
from gate.store.bucket.careful import Careful
from gate.store.bucket.chain import Step, Tip, opened
from gate.store.bucket.layout import HINT, Hint, encode_hint, pending_key, row_key
from gate.store.bucket.objects import Objects
from gate.store.bucket.trail import Trail
from gate.store.contract import CHECKPOINT, LogReader, StoreError


class Publisher:
    """Writes what follows from the commits of ``trail`` into ``bucket``."""

    def __init__(self, bucket: Careful, objects: Objects, trail: Trail, reader: LogReader) -> None:
        self._bucket = bucket
        self._objects = objects
        self._trail = trail
        self._reader = reader

    def publish(
        self, settled: Sequence[str] = (), beside: Sequence[Callable[[], None]] = ()
    ) -> None:
        """Publish all commits that are not, and remove the ``settled`` offers.

        1. Tiles and rows, side by side; beside them list the partial tiles that become needless,
        and make the other requests ``beside``.
        2. The hint and ``checkpoint``, and remove those and the offers. Raises ``StoreError``, and
        ``InconsistentError`` where another object stands in the place of a tile.
        """
        tip, steps = self._trail.tip, self._trail.steps
        if tip is None or (tip.slot <= self._trail.published and not settled):
            return
        calls = [self._creating(path, data) for one in steps for path, data in one.objects.items()]
        calls += [
            self._writing(row_key(key, row.index))
            for step in steps
            for row in step.rows
            for key in row.tokens
        ]
        needless: list[str] = []
        calls += [self._finding(folder, needless) for folder in _needless_folders(steps)]
        self._bucket.together([*calls, *beside])  # 1
        self._bucket.together([*self._heading(tip), self._removing(settled, needless)])  # 2
        if not self._is_checkpoint(tip):
            self._trail.note = tip.note
        self._trail.mark_published(tip.slot)

    def make_room(self) -> None:
        """Publish so that it need not be held in memory.

        Only where hint and ``checkpoint`` are lost, or all that is derived from the commits.
        """
        try:
            self.publish()
        except StoreError as error:
            raise StoreError(
                f"too much of the log in {self._bucket.url} is not published: {error.message}",
                remedy="run `gate log reindex` as somebody who may write it; or, if its tiles are "
                f"there, put back a copy of {CHECKPOINT}, such as a receipt holds",
            ) from error

    def _heading(self, tip: Tip) -> list[Callable[[], None]]:
        hint = encode_hint(Hint(tip.slot, tip.size))
        calls: list[Callable[[], None]] = [lambda: self._bucket.put(HINT, hint)]
        if not self._is_checkpoint(tip):  # which may have more signatures than the commit's
            calls.append(lambda: self._bucket.put(CHECKPOINT, tip.note))
        return calls

    def _is_checkpoint(self, tip: Tip) -> bool:
        stored = opened(self._trail.note, self._reader)
        return stored is not None and (stored.size, stored.root) == (tip.size, tip.root)

    def _creating(self, path: str, data: bytes) -> Callable[[], None]:
        def create() -> None:
            if not self._bucket.create(path, data):
                raise InconsistentError(
                    f"{path} of {self._bucket.url} is not what the log's commits make",
                    remedy="somebody wrote it: keep a copy, find out who, delete it and run again",
                )

        return create

    def _writing(self, key: str) -> Callable[[], None]:
        # Not created: it is empty whoever writes it, and this takes one request also when it is
        # there already.
        return lambda: self._bucket.put(key, b"")

    def _finding(self, folder: str, found: list[str]) -> Callable[[], None]:
        return lambda: found.extend(self._bucket.keys(folder))

    def _removing(self, settled: Sequence[str], needless: Sequence[str]) -> Callable[[], None]:
        def remove() -> None:
            self._objects.forget(needless)
            try:
                self._bucket.delete([*map(pending_key, settled), *needless])
            except StoreError:
                # Refused or unsure: whoever commits next drops the offers by their digests, and a
                # partial tile too many is still right.
                return

        return remove


def _needless_folders(steps: Sequence[Step]) -> list[str]:
    """The folders of partial tiles whose full ones these commits write."""
    return sorted({path[: path.rindex("/") + 1] for step in steps for path in step.obsolete})
