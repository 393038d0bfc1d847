"""The records of a chunk: signature, form, the signer's period.

What they say of the rest of the log is left in scratch files, in parts that can be checked apart:

=============  ===========================  ==============================================
name           part                         checked by
=============  ===========================  ==============================================
deployments    its service and environment  ``check_history``: links, ranges, outcomes
tickets        its ticket                   ``check_history``: links, uses
earlier        its commit                   ``check_earlier``: what ran elsewhere before
judged         (one)                        ``check_history``: the head it was judged at
tokens         (one)                        ``check_index``: what the index must hold
evidence       its evidence's digest        ``check_evidence``
emergencies    (one)                        ``check_emergencies``: which await their review
keys           (three of its own)           ``check_keys``
=============  ===========================  ==============================================
"""

from __future__ import annotations

import struct
from collections import Counter, deque
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final
from zlib import crc32

from gate.errors import InconsistentError
from gate.log.reading.keys import tokens_of
from gate.log.verifying.check_keys import KeyFacts
from gate.log.verifying.findings import PRIOR, RECORD, Findings
from gate.log.verifying.known_tree import UNKNOWN, edge, joined
from gate.log.verifying.scope import Scope
from gate.model import PERMITTING
from gate.record.quick import QuickReader
from gate.record.summary import Judged, Settled, Summary
from gate.tlog.paths import WIDTH

DEPLOYMENTS: Final = "deployments"
TICKETS: Final = "tickets"
EARLIER: Final = "earlier"
JUDGED: Final = "judged"
TOKENS: Final = "tokens"
UNREAD: Final = "unread"
EVIDENCE: Final = "evidence"
EMERGENCIES: Final = "emergencies"

_PERMITTING = frozenset(kind.value for kind in PERMITTING)

PLACE: Final = struct.Struct(">I")  # of a row of the index, counted from the chunk's first entry


def part_of(text: str, parts: int) -> int:
    """The part of the scratch files for what is known by ``text``, the same in every process."""
    return crc32(text.encode("utf-8", "surrogatepass")) % parts


