"""The deployments that GitHub lists for a commit and environment."""

from __future__ import annotations

from datetime import datetime

from gate.forges.github.asking import Asking
from gate.forges.talk import Flow, all_of, every_page
from gate.http.document import Document
from gate.model import ForgeDeployment, Maybe, Problem


def succeeded(
    source: Asking, environment: str, commit: str
) -> Flow[Maybe[tuple[ForgeDeployment, ...]]]:
    """Those that ever had the state ``success``, oldest first, each at the time it first had it.

    GitHub ignores case in the names of environments, and so does the comparison here.
    """
    ask = source.at("deployments").but(sha=commit, environment=environment)
    listed = yield from every_page(source.talk, ask, _deployment)
    if isinstance(listed, Problem):
        return listed
    ours = [d for d in listed if d[1:] == (environment.casefold(), commit)]
    times = yield from all_of([_first_success(source, identifier) for identifier, *_ in ours])
    found: list[ForgeDeployment] = []
    for (identifier, *_), at in zip(ours, times, strict=True):
        if isinstance(at, Problem):
            return at
        found.extend(ForgeDeployment(str(identifier), environment, commit, time) for time in at)
    return tuple(sorted(found, key=lambda deployment: deployment.at))


def _deployment(row: Document) -> tuple[int, str, str]:
    return (
        row["id"].integer(),
        row["environment"].string().casefold(),
        row["sha"].commit_id(),
    )


def _first_success(source: Asking, identifier: int) -> Flow[Maybe[tuple[datetime, ...]]]:
    """The time of the first success, or nothing."""
    ask = source.at("deployments", identifier, "statuses")
    states = yield from every_page(source.talk, ask, _state)
    if isinstance(states, Problem):
        return states
    return tuple(sorted(at for state, at in states if state == "success"))[:1]


def _state(row: Document) -> tuple[str, datetime]:
    return row["state"].text(), row["created_at"].time()
