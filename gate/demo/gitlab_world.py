"""Acme with its code on GitLab: the same plots as in ``World``, told to a simulated GitLab."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gate.demo.gitlab import GitLabSimulator
from gate.demo.gitlab_operations import GitLabOperations
from gate.demo.gitlab_project import GitLabProject
from gate.demo.gitlab_state import MergeHow
from gate.demo.plot import HOUR, MINUTE, Plot, Scene
from gate.demo.repository import Repository
from gate.demo.world import PEOPLE, STRANGERS, World

METHODS: dict[str, MergeHow] = {"merge": "merge", "squash": "squash", "rebase": "ff"}
BOT = "project_1_bot_0a"


class GitLabWorld(World):
    """Acme's Jira and GitLab, running. The GitHub of ``World`` runs, too, and is asked nothing."""

    def __init__(
        self,
        directory: Path,
        *,
        now: datetime | None = None,
        services: Iterable[str] = ("shop",),
        gitlab_port: int = 0,
        **more: Any,
    ) -> None:
        names = tuple(services)
        super().__init__(directory / "github", now=now, services=(), **more)
        clock = None if now is None else (lambda: self.now)
        self.gitlab = GitLabSimulator(port=gitlab_port, clock=clock, directory=directory / "gitlab")
        for name in (*PEOPLE, *STRANGERS):
            self.gitlab.add_user(name)
        self.gitlab.add_user(BOT, bot=True)
        self.gitlab_token = self.gitlab.add_token(BOT, "gitlab-token-of-gate")
        self.projects = {name: self._begun(name) for name in names}

    def __enter__(self) -> Self:
        super().__enter__()
        self.gitlab.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self.gitlab.__exit__(kind, error, trace)

    def _begun(self, service: str) -> GitLabProject:
        made = self.gitlab.create_project(f"acme/{service}")
        made.protected.add("main")
        before = self.now - 720 * HOUR
        first = made.commit(f"Open the {service}", by="alice", at=before)
        made.push("main", first, by="alice", at=before)
        return made

    @property
    def project(self) -> GitLabProject:
        """The project of the service that everything is about unless it is said otherwise."""
        return self.projects["shop"]

    @property
    def operations(self) -> GitLabOperations:
        """What runs in that project."""
        return self.gitlab.operations[self.project.path]

    @property
    def repository_url(self) -> str:
        """Where people browse the shop's code."""
        return f"{self.gitlab.url}/{self.project.path}"

    # ---------------------------------------------------------------- telling a change

    def _tell_code(self, key: str, number: int, plot: Plot) -> Scene:
        shop, now = self.projects[plot.service], self.now
        base, branch = shop.branches["main"], f"{key}-release-{number}"
        pushed, pusher = now - plot.push, plot.pusher or plot.author
        head = shop.commit(f"Change the shop, part {number}", by=plot.author, at=pushed, on=base)
        if plot.aimed_at:
            shop.push(plot.aimed_at, base, by=pusher, at=pushed)
        shop.push(branch, head, by=pusher, at=pushed + MINUTE)
        title, opened = f"{key} Release {number}", pushed + 2 * MINUTE
        target = plot.aimed_at or "main"
        shop.open_merge_request(
            number, by=plot.author, head=branch, base=target, title=title, at=opened
        )
        reviewed = now - plot.review
        if plot.late_push:
            # dated before everything else, pushed after the approval
            head = shop.commit(
                f"One more thing in part {number}", by=plot.author, at=pushed, on=head
            )
            late = now - plot.approval + 30 * MINUTE
            shop.push(branch, head, by=pusher, at=late)
            reviewed = late + 10 * MINUTE
        if plot.aimed_at:
            late = now - plot.approval + 30 * MINUTE
            shop.retarget(number, "main", by=plot.author, at=late)
            reviewed = late + 10 * MINUTE
        if plot.reviewer:
            shop.approve(number, by=plot.reviewer, at=reviewed)
        method = METHODS[plot.method]
        commit = shop.merge(number, by=plot.merger, at=now - plot.merge, method=method)
        operations = self.gitlab.operations[shop.path]
        pipeline = operations.pipeline(
            9000 + number, commit=commit, by=plot.merger, at=now - plot.run
        )
        if plot.rerun:
            operations.retry(pipeline.id, by=plot.merger, at=now - 2 * MINUTE)
        return Scene(
            key=key,
            service=plot.service,
            repository=shop.path,
            number=number,
            branch=branch,
            base=base,
            head=head,
            commit=commit,
            run_id=pipeline.id,
            attempt=pipeline.jobs[-1].id,
            actor=plot.merger,
        )

    # ---------------------------------------------------------------- what a pipeline is given

    def clone(self, directory: Path, scene: Scene, *, depth: int | None = None) -> Repository:
        """A work tree on the scene's commit, as a pipeline checks it out."""
        source = self.projects[scene.service].git
        made = source.clone(directory, depth=depth, origin=f"{self.gitlab.url}/{scene.repository}")
        made.checkout(scene.commit)
        return made

    def environ(self, scene: Scene) -> dict[str, str]:
        """What GitLab CI puts into the environment of a job."""
        project = self.projects[scene.service]
        begun = self.gitlab.operations[scene.repository].pipelines[scene.run_id].created_at
        return {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_SERVER_URL": self.gitlab.url,
            "CI_API_V4_URL": self.gitlab.api_url,
            "CI_PROJECT_ID": str(project.id),
            "CI_PROJECT_PATH": scene.repository,
            "CI_PROJECT_URL": f"{self.gitlab.url}/{scene.repository}",
            "CI_PIPELINE_ID": str(scene.run_id),
            "CI_PIPELINE_SOURCE": "push",
            "CI_PIPELINE_CREATED_AT": begun.isoformat().replace("+00:00", "Z"),
            "CI_JOB_ID": str(scene.attempt),
            "CI_JOB_NAME": "deploy",
            "CI_COMMIT_SHA": scene.commit,
            "CI_COMMIT_REF_NAME": "main",
            "CI_COMMIT_BRANCH": "main",
            "CI_COMMIT_REF_PROTECTED": "true",
            "CI_ENVIRONMENT_NAME": "production",
            "GITLAB_USER_LOGIN": scene.actor,
        }

    def secrets(self) -> dict[str, str]:
        """The credentials of gate's own accounts."""
        given = {k: v for k, v in super().secrets().items() if k != "GITHUB_TOKEN"}
        return given | {"GITLAB_TOKEN": self.gitlab_token}

    def _forge(self) -> dict[str, str]:
        return {"forge": "gitlab", "forge_url": self.gitlab.url}

    def _addresses(self) -> dict[str, str]:
        return {name: f"{self.gitlab.url}/{p.path}" for name, p in self.projects.items()}
