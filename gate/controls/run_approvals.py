"""What people decided on this very run's deployment, as the controls may take it.

The forge asks before a job of a protected environment starts, so such a decision is of the run's
own commit and of nothing else. GitHub tells no time of it: then it was given after the run was
created, and before it was read.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from gate.config.types import Policy
from gate.controls.change import short
from gate.controls.control import Finding, unavailable
from gate.controls.pipeline import own_run
from gate.frozen import dataclass
from gate.model import Approval, Facts, Problem, Verdict

ENVIRONMENT = "environment"  # this source of approvals, by the policy's name
BEFORE = timedelta(microseconds=1)  # what was read at all was given before now


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions, and why there may be more of them, or of another run; None where not so."""

    approvals: tuple[Approval, ...] = ()
    problem: Finding | None = None


def name_of_deployment(facts: Facts) -> str:
    """How a message calls what was approved."""
    deployment = facts.deployment
    return f"the deployment of {short(deployment.commit)} to {deployment.environment}"


def decided_on_run(facts: Facts, policy: Policy, now: datetime | None) -> Decided:
    """The decisions on the deployment; approvals only where the run is provably this one.

    What objects stays, whatever the run turns out to be. Without ``now`` an approval that has no
    time of its own stays without.
    """
    listed = facts.environment_approvals
    if isinstance(listed, Problem):
        return Decided(problem=unavailable(listed))
    if not listed:
        return Decided()
    run, commit = own_run(facts, policy), facts.deployment.commit
    if isinstance(run, Finding):
        return Decided(tuple(a for a in listed if a.verdict is not Verdict.APPROVED), run)
    return Decided(
        tuple(
            _timed(approval, now)
            for approval in listed
            if approval.verdict is not Verdict.APPROVED or approval.commit == commit
        )
    )


def _timed(approval: Approval, now: datetime | None) -> Approval:
    earliest = approval.not_before
    is_bounded = approval.latest_possible and earliest is not None
    if approval.decided_at is not None or not is_bounded or now is None or earliest is None:
        return approval
    return replace(approval, decided_at=max(now - BEFORE, earliest))
