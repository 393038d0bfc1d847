"""Before anything has succeeded: a denial is not left behind by deploying what follows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jobs import Job, job, said

from gate.record.predicates import ChangePart
from gate.record.statement import DecisionRecord


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("first"), services=("shop", "cart")) as made:
        yield made


def enforce(acme: Job, key: str, **twists: object) -> tuple[int, ChangePart]:
    scene = acme.world.change(key, service="cart", **twists)
    ended = acme.gate(
        *("enforce", "--ticket", key, "--service", "cart", "--environment", "production"),
        environment=acme.ci(scene),
    )
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord), said(ended)
    change = record.predicate.change
    assert isinstance(change, ChangePart)
    return ended.code, change


def test_what_was_denied_stays_in_the_next_range(acme: Job) -> None:
    code, denied = enforce(acme, "CHG-11", late_push=True)
    assert (code, denied.base.commit) == (10, None)
    code, following = enforce(acme, "CHG-12")
    assert code == 10, "its own approval is older than the push that was denied"
    assert following.base.commit == denied.start
    assert isinstance(following.commits, tuple)
    assert denied.head in {commit.sha for commit in following.commits}
    acme.gate("log", "verify", expect=0)


def test_what_was_allowed_and_has_no_outcome_stays_in_the_next_range(acme: Job) -> None:
    code, first = enforce(acme, "CHG-11")
    assert code == 0
    code, second = enforce(acme, "CHG-12")
    assert (code, second.base.commit, second.base.index) == (0, first.start, 0)
    acme.gate("log", "verify", expect=0)


def test_a_head_on_no_release_ref_starts_nothing(acme: Job) -> None:
    scene = acme.world.change("CHG-11", service="cart")
    ended = acme.gate(
        *("enforce", "--ticket", "CHG-11", "--service", "cart", "--environment", "production"),
        *("--commit", scene.head),
        environment=acme.ci(scene),
    )
    assert ended.code in (0, 10, 11)
    code, following = enforce(acme, "CHG-12")
    assert code in (0, 10)
    assert following.base.kind == "first"
    acme.gate("log", "verify", expect=0)
