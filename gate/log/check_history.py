"""What records say of the records before them, held against those.

A record links to the newest one before it of its service and environment, and of each of its
tickets, and lists the emergencies of its service that await their review. At the head it was judged
at it must have told the truth; and a decision that permits must hold at its own place too, or a
denial would stand there instead of it.

All that belongs together comes from the spool in log order, so it is gone through once, as it came
to be: by ``Track`` for a service and environment, by ``Uses`` for a ticket.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime
from typing import NamedTuple

from gate.log.check_records import DEPLOYMENTS, EMERGENCIES, JUDGED, TICKETS
from gate.log.emergencies import Emergencies, Open, overdue_at
from gate.log.findings import HISTORY, PRIOR, Findings
from gate.log.known_tree import TreeSummary
from gate.log.scope import Scope
from gate.log.standing import one_too_many, same_range
from gate.log.track import Decided, Track, start_from
from gate.log.uses import Uses
from gate.model import PERMITTING, Base, BaseKind, DecisionKind, EntryLink
from gate.record.predicates import HERE, DeploymentOutcome, ReviewOutcome
from gate.record.summary import Ended, Judged
from gate.store.contract import Key

_PERMITTING = frozenset(kind.value for kind in PERMITTING)


def check_history(scope: Scope, part: int) -> Findings:
    """Check all records of the deployments and of the tickets that are in ``part``."""
    findings = Findings()
    _check_deployments(scope, part, findings, _emergencies(scope))
    _check_tickets(scope, part, findings)
    return findings


def check_judged(scope: Scope, number: int, summary: TreeSummary) -> Findings:
    """Check that the heads which records of chunk ``number`` were judged at once were."""
    findings = Findings()
    tree = summary.over(scope.store.read)
    for index, size, root, part in scope.spool.chunk_facts(JUDGED, number):
        if tree.root_at(size, part).hex() != root:
            what = f"was judged at another log of size {size}"
            _fault(findings, "prior", index, what)
    return findings


class _Links:
    """The records of one key so far, for the links to them."""

    def __init__(self) -> None:
        self._places: list[int] = []
        self._leaves: list[str] = []

    def add(self, index: int, leaf: str) -> None:
        self._places.append(index)
        self._leaves.append(leaf)

    def newest(self, below: int) -> tuple[int, str] | None:
        at = bisect_left(self._places, below)
        return (self._places[at - 1], self._leaves[at - 1]) if at else None

    def earlier(self, leaf: str, size: int) -> int | None:
        """Where this very entry stands already; one judged at ``size`` cannot before that."""
        at = bisect_left(self._places, size)
        return self._places[self._leaves.index(leaf, at)] if leaf in self._leaves[at:] else None


def _check_tickets(scope: Scope, part: int, findings: Findings) -> None:
    known: dict[str, _Links] = {}
    uses = Uses()
    for fact in scope.spool.facts(TICKETS, scope.chunks, part):
        index, leaf, ticket, size, prior, *use = fact
        links = known.get(ticket)
        if links is None:
            links = known[ticket] = _Links()
        _check_link(findings, index, size, prior, links, ("ticket", ticket))
        links.add(index, leaf)
        _check_use(findings, index, ticket, _Use(*use), uses)


class _Use(NamedTuple):
    """A record's part in a ticket's uses; ``decision`` is "" for an outcome."""

    environment: str
    commit: str
    at: str
    decision: str
    not_reused: bool
    anew: tuple[tuple[str, str], ...]


def _check_use(findings: Findings, index: int, ticket: str, use: _Use, uses: Uses) -> None:
    """The ticket let no other commit in before this record, or was approved anew since."""
    if use.decision not in _PERMITTING:
        return
    if use.not_reused:
        last = uses.last_other(ticket, use.environment, use.commit)
        anew = dict(use.anew).get(ticket, "")
        if one_too_many(last, datetime.fromisoformat(anew) if anew else None):
            what = f"permits under {ticket!a}, which had let another commit into {use.environment}"
            _fault(findings, "history", index, f"{what} and was not approved anew since")
    uses.use(ticket, use.environment, use.commit, datetime.fromisoformat(use.at))


class _Declared:
    """The emergencies of each service; ``strays`` are reviews of none."""

    def __init__(self) -> None:
        self.of: dict[str, Emergencies] = {}
        self.strays: set[int] = set()

    def below(self, service: str, size: int) -> tuple[Open, ...]:
        """Those open at ``size`` entries."""
        known = self.of.get(service)
        return () if known is None else known.below(size)


def _emergencies(scope: Scope) -> _Declared:
    declared = _Declared()
    for index, leaf, service, commit, due, review in scope.spool.facts(
        EMERGENCIES, scope.chunks, 0
    ):
        known = declared.of.setdefault(service, Emergencies())
        if review is None:
            known.declare(index, leaf, due, commit)
        elif not known.review(
            index, review[:2], commit, approved=review[2] == ReviewOutcome.APPROVED
        ):
            declared.strays.add(index)
    return declared


def _check_deployments(scope: Scope, part: int, findings: Findings, declared: _Declared) -> None:
    known: dict[str, tuple[_Links, Track]] = {}
    for fact in scope.spool.facts(DEPLOYMENTS, scope.chunks, part):
        index, leaf, key, at, commit, size, prior, kind, told, said = fact
        found = known.get(key)
        if found is None:
            found = known[key] = _Links(), Track()
        links, track = found
        _check_link(findings, index, size, prior, links, ("deployment", key))
        again = links.earlier(leaf, size)
        if again is not None:
            what = f"is entry {again} once more: somebody had it appended a second time"
            _fault(findings, "history", index, what)
        links.add(index, leaf)
        service = key.partition("\n")[0]
        if said != declared.below(service, min(size, index)):
            what = "does not name the emergencies of its service that await their review"
            _fault(findings, "prior", index, what)
        if kind == "decision":
            one = Judged(*told)
            _check_judgement(findings, index, commit, size, one, track)
            _check_overdue(findings, index, at, one, declared.below(service, index))
            track.add(_decided(EntryLink(index, leaf), at, commit, one))
        elif kind == "review":
            if index in declared.strays:
                _fault(findings, "history", index, "is the review of no emergency before it")
        elif not _end(track, index, commit, Ended(*told)):
            what = "is the outcome of no deployment that was permitted before it"
            _fault(findings, "history", index, what)


def _check_overdue(
    findings: Findings, index: int, at: str, told: Judged, emergencies: tuple[Open, ...]
) -> None:
    """What permits, and counted on it, has no review of its service overdue before it."""
    if not emergencies or not told.reviewed or told.decision not in _PERMITTING:
        return
    for late in overdue_at(emergencies, at):
        what = f"permits, though the review of the emergency at entry {late} was overdue"
        _fault(findings, "history", index, what)


def _decided(link: EntryLink, at: str, commit: str, told: Judged) -> Decided:
    return Decided(
        link=link,
        at=datetime.fromisoformat(at),
        commit=commit,
        decision=DecisionKind(told.decision),
        base=told.base_commit if told.base_kind else told.said_commit,
        start=_start(told),
    )


def _start(told: Judged) -> str:
    """As ``track.start_of``, of a summary."""
    if not told.base_kind:
        return ""
    kind = BaseKind(told.base_kind)
    return start_from(kind, told.base_commit, told.start, released=told.released)


def _end(track: Track, index: int, commit: str, told: Ended) -> bool:
    succeeded = told.outcome == DeploymentOutcome.SUCCEEDED
    return track.end(index, (told.of_index, told.of_leaf), commit, succeeded=succeeded)


def _check_judgement(
    findings: Findings, index: int, commit: str, size: int, told: Judged, track: Track
) -> None:
    below = min(size, index)
    base = track.base(commit, below)
    _check_base(findings, index, told, base)
    here = [place for place, decision in track.places(commit, below) if decision in PERMITTING]
    if tuple(here[-HERE:]) != tuple(told.here):
        _fault(findings, "history", index, "does not name the earlier records of its commit here")
    if told.decision not in _PERMITTING or told.spooled:
        return
    present = base if below == index else track.base(commit, index)
    start = _start(told)
    if not same_range(BaseKind(told.said_kind), told.said_commit, start, present):
        _fault(
            findings,
            "history",
            index,
            f"permits a range from {_commit(told.said_commit)}; at its place in the log the range "
            f"starts from {_commit(present.commit)}",
        )


def _check_base(findings: Findings, index: int, told: Judged, base: Base) -> None:
    said = (told.said_kind, told.said_commit, told.said_index)
    if said != (base.kind, base.commit, base.index):
        _fault(
            findings,
            "history",
            index,
            f"was judged from {_commit(told.said_commit)} ({told.said_kind}); the log says "
            f"{_commit(base.commit)} ({base.kind})",
        )


def _check_link(
    findings: Findings,
    index: int,
    below: int,
    said: tuple[int, str] | None,
    links: _Links,
    key: Key,
) -> None:
    if below > index:
        return  # named already: it speaks of entries after itself
    newest = links.newest(below)
    if said != newest:
        name = f"{key[0]} {key[1].replace(chr(10), ' in ')!a}"
        _fault(
            findings,
            "prior",
            index,
            f"links to {_entry(said)} as the newest of {name} before size {below}, which is "
            f"{_entry(newest)}",
        )


def _fault(findings: Findings, kind: str, index: int, what: str) -> None:
    step = PRIOR if kind == "prior" else HISTORY
    findings.fault(kind, f"entry {index}", f"entry {index} {what}", (index, step))


def _entry(link: tuple[int, str] | None) -> str:
    return "none" if link is None else f"entry {link[0]}"


def _commit(commit: str) -> str:
    return commit[:12] if commit else "the beginning"
