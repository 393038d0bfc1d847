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

from gate.cli.inputs import Options, ask, open_place, pin_of
from gate.cli.printing import read_secrets
from gate.demo.faults import Kind
from gate.demo.plot import Scene
from gate.demo.stage import Ended
from gate.deploy import Recorded
from gate.deploy import enforce as enforce_at
from gate.model import DecisionKind, Outcome
from gate.output import json_v1
from gate.record.disclosure import parse_disclosure
from gate.record.predicates import ReviewOutcome, Unknown
from gate.record.statement import DecisionRecord, ReviewRecord
from gate.review import Asked, Review
from gate.review import review as review_at

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


def pinned(acme: Job, *, offline: bool = False) -> dict[str, str]:
    """Acme's policy with emergencies, by carol who starts the pipelines."""
    rules = RULES.replace(" }", ", offline = true }") if offline else RULES
    more = f'{rules}\n\n[groups]\noncall = ["carol"]'
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
    must_say(
        acme.gate("log", "show", "0", "--people", expect=0),
        *(REASON, "review by", "reviewed (none recorded)"),
    )


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

    def review(self, index: int) -> Review:
        given = {**self.acme.environ(self.acme.shell()), **pinned(self.acme)}
        self.monkeypatch.chdir(self.acme.home)
        for name, value in given.items():
            self.monkeypatch.setenv(name, value)
        place = open_place(given["GATE_CONFIG"])
        asked = Asked(index, None, self.acme.home, given, pin_of(place.policy, given))
        return review_at(asked, place, read_secrets(given), self.now)

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


# ---------------------------------------------------------------- reviews


def approve(acme: Job, key: str, by: str = "bob") -> None:
    """An approval step that begins and ends now."""
    at, jira = datetime.now(UTC), acme.world.jira
    jira.add_approval(key, [by], at=at - timedelta(milliseconds=1), name="Afterwards")
    jira.approve(key, by=by, at=at)


def decline(acme: Job, key: str, by: str) -> None:
    at, jira = datetime.now(UTC), acme.world.jira
    jira.add_approval(key, [by], at=at - timedelta(milliseconds=1), name="Afterwards")
    jira.decline(key, by=by, at=at)


def review(acme: Job, *which: str, **changes: str) -> Ended:
    given = {**acme.shell(), **pinned(acme), **changes}
    return acme.gate("review", *(which or ("--index", "0")), environment=given)


def urgent(acme: Job, **twists: Any) -> Scene:
    """An emergency that went on, as entry 0; its receipt is receipts/urgent."""
    scene = acme.world.change("CHG-10", **{**UNAPPROVED, **twists})
    ended = emergency(acme, scene, "--receipt", "receipts/urgent")
    assert ended.code == 0, said(ended)
    return scene


@pytest.mark.parametrize("which", [("--index", "0"), ("--receipt", "receipts/urgent")])
def test_an_approval_given_afterwards_settles_it(acme: Job, which: tuple[str, ...]) -> None:
    urgent(acme)
    approve(acme, "CHG-10")
    ended = review(acme, *which)
    assert ended.code == 0, said(ended)
    must_say(ended, "APPROVED: the emergency of entry 0 is settled, in time", "bob approved CHG-10")
    record = acme.view().record(1)
    assert isinstance(record, ReviewRecord)
    assert (record.outcome, record.predicate.late) == (ReviewOutcome.APPROVED, False)
    must_say(acme.gate("log", "show", expect=0), "approved", "review of entry 0")
    must_say(acme.gate("log", "show", "1", expect=0), "an emergency", "in time")
    must_say(review(acme, *which), "was reviewed already")
    assert acme.view().size == 2
    acme.gate("log", "verify", expect=0)


def test_until_somebody_approves_it_is_recorded_as_denied(acme: Job) -> None:
    urgent(acme)
    ended = review(acme)
    assert ended.code == 10
    must_say(ended, "NOT APPROVED: the emergency of entry 0 still awaits its review", "approved:")
    approve(acme, "CHG-10")
    assert review(acme).code == 0
    kinds = [acme.view().record(index).kind for index in range(3)]
    assert kinds == ["decision", "review", "review"]
    acme.gate("log", "verify", expect=0)


def test_an_objection_afterwards_is_no_approval(acme: Job) -> None:
    urgent(acme)
    approve(acme, "CHG-10")
    decline(acme, "CHG-10", "dave")
    must_say(review(acme), "NOT APPROVED", "declined by dave")


