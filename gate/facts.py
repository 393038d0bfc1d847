"""Gathers what a decision rests on, side by side, within one budget.

Nothing is judged here. Whatever could not be had stands in the facts as a ``Problem``, and the
controls that need it say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from gate.config import Environment, Policy, Service
from gate.config.secrets import Secrets
from gate.errors import UsageError
from gate.frozen import dataclass
from gate.model import (
    Account,
    Approval,
    Base,
    BaseKind,
    Change,
    ClockReading,
    Deployment,
    Facts,
    ForgeDeployment,
    Free,
    History,
    Lookup,
    Maybe,
    PinState,
    Problem,
    ProblemKind,
    Run,
    RunClaim,
    TicketReference,
    TicketSource,
)

if TYPE_CHECKING:  # they import the libraries that ask, which not every command needs
    from gate.forges.kind import ForgeReader
    from gate.http import Budget, Request, Wire
    from gate.tickets.several import Tickets

ENVIRONMENT_SOURCE = "environment"  # of approvals, by the policy's name
HEED_SECONDS = 0.2  # how late an interrupt may be heeded
_TOKENS = {  # of the CIs that are asked by the forge's own token
    "github": ("GitHub", "GITHUB_TOKEN with `actions: read`"),
    "gitlab": ("GitLab", "GITLAB_TOKEN with the scope read_api"),
}
TICKETS_AT_MOST = 20  # a change request is one decision; a list this long is a mistake


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the deployment, and what the caller said about it.

    ``tickets`` are IDs as given by option, grammar already checked; ``base`` is "" or a full commit
    id; ``checkout`` is the local repository, used where no forge can be asked; ``environ`` gives
    PATH and HOME to its git, nothing else of it. ``emergency`` is the reason of a declared one,
    ``evidence`` are receipts of another log.
    """

    deployment: Deployment
    tickets: tuple[str, ...]
    base: str
    checkout: Path
    environ: Mapping[str, str]
    pin: PinState
    emergency: Free | None = None
    evidence: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts, and every request made for them in order."""

    facts: Facts
    requests: tuple[Request, ...]


class Forge(Protocol):
    """What a forge, or git standing in for one, can be asked."""

    def fetch_change(self, service: Service, head: str, base: Base) -> Maybe[Change]:
        """The change base..head."""
        ...

    def fetch_deployments(
        self, service: Service, environment: str, commit: str
    ) -> Maybe[tuple[ForgeDeployment, ...]]:
        """The deployments of ``commit`` to ``environment`` that the forge lists as successful."""
        ...

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against the forge's."""
        ...

    def requests(self) -> tuple[Request, ...]:
        """What was asked so far."""
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A forge, and what tells a run of ``ci`` by what the environment claims of it.

    ``fetch_approvals`` tells who let such a run into an environment of the forge; None where there
    is no forge that could tell a run. ``fetch_own`` tells whose token the forge is asked with, None
    where it is asked with none. ``beside`` is the line to a CI that is not the forge's own.
    """

    forge: Forge
    fetch_run: Callable[[RunClaim], Maybe[Run]]
    ci: str = "github"
    fetch_approvals: Callable[[Run, str], Maybe[tuple[Approval, ...]]] | None = None
    fetch_own: Callable[[], Maybe[Account | None]] | None = None
    beside: Wire | None = None

    def clocks(self) -> tuple[ClockReading, ...]:
        """Our clock against those of both."""
        return (*self.forge.clocks(), *(self.beside.clocks() if self.beside else ()))

    def requests(self) -> tuple[Request, ...]:
        """What both were asked so far."""
        return (*self.forge.requests(), *(self.beside.trace if self.beside else ()))

    def close(self) -> None:
        """Give back what is held open."""
        self.forge.close()
        if self.beside:
            self.beside.close()


def gather(
    question: Question, policy: Policy, secrets: Secrets, history: Maybe[History]
) -> Gathered:
    """Everything ``evaluate`` needs.

    The run, the tickets, the change and the forge's deployments are fetched side by side;
    tickets that only the change names come after it.
    """
    from gate.forges.own import without_own
    from gate.http import Budget

    deployment = question.deployment
    service = policy.services[deployment.service]
    environment = policy.environments[deployment.environment]
    budget = Budget(policy.network.budget)
    opened = open_forge(policy, service, secrets, budget, question)
    if deployment.run.ci == "jenkins":
        opened = with_jenkins(opened, policy, service, secrets, budget)
    forge = opened.forge
    with closing(opened), ExitStack() as opening, _side_by_side() as pool:
        run = pool.submit(_run_and_approvals, opened, deployment, environment)
        change = pool.submit(_remerged_change, forge, service, question, history)
        own = pool.submit(_own_account, opened, environment, policy)
        before = pool.submit(forge.fetch_deployments, service, environment.name, deployment.commit)
        # The forge is waited for while the ticket systems' libraries are imported.
        tickets = opening.enter_context(closing(open_tickets(policy, secrets, budget)))
        given: Maybe[tuple[TicketReference, ...]]
        if question.tickets:
            given = _given(question.tickets, policy)
        else:
            _wait_for(change)
            given = named_by_change(change.result(), deployment, environment, policy)
        lookups = _look_up(given, tickets, pool.submit)
        _wait_for(run, change, before, own, *lookups)
        # Two names of one ticket are one reference, once it is known.
        found = _each_once(lookup for asked in lookups for lookup in asked.result())
        facts = Facts(
            deployment=deployment,
            run=run.result()[0],
            given=given if isinstance(given, Problem) else tuple(t.reference for t in found),
            tickets=found,
            change=change.result(),
            history=history,
            deployed_before=before.result(),
            clocks=(),
            pin=question.pin,
            emergency=question.emergency,
            environment_approvals=run.result()[1],
        )
    return Gathered(
        replace(
            without_own(facts, own.result(), tickets.own_accounts()),
            clocks=(*tickets.clocks(), *opened.clocks()),
        ),
        (*tickets.requests(), *opened.requests()),
    )


def _wait_for(*asked: Future[Any]) -> None:
    """Until all are answered. In pieces, since a Ctrl-C can go unheard while one wait lasts."""
    while wait(asked, timeout=HEED_SECONDS).not_done:
        pass


@contextmanager
def _side_by_side() -> Iterator[ThreadPoolExecutor]:
    """Threads to ask in. Whoever interrupts gate waits for no service that does not answer."""
    pool = ThreadPoolExecutor(max_workers=8)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def open_tickets(policy: Policy, secrets: Secrets, budget: Budget) -> Tickets:
    """The ticket systems of the policy, with their credentials."""
    from gate.tickets.registry import open_tickets as opened

    return opened(policy, secrets, budget)


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
        asker = _asker(name, reader, service)
        return Opened(reader, asker, name, approvals, reader.fetch_own_account)
    from gate.forges.git import GitReader

    ci = question.deployment.run.ci
    return Opened(GitReader(question.checkout, question.environ), _claimed_run, ci)


def _asker(forge: str, reader: ForgeReader, service: Service) -> Callable[[RunClaim], Maybe[Run]]:
    """What asks a forge's own CI about a run."""
    slug = reader.slug(service)
    if forge == "gitlab":
        from gate.ci import gitlab

        return lambda run: gitlab.fetch_run(reader.wire, slug, run.id, run.attempt)
    from gate.ci import github

    return lambda run: github.fetch_run(reader.wire, slug, run.id)


