"""What a log says of its keys, held against what the reader's trust folder says.

The folder decides whom to believe; the log only says when keys came and went, in records that a
record key signed. Where the two differ the reader is told. Faults are what contradicts itself:

- a record whose own time lies at or after the end that its key gave itself (``retired``, signed by
  the key that it retires; what another key says of it counts only as far as the folder agrees);
- a head that was signed, at a size at which the log had retired them, only by keys that were
  replaced: whoever holds an old key went on with it.

Notes are what the reader should know: keys that the folder does not name, ends that differ, a
record by a retired key that gives itself a time before its end and stands among records of after
it: it was long on its way, or its time is not true, which no log can tell apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from gate.frozen import dataclass
from gate.log.reading.trust import POLICY, SIGNERS, Trust
from gate.record.predicates import KeyAction, KeyPredicate, KeyRole
from gate.record.statement import KeyRecord, Record
from gate.record.times import format_time
from gate.tlog.keys import Verifier

LATE = timedelta(minutes=15)
"""How much later than a key's end its last records may reach the log without being told of."""


@dataclass(frozen=True, slots=True)
class KeyFinding:
    """Something about keys: the entry that it was seen at, a sentence, whether it is a fault."""

    index: int
    message: str
    fault: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """The last thing that the log said of a record key, and in which entry."""

    index: int
    key: KeyPredicate


@dataclass(frozen=True, slots=True)
class _End:
    """When a record key counts no more, as it said itself in an entry."""

    at: datetime
    index: int


class KeyChanges:
    """Takes the records of a log in its order. Remembers only keys that the trust folder names."""

    def __init__(self, trust: Trust) -> None:
        self._signers = trust.signers
        self._current = trust.policy.log
        self._log_keys = {one.public_key for one in (*trust.policy.replaced, self._current)}
        self._said: dict[str, _Said] = {}
        self._ends: dict[str, _End] = {}  # the earliest: a key cannot take its end back
        self._replaced: dict[bytes, int] = {}  # public key of a log key -> the first entry
        self._newest: datetime | None = None  # of the records seen, those of ended keys aside

    def see(self, index: int, record: Record, keyid: str) -> tuple[KeyFinding, ...]:
        """Take the record at ``index``, the next one, signed by ``keyid``; what is wrong with it.

        Its signature and its key's period by the trust folder are checked elsewhere.
        """
        found = self._held_to_its_end(index, record.at, keyid)
        if isinstance(record, KeyRecord):
            found += self._changed(index, record, keyid)
        return tuple(found)

    def see_time(self, index: int, at: datetime | None, keyid: str) -> tuple[KeyFinding, ...]:
        """As ``see``, for a record that is none of a key: its time is all that counts."""
        return tuple(self._held_to_its_end(index, at, keyid))

    def pass_over(self, newest: Mapping[str, datetime | None]) -> bool:
        """Take the next records, none of them of a key: by their signers, each one's latest time.

        False where one of the signers has ended: then nothing was taken, and each must be seen.
        """
        if not self._ends.keys().isdisjoint(newest):
            return False
        times = [self._newest, *newest.values()]
        self._newest = max((one for one in times if one is not None), default=None)
        return True

    def finish(self) -> tuple[KeyFinding, ...]:
        """Where the log's last word on a key and the trust folder differ. Notes only."""
        found = [one for said in self._said.values() for one in self._compared(said)]
        if self._current.public_key in self._replaced:
            index = self._replaced[self._current.public_key]
            found.append(
                _note(
                    index,
                    f"says that the log's key {_named(self._current)} was replaced, and {POLICY} "
                    "names no later one: get the new trust folder",
                )
            )
        return tuple(sorted(found, key=lambda one: one.index))

    def head_fault(self, size: int, signed_by: Collection[Verifier]) -> str:
        """Why a head of ``size``, signed by these trusted log keys, is none of the log; or "".

        To be asked after all records below ``size`` were seen. The folder's current key is never
        held to be retired: the folder decides.
        """
        ends = [(self._retired_below(size, key), key) for key in signed_by]
        known = [(index, key) for index, key in ends if index is not None]
        if not known or len(known) < len(ends):
            return ""
        index, key = known[-1]
        return (
            f"a head of {size} entries, signed only by {_named(key)}, which entry {index} says was "
            "replaced: somebody signs with the old key"
        )

    def _retired_below(self, size: int, key: Verifier) -> int | None:
        index = None if key == self._current else self._replaced.get(key.public_key)
        return index if index is not None and index < size else None

    def _held_to_its_end(self, index: int, at: datetime | None, keyid: str) -> list[KeyFinding]:
        end = self._ends.get(keyid)
        if end is None:
            if at is not None:
                self._newest = max(self._newest or at, at)
            return []
        if at is None or at >= end.at:
            gives = "no time" if at is None else f"{format_time(at)} as its time"
            what = f"gives {gives}, and its key {keyid} ended at {format_time(end.at)}"
            return [_fault(index, f"{what}, as entry {end.index} says")]
        if self._newest is not None and self._newest >= end.at + LATE:
            return [
                _note(
                    index,
                    f"gives {format_time(at)} as its time, before the end of its key {keyid}, and "
                    f"stands after a record of {format_time(self._newest)}: it was long on its "
                    "way, or somebody used the old key and an old time",
                )
            ]
        return []

    def _changed(self, index: int, record: KeyRecord, by: str) -> list[KeyFinding]:
        key = record.predicate
        retired = key.action is KeyAction.RETIRED
        if key.role is KeyRole.LOG and record.public_key in self._log_keys:
            if retired:
                self._replaced.setdefault(record.public_key, index)
        elif key.role is KeyRole.RECORD and self._signers.public_key(key.keyid) is not None:
            self._said[key.keyid] = _Said(index, key)
            if retired and by == key.keyid:
                self._end(_End(key.not_after or key.at, index), by)
        elif not retired:
            name = POLICY if key.role is KeyRole.LOG else SIGNERS
            return [
                _note(
                    index,
                    f"adds the {key.role} key {key.keyid}, which {name} does not name, so nothing "
                    "by it is believed: get the new trust folder from whoever runs the log; if "
                    f"they added no key, somebody else has the record key {by}",
                )
            ]
        return []

    def _end(self, end: _End, keyid: str) -> None:
        known = self._ends.get(keyid)
        if known is None or end.at < known.at:
            self._ends[keyid] = end

    def _compared(self, said: _Said) -> list[KeyFinding]:
        """The log's last word on a record key against the periods that the folder gives it."""
        key = said.key
        periods = [one for one in self._signers.entries if one.keyid == key.keyid]
        if key.action is KeyAction.ADDED:
            first = min(one.not_before for one in periods)
            if first >= key.not_before:
                return []
            differ = f"from {format_time(key.not_before)}, by {SIGNERS} from {format_time(first)}"
        else:
            end = key.not_after or key.at
            ends = [one.not_after for one in periods if one.not_after is not None]
            if len(ends) == len(periods) and max(ends) <= end:
                return []
            last = "for ever" if len(ends) < len(periods) else f"until {format_time(max(ends))}"
            differ = f"until {format_time(end)}, by {SIGNERS} {last}"
        what = f"says that the key {key.keyid} counts {differ}: get the new trust folder"
        return [_note(said.index, what)]


def _fault(index: int, what: str) -> KeyFinding:
    return KeyFinding(index, f"entry {index} {what}", fault=True)


def _note(index: int, what: str) -> KeyFinding:
    return KeyFinding(index, f"entry {index} {what}", fault=False)


def _named(key: Verifier) -> str:
    return f"{key.name}+{key.key_id.hex()}"
