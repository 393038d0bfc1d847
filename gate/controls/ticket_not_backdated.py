"""ticket-not-backdated: a ticket is no older than those with lower numbers.

Numbers are given out in order, when a ticket comes into its project; ``created`` may be set by an
import, and comes along where a ticket is moved. So a ticket that claims to be older than one with a
lower number claims a time at which its number was not given out yet. The other way round proves
nothing: what was moved here since has a higher number and may well be older.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from gate.config.types import Policy
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    say,
    unavailable,
    undetermined,
    warn,
)
from gate.controls.tickets import each_ticket
from gate.model import ChangeRequest, Facts, Judgement, Problem


def judge(facts: Facts, policy: Policy, _now: datetime) -> Judgement:
    """No ticket is older than one with a lower number."""
    expected = say(
        "ticket-not-backdated.expected",
        "Each ticket is no older than those whose numbers were given out before.",
    )
    tolerance = policy.network.clock_tolerance

    def is_in_order(ticket: ChangeRequest) -> Iterator[Finding]:
        yield _judged(ticket, tolerance)

    return conclude(expected, each_ticket(facts, is_in_order))


def _judged(ticket: ChangeRequest, tolerance: timedelta) -> Finding:
    neighbours = ticket.neighbours
    if isinstance(neighbours, Problem):
        return unavailable(neighbours)
    if not neighbours:
        return undetermined(
            say(
                "ticket-not-backdated.alone",
                "No ticket of a lower number is known that {ticket} could be held against.",
                ticket=ticket.key,
            ),
            say(
                "ticket-not-backdated.alone.remedy",
                "Let gate's account see the other tickets of the project. The first ticket of all"
                " has none before it.",
            ),
        )
    last = max(neighbours, key=lambda each: (each.created_at, each.key))
    told = {"ticket": ticket.key, "other": last.key}
    if last.created_at - ticket.created_at > tolerance:
        return failed(
            say(
                "ticket-not-backdated.before",
                "{ticket} says it was created at {created}, {earlier} before {other}, whose number"
                " is lower.",
                created=ticket.created_at,
                earlier=last.created_at - ticket.created_at,
                **told,
            ),
            say(
                "ticket-not-backdated.before.remedy",
                "Find out who imported {ticket} or moved it here, and use a ticket that was opened"
                " in its project.",
                ticket=ticket.key,
            ),
        )
    return passed(
        say("ticket-not-backdated.fits", "{ticket} is no older than {other}.", **told),
    )


CONTROL = Control(
    id="ticket-not-backdated",
    title="The change request is as old as it says",
    criteria=(
        "SOC 2 CC8.1 (POF 2, 5)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3(1)(d)",
        "PCI DSS 6.5.1",
    ),
    needs=("when the tickets of the next lower numbers were created",),
    default=warn,
    integrity=False,
    demands=(
        "No ticket says that it was created before one whose number is lower, by more than "
        "[network] clock_tolerance: numbers are given out in order, and imports can set the "
        "creation time. A ticket that was moved into the project has its old creation time and "
        "fails as well. Without a known ticket of a lower number it is undetermined."
    ),
    satisfy="Open tickets in their project; do not import or move them there.",
    judge=judge,
)
