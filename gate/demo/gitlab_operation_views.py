"""GitLab's JSON shapes of pipelines, jobs, environments and deployments."""

from __future__ import annotations

from typing import Any

from gate.demo.gitlab_project import GitLabProject
from gate.demo.gitlab_state import Deployment, Job, Pipeline
from gate.demo.gitlab_views import Json, Views, time


def pipeline_row(views: Views, project: GitLabProject, pipeline: Pipeline) -> Json:
    """A pipeline as lists show it."""
    return {
        "id": pipeline.id,
        "iid": pipeline.iid,
        "project_id": project.id,
        "sha": pipeline.sha,
        "ref": pipeline.ref,
        "status": pipeline.status,
        "source": pipeline.source,
        "created_at": time(pipeline.created_at),
        "updated_at": time(pipeline.jobs[-1].created_at),
        "web_url": f"{views.web}/{project.path}/-/pipelines/{pipeline.id}",
        "name": None,
    }


def pipeline_whole(views: Views, project: GitLabProject, pipeline: Pipeline) -> Json:
    """A pipeline by itself."""
    return pipeline_row(views, project, pipeline) | {
        "before_sha": "0" * 40,
        "tag": pipeline.tag,
        "yaml_errors": None,
        "user": views.user(pipeline.user),
        "started_at": time(pipeline.jobs[0].created_at),
        "finished_at": None,
        "committed_at": None,
        "duration": None,
        "queued_duration": 1,
        "coverage": None,
    }


def job(views: Views, project: GitLabProject, pipeline: Pipeline, job: Job) -> Json:
    """A job."""
    return {
        "id": job.id,
        "status": job.status,
        "stage": job.stage,
        "name": job.name,
        "ref": pipeline.ref,
        "tag": pipeline.tag,
        "coverage": None,
        "allow_failure": False,
        "created_at": time(job.created_at),
        "started_at": time(job.created_at),
        "finished_at": time(job.finished_at),
        "erased_at": None,
        "user": views.user(job.user),
        "commit": views.commit(project, project.graph.commits[pipeline.sha]),
        "pipeline": pipeline_row(views, project, pipeline),
        "web_url": f"{views.web}/{project.path}/-/jobs/{job.id}",
        "project": {"ci_job_token_scope_enabled": False},
        "artifacts": [],
        "runner": None,
    }


def environment(project: GitLabProject, number: int, name: str) -> Json:
    """An environment."""
    return {
        "id": number,
        "name": name,
        "slug": name.replace("/", "-"),
        "external_url": None,
        "state": "available",
        "tier": "production" if name == "production" else "other",
        "project": {"id": project.id, "path_with_namespace": project.path},
    }


def deployment(views: Views, project: GitLabProject, number: int, row: Deployment) -> Json:
    """A deployment by itself, with its approvals; ``number`` is its environment's."""
    return deployment_row(views, project, number, row) | {
        "pending_approval_count": 0 if row.approvals else 1 if row.status == "blocked" else 0,
        "approvals": [
            {
                "user": views.user(given.user),
                "status": given.status,
                "created_at": time(given.at),
                "comment": given.comment,
            }
            for given in row.approvals
        ],
    }


def deployment_row(views: Views, project: GitLabProject, number: int, row: Deployment) -> Json:
    """A deployment as lists show it."""
    deployable: Any = None
    if row.job is not None:
        deployable = {
            "id": row.job.id,
            "status": row.job.status,
            "stage": row.job.stage,
            "name": row.job.name,
            "ref": row.ref,
            "tag": False,
            "created_at": time(row.job.created_at),
            "started_at": time(row.job.created_at),
            "finished_at": time(row.job.finished_at),
            "user": views.user(row.job.user),
        }
        if row.pipeline is not None:
            deployable["pipeline"] = pipeline_row(views, project, row.pipeline)
    return {
        "id": row.id,
        "iid": row.iid,
        "ref": row.ref,
        "sha": row.sha,
        "created_at": time(row.created_at),
        "updated_at": time(row.updated_at),
        "user": views.user(row.user),
        "environment": environment(project, number, row.environment),
        "deployable": deployable,
        "status": row.status,
    }
