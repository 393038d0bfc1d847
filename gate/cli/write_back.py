"""What is told of a recorded decision where people look: on its tickets, and on its commit.

It comes after the record and the receipt, and changes neither them nor the answer: whatever goes
wrong here is said, and the exit code is what the decision made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from gate.cli.inputs import Asked
from gate.cli.printing import say
from gate.errors import GateError
from gate.frozen import dataclass
from gate.model import ChangeRequest, EntryLink, Facts, Problem, ProblemKind
from gate.output.view import DecisionView, RecordedView, WrittenView

if TYPE_CHECKING:
    from gate.deploy import Recorded
    from gate.http import Budget

LONGEST = timedelta(seconds=15)  # for all of it: nobody waits long for what decides nothing

# Running again, as one would where a fact could not be had, would only make another record.
_PASSING = "nothing for this deployment; look at the service if it stays so"

Write: TypeAlias = "Callable[[], Problem | None]"


@dataclass(frozen=True, slots=True)
class Told:
    """A recorded decision as it is told."""

    view: DecisionView
    recorded: RecordedView
    link: EntryLink
    facts: Facts


def write_back(asked: Asked, recorded: Recorded, view: DecisionView) -> DecisionView:
    """Tell the decision as the policy asks, and say what could not be told.

    The view with what came of it. Nothing is raised, not even of a bug: what is decided and
    recorded stands.
    """
    settings = asked.place.policy.write_back
    if view.recorded is None or not (settings.ticket or settings.forge):
        return view
    told = Told(view, view.recorded, recorded.appended.link, recorded.judged.facts)
    try:
        places = _places(asked, told)
    except Exception as error:  # noqa: BLE001 -- see above
        places = (WrittenView("write-back", _said(error)),)
    failures = [place for place in places if not place.is_written]
    for place in failures:
        say(f"gate: not written back: {place.where}: {place.failure}", err=True)
    if failures:
        say("gate: the decision and its record stand all the same", err=True)
    return replace(view, written=places)


def _places(asked: Asked, told: Told) -> tuple[WrittenView, ...]:
    """Write all of it side by side; what came of each."""
    from gate.http import Budget

    policy = asked.place.policy
    budget = Budget(min(policy.network.budget, LONGEST))
    with ExitStack() as stack, ThreadPoolExecutor(max_workers=8) as pool:
        jobs: list[tuple[str, Write]] = []
        if policy.write_back.ticket:
            jobs += _on_tickets(asked, told, budget, stack)
        if policy.write_back.forge:
            jobs.append(_on_forge(asked, told, budget, stack))
        outcomes = [(where, pool.submit(_attempt, write)) for where, write in jobs]
        return tuple(WrittenView(where, each.result()) for where, each in outcomes)


def _attempt(write: Write) -> str:
    """What kept it from being written; "" for nothing."""
    try:
        problem = write()
    except Exception as error:  # noqa: BLE001 -- one that fails must not keep the others back
        return _said(error)
    if problem is None:
        return ""
    passing = problem.kind is ProblemKind.UNAVAILABLE
    remedy = _PASSING if passing else problem.remedy
    return f"{problem.cause} ({problem.request}); to do: {remedy}"


def _said(error: Exception) -> str:
    if isinstance(error, GateError):
        return f"{error.message}; to do: {error.remedy}" if error.remedy else error.message
    return f"a bug in gate ({type(error).__name__}: {error})"


def _on_tickets(
    asked: Asked, told: Told, budget: Budget, stack: ExitStack
) -> Iterator[tuple[str, Write]]:
    """A comment on each change request that was read; of others it is not known what they are."""
    from functools import partial

    from gate.cli.written import comment_of
    from gate.tickets.registry import open_commenters

    commenters = open_commenters(asked.place.policy, asked.secrets, budget)
    for opened in commenters.values():
        stack.callback(opened.close)
    comment = comment_of(told.view, told.recorded, told.link.leaf)
    changes = {
        (lookup.reference.system, lookup.reference.id): lookup.result
        for lookup in told.facts.tickets
        if isinstance(lookup.result, ChangeRequest)
    }
    for (system, ticket), change in changes.items():
        commenter = commenters.get(system)
        if commenter is None:
            yield f"{system} {ticket}", partial(_not_built, system)
        else:
            yield f"{system} {ticket}", partial(commenter.comment, change, comment)


def _on_forge(asked: Asked, told: Told, budget: Budget, stack: ExitStack) -> tuple[str, Write]:
    """A status of the commit, where the repository is on a forge and there is a token for it."""
    from gate.cli.written import status_of
    from gate.forges.registry import kind_for

    policy = asked.place.policy
    service = policy.services[told.view.deployment.service]
    found = kind_for(policy, service, asked.secrets)
    if found is None:
        return "forge", partial(_not_built, "the forge of this repository, or has no token for it")
    name, kind, settings = found
    reader = kind.open(settings, kind.token(asked.secrets), policy.network, budget)
    stack.callback(reader.close)
    leaf, repository = told.link.leaf, service.repository
    status = status_of(told.view, told.recorded, leaf, repository, settings.url)
    commit = told.view.deployment.commit
    return name, partial(kind.give_status, reader.wire, reader.slug(service), commit, status)


def _not_built(where: str) -> Problem:
    cause = f"this version of gate does not write to {where}"
    remedy = "set what cannot be written to false in [write_back] of gate.toml"
    return Problem(ProblemKind.LOCAL, "gate", "write-back", cause, remedy)
