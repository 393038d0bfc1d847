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
from typing import Any, NamedTuple

from gate.log.history.standing import one_too_many, same_range
from gate.log.history.track import Based, Track, start_from
from gate.log.history.uses import Uses
from gate.log.verifying.check_earlier import check_earlier
from gate.log.verifying.check_emergencies import Declared, check_emergencies, emergencies_of
from gate.log.verifying.check_records import DEPLOYMENTS, JUDGED, TICKETS
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
    for size, root, part, places in scope.scratch.chunk_facts(JUDGED, number):
        if tree.root_at(size, part).hex() != root:
            for index in places:
                _fault(findings, "prior", index, f"was judged at another log of size {size}")
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
    for index, leaf, ticket, size, prior, use in scope.scratch.facts(TICKETS, scope.chunks, part):
        links = known.get(ticket)
        if links is None:
            links = known[ticket] = _Links()
        if prior != links.newest(size):
            _fault_link(findings, index, size, prior, links, ("ticket", ticket))
        links.add(index, leaf)
        if use is not None:
            _check_use(findings, index, ticket, use, uses)


def _check_use(
    findings: Findings, index: int, ticket: str, use: tuple[Any, ...], uses: Uses
) -> None:
    """The ticket let no other commit in before this decision, or was approved anew since."""
    environment, commit, at, not_reused, terms = use
    if not_reused:
        last = uses.last_other(ticket, environment, commit)
        anew = dict(terms).get(ticket, "")
        if one_too_many(last, datetime.fromisoformat(anew) if anew else None):
            what = f"permits under {ticket!a}, which had let another commit into {environment}"
            _fault(findings, "history", index, f"{what} and was not approved anew since")
    uses.use(ticket, environment, commit, datetime.fromisoformat(at))


def _check_deployments(scope: Scope, part: int, findings: Findings, declared: Declared) -> None:
    known: dict[str, tuple[_Links, Track]] = {}
    for fact in scope.scratch.facts(DEPLOYMENTS, scope.chunks, part):
        index, leaf, key, commit, size, prior, kind, told, said = fact
        found = known.get(key)
        if found is None:
            found = known[key] = _Links(), Track()
        links, track = found
        if prior != links.newest(size):
            _fault_link(findings, index, size, prior, links, ("deployment", key))
        moved = links.reach(size)
        again = links.earlier(leaf, size) if moved else None
        if again is not None:
            what = f"is entry {again} once more: somebody had it appended a second time"
            _fault(findings, "history", index, what)
        links.add(index, leaf)
        if declared.of or said:
            check_emergencies(declared, findings, (index, key, size, told), said)
        if kind == "review":
            continue
        if kind == "decision":
            one = _Decided(*told)
            _check_judgement(findings, index, commit, size, one, track, moved=moved)
            base = base_of(one.base or one.said)[1]
            start = "" if track.started else _start(one)
            track.add(index, leaf, commit, one.decision, base, start)
        elif not _end(track, index, commit, *told):
            what = "is the outcome of no deployment that was permitted before it"
            _fault(findings, "history", index, what)


class _Decided(NamedTuple):
    """The part of ``summary.Judged`` that is held against a service's earlier records."""

    decision: str
    said: Text
    here: Text
    base: Text
    start: str
    released: bool
    spooled: bool
    bound: tuple[bool, str]


def _start(told: _Decided) -> str:
    """As ``track.start_of``, of a summary."""
    if not told.base or not told.released:
        return ""
    kind, commit = base_of(told.base)
    return start_from(kind, commit, told.start, released=told.released)


def _end(track: Track, index: int, commit: str, of: Text, outcome: str) -> bool:
    link = link_of(of)
    succeeded = outcome == DeploymentOutcome.SUCCEEDED
    return link is not None and track.end(index, link, commit, succeeded=succeeded)


def _check_judgement(
    findings: Findings,
    index: int,
    commit: str,
    size: int,
    told: _Decided,
    track: Track,
    *,
    moved: bool,
) -> None:
    """Check a decision; ``moved``: others came after the head that it was judged at."""
    below = min(size, index)
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


def _fault_base(findings: Findings, index: int, told: _Decided, base: Based) -> None:
    kind, commit = base_of(told.said)
    _fault(
        findings,
        "history",
        index,
        f"was judged from {_commit(commit)} ({kind}); the log says {_commit(base[1])} ({base[0]})",
    )


def _fault_link(
    findings: Findings, index: int, below: int, said: Text, links: _Links, key: Key
) -> None:
    if below > index:
        return  # named already: it speaks of entries after itself
    name = f"{key[0]} {key[1].replace(chr(10), ' in ')!a}"
    _fault(
        findings,
        "prior",
        index,
        f"links to {_entry(said)} as the newest of {name} before size {below}, which is "
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
