"""approval-predates-deployment: what was approved was not yet on its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gate.config.types import Policy
from gate.controls.change import range_of
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    require,
    say,
)
from gate.controls.counted import Teller, Vote, in_future, no_vote
from gate.controls.reference import Reference, called, reference
from gate.controls.tickets import each_ticket
from gate.model import ChangeRequest, Facts, Judgement, Message


def judge(facts: Facts, policy: Policy, now: datetime) -> Judgement:
    """Every counted approval was decided before the reference."""
    teller = Teller(facts, policy, now)
    kind = teller.rules.predates
    change = range_of(facts)
    expected = say(
        "approval-predates.expected",
        "Each counted approval was given before the {reference}.",
        reference=called(kind),
    )
    limit = reference(kind, facts, policy, now)

    def approvals_are_early(ticket: ChangeRequest) -> Iterator[Finding]:
        tally = teller.of_all(ticket, change)
        if isinstance(tally, Finding):
            yield tally
        elif not tally.votes or tally.problem is not None:
            yield no_vote(tally, teller)
        elif isinstance(limit, Finding):
            yield limit
        else:
            yield from (_judged(vote, limit, now) for vote in tally.votes)

    return conclude(expected, each_ticket(facts, approvals_are_early))


def _judged(vote: Vote, limit: Reference, now: datetime) -> Finding:
    future = in_future(vote, now)
    if future is not None:
        return future
    if vote.latest < limit.at:
        return passed(_early(vote, limit), *limit.claims)
    return failed(
        say(
            "approval-predates.late",
            "{approver} approved {place} at {at}, {late} after {reference} ({limit}).",
            approver=vote.account,
            place=vote.place,
            at=vote.latest,
            late=vote.latest - limit.at,
            reference=limit.what,
            limit=limit.at,
        ),
        say(
            "approval-predates.late.remedy",
            "Start a new pipeline run, which begins after the approval (a re-run does not).",
        ),
    )


def _early(vote: Vote, limit: Reference) -> Message:
    """What is told of an approval in time: between which times, where the forge has none of it."""
    if vote.of_commit and vote.earliest is not None and vote.earliest != vote.latest:
        return say(
            "approval-predates.between",
            "{approver} approved {place} after {earliest} and before {reference}.",
            approver=vote.account,
            place=vote.place,
            earliest=vote.earliest,
            reference=limit.what,
        )
    return say(
        "approval-predates.early",
        "{approver} approved {place} {early} before {reference}.",
        approver=vote.account,
        place=vote.place,
        early=limit.at - vote.latest,
        reference=limit.what,
    )


CONTROL = Control(
    id="approval-predates-deployment",
    title="The approval came before the deployment",
    criteria=(
        "SOC 2 CC8.1 (POF 8)",
        "ISO 27001:2022 A.8.32",
        "NIST 800-53r5 CM-3(1)(d)",
        "PCI DSS 6.5.1",
    ),
    needs=(
        "the time of each approval, by its system's own history",
        "the pipeline run or the clock",
    ),
    default=require,
    integrity=False,
    demands=(
        "Each counted approval was given before the reference of approvals.predates: this job "
        "(job), or the creation of the pipeline run's first attempt (pipeline). A time in the "
        "future fails. The forge's approval of this run's deployment is given between the two."
    ),
    satisfy="Get the approval first, then start the pipeline.",
    judge=judge,
)
