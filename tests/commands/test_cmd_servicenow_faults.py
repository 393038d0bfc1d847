"""Each fault on each of ServiceNow's tables, through the whole command: nothing is ever allowed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from jobs import SHOP, Job, said
from ticket_desks import FAULTS

from gate.demo import faults
from gate.demo.plot import HOUR
from gate.demo.servicenow_world import PASSWORD, ServiceNowWorld

NUMBER = "CHG0030001"
TABLES = ("change_request", "sysapproval_approver", "sysapproval_group", "sys_user", "sys_audit")
ALL = FAULTS | {"hang": faults.hang(), "hidden": faults.hidden(), "clock": faults.clock(600)}


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    folder = tmp_path_factory.mktemp("faults")
    home = folder / "home"
    home.mkdir()
    with ServiceNowWorld(folder / "services") as world:
        job = Job(home, world, NUMBER)
        world.servicenow.request_approval(NUMBER, [], at=world.now - HOUR, group="CAB")
        yield job


@pytest.fixture
def impatient(acme: Job) -> Iterator[dict[str, str]]:
    """The job's environment, under a policy that waits no longer than a second."""
    assert isinstance(acme.world, ServiceNowWorld)
    more = '\n[network]\nbudget = "1s"\n'
    yield {**acme.ci(), **acme.rewrite("impatient.toml", more=more)}
    acme.world.servicenow.heal()


def test_without_a_fault_it_is_allowed(acme: Job) -> None:
    ended = acme.judge("check", "--ticket", NUMBER)
    assert ended.code == 0, said(ended)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", ALL)
def test_no_fault_lets_anything_through(
    acme: Job, impatient: dict[str, str], table: str, name: str
) -> None:
    assert isinstance(acme.world, ServiceNowWorld)
    acme.world.servicenow.fault(f"/{table}[?]", ALL[name])
    ended = acme.gate("check", *SHOP, "--ticket", NUMBER, environment=impatient)
    assert ended.code in {10, 11}, said(ended)
    # A clock that is off, and a change that looks missing, are facts; all else could not be told.
    assert ended.code == 11 or name in {"clock", "404"}, said(ended)
    assert "servicenow" in said(ended) or "approval-covers-change" in said(ended)
    assert "to do" in ended.out
    assert PASSWORD not in said(ended)


def test_a_clock_that_is_off_by_little_is_none(acme: Job) -> None:
    assert isinstance(acme.world, ServiceNowWorld)
    acme.world.servicenow.clock_offset = timedelta(seconds=20)
    ended = acme.judge("check", "--ticket", NUMBER)
    acme.world.servicenow.clock_offset = timedelta(0)
    assert ended.code == 0, said(ended)