class RecordChecks:
    """Checks the records of chunk ``number``, bundle by bundle."""

    def __init__(self, scope: Scope, number: int, findings: Findings) -> None:
        self._scope = scope
        self._number = number
        self._first = number * scope.chunk
        self._findings = findings
        self._reader = QuickReader(scope.signers)
        parts = scope.chunks
        self._deployments: list[list[Any]] = [[] for _ in range(parts)]
        self._tickets: list[list[Any]] = [[] for _ in range(parts)]
        self._earlier: list[list[Any]] = [[] for _ in range(parts)]
        self._evidence: list[list[Any]] = [[] for _ in range(parts)]
        self._judged: list[tuple[int, str, bytes, list[int]]] = []
        self._emergencies: list[Any] = []
        self._tokens: list[bytes] = []
        self._unread: list[int] = []
        self._parts: dict[str, int] = {}
        self._keys = KeyFacts()
        self._near: deque[_Near] = deque(maxlen=2)  # of this bundle and of the one before it

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
        self._near.append(_Near(first, rows))
        summaries = self._open_all(first, entries)
        digests = [sha256(entry).hexdigest() for entry in entries]
        for index, summary in enumerate(summaries, first):
            if summary is None:
                self._unread.append(index)
                continue
            place = PLACE.pack(index - self._first)
            self._tokens += (place.join(tokens_of(summary, digests[index - first])), place)
            self._keys.add(index, entries[index - first], summary)
            if summary.told is not None:
                self._note_links(index, leaves[index - first], summary)
                self._note_judged(index, summary)
        for kind, count in Counter(one.kind for one in summaries if one is not None).items():
            self._findings.count(kind, count)

    def finish(self) -> None:
        """Leave for later what the chunk told."""
        scratch, number = self._scope.scratch, self._number
        scratch.put_facts(f"{DEPLOYMENTS}-{number}", self._deployments)
        scratch.put_facts(f"{TICKETS}-{number}", self._tickets)
        scratch.put_facts(f"{EARLIER}-{number}", self._earlier)
        scratch.put_facts(f"{EVIDENCE}-{number}", self._evidence)
        scratch.put_facts(f"{JUDGED}-{number}", [self._judged])
        scratch.put_facts(f"{EMERGENCIES}-{number}", [self._emergencies])
        scratch.put_facts(f"{UNREAD}-{number}", [self._unread])
        self._keys.finish(scratch, number)
        scratch.put(f"{TOKENS}-{number}", [b"".join(self._tokens)])

    def _open_all(self, first: int, entries: Sequence[bytes]) -> list[Summary | None]:
        """The records of a bundle; None for one that cannot be read, which is a fault."""
        unsigned = max(0, min(self._scope.since - first, len(entries)))
        found = self._reader.read_quickly(entries[:unsigned])
        found += self._reader.open_quickly(entries[unsigned:])
        return [
            self._open(index, entries[index - first]) if summary is None else summary
            for index, summary in enumerate(found, first)
        ]

    def _open(self, index: int, entry: bytes) -> Summary | None:
        open_ = self._reader.read if index < self._scope.since else self._reader.open
        try:
            summary = open_(entry)
        except InconsistentError as error:
            place = f"entry {index}"
            self._findings.fault("record", place, f"{place}: {error.message}", (index, RECORD))
            return None
        if summary.kind == "unknown":
            place = f"entry {index}"
            what = "is of a kind that this version does not know; only its signature was checked"
            self._findings.note("unknown", place, f"{place} {what}", (index, RECORD))
        return summary

    def _note_links(self, index: int, leaf: bytes, summary: Summary) -> None:
        kind, at, service, environment, commit, tickets, size, _, prior, linked, *_ = summary
        told, artifacts, open_ = summary.told, summary.artifacts, summary.emergencies
        key = f"{service}\n{environment}"
        use = None
        if isinstance(told, Judged):
            decision, said, here, base, start, released, terms, not_reused, tested, *_ = told
            bound = (told.reviewed, at) if decision in _PERMITTING else (False, at)
            of: tuple[Any, ...] = (decision, said, here, base, start, released, told.spooled, bound)
            if decision in _PERMITTING:
                use = (environment, commit, at, not_reused, terms)
                if tested is not None:
                    after = (tested[0], at, "", artifacts, tested[1])
                    self._note_earlier(index, service, commit, after)
            evidence = told.evidence
            self._part(self._evidence, evidence[:2]).append((evidence, index))
            if told.review_by:
                due = told.review_by
                self._emergencies.append((index, leaf.hex(), service, commit, at, due, None))
        elif isinstance(told, Settled):
            of = ()
            self._part(self._evidence, told.evidence[:2]).append((told.evidence, index))
            review = (told.of, told.outcome, told.decided_at, told.late)
            due = told.review_by
            self._emergencies.append((index, leaf.hex(), service, commit, at, due, review))
        elif told is not None:
            of = tuple(told)
            ended = (environment, at, told.outcome, artifacts, 0)
            self._note_earlier(index, service, commit, ended)
        fact = (index, leaf, key, commit, size, prior, kind, of, open_)
        self._part(self._deployments, key).append(fact)
        for ticket in dict.fromkeys(tickets):
            link = (
                next((link for one, link in linked if one == ticket), "null") if linked else "null"
            )
            part = part_of(ticket, self._scope.chunks)  # most tickets are met once or twice
            self._tickets[part].append((index, leaf, ticket, size, link, use))

    def _note_earlier(
        self,
        index: int,
        service: str,
        commit: str,
        fact: tuple[str, str, str, tuple[str, ...], int],
    ) -> None:
        """An outcome, or what a decision counts on: "" for the outcome, and how long it counts."""
        part = part_of(commit, self._scope.chunks)
        self._earlier[part].append((index, service, commit, *fact))

    def _part(self, parts: list[list[Any]], text: str) -> list[Any]:
        part = self._parts.get(text)
        if part is None:
            part = self._parts[text] = part_of(text, self._scope.chunks)
        return parts[part]

    def _note_judged(self, index: int, summary: Summary) -> None:
        size = summary.size
        if size > index:
            self._findings.fault(
                "prior",
                f"entry {index}",
                f"entry {index} says it was judged at size {size}, after itself",
                (index, PRIOR),
            )
            return
        if not self._judged or self._judged[-1][:2] != (size, summary.root):
            parts = (near.root(size) for near in self._near)
            self._judged.append((size, summary.root, next(filter(None, parts), UNKNOWN), []))
        self._judged[-1][3].append(index)  # those that were judged side by side follow one another


class _Near:
    """The part of a root that is in a bundle at hand, which else would have to be read again."""

    def __init__(self, first: int, rows: Sequence[Sequence[bytes]]) -> None:
        self._first = first
        self._rows = rows
        self._known = all(rows[0])

    def root(self, size: int) -> bytes:
        """The root over the leaves below ``size`` in its bundle; ``UNKNOWN`` if not in this one."""
        inside = size - self._first
        if not 0 < inside < len(self._rows[0]) or not self._known:
            return UNKNOWN
        return joined(edge(self._rows, inside))
