"""The forge that is opened, and git in its place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import worlds

from gate.config import Secrets
from gate.config.types import ForgeSettings
from gate.config.types import Service as Deployable
from gate.demo.repository import Author, Repository
from gate.facts.forges import open_forge
from gate.facts.opened import Opened
from gate.facts.question import Question
from gate.forges.git import GitReader
from gate.forges.github import GitHubReader
from gate.forges.gitlab import GitLabReader
from gate.http import Budget
from gate.model import PinState, Problem, ProblemKind

POLICY = worlds.good_policy()
SERVICE = POLICY.services["shop"]
BUDGET = Budget(POLICY.network.budget)


def question(checkout: Path, environ: Mapping[str, str] | None = None) -> Question:
    return Question(
        deployment=worlds.good_deployment(),
        tickets=("CHG-1",),
        base="",
        checkout=checkout,
        environ=environ or {},
        pin=PinState.PINNED,
    )


def opened(checkout: Path, token: str = "", environ: Mapping[str, str] | None = None) -> Opened:
    secrets = Secrets(github_token=token)
    return open_forge(POLICY, SERVICE, secrets, BUDGET, question(checkout, environ))


def test_the_forge_is_asked_with_its_token_and_git_without_one(tmp_path: Path) -> None:
    assert isinstance(opened(tmp_path, token="t0ken").forge, GitHubReader)
    assert isinstance(opened(tmp_path).forge, GitReader)


def test_the_forge_is_the_one_of_the_services_repository(tmp_path: Path) -> None:
    """A policy may name both; the token of the other one opens nothing."""
    forges = {
        "github": ForgeSettings("github", "https://github.com", "https://api.github.com"),
        "gitlab": ForgeSettings("gitlab", "https://gitlab.com", "https://gitlab.com/api/v4"),
    }
    policy = worlds.good_policy(forges=forges)
    both = Secrets(github_token="a", gitlab_token="b")
    shop = Deployable("shop", "https://gitlab.com/acme/web/shop", ("main",), ())
    asked = question(tmp_path)
    found = open_forge(policy, shop, both, BUDGET, asked)
    assert isinstance(found.forge, GitLabReader)
    assert found.ci == "gitlab"
    assert isinstance(open_forge(policy, SERVICE, both, BUDGET, asked).forge, GitHubReader)
    only = Secrets(github_token="a")
    assert isinstance(open_forge(policy, shop, only, BUDGET, asked).forge, GitReader)


def test_without_the_forge_a_run_is_only_a_claim(tmp_path: Path) -> None:
    run = opened(tmp_path).fetch_run(worlds.good_deployment().run)
    assert isinstance(run, Problem)
    assert (run.kind, run.service, run.request) == (ProblemKind.CLAIM, "github", "run 4711")
    assert "GITHUB_TOKEN" in run.remedy


def test_git_is_looked_for_where_the_caller_has_it(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "shop")
    author = Author("Alice", "alice@acme.example")
    head = repository.commit("Begin", author=author, at=worlds.NOW, branch="main")
    base = worlds.good_change().base
    for path, is_found in ((os.environ["PATH"], True), (str(tmp_path), False)):
        forge = opened(repository.path, environ={"PATH": path}).forge
        change = forge.fetch_change(SERVICE, head, base)
        assert isinstance(change, Problem)  # the base is of another repository
        assert (change.cause == "git is not installed here") is not is_found
