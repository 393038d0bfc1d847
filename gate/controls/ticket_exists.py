"""ticket-exists: each ticket was looked up live, and what came back is what was asked for."""

from __future__ import annotations

from datetime import datetime

from gate.config.types import Policy
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    require,
    say,
    unavailable,
)
from gate.controls.tickets import is_asked_for, nothing_given, settings_of
from gate.model import ChangeRequest, Facts, Judgement, Lookup, MissingTicket, Problem


def judge(facts: Facts, policy: Policy, _now: datetime) -> Judgement:
    """Every reference has a change request of an allowed project and type behind it."""
    expected = say(
        "ticket-exists.expected", "Each ticket exists under the ID given, in an allowed project."
    )
    nothing = nothing_given(facts)
    if nothing is not None:
        return conclude(expected, [nothing])
    return conclude(expected, [_lookup(lookup, policy) for lookup in facts.tickets])


def _lookup(lookup: Lookup, policy: Policy) -> Finding:
    asked, result = lookup.reference.id, lookup.result
    if isinstance(result, Problem):
        return unavailable(result)
    if isinstance(result, MissingTicket) and result.links:
        return failed(
            say(
                "ticket-exists.unlinked",
                "{story} is linked to no change request that gate is shown (links: {links}).",
                story=asked,
                links=result.links,
            ),
            say(
                "ticket-exists.unlinked.remedy",
                "Link {story} to its change request, or give the change request itself. If it is"
                " linked, let gate's account see the change request.",
                story=asked,
            ),
        )
    if isinstance(result, MissingTicket):
        return failed(
            say(
                "ticket-exists.missing",
                "{system} says that {ticket} does not exist: it is missing or hidden from gate,"
                " which is shown others like it.",
                system=lookup.reference.system,
                ticket=asked,
            ),
            say(
                "ticket-exists.missing.remedy",
                "Check the ID {ticket}. If the ticket exists, let gate's account see it (security"
                " level, permission scheme, access rules).",
                ticket=asked,
            ),
        )
    if not is_asked_for(lookup, result):
        return failed(
            say(
                "ticket-exists.moved",
                "{ticket} came back as {found}: it was moved, or is written differently.",
                ticket=asked,
                found=result.key,
            ),
            say(
                "ticket-exists.moved.remedy",
                "Give the ID {found}, if it is of a project that the policy allows.",
                found=result.key,
            ),
        )
    return _kind(result, policy)


def _kind(ticket: ChangeRequest, policy: Policy) -> Finding:
    settings = settings_of(ticket, policy)
    projects = settings.projects if settings else ()
    if not settings or (projects and not _is_of(ticket, projects)):
        return failed(
            say(
                "ticket-exists.project",
                "{ticket} is in project {project}, which is not one of {projects}.",
                ticket=ticket.key,
                project=ticket.project,
                projects=projects,
            ),
            say(
                "ticket-exists.project.remedy",
                "Use a ticket of {projects}.",
                projects=projects,
            ),
        )
    if settings.types and ticket.type not in settings.types:
        return failed(
            say(
                "ticket-exists.type",
                "{ticket} is of type {type}, which is no change request.",
                ticket=ticket.key,
                type=ticket.type,
            ),
            say("ticket-exists.type.remedy", "Use a ticket of type {types}.", types=settings.types),
        )
    return passed(say("ticket-exists.found", "{ticket} exists.", ticket=ticket.key))


def _is_of(ticket: ChangeRequest, projects: tuple[str, ...]) -> bool:
    """Whether the ticket says that it is of one of the projects, and its key does too."""
    said = ticket.key.rstrip("0123456789")
    said = said[:-1] if said.endswith(("-", "#")) else said
    return ticket.project in projects and said == ticket.project


CONTROL = Control(
    id="ticket-exists",
    title="The change request exists",
    criteria=(
        "SOC 2 CC8.1 (POF 4, 5)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3",
        "PCI DSS 6.5.1",
    ),
    needs=("each ticket, read live from the ticket system",),
    default=require,
    integrity=True,
    demands=(
        "Each ticket was looked up live; the ID that came back is the one asked for, so a moved "
        "ticket fails and its new ID is named; its project and type are allowed. A ticket that is "
        "not found fails only where the credentials work and the project is visible. Where the "
        "ticket system is down, an emergency with offline = true may owe this until its review."
    ),
    satisfy="Give the current ID of a change request that gate's account can see.",
    judge=judge,
)
