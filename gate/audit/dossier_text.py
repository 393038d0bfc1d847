"""One record's evidence as text for people: one fact a line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from gate.audit.attributes import LETTERS
from gate.audit.cells import NONE_RECORDED, PERMITS
from gate.audit.evidence import Dossier, criteria_of
from gate.audit.names import MATCH, MISSING, NOT_ASKED, NOT_AT_HAND, UNCHECKED, AnyOpened, Names
from gate.audit.row_notes import tested_before
from gate.audit.rows import Ended, Reviewed, review_outcome
from gate.audit.run_cells import run_cells
from gate.audit.sentences import sentence
from gate.audit.ticket_cells import stories
from gate.audit.times import events
from gate.output.escape import terminal
from gate.output.message import length
from gate.record.predicates import (
    ApprovalPart,
    ControlPart,
    DecisionPredicate,
    ReviewPredicate,
    RunPart,
    SentBackPart,
    Spilled,
    TicketPart,
    Unknown,
)
from gate.record.records import (
    DecisionRecord,
    KeyRecord,
    OutcomeRecord,
    ReviewRecord,
    UnknownRecord,
)
from gate.record.times import format_time

_EVIDENCE = {
    MATCH: "is the one that the record names by digest, and says the same",
    MISSING: "is not at hand (kept elsewhere, or gone after its retention)",
}
_PEOPLE = {
    MATCH: "is the one that the record committed to",
    NOT_ASKED: "was not asked for: persons and texts stay labels",
    NOT_AT_HAND: "is not at hand (kept elsewhere, or erased): persons and texts stay labels",
    UNCHECKED: "is here, but not the evidence that vouches for it: persons and texts stay labels",
}

_REVIEWED = (
    "Controls, over approvals given since the emergency was decided; this job is the review's"
)


def dossier_text(found: Dossier) -> str:
    """The dossier for people: one fact a line, escaped for a terminal."""
    return "\n".join(terminal(line) for line in _lines(found)) + "\n"


def _lines(found: Dossier) -> Iterator[str]:
    yield f"Entry {found.link.index} of {found.origin} ({found.size} entries): {found.record.kind}"
    yield f"  leaf          {found.link.leaf}"
    yield f"  entry         sha256:{found.entry_sha256}"
    yield f"  signed by     {found.keyid}, a key that the trust folder names for that time"
    record = found.record
    if isinstance(record, DecisionRecord) and found.opened is not None:
        yield from _decision(record, found.opened, found)
    elif isinstance(record, OutcomeRecord):
        yield f"  outcome       {record.outcome} at {format_time(record.at)}"
        yield f"  of            entry {record.of.index}, leaf {record.of.leaf}"
        yield from _deployment(record)
    elif isinstance(record, ReviewRecord) and found.opened is not None:
        yield from _review(record, found.opened)
    elif isinstance(record, KeyRecord):
        key = record.predicate
        yield f"  key           {key.role} key {key.keyid} {key.action} at {format_time(key.at)}"
    elif isinstance(record, UnknownRecord):
        yield f"  type          {record.predicate_type}, which this version does not know"


def _review(record: ReviewRecord, opened: AnyOpened) -> Iterator[str]:
    due = format_time(record.predicate.review_by)
    yield f"  review        {record.outcome} at {format_time(record.at)}"
    yield f"  due           {due}: {'late' if record.predicate.late else 'in time'}"
    yield f"  of            entry {record.of.index}, leaf {record.of.leaf}, an emergency"
    yield from _deployment(record)
    yield f"  deployer      {run_cells(opened.predicate.run, opened.names).deployer}"
    yield from _judged(opened, None)


def _emergency(record: DecisionRecord, names: Names, reviewed: Reviewed | None) -> Iterator[str]:
    declared = record.predicate.emergency
    if declared is None:
        return
    yield f"  emergency     {names.text(declared.reason)}"
    yield f"  waived        {', '.join(declared.waived) or 'nothing'}"
    if declared.deferred:
        yield f"  deferred      {', '.join(declared.deferred)}: a service was down"
    if declared.spooled:
        yield "  spooled       the log was down: recorded later, and judged without it"
    if declared.review_by is not None:
        yield f"  review by     {format_time(declared.review_by)}"
        entry = ""
        if reviewed is not None:
            entry = f" at {format_time(reviewed.record.at)} (entry {reviewed.index})"
        yield f"  reviewed      {review_outcome(reviewed)}{entry}"


def _deployment(record: DecisionRecord | OutcomeRecord | ReviewRecord) -> Iterator[str]:
    yield f"  deployment    {record.service} to {record.environment}"
    yield f"  commit        {record.commit} of {record.repository}"
    for artifact in record.artifacts:
        yield f"  artifact      {artifact.name}@sha256:{artifact.sha256}"


def _decision(record: DecisionRecord, opened: AnyOpened, found: Dossier) -> Iterator[str]:
    predicate, names = opened.predicate, opened.names
    yield f"  decision      {record.decision} at {format_time(record.at)}"
    yield from _emergency(record, names, found.reviewed)
    yield from _deployment(record)
    yield f"  deployer      {run_cells(predicate.run, names).deployer or '(no pipeline)'}"
    yield f"  outcome       {_outcome(record, found.ended)}"
    yield from _judged(opened, found.ended)


def _judged(opened: AnyOpened, ended: Ended | None) -> Iterator[str]:
    """What was judged, and what that rests on."""
    predicate, names = opened.predicate, opened.names
    yield "What happened when (UTC), and by whose word"
    for event in events(predicate, names, ended):
        late = " (at the latest)" if event.latest else ""
        yield f"  {format_time(event.at)}{late}  {event.what}  [{event.source}]"
    yield "Controls" if isinstance(predicate, DecisionPredicate) else _REVIEWED
    for control in predicate.controls:
        yield from _control(control, names)
    yield from _tickets(predicate, names)
    yield from _run_approvals(predicate.run, names)
    yield from _change(predicate, names)
    yield from _foundation(opened)


def _outcome(record: DecisionRecord, ended: Ended | None) -> str:
    if ended is None:
        return NONE_RECORDED if record.decision in PERMITS else "(none: nothing was let pass)"
    at = format_time(ended.record.at)
    newest = f", the newest of {ended.count}" if ended.count > 1 else ""
    return f"{ended.record.outcome} at {at} (entry {ended.index}{newest}), the job's own word"


def _foundation(opened: AnyOpened) -> Iterator[str]:
    """What the record rests on."""
    predicate = opened.predicate
    yield "What it rests on"
    yield f"  policy        sha256:{predicate.policy.sha256} ({predicate.policy.pin})"
    yield f"  assurance     {predicate.assurance}, gate {predicate.gate}"
    yield f"  claims        {', '.join(predicate.claims) or 'none relied on'}"
    for clock in predicate.clocks:
        offset, vague = (
            length(timedelta(milliseconds=ms)) for ms in (clock.offset_ms, clock.uncertainty_ms)
        )
        yield f"  clock         gate minus {clock.service}: {offset}, uncertain by {vague}"
    if not predicate.clocks:
        yield "  clock         no service told its time"
    yield f"  judged at     size {predicate.judged_at.size}, root {predicate.judged_at.root}"
    if isinstance(predicate, DecisionPredicate) and (tested := tested_before(predicate)):
        yield f"  tested        {tested}"
    if isinstance(predicate, DecisionPredicate) and predicate.replaces is not None:
        codes = ", ".join(predicate.replaces.failed)
        yield f"  replaces      entry sha256:{predicate.replaces.entry}, which no longer held"
        yield f"                at its place in the log: {codes}. The controls above are that"
        yield "                entry's, as it was judged at an earlier head than the one named here"
    yield f"  evidence      sha256:{predicate.evidence} {_EVIDENCE[opened.evidence]}"
    yield f"  disclosure    {_PEOPLE[opened.people]}"


def _tickets(predicate: DecisionPredicate | ReviewPredicate, names: Names) -> Iterator[str]:
    yield "Change requests"
    if isinstance(predicate.tickets, Spilled):
        yield f"  {predicate.tickets.count}, in the evidence bundle"
        return
    if not predicate.tickets:
        yield "  none"
    for ticket in predicate.tickets:
        yield from _ticket(ticket, names)
    if isinstance(predicate, DecisionPredicate):
        yield from (f"  story         {story}" for story in stories(predicate))


def _ticket(ticket: TicketPart, names: Names) -> Iterator[str]:
    fact = ticket.fact
    if fact is None:
        yield f"  {ticket.id}  not there"
        return
    if isinstance(fact, Unknown):
        yield f"  {ticket.id}  {_unknown(fact, names)}"
        return
    came = "" if fact.key == ticket.id else f", came back as {fact.key}"
    by = _person(fact.creator, names)
    yield f"  {ticket.id}  {fact.type}, {fact.status}{came}"
    yield f"    created     {format_time(fact.created_at)} by {by}"
    if fact.summary is not None:
        yield f"    summary     {names.text(fact.summary)}"
    if isinstance(fact.approvals, Unknown):
        yield f"    approvals   {_unknown(fact.approvals, names)}"
        return
    for approval in fact.approvals:
        yield f"  {_approval(approval, names)}"
    if isinstance(fact.sent_back, SentBackPart):
        late = " (at the latest)" if fact.sent_back.latest_possible else ""
        yield f"    sent back   {format_time(fact.sent_back.at)}{late}"


def _approval(approval: ApprovalPart, names: Names) -> str:
    at = "" if approval.decided_at is None else f" at {format_time(approval.decided_at)}"
    late = " (at the latest)" if at and approval.latest_possible else ""
    if approval.not_before is not None and (late or not at):
        since = format_time(approval.not_before)
        at += f" (at the latest, not before {since})" if at else f" after {since}"
        late = ""
    who = _person(approval.person, names)
    return f"  {approval.verdict:<10}  {who}{at}{late}, by {approval.source}"


def _run_approvals(run: RunPart, names: Names) -> Iterator[str]:
    """What people decided on the run's deployment, where anybody was asked and did."""
    if run.approvals is None:
        return
    yield "The run's deployment"
    if isinstance(run.approvals, Unknown):
        yield f"  approvals     {_unknown(run.approvals, names)}"
        return
    for approval in run.approvals:
        yield _approval(approval, names)


