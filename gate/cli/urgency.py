"""What --emergency and --wait were given, held against the policy."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gate.errors import UsageError
from gate.model import Free

if TYPE_CHECKING:
    from gate.config import Policy

REASON_AT_LEAST, REASON_AT_MOST = 10, 1000  # characters
WAIT_AT_MOST = timedelta(hours=24)


def read_reason(given: str | None, policy: Policy, environment: str) -> Free | None:
    """The reason of --emergency, for an environment whose policy has emergencies."""
    if given is None:
        return None
    if policy.environments[environment].emergency is None:
        raise UsageError(
            f"the policy has no emergencies in {environment}",
            remedy="deploy with an approved change request; or agree on `emergency` in the policy",
        )
    reason = given.strip()
    if len(reason) < REASON_AT_LEAST or len(reason) > REASON_AT_MOST or not reason.isprintable():
        raise UsageError(
            f"--emergency needs a reason: one line of {REASON_AT_LEAST} to {REASON_AT_MOST} "
            "characters",
            remedy="say what is broken and why it cannot wait; reviewers and auditors read it",
        )
    return Free(reason)


def read_wait(
    given: str | None, policy: Policy, environment: str, *, emergency: bool
) -> timedelta | None:
    """The time of --wait. Raises ``UsageError`` where waiting can not help."""
    from gate.config import grammar

    if given is None:
        return None
    wait = grammar.duration(given, "--wait")
    if not timedelta() < wait <= WAIT_AT_MOST:
        raise UsageError("--wait must be more than 0s and at most 24h")
    if emergency:
        raise UsageError(
            "--wait and --emergency are given both: an emergency does not wait",
            remedy="leave one of them away",
        )
    if policy.environments[environment].approvals.predates == "pipeline":
        raise UsageError(
            f"the policy wants approvals in {environment} from before the pipeline began, so one "
            "that comes while it waits is too late",
            remedy="leave --wait away, and start the pipeline once it is approved",
        )
    return wait
