"""What ``gate doctor`` says of ``[write_back]``, where it is on: the permissions that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from gate.cli.examined import Finding, State
from gate.config import Secrets
from gate.http import Budget
from gate.model import Problem
from gate.place import Place

_ASK = "give gate's account the permission Add Comments, or set write_back.ticket = false"


def write_back(place: Place, secrets: Secrets) -> Iterator[Finding]:
    """Each permission that writing needs beyond reading. Nothing is written to find out.

    A permission that is missing is a warning: no deployment waits for it.
    """
    settings = place.policy.write_back
    if settings.ticket:
        yield from _tickets(place, secrets)
    if settings.forge:
        yield from _forge(place, secrets)


def _tickets(place: Place, secrets: Secrets) -> Iterator[Finding]:
    from gate.tickets.commenters import open_commenters

    policy = place.policy
    commenters = open_commenters(policy, secrets, Budget(policy.network.budget))
    for system, commenter in commenters.items():
        with closing(commenter):
            for project in policy.tickets[system].projects:
                what = f"write-back: {system} {project}, Add Comments"
                granted = commenter.may_comment(project)
                if isinstance(granted, Problem):
                    yield _lacking(what, granted)
                elif granted:
                    yield Finding(what, State.OK, "granted")
                else:
                    yield Finding(what, State.WARNING, "not granted", _ASK)


def _forge(place: Place, secrets: Secrets) -> Iterator[Finding]:
    from gate.forges.github import GitHubReader
    from gate.forges.github.statuses import may_give

    policy = place.policy
    settings = policy.forges.get("github")
    if settings is None or not secrets.github_token:
        return  # said of the forge itself
    reader = GitHubReader(
        settings, secrets.github_token, policy.network, Budget(policy.network.budget)
    )
    with closing(reader):
        for service in policy.services.values():
            slug = reader.slug(service)
            what = f"write-back: github {slug}, statuses: write"
            problem = may_give(reader.wire, slug)
            yield Finding(what, State.OK, "granted") if problem is None else _lacking(what, problem)


def _lacking(what: str, problem: Problem) -> Finding:
    return Finding(what, State.WARNING, f"{problem.cause} ({problem.request})", problem.remedy)