def _change(predicate: DecisionPredicate | ReviewPredicate, names: Names) -> Iterator[str]:
    change = predicate.change
    yield "Change"
    if isinstance(change, Unknown):
        yield f"  {_unknown(change, names)}"
        return
    base = change.base.commit or "the beginning"
    yield f"  range         {base} ({change.base.kind}) to {change.head}"
    for what, part in (
        ("commits", change.commits),
        ("pull requests", change.pull_requests),
        ("direct pushes", change.direct_pushes),
    ):
        if isinstance(part, Unknown):
            yield f"  {what:<13} {_unknown(part, names)}"
        elif isinstance(part, Spilled):
            yield f"  {what:<13} {part.count}, in the evidence bundle"
        else:
            yield f"  {what:<13} {len(part)}"
    if isinstance(change.commits, tuple):
        for commit in change.commits:
            yield f"    {commit.sha}  by {_person(commit.author, names)}"
    if isinstance(change.pull_requests, tuple):
        for pull in change.pull_requests:
            author = _person(pull.author, names)
            yield f"    #{pull.number} {names.text(pull.title)}, by {author}"


def _control(control: ControlPart, names: Names) -> Iterator[str]:
    letters = ", ".join(LETTERS.get(control.id, ()))
    answers = f"  attribute {letters}" if letters else ""
    yield f"  {control.outcome:<14}  {control.id} ({control.level}){answers}"
    yield f"    expected    {sentence(control.expected, names)}"
    yield f"    observed    {sentence(control.observed, names)}"
    criteria = criteria_of(control.id)
    if criteria:
        yield f"    criteria    {'; '.join(criteria)}"


def _person(label: str | None, names: Names) -> str:
    return "(nobody named)" if label is None else names.person(label)


def _unknown(part: Unknown, names: Names) -> str:
    return f"could not be had from {part.service} ({part.kind}): {names.text(part.detail)}"
