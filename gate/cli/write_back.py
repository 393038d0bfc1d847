"""What is told of a recorded decision where people look: on its tickets, and on its commit.

It comes after the record, the receipt and the answer, and changes none of them: whatever goes wrong
here is said, and the exit code is what the decision made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from gate.cli.answer import tell_output
from gate.cli.inputs import Asked
from gate.cli.printing import say
from gate.errors import GateError
from gate.frozen import dataclass
from gate.model import ChangeRequest, EntryLink, Facts, Problem, ProblemKind
from gate.output.view import DecisionView, RecordedView

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


def write_back(asked: Asked, recorded: Recorded, view: DecisionView) -> None:
    """Tell the decision as the policy asks, and say what could not be told.

    Nothing is raised, not even of a bug: what is decided and recorded stands.
    """
    settings = asked.place.policy.write_back
    if view.recorded is None or not (settings.ticket or settings.forge):
        return
    told = Told(view, view.recorded, recorded.appended.link, recorded.judged.facts)
    try:
        failures = _failures(asked, told)
    except Exception as error:  # noqa: BLE001 -- see above
        failures = (_said(error),)
    for failure in failures:
        say(f"gate: not written back: {failure}", err=True)
    if failures:
        say("gate: the decision and its record stand all the same", err=True)
    tell_output(view, "write-back", "failed" if failures else "written")


def _failures(asked: Asked, told: Told) -> tuple[str, ...]:
    """Write all of it side by side; what could not be written, in words."""
    from gate.http import Budget

    policy = asked.place.policy
    budget = Budget(min(policy.network.budget, LONGEST))
    with ExitStack() as stack, ThreadPoolExecutor(max_workers=8) as pool:
        jobs: list[tuple[str, Write]] = []
        if policy.write_back.ticket:
            jobs += _on_tickets(asked, told, budget, stack)
        if policy.write_back.forge:
            jobs.append(_on_forge(asked, told, budget, stack))
        outcomes = [(what, pool.submit(_attempt, write)) for what, write in jobs]
        return tuple(f"{what}: {said}" for what, each in outcomes if (said := each.result()))


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
    from gate.tickets.commenters import open_commenters

    commenters = open_commenters(asked.place.policy, asked.secrets, budget)
    for opened in commenters.values():
        stack.callback(opened.close)
    comment = comment_of(told.view, told.recorded, told.link.leaf)
    for lookup in told.facts.tickets:
        if not isinstance(lookup.result, ChangeRequest):
            continue
        system, ticket = lookup.reference.system, lookup.reference.id
        commenter = commenters.get(system)
        if commenter is None:
            yield f"{system} {ticket}", partial(_not_built, system)
        else:
            yield f"{system} {ticket}", partial(commenter.comment, ticket, comment)


def _on_forge(asked: Asked, told: Told, budget: Budget, stack: ExitStack) -> tuple[str, Write]:
    """A status of the commit, where the repository is on a forge that gate writes to."""
    from functools import partial

    from gate.cli.written import status_of
    from gate.forges.github import GitHubReader
    from gate.forges.github.statuses import give_status

    policy, token = asked.place.policy, asked.secrets.github_token
    service = policy.services[told.view.deployment.service]
    settings = policy.forges.get("github")
    if settings is None or not token or not service.repository.startswith(f"{settings.url}/"):
        return "forge", partial(_not_built, "the forge of this repository, or has no token for it")
    reader = GitHubReader(settings, token, policy.network, budget)
    stack.callback(reader.close)
    status = status_of(told.view, told.recorded, told.link.leaf, service.repository)
    commit = told.view.deployment.commit
    return "github", partial(give_status, reader.wire, reader.slug(service), commit, status)


def _not_built(where: str) -> Problem:
    cause = f"this version of gate does not write to {where}"
    remedy = "set what cannot be written to false in [write_back] of gate.toml"
    return Problem(ProblemKind.LOCAL, "gate", "write-back", cause, remedy)