def with_jenkins(
    opened: Opened, policy: Policy, service: Service, secrets: Secrets, budget: Budget
) -> Opened:
    """The forge with the policy's Jenkins beside it, or with what says that there is none."""
    if policy.jenkins is None:
        return replace(opened, fetch_run=_no_jenkins, ci="jenkins")
    if not (secrets.jenkins_user and secrets.jenkins_token):
        return replace(opened, fetch_run=_no_account, ci="jenkins")
    from gate.ci.jenkins_build import fetch_run, open_wire

    wire = open_wire(policy.jenkins, secrets, policy.network, budget)
    return replace(
        opened,
        fetch_run=lambda run: fetch_run(wire, run.id, service.repository),
        ci="jenkins",
        fetch_approvals=_no_approvals,
        beside=wire,
    )


def _no_jenkins(run: RunClaim) -> Problem:
    cause = "the policy names no Jenkins to ask about the build, so only the job's claims are known"
    remedy = (
        "name it with ci.jenkins.url in gate.toml, or list the claim in accept_claims "
        '("pipeline-start") if your auditor agrees to rely on it'
    )
    return Problem(ProblemKind.CLAIM, "jenkins", f"run {run.id}", cause, remedy)


def _no_approvals(run: Run, environment: str) -> Problem:
    # Not none: nobody was asked, and the forge knows nothing of a build.
    cause = f"a build of Jenkins enters no environment {environment} of a forge, which could tell"
    remedy = 'leave "environment" out of approvals.sources, or deploy by the forge\'s own pipeline'
    return Problem(ProblemKind.INCOMPLETE, "jenkins", f"approvals of {run.id}", cause, remedy)


