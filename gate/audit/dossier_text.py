"""One record's evidence as text for people: one fact a line."""

from __future__ import annotations

from collections.abc import Iterator

from gate.audit.evidence import Dossier
from gate.audit.names import ERASED, MATCH, MISSING, UNCHECKED, Names, Opened
from gate.audit.rows import Ended
from gate.output.escape import terminal
from gate.record.predicates import (
    Argument,
    ControlPart,
    DecisionPredicate,
    MessagePart,
    PersonReference,
    Spilled,
    TextReference,
    TicketPart,
    TimeValue,
    Unknown,
)
from gate.record.records import DecisionRecord, KeyRecord, OutcomeRecord, UnknownRecord
from gate.record.times import format_time

_EVIDENCE = {
    MATCH: "is the one that the record names by digest, and says the same",
    MISSING: "is not here (kept elsewhere, or gone after its retention)",
}
_PEOPLE = {
    MATCH: "is the one that the record committed to",
    ERASED: "is not here (erased, or kept elsewhere): persons and texts stay labels",
    UNCHECKED: "is here, but not the evidence that vouches for it: persons and texts stay labels",
}


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
        yield from _decision(record, found.opened, found.ended)
    elif isinstance(record, OutcomeRecord):
        yield f"  outcome       {record.outcome} at {format_time(record.at)}"
        yield f"  of            entry {record.of.index}, leaf {record.of.leaf}"
        yield from _deployment(record)
    elif isinstance(record, KeyRecord):
        key = record.predicate
        yield f"  key           {key.role} key {key.keyid} {key.action} at {format_time(key.at)}"
    elif isinstance(record, UnknownRecord):
        yield f"  type          {record.predicate_type}, which this version does not know"


def _deployment(record: DecisionRecord | OutcomeRecord) -> Iterator[str]:
    yield f"  deployment    {record.service} to {record.environment}"
    yield f"  commit        {record.commit} of {record.repository}"
    for artifact in record.artifacts:
        yield f"  artifact      {artifact.name}@sha256:{artifact.sha256}"


def _decision(record: DecisionRecord, opened: Opened, ended: Ended | None) -> Iterator[str]:
    predicate, names = opened.predicate, opened.names
    yield f"  decision      {record.decision} at {format_time(record.at)}"
    yield from _deployment(record)
    if ended is not None:
        at = format_time(ended.record.at)
        yield f"  outcome       {ended.record.outcome} at {at} (entry {ended.index})"
    yield f"  policy        sha256:{predicate.policy.sha256} ({predicate.policy.pin})"
    yield f"  assurance     {predicate.assurance}, gate {predicate.gate}"
    yield f"  claims        {', '.join(predicate.claims) or 'none relied on'}"
    yield f"  judged at     size {predicate.judged_at.size}, root {predicate.judged_at.root}"
    if predicate.replaces is not None:
        codes = ", ".join(predicate.replaces.failed)
        yield f"  replaces      entry sha256:{predicate.replaces.entry}, no longer true: {codes}"
    yield f"  evidence      sha256:{predicate.evidence} {_EVIDENCE[opened.evidence]}"
    yield f"  disclosure    {_PEOPLE[opened.people]}"
    yield from _tickets(predicate, names)
    yield from _change(predicate, names)
    yield "Controls"
    for control in predicate.controls:
        yield from _control(control, names)


def _tickets(predicate: DecisionPredicate, names: Names) -> Iterator[str]:
    yield "Change requests"
    if isinstance(predicate.tickets, Spilled):
        yield f"  {predicate.tickets.count}, in the evidence bundle"
        return
    if not predicate.tickets:
        yield "  none"
    for ticket in predicate.tickets:
        yield from _ticket(ticket, names)


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
        at = "" if approval.decided_at is None else f" at {format_time(approval.decided_at)}"
        late = " (at the latest)" if approval.latest_possible else ""
        who = _person(approval.person, names)
        yield f"    {approval.verdict:<10}  {who}{at}{late}, by {approval.source}"


def _change(predicate: DecisionPredicate, names: Names) -> Iterator[str]:
    change = predicate.change
    yield "Change"
    if isinstance(change, Unknown):
        yield f"  {_unknown(change, names)}"
        return
    base = change.base.commit or "(first)"
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
    yield f"  {control.outcome:<14}  {control.id} ({control.level})"
    yield f"    expected    {_message(control.expected, names)}"
    yield f"    observed    {_message(control.observed, names)}"


def _message(message: MessagePart, names: Names) -> str:
    args = message.args
    if isinstance(args, Spilled):
        return f"{message.code} ({args.count} arguments, in the evidence bundle)"
    told = ", ".join(f"{name}: {_argument(value, names)}" for name, value in sorted(args.items()))
    return f"{message.code} ({told})" if told else message.code


def _argument(value: Argument, names: Names) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_argument(item, names) for item in value) + "]"
    if isinstance(value, PersonReference):
        return names.person(value.label)
    if isinstance(value, TextReference):
        return f'"{names.text(value.label)}"'
    return format_time(value.at) if isinstance(value, TimeValue) else str(value)


def _person(label: str | None, names: Names) -> str:
    return "(nobody named)" if label is None else names.person(label)


def _unknown(part: Unknown, names: Names) -> str:
    return f"could not be had from {part.service} ({part.kind}): {names.text(part.detail)}"
