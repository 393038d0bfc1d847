"""--wait in the commands: what is not waited for ends them at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs import SHOP, Job, job, must_say


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Job]:
    with job(tmp_path) as made:
        yield made


@pytest.mark.parametrize("command", ["check", "enforce"])
def test_what_is_approved_goes_on(acme: Job, command: str) -> None:
    ended = acme.judge(command, "--ticket", "CHG-1", "--wait", "30m")
    assert ended.code == 0
    assert "waiting" not in ended.err


def test_an_objection_ends_it_at_once(acme: Job) -> None:
    scene = acme.world.change("CHG-20", objector="dave")
    ended = acme.judge(
        *("enforce", "--ticket", "CHG-20", "--wait", "30m"), environment=acme.ci(scene)
    )
    assert ended.code == 10
    assert "waiting" not in ended.err


def test_a_service_that_is_down_ends_it_at_once(acme: Job) -> None:
    scene = acme.world.change("CHG-23", approver="")
    acme.world.jira.fault("/rest/", "html")
    ended = acme.judge(
        *("enforce", "--ticket", "CHG-23", "--wait", "30m"), environment=acme.ci(scene)
    )
    acme.world.jira.heal()
    assert ended.code == 11
    assert "waiting" not in ended.err


def test_it_has_a_variable_and_must_be_a_time(acme: Job) -> None:
    acme.unasked(
        *("enforce", *SHOP, "--ticket", "CHG-1"),
        environment=acme.ci(GATE_WAIT="a while"),
        words=("--wait",),
    )
    ended = acme.gate("enforce", *SHOP, "--ticket", "CHG-1", environment=acme.ci(GATE_WAIT="5m"))
    assert ended.code == 0
    must_say(ended, "ALLOWED")
