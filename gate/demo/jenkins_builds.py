"""What happens on a Jenkins: builds of jobs in folders, who started them, what they checked out.

Shapes are those of the remote access API of Jenkins 2.5xx with the plugins Git, Pipeline, and
Rebuilder: the exported fields of ``Run``, ``CauseAction``, ``Cause`` and ``BuildData``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

_RUN = "org.jenkinsci.plugins.workflow.job.WorkflowRun"


def cause(kind: str, description: str, **more: Any) -> dict[str, Any]:
    """One cause, as a build shows it."""
    return {"_class": kind, "shortDescription": description, **more}


def by_user(user: str) -> dict[str, Any]:
    """Somebody pressed the button; "" is an anonymous visitor."""
    return cause(
        "hudson.model.Cause$UserIdCause",
        f"Started by user {user or 'anonymous'}",
        userId=user or None,
        userName=user.title() or "anonymous",
    )


BY_TIMER = cause("hudson.triggers.TimerTrigger$TimerTriggerCause", "Started by timer")
BY_PUSH = cause("hudson.triggers.SCMTrigger$SCMTriggerCause", "Started by an SCM change")
BY_TOKEN = cause(
    "hudson.model.Cause$RemoteCause", "Started by remote host 10.0.0.7", addr="10.0.0.7", note=None
)


def by_build(job: str, number: int) -> dict[str, Any]:
    """Another build started it."""
    return cause(
        "org.jenkinsci.plugins.workflow.support.steps.build.BuildUpstreamCause",
        f'Started by upstream project "{job}" build number {number}',
        upstreamBuild=number,
        upstreamProject=job,
        upstreamUrl=f"{path_of(job).lstrip('/')}/",
    )


def path_of(job: str) -> str:
    """Where a job lies: ``/job/folder/job/name``. A branch's slash is ``%2F`` in its job's name."""
    return "".join(f"/job/{quote(step, safe='')}" for step in job.split("/"))


@dataclass(slots=True)
class Build:
    """One build. ``checkouts`` are what the git plugin fetched: remotes, and the commit."""

    job: str
    number: int
    at: datetime
    causes: list[dict[str, Any]]
    checkouts: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    running: bool = True
    result: str | None = None

    def shown(self, root: str) -> dict[str, Any]:
        """The build as the API shows it."""
        actions: list[dict[str, Any]] = [
            {"_class": "hudson.model.CauseAction", "causes": self.causes},
            {"_class": "jenkins.metrics.impl.TimeInQueueAction"},
            {},
        ]
        actions += [_build_data(remotes, commit) for remotes, commit in self.checkouts]
        return {
            "_class": _RUN,
            "actions": actions,
            "artifacts": [],
            "building": self.running,
            "description": None,
            "displayName": f"#{self.number}",
            "duration": 0,
            "id": str(self.number),
            "inProgress": self.running,
            "number": self.number,
            "queueId": self.number + 100,
            "result": self.result,
            "timestamp": int(self.at.timestamp() * 1000),
            "url": f"{root}{path_of(self.job)}/{self.number}/",
            "changeSets": [],
        }


def _build_data(remotes: tuple[str, ...], commit: str) -> dict[str, Any]:
    revision = {"SHA1": commit, "branch": [{"SHA1": commit, "name": "refs/remotes/origin/main"}]}
    return {
        "_class": "hudson.plugins.git.util.BuildData",
        "buildsByBranchName": {
            "refs/remotes/origin/main": {
                "_class": "hudson.plugins.git.util.Build",
                "buildNumber": 1,
                "buildResult": None,
                "marked": revision,
                "revision": revision,
            }
        },
        "lastBuiltRevision": revision,
        "remoteUrls": list(remotes),
        "scmName": "",
    }
