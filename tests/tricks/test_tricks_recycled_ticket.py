"""A ticket that let one commit in does not let another in, unless it was approved anew since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from jobs import Job, job, must_say

from gate.demo.plot import Scene


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("reuse"), services=("shop", "till")) as made:
        yield made


def enforce(acme: Job, scene: Scene, code: int, command: str = "enforce") -> str:
    """Judge it; returns what ticket-not-reused says, of the JSON."""
    ended = acme.gate(
        *(command, "--service", scene.service, "--environment", "production"),
        *("--ticket", scene.key, "--format", "json"),
        environment=acme.ci(scene),
        expect=code,
    )
    answer, _ = json.JSONDecoder().raw_decode(ended.out.lstrip())
    (control,) = (each for each in answer["controls"] if each["id"] == "ticket-not-reused")
    return f"{control['outcome']}: {control['observed']['text']}"


def test_a_used_ticket_lets_nothing_else_in(acme: Job) -> None:
    first = acme.world.change("CHG-10")
    assert enforce(acme, first, 0) == "pass: CHG-10 has let no other commit in."
    assert enforce(acme, first, 0).startswith("pass: ")  # a redeployment
    second = acme.world.change("CHG-10", with_ticket=False)
    for command in ("check", "enforce", "enforce"):
        told = enforce(acme, second, 10, command)
        assert told.startswith(f"fail: CHG-10 let {first.commit[:12]} of shop in at ")
        assert "and was not approved anew since" in told
    acme.gate("log", "verify", expect=0)


def test_a_ticket_named_by_the_change_alone_is_looked_for_as_well(acme: Job) -> None:
    acme.world.change("CHG-11")
    second = acme.world.change("CHG-11", with_ticket=False)
    enforce(acme, second, 0)
    third = acme.world.change("CHG-11", with_ticket=False)
    for command in ("check", "enforce"):
        ended = acme.judge(command, environment=acme.ci(third))
        assert ended.code == 10
        must_say(ended, "ticket-not-reused", f"CHG-11 let {second.commit[:12]} of shop in")
    record = acme.records()[-1]
    assert "CHG-11" in [link.id for link in record.prior.tickets]
    acme.gate("log", "verify", expect=0)


def test_what_another_service_let_in_counts(acme: Job) -> None:
    first = acme.world.change("CHG-12", covers="shop and the till")
    enforce(acme, first, 0)
    second = acme.world.change("CHG-12", service="till", with_ticket=False)
    assert f"CHG-12 let {first.commit[:12]} of shop in" in enforce(acme, second, 10)


def test_approved_anew_it_lets_the_next_in(acme: Job) -> None:
    enforce(acme, acme.world.change("CHG-13"), 0)
    second = acme.world.change("CHG-13", with_ticket=False)
    assert enforce(acme, second, 10).startswith("fail: ")
    now, jira = datetime.now(UTC), acme.world.jira
    jira.add_approval("CHG-13", ["bob"], at=now - timedelta(milliseconds=1), name="Once more")
    jira.approve("CHG-13", by="bob", at=now)
    assert "CHG-13 was approved anew at" in enforce(acme, second, 0)
    third = acme.world.change("CHG-13", with_ticket=False)
    assert f"CHG-13 let {second.commit[:12]} of shop in" in enforce(acme, third, 10)
    acme.gate("log", "verify", expect=0)
