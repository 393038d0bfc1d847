"""GitLab as a kind of forge."""

from __future__ import annotations

from gate.forges.gitlab.reader import GitLabReader
from gate.forges.gitlab.rights import try_approvals
from gate.forges.gitlab.statuses import give_status, may_give
from gate.forges.kind import ForgeKind

GITLAB = ForgeKind(
    title="GitLab",
    variable="GITLAB_TOKEN",
    token=lambda given: given.gitlab_token,
    open=GitLabReader,
    reads=(  # the scope read_api, and what the role Reporter sees
        ("repository", "/projects/{1}/repository/branches"),
        ("push events", "/projects/{1}/events"),
        ("merge requests", "/projects/{1}/merge_requests"),
        ("deployments", "/projects/{1}/deployments"),
        ("pipelines", "/projects/{1}/pipelines"),
    ),
    status_right="scope api, role Developer",
    give_status=give_status,
    may_give=may_give,
    try_approvals=try_approvals,
)
