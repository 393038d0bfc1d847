"""Tricks that auditors look for: each is stopped, or its evidence is in the record and the list.

Where nothing stops a trick, because it breaks no rule by itself, its test shows what the log keeps
of it for whoever looks for signs of trouble.
"""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from jobs import SHOP, must_say, said
from tricks.stages import GITHUB, SECTION, TRICK, Play, play

from gate.demo.plot import HOUR, MINUTE, Scene
from gate.errors import OK

PERIOD = ("--from", "2020-01-01", "--to", f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}")


def listed(acme: Play, *arguments: str) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """The population as an auditor gets it: rows and header."""
    acme.gate("audit", "population", *PERIOD, "--output", "list.csv", *arguments, expect=OK)
    with (acme.home / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return rows, json.loads((acme.home / "list.header.json").read_text(encoding="utf-8"))


def instant(cell: str) -> datetime:
    return datetime.fromisoformat(cell)


# ---------------------------------------------------------------- tickets


def test_ticket_after_the_deployment(forge: Play) -> None:
    """It ran in production first; then there is a ticket, and gate is asked for the same commit."""
    scene = forge.tell(ticket=2 * HOUR)
    forge.deployed_elsewhere(scene.commit, forge.now - 4 * HOUR)
    ended = forge.blocked_by("ticket-predates-deployment", scene)
    must_say(ended, "was deployed here", "without a record")


@pytest.mark.parametrize("how", ["closed", "for another service"])
def test_recycled_ticket_of_another_kind(desk: Play, how: str) -> None:
    """A ticket whose work is over, or one that was approved for another service."""
    if how == "closed":
        desk.blocked_by("ticket-open", desk.tell(status=desk.desk.closed))
    else:
        desk.blocked_by("ticket-covers-change", desk.tell(covers="till"))


def test_edit_between_approval_and_deployment(anywhere: Play) -> None:
    """What was approved is edited to cover more, and deployed before anybody looks again."""
    scene = anywhere.tell()
    anywhere.desk.edit(scene.key, by="alice", at=anywhere.now - HOUR)
    anywhere.blocked_by("approval-covers-change", scene, words=(scene.key,))


def test_edit_that_was_taken_back(anywhere: Play) -> None:
    """It named something else for a minute, perhaps for whoever approved it anew just then."""
    scene = anywhere.tell()
    anywhere.desk.swap_scope(scene.key, by="alice", at=anywhere.now - HOUR)
    anywhere.blocked_by("approval-covers-change", scene, words=(scene.key,))


def test_edit_after_the_deployment(anywhere: Play) -> None:
    """The ticket is edited once everything is over: the record stays with what was there."""
    scene = anywhere.tell()
    anywhere.allowed_now(scene)
    told = anywhere.gate("log", "show", "0", "--json", expect=OK).out
    anywhere.desk.edit(scene.key, by="alice", at=datetime.now(UTC))
    assert anywhere.gate("log", "show", "0", "--json", expect=OK).out == told
    anywhere.gate("log", "verify", expect=OK)
    anywhere.blocked_by("approval-covers-change", scene)
    ticket, again = (record.predicate.tickets for record in anywhere.records())
    assert ticket != again, "the second record shows the edit, the first one does not"


def test_backdated_import(desk: Play) -> None:
    """The ticket was imported with a creation time older than those of lower numbers."""
    scene = desk.tell(ticket=10 * HOUR)
    desk.warned_by("ticket-not-backdated", scene, words=(scene.key, desk.scene.key))
    desk.demand("ticket-not-backdated")
    desk.blocked_by("ticket-not-backdated", scene)


# ---------------------------------------------------------------- approvals


def approved_by_one_more(desk: Play, *, app: bool) -> Scene:
    """A further account approves, which the policy's owner took into the board."""
    scene = desk.tell(approver="")
    system, account = desk.desk.approve(scene.key, at=desk.now - 3 * HOUR, app=app)
    person = f'\n[[people]]\nname = "robot"\n{system} = "{account}"\n'
    members = ("change-board = [", 'change-board = ["robot", ')
    desk.under(desk.rewrite("robots.toml", members, more=person))
    return scene


def test_bot_approves(desk: Play) -> None:
    """Approvals are people's: an app's account counts for nothing, whatever the policy lists."""
    scene = approved_by_one_more(desk, app=True)
    desk.blocked_by("approved", scene, words=(scene.key,))


def test_the_same_by_a_person_is_an_approval(desk: Play) -> None:
    """So that it is the app that is refused, and nothing else about it."""
    desk.allowed_now(approved_by_one_more(desk, app=False))


def test_rubber_stamp(desk: Play) -> None:
    """Approved within a minute of being opened: no rule forbids it, and both times are kept."""
    scene = desk.tell(ticket=3 * HOUR, approval=3 * HOUR)
    desk.allowed_now(scene)
    rows, _ = listed(desk, "--people")
    (row,) = rows
    took = instant(row["approved_at"].partition(" (")[0]) - instant(row["ticket_created"])
    assert timedelta() < took <= MINUTE
    assert row["approvers"] == "bob"
    shown = desk.gate("log", "show", "0", "--people", expect=OK)
    must_say(shown, "What happened when (UTC)", f"ticket {scene.key} created by alice", "bob")


def test_pair_that_approves_each_other(desk: Play) -> None:
    """alice approves bob's work and bob alice's, always: the list names makers and approvers."""
    first, second = desk.company.keys[1:3]
    desk.allowed_now(desk.tell(first))
    done = ("complete", "--receipt", TRICK, "--outcome", "succeeded")
    desk.gate(*done, environment=desk.ci(), expect=OK)
    back = {"author": "bob", "ticket_by": "bob", "approver": "alice"}
    desk.allowed_now(desk.tell(second, **back))
    rows, _ = listed(desk, "--people")
    assert [(row["makers"], row["approvers"]) for row in rows] == [
        ("alice", "bob"),
        ("bob", "alice"),
    ]
    assert [row["ticket_authors"] for row in rows] == ["alice", "bob"]


# ---------------------------------------------------------------- code


def test_review_older_than_the_last_commit(forge: Play) -> None:
    """The reviewer saw what was there before one more commit came."""
    told = forge.tell(approval=20 * MINUTE)
    shop, now = forge.repository, forge.now
    seen = shop.commit("Seen", by="alice", at=now - 5 * HOUR, on="main")
    shop.push("both", seen, by="alice", at=now - 40 * MINUTE)
    forge.open(76, "both", by="alice", at=now - 40 * MINUTE)
    forge.review(76, by="carol", at=now - 38 * MINUTE)
    shop.push(
        *("both", shop.commit("Unseen", by="alice", at=now - 5 * HOUR, on=seen)),
        by="alice",
        at=now - 36 * MINUTE,
    )
    scene = forge.run_of(shop.merge(76, by="carol", at=now - 30 * MINUTE), told)
    forge.warned_by("peer-reviewed", scene)
    forge.demand("peer-reviewed")
    forge.blocked_by("peer-reviewed", scene)


def unprotected_push(forge: Play, told: Scene, before: timedelta) -> Scene:
    """The branch's protection is lifted for one push, and put back."""
    shop, at = forge.repository, forge.now - before
    shop.protected.discard("main")
    made = shop.commit(f"{told.key}: straight in", by="alice", at=at, on="main")
    shop.push("main", made, by="alice", at=at)
    shop.protected.add("main")
    return forge.run_of(made, told)


def test_protection_lifted_and_restored(forge: Play) -> None:
    """What came in meanwhile is judged by how it came in, whatever the protection says now."""
    told = forge.tell(approval=20 * MINUTE)
    scene = unprotected_push(forge, told, 30 * MINUTE)
    forge.warned_by("peer-reviewed", scene)
    forge.demand("peer-reviewed")
    forge.blocked_by("peer-reviewed", scene)


def test_protection_lifted_after_the_approval(forge: Play) -> None:
    """A direct push after the approval is no part of what was approved."""
    scene = unprotected_push(forge, forge.scene, 30 * MINUTE)
    forge.blocked_by("approval-covers-change", scene)


def test_policy_weakened_and_restored(acme: Play) -> None:
    """Whoever may set the pin lets one deployment through: digest and target tell which."""
    scene = acme.tell(late_push=True)
    right = acme.enforce(acme.scene)
    assert right.code == OK, said(right)
    weak = (SECTION, SECTION + 'controls = { approval-covers-change = "off" }\n')
    acme.under(acme.rewrite("weak.toml", weak))
    acme.allowed_now(scene)
    acme.given = {}
    again = acme.enforce(acme.scene)
    assert again.code == OK, said(again)
    digests = [row["policy_sha256"] for row in listed(acme)[0]]
    assert digests[0] == digests[2] != digests[1]
    pin = acme.ci()["GATE_POLICY_SHA256"]
    acme.under(acme.rewrite("weak.toml", weak))
    assert acme.enforce(scene).code == OK
    at_the_target = ("verify", "--receipt", TRICK, "--trust", "trust", *SHOP)
    ended = acme.gate(*at_the_target, "--commit", scene.commit, "--policy-sha256", pin)
    assert ended.code == 10, said(ended)
    must_say(ended, "policy")


# ---------------------------------------------------------------- the list and the log


def test_deleted_failed_run(acme: Play) -> None:
    """A run that was denied is deleted on the forge: its denials stay, with run and attempt."""
    scene = acme.tell(approver="")
    acme.blocked_by("approved", scene)
    acme.world.shop.rerun(scene.run_id, by="carol", at=acme.now)
    acme.enforce(scene, GITHUB_RUN_ATTEMPT="2")
    del acme.world.shop.runs[scene.run_id]
    rows, header = listed(acme)
    assert [row["decision"] for row in rows] == ["denied", "denied"]
    assert [row["run_attempt"] for row in rows] == ["1", "2"]
    assert all(str(scene.run_id) in row["run_url"] for row in rows)
    assert [int(row["index"]) for row in rows] == [0, 1]
    assert header["log"]["size"] == 2


@pytest.mark.parametrize("shift", [HOUR, -HOUR], ids=["slow", "fast"])
def test_clock_of_the_runner_is_shifted(tmp_path: Path, shift: timedelta) -> None:
    """The machine that decides lives in another hour than every service that it asks."""
    with play(tmp_path, GITHUB, now=datetime.now(UTC) + shift) as acme:
        acme.blocked_by("clock-sane", acme.scene)


URGENT = (
    'emergency = { waives = ["approved", "ticket-open"], review_within = "1h", by = ["oncall"] }\n'
)


def test_emergency_abuse(acme: Play) -> None:
    """Ordinary deployments are called emergencies: counted, by person, with what they owe."""
    oncall = ("\n[groups]", '\n[groups]\noncall = ["carol"]')
    acme.under(acme.rewrite("urgent.toml", (SECTION, SECTION + URGENT), oncall))
    for key in acme.company.keys[1:3]:
        scene = acme.tell(key, approver="")
        ended = acme.enforce(scene, "--emergency", f"The shop is down, says {key}")
        assert ended.code == OK, said(ended)
        must_say(ended, "EMERGENCY")
    acme.refused_at_the_target(scene)  # a target that was not told to take emergencies
    third = acme.tell(acme.company.keys[3], approver="")
    dave = acme.run_of(third.commit, third, by="dave")
    refused = acme.enforce(dave, "--emergency", "I am in a hurry")
    assert refused.code == 10, said(refused)
    _, header = listed(acme)
    assert header["emergencies"]["declared"] == 2
    assert header["emergencies"]["by_person"] is None
    rows, header = listed(acme, "--people")
    assert header["emergencies"]["by_person"] == {"carol": 2}
    assert [row["review_outcome"] for row in rows if row["decision"] == "emergency"] == [
        "(none recorded)"
    ] * 2
    assert all(row["review_due"] for row in rows if row["decision"] == "emergency")


def test_filtered_list(acme: Play) -> None:
    """A list of part of the period, or of part of the log, says so; an edited one does not fit."""
    acme.allowed_now(acme.scene)
    acme.blocked_by("approved", acme.tell(approver=""))
    rows, header = listed(acme)
    assert (len(rows), header["log"]["size"]) == (2, 2)
    assert header["decisions"]["listed"] == 2
    data = (acme.home / "list.csv").read_bytes()
    assert header["csv_sha256"] == sha256(data).hexdigest()
    without = data.replace(b"denied", b"allowed")
    assert header["csv_sha256"] != sha256(without).hexdigest()
    rows, header = listed(acme, "--environment", "production", "--service", "shop")
    assert header["query"]["service"] == "shop"
    acme.gate(
        *("audit", "population", "--from", "2020-01-01", "--to", "2021-01-01"),
        *("--output", "none.csv"),
        expect=OK,
    )
    header = json.loads((acme.home / "none.header.json").read_text(encoding="utf-8"))
    assert (header["decisions"]["listed"], header["decisions"]["outside_period"]) == (0, 2)
    assert header["query"]["to"].startswith("2021-01-01")
