"""change-window: the deployment happens when its ticket planned it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

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
from gate.model import ChangeRequest, Facts, Judgement, Problem, Value, Window


def judge(facts: Facts, _policy: Policy, now: datetime) -> Judgement:
    """Now lies inside the planned window of each ticket."""
    expected = say("change-window.expected", "Each ticket plans the deployment for now.")

    def is_planned_for_now(ticket: ChangeRequest) -> Iterator[Finding]:
        if isinstance(ticket.window, Problem):
            yield unavailable(ticket.window)
        elif ticket.window is None:
            yield _nowhere(ticket)
        else:
            yield _judged(ticket, ticket.window, now)

    return conclude(expected, each_ticket(facts, is_planned_for_now))


def _nowhere(ticket: ChangeRequest) -> Finding:
    return undetermined(
        say(
            "change-window.nowhere",
            "The policy does not say where {ticket} has its planned window.",
            ticket=ticket.key,
        ),
        say(
            "change-window.nowhere.remedy",
            "Name the two fields as window in [tickets.{system}] of gate.toml, if that system has"
            ' such fields; where tickets plan no time, set change-window = "off" in controls.',
            system=ticket.system,
        ),
    )


def _judged(ticket: ChangeRequest, window: Window, now: datetime) -> Finding:
    start, end = window.start, window.end
    if start is None or end is None:
        missing = "start" if start is None else "end"
        return failed(
            say(
                "change-window.open",
                "{ticket} has no planned {missing}.",
                ticket=ticket.key,
                missing=missing,
            ),
            say(
                "change-window.open.remedy",
                "Enter the planned {missing} in {ticket}, and have it approved.",
                ticket=ticket.key,
                missing=missing,
            ),
        )
    told: dict[str, Value] = {"ticket": ticket.key, "start": start, "end": end}
    if start <= now <= end:
        return passed(
            say("change-window.inside", "{ticket} plans it from {start} to {end}.", **told)
        )
    observed = say(
        "change-window.outside",
        "It is {now}, and {ticket} plans it from {start} to {end}.",
        now=now,
        **told,
    )
    if start <= end and now < start:
        return failed(
            observed,
            say("change-window.early.remedy", "Run gate again after {start}.", start=start),
        )
    return failed(
        observed,
        say(
            "change-window.late.remedy",
            "Plan {ticket} anew, and have it approved with its new times.",
            ticket=ticket.key,
        ),
    )


CONTROL = Control(
    id="change-window",
    title="The deployment happens when it was planned",
    criteria=(
        "SOC 2 CC8.1 (POF 8, 9)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3",
        "PCI DSS 6.5.1",
    ),
    needs=("the planned start and end of each ticket", "this machine's clock (see clock-sane)"),
    default=warn,
    integrity=False,
    demands=(
        "Now lies between the planned start and the planned end of every ticket. A ticket without "
        "one of them, or whose end lies before its start, has no window. Where the policy does not "
        "say which fields hold them, it is undetermined."
    ),
    satisfy="Deploy in the window, or plan the ticket anew and have it approved.",
    judge=judge,
)
