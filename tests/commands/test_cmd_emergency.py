"""An emergency from its declaration on: what goes on, what is told and recorded, what blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jobs import SHOP, Job, job, must_say, said
from jsonschema import Draft202012Validator

from gate.cli.inputs import Options, ask
from gate.demo.plot import Scene
from gate.demo.stage import Ended
from gate.deploy import Recorded
from gate.deploy import enforce as enforce_at
from gate.model import DecisionKind, Outcome
from gate.output import json_v1
from gate.record.disclosure import parse_disclosure
from gate.record.statement import DecisionRecord

REASON = "Checkout answers 500 since noon (INC-77)"
SCHEMA = Path(json_v1.__file__).parent / "schemas" / "decision-v1.json"
RULES = (
    'emergency = { waives = ["approved", "ticket-open"], review_within = "24h", by = ["oncall"] }'
)
UNAPPROVED = {"approver": ""}


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Job]:
    with job(tmp_path, services=("shop", "till")) as made:
        yield made


def pinned(acme: Job) -> dict[str, str]:
    """Acme's policy with emergencies, by carol who starts the pipelines."""
    more = f'{RULES}\n\n[groups]\noncall = ["carol"]'
    return acme.rewrite("urgent.toml", ("\n[groups]", more))


def enforce(acme: Job, scene: Scene, *arguments: str, **changes: str) -> Ended:
    given = {**acme.ci(scene), **pinned(acme), **changes}
    return acme.gate(
        *("enforce", "--service", scene.service, "--environment", "production"),
        *("--ticket", scene.key, *arguments),
        environment=given,
    )


def emergency(acme: Job, scene: Scene, *arguments: str, **changes: str) -> Ended:
    return enforce(acme, scene, "--emergency", REASON, *arguments, **changes)


def answer(ended: Ended) -> dict[str, Any]:
    document, _ = json.JSONDecoder().raw_decode(ended.out.lstrip())
    assert isinstance(document, dict)
    return document


def test_it_goes_on_without_what_the_policy_lists_and_is_told_loudly(acme: Job) -> None:
    scene = acme.world.change("CHG-10", **UNAPPROVED)
    assert enforce(acme, scene).code == 10
    ended = emergency(acme, scene)
    assert ended.code == 0, said(ended)
    must_say(
        ended,
        "EMERGENCY",
        REASON,
        "waived for the emergency",
        "approved afterwards, and that recorded with gate review, by 20",
        "::warning title=gate%3A EMERGENCY::",
    )
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.decision is DecisionKind.EMERGENCY
    declared = record.predicate.emergency
    assert declared is not None
    assert record.review_by - record.at == timedelta(hours=24)
    waived = [c.id for c in record.predicate.controls if c.outcome is Outcome.WAIVED]
    assert list(declared.waived) == waived
    assert set(waived) == {
        *("ticket-open", "ticket-covers-change", "approved", "approver-independent"),
        *("approval-predates-deployment", "approval-covers-change"),
    }
    acme.gate("log", "verify", expect=0)


def test_the_reason_stands_in_the_disclosure_and_nowhere_else(acme: Job) -> None:
    assert emergency(acme, acme.world.change("CHG-10", **UNAPPROVED)).code == 0
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    declared = record.predicate.emergency
    assert declared is not None
    (path,) = (acme.home / "change-evidence").rglob("*.json")
    assert parse_disclosure(path.read_bytes()).text(declared.reason) == REASON
    for file in (acme.home / "log").rglob("*"):
        assert not file.is_file() or b"INC-77" not in file.read_bytes()
    must_say(acme.gate("log", "show", "0", "--people", expect=0), REASON, "review by")


@pytest.mark.parametrize("form", ["json", "junit", "markdown"])
def test_every_format_tells_it(acme: Job, tmp_path: Path, form: str) -> None:
    outputs = tmp_path / "outputs"
    scene = acme.world.change("CHG-10", **UNAPPROVED)
    ended = emergency(acme, scene, "--format", form, GITHUB_OUTPUT=str(outputs))
    assert ended.code == 0
    must_say(ended, "INC-77", "gate review")
    assert "\nemergency<<" in outputs.read_text()
    if form == "json":
        told = answer(ended)
        Draft202012Validator(json.loads(SCHEMA.read_text())).validate(told)
        assert told["decision"] == "emergency"
        assert told["emergency"]["granted"] is True
        assert told["emergency"]["reason"] == REASON


def test_an_integrity_control_still_blocks(acme: Job) -> None:
    scene = acme.world.change("CHG-10", moved_to="OPS-10", **UNAPPROVED)
    ended = emergency(acme, scene)
    assert ended.code == 10
    must_say(ended, "By the policy it cannot do without ticket-exists")
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.predicate.emergency is not None
    assert record.predicate.emergency.waived == ()


