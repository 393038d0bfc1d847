"""The facts of one small deployment, each value that differs between deployments found once.

One ticket with one approval, one commit, one reviewer; a plain shell, and no pull request: a record
of it is about as short as gate writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from gate.model import (
    Account,
    AccountKind,
    Approval,
    Base,
    Change,
    ChangeRequest,
    Commit,
    ControlResult,
    Decision,
    DecisionKind,
    Deployment,
    EntryLink,
    Facts,
    History,
    Judgement,
    Level,
    Lookup,
    Message,
    Outcome,
    PinState,
    RunClaim,
    Status,
    TicketReference,
    TicketSource,
    Verdict,
)
from gate.record.times import format_time

AT = datetime(2020, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
_APART = timedelta(milliseconds=1)

# What stands in the real records; none is part of another, or of anything else in them.
TEXTS: Mapping[str, str] = {
    "commit": "c1" * 20,
    "before": "b2" * 20,
    "ticket": "CHG-700000001",
    "ticket_id": "7000000022",
    "service": "sentinel-service",
    "environment": "sentinel-environment",
    "root": "d3" * 32,
    "leaf": "e4" * 32,
    "evidence": "a6" * 32,
    "at": format_time(AT),
    "created": format_time(AT - _APART),
    "approved": format_time(AT - 2 * _APART),
}
NUMBERS: Mapping[str, int] = {"size": 710000000001, "index": 710000000002, "base": 710000000003}
REPOSITORY = f"https://github.com/acme/{TEXTS['service']}"


def history(base: Base, newest: EntryLink | None, ticket: EntryLink | None = None) -> History:
    """What the log proves before the deployment."""
    tickets = {} if ticket is None else {TEXTS["ticket"]: ticket}
    return History(
        NUMBERS["size"], TEXTS["root"], base, prior_deployment=newest, prior_tickets=tickets
    )


def facts(base: Base, newest: EntryLink | None) -> Facts:
    """The deployment of one commit over ``base``; the first where that has no commit."""
    reference = TicketReference("jira", TEXTS["ticket"], TicketSource.OPTION)
    return Facts(
        deployment=Deployment(
            TEXTS["service"], TEXTS["environment"], TEXTS["commit"], RunClaim("shell")
        ),
        run=None,
        given=(reference,),
        tickets=(Lookup(reference, _ticket()),),
        change=_change(base),
        history=history(base, newest),
        deployed_before=(),
        clocks=(),
        pin=PinState.PINNED,
    )


def decision() -> Decision:
    """Allowed, by one control."""
    return Decision(DecisionKind.ALLOWED, AT, (_passed("approved"),))


def _ticket() -> ChangeRequest:
    approver = Account("jira", "acc-bob", AccountKind.PERSON, "Bob")
    return ChangeRequest(
        system="jira",
        id=TEXTS["ticket_id"],
        key=TEXTS["ticket"],
        url=f"https://acme.atlassian.net/browse/{TEXTS['ticket']}",
        project="CHG",
        type="Change",
        status=Status("3", "Approved"),
        created_at=AT - _APART,
        creator=Account("jira", "acc-dave", AccountKind.PERSON, "Dave"),
        reporter=None,
        approvals=(Approval(approver, Verdict.APPROVED, AT - 2 * _APART, "jsm", "10"),),
        scope=(),
        rollback_plan=(),
        test_plan=(),
        sent_back=None,
    )


def _change(base: Base) -> Change:
    author = Account("git", "alice@acme.example", AccountKind.UNKNOWN, "Alice")
    parents = (base.commit,) if base.commit else ()
    return Change(
        repository=REPOSITORY,
        base=base,
        head=TEXTS["commit"],
        base_is_ancestor=True,
        commits=(Commit(TEXTS["commit"], parents, author, author, (), "Faster checkout"),),
        pull_requests=(),
        direct_pushes=(),
        push_of={},
        release_refs=("main",),
    )


def _passed(name: str) -> ControlResult:
    expected = Message(f"{name}.expected", "As it should be.", {})
    observed = Message(f"{name}.observed", "As it is.", {})
    return ControlResult(name, name, Level.REQUIRE, Judgement(Outcome.PASS, expected, observed))
