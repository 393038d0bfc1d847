"""Opening the forge of the service's repository, or git in its place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gate.ci.registry import FORGE_CIS
from gate.config import Policy, Service
from gate.config.secrets import Secrets
from gate.facts.opened import Opened
from gate.facts.question import Question
from gate.facts.run import unproven

if TYPE_CHECKING:  # it imports the libraries that ask, which not every command needs
    from gate.http import Budget


def open_forge(
    policy: Policy, service: Service, secrets: Secrets, budget: Budget, question: Question
) -> Opened:
    """The forge of the service's repository.

    Local git where there is no forge or no token for it: it yields claims, and says what it lacks.
    """
    from gate.forges.registry import kind_for

    found = kind_for(policy, service, secrets)
    if found is not None:
        name, kind, settings = found
        reader = kind.open(settings, kind.token(secrets), policy.network, budget)
        approvals = partial(reader.fetch_approvals, service)
        fetch_run = partial(FORGE_CIS[name].fetch_run, reader.wire, reader.slug(service))
        return Opened(reader, fetch_run, name, approvals, reader.fetch_own_account)
    from gate.forges.git import GitReader

    ci = question.deployment.run.ci
    return Opened(GitReader(question.checkout, question.environ), unproven, ci)
