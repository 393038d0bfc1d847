"""The policy's Jenkins: it runs the job, and the forge beside it has the code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.config import Policy, Service
from gate.config.secrets import Secrets
from gate.facts.opened import Opened
from gate.model import Problem, ProblemKind, Run, RunClaim

if TYPE_CHECKING:  # it imports the libraries that ask, which not every command needs
    from gate.http import Budget

CI = "jenkins"


def with_jenkins(
    opened: Opened, policy: Policy, service: Service, secrets: Secrets, budget: Budget
) -> Opened:
    """The forge with the policy's Jenkins beside it, or with what says that there is none."""
    if policy.jenkins is None:
        return replace(opened, fetch_run=_no_jenkins, ci=CI)
    if not (secrets.jenkins_user and secrets.jenkins_token):
        return replace(opened, fetch_run=_no_account, ci=CI)
    from gate.ci.jenkins_build import fetch_run, open_wire

    wire = open_wire(policy.jenkins, secrets, policy.network, budget)
    return replace(
        opened,
        fetch_run=lambda run: fetch_run(wire, run.id, service.repository),
        ci=CI,
        fetch_approvals=_no_approvals,
        beside=wire,
    )


def _no_jenkins(run: RunClaim) -> Problem:
    cause = "the policy names no Jenkins to ask about the build, so only the job's claims are known"
    remedy = (
        "name it with ci.jenkins.url in gate.toml, or list the claim in accept_claims "
        '("pipeline-start") if your auditor agrees to rely on it'
    )
    return Problem(ProblemKind.CLAIM, CI, f"run {run.id}", cause, remedy)


def _no_approvals(run: Run, environment: str) -> Problem:
    # Not none: nobody was asked, and the forge knows nothing of a build.
    cause = f"a build of Jenkins enters no environment {environment} of a forge, which could tell"
    remedy = 'leave "environment" out of approvals.sources, or deploy by the forge\'s own pipeline'
    return Problem(ProblemKind.INCOMPLETE, CI, f"approvals of {run.id}", cause, remedy)


def _no_account(run: RunClaim) -> Problem:
    # Not a CLAIM: whoever unsets the variables must not be believed in the API's place.
    cause = "GATE_JENKINS_USER and GATE_JENKINS_TOKEN are not both set, so Jenkins cannot be asked"
    remedy = "give the job the user and the API token of an account that may read it (Job/Read)"
    return Problem(ProblemKind.CREDENTIALS, CI, f"run {run.id}", cause, remedy)
