"""Every record of a log: signature, form, place in history, links.

One pass in log order. What a record says of history is compared with what the entries before it
say: at the head it was judged at, it must have told the truth; and a decision that permits must
hold at its own place too, or a denial would stand there instead of it.
"""

from __future__ import annotations

from bisect import bisect_left

from gate.errors import InconsistentError
from gate.log.findings import Findings
from gate.log.history import add_to
from gate.log.keys import COMMIT, keys_of, prior_of
from gate.log.source import Hit
from gate.log.standing import reused, same_base
from gate.log.track import Track
from gate.log.trust import Trust
from gate.log.uses import Uses
from gate.model import PERMITTING, Base, EntryLink
from gate.record.predicates import HERE
from gate.record.statement import DecisionRecord, OutcomeRecord, Record, open_record
from gate.store.contract import Key
from gate.tlog.merkle import Frontier, leaf_hash


class RecordChecks:
    """Checks records handed over in log order."""

    def __init__(self, trust: Trust, findings: Findings) -> None:
        self._signers = trust.signers
        self._findings = findings
        self._leaves: list[bytes] = []
        self._roots = [Frontier.empty().root()]  # at every size
        self._frontier = Frontier.empty()
        self._tracks: dict[Key, Track] = {}
        self._places: dict[Key, list[int]] = {}
        self._uses = Uses()

    def check(self, index: int, entry: bytes) -> Record | None:
        """Check the record in ``entry``, the next one; None if it cannot be read."""
        leaf = leaf_hash(entry)
        record = self._open(index, entry)
        if record is not None:
            self._findings.count(record.kind)
        if isinstance(record, DecisionRecord | OutcomeRecord):
            self._check_links(index, record)
            self._check_history(index, leaf, record)
            for key in keys_of(record):
                if key[0] != COMMIT:
                    self._places.setdefault(key, []).append(index)
        self.skip(leaf)
        return record

    def skip(self, leaf: bytes) -> None:
        """Pass over an entry that is checked no further; b"" if not even its leaf is known."""
        self._leaves.append(leaf)
        self._frontier = self._frontier.extend([leaf or bytes(32)])
        self._roots.append(self._frontier.root())

    def _open(self, index: int, entry: bytes) -> Record | None:
        try:
            record, _ = open_record(entry, self._signers)
        except InconsistentError as error:
            self._findings.fault("record", f"entry {index}", f"entry {index}: {error.message}")
            return None
        if record.kind == "unknown":
            self._findings.note(
                "unknown",
                f"entry {index}",
                f"entry {index} is of a kind that this version does not know; only its signature "
                "was checked",
            )
        return record

    def _check_links(self, index: int, record: DecisionRecord | OutcomeRecord) -> None:
        judged = record.judged_at
        if judged.size > index:
            self._fault("prior", index, f"says it was judged at size {judged.size}, after itself")
            return
        if self._roots[judged.size].hex() != judged.root:
            self._fault("prior", index, f"was judged at another log of size {judged.size}")
            return
        for key in keys_of(record):
            prior = prior_of(record, key)
            if prior is None:
                continue
            newest = self._newest(key, prior.below)
            if prior.link != newest:
                kind, value = key[0], key[1].replace("\n", " in ")
                self._fault(
                    "prior",
                    index,
                    f"links to {_entry(prior.link)} as the newest of {kind} {value!a} before size "
                    f"{prior.below}, which is {_entry(newest)}",
                )

    def _newest(self, key: Key, below: int) -> EntryLink | None:
        places = self._places.get(key, [])
        at = bisect_left(places, below)
        if at == 0:
            return None
        return EntryLink(places[at - 1], self._leaves[places[at - 1]].hex())

    def _check_history(
        self, index: int, leaf: bytes, record: DecisionRecord | OutcomeRecord
    ) -> None:
        track = self._tracks.setdefault(keys_of(record)[0], Track())
        hit = Hit(EntryLink(index, leaf.hex()), record)
        if isinstance(record, OutcomeRecord):
            if not add_to(track, hit):
                self._fault(
                    "history", index, "is the outcome of no deployment that was permitted before it"
                )
            return
        below = min(record.judged_at.size, index)
        self._check_base(index, record, track.base(record.commit, below))
        here = [d.link.index for d in track.here(record.commit, below) if d.decision in PERMITTING]
        if tuple(here[-HERE:]) != record.history.here:
            self._fault("history", index, "does not name the earlier records of its commit here")
        present = track.base(record.commit, index)
        if record.decision in PERMITTING and not same_base(record, present):
            self._fault(
                "history",
                index,
                f"permits a range from {_commit(record.history.base.commit)}; at its place in the "
                f"log the range starts from {_commit(present.commit)}",
            )
        self._check_uses(index, record)
        add_to(track, hit)

    def _check_uses(self, index: int, record: DecisionRecord) -> None:
        """Its tickets let no other commit in before it, or were approved anew since."""
        environment, commit = record.environment, record.commit
        for ticket in reused(record, lambda t: self._uses.last_other(t, environment, commit)):
            self._fault(
                "history",
                index,
                f"permits under {ticket!a}, which had let another commit into {environment} and "
                "was not approved anew since",
            )
        self._uses.add(record)

    def _check_base(self, index: int, record: DecisionRecord, base: Base) -> None:
        said = record.history.base
        if (said.kind, said.commit or "", said.index) != (base.kind, base.commit, base.index):
            self._fault(
                "history",
                index,
                f"was judged from {_commit(said.commit)} ({said.kind}); the log says "
                f"{_commit(base.commit)} ({base.kind})",
            )

    def _fault(self, kind: str, index: int, what: str) -> None:
        self._findings.fault(kind, f"entry {index}", f"entry {index} {what}")


def _entry(link: EntryLink | None) -> str:
    return "none" if link is None else f"entry {link.index}"


def _commit(commit: str | None) -> str:
    return commit[:12] if commit else "the beginning"
