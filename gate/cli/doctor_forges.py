"""What ``gate doctor`` asks the forges: whether their tokens may read what enforce reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote

from gate.cli.examined import Finding, State, clocks, problem
from gate.config import Policy, Secrets
from gate.http import Budget, Wire
from gate.model import Problem
from gate.place import Place

if TYPE_CHECKING:
    from gate.forges.kind import ForgeKind


def forges(place: Place, secrets: Secrets) -> Iterator[Finding]:
    """Each forge of the policy, by the repositories of its services."""
    from gate.forges.registry import kinds_of

    policy, network = place.policy, place.policy.network
    if not policy.forges:
        yield _no_forge("forge", "the policy names no forge")
    for name, kind, settings in kinds_of(policy):
        token = kind.token(secrets)
        if not token:
            yield _no_forge(name, f"{kind.variable} is not set")
            continue
        reader = kind.open(settings, token, network, Budget(network.budget))
        with closing(reader):
            for service in policy.services.values():
                if service.repository.startswith(f"{settings.url}/"):
                    yield from _repository(reader.wire, name, kind.reads, reader.slug(service))
                    if kind.probe is not None:
                        found = kind.probe(reader.wire, reader.slug(service))
                        yield _probed(f"{name} {reader.slug(service)}, {kind.probed}", found)
                    if _counts_environments(policy):
                        yield from _approvals(reader.wire, name, kind, reader.slug(service))
            yield from clocks(policy, reader.wire.clocks())


def _no_forge(name: str, what: str) -> Finding:
    return Finding(
        name,
        State.FAULT,
        f"{what}: pull requests and pushes stay unknown, so nothing can be allowed",
        "name the forge in gate.toml and give the job its token",
    )


def _repository(
    wire: Wire, name: str, reads: tuple[tuple[str, str], ...], slug: str
) -> Iterator[Finding]:
    """Each permission that enforce needs, by the request that needs it."""
    from gate.http import FetchError, get_json

    encoded = quote(slug, safe="")
    for permission, path in reads:
        what = f"{name} {slug}, {permission}"
        try:
            get_json(wire, path.format(slug, encoded), {"per_page": 1})
        except FetchError as error:
            yield problem(what, error.problem)
        else:
            yield Finding(what, State.OK, "granted")


def _probed(what: str, found: Problem | None) -> Finding:
    return Finding(what, State.OK, "granted") if found is None else problem(what, found)


def _counts_environments(policy: Policy) -> bool:
    rules = (environment.approvals for environment in policy.environments.values())
    return any("environment" in each.sources for each in rules)


def _approvals(wire: Wire, name: str, kind: ForgeKind, slug: str) -> Iterator[Finding]:
    """Whether approvals of deployments can be read, tried on whatever the forge lists first."""
    from gate.http import FetchError
    from gate.http.document import ShapeError

    what = f"{name} {slug}, approvals of deployments"
    try:
        is_tried = kind.try_approvals(wire, slug)
    except FetchError as error:
        yield problem(what, error.problem)
    except ShapeError as error:
        yield Finding(
            what,
            State.FAULT,
            f"{name} does not tell them: {error}",
            "GitLab has approvals of deployments in its Premium tier; without them take environment"
            " out of approvals.sources",
        )
    else:
        state, says = (
            (State.OK, "granted")
            if is_tried
            else (State.WARNING, "there is nothing yet to try this on")
        )
        yield Finding(what, state, says)
