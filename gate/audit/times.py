"""What a decision's record, or a review's, says happened when, in time order, with sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from gate.audit.names import Names
from gate.audit.rows import Ended
from gate.audit.run_cells import shown
from gate.model import Verdict
from gate.output.message import moment
from gate.record.predicates import (
    ApprovalPart,
    ChangePart,
    DecisionPredicate,
    PullRequestPart,
    PushPart,
    ReviewPredicate,
    RunFact,
    SentBackPart,
    Spilled,
    TextPart,
    TicketFact,
    Unknown,
)

_DONE: Mapping[Verdict, str] = {Verdict.APPROVED: "approved", Verdict.DECLINED: "declined"}
GATE = "gate, by its machine's clock"
JOB = "the deploying job's word, by its clock"
FORGE = "the forge"
ENVIRONMENT = "a claim of the pipeline's environment"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    ``latest``: ``at`` is an upper bound, as the system has no time of its own; ``since`` is the
    lower one, where there is any.
    """

    at: datetime
    what: str
    source: str
    latest: bool = False
    since: datetime | None = None


def events(
    predicate: DecisionPredicate | ReviewPredicate, names: Names, ended: Ended | None
) -> tuple[Event, ...]:
    """Everything with a time, oldest first; of equal times in the order of a deployment."""
    found = [
        *_tickets(predicate, names),
        *_change(predicate, names),
        *_run(predicate, names),
        *_judged(predicate),
    ]
    if ended is not None:
        what = f"outcome: {ended.record.outcome} (entry {ended.index})"
        found.append(Event(ended.record.at, what, JOB))
    return tuple(sorted(found, key=lambda event: event.at))


def _judged(predicate: DecisionPredicate | ReviewPredicate) -> Iterator[Event]:
    if isinstance(predicate, DecisionPredicate):
        yield Event(predicate.at, f"decided: {predicate.decision}", GATE)
        return
    emergency = f"emergency of entry {predicate.decision.index}"
    yield Event(predicate.decided_at, f"{emergency} decided", GATE)
    yield Event(predicate.at, f"{emergency} reviewed: {predicate.outcome}", GATE)


def _tickets(predicate: DecisionPredicate | ReviewPredicate, names: Names) -> Iterator[Event]:
    if isinstance(predicate.tickets, Spilled):
        return
    given = () if isinstance(predicate.given, Unknown) else predicate.given
    systems = {one.id: one.system for one in given}
    for ticket in predicate.tickets:
        if isinstance(ticket.fact, TicketFact):
            source = systems.get(ticket.id, "the ticket system")
            yield from _ticket(ticket.fact, names, source)


def _ticket(fact: TicketFact, names: Names, source: str) -> Iterator[Event]:
    by = _by(fact.creator, names)
    yield Event(fact.created_at, f"ticket {fact.key} created{by}", source)
    for what, texts in (
        ("scope", fact.scope),
        ("rollback plan", fact.rollback_plan),
        ("test plan", fact.test_plan),
    ):
        if not isinstance(texts, Unknown):
            yield from _edits(fact, what, texts, names, source)
    if not isinstance(fact.approvals, Unknown):
        for one in fact.approvals:
            yield from _given(one, f"ticket {fact.key}", names, f"{source}, {one.source}")
    if isinstance(fact.sent_back, SentBackPart):
        back = fact.sent_back
        yield Event(back.at, f"ticket {fact.key} sent back", source, latest=back.latest_possible)


def _edits(
    fact: TicketFact, what: str, texts: Iterable[TextPart], names: Names, source: str
) -> Iterator[Event]:
    for text in texts:
        told = f"{what} of {fact.key} last edited{_by(text.edited_by, names)}"
        if text.edited_at == fact.created_at:
            told = f"{what} of {fact.key} as it was created: no edit since"
        yield Event(text.edited_at, told, f"{source}, {text.location}")


def _given(one: ApprovalPart, of: str, names: Names, source: str) -> Iterator[Event]:
    if one.decided_at is not None and one.verdict in _DONE:
        told = f"{of} {_DONE[one.verdict]}{_by(one.person, names)}"
        since = one.not_before if one.latest_possible else None
        if since is not None:
            told += f", not before {moment(since)}"
        yield Event(one.decided_at, told, source, latest=one.latest_possible, since=since)


def _change(predicate: DecisionPredicate | ReviewPredicate, names: Names) -> Iterator[Event]:
    change = predicate.change
    if isinstance(change, Unknown):
        return
    yield from _direct(change, names)
    if not isinstance(change.pull_requests, Unknown | Spilled):
        for pull in change.pull_requests:
            yield from _pull(pull, names)
    if not isinstance(predicate.deployed_before, Unknown | Spilled):
        for one in predicate.deployed_before:
            yield Event(one.at, f"deployed here before ({one.id})", FORGE)


def _direct(change: ChangePart, names: Names) -> Iterator[Event]:
    if not isinstance(change.direct_pushes, Unknown | Spilled):
        for push in change.direct_pushes:
            yield Event(push.at, f"direct push{_by(push.person, names)}", FORGE)


def _pull(pull: PullRequestPart, names: Names) -> Iterator[Event]:
    of = f"pull request #{pull.number}"
    if not isinstance(pull.pushes, Unknown) and pull.pushes:
        last: PushPart = max(pull.pushes, key=lambda push: push.at)
        yield Event(last.at, f"last push to {of}{_by(last.person, names)}", FORGE)
    if not isinstance(pull.reviews, Unknown):
        for review in pull.reviews:
            yield from _given(review, f"{of} reviewed,", names, FORGE)
    if pull.merged_at is not None:
        yield Event(pull.merged_at, f"{of} merged{_by(pull.merged_by, names)}", FORGE)


def _run(predicate: DecisionPredicate | ReviewPredicate, names: Names) -> Iterator[Event]:
    run = predicate.run
    if isinstance(run.fact, RunFact):
        told = f"run {shown(run.fact.id, names)} created; attempt {run.fact.attempt} runs gate"
        yield Event(run.fact.created_at, told, f"{run.ci}'s API (of the first attempt)")
    elif run.created_at is not None:
        told = f"run {shown(run.id, names)} created; attempt {shown(run.attempt, names)} runs gate"
        yield Event(run.created_at, told, ENVIRONMENT)
    if not isinstance(run.approvals, Unknown):
        for one in run.approvals or ():
            yield from _given(one, "the run's deployment", names, FORGE)


def _by(label: str | None, names: Names) -> str:
    return " (nobody named)" if label is None else f" by {names.person(label)}"
