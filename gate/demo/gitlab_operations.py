"""A project's pipelines, jobs, environments and deployments, as a scenario tells them."""

from __future__ import annotations

from datetime import datetime

from gate.demo.gitlab_project import GitLabProject
from gate.demo.gitlab_state import (
    Deployment,
    DeploymentApproval,
    GitLabUser,
    Job,
    Pipeline,
)


class GitLabOperations:
    """What runs in a project, and what it deploys."""

    def __init__(self, project: GitLabProject) -> None:
        self.project = project
        self.pipelines: dict[int, Pipeline] = {}
        self.deployments: list[Deployment] = []
        self.environments: list[str] = []
        self.is_premium = True  # only then are there approvals of deployments

    def pipeline(
        self,
        pipeline_id: int,
        *,
        commit: str,
        by: str,
        at: datetime,
        ref: str = "main",
        job: int = 0,
        status: str = "running",
    ) -> Pipeline:
        """A pipeline with a running job ``deploy``; its id is ``job``, or ten times its own."""
        user = self._user(by)
        first = Job(job or pipeline_id * 10, "deploy", "deploy", user, at)
        made = Pipeline(
            pipeline_id,
            len(self.pipelines) + 1,
            commit,
            ref,
            "push",
            user,
            at,
            status,
            jobs=[first],
        )
        self.pipelines[pipeline_id] = made
        return made

    def retry(self, pipeline_id: int, *, by: str, at: datetime) -> Job:
        """``by`` runs the job again: another job; the pipeline keeps its creation and its user."""
        pipeline = self.pipelines[pipeline_id]
        last = pipeline.jobs[-1]
        last.status, last.finished_at = "failed", at
        again = Job(last.id + 1, last.name, last.stage, self._user(by), at)
        pipeline.jobs.append(again)
        pipeline.status = "running"
        return again

    def finish(self, pipeline_id: int, *, at: datetime, status: str = "success") -> None:
        """The newest job and the pipeline have ended."""
        pipeline = self.pipelines[pipeline_id]
        pipeline.status = pipeline.jobs[-1].status = status
        pipeline.jobs[-1].finished_at = at

    def deployment(
        self,
        environment: str,
        commit: str,
        *,
        by: str,
        at: datetime,
        status: str = "success",
        finished_at: datetime | None = None,
        ref: str = "main",
        with_job: bool = True,
    ) -> Deployment:
        """A deployment created ``at``, by a job that ended at ``finished_at`` (or at once)."""
        user, end = self._user(by), finished_at or at
        number = next(self.project.network.ids)
        job = Job(number, "deploy", "deploy", user, at, status, end) if with_job else None
        if environment not in self.environments:
            self.environments.append(environment)
        made = Deployment(
            number, len(self.deployments) + 1, environment, commit, ref, user, at, end, status, job
        )
        self.deployments.append(made)
        return made

    def deploys(
        self,
        pipeline_id: int,
        environment: str = "production",
        *,
        at: datetime,
        status: str = "running",
        job: str = "",
    ) -> Deployment:
        """The deployment of the pipeline's newest job, or of one more ``job`` beside it."""
        pipeline = self.pipelines[pipeline_id]
        own = pipeline.jobs[-1]
        if job:
            number = next(self.project.network.ids)
            own = Job(number, job, "deploy", pipeline.user, at, "manual")
        if environment not in self.environments:
            self.environments.append(environment)
        made = Deployment(
            next(self.project.network.ids),
            len(self.deployments) + 1,
            environment,
            pipeline.sha,
            pipeline.ref,
            pipeline.user,
            at,
            at,
            status,
            own,
            pipeline,
        )
        self.deployments.append(made)
        return made

    def decide(
        self, deployment: Deployment, *, by: str, at: datetime, status: str = "approved"
    ) -> None:
        """``by`` approves or rejects a deployment to a protected environment.

        Of each person GitLab keeps one decision, the last.
        """
        user = self._user(by)
        deployment.approvals = [each for each in deployment.approvals if each.user != user]
        deployment.approvals.append(DeploymentApproval(user, status, at))
        deployment.updated_at = max(deployment.updated_at, at)

    def _user(self, username: str) -> GitLabUser:
        return self.project.network.users[username]