def test_makers_and_the_deployer_do_not_review_themselves(acme: Job) -> None:
    urgent(acme)
    approve(acme, "CHG-10", by="alice")  # who wrote it, and is on the change board
    ended = review(acme)
    assert ended.code == 10
    must_say(ended, "approver-independent", "alice")
    anchor = 'change-board = ["alice", "bob"]'
    text = (acme.home / "urgent.toml").read_text()
    assert anchor in text
    scene = acme.world.change("CHG-11", **UNAPPROVED)
    assert emergency(acme, scene).code == 0
    approve(acme, "CHG-11", by="carol")  # who merged and deployed it
    more = (
        ("\n[groups]", f'{RULES}\n\n[groups]\noncall = ["carol"]'),
        (anchor, 'change-board = ["alice", "bob", "carol"]'),
    )
    given = acme.shell() | acme.rewrite("wider.toml", *more)
    ended = acme.gate("review", "--index", "2", environment=given, expect=10)
    must_say(ended, "fail", "approver-independent", "carol")


def test_an_approval_of_before_is_no_review(acme: Job) -> None:
    """What was waived was something else: bob had approved before."""
    urgent(acme, approver="bob", status="Awaiting approval")
    ended = review(acme)
    assert ended.code == 10
    must_say(ended, "NOT APPROVED")
    approve(acme, "CHG-10", by="bob")
    assert review(acme).code == 0


def test_who_approves_afterwards_is_met_by_people_check(acme: Job) -> None:
    urgent(acme)
    acme.gate("people", "check", environment=acme.shell() | pinned(acme), expect=0)
    approve(acme, "CHG-10", by="mallory")  # whom nobody lists
    assert review(acme).code == 11
    ended = acme.gate("people", "check", environment=acme.shell() | pinned(acme), expect=10)
    must_say(ended, "nobody owns jira account", "(first seen in entry 1)")


def test_a_late_review_is_recorded_as_late_and_ends_the_block(acme: Job, later: Later) -> None:
    urgent(acme)
    assert reviewed(later.enforce(acme.world.change("CHG-12"))) == "overdue"
    approve(acme, "CHG-10")
    done = later.review(0)
    assert done.late
    record = acme.view().record(done.appended.index)  # type: ignore[union-attr]
    assert isinstance(record, ReviewRecord)
    assert record.predicate.late
    assert reviewed(later.enforce(acme.world.change("CHG-13"))) == "none"
    acme.gate("log", "verify", expect=0)


def test_what_is_no_emergency_is_not_reviewed(acme: Job) -> None:
    acme.receipt("ordinary", None, "--ticket", "CHG-1")
    for which in (("--index", "0"), ("--receipt", "receipts/ordinary")):
        ended = review(acme, *which)
        assert ended.code == 10
        must_say(ended, "entry 0 is no emergency")
    assert review(acme, "--index", "7").code == 2
    given = {**acme.shell(), **pinned(acme)}
    acme.gate("review", environment=given, expect=2)
    both = ("--index", "0", "--receipt", "receipts/ordinary")
    acme.gate("review", *both, environment=given, expect=2)


def test_without_its_disclosure_nobody_knows_who_deployed(acme: Job) -> None:
    urgent(acme)
    approve(acme, "CHG-10")
    (path,) = (acme.home / "change-evidence").rglob("*.json")
    kept = path.read_bytes()
    path.unlink()
    ended = review(acme)
    assert ended.code == 11
    must_say(ended, "who deployed", "is not known any more")
    path.write_bytes(kept)
    assert review(acme).code == 0


@pytest.mark.parametrize("fault", ["reset", "html", "truncated"])
def test_a_service_that_does_not_answer_settles_nothing(acme: Job, fault: Kind) -> None:
    urgent(acme)
    approve(acme, "CHG-10")
    acme.world.jira.fault("/rest/", fault)
    ended = review(acme)
    assert ended.code == 11
    must_say(ended, "UNDETERMINED: the emergency of entry 0 still awaits its review")
    acme.world.jira.heal()
    assert review(acme).code == 0


