"""How many requests of a whole deployment follow one another, as the services see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from jobs import job, said

from gate.demo.gitlab_world import GitLabWorld
from gate.demo.world import World

MOST = {"jira": 2, "github": 4, "gitlab": 4}


@pytest.mark.parametrize("kind", [World, GitLabWorld])
@pytest.mark.parametrize("named", [True, False])
def test_chains_are_short(tmp_path: Path, kind: type[World], named: bool) -> None:
    """With the ticket named, and where only the change names it."""
    with job(tmp_path, kind) as acme:
        forge = acme.world.gitlab if isinstance(acme.world, GitLabWorld) else acme.world.github
        simulators = (acme.world.jira, forge)
        for simulator in simulators:
            simulator.forget_requests()
            simulator.latency = 0.1
        ended = acme.judge("enforce", *(("--ticket", "CHG-1") if named else ()))
        assert ended.code == 0, said(ended)
        chains = {simulator.name: simulator.longest_chain() for simulator in simulators}
        assert all(0 < length <= MOST[name] for name, length in chains.items()), chains
