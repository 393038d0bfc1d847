"""Whoever owns the token that the forge is asked with: every job can approve with it."""

from __future__ import annotations

from dataclasses import replace

from gate.config.types import Environment, Policy, ServiceNowSettings
from gate.model import Account, Change, Facts, Level, Maybe, Problem

_ELSEWHERE = "change-request"  # the one source of approvals that no forge is asked for
_REVIEWED = "peer-reviewed"


def is_asked(environment: Environment, policy: Policy) -> bool:
    """Whether anything hangs on what people decide by the forge.

    That is approvals, a review that is required, and templates of standard changes.
    """
    return (
        set(environment.approvals.sources) != {_ELSEWHERE}
        or environment.controls.get(_REVIEWED) is Level.REQUIRE
        or any(
            isinstance(each, ServiceNowSettings) and each.standard_templates
            for each in policy.tickets.values()
        )
    )


def without_own(facts: Facts, own: Maybe[Account | None], others: tuple[Account, ...]) -> Facts:
    """The facts with gate's own accounts: ``own`` by the forge, None for none, and ``others``.

    Where the forge did not tell it, what anybody decided there is not known either.
    """
    if isinstance(own, Account):
        return replace(facts, gate_accounts=tuple(dict.fromkeys((*others, own))))
    if own is None:
        return replace(facts, gate_accounts=others)
    change = facts.change
    if isinstance(change, Change) and not isinstance(change.pull_requests, Problem):
        pulls = tuple(
            replace(pull, reviews=own) if pull.reviews else pull for pull in change.pull_requests
        )
        change = replace(change, pull_requests=pulls)
    decided = own if facts.environment_approvals else ()
    return replace(facts, gate_accounts=others, change=change, environment_approvals=decided)
