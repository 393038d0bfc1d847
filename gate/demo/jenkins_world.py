"""Acme with its deployments on Jenkins: the same plots as in ``World``, the code on GitHub."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gate.demo.jenkins import JenkinsSimulator
from gate.demo.jenkins_builds import Build, by_user
from gate.demo.plot import Plot, Scene
from gate.demo.world import PEOPLE, STRANGERS, World

JOB = "shop/deploy"
TOKEN = "jenkins-token-of-gate"  # noqa: S105 -- of a simulator
LIBRARY = ("https://github.com/acme/pipeline-library.git", "e" * 40)


class JenkinsWorld(World):
    """Acme's Jira, GitHub and Jenkins, running. Each scene is a build, which checks out its commit.

    A build checks out a shared library, too, as many do.
    """

    def __init__(self, directory: Path, *, now: datetime | None = None, **more: Any) -> None:
        super().__init__(directory, now=now, **more)
        clock = None if now is None else (lambda: self.now)
        self.jenkins = JenkinsSimulator(clock=clock)
        for name in (*PEOPLE, *STRANGERS):
            self.jenkins.add_user(name)
        self.jenkins.add_user("gate", token=TOKEN)
        self.builds: dict[str, Build] = {}

    def __enter__(self) -> Self:
        super().__enter__()
        self.jenkins.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.jenkins.__exit__(kind, error, trace)
        super().__exit__(kind, error, trace)

    def _tell_code(self, key: str, number: int, plot: Plot) -> Scene:
        scene = super()._tell_code(key, number, plot)
        build = self.jenkins.build(JOB, by_user(plot.merger), at=self.now - plot.run)
        clone = f"{self.github.url}/{scene.repository}.git"
        build.checkouts = [((LIBRARY[0],), LIBRARY[1]), ((clone,), scene.commit)]
        self.builds[key] = build
        return scene

    def environ(self, scene: Scene) -> dict[str, str]:
        """What Jenkins and its git plugin put into the environment of a step."""
        build = self.builds[scene.key]
        return {
            "JENKINS_URL": f"{self.jenkins.url}/",
            "BUILD_NUMBER": str(build.number),
            "BUILD_URL": f"{self.jenkins.url}/job/shop/job/deploy/{build.number}/",
            "JOB_NAME": build.job,
            "GIT_COMMIT": scene.commit,
            "GIT_URL": f"{self.github.url}/{scene.repository}.git",
            "GIT_BRANCH": "origin/main",
        }

    def secrets(self) -> dict[str, str]:
        """The credentials of gate's own accounts."""
        own = {"GATE_JENKINS_USER": "gate", "GATE_JENKINS_TOKEN": TOKEN}
        return super().secrets() | own

    def policy(self, **places: str) -> str:
        """A ``gate.toml`` for this world."""
        text = super().policy(**places)
        for name in PEOPLE:
            line = f'github = "{name}"\n'
            text = text.replace(line, f'{line}jenkins = "{name}"\n')
        return f'{text}\n[ci.jenkins]\nurl = "{self.jenkins.url}"\n'
