"""ticket-open: each ticket's status is one that allows deployment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gate.config.statuses import is_listed
from gate.config.types import Policy
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    require,
    say,
    undetermined,
)
from gate.controls.tickets import each_ticket, settings_of
from gate.model import ChangeRequest, Facts, Judgement


def judge(facts: Facts, policy: Policy, _now: datetime) -> Judgement:
    """The status stands in the list of deployable ones, by id or by exact name."""
    listed = tuple(state for one in policy.tickets.values() for state in one.deployable)
    expected = say(
        "ticket-open.expected",
        "Each ticket's status is one of: {deployable}.",
        deployable=tuple(dict.fromkeys(listed)) or "none is configured",
    )

    def ticket_is_open(ticket: ChangeRequest) -> Iterator[Finding]:
        settings = settings_of(ticket, policy)
        yield _status(ticket, settings.deployable if settings else ())

    return conclude(expected, each_ticket(facts, ticket_is_open))


def _status(ticket: ChangeRequest, deployable: tuple[str, ...]) -> Finding:
    if not ticket.status.id and not ticket.status.name:
        return undetermined(
            say("ticket-open.unknown", "{ticket} has no status.", ticket=ticket.key),
            say(
                "ticket-open.unknown.remedy", "Look at {ticket}, then run again.", ticket=ticket.key
            ),
        )
    observed = say(
        "ticket-open.status",
        "{ticket} is {status} (id {id}).",
        ticket=ticket.key,
        status=ticket.status.name,
        id=ticket.status.id,
    )
    if any(is_listed(ticket.status, entry) for entry in deployable):
        return passed(observed)
    return failed(
        observed,
        say(
            "ticket-open.remedy",
            "Move {ticket} to one of: {deployable}; or use a ticket that is open.",
            ticket=ticket.key,
            deployable=deployable
            or f"none is configured: set deployable under [tickets.{ticket.system}]",
        ),
    )


CONTROL = Control(
    id="ticket-open",
    title="The change request allows deployment",
    criteria=(
        "SOC 2 CC8.1 (POF 2, 8)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3",
        "PCI DSS 6.5.1",
    ),
    needs=("the ticket's status",),
    default=require,
    integrity=False,
    demands=(
        "The status of each ticket, by id or by exact name, is one that deployable lists under its "
        "system's [tickets.…]: not a draft, and not rejected, cancelled or closed."
    ),
    satisfy="Move the ticket to a deployable status, or use an open ticket.",
    judge=judge,
)
