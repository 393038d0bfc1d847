"""The commits of an object store, every one, held against the log that readers see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gate.store.bucket.careful import Careful
from gate.store.bucket.chain import Tip, VoidError, judge, open_commit, opened
from gate.store.bucket.commits import Commit
from gate.store.bucket.layout import (
    COMMITS,
    HINT,
    PENDING,
    Hint,
    commit_key,
    decode_hint,
    digest_of_pending,
    slot_of,
)
from gate.store.contract import CHECKPOINT, LogReader, Oddity
from gate.tlog.merkle import Frontier, leaf_hash

_AT_ONCE = 16

KIND = "commit"


class Examination:
    """Walks the slots of ``bucket`` in order; ``leaf`` gives the hashes of the ``size`` entries.

    Faults: a slot that is void or missing, a commit whose entries are not those that the layout
    shows, commits that do not reach the head, a ``checkpoint`` that is none. Notes: offers that
    wait, a hint that is behind or wrong, keys that nothing is kept under.
    """

    def __init__(
        self, bucket: Careful, reader: LogReader, size: int, leaf: Callable[[int], bytes]
    ) -> None:
        self._bucket = bucket
        self._reader = reader
        self._size = size
        self._leaf = leaf
        self._tip: Tip | None = None
        self._next = 1  # the slot that comes next
        self._sizes: Hint | None = None  # the newest commit

    def run(self) -> Iterator[Oddity]:
        """What does not fit, in the order of the slots."""
        slots: list[int] = []
        for key in self._bucket.keys(COMMITS):
            slot = slot_of(key)
            if slot is None:
                yield _note("stray", key, f"{key} is no commit's name; nobody reads it")
                continue
            slots.append(slot)
            if len(slots) == _AT_ONCE:
                yield from self._commits(slots)
                slots = []
        yield from self._commits(slots)
        reached = self._tip.size if self._tip else 0
        if reached < self._size:
            yield _fault(COMMITS, f"the commits reach {reached} entries, the head {self._size}")
        yield from self._derived()
        yield from self._offers()

    def _commits(self, slots: Sequence[int]) -> Iterator[Oddity]:
        def reading(slot: int) -> Callable[[], bytes | None]:
            return lambda: self._bucket.get(commit_key(slot))

        found = self._bucket.together([reading(slot) for slot in slots])
        for slot, data in zip(slots, found, strict=True):
            if slot != self._next or data is None:
                yield _fault(commit_key(self._next), f"{commit_key(self._next)} is missing")
                self._tip = None if data is None else self._resume(slot, data)
            self._next = slot + 1
            if data is not None:
                yield from self._commit(slot, data)

    def _commit(self, slot: int, data: bytes) -> Iterator[Oddity]:
        place = commit_key(slot)
        try:
            commit, tip = judge(self._tip, slot, data, self._reader)
        except VoidError as error:
            yield _fault(place, f"{place} is void, and writers passed over it: {error.message}")
            return
        self._tip = tip
        self._sizes = Hint(slot, tip.size)
        yield from self._entries(place, commit)

    def _entries(self, place: str, commit: Commit) -> Iterator[Oddity]:
        for index, entry in enumerate(commit.entries, commit.size):
            if index < self._size and leaf_hash(entry) != self._leaf(index):
                yield _fault(place, f"{place} has another entry {index} than the log's bundles")
                return

    def _resume(self, slot: int, data: bytes) -> Tip | None:
        """The head before ``slot`` by the log's leaves, where the slots before it are gone."""
        try:
            commit, _ = open_commit(slot, data, self._reader)
        except VoidError:
            return None
        if commit.size > self._size or not commit.entries:
            return None
        frontier = Frontier.empty().extend(self._leaf(n) for n in range(commit.size))
        return Tip(slot - 1, b"", commit.size, frontier.root(), frontier)

    def _derived(self) -> Iterator[Oddity]:
        note, hinted = self._bucket.together(
            [lambda: self._bucket.get(CHECKPOINT), lambda: self._bucket.get(HINT)]
        )
        if self._tip is None and note is None and hinted is None:
            return
        if opened(note, self._reader) is None:
            yield Oddity(
                note is not None, CHECKPOINT, CHECKPOINT, f"{CHECKPOINT} is {_none_signed(note)}"
            )
        hint = decode_hint(hinted)
        if hint is None:
            yield _note("hint", HINT, f"{HINT} is missing, or holds no hint")
        elif hint != self._sizes:
            yield _note("hint", HINT, f"{HINT} names slot {hint.slot}, not the newest one")

    def _offers(self) -> Iterator[Oddity]:
        for key in self._bucket.keys(PENDING):
            digest = digest_of_pending(key)
            told = "waits to be committed, or was left over" if digest else "is no offer's name"
            yield _note("pending", key, f"{key} {told}")


def _none_signed(note: bytes | None) -> str:
    return "missing" if note is None else "not a head that the log's key signed"


def _note(kind: str, place: str, message: str) -> Oddity:
    return Oddity(fault=False, kind=kind, place=place, message=message)


def _fault(place: str, message: str) -> Oddity:
    return Oddity(fault=True, kind=KIND, place=place, message=message)
