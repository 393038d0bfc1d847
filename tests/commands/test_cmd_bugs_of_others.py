"""Bugs that other tools shipped, each as a test of the whole command.

Those with a home of their own are there: look-alike tickets (test_cmd_ticket_ids), no or foreign
signatures and trust from the store (test_cmd_verify, test_cmd_log), EOF and unknown subcommands
(test_cmd_ends), detached HEAD (test_cmd_checkouts), statuses that are ignored (test_cmd_replies).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jobs import SHOP, Job, job, must_say, said, spoiled

from gate.demo.plot import AFTER_RUN, HOUR
from gate.record.statement import DecisionRecord


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("others")) as made:
        yield made


def test_a_bare_number_is_no_ticket(acme: Job) -> None:
    """ "424" in a merge message was looked up as a ticket."""
    acme.unasked(
        *("enforce", *SHOP, "--ticket", "424"), environment=acme.ci(), words=("without a project",)
    )


@pytest.mark.parametrize("nothing", ["", "null", "None", "undefined"])
def test_an_empty_id_matches_no_record(acme: Job, nothing: str) -> None:
    """Systems answer an empty id with some record, or with all of them."""
    acme.unasked(
        *("enforce", *SHOP, "--ticket", nothing), environment=acme.ci(), words=("the ticket ID is",)
    )


def test_an_empty_list_of_approvers_is_no_approval(acme: Job) -> None:
    """All of nobody had approved."""

    def emptied(body: Any) -> Any:
        return {**body, "values": [{**row, "approvers": []} for row in body["values"]]}

    with spoiled(acme.world.jira, "/approval", emptied):
        acme.blocked(
            *("enforce", *SHOP, "--ticket", "CHG-1"),
            environment=acme.ci(),
            code=10,
            words=("approved",),
        )


def test_a_status_is_compared_by_what_it_is_and_not_by_how_it_looks(acme: Job) -> None:
    """A state "1" was compared with "Open". Here an id in the policy is an id, and no name."""
    jira = acme.world.jira
    jira.add_status("10002", "555")  # named like Approved's id
    scene = acme.world.change("CHG-51", status="10002")
    by_name = acme.judge("check", "--ticket", "CHG-51", environment=acme.ci(scene))
    assert by_name.code == 10, said(by_name)
    must_say(by_name, "ticket-open")
    old = 'deployable = ["Approved", "Implementing"]'
    given = acme.rewrite("by-id.toml", (old, 'deployable = ["10002"]'))
    right = acme.judge("check", "--ticket", "CHG-1", environment=acme.ci(**given))
    assert right.code == 0, said(right)


@pytest.mark.parametrize("status", ["Open", "Awaiting approval", "Declined", "Cancelled", "Closed"])
def test_an_approved_ticket_that_is_not_open_any_more(acme: Job, status: str) -> None:
    key = f"CHG-{52 + len(status)}{ord(status[0])}"
    scene = acme.world.change(key, status=status)
    acme.blocked(
        *("check", *SHOP, "--ticket", key),
        environment=acme.ci(scene),
        code=10,
        words=("ticket-open", status),
    )


def test_a_rerun_neither_loses_nor_renews_the_change(acme: Job) -> None:
    """The first attempt's start counts, and each attempt is a record of its own."""
    late = acme.world.change("CHG-53", ticket=AFTER_RUN, rerun=True)
    before = acme.view().size
    for _ in range(2):
        acme.blocked(
            *("enforce", *SHOP, "--ticket", "CHG-53"),
            environment=acme.ci(late),
            code=10,
            words=("ticket-predates-deployment", "a re-run keeps its old start"),
        )
    made = [r for r in acme.records()[before:] if isinstance(r, DecisionRecord)]
    assert [r.commit for r in made] == [late.commit] * 2


def test_a_pull_request_that_the_forge_does_not_show_yet_blocks(acme: Job) -> None:
    """Seconds after a merge its list is empty: that is no commit without review."""

    def emptied(body: Any) -> Any:
        nothing = {"totalCount": 0, "nodes": []}
        return body and {
            "data": {
                "repository": {
                    alias: {**commit, "associatedPullRequests": nothing}
                    for alias, commit in body["data"]["repository"].items()
                }
            }
        }

    with spoiled(acme.world.github, "/graphql", emptied):
        ended = acme.judge("enforce", "--ticket", "CHG-1")
    assert ended.code in {10, 11}, said(ended)


def test_a_pipeline_that_nobody_tracks_does_not_pass(acme: Job) -> None:
    """An unlisted service, and a listed one from a repository that is not its own."""
    acme.unasked(
        *("enforce", "--service", "shadow", "--ticket", "CHG-1"),
        environment=acme.ci(),
        words=("the policy lists no service 'shadow'",),
    )
    world = acme.world
    other = world.github.create_repository("mallory/shop")
    root = other.commit("Mine", by="mallory", at=world.now - HOUR)
    other.push("main", root, by="mallory", at=world.now - HOUR)
    other.workflow_run(777, commit=root, by="mallory", at=world.now - HOUR)
    lie = acme.ci(GITHUB_REPOSITORY="mallory/shop", GITHUB_RUN_ID="777", GITHUB_SHA=root)
    ended = acme.judge("enforce", "--ticket", "CHG-1", environment=lie)
    assert ended.code in {10, 11}, said(ended)


def test_waiting_is_no_approval(acme: Job) -> None:
    scene = acme.world.change("CHG-54", approver="")
    jira = acme.world.jira
    jira.add_approval("CHG-54", ["bob"], at=acme.world.now - HOUR)
    jira.transition("CHG-54", "Approved", by="dave", at=acme.world.now - HOUR)
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "CHG-54"),
        environment=acme.ci(scene),
        code=10,
        words=("CHG-54 has 0 of 1 approvals",),
    )


def test_a_ticket_that_moved_is_not_the_ticket(acme: Job) -> None:
    scene = acme.world.change("CHG-55", moved_to="OPS-55")
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "CHG-55"),
        environment=acme.ci(scene),
        code=10,
        words=("ticket-exists", "OPS-55"),
    )


def test_the_same_receipt_does_not_serve_another_run(acme: Job) -> None:
    """A receipt that lies about from before permits its own commit alone."""
    acme.receipt("own")
    other = acme.world.change("CHG-56")
    ended = acme.gate(
        *("verify", "--receipt", "receipts/own", "--trust", "trust", *SHOP),
        *("--commit", other.commit),
    )
    assert ended.code == 10


def test_nothing_stale_is_left_where_a_permission_is_expected(acme: Job) -> None:
    """A denial at --receipt replaces the permission that lay there."""
    path = acme.receipt("same-name")
    assert path.exists()
    denied = acme.judge("enforce", "--ticket", "CHG-999", "--receipt", "receipts/same-name")
    assert denied.code == 10
    ended = acme.gate(
        *("verify", "--receipt", str(path), "--trust", "trust", *SHOP),
        *("--commit", acme.scene.commit),
    )
    assert ended.code == 10, said(ended)