def _no_account(run: RunClaim) -> Problem:
    # Not a CLAIM: whoever unsets the variables must not be believed in the API's place.
    cause = "GATE_JENKINS_USER and GATE_JENKINS_TOKEN are not both set, so Jenkins cannot be asked"
    remedy = "give the job the user and the API token of an account that may read it (Job/Read)"
    return Problem(ProblemKind.CREDENTIALS, "jenkins", f"run {run.id}", cause, remedy)


def _claimed_run(run: RunClaim) -> Problem:
    if run.ci not in _TOKENS:
        return _unasked(run)
    title, token = _TOKENS[run.ci]
    cause = f"there is no token to ask {title} about the run, so only the job's claims are known"
    remedy = f"give the job {token}, and name the forge in gate.toml"
    return Problem(ProblemKind.CLAIM, run.ci, f"run {run.id}", cause, remedy)


def _given(tickets: tuple[str, ...], policy: Policy) -> tuple[TicketReference, ...]:
    from gate.tickets.references import parse_reference
    from gate.tickets.registry import grammars_of

    grammars = grammars_of(policy)
    parsed = (parse_reference(ticket, grammars) for ticket in tickets)
    return tuple(TicketReference(system, ticket, TicketSource.OPTION) for system, ticket in parsed)


def named_by_change(
    change: Maybe[Change], deployment: Deployment, environment: Environment, policy: Policy
) -> Maybe[tuple[TicketReference, ...]]:
    """The tickets that the change names, from the first allowed source that names any.

    UsageError where two of the policy's systems claim one of the IDs.
    """
    from gate.tickets.references import find_references
    from gate.tickets.registry import grammars_of

    grammars = grammars_of(policy)
    for source in environment.ticket.sources:
        if source is TicketSource.OPTION:
            continue
        texts = _texts(source, change, deployment)
        if isinstance(texts, Problem):
            return texts
        found = find_references("\n".join(texts), grammars)
        if len(found) > TICKETS_AT_MOST:
            return Problem(
                ProblemKind.INCOMPLETE,
                "gate",
                f"tickets named by {source}",
                f"{len(found)} tickets are named, more than the {TICKETS_AT_MOST} gate looks up",
                "name the change request of this deployment with --ticket",
            )
        if found:
            return tuple(TicketReference(system, ticket, source) for system, ticket in found)
    return ()


def _texts(
    source: TicketSource, change: Maybe[Change], deployment: Deployment
) -> Maybe[tuple[str, ...]]:
    if isinstance(change, Problem):
        return change
    if source is TicketSource.COMMIT:
        commits = change.commits
        return commits if isinstance(commits, Problem) else tuple(c.message for c in commits)
    pulls = change.pull_requests
    if source is TicketSource.PULL_REQUEST:
        return pulls if isinstance(pulls, Problem) else tuple(p.title for p in pulls)
    branches = () if isinstance(pulls, Problem) else tuple(p.head_ref for p in pulls)
    return (*branches, deployment.run.ref)


