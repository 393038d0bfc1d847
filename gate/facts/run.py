"""The run, who let it in and whose token asks; what is said of a run nobody can be asked about."""

from __future__ import annotations

from gate.ci.registry import FORGE_CIS
from gate.config import Environment, Policy
from gate.facts.opened import Opened
from gate.model import Account, Approval, Deployment, Maybe, Problem, ProblemKind, Run, RunClaim

ENVIRONMENT_SOURCE = "environment"  # of approvals, by the policy's name


def fetch_run_and_approvals(
    opened: Opened, deployment: Deployment, environment: Environment
) -> tuple[Maybe[Run] | None, Maybe[tuple[Approval, ...]]]:
    """The run, and where the policy counts it, what was decided on its deployment."""
    run = fetch_run(opened, deployment)
    if ENVIRONMENT_SOURCE not in environment.approvals.sources:
        return run, ()
    if run is None:  # not none: whether anybody rejected it, nobody was asked
        return None, _no_run(environment.name)
    if isinstance(run, Problem):
        return run, run
    if opened.fetch_approvals is None:
        raise TypeError("what tells a run tells its approvals too")
    return run, opened.fetch_approvals(run, environment.name)


def _no_run(environment: str) -> Problem:
    cause = "outside of a CI there is no run whose deployment a forge could have asked about"
    remedy = 'leave "environment" out of approvals.sources, or deploy by the forge\'s own pipeline'
    return Problem(
        ProblemKind.INCOMPLETE, "shell", f"approvals of a run to {environment}", cause, remedy
    )


def fetch_own_account(
    opened: Opened, environment: Environment, policy: Policy
) -> Maybe[Account | None]:
    """Whose token the forge is asked with, where it hangs on what people decide there."""
    from gate.forges.own import is_asked

    return opened.fetch_own() if opened.fetch_own and is_asked(environment, policy) else None


def fetch_run(opened: Opened, deployment: Deployment) -> Maybe[Run] | None:
    """The run by its CI's API; None for a shell, which has none."""
    claim = deployment.run
    if claim.ci == "shell":
        return None
    return opened.fetch_run(claim) if claim.ci == opened.ci else _unasked(claim)


def unproven(run: RunClaim) -> Problem:
    """Why a run is only claimed where its forge cannot be asked."""
    if run.ci not in FORGE_CIS:
        return _unasked(run)
    ci = FORGE_CIS[run.ci]
    cause = f"there is no token to ask {ci.title} about the run, so only the job's claims are known"
    remedy = f"give the job {ci.token}, and name the forge in gate.toml"
    return Problem(ProblemKind.CLAIM, run.ci, f"run {run.id}", cause, remedy)


def _unasked(claim: RunClaim) -> Problem:
    return Problem(
        ProblemKind.CLAIM,
        claim.ci,
        f"run {claim.id}",
        f"nothing can be asked of {claim.ci} here, so only the job's own claims are known",
        'list the claim in accept_claims ("pipeline-start") if your auditor agrees to rely on it',
    )
