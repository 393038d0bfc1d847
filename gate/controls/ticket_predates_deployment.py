"""ticket-predates-deployment: the ticket was there before the deployment it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from gate.config.types import Policy
from gate.controls.change import short
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
)
from gate.controls.reference import MERGE, Reference, called, reference
from gate.controls.tickets import each_ticket
from gate.model import (
    PERMITTING,
    ChangeRequest,
    Facts,
    ForgeDeployment,
    History,
    Judgement,
    Message,
    Problem,
)


def judge(facts: Facts, policy: Policy, now: datetime) -> Judgement:
    """Created before the reference, and before any deployment that no record covers."""
    rules = environment_of(facts, policy).ticket
    expected = say(
        "ticket-predates.expected",
        "Each ticket was created at least {lead} before the {reference}, and before any deployment"
        " of this commit here that no record covers.",
        lead=rules.minimum_lead,
        reference=called(rules.predates),
    )
    limit = reference(rules.predates, facts, policy, now)
    uncovered = _uncovered(facts)

    def ticket_is_early(ticket: ChangeRequest) -> Iterator[Finding]:
        if ticket.created_at > now:
            yield _in_future(ticket, now)
        elif isinstance(limit, Finding):
            yield limit
        else:
            yield _before(ticket, limit, rules.minimum_lead)
        yield from _before_deployments(ticket, uncovered)

    return conclude(expected, each_ticket(facts, ticket_is_early))


def _in_future(ticket: ChangeRequest, now: datetime) -> Finding:
    return failed(
        say(
            "ticket-predates.future",
            "{ticket} was created at {created}, which is later than now ({now}).",
            ticket=ticket.key,
            created=ticket.created_at,
            now=now,
        ),
        say("ticket-predates.future.remedy", "Compare this machine's clock; see clock-sane."),
    )


def _before(ticket: ChangeRequest, limit: Reference, lead: timedelta) -> Finding:
    if ticket.created_at + lead <= limit.at:
        return passed(
            say(
                "ticket-predates.early",
                "{ticket} was created {early} before {reference}.",
                ticket=ticket.key,
                early=limit.at - ticket.created_at,
                reference=limit.what,
            ),
            *limit.claims,
        )
    return failed(_too_late(ticket, limit, lead), _remedy(limit))


def _too_late(ticket: ChangeRequest, limit: Reference, lead: timedelta) -> Message:
    late = ticket.created_at - limit.at
    if late > timedelta():
        return say(
            "ticket-predates.late",
            "{ticket} was created at {created}, {late} after {reference} ({at}).",
            ticket=ticket.key,
            created=ticket.created_at,
            late=late,
            reference=limit.what,
            at=limit.at,
        )
    return say(
        "ticket-predates.short",
        "{ticket} was created only {early} before {reference} ({at}); {lead} are demanded.",
        ticket=ticket.key,
        early=-late,
        reference=limit.what,
        at=limit.at,
        lead=lead,
    )


def _remedy(limit: Reference) -> Message:
    if limit.what == MERGE:
        return say(
            "ticket-predates.late-for-merge.remedy",
            "Open the ticket before merging. For this change, merge a new commit under a ticket"
            " that is there already.",
        )
    return say(
        "ticket-predates.late.remedy",
        "Start a new pipeline run (a re-run keeps its old start), or use a ticket that was there"
        " before.",
    )


def _uncovered(facts: Facts) -> tuple[ForgeDeployment, ...] | Finding:
    """The forge's deployments of the commit here that no earlier record let happen."""
    deployments, history = facts.deployed_before, facts.history
    if isinstance(deployments, Problem):
        return unavailable(deployments)
    if isinstance(history, Problem):
        return unavailable(history)
    return tuple(each for each in deployments if not _is_covered(each, history))


def _is_covered(deployment: ForgeDeployment, history: History) -> bool:
    return any(
        past.decision in PERMITTING
        and past.commit == deployment.commit
        and past.at <= deployment.at
        for past in history.here
    )


def _before_deployments(
    ticket: ChangeRequest, uncovered: tuple[ForgeDeployment, ...] | Finding
) -> Iterator[Finding]:
    if isinstance(uncovered, Finding):
        yield uncovered
        return
    for deployment in uncovered:
        if ticket.created_at >= deployment.at:
            yield failed(
                say(
                    "ticket-predates.deployed",
                    "{commit} was deployed here at {at} without a record, {late} before {ticket}"
                    " was created.",
                    commit=short(deployment.commit),
                    at=deployment.at,
                    late=ticket.created_at - deployment.at,
                    ticket=ticket.key,
                ),
                say(
                    "ticket-predates.deployed.remedy",
                    "Use the ticket under which it was deployed then. If there was none, report it"
                    " as an unauthorised change, and deploy a new commit under {ticket}.",
                    ticket=ticket.key,
                ),
            )


CONTROL = Control(
    id="ticket-predates-deployment",
    title="The change request was there first",
    criteria=(
        "SOC 2 CC8.1 (POF 2, 5)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3(1)",
        "PCI DSS 6.5.1",
    ),
    needs=(
        "the ticket's creation time",
        "the creation of the pipeline run's first attempt, or the merges and pushes of the change",
        "the forge's list of deployments of this commit, and the log's records of them",
    ),
    default=require,
    integrity=False,
    demands=(
        "Each ticket was created before the reference of ticket.predates, by at least "
        "minimum_lead: the creation of the run's first attempt (pipeline), this job (job), or the "
        "earliest merge of the change (merge). And before any deployment of the same commit to "
        "this environment that no allowed or emergency record covers."
    ),
    satisfy="Open the ticket first. If it is late, start a new run: a re-run keeps its old start.",
    judge=judge,
)