def _look_up(
    given: Maybe[tuple[TicketReference, ...]],
    tickets: Tickets,
    submit: Callable[..., Future[tuple[Lookup, ...]]],
) -> tuple[Future[tuple[Lookup, ...]], ...]:
    if isinstance(given, Problem):
        return ()
    return tuple(submit(tickets.look_up, reference) for reference in given)


def _each_once(lookups: Iterable[Lookup]) -> tuple[Lookup, ...]:
    """Without what came back alike for one ticket by two ways: by its own name and its story's."""
    found: dict[object, Lookup] = {}
    for lookup in lookups:
        reference = lookup.reference
        found.setdefault((reference.system, reference.id, lookup.result), lookup)
    return tuple(found.values())


def _run_and_approvals(
    opened: Opened, deployment: Deployment, environment: Environment
) -> tuple[Maybe[Run] | None, Maybe[tuple[Approval, ...]]]:
    """The run, and where the policy counts it, what was decided on its deployment."""
    run = _run(opened, deployment)
    if ENVIRONMENT_SOURCE not in environment.approvals.sources or run is None:
        return run, ()
    if isinstance(run, Problem):
        return run, run
    if opened.fetch_approvals is None:
        raise TypeError("what tells a run tells its approvals too")
    return run, opened.fetch_approvals(run, environment.name)


def _own_account(opened: Opened, environment: Environment, policy: Policy) -> Maybe[Account | None]:
    """Whose token the forge is asked with, where it hangs on what people decide there."""
    from gate.forges.own import is_asked

    return opened.fetch_own() if opened.fetch_own and is_asked(environment, policy) else None


def _run(opened: Opened, deployment: Deployment) -> Maybe[Run] | None:
    claim = deployment.run
    if claim.ci == "shell":
        return None
    return opened.fetch_run(claim) if claim.ci == opened.ci else _unasked(claim)


def _unasked(claim: RunClaim) -> Problem:
    return Problem(
        ProblemKind.CLAIM,
        claim.ci,
        f"run {claim.id}",
        f"nothing can be asked of {claim.ci} here, so only the job's own claims are known",
        'list the claim in accept_claims ("pipeline-start") if your auditor agrees to rely on it',
    )


def _remerged_change(
    forge: Forge, service: Service, question: Question, history: Maybe[History]
) -> Maybe[Change]:
    """The change, with the merges that the local clone can make anew."""
    from gate.forges.remerge import with_remerged
    from gate.forges.trees import with_trees

    change = _change(forge, service, question, history)
    if isinstance(change, Problem):
        return change
    told = with_trees(change, question.checkout, question.environ)
    return with_remerged(told, question.checkout, question.environ)


def _change(
    forge: Forge, service: Service, question: Question, history: Maybe[History]
) -> Maybe[Change]:
    """The range that the log demands, or with ``--base`` a wider one, never a narrower."""
    if isinstance(history, Problem):
        return history
    head = question.deployment.commit
    change = forge.fetch_change(service, head, history.base)
    if not question.base or isinstance(change, Problem):
        return change
    wide = forge.fetch_change(
        service, head, Base(BaseKind.WIDENED, question.base, history.base.index)
    )
    if isinstance(wide, Problem):
        return wide
    if isinstance(change.commits, Problem) or isinstance(wide.commits, Problem):
        return (
            replace(wide, commits=change.commits) if isinstance(change.commits, Problem) else wide
        )
    missing = {c.sha for c in change.commits} - {c.sha for c in wide.commits}
    if missing:
        raise UsageError(
            f"--base {question.base[:12]} leaves out {len(missing)} commits that the log says are "
            f"not deployed to {question.deployment.environment} yet",
            remedy="leave --base away, or name an older commit: it can only widen the range",
        )
    return wide
