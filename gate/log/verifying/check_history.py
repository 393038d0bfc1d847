"""What records say of the records before them, held against those.

A record links to the newest one before it of its service and environment, and of each of its
tickets, and lists the emergencies of its service that await their review. At the head it was judged
at it must have told the truth; and a decision that permits must hold at its own place too, or a
denial would stand there instead of it.

All that belongs together comes from the scratch files in log order, so it is gone through once, as
it came to be: by ``Track`` for a service and environment, by ``Uses`` for a ticket.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from datetime import datetime

from gate.log.history.standing import one_too_many, same_range
from gate.log.history.track import Based, Track, start_from
from gate.log.history.uses import Uses
from gate.log.verifying.check_earlier import check_earlier
from gate.log.verifying.check_emergencies import Declared, check_emergencies, emergencies_of
from gate.log.verifying.facts import (
    DEPLOYMENTS,
    JUDGED,
    TICKETS,
    Decided,
    DeploymentFact,
    TicketFact,
    Use,
)
from gate.log.verifying.findings import HISTORY, PRIOR, Findings
from gate.log.verifying.known_tree import HASH, TreeSummary
from gate.log.verifying.scope import Scope
from gate.model import PERMITTING
from gate.record.predicates import HERE, DeploymentOutcome
from gate.record.summary import Text, base_of, base_text, here_text, link_of, link_text
from gate.store.contract import Key

_PERMITTING = frozenset(kind.value for kind in PERMITTING)


def check_history(scope: Scope, part: int) -> Findings:
    """Check all records of the deployments and of the tickets that are in ``part``."""
    findings = Findings()
    _check_deployments(scope, part, findings, emergencies_of(scope))
    _check_tickets(scope, part, findings)
    check_earlier(scope, part, findings)
    return findings


def check_judged(scope: Scope, number: int, summary: TreeSummary) -> Findings:
    """Check that the heads which records of chunk ``number`` were judged at once were."""
    findings = Findings()
    tree = summary.over(scope.store.read)
    for fact in scope.scratch.chunk_facts(JUDGED, number):
        if tree.root_at(fact.size, fact.part).hex() != fact.root:
            for index in fact.places:
                _fault(findings, "prior", index, f"was judged at another log of size {fact.size}")
    return findings


class _Links:
    """The records of one key so far, for the links to them: 40 bytes for each."""

    def __init__(self) -> None:
        self._places = array("Q")
        self._leaves = bytearray()

    def add(self, index: int, leaf: bytes) -> None:
        self._places.append(index)
        self._leaves += leaf

    def newest(self, below: int) -> Text:
        """The link to the newest one before ``below``."""
        at = bisect_left(self._places, below) if self.reach(below) else len(self._places)
        if not at:
            return "null"
        return link_text(self._places[at - 1], self._leaves[(at - 1) * HASH : at * HASH].hex())

    def reach(self, size: int) -> bool:
        """Whether there is one at ``size`` or after it."""
        return bool(self._places) and self._places[-1] >= size

    def earlier(self, leaf: bytes, size: int) -> int | None:
        """Where this very entry stands already; one judged at ``size`` cannot before that."""
        at = self._leaves.find(leaf, bisect_left(self._places, size) * HASH)
        while at % HASH > 0 <= at:
            at = self._leaves.find(leaf, at + 1)
        return None if at < 0 else self._places[at // HASH]


def _check_tickets(scope: Scope, part: int, findings: Findings) -> None:
    known: dict[str, _Links] = {}
    uses = Uses()
    for fact in scope.scratch.facts(TICKETS, scope.chunks, part):
        ticket = fact.ticket
        links = known.get(ticket)
        if links is None:
            links = known[ticket] = _Links()
        if fact.prior != links.newest(fact.size):
            _fault_link(findings, fact, links, ("ticket", ticket))
        links.add(fact.place, fact.leaf)
        use = fact.use()
        if use is not None:
            _check_use(findings, fact.place, ticket, use, uses)


def _check_use(findings: Findings, index: int, ticket: str, use: Use, uses: Uses) -> None:
    """The ticket let no other commit in before this decision, or was approved anew since."""
    if use.not_reused:
        last = uses.last_other(ticket, use.environment, use.commit)
        anew = dict(use.terms).get(ticket, "")
        if one_too_many(last, datetime.fromisoformat(anew) if anew else None):
            what = f"permits under {ticket!a}, which had let another commit into {use.environment}"
            _fault(findings, "history", index, f"{what} and was not approved anew since")
    uses.use(ticket, use.environment, use.commit, datetime.fromisoformat(use.at))


def _check_deployments(scope: Scope, part: int, findings: Findings, declared: Declared) -> None:
    known: dict[str, tuple[_Links, Track]] = {}
    for fact in scope.scratch.facts(DEPLOYMENTS, scope.chunks, part):
        found = known.get(fact.key)
        if found is None:
            found = known[fact.key] = _Links(), Track()
        links, track = found
        if fact.prior != links.newest(fact.size):
            _fault_link(findings, fact, links, ("deployment", fact.key))
        moved = links.reach(fact.size)
        again = links.earlier(fact.leaf, fact.size) if moved else None
        if again is not None:
            what = f"is entry {again} once more: somebody had it appended a second time"
            _fault(findings, "history", fact.place, what)
        links.add(fact.place, fact.leaf)
        decided = fact.decided() if fact.kind == "decision" else None
        if declared.of or fact.emergencies:
            check_emergencies(declared, findings, fact, decided)
        if decided is not None:
            _check_judgement(findings, fact, decided, track, moved=moved)
            base = base_of(decided.base or decided.said)[1]
            start = "" if track.started else _start(decided)
            track.add(fact.place, fact.leaf, fact.commit, decided.decision, base, start)
        elif fact.kind == "outcome" and not _end(track, fact):
            what = "is the outcome of no deployment that was permitted before it"
            _fault(findings, "history", fact.place, what)


def _start(told: Decided) -> str:
    """As ``track.start_of``, of a summary."""
    if not told.base or not told.released:
        return ""
    kind, commit = base_of(told.base)
    return start_from(kind, commit, told.start, released=told.released)


def _end(track: Track, fact: DeploymentFact) -> bool:
    told = fact.ended()
    link = link_of(told.of)
    succeeded = told.outcome == DeploymentOutcome.SUCCEEDED
    return link is not None and track.end(fact.place, link, fact.commit, succeeded=succeeded)


def _check_judgement(
    findings: Findings, fact: DeploymentFact, told: Decided, track: Track, *, moved: bool
) -> None:
    """Check a decision; ``moved``: others came after the head that it was judged at."""
    index, commit = fact.place, fact.commit
    below = min(fact.size, index)
    base = track.based(commit, below)
    said = told.said == base_text(*base)
    if not said:
        _fault_base(findings, index, told, base)
    if told.here != here_text(track.permitted(commit, below, HERE)):
        _fault(findings, "history", index, "does not name the earlier records of its commit here")
    if told.decision not in _PERMITTING or (said and not moved) or told.spooled:
        return
    present = track.based(commit, index) if moved else base
    judged, judged_commit = base_of(told.said)
    if not same_range(judged, judged_commit, _start(told), present):
        _fault(
            findings,
            "history",
            index,
            f"permits a range from {_commit(judged_commit)}; at its place in the log the range "
            f"starts from {_commit(present[1])}",
        )


def _fault_base(findings: Findings, index: int, told: Decided, base: Based) -> None:
    kind, commit = base_of(told.said)
    _fault(
        findings,
        "history",
        index,
        f"was judged from {_commit(commit)} ({kind}); the log says {_commit(base[1])} ({base[0]})",
    )


def _fault_link(
    findings: Findings, fact: DeploymentFact | TicketFact, links: _Links, key: Key
) -> None:
    below = fact.size
    if below > fact.place:
        return  # named already: it speaks of entries after itself
    name = f"{key[0]} {key[1].replace(chr(10), ' in ')!a}"
    _fault(
        findings,
        "prior",
        fact.place,
        f"links to {_entry(fact.prior)} as the newest of {name} before size {below}, which is "
        f"{_entry(links.newest(below))}",
    )


def _fault(findings: Findings, kind: str, index: int, what: str) -> None:
    step = PRIOR if kind == "prior" else HISTORY
    findings.fault(kind, f"entry {index}", f"entry {index} {what}", (index, step))


def _entry(said: Text) -> str:
    link = link_of(said)
    return "none" if link is None else f"entry {link[0]}"


def _commit(commit: str) -> str:
    return commit[:12] if commit else "the beginning"
