"""ticket-given: the deployment names a change request, in a place that the policy allows."""

from __future__ import annotations

from datetime import datetime

from gate.config.types import Policy
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    environment_of,
    failed,
    passed,
    require,
    say,
    unavailable,
    undetermined,
)
from gate.controls.tickets import all_looked_up
from gate.model import Facts, Judgement, Message, Problem, TicketReference, TicketSource


def judge(facts: Facts, policy: Policy, _now: datetime) -> Judgement:
    """Every reference comes from an allowed source, and there is one."""
    sources = environment_of(facts, policy).ticket.sources
    expected = say(
        "ticket-given.expected",
        "A ticket ID, given in: {sources}.",
        sources=tuple(map(str, sources)),
    )
    given = facts.given
    if isinstance(given, Problem):
        return conclude(expected, [unavailable(given)])
    remedy = say(
        "ticket-given.remedy",
        "Open a change request in {projects}, and give its ID in one of: {sources}.",
        projects=tuple(p for one in policy.tickets.values() for p in one.projects)
        or tuple(policy.tickets),
        sources=tuple(map(str, sources)),
    )
    if not given:
        return conclude(expected, [failed(say("ticket-given.none", "No ticket ID."), remedy)])
    if not all_looked_up(facts):
        lost = undetermined(
            say("ticket-given.lost", "Not every ticket that was given was looked up."),
            say("ticket-given.lost.remedy", "Run gate again; if it stays, report it as a bug."),
        )
        return conclude(expected, [lost])
    return conclude(expected, [_source(reference, sources, remedy) for reference in given])


def _source(
    reference: TicketReference, sources: tuple[TicketSource, ...], remedy: Message
) -> Finding:
    source = str(reference.source)
    if reference.source in sources and reference.through:
        return passed(
            say(
                "ticket-given.through",
                "{ticket} (through {story}, {source}).",
                ticket=reference.id,
                story=reference.through,
                source=source,
            )
        )
    if reference.source in sources:
        return passed(
            say("ticket-given.given", "{ticket} ({source}).", ticket=reference.id, source=source)
        )
    return failed(
        say(
            "ticket-given.source",
            "{ticket} comes from a source that is not allowed: {source}.",
            ticket=reference.id,
            source=source,
        ),
        remedy,
    )


CONTROL = Control(
    id="ticket-given",
    title="A change request is named",
    criteria=(
        "SOC 2 CC8.1 (POF 4, 5)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3",
        "PCI DSS 6.5.1",
    ),
    needs=("the --ticket option, pull requests, branch and commits of the change",),
    default=require,
    integrity=True,
    demands=(
        "At least one ID of a change request, from a source that the environment allows. Text that "
        "is no ID of a configured project is not a ticket. Several tickets are all judged."
    ),
    satisfy=(
        "Open a change request before the pipeline starts, and pass its ID with --ticket or write "
        "it into the pull request's title."
    ),
    judge=judge,
)
