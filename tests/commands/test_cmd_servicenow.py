"""The whole command with ServiceNow in place of Jira: each trick, and each thing that is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jobs import SHOP, Job, must_say, said

from gate.demo import faults
from gate.demo.plot import HOUR, MINUTE
from gate.demo.servicenow_world import PASSWORD, ServiceNowWorld
from gate.demo.world import World
from gate.errors import OK
from gate.record.statement import DecisionRecord

FIRST = "CHG0030001"


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceNowWorld]:
    with ServiceNowWorld(tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory, world: ServiceNowWorld) -> Job:
    return Job(tmp_path_factory.mktemp("home"), world, FIRST)


def blocked(
    acme: Job, world: World, key: str, code: int, words: tuple[str, ...], **twists: Any
) -> None:
    scene = world.change(key, **twists)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", key), environment=acme.ci(scene), code=code, words=words
    )


def test_an_approved_and_early_change_is_allowed_and_recorded(acme: Job) -> None:
    ended = acme.judge("enforce", "--ticket", FIRST)
    assert ended.code == OK, said(ended)
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.tickets == (FIRST,)
    assert "servicenow" in str(record.predicate)
    assert PASSWORD not in said(ended) + str(record.predicate)
    verified = acme.gate("log", "verify", expect=OK)
    must_say(verified, "1 entr")
    span = ("--from", "2020-01-01", "--to", "2100-01-01")
    acme.gate("audit", "population", *span, "--output", "rows.csv", expect=OK)
    assert FIRST in (acme.home / "rows.csv").read_text(encoding="utf-8")
    again = acme.judge("check")  # the number stands in the pull request's title too
    assert again.code == OK, said(again)


def test_by_its_sys_id_it_is_the_same_ticket(acme: Job, world: ServiceNowWorld) -> None:
    sys_id = world.servicenow.change(FIRST)["sys_id"]
    assert acme.judge("enforce", "--ticket", sys_id).code == OK
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.tickets == (FIRST,)
    both = acme.judge("enforce", "--ticket", sys_id, "--ticket", FIRST)
    assert both.code == OK, said(both)
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.tickets == (FIRST,)
    scene = world.change(FIRST, with_ticket=False)  # another commit, under the number
    acme.blocked(
        *("enforce", *SHOP, "--ticket", FIRST),
        environment=acme.ci(scene),
        code=10,
        words=("ticket-not-reused",),
    )
    acme.blocked(
        *("enforce", *SHOP, "--ticket", sys_id),
        environment=acme.ci(scene),
        code=10,
        words=("ticket-not-reused",),
    )


@pytest.mark.parametrize(
    ("twists", "code", "control"),
    [
        ({"ticket_by": "bob"}, 10, "approver-independent"),
        ({"covers": "billing"}, 10, "ticket-covers-change"),
        ({"approver": ""}, 10, "approved"),
        ({"objector": "dave"}, 10, "approved"),
        ({"status": "4"}, 10, "ticket-open"),
        ({"status": "0"}, 10, "ticket-open"),
        ({"rollback": "n/a"}, 10, "rollback-plan"),
    ],
)
def test_what_is_wrong_with_a_ticket_blocks(
    acme: Job, world: ServiceNowWorld, twists: dict[str, Any], code: int, control: str
) -> None:
    """What is wrong in the same way with any ticket: tests/tricks."""
    blocked(acme, world, "CHG0030002", code, (control,), **twists)


def test_an_objection_that_its_maker_takes_away_still_stands(
    acme: Job, world: ServiceNowWorld
) -> None:
    scene = world.change("CHG0030002", objector="dave")
    row = world.servicenow.approvals("CHG0030002")[-1]
    at = world.now - 2 * HOUR
    world.servicenow.set_approval(row, "not_required", by="alice", at=at)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "CHG0030002"),
        environment=acme.ci(scene),
        code=10,
        words=("approved", "declined"),
    )


def test_approving_in_somebody_elses_name_is_no_approval(acme: Job, world: ServiceNowWorld) -> None:
    scene = world.change("CHG0030002", approver="", status="-1")
    now = world.servicenow
    now.approve("CHG0030002", by="alice", in_place_of="bob", at=world.now - 3 * HOUR)
    now.set_state("CHG0030002", "-1", by="alice", at=world.now - 2 * HOUR)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "CHG0030002"),
        environment=acme.ci(scene),
        code=11,
        words=("approved",),
    )


def test_an_edit_after_the_approval_is_seen(acme: Job, world: ServiceNowWorld) -> None:
    at = world.now - 2 * HOUR
    world.servicenow.edit(FIRST, "backout_plan", "Something else entirely.", by="alice", at=at)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", FIRST),
        environment=acme.ci(),
        code=10,
        words=("approval-covers-change", "backout_plan"),
    )


@pytest.mark.parametrize("hide", ["the approval", "an objection", "the users", "the change"])
def test_what_is_hidden_is_never_absent(acme: Job, world: ServiceNowWorld, hide: str) -> None:
    now = world.servicenow
    scene = world.change("CHG0030002", objector="dave")
    rows = now.approvals("CHG0030002")
    match hide:
        case "the approval":
            now.hidden_rows.add(rows[0]["sys_id"])
        case "an objection":
            now.hidden_rows.add(rows[1]["sys_id"])
        case "the users":
            now.closed_tables.add("sys_user")
        case _:
            now.hidden_rows.add(now.change("CHG0030002")["sys_id"])
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "CHG0030002"),
        environment=acme.ci(scene),
        code=11,
        words=("servicenow", "to do"),
    )


@pytest.mark.parametrize("closed", [True, False])
def test_without_the_audit_what_cannot_be_told_stays_open(
    acme: Job, world: ServiceNowWorld, closed: bool
) -> None:
    """The change was moved after its approval, so that an edit may have been too."""
    if closed:
        world.servicenow.closed_tables.add("sys_audit")
    else:
        world.servicenow.tables["sys_audit"].clear()
    acme.blocked(
        *("enforce", *SHOP, "--ticket", FIRST),
        environment=acme.ci(),
        code=11,
        words=("approval-covers-change",),
    )


def test_a_standard_change_of_a_listed_template(acme: Job, world: ServiceNowWorld) -> None:
    scene = world.standard("CHG0030002")
    ended = acme.judge("enforce", "--ticket", "CHG0030002", environment=acme.ci(scene))
    assert ended.code == OK, said(ended)
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert "approved.standard" in str(record.predicate)
    unreviewed = world.standard("CHG0030003", reviewer="")
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "CHG0030003"),
        environment=acme.ci(unreviewed),
        code=10,
        words=("approved",),
    )


def test_a_template_that_is_not_listed_approves_nothing(acme: Job, world: ServiceNowWorld) -> None:
    scene = world.standard("CHG0030002")
    world.servicenow.add_template("Anything at all")
    version = list(world.servicenow.tables["std_change_producer_version"])[-1]
    world.servicenow.change("CHG0030002")["std_change_producer_version"] = version
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "CHG0030002"),
        environment=acme.ci(scene),
        code=10,
        words=("approved", "does not list"),
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("CHG-1", ("is no number of a change",)),
        ("chg0030001", ("capitals",)),
        ("CHG0030001^ORnumber=CHG0030002", ("query operator",)),
        ("INC0030001", ("prefixes",)),
    ],
)
def test_what_is_no_number_is_never_asked_for(
    acme: Job, world: ServiceNowWorld, given: str, words: tuple[str, ...]
) -> None:
    acme.unasked("enforce", *SHOP, "--ticket", given, environment=acme.ci(), words=words)
    assert world.servicenow.requests == ()


@pytest.mark.parametrize("page", ["login", "hibernating"])
def test_a_page_for_people_blocks(acme: Job, world: ServiceNowWorld, page: str) -> None:
    world.servicenow.page = page
    acme.blocked(
        *("enforce", *SHOP, "--ticket", FIRST),
        environment=acme.ci(),
        code=11,
        words=("servicenow", "HTML"),
    )


def test_wrong_and_missing_credentials_block(acme: Job) -> None:
    for password in ("wrong-password", None):
        acme.blocked(
            *("enforce", *SHOP, "--ticket", FIRST),
            environment=acme.ci(GATE_SERVICENOW_PASSWORD=password),
            code=11,
            words=("GATE_SERVICENOW_PASSWORD",),
        )


def test_one_bad_moment_is_got_over(acme: Job, world: ServiceNowWorld) -> None:
    world.servicenow.fault("change_request", faults.status(503), times=1)
    assert acme.judge("enforce", "--ticket", FIRST).code == OK


def test_the_doctor_finds_all_well_and_then_what_is_missing(
    acme: Job, world: ServiceNowWorld
) -> None:
    given = acme.pipeline(world)
    now = world.servicenow
    now.request_approval(FIRST, ["dave"], at=world.now - 10 * MINUTE, group="CAB")
    ended = acme.gate("doctor", environment=given)
    must_say(
        ended, "ok servicenow: knows us", "ok servicenow sys_audit", "clock against servicenow"
    )
    assert "unknown" not in ended.out, said(ended)
    now.closed_tables.add("sysapproval_approver")
    ended = acme.gate("doctor", environment=given, expect=11)
    must_say(ended, "unknown servicenow sysapproval_approver", "to do")
