"""The run that is asked for, and who let it in."""

from __future__ import annotations

from pathlib import Path

import worlds

from gate.facts.opened import Opened
from gate.facts.run import fetch_run, fetch_run_and_approvals
from gate.forges.git import GitReader
from gate.model import Approval, Problem, Run

FORGE = GitReader(Path("/nowhere"), {})  # not asked here


def test_a_run_of_another_ci_than_the_forges_is_only_a_claim() -> None:
    """Its number would be that of some other run there."""
    found = Opened(FORGE, lambda _: worlds.good_run(), "gitlab")
    assert isinstance(fetch_run(found, worlds.good_deployment()), Problem)
    found = Opened(FORGE, lambda _: worlds.good_run(), "github")
    assert fetch_run(found, worlds.good_deployment()) == worlds.good_run()


def test_who_let_the_run_in_is_asked_where_the_policy_counts_it() -> None:
    asked: list[str] = []
    entry = worlds.good_entry()

    def approvals(run: Run, environment: str) -> tuple[Approval, ...]:
        asked.append(f"{run.id} {environment}")
        return (entry,)

    deployment, plain = worlds.good_deployment(), worlds.good_environment()
    counting = worlds.with_rules(sources=("environment",)).environments["production"]
    found = Opened(FORGE, lambda _: worlds.good_run(), "github", approvals)
    assert fetch_run_and_approvals(found, deployment, plain) == (worlds.good_run(), ())
    assert asked == []
    assert fetch_run_and_approvals(found, deployment, counting) == (worlds.good_run(), (entry,))
    assert asked == ["4711 production"]
    lost = worlds.problem()
    found = Opened(FORGE, lambda _: lost, "github", approvals)
    assert fetch_run_and_approvals(found, deployment, counting) == (lost, lost)
    run, unknown = fetch_run_and_approvals(found, worlds.shell_deployment(), counting)
    assert run is None
    assert isinstance(
        unknown, Problem
    )  # a job that poses as a shell has not been let in by anybody
    assert fetch_run_and_approvals(found, worlds.shell_deployment(), plain) == (None, ())
    assert asked == ["4711 production"]
