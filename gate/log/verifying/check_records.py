"""The records of a chunk: signature, form, the signer's period.

What they say of the rest of the log is left for later checks, as ``facts``.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, TypeVar

from gate.errors import InconsistentError
from gate.log.reading.keys import tokens_of
from gate.log.verifying.check_keys import KeyFacts
from gate.log.verifying.facts import (
    DEPLOYMENTS,
    EARLIER,
    EMERGENCIES,
    EVIDENCE,
    JUDGED,
    PLACE,
    TICKETS,
    TOKENS,
    UNREAD,
    Decided,
    DeploymentFact,
    EarlierFact,
    EmergencyFact,
    EvidenceFact,
    JudgedFact,
    TicketFact,
    Use,
    part_of,
)
from gate.log.verifying.findings import PRIOR, RECORD, Findings
from gate.log.verifying.known_tree import UNKNOWN, edge, joined
from gate.log.verifying.scope import Scope
from gate.model import PERMITTING
from gate.record.quick import QuickReader
from gate.record.summary import Judged, Settled, Summary, Text
from gate.tlog.paths import WIDTH

_Fact = TypeVar("_Fact", bound=tuple[Any, ...])

_PERMITTING = frozenset(kind.value for kind in PERMITTING)


class RecordChecks:
    """Checks the records of chunk ``number``, bundle by bundle."""

    def __init__(self, scope: Scope, number: int, findings: Findings) -> None:
        self._scope = scope
        self._number = number
        self._first = number * scope.chunk
        self._findings = findings
        self._reader = QuickReader(scope.signers)
        parts = scope.chunks
        self._deployments: list[list[DeploymentFact]] = [[] for _ in range(parts)]
        self._tickets: list[list[TicketFact]] = [[] for _ in range(parts)]
        self._earlier: list[list[EarlierFact]] = [[] for _ in range(parts)]
        self._evidence: list[list[EvidenceFact]] = [[] for _ in range(parts)]
        self._judged: list[JudgedFact] = []
        self._emergencies: list[EmergencyFact] = []
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
        scratch.put_facts(DEPLOYMENTS, number, self._deployments)
        scratch.put_facts(TICKETS, number, self._tickets)
        scratch.put_facts(EARLIER, number, self._earlier)
        scratch.put_facts(EVIDENCE, number, self._evidence)
        scratch.put_facts(JUDGED, number, [self._judged])
        scratch.put_facts(EMERGENCIES, number, [self._emergencies])
        scratch.put_numbers(UNREAD, number, self._unread)
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
        told = summary.told
        said: tuple[Any, ...] = ()
        use = None
        if isinstance(told, Judged):
            said = tuple(_decided(told, summary.at))
            if told.decision in _PERMITTING:
                use = tuple(_use(told, summary))
            self._note_decision(index, leaf, summary, told)
        elif isinstance(told, Settled):
            self._note_evidence(index, told.evidence)
            self._note_emergency(index, leaf, summary, told.review_by, tuple(told))
        elif told is not None:
            said = tuple(told)
            self._note_earlier(index, summary, summary.environment, outcome=told.outcome)
        key = f"{summary.service}\n{summary.environment}"
        self._part(self._deployments, key).append(
            DeploymentFact(  # without names, here and below: there are millions, and it is quicker
                *(index, leaf, key, summary.commit, summary.size, summary.prior, summary.kind),
                *(said, summary.emergencies),
            )
        )
        self._note_tickets(index, leaf, summary, use)

    def _note_tickets(
        self, index: int, leaf: bytes, summary: Summary, use: tuple[Any, ...] | None
    ) -> None:
        for ticket in dict.fromkeys(summary.tickets):
            link = _link_to(ticket, summary.prior_tickets) if summary.prior_tickets else "null"
            part = part_of(ticket, self._scope.chunks)  # most tickets are met once or twice
            self._tickets[part].append(TicketFact(index, leaf, ticket, summary.size, link, use))

    def _note_decision(self, index: int, leaf: bytes, summary: Summary, told: Judged) -> None:
        self._note_evidence(index, told.evidence)
        if told.review_by:
            self._note_emergency(index, leaf, summary, told.review_by, None)
        if told.tested is not None and told.decision in _PERMITTING:
            environment, within = told.tested
            self._note_earlier(index, summary, environment, within=within)

    def _note_earlier(
        self, index: int, summary: Summary, environment: str, *, outcome: str = "", within: int = 0
    ) -> None:
        self._earlier[part_of(summary.commit, self._scope.chunks)].append(
            EarlierFact(
                *(index, summary.service, summary.commit, environment, summary.at),
                *(outcome, summary.artifacts, within),
            )
        )

    def _note_evidence(self, index: int, digest: str) -> None:
        self._part(self._evidence, digest[:2]).append(EvidenceFact(digest, index))

    def _note_emergency(
        self, index: int, leaf: bytes, summary: Summary, due: str, review: tuple[Any, ...] | None
    ) -> None:
        self._emergencies.append(
            EmergencyFact(
                place=index,
                leaf=leaf.hex(),
                service=summary.service,
                environment=summary.environment,
                commit=summary.commit,
                at=summary.at,
                due=due,
                reviewed=review,
            )
        )

    def _part(self, parts: list[list[_Fact]], text: str) -> list[_Fact]:
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
            near = next(filter(None, parts), UNKNOWN)
            self._judged.append(JudgedFact(size, summary.root, near, []))
        # Those that were judged side by side follow one another.
        self._judged[-1].places.append(index)


def _decided(told: Judged, at: str) -> Decided:
    bound = told.reviewed and told.decision in _PERMITTING
    return Decided(
        *(told.decision, told.said, told.here, told.base, told.start, told.released),
        *(told.spooled, bound, at),
    )


def _link_to(ticket: str, linked: tuple[tuple[str, Text], ...]) -> Text:
    return next((link for one, link in linked if one == ticket), "null")


def _use(told: Judged, summary: Summary) -> Use:
    return Use(summary.environment, summary.commit, summary.at, told.not_reused, told.terms)


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
