"""Gathering: who is asked, what git is given, and that nothing stays open."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import worlds

import gate.facts
from gate.config import Secrets
from gate.config.types import ForgeSettings
from gate.config.types import Service as Deployable
from gate.demo.repository import Author, Repository
from gate.facts import Opened, Question, _run, _run_and_approvals, gather, open_forge
from gate.forges.git import GitReader
from gate.forges.github import GitHubReader
from gate.forges.gitlab import GitLabReader
from gate.http import Budget
from gate.model import (
    Approval,
    Lookup,
    PinState,
    Problem,
    ProblemKind,
    Run,
    TicketReference,
)

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


def test_the_libraries_that_ask_are_imported_only_when_something_is_asked() -> None:
    libraries = {"requests", "jira", "github", "gitlab"}
    program = f"import sys, gate.facts; sys.exit(bool({libraries} & {{*sys.modules}}))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


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


def test_a_run_of_another_ci_than_the_forges_is_only_a_claim(tmp_path: Path) -> None:
    """Its number would be that of some other run there."""
    found = Opened(opened(tmp_path).forge, lambda _: worlds.good_run(), "gitlab")
    assert isinstance(_run(found, worlds.good_deployment()), Problem)
    found = Opened(opened(tmp_path).forge, lambda _: worlds.good_run(), "github")
    assert _run(found, worlds.good_deployment()) == worlds.good_run()


def test_who_let_the_run_in_is_asked_where_the_policy_counts_it(tmp_path: Path) -> None:
    asked: list[str] = []
    entry = worlds.good_entry()

    def approvals(run: Run, environment: str) -> tuple[Approval, ...]:
        asked.append(f"{run.id} {environment}")
        return (entry,)

    deployment, plain = worlds.good_deployment(), worlds.good_environment()
    counting = worlds.with_rules(sources=("environment",)).environments["production"]
    forge = opened(tmp_path).forge
    found = Opened(forge, lambda _: worlds.good_run(), "github", approvals)
    assert _run_and_approvals(found, deployment, plain) == (worlds.good_run(), ())
    assert asked == []
    assert _run_and_approvals(found, deployment, counting) == (worlds.good_run(), (entry,))
    assert asked == ["4711 production"]
    lost = worlds.problem()
    found = Opened(forge, lambda _: lost, "github", approvals)
    assert _run_and_approvals(found, deployment, counting) == (lost, lost)
    assert _run_and_approvals(found, worlds.shell_deployment(), counting) == (None, ())
    assert asked == ["4711 production"]


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


class Service:
    """Stands in for the forge and the ticket system, and remembers that it was closed."""

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.closed = 0

    def fetch_change(self, *_: object) -> Any:
        return self._answer("change", worlds.good_change())

    def fetch_deployments(self, *_: object) -> Any:
        return self._answer("deployments", ())

    def fetch(self, reference: TicketReference) -> Any:
        return self._answer("ticket", Lookup(reference, worlds.good_ticket()))

    def _answer(self, what: str, answer: object) -> object:
        if what == self.broken:
            raise ZeroDivisionError(what)
        return answer

    def own_accounts(self) -> tuple[()]:
        return ()

    def clocks(self) -> tuple[()]:
        return ()

    def requests(self) -> tuple[()]:
        return ()

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("broken", ["", "change", "deployments", "ticket"])
def test_whatever_happens_every_connection_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    forge, tickets = Service(broken), Service(broken)
    found = Opened(forge, lambda _: worlds.good_run())
    monkeypatch.setattr(gate.facts, "open_forge", lambda *_: found)
    monkeypatch.setattr(gate.facts, "open_tickets", lambda *_: tickets)

    def gathered() -> object:
        return gather(question(tmp_path), POLICY, Secrets(), worlds.good_history()).facts.run

    if broken:
        with pytest.raises(ZeroDivisionError):
            gathered()
    else:
        assert gathered() == worlds.good_run()
    assert (forge.closed, tickets.closed) == (1, 1)
