"""Who approved a change request, by each place that the policy names, person by person.

A status word or a field's value alone is no approval: a transition counts for whoever made it,
while the status was not left since; a name in a field counts only if that person put it there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from gate.frozen import dataclass
from gate.http.document import Document, ShapeError
from gate.model import Account, Approval, Status, Verdict
from gate.tickets.jira.accounts import User, parse_person, parse_user
from gate.tickets.jira.history import History, IncompleteError, Item

PAGE = 50  # the most that Jira Service Management gives at once

_NAME_AND_KEY = re.compile(r"([^()]+)\(([^()]+)\)")
_VERDICTS = {verdict.value: verdict for verdict in Verdict}


@dataclass(frozen=True, slots=True)
class Step:
    """One approval step: what it came to, and each approver's own decision in it."""

    number: int
    name: str
    final: Verdict
    approvals: tuple[Approval, ...]


@dataclass(frozen=True, slots=True)
class StepPage:
    """A page of ``/rest/servicedeskapi/request/KEY/approval``."""

    steps: tuple[Step, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class Steps:
    """All steps of a ticket: the approvals and objections in them, and the ids of open ones."""

    approvals: tuple[Approval, ...] = ()
    unfinished: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A step's id, and the times between which its approvers decided."""

    id: str
    since: datetime | None
    completed: datetime | None
    read_at: datetime


def parse_steps(page: Document, start: int, flavour: str, read_at: datetime) -> StepPage:
    """A page of approval steps, which must be the one that was asked for.

    ``read_at`` bounds the time of a decision in a step that is not completed.
    """
    if page["start"].integer() != start:
        raise IncompleteError("Jira gave another page of approvals than was asked for")
    rows = page["values"].each()
    if page["size"].integer() != len(rows):
        raise IncompleteError("a page of approvals has not as many rows as it says")
    steps = tuple(_step(row, flavour, read_at) for row in rows)
    return StepPage(steps, page["isLastPage"].boolean())


def assemble(pages: Sequence[StepPage]) -> Steps:
    """The steps of consecutive pages, the last of which must be among them."""
    found: dict[int, Step] = {}
    for page in pages:
        for step in page.steps:
            if step.number in found:
                raise IncompleteError("the list of approvals shows one of them twice")
            found[step.number] = step
        if page.is_last:
            break
        if len(page.steps) != PAGE:
            raise IncompleteError("a page of approvals that is not the last is not full")
    else:
        raise IncompleteError("the list of approvals has more pages than are read")
    steps = [found[number] for number in sorted(found)]
    return Steps(
        _standing([approval for step in steps for approval in step.approvals]),
        tuple(str(step.number) for step in steps if _is_open(step, steps)),
    )


def _is_open(step: Step, steps: list[Step]) -> bool:
    """Whether Jira still waits for a step.

    A ticket that is sent round once more begins the same step anew: then the older one is left as
    it was, and the newer one counts in its place once it is approved.
    """
    return step.final is Verdict.PENDING and not any(
        other.number > step.number and other.name == step.name and other.final is Verdict.APPROVED
        for other in steps
    )


def _standing(given: list[Approval]) -> tuple[Approval, ...]:
    """Without objections that were withdrawn."""
    return tuple(
        each
        for each in given
        if each.verdict is not Verdict.DECLINED or not any(_withdraws(a, each) for a in given)
    )


def _withdraws(approval: Approval, objection: Approval) -> bool:
    """Whether whoever objected approved in a step that surely began after the objection."""
    return (
        approval.verdict is Verdict.APPROVED
        and objection.account is not None
        and approval.account == objection.account
        and approval.not_before is not None
        and objection.decided_at is not None
        and approval.not_before >= objection.decided_at
    )


def _step(row: Document, flavour: str, read_at: datetime) -> Step:
    """One step: each approver's own decision, and an objection that no approver owns up to.

    It stands or falls as one: who approved in a step that was declined has approved nothing.

    Jira keeps no time for each person: it was after the step was made, and the step's completion is
    the latest possible. That holds for a single approver too: a step is also completed by taking
    another approver, who had not answered yet, off it.
    """
    identifier = row["id"].numeric_identifier()
    final = _verdict(row["finalDecision"])
    made = row.find("createdDate")
    since = made["epochMillis"].epoch_milliseconds() if made else None
    completed = row.find("completedDate")
    at = completed["epochMillis"].epoch_milliseconds() if completed else None
    if final is not Verdict.PENDING and at is None:
        raise ShapeError(f"{row.place}.completedDate is missing or null")
    span = Span(identifier, since, at, read_at)
    given = [_answer(answer, flavour, span, final) for answer in row["approvers"].each()]
    if final is Verdict.DECLINED and not any(a.verdict is Verdict.DECLINED for a in given):
        given.append(_approval(None, Verdict.DECLINED, at, span))
    return Step(int(identifier), row["name"].string(), final, tuple(given))


def _answer(answer: Document, flavour: str, span: Span, final: Verdict) -> Approval:
    user = parse_person(answer, "approver", flavour)
    account = user.account if user else None
    verdict = _verdict(answer["approverDecision"])
    if verdict is Verdict.DECLINED:
        return _approval(account, verdict, span.completed or span.read_at, span)
    # A step that waits for others is no approval yet, and one that was declined never was.
    if verdict is Verdict.PENDING or span.completed is None or final is not Verdict.APPROVED:
        return Approval(account, Verdict.PENDING, None, "jsm", span.id)
    return _approval(account, verdict, span.completed, span)


def _approval(
    account: Account | None, verdict: Verdict, at: datetime | None, span: Span
) -> Approval:
    return Approval(
        account, verdict, at, "jsm", span.id, latest_possible=True, not_before=span.since
    )


def _verdict(value: Document) -> Verdict:
    verdict = _VERDICTS.get(value.string())
    if verdict is None:
        raise ShapeError(f"{value.place} is none of {', '.join(_VERDICTS)}")
    return verdict


def by_transition(name: str, status: Status, history: History) -> tuple[Approval, ...]:
    """Whoever last moved the ticket into the status ``name`` (or id), if it still is there."""
    if name not in {status.name, status.id}:
        return ()
    moves = history.of("status", "status")
    if not moves:  # it was created there, so nobody ever moved it
        return ()
    last = moves[-1]
    if last.new != status.id:
        raise IncompleteError("the changelog does not lead to the status that the ticket has")
    account = last.author.account if last.author else None
    return (Approval(account, Verdict.APPROVED, last.at, f"transition:{name}", last.id),)


def by_field(
    name: str, value: Document | None, changes: tuple[Item, ...], flavour: str
) -> tuple[Approval, ...]:
    """The people whom a user picker names now and who last put themselves there.

    Whoever was put there by somebody else, or at the ticket's creation, gave no approval.
    """
    people = _people(value, flavour)
    if changes and not _agree(_ids(changes[-1].new), people):
        raise IncompleteError("the changelog does not lead to the value that the field has")
    approvals = []
    for user in people:
        added = [
            item for item in changes if user.ids & _ids(item.new) and not user.ids & _ids(item.old)
        ]
        if added and (author := added[-1].author) and author.ids & user.ids:
            approvals.append(
                Approval(
                    author.account, Verdict.APPROVED, added[-1].at, f"field:{name}", added[-1].id
                )
            )
    return tuple(approvals)


def _people(value: Document | None, flavour: str) -> tuple[User, ...]:
    if value is None:
        return ()
    rows = value.each() if isinstance(value.value, list) else (value,)
    return tuple(parse_user(row, flavour) for row in rows if row.value is not None)


def _agree(ids: frozenset[str], people: tuple[User, ...]) -> bool:
    every = frozenset().union(*(user.ids for user in people))
    return ids <= every and all(user.ids & ids for user in people)


def _ids(text: str | None) -> frozenset[str]:
    """The ids in a changelog's ``from`` or ``to``: one, or several as ``[a, b]``.

    Some Data Center versions write a user as ``name(key)``: that is two ids of one.
    """
    inner = (text or "").strip().removeprefix("[").removesuffix("]")
    found: set[str] = set()
    for part in filter(None, (part.strip() for part in inner.split(","))):
        both = _NAME_AND_KEY.fullmatch(part)
        found.update(both.groups() if both else (part,))
    return frozenset(found)
