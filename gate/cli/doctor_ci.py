"""What ``gate doctor`` asks the policy's Jenkins: whether it may read what enforce reads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

from gate.cli.examined import Finding, State, clocks, problem
from gate.config import Secrets
from gate.http import Budget, Wire
from gate.place import Place


def jenkins(place: Place, secrets: Secrets) -> Iterator[Finding]:
    """The account, and where this is a build, whether it may read that; nothing without one."""
    from gate.ci.jenkins_build import open_wire

    policy = place.policy
    if policy.jenkins is None:
        return
    if not (secrets.jenkins_user and secrets.jenkins_token):
        yield Finding(
            "jenkins",
            State.FAULT,
            "GATE_JENKINS_USER and GATE_JENKINS_TOKEN are not both set: no build is a fact",
            "give the job the user and the API token of an account with Overall/Read and Job/Read",
        )
        return
    wire = open_wire(policy.jenkins, secrets, policy.network, Budget(policy.network.budget))
    with closing(wire):
        yield _granted("jenkins account", wire, "/me/api/json", "id")
        yield _build(wire)
        yield from clocks(policy, wire.clocks())


def _build(wire: Wire) -> Finding:
    """Which jobs an account may read can only be told of one job at a time."""
    from gate.ci.detect import detect
    from gate.ci.jenkins_build import build_path

    claim = detect(os.environ)
    path = build_path(claim.id) if claim.ci == "jenkins" else None
    if path is None:
        return Finding(
            "jenkins, Job/Read",
            State.WARNING,
            "cannot be told outside a build",
            "run gate doctor in a build of the job that deploys",
        )
    return _granted(f"jenkins {claim.id}, Job/Read", wire, f"{path}api/json", "number")


def _granted(what: str, wire: Wire, path: str, tree: str) -> Finding:
    from gate.http import FetchError, get_json

    try:
        get_json(wire, path, {"tree": tree})
    except FetchError as error:
        return problem(what, error.problem)
    return Finding(what, State.OK, "granted")
