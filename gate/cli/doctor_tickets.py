"""What ``gate doctor`` tells of ticket systems: who can approve there, and what gate may read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from gate.cli.examined import Finding, State, clocks, problem
from gate.config import Secrets
from gate.errors import GateError
from gate.http import Budget
from gate.place import Place

_CALLED = {"jira": "Jira", "servicenow": "ServiceNow", "github": "GitHub", "gitlab": "GitLab"}


def approvers(place: Place, _: Secrets) -> Iterator[Finding]:
    """Approvers whom no ticket system knows can never approve."""
    from gate.identity import People

    policy = place.policy
    called = " or ".join(_CALLED.get(system, system) for system in policy.tickets)
    accounts = {person.name: person.accounts for person in policy.people}
    for environment in policy.environments.values():
        members = People(policy).members(environment.approvals.by)
        known = {m for m in members if accounts.get(m, {}).keys() & policy.tickets.keys()}
        name = f"approvers of {environment.name}"
        lacking = sorted(members - known)
        if len(known) < environment.approvals.required:
            yield Finding(
                name,
                State.FAULT,
                f"{len(known)} have a {called} account; "
                f"{environment.approvals.required} must approve",
                f"add their {called} accounts to [[people]]",
            )
        elif lacking:
            yield Finding(
                name,
                State.WARNING,
                f"no {called} account is known of {', '.join(lacking)}",
                "add it to [[people]]",
            )
        else:
            yield Finding(name, State.OK, f"{len(known)}, each with a {called} account")


def tickets(place: Place, secrets: Secrets) -> Iterator[Finding]:
    """Each right that a ticket system must give gate's account, by the request that needs it."""
    from gate.tickets.registry import open_tickets

    try:
        opened = open_tickets(place.policy, secrets, Budget(place.policy.network.budget))
    except GateError as error:
        yield Finding("tickets", State.FAULT, error.message, error.remedy)
        return
    with closing(opened):
        for name, system in opened.systems.items():
            for right in system.rights():
                what = f"{name} {right.what}".strip()
                if right.problem is None:
                    yield Finding(what, State.OK, right.seen)
                else:
                    state = State.UNKNOWN if right.needed else State.WARNING
                    yield problem(what, right.problem, state)
        yield from clocks(place.policy, opened.clocks())
