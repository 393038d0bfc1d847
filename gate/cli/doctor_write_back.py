"""What ``gate doctor`` says of ``[write_back]``, where it is on: the rights that it needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from gate.cli.examined import Finding, State, problem
from gate.config import Secrets
from gate.errors import GateError
from gate.http import Budget
from gate.model import Problem
from gate.place import Place

_OFF = "set it to false in [write_back] of gate.toml: this version of gate cannot write there"


def write_back(place: Place, secrets: Secrets) -> Iterator[Finding]:
    """Each right that writing needs beyond reading. Nothing is written to find out.

    A right that is missing, or of which only writing could tell, is a warning: no deployment waits
    for it.
    """
    settings = place.policy.write_back
    if settings.ticket:
        yield from _tickets(place, secrets)
    if settings.forge:
        yield from _forges(place, secrets)


def _tickets(place: Place, secrets: Secrets) -> Iterator[Finding]:
    from gate.tickets.registry import open_commenters

    policy = place.policy
    try:
        commenters = open_commenters(policy, secrets, Budget(policy.network.budget))
    except GateError as error:
        yield Finding("write-back: tickets", State.WARNING, error.message, error.remedy)
        return
    for system in policy.tickets:
        commenter = commenters.get(system)
        if commenter is None:
            yield Finding(f"write-back: {system}", State.WARNING, "cannot be written to", _OFF)
            continue
        with closing(commenter):
            for right in commenter.rights():
                what = f"write-back: {system} {right.what}"
                yield _told(what, right.problem, right.seen)


def _forges(place: Place, secrets: Secrets) -> Iterator[Finding]:
    from gate.forges.registry import kind_for

    policy = place.policy
    for service in policy.services.values():
        found = kind_for(policy, service, secrets)
        if found is None:
            seen = "its repository is on no forge that there is a token for"
            yield Finding(f"write-back: {service.name}", State.WARNING, seen, _OFF)
            continue
        name, kind, settings = found
        budget = Budget(policy.network.budget)
        reader = kind.open(settings, kind.token(secrets), policy.network, budget)
        with closing(reader):
            slug = reader.slug(service)
            what = f"write-back: {name} {slug}, {kind.status_right}"
            yield _told(what, kind.may_give(reader.wire, slug), "granted")


def _told(what: str, lacking: Problem | None, seen: str) -> Finding:
    if lacking is None:
        return Finding(what, State.OK, seen)
    return problem(what, lacking, State.WARNING)
