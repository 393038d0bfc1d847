"""Production comes after staging: what the log does not prove to have succeeded there is denied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jobs import Job, job, must_say, said

from gate.demo.plot import Scene

STAGING = """
[environments.staging]
approvals = { required = 1, by = ["change-board"] }
"""
APP, OTHER = (f"app@sha256:{digit * 64}" for digit in "ab")


class Road:
    """A job that deploys to staging and to production, which comes after it."""

    def __init__(self, acme: Job) -> None:
        self.acme = acme
        self.policy = acme.rewrite(
            "staged.toml",
            (
                "[environments.production]",
                '[environments.production]\nafter = { environment = "staging", within = "14d" }',
            ),
            more=STAGING,
        )

    def enforce(
        self, scene: Scene, to: str, *arguments: str, code: int = 0, command: str = "enforce"
    ) -> dict[str, Any]:
        """Judge it; the answer."""
        receipt = ("--receipt", f"{scene.key}-{to}") if command == "enforce" else ()
        ended = self.acme.gate(
            *(command, "--service", "shop", "--environment", to, "--ticket", scene.key),
            *("--format", "json", *receipt, *arguments),
            environment=self.acme.ci(scene, **self.policy),
        )
        assert ended.code == code, said(ended)
        answer: dict[str, Any] = json.JSONDecoder().raw_decode(ended.out.lstrip())[0]
        return answer

    def complete(self, scene: Scene, to: str, outcome: str = "succeeded") -> None:
        self.acme.gate(
            *("complete", "--receipt", f"{scene.key}-{to}.tlog-proof", "--outcome", outcome),
            environment=self.acme.ci(scene, **self.policy),
            expect=0,
        )

    def production(self, scene: Scene, *arguments: str, code: int, **given: Any) -> str:
        """What tested-before says of a deployment to production."""
        answer = self.enforce(scene, "production", *arguments, code=code, **given)
        (control,) = (each for each in answer["controls"] if each["id"] == "tested-before")
        assert control["level"] == "require"
        return f"{control['outcome']}: {control['observed']['text']}"


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with job(tmp_path_factory.mktemp("road")) as made:
        yield Road(made)


def test_first_staging_then_production(road: Road) -> None:
    scene = road.acme.world.change("CHG-20")
    commit = scene.commit[:12]
    none = f"fail: The log knows of no deployment of {commit} to staging that has ended."
    assert road.production(scene, code=10) == none
    staged = road.enforce(scene, "staging")
    off = next(each for each in staged["controls"] if each["id"] == "tested-before")
    assert (off["level"], off["outcome"]) == ("off", "not-applicable")
    assert road.production(scene, code=10) == none  # permitted, and not ended yet
    road.complete(scene, "staging")
    for command in ("check", "enforce"):
        told = road.production(scene, code=0, command=command)
        assert told.startswith(f"pass: {commit} succeeded in staging at ")
    road.complete(scene, "staging", "rolled-back")
    assert "to staging ended as rolled-back" in road.production(scene, code=10)
    road.acme.gate("log", "verify", expect=0)


def test_another_commit_was_not_tested(road: Road) -> None:
    first = road.acme.world.change("CHG-21")
    road.enforce(first, "staging")
    road.complete(first, "staging")
    second = road.acme.world.change("CHG-22")
    assert road.production(second, code=10).startswith("fail: The log knows of no deployment")
    assert road.production(first, code=0).startswith("pass: ")


def test_what_is_deployed_is_what_was_tested(road: Road) -> None:
    scene = road.acme.world.change("CHG-23")
    road.enforce(scene, "staging", "--artifact", APP)
    road.complete(scene, "staging")
    other = road.production(scene, "--artifact", OTHER, code=10)
    assert other.endswith("was deployed to staging only without these artifacts.")
    assert road.production(scene, code=10).endswith("here none is named.")
    assert road.production(scene, "--artifact", APP, code=0).startswith("pass: ")
    road.acme.gate("log", "verify", expect=0)


def test_the_terminal_says_where_to_go_first(road: Road) -> None:
    scene = road.acme.world.change("CHG-24")
    ended = road.acme.gate(
        *("check", "--service", "shop", "--environment", "production", "--ticket", scene.key),
        environment=road.acme.ci(scene, **road.policy),
        expect=10,
    )
    must_say(ended, "tested-before", f"Deploy {scene.commit[:12]} to staging with gate")
