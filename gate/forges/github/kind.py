"""GitHub as a kind of forge."""

from __future__ import annotations

from gate.forges.github.probe import may_link
from gate.forges.github.profiles import fetch_profile
from gate.forges.github.reader import GitHubReader
from gate.forges.github.rights import try_approvals
from gate.forges.github.statuses import give_status, may_give
from gate.forges.kind import ForgeKind

GITHUB = ForgeKind(
    title="GitHub",
    variable="GITHUB_TOKEN",
    token=lambda given: given.github_token,
    open=GitHubReader,
    reads=(
        ("contents: read", "/repos/{0}/branches"),
        ("contents: read (activity)", "/repos/{0}/activity"),
        ("pull-requests: read", "/repos/{0}/pulls"),
        ("deployments: read", "/repos/{0}/deployments"),
        ("actions: read", "/repos/{0}/actions/runs"),
    ),
    status_right="statuses: write",
    give_status=give_status,
    may_give=may_give,
    try_approvals=try_approvals,
    profiles=fetch_profile,
    probed="contents and pull-requests: read (GraphQL)",
    probe=may_link,
)
