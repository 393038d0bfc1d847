"""Several ticket systems in one policy: each ID is asked of its own system, and of no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jobs import SHOP, Job, must_say, said

from gate.demo.plot import HOUR
from gate.demo.servicenow_world import ServiceNowWorld
from gate.errors import OK
from gate.record.statement import DecisionRecord

NUMBER = "CHG0030001"
JIRA = """\
[tickets.jira]
url = "{url}"
flavour = "cloud"
projects = ["CHG"]
scope = ["component", "description"]
deployable = ["Approved"]
test_plan = ["description#Tests"]

"""


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceNowWorld]:
    with ServiceNowWorld(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory, world: ServiceNowWorld) -> Job:
    return Job(tmp_path_factory.mktemp("home"), world, NUMBER)


@pytest.fixture
def environment(acme: Job, world: ServiceNowWorld) -> dict[str, str]:
    """The job's, under a policy that names Jira beside ServiceNow."""
    jira = JIRA.format(url=world.jira.url)
    users = world.jira.users
    accounts = [
        (f'servicenow = "{name}"\n', f'servicenow = "{name}"\njira = "{users[name].account_id}"\n')
        for name in ("alice", "bob", "carol", "dave")
    ]
    given = acme.rewrite(
        "both.toml",
        ("[environments.production]", f"{jira}[environments.production]"),
        ('["servicenow"]', '["servicenow", "jira"]'),
        *accounts,
    )
    login = {"GATE_JIRA_EMAIL": users["gate"].email, "GATE_JIRA_TOKEN": world.jira_token}
    return {**acme.ci(), **given, **login}


def tell_jira(world: ServiceNowWorld, **changes: str) -> None:
    """CHG-1 on Jira, for the same change."""
    plot = {"approver": "bob", **changes}
    jira, at = world.jira, world.now - 5 * HOUR
    jira.create_issue(
        "CHG-1",
        "Release",
        by="alice",
        at=at,
        components=("shop",),
        description="h2. Rollback\n\nDeploy the version before; it reads the same tables.\n\n"
        "h2. Tests\n\nCheckout was run against staging.\n",
    )
    if plot["approver"]:
        jira.add_approval("CHG-1", [plot["approver"]], at=world.now - 2 * HOUR)
        jira.approve("CHG-1", by=plot["approver"], at=world.now - 2 * HOUR)
    jira.transition("CHG-1", "Approved", by="bob", at=world.now - 2 * HOUR)


def test_a_ticket_of_each_system_is_judged(
    acme: Job, world: ServiceNowWorld, environment: dict[str, str]
) -> None:
    tell_jira(world)
    ended = acme.gate(
        "enforce",
        *(*SHOP, "--ticket", NUMBER, "--ticket", "CHG-1"),
        environment=environment,
    )
    assert ended.code == OK, said(ended)
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert set(record.tickets) == {NUMBER, "CHG-1"}
    assert {given.system for given in record.predicate.given} == {"jira", "servicenow"}  # type: ignore[union-attr]  # all are there


def test_each_of_them_must_be_right(
    acme: Job, world: ServiceNowWorld, environment: dict[str, str]
) -> None:
    tell_jira(world, approver="")
    acme.blocked(
        *("enforce", *SHOP, "--ticket", NUMBER, "--ticket", "CHG-1"),
        environment=environment,
        code=10,
        words=("approved", "CHG-1"),
    )


def test_only_the_system_that_is_meant_is_asked(
    acme: Job, world: ServiceNowWorld, environment: dict[str, str]
) -> None:
    world.jira.fault(".", "reset")
    ended = acme.gate("check", *SHOP, "--ticket", NUMBER, environment=environment)
    assert ended.code == OK, said(ended)
    assert world.jira.requests == ()
    world.servicenow.forget_requests()
    acme.blocked(
        *("check", *SHOP, "--ticket", "CHG-1"),
        environment=environment,
        code=11,
        words=("jira", "ticket-exists"),
    )
    assert world.servicenow.requests == ()


def test_what_no_system_claims_names_the_form_of_each(
    acme: Job, environment: dict[str, str]
) -> None:
    acme.unasked(
        *("enforce", *SHOP, "--ticket", "INC-1"),
        environment=environment,
        words=("no ticket ID of servicenow, jira", "CHG0030001", "CHG-1"),
    )


def test_the_doctor_examines_both(acme: Job, environment: dict[str, str]) -> None:
    ended = acme.gate("doctor", environment=environment)
    must_say(ended, "ok jira: knows us", "ok servicenow: knows us", "ok jira project CHG")
    must_say(ended, "each with a ServiceNow or Jira account")