def test_the_auditor_counts_them_and_with_names_per_person(acme: Job) -> None:
    urgent(acme)
    approve(acme, "CHG-10")
    assert review(acme).code == 0
    period = ("--from", "2020-01-01", "--to", "2100-01-01")
    listed = ("audit", "population", *period, "--output")
    must_say(acme.gate("log", "verify", expect=0), "decision 1, outcome 0, review 1, key 0")
    must_say(
        acme.gate("log", "show", "1", "--people", expect=0),
        "of entry 0",
        "deployer carol",
        "ticket CHG-10 approved by bob",
        "emergency of entry 0 reviewed: approved",
        "Controls, over approvals given since the emergency was decided",
        "pass approver-independent (require) attribute E",
    )
    must_say(acme.gate("log", "show", "0", expect=0), "reviewed approved at", "(entry 1)")
    told = json.loads(acme.gate("log", "show", "1", "--people", "--json", expect=0).out)
    assert (told["kind"], told["evidence"], told["people"]) == ("review", "match", "match")
    assert told["deployer"] == "carol"
    assert all(one["outcome"] == "pass" for one in told["controls"])
    must_say(
        acme.gate(*listed, "plain.csv", expect=0),
        "not listed: 0 outside the period, 0 of other environments and services;",
        "0 outcomes, 1 reviews, 0 of keys, 0 unknown",
        "emergencies: 1 of 1 let pass, 0 refused;",
        "reviewed in time 1, late 0; awaiting review 0, overdue 0",
    )
    must_say(acme.gate(*listed, "named.csv", "--people", expect=0), "carol: 1")
    header = json.loads((acme.home / "named.header.json").read_text())
    assert header["emergencies"]["by_person"] == {"carol": 1}
    assert REASON in (acme.home / "named.csv").read_text()
    assert REASON not in (acme.home / "plain.csv").read_text()


# ---------------------------------------------------------------- while a service is down


def blind(acme: Job, scene: Scene, command: str = "enforce", *arguments: str) -> Ended:
    """An emergency by a policy that lets it go on while a service is down."""
    return acme.gate(
        *(command, "--service", scene.service, "--environment", "production"),
        *("--ticket", scene.key, "--emergency", REASON, *arguments),
        environment={**acme.ci(scene), **pinned(acme, offline=True)},
    )


def test_jira_down_an_emergency_goes_on_and_its_review_asks_jira(acme: Job) -> None:
    scene = acme.world.change("CHG-10", **UNAPPROVED)
    acme.world.jira.fault("/rest/", "reset")
    assert emergency(acme, scene).code == 11
    for command in ("check", "enforce"):
        ended = blind(acme, scene, command)
        assert ended.code == 0, said(ended)
        must_say(ended, "A service is down: ticket-exists, ", "could not be judged")
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.predicate.emergency is not None
    assert "ticket-exists" in record.predicate.emergency.deferred
    acme.world.jira.heal()
    assert review(acme, "--index", "1").code == 10
    approve(acme, "CHG-10")
    assert review(acme, "--index", "1").code == 0
    acme.gate("log", "verify", expect=0)


def test_a_ticket_that_is_not_there_is_not_excused(acme: Job) -> None:
    acme.world.change("CHG-10", **UNAPPROVED)
    scene = acme.world.change("CHG-11", with_ticket=False)
    assert blind(acme, scene).code == 10


@pytest.fixture
def away(acme: Job) -> Job:
    """The log's disk is gone, with two deployments on it."""
    assert enforce(acme, acme.world.change("CHG-2"), "--receipt", "receipts/before").code == 0
    acme.gate(
        *("complete", "--outcome", "succeeded", "--receipt", "receipts/before"),
        environment=acme.shell(),
        expect=0,
    )
    (acme.home / "log").rename(acme.home / "gone")
    return acme


def back(acme: Job) -> None:
    (acme.home / "gone").rename(acme.home / "log")