def test_somebody_else_may_not_declare_one(acme: Job) -> None:
    scene = acme.world.change("CHG-10", merger="dave", **UNAPPROVED)
    ended = emergency(acme, scene)
    assert ended.code == 10
    must_say(ended, "emergency-declared", "dave declared the emergency", "oncall")
    # What the job says of itself is no evidence.
    ended = emergency(acme, scene, GITHUB_ACTOR="carol", GITHUB_TRIGGERING_ACTOR="carol")
    assert ended.code == 10


@pytest.mark.parametrize("reason", ["", " ", "down", "x" * 1001, "two\nlines of reasons"])
def test_a_reason_is_one_line_that_says_something(acme: Job, reason: str) -> None:
    acme.unasked(
        *("enforce", *SHOP, "--ticket", "CHG-1", "--emergency", reason),
        environment=acme.ci() | pinned(acme),
        words=("--emergency needs a reason",),
    )


def test_a_target_refuses_it_without_its_flag(acme: Job) -> None:
    scene = acme.world.change("CHG-10", **UNAPPROVED)
    assert emergency(acme, scene, "--receipt", "receipts/urgent").code == 0
    about = (
        *("verify", "--receipt", "receipts/urgent", "--trust", "trust", "--commit", scene.commit),
        *("--environment", "production", "--service", "shop"),
    )
    must_say(acme.gate(*about, expect=10), "an emergency needs --allow-emergency")
    acme.gate(*about, "--allow-emergency", expect=0)


def test_run_goes_on_with_it(acme: Job) -> None:
    scene = acme.world.change("CHG-10", **UNAPPROVED)
    ended = acme.gate(
        *("run", *SHOP, "--ticket", "CHG-10", "--emergency", REASON, "--", "true"),
        environment={**acme.ci(scene), **pinned(acme)},
    )
    assert ended.code == 0, said(ended)
    assert [record.kind for record in acme.records()] == ["decision", "outcome"]
    acme.gate("log", "verify", expect=0)


class Later:
    """What ``gate enforce`` would answer later on: its own flow, with the clock put forward."""

    def __init__(self, acme: Job, monkeypatch: pytest.MonkeyPatch) -> None:
        self.acme = acme
        self.monkeypatch = monkeypatch

    def enforce(self, scene: Scene, *, reason: str | None = None) -> Recorded:
        given = {**self.acme.environ(self.acme.ci(scene)), **pinned(self.acme)}
        self.monkeypatch.chdir(self.acme.home)
        for name, value in given.items():
            self.monkeypatch.setenv(name, value)
        asked = ask(
            Options(
                config=given["GATE_CONFIG"],
                service=scene.service,
                environment="production",
                tickets=(scene.key,),
                commit=None,
                base=None,
                artifacts=(),
                trust=None,
                log_url=None,
                emergency=reason,
            )
        )
        return enforce_at(asked.question, asked.place, asked.secrets, self.now)

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC) + timedelta(hours=25)


@pytest.fixture
def later(acme: Job, monkeypatch: pytest.MonkeyPatch) -> Later:
    return Later(acme, monkeypatch)


def reviewed(recorded: Recorded) -> str:
    (control,) = (c for c in recorded.judged.decision.controls if c.id == "emergency-reviewed")
    return control.judgement.observed.code.removeprefix("emergency-reviewed.")


def test_an_overdue_review_blocks_the_service_and_no_other(acme: Job, later: Later) -> None:
    assert emergency(acme, acme.world.change("CHG-10", **UNAPPROVED)).code == 0
    told = answer(enforce(acme, acme.world.change("CHG-11"), "--format", "json"))
    (control,) = (c for c in told["controls"] if c["id"] == "emergency-reviewed")
    assert control["observed"]["code"] == "emergency-reviewed.due"
    assert control["outcome"] == "pass"
    blocked = later.enforce(acme.world.change("CHG-12"))
    assert blocked.judged.decision.kind is DecisionKind.DENIED
    assert reviewed(blocked) == "overdue"
    assert reviewed(later.enforce(acme.world.change("CHG-13", service="till"))) == "none"
    acme.gate("log", "verify", expect=0)


def test_it_blocks_the_next_emergency_unless_somebody_else_approved_it(
    acme: Job, later: Later
) -> None:
    assert emergency(acme, acme.world.change("CHG-10", **UNAPPROVED)).code == 0
    alone = later.enforce(acme.world.change("CHG-11", **UNAPPROVED), reason=REASON)
    assert alone.judged.decision.kind is DecisionKind.DENIED
    assert reviewed(alone) == "overdue"
    # bob has approved this one, and its status is what the emergency does without
    scene = acme.world.change("CHG-12", status="Awaiting approval")
    seconded = later.enforce(scene, reason=REASON)
    assert seconded.judged.decision.kind is DecisionKind.EMERGENCY
    assert reviewed(seconded) == "seconded"
    acme.gate("log", "verify", expect=0)
