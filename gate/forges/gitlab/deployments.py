"""The deployments that GitLab lists for a commit and environment."""

from __future__ import annotations

from datetime import datetime

from gate.forges.gitlab.asking import Asking
from gate.forges.gitlab.pages import every_page
from gate.forges.talk import Flow
from gate.frozen import dataclass
from gate.http.document import Document
from gate.model import ForgeDeployment, Maybe, Problem


@dataclass(frozen=True, slots=True)
class Row:
    """A deployment: ``at`` is when its job ended, or it was made where it has no job."""

    id: str
    environment: str
    sha: str
    status: str
    at: datetime


def succeeded(
    source: Asking, environment: str, commit: str
) -> Flow[Maybe[tuple[ForgeDeployment, ...]]]:
    """Those that succeeded, oldest first. GitLab cannot be asked for a commit's alone."""
    ask = source.at("deployments").but(
        environment=environment, status="success", order_by="id", sort="asc"
    )
    listed = yield from every_page(source.talk, ask, deployment)
    if isinstance(listed, Problem):
        return listed
    ours = [
        r for r in listed if (r.environment, r.sha, r.status) == (environment, commit, "success")
    ]
    found = [ForgeDeployment(row.id, row.environment, row.sha, row.at) for row in ours]
    return tuple(sorted(found, key=lambda each: each.at))


def deployment(row: Document) -> Row:
    """A row of ``GET …/deployments``."""
    job = row.find("deployable")
    ended = job.find("finished_at") if job else None
    return Row(
        id=row["id"].identifier(),
        environment=row["environment"]["name"].text(),
        sha=row["sha"].commit_id(),
        status=row["status"].text(),
        at=(ended or row["created_at"]).time(),
    )
