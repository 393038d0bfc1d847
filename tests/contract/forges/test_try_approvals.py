"""What gate doctor asks a forge: whether who let a deployment in can be read, tried on any."""

from __future__ import annotations

import pytest
from places import MONDAY, OnGitHub, OnGitLab

from gate.demo import faults
from gate.demo.github import GitHubSimulator
from gate.demo.gitlab import GitLabSimulator
from gate.forges.github.kind import GITHUB
from gate.forges.gitlab.kind import GITLAB
from gate.http import FetchError
from gate.http.document import ShapeError


def test_github_is_asked_of_its_newest_run() -> None:
    with GitHubSimulator() as github:
        place = OnGitHub(github)
        reader = place.reader()
        slug = reader.slug(place.service())
        assert not GITHUB.try_approvals(reader.wire, slug)
        place.shop.workflow_run(77, commit=place.base, by="alice", at=MONDAY)
        assert GITHUB.try_approvals(reader.wire, slug)
        github.fault("/approvals", faults.status(403))
        with pytest.raises(FetchError):
            GITHUB.try_approvals(reader.wire, slug)


def test_gitlab_is_asked_of_some_deployment() -> None:
    with GitLabSimulator() as gitlab:
        place = OnGitLab(gitlab)
        reader = place.reader()
        slug = reader.slug(place.service())
        assert not GITLAB.try_approvals(reader.wire, slug)
        place.deploy("production", place.base)
        gitlab.fault(r"/deployments/\d+", faults.replace({"id": 1, "approvals": []}))
        assert GITLAB.try_approvals(reader.wire, slug)
        gitlab.heal()
        gitlab.fault(r"/deployments/\d+", faults.replace({"id": 1}))  # without its Premium tier
        with pytest.raises(ShapeError):
            GITLAB.try_approvals(reader.wire, slug)
