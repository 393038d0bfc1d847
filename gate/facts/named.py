"""The tickets that are named: by ``--ticket``, or by the change."""

from __future__ import annotations

from gate.config import Environment, Policy
from gate.model import (
    Change,
    Deployment,
    Maybe,
    Problem,
    ProblemKind,
    TicketReference,
    TicketSource,
)

TICKETS_AT_MOST = 20  # a change request is one decision; a list this long is a mistake


def named_by_option(tickets: tuple[str, ...], policy: Policy) -> tuple[TicketReference, ...]:
    """The tickets of ``--ticket``, each by its system; UsageError for one that is no ID."""
    from gate.tickets.references import parse_reference
    from gate.tickets.registry import grammars_of

    grammars = grammars_of(policy)
    parsed = (parse_reference(ticket, grammars) for ticket in tickets)
    return tuple(TicketReference(system, ticket, TicketSource.OPTION) for system, ticket in parsed)


def named_by_change(
    change: Maybe[Change], deployment: Deployment, environment: Environment, policy: Policy
) -> Maybe[tuple[TicketReference, ...]]:
    """The tickets that the change names, from the first allowed source that names any.

    UsageError where two of the policy's systems claim one of the IDs.
    """
    from gate.tickets.references import find_references
    from gate.tickets.registry import grammars_of

    grammars = grammars_of(policy)
    for source in environment.ticket.sources:
        if source is TicketSource.OPTION:
            continue
        texts = _texts(source, change, deployment)
        if isinstance(texts, Problem):
            return texts
        found = find_references("\n".join(texts), grammars)
        if len(found) > TICKETS_AT_MOST:
            return Problem(
                ProblemKind.INCOMPLETE,
                "gate",
                f"tickets named by {source}",
                f"{len(found)} tickets are named, more than the {TICKETS_AT_MOST} gate looks up",
                "name the change request of this deployment with --ticket",
            )
        if found:
            return tuple(TicketReference(system, ticket, source) for system, ticket in found)
    return ()


def _texts(
    source: TicketSource, change: Maybe[Change], deployment: Deployment
) -> Maybe[tuple[str, ...]]:
    if isinstance(change, Problem):
        return change
    if source is TicketSource.COMMIT:
        commits = change.commits
        return commits if isinstance(commits, Problem) else tuple(c.message for c in commits)
    pulls = change.pull_requests
    if source is TicketSource.PULL_REQUEST:
        return pulls if isinstance(pulls, Problem) else tuple(p.title for p in pulls)
    branches = () if isinstance(pulls, Problem) else tuple(p.head_ref for p in pulls)
    return (*branches, deployment.run.ref)
