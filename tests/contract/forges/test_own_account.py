"""Whose token a forge is asked with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gate.config.types import NetworkSettings
from gate.demo import faults
from gate.demo.github import GitHubSimulator
from gate.demo.gitlab import GitLabSimulator
from gate.forges.github.myself import fetch_own_account as github_account
from gate.forges.gitlab.myself import fetch_own_account as gitlab_account
from gate.http import Bearer, Budget, Wire
from gate.model import Account, AccountKind, Problem, ProblemKind

FORBIDDEN = faults.status(403)
SPOILED = pytest.mark.parametrize(
    "kind",
    [faults.html, faults.empty, faults.wrong_types, faults.reset, lambda: faults.status(401)],
)


@pytest.fixture
def github() -> Iterator[GitHubSimulator]:
    with GitHubSimulator() as running:
        running.add_user("bob")
        yield running


@pytest.fixture
def gitlab() -> Iterator[GitLabSimulator]:
    with GitLabSimulator() as running:
        running.add_user("bob")
        yield running


def wire(simulator: Any, service: str, token: str) -> Wire:
    network = NetworkSettings()
    base = simulator.url if service == "github" else f"{simulator.url}/api/v4"
    return Wire(service, base, auth=Bearer(token), network=network, budget=Budget(network.budget))


def asked(simulator: Any, service: str, token: str) -> Any:
    with_token = wire(simulator, service, token)
    try:
        if service == "github":
            return github_account(with_token, token)
        return gitlab_account(with_token)
    finally:
        with_token.close()


def test_a_persons_token_is_theirs(github: GitHubSimulator, gitlab: GitLabSimulator) -> None:
    person = AccountKind.PERSON
    token = github.add_token("bob", "ghp_bob")
    assert asked(github, "github", token) == Account("github", "bob", person, "bob")
    token = gitlab.add_token("bob")
    assert asked(gitlab, "gitlab", token) == Account("gitlab", "bob", person, "bob")


def test_an_apps_token_is_nobodys(github: GitHubSimulator) -> None:
    assert asked(github, "github", github.add_token("", "ghs_app")) is None


@pytest.mark.parametrize("token", ["ghp_bob", "github_pat_bob", "gho_bob", "ghu_bob"])
def test_of_a_persons_token_a_refusal_is_no_answer(github: GitHubSimulator, token: str) -> None:
    github.add_token("bob", token)
    github.fault("/user", FORBIDDEN)
    found = asked(github, "github", token)
    assert isinstance(found, Problem)
    assert found.kind is ProblemKind.PERMISSION


def test_gitlab_has_an_account_for_every_token(gitlab: GitLabSimulator) -> None:
    token = gitlab.add_token("bob")
    gitlab.fault("/user", FORBIDDEN)
    assert isinstance(asked(gitlab, "gitlab", token), Problem)


@SPOILED
def test_no_spoiled_answer_is_nobody(
    github: GitHubSimulator, gitlab: GitLabSimulator, kind: Any
) -> None:
    github.fault("/user", kind())
    gitlab.fault("/user", kind())
    assert isinstance(asked(github, "github", github.add_token("bob", "of_bob")), Problem)
    assert isinstance(asked(gitlab, "gitlab", gitlab.add_token("bob")), Problem)
