"""`gate complete`: an outcome is recorded only for what was permitted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs import Job, job, must_say, said

from gate.record.statement import OutcomeRecord


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("complete"), services=("shop", "cart")) as made:
        yield made


@pytest.fixture(scope="module")
def good(acme: Job) -> Path:
    return acme.receipt("good")


def complete(receipt: Path | str, outcome: str = "succeeded") -> tuple[str, ...]:
    return ("complete", "--receipt", str(receipt), "--outcome", outcome)


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "cancelled", "rolled-back"])
def test_each_outcome_is_recorded(acme: Job, good: Path, outcome: str) -> None:
    ended = acme.gate(*complete(good, outcome), environment=acme.ci())
    assert ended.code == 0, said(ended)
    must_say(ended, f"recorded: {outcome}, as entry")
    last = acme.records()[-1]
    assert isinstance(last, OutcomeRecord)
    assert (last.outcome, last.commit) == (outcome, acme.scene.commit)
    acme.gate("log", "verify", expect=0)


@pytest.mark.parametrize("ending", ["", ".tlog-proof", ".dsse.json"])
def test_a_receipt_may_be_named_by_either_of_its_files(acme: Job, good: Path, ending: str) -> None:
    stem = str(good).removesuffix(".tlog-proof")
    acme.gate(*complete(stem + ending, "failed"), environment=acme.ci(), expect=0)


def test_the_variable_names_the_receipt(acme: Job, good: Path) -> None:
    given = acme.ci(GATE_RECEIPT=str(good))
    acme.gate("complete", "--outcome", "failed", environment=given, expect=0)


@pytest.mark.parametrize("outcome", ["", "success", "Succeeded", "ok", "skipped"])
def test_an_outcome_that_is_none(acme: Job, good: Path, outcome: str) -> None:
    acme.unasked(*complete(good, outcome), environment=acme.ci(), words=("'--outcome'",))


@pytest.mark.parametrize("receipt", ["", None])
def test_no_receipt(acme: Job, receipt: str | None) -> None:
    rest = () if receipt is None else ("--receipt", receipt)
    acme.unasked(
        *("complete", "--outcome", "succeeded", *rest), environment=acme.ci(), words=("--receipt",)
    )


@pytest.mark.parametrize(("ticket", "token"), [("CHG-999", None), ("CHG-1", "wrong")])
def test_the_receipt_of_a_decision_that_was_no_permission(
    acme: Job, ticket: str, token: str | None
) -> None:
    """A denial ends 10, and so does an undetermined one: nothing can have come of it."""
    scene = acme.world.change(f"CHG-4{len(ticket)}")
    given = acme.ci(scene) if token is None else acme.ci(scene, GATE_JIRA_TOKEN=token)
    denied = acme.judge("enforce", "--ticket", ticket, "--receipt", "no", environment=given)
    assert denied.code == (10 if token is None else 11)
    size = acme.view().size
    acme.blocked(
        *complete("no"),
        environment=acme.ci(),
        code=10,
        words=("nothing was permitted, so nothing can have come of it",),
    )
    assert acme.view().size == size


def test_the_receipt_of_an_outcome_is_none_of_a_decision(acme: Job, good: Path) -> None:
    acme.gate(*complete(good, "failed"), environment=acme.ci(), expect=0)
    last = str(acme.view().size - 1)
    acme.gate("log", "prove", last, "--output", "of-outcome", expect=0)
    acme.blocked(
        *complete("of-outcome"),
        environment=acme.ci(),
        code=10,
        words=("not of a decision",),
    )


@pytest.mark.parametrize("name", ["gone", "log", "gate.toml"])
def test_a_receipt_that_is_not_there(acme: Job, name: str) -> None:
    acme.unasked(
        *complete(name), environment=acme.ci(), words=("cannot read the receipt", "two files")
    )


@pytest.mark.parametrize("ending", [".tlog-proof", ".dsse.json"])
@pytest.mark.parametrize("how", ["a byte", "empty", "cut", "of another"])
def test_a_tampered_receipt(acme: Job, good: Path, ending: str, how: str, tmp_path: Path) -> None:
    for each in (".tlog-proof", ".dsse.json"):
        shutil.copy(str(good).removesuffix(".tlog-proof") + each, tmp_path / f"t{each}")
    path = tmp_path / f"t{ending}"
    data = path.read_bytes()
    if how == "a byte":
        middle = len(data) // 2
        data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    elif how == "of another":
        key = f"CHG-8{len(ending)}"  # a ticket lets one commit in
        scene = acme.world.change(key)
        other = acme.judge(
            *("enforce", "--ticket", key, "--receipt", "other"), environment=acme.ci(scene)
        )
        assert other.code == 0
        data = (acme.home / f"other{ending}").read_bytes()
    else:
        data = b"" if how == "empty" else data[:-40]
    path.write_bytes(data)
    size = acme.view().size
    acme.blocked(*complete(tmp_path / "t"), environment=acme.ci(), code=13, words=("gate:",))
    assert acme.view().size == size


def test_a_receipt_of_another_log(acme: Job, good: Path, tmp_path: Path) -> None:
    """Its own trust folder would vouch for it; ours does not."""
    with job(tmp_path / "other") as other:
        foreign = other.receipt("foreign")
        acme.blocked(
            *complete(foreign), environment=acme.ci(), code=13, words=("signed by the unknown key",)
        )
    assert good.exists()


@pytest.mark.parametrize("variable", ["GATE_SIGNING_KEY_FILE", "GATE_LOG_KEY_FILE"])
def test_an_outcome_needs_both_keys(acme: Job, good: Path, variable: str) -> None:
    acme.unasked(
        *complete(good),
        environment=acme.ci(**{variable: None}),
        words=(f"{variable.removesuffix('_FILE')} is not set",),
    )


def test_the_next_range_begins_where_the_last_success_is(acme: Job) -> None:
    """After a success, what came in beside it is judged as well: here by the later approver."""
    world = acme.world
    first = world.change("CHG-30", service="cart")
    cart = ("--service", "cart", "--environment", "production")
    acme.gate(
        *("run", *cart, "--ticket", "CHG-30", "--", "true"),
        environment=acme.ci(first),
        expect=0,
    )
    hidden = world.change("CHG-31", service="cart", with_ticket=False, author="bob")
    good = world.change("CHG-32", service="cart")
    ended = acme.gate("enforce", *cart, "--ticket", "CHG-32", environment=acme.ci(good))
    assert ended.code == 10, said(ended)
    must_say(ended, "approver-independent", hidden.head[:12])


def test_a_permission_that_a_denial_overtook_cannot_succeed_any_more(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Or the next range would start from a commit that was never deployed under it."""
    with job(tmp_path_factory.mktemp("stale")) as acme:
        stale = acme.receipt("stale")
        world, key = acme.world, "CHG-1"
        now = world.now
        world.jira.add_approval(key, ["dave"], at=now, name="A second look")
        world.jira.decline(key, by="dave", at=now)
        assert acme.judge("enforce", "--ticket", key).code == 10
        ended = acme.gate(*complete(stale), environment=acme.ci())
        assert ended.code == 10, said(ended)
        must_say(ended, "decided denied on the same commit after entry 0 had permitted it")
        acme.gate(*complete(stale, "cancelled"), environment=acme.ci(), expect=0)
