"""What the log proves of a deployment that is about to happen.

Read from the newest record back, no further than the answer needs. The search for what was deployed
is thorough: hiding the last success would make the range of commits shorter, and a range that is
too short lets commits pass unseen. The search for records of one commit or ticket is not, since for
a new ticket that would be reading the whole log each time; what is hidden from it can only be
missed where the control that asks gets stricter by it, or is reported by ``gate log verify``
(``docs/decisions/0003-index-hints.md``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gate.log.history.earlier import read_earlier
from gate.log.history.emergencies import still_open
from gate.log.history.track import Track, base_in
from gate.log.reading.keys import COMMIT, OF_DEPLOYMENTS, TICKET, deployment_key
from gate.log.reading.source import HistorySource, Hit
from gate.model import PERMITTING, Artifact, Base, EntryLink, History, PastDecision, TicketUse
from gate.record.predicates import PriorPart
from gate.record.statement import DecisionRecord, DeploymentOutcome, OutcomeRecord, Record
from gate.store.contract import Key


def keys_asked(
    service: str, environment: str, commit: str, tickets: Iterable[str] = (), after: str = ""
) -> tuple[Key, ...]:
    """The keys that ``read_history`` looks up, for a store to fetch them side by side."""
    named = ((TICKET, ticket) for ticket in tickets)
    first = [deployment_key(service, after)] if after else []
    return deployment_key(service, environment), (COMMIT, commit), *named, *first


def read_history(
    view: HistorySource,
    service: str,
    environment: str,
    commit: str,
    tickets: Iterable[str] = (),
    *,
    after: str = "",
    artifacts: tuple[Artifact, ...] = (),
) -> History:
    """What the log proves at the head of ``view``, for this service, environment and commit.

    ``tickets`` are those whose newest record and earlier uses are wanted; ``after`` is the
    environment that must come first ("": none), with these ``artifacts``. Raises ``StoreError``
    where the log cannot be read, ``InconsistentError`` where it contradicts itself.
    """
    hits: dict[int, Hit] = {}
    newest = None
    for hit in _deployments(view, service, environment):
        newest = newest or hit.link
        hits[hit.link.index] = hit
    for hit in view.find(COMMIT, commit):
        if (hit.record.service, hit.record.environment) == (service, environment):
            hits[hit.link.index] = hit
    track = Track()
    for index in sorted(hits):
        add_to(track, hits[index])
    prior, since = _said(hits[newest.index].record) if newest else (None, 0)
    named = {ticket: _named(view, ticket, environment) for ticket in tickets}
    return History(
        size=view.size,
        root=view.root.hex(),
        base=track.base(commit, view.size),
        here=tuple(_decided(commit, [hits[index] for index in sorted(hits)])),
        prior_deployment=newest,
        prior_tickets={ticket: link for ticket, (link, _) in named.items() if link is not None},
        uses={ticket: uses for ticket, (_, uses) in named.items()},
        earlier=read_earlier(view, service, after, commit, artifacts) if after else None,
        emergencies=still_open(view, prior, view.emergencies(service, since)),
    )


def base_before(
    view: HistorySource, service: str, environment: str, commit: str, below: int
) -> Base:
    """Where the range of a deployment starts by the entries before ``below``, all of them."""
    track = Track()
    found = view.find(*deployment_key(service, environment), thorough=True)
    for hit in sorted(found, key=lambda each: each.link.index):
        if hit.link.index < below:
            add_to(track, hit)
    return track.base(commit, below)


def _said(record: Record) -> tuple[PriorPart | None, int]:
    """What a record says of those before it, and of how many entries it speaks."""
    if not isinstance(record, OF_DEPLOYMENTS):
        return None, 0
    return record.prior, record.judged_at.size


def _named(
    view: HistorySource, ticket: str, environment: str
) -> tuple[EntryLink | None, tuple[TicketUse, ...]]:
    """The newest record that names a ticket, and what it let into ``environment``, oldest first."""
    newest, uses = None, []
    for hit in view.find(TICKET, ticket):
        newest = newest or hit.link
        if (use := _use(hit, environment)) is not None:
            uses.append(use)
    return newest, tuple(reversed(uses))


def _use(hit: Hit, environment: str) -> TicketUse | None:
    """The use of its tickets that a record is: a decision that permits, in this environment."""
    record = hit.record
    if not isinstance(record, DecisionRecord) or record.environment != environment:
        return None
    if record.decision not in PERMITTING:
        return None
    return TicketUse(hit.link, record.at, record.service, record.commit)


def _decided(commit: str, hits: Iterable[Hit]) -> Iterator[PastDecision]:
    """The decisions on ``commit`` among ``hits``."""
    for hit in hits:
        record = hit.record
        if isinstance(record, DecisionRecord) and record.commit == commit:
            yield PastDecision(hit.link, record.at, commit, record.decision.value, base_in(record))


def add_to(track: Track, hit: Hit) -> bool:
    """Add a record to the track of its service and environment; False if it has no place there."""
    if isinstance(hit.record, DecisionRecord):
        track.add_decision(hit.link, hit.record)
        return True
    if isinstance(hit.record, OutcomeRecord):
        return track.add_outcome(hit.link.index, hit.record)
    return False


def _deployments(view: HistorySource, service: str, environment: str) -> Iterable[Hit]:
    """The records of a service and environment, from the newest down to the base.

    The base is the newest decision that permitted and whose newest outcome says that it succeeded.
    """
    outcomes: dict[tuple[EntryLink, str], DeploymentOutcome] = {}
    for hit in view.find(*deployment_key(service, environment), thorough=True):
        yield hit
        record = hit.record
        if isinstance(record, OutcomeRecord):
            outcomes.setdefault((record.of, record.commit), record.outcome)  # newest first
        elif (
            isinstance(record, DecisionRecord)
            and record.decision in PERMITTING
            and outcomes.get((hit.link, record.commit)) == DeploymentOutcome.SUCCEEDED
        ):
            return