def test_the_log_down_its_record_is_owed_and_settled_afterwards(away: Job) -> None:
    scene = away.world.change("CHG-10", **UNAPPROVED)
    assert emergency(away, scene).code == 12
    ended = blind(away, scene, "enforce", "--format", "json")
    assert ended.code == 0, said(ended)
    must_say(ended, "its record is owed", "gate log sync --spool")
    told = answer(ended)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(told)
    assert told["record"] is None
    assert told["emergency"]["spooled"].startswith("gate-spool/")
    assert told["emergency"]["deferred"] == ["ticket-not-reused", "emergency-reviewed"]
    assert blind(away, scene, "check").code == 0
    back(away)
    environment = {**away.shell(), **pinned(away, offline=True)}
    ended = away.gate("log", "sync", "--spool", environment=environment, expect=0)
    must_say(ended, "settled: entry 2 of", "gate-receipts/2.tlog-proof", "appended 1 records")
    assert list((away.home / "gate-spool").iterdir()) == []
    must_say(away.gate("log", "sync", "--spool", environment=environment), "appended 0 records")
    away.gate("log", "verify", expect=0)
    record = away.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.decision is DecisionKind.EMERGENCY
    assert record.predicate.emergency is not None
    assert record.predicate.emergency.spooled
    must_say(away.gate("log", "show", "2", "--people", expect=0), REASON)
    approve(away, "CHG-10")
    done = away.gate("review", "--index", "2", environment=environment)
    assert done.code == 0, said(done)
    listed = ("audit", "population", "--from", "2020-01-01", "--to", "2100-01-01")
    must_say(
        away.gate(*listed, "--output", "all.csv", expect=0),
        "while a service was down 1, the log itself 1",
    )
    away.gate("log", "verify", expect=0)


def test_its_review_judges_the_range_that_the_log_tells(away: Job) -> None:
    """A change merged before it that nobody approved came along unseen."""
    away.world.change("CHG-9", **UNAPPROVED)
    scene = away.world.change("CHG-10", **UNAPPROVED)
    assert blind(away, scene).code == 0
    back(away)
    environment = {**away.shell(), **pinned(away, offline=True)}
    away.gate("log", "sync", "--spool", environment=environment, expect=0)
    approve(away, "CHG-10")
    ended = away.gate("review", "--index", "2", environment=environment)
    record = away.view().record(3)
    assert isinstance(record, ReviewRecord)
    assert not isinstance(record.predicate.change, Unknown)
    assert record.predicate.change.base.index == 0
    commits = record.predicate.change.commits
    assert isinstance(commits, tuple)
    assert len(commits) == 4
    assert ended.code == 0, said(ended)


def test_without_the_log_only_an_emergency_goes_on(away: Job) -> None:
    given = pinned(away, offline=True)
    scene = away.world.change("CHG-10")
    ended = away.gate(
        *("enforce", *SHOP, "--ticket", "CHG-10"), environment={**away.ci(scene), **given}
    )
    assert ended.code == 12
    moved = away.world.change("CHG-11", moved_to="OPS-11", **UNAPPROVED)
    assert blind(away, moved).code == 12
    assert not (away.home / "gate-spool").exists()


def test_run_says_that_the_outcome_is_owed_too(away: Job) -> None:
    scene = away.world.change("CHG-10", **UNAPPROVED)
    ended = away.gate(
        *("run", *SHOP, "--ticket", "CHG-10", "--emergency", REASON, "--", "true"),
        environment={**away.ci(scene), **pinned(away, offline=True)},
    )
    assert ended.code == 12
    must_say(ended, "its outcome is not recorded: the log is down", "gate log sync --spool")


def test_what_others_put_into_the_spool_is_not_appended(away: Job) -> None:
    scene = away.world.change("CHG-10", **UNAPPROVED)
    assert blind(away, scene).code == 0
    back(away)
    environment = {**away.shell(), **pinned(away, offline=True)}
    (path,) = (away.home / "gate-spool").glob("*.evidence.json")
    path.write_bytes(path.read_bytes() + b" ")
    away.gate("log", "sync", "--spool", environment=environment, expect=13)
    assert away.view().size == 2


def test_what_a_log_that_can_be_read_forbids_is_not_judged_without_it(acme: Job) -> None:
    """Nothing can be appended, but that the ticket let another commit in can still be read."""
    environment = pinned(acme, offline=True)
    first = acme.world.change("CHG-10", **UNAPPROVED)
    second = acme.world.change("CHG-11", **UNAPPROVED)
    tickets = ("--ticket", "CHG-10", "--ticket", "CHG-11", "--emergency", REASON)

    def attempt(command: str) -> Ended:
        return acme.gate(command, *SHOP, *tickets, environment={**acme.ci(second), **environment})

    assert blind(acme, first).code == 0
    denied = attempt("check")
    assert denied.code == 10, said(denied)
    (acme.home / "log" / ".lock").unlink()
    (acme.home / "log" / ".lock").mkdir()
    assert attempt("check").code == 10
    ended = attempt("enforce")
    assert ended.code == 12, said(ended)
    assert not (acme.home / "gate-spool").exists()
