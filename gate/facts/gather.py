"""Everything that ``evaluate`` needs, by asking all at once.

The run, the change and the forge's deployments are asked for side by side, and the tickets too
where they are known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Any

from gate.config import Policy
from gate.config.secrets import Secrets
from gate.facts.change import fetch_change
from gate.facts.forges import open_forge
from gate.facts.named import named_by_change, named_by_option
from gate.facts.opened import Opened
from gate.facts.question import Question
from gate.facts.run import fetch_own_account, fetch_run_and_approvals
from gate.frozen import dataclass
from gate.model import Change, Facts, History, Lookup, Maybe, Problem, TicketReference

if TYPE_CHECKING:  # they import the libraries that ask, which not every command needs
    from gate.http import Budget, Request
    from gate.tickets.several import Tickets

HEED_SECONDS = 0.2  # how late an interrupt may be heeded


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts, and every request made for them in order."""

    facts: Facts
    requests: tuple[Request, ...]


def gather(
    question: Question, policy: Policy, secrets: Secrets, history: Maybe[History]
) -> Gathered:
    """Everything ``evaluate`` needs."""
    from gate.forges.own import without_own
    from gate.http import Budget

    deployment = question.deployment
    service = policy.services[deployment.service]
    environment = policy.environments[deployment.environment]
    budget = Budget(policy.network.budget)
    opened = _open(question, policy, secrets, budget)
    forge = opened.forge
    with closing(opened), ExitStack() as opening, _side_by_side() as pool:
        run = pool.submit(fetch_run_and_approvals, opened, deployment, environment)
        change = pool.submit(fetch_change, forge, service, question, history)
        own = pool.submit(fetch_own_account, opened, environment, policy)
        before = pool.submit(forge.fetch_deployments, service, environment.name, deployment.commit)
        # The forge is waited for while the ticket systems' libraries are imported.
        tickets = opening.enter_context(closing(open_tickets(policy, secrets, budget)))
        given = _named(question, policy, change)
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
        clocks=(*tickets.clocks(), *opened.clocks()),
        pin=question.pin,
        emergency=question.emergency,
        environment_approvals=run.result()[1],
    )
    facts = without_own(facts, own.result(), tickets.own_accounts())
    return Gathered(facts, (*tickets.requests(), *opened.requests()))


def _open(question: Question, policy: Policy, secrets: Secrets, budget: Budget) -> Opened:
    """The forge of the service, and where a Jenkins runs us, that beside it."""
    service = policy.services[question.deployment.service]
    opened = open_forge(policy, service, secrets, budget, question)
    if question.deployment.run.ci != "jenkins":
        return opened
    from gate.facts.jenkins import with_jenkins

    return with_jenkins(opened, policy, service, secrets, budget)


def _named(
    question: Question, policy: Policy, change: Future[Maybe[Change]]
) -> Maybe[tuple[TicketReference, ...]]:
    """The tickets of ``--ticket``, else those of the change, which are known only with it."""
    if question.tickets:
        return named_by_option(question.tickets, policy)
    _wait_for(change)
    environment = policy.environments[question.deployment.environment]
    return named_by_change(change.result(), question.deployment, environment, policy)


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
