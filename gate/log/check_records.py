"""The records of a chunk: signature, form, the signer's period.

What they say of the rest of the log is left in the spool, in parts that can be checked apart:

=============  ===========================  ==============================================
name           part                         checked by
=============  ===========================  ==============================================
deployments    its service and environment  ``check_history``: links, ranges, outcomes
tickets        its ticket                   ``check_history``: links, uses
judged         (one)                        ``check_history``: the head it was judged at
tokens         (one)                        ``check_index``: what the index must hold
evidence       its evidence's digest        ``check_evidence``
keys           (three of its own)           ``check_keys``
emergencies    (one)                        ``check_history``: which await their review
=============  ===========================  ==============================================
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final
from zlib import crc32

from gate.errors import InconsistentError
from gate.log.check_keys import KeyFacts
from gate.log.findings import PRIOR, RECORD, Findings
from gate.log.keys import tokens_of
from gate.log.known_tree import UNKNOWN, edge, joined
from gate.log.scope import Scope
from gate.record.quick import QuickReader
from gate.record.summary import Ended, Judged, Settled, Summary
from gate.tlog.paths import WIDTH

DEPLOYMENTS: Final = "deployments"
TICKETS: Final = "tickets"
JUDGED: Final = "judged"
TOKENS: Final = "tokens"
UNREAD: Final = "unread"
EVIDENCE: Final = "evidence"
EMERGENCIES: Final = "emergencies"

PLACE: Final = struct.Struct(">I")  # of a row of the index, counted from the chunk's first entry


def part_of(text: str, parts: int) -> int:
    """The part of the spool for what is known by ``text``, the same in every process."""
    return crc32(text.encode("utf-8", "surrogatepass")) % parts


class RecordChecks:
    """Checks the records of one chunk, bundle by bundle."""

    def __init__(self, scope: Scope, findings: Findings) -> None:
        self._scope = scope
        self._findings = findings
        self._reader = QuickReader(scope.signers)
        parts = scope.chunks
        self._deployments: list[list[Any]] = [[] for _ in range(parts)]
        self._tickets: list[list[Any]] = [[] for _ in range(parts)]
        self._evidence: list[list[Any]] = [[] for _ in range(parts)]
        self._judged: list[Any] = []
        self._emergencies: list[Any] = []
        self._tokens: list[bytes] = []
        self._unread: list[int] = []
        self._parts: dict[str, int] = {}
        self._keys = KeyFacts()

    def check(
        self,
        n: int,
        entries: Sequence[bytes] | None,
        leaves: Sequence[bytes],
        rows: Sequence[Sequence[bytes]],
    ) -> None:
        """Check the records of bundle ``n``, whose tree is ``rows``; None: it cannot be read."""
        first = n * WIDTH
        if entries is None:
            self._unread += range(first, first + len(leaves))
            return
        kinds: Counter[str] = Counter()
        near = _Near(first, rows)
        for index, entry in enumerate(entries, first):
            summary = self._open(index, entry)
            if summary is None:
                self._unread.append(index)
                continue
            kinds[summary.kind] += 1
            self._keys.add(index, entry, summary)
            place = PLACE.pack(index % self._scope.chunk)
            for one in tokens_of(summary, sha256(entry).hexdigest()):
                self._tokens += (one, place)
            if summary.told is not None:
                self._note_links(index, leaves[index - first].hex(), summary)
                self._note_judged(index, summary, near)
        for kind, count in kinds.items():
            self._findings.count(kind, count)

    def finish(self, number: int) -> None:
        """Leave in the spool what chunk ``number`` told."""
        spool = self._scope.spool
        spool.put_facts(f"{DEPLOYMENTS}-{number}", self._deployments)
        spool.put_facts(f"{TICKETS}-{number}", self._tickets)
        spool.put_facts(f"{EVIDENCE}-{number}", self._evidence)
        spool.put_facts(f"{JUDGED}-{number}", [self._judged])
        spool.put_facts(f"{EMERGENCIES}-{number}", [self._emergencies])
        spool.put_facts(f"{UNREAD}-{number}", [self._unread])
        self._keys.finish(spool, number)
        spool.put(f"{TOKENS}-{number}", [b"".join(self._tokens)])

    def _open(self, index: int, entry: bytes) -> Summary | None:
        try:
            if index < self._scope.since:
                summary = self._reader.read(entry)
            else:
                summary = self._reader.open(entry)
        except InconsistentError as error:
            place = f"entry {index}"
            self._findings.fault("record", place, f"{place}: {error.message}", (index, RECORD))
            return None
        if summary.kind == "unknown":
            place = f"entry {index}"
            what = "is of a kind that this version does not know; only its signature was checked"
            self._findings.note("unknown", place, f"{place} {what}", (index, RECORD))
        return summary

    def _note_links(self, index: int, leaf: str, summary: Summary) -> None:
        kind, at, service, environment, commit, tickets, size, _, prior, linked, told, open_ = (
            summary
        )
        key = f"{service}\n{environment}"
        fact = (index, leaf, key, at, commit, size, prior, kind, tuple(told or ()), open_)
        self._deployments[self._part(key)].append(fact)
        use = (environment, commit, at, *self._use(told))
        for ticket in dict.fromkeys(tickets):
            link = next((one[1:] for one in linked if one[0] == ticket), None) if linked else None
            part = part_of(ticket, self._scope.chunks)  # most tickets are met once or twice
            self._tickets[part].append((index, leaf, ticket, size, link, *use))
        if isinstance(told, Judged | Settled):
            self._evidence[self._part(told.evidence[:2])].append((told.evidence, index))
            self._note_emergency(index, leaf, summary, told)

    def _note_emergency(
        self, index: int, leaf: str, summary: Summary, told: Judged | Settled
    ) -> None:
        if isinstance(told, Settled):
            review = (told.of_index, told.of_leaf, told.outcome)
            self._emergencies.append((index, leaf, summary.service, summary.commit, "", review))
        elif told.review_by:
            due = told.review_by
            self._emergencies.append((index, leaf, summary.service, summary.commit, due, None))

    @staticmethod
    def _use(
        told: Judged | Ended | Settled | None,
    ) -> tuple[str, bool, tuple[tuple[str, str], ...]]:
        """What a record decided of its tickets ("" for an outcome), and what it counted on."""
        if isinstance(told, Judged):
            return told.decision, told.not_reused, told.anew
        return "", False, ()

    def _part(self, text: str) -> int:
        part = self._parts.get(text)
        if part is None:
            part = self._parts[text] = part_of(text, self._scope.chunks)
        return part

    def _note_judged(self, index: int, summary: Summary, near: _Near) -> None:
        size = summary.size
        if size > index:
            self._findings.fault(
                "prior",
                f"entry {index}",
                f"entry {index} says it was judged at size {size}, after itself",
                (index, PRIOR),
            )
            return
        self._judged.append((index, size, summary.root, near.root(size)))


class _Near:
    """The part of a root that is in the bundle at hand, which else would have to be read again."""

    def __init__(self, first: int, rows: Sequence[Sequence[bytes]]) -> None:
        self._first = first
        self._rows = rows
        self._known = all(rows[0])

    def root(self, size: int) -> bytes:
        """The root over the leaves of this bundle below ``size``; ``UNKNOWN`` if there are none."""
        inside = size - self._first
        if inside <= 0 or not self._known:
            return UNKNOWN
        return joined(edge(self._rows, inside))
