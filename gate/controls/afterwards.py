"""Reviews of emergencies: the same controls, over facts in which only later approvals count.

Pure. An emergency went on without approval; what was deployed has to be approved afterwards, by
somebody who had no part in it and did not deploy it. So a review judges the controls in ``JUDGED``
over the same change, with every approval taken away that was, or may have been, given before. What
objects stays, whenever it was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from gate.config.types import Policy
from gate.controls.counted import CHANGE_REQUEST
from gate.controls.independence import DEPLOYER
from gate.controls.run_approvals import ENVIRONMENT
from gate.model import (
    Approval,
    Change,
    ChangeRequest,
    Facts,
    Lookup,
    Maybe,
    Problem,
    PullRequest,
    Verdict,
)

JUDGED = (
    *("ticket-given", "ticket-exists", "ticket-covers-change", "approved"),
    *("approval-predates-deployment", "approver-independent", "approval-covers-change"),
    *("clock-sane", "policy-pinned"),
)
"""The controls of a review, by id. All are required where the policy does not say otherwise."""


def only_afterwards(facts: Facts, since: datetime, unapproved: Mapping[str, bool]) -> Facts:
    """``facts`` without the approvals that were not surely given after ``since``.

    ``unapproved`` tells, by ticket, whether nobody had approved it then: what approves it now was
    given since, even where its system tells no exact time.
    """
    tickets = tuple(_of_lookup(each, since, unapproved) for each in facts.tickets)
    change = facts.change
    if isinstance(change, Change) and not isinstance(change.pull_requests, Problem):
        pulls = tuple(_of_pull(pull, since) for pull in change.pull_requests)
        change = replace(change, pull_requests=pulls)
    of_run = _later(facts.environment_approvals, since, fresh=False)
    return replace(facts, tickets=tickets, change=change, environment_approvals=of_run)


def for_review(policy: Policy, environment: str) -> Policy:
    """The policy, with approvers independent of the deployer too, and approvals that come now.

    Nobody lets a run into its environment afterwards: where nothing else counts, the ticket does.
    """
    place = policy.environments[environment]
    rules = place.approvals
    apart = rules.independent_of
    stricter = replace(
        rules,
        sources=tuple(each for each in rules.sources if each != ENVIRONMENT) or (CHANGE_REQUEST,),
        independent_of=apart if DEPLOYER in apart else (*apart, DEPLOYER),
        predates="job",
    )
    places = {**policy.environments, environment: replace(place, approvals=stricter)}
    return replace(policy, environments=places)


def _of_lookup(lookup: Lookup, since: datetime, unapproved: Mapping[str, bool]) -> Lookup:
    ticket = lookup.result
    if not isinstance(ticket, ChangeRequest):
        return lookup
    later = _later(ticket.approvals, since, fresh=unapproved.get(ticket.key, False))
    # What was deployed stays so: a ticket that is closed after its approval takes nothing back.
    return replace(lookup, result=replace(ticket, approvals=later, sent_back=None))


def _of_pull(pull: PullRequest, since: datetime) -> PullRequest:
    return replace(pull, reviews=_later(pull.reviews, since, fresh=False))


def _later(
    approvals: Maybe[tuple[Approval, ...]], since: datetime, *, fresh: bool
) -> Maybe[tuple[Approval, ...]]:
    if isinstance(approvals, Problem):
        return approvals
    found = (_given_after(each, since, fresh=fresh) for each in approvals)
    return tuple(each for each in found if each is not None)


def _given_after(approval: Approval, since: datetime, *, fresh: bool) -> Approval | None:
    """The approval, if it was surely given after ``since``; whatever does not approve stays."""
    if approval.verdict is not Verdict.APPROVED:
        return approval
    at = approval.decided_at
    if at is None or at <= since:
        return None
    if not approval.latest_possible:
        return approval
    earliest = approval.not_before
    if earliest is not None and earliest > since:
        return approval
    return replace(approval, not_before=since) if fresh else None
