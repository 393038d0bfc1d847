"""The pipeline run: the API's facts, held against what the environment claims of itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from gate.config.types import Policy
from gate.controls.change import short
from gate.controls.control import (
    Finding,
    environment_of,
    failed,
    say,
    service_of,
    unavailable,
    undetermined,
)
from gate.model import Account, Facts, Problem, ProblemKind, Run

DEPLOYER = "deployer"  # the claim that the environment's actor is who started the run
PIPELINE_START = "pipeline-start"  # the claim of when the pipeline began


def own_run(facts: Facts, policy: Policy) -> Run | Finding:
    """The run that this is, as its API tells it; or why that cannot be told."""
    run, claim = facts.run, facts.deployment.run
    if run is None:
        return _no_pipeline(facts.deployment.environment)
    if isinstance(run, Problem):
        return unavailable(run)
    differing = {
        "CI": run.ci != claim.ci,
        "run id": not run.id or run.id != claim.id,
        "attempt": bool(claim.attempt) and claim.attempt != str(run.attempt),
        "repository": not same_repository(run.repository, service_of(facts, policy).repository),
        "commit": facts.deployment.commit_from_run and run.head_sha != facts.deployment.commit,
    }
    wrong = tuple(what for what, differs in differing.items() if differs)
    if wrong:
        return failed(
            say(
                "run.claims-differ",
                "What the environment says of the run is not what the API says: {what}.",
                what=wrong,
            ),
            say(
                "run.claims-differ.remedy",
                "Run gate in a pipeline of {repository}; let no step set the CI's own variables.",
                repository=service_of(facts, policy).repository,
            ),
        )
    if run.head_sha != facts.deployment.commit:
        return _other_commit(run, facts)
    if run.active is not True:
        return undetermined(
            say("run.not-active", "The API says that run {run} is not running now.", run=run.id),
            say("run.not-active.remedy", "Start a new run, and run gate in it."),
        )
    return run


def _other_commit(run: Run, facts: Facts) -> Finding:
    """A run of another commit says nothing of when the pipeline of this one began.

    Any run that happens to be going on could be named instead of one's own.
    """
    return undetermined(
        say(
            "run.other-commit",
            "Run {run} is of commit {head}, and {commit} is to be deployed.",
            run=run.id,
            head=short(run.head_sha),
            commit=short(facts.deployment.commit),
        ),
        say(
            "run.other-commit.remedy",
            "Start the pipeline on the commit that is deployed, and leave --commit away.",
        ),
    )


def _no_pipeline(environment: str) -> Finding:
    return undetermined(
        say("run.none", "There is no pipeline in a plain shell, so nothing says when it began."),
        say(
            "run.none.remedy",
            'Run gate in the pipeline, or set predates = "merge" in ticket (in approvals: "job") of'
            " environment {environment}.",
            environment=environment,
        ),
    )


def claimed(facts: Facts, policy: Policy, claim: str) -> bool:
    """Whether the policy accepts the claim here.

    Only where no API can be asked, never as a way round one that does not answer, never in a plain
    shell, and never of a job that says itself that it is of another repository.
    """
    nothing_better = facts.run is None or (
        isinstance(facts.run, Problem) and facts.run.kind is ProblemKind.CLAIM
    )
    said = facts.deployment.run
    of_service = not said.repository or same_repository(
        said.repository, service_of(facts, policy).repository
    )
    accepted = claim in environment_of(facts, policy).accept_claims
    return nothing_better and said.ci != "shell" and of_service and accepted


def deployer(facts: Facts, policy: Policy) -> tuple[Account, tuple[str, ...]] | Finding:
    """Who started the current attempt, and the claims that this rests on."""
    claim = facts.deployment.run
    if claim.actor and claimed(facts, policy, DEPLOYER):
        return Account(claim.ci, claim.actor), (DEPLOYER,)
    run = own_run(facts, policy)
    if isinstance(run, Finding):
        return run
    return _nobody(run) if run.actor is None else (run.actor, ())


def _nobody(run: Run) -> Finding:
    """A timer, a push or another build: somebody is behind each, and the CI does not say who."""
    return undetermined(
        say("run.nobody", "The API names no one person who started run {run}.", run=run.id),
        say("run.nobody.remedy", "Start the run by hand, from an account of your own."),
    )


def same_repository(one: str, other: str) -> bool:
    """Whether two URLs name one repository: case, a final slash and ``.git`` make no difference."""
    return bool(one) and _repository(one) == _repository(other)


def _repository(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.netloc.lower(), parts.path.rstrip("/").removesuffix(".git").lower()
