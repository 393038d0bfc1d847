"""Staging is recorded in another log, and production takes its receipts: --evidence."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pytest
from jobs import Job, job, must_say, said

from gate.config import load_policy
from gate.demo.plot import Scene
from gate.demo.stage import ORIGIN, Ended
from gate.record.statement import DecisionRecord

ELSEWHERE = "acme.example/staging"
PRODUCTION = "[environments.production]\n"
AFTER = (
    'after = { environment = "staging", within = "14d", '
    f'origin = "{ELSEWHERE}", trust = "staging/trust" }}\n'
)
APP = f"app@sha256:{'a' * 64}"


class Road:
    """A job with two logs: staging's with keys of its own, and production's, which it comes after.

    Production's job cannot read staging's log: it is given receipts.
    """

    def __init__(self, acme: Job) -> None:
        self.acme = acme
        self.count = 0
        acme.gate(
            *("init", "--jira", acme.world.jira.url, "--project", "CHG", "--service", "shop"),
            *("--repository", acme.world.repository_url, "--origin", ELSEWHERE),
            *("--directory", "staging"),
            expect=0,
        )
        self.folder = acme.home / "staging"
        text = acme.world.policy(log="dir:change-log").replace(ORIGIN, ELSEWHERE)
        (self.folder / "gate.toml").write_text(text.replace(PRODUCTION, "[environments.staging]\n"))
        written = acme.rewrite("staged.toml", (PRODUCTION, PRODUCTION + AFTER))
        pin = load_policy(acme.home / "staged.toml").sha256  # with what the trust folder holds
        self.policy = written | {"GATE_POLICY_SHA256": pin}

    def staging(self, scene: Scene, **changes: str | None) -> dict[str, str]:
        """The environment of staging's job."""
        policy = self.folder / "gate.toml"
        keys = self.folder / "gate-keys"
        return self.acme.ci(
            scene,
            GATE_CONFIG="staging/gate.toml",
            GATE_POLICY_SHA256=sha256(policy.read_bytes()).hexdigest(),
            GATE_SIGNING_KEY_FILE=str(keys / "signing.key"),
            GATE_LOG_KEY_FILE=str(keys / "log.key"),
            **changes,
        )

    def deploy(
        self,
        scene: Scene,
        *arguments: str,
        outcome: str = "succeeded",
        code: int = 0,
        service: str = "shop",
    ) -> str:
        """Enforce and complete in staging; the receipt of the decision, as a name."""
        self.count += 1
        name = f"receipts/{scene.key}-{self.count}"
        environment = self.staging(scene)
        ended = self.acme.gate(
            *("enforce", "--service", service, "--environment", "staging", "--receipt", name),
            *("--ticket", scene.key, *arguments),
            environment=environment,
        )
        assert ended.code == code, said(ended)
        if outcome and not code:
            self.complete(scene, name, outcome)
        return name

    def complete(self, scene: Scene, name: str, outcome: str) -> None:
        self.acme.gate(
            *("complete", "--receipt", name, "--outcome", outcome),
            environment=self.staging(scene),
            expect=0,
        )

    def production(
        self, scene: Scene, *evidence: str, more: tuple[str, ...] = (), command: str = "enforce"
    ) -> Ended:
        given = [word for name in evidence for word in ("--evidence", name)]
        return self.acme.gate(
            *(command, "--service", "shop", "--environment", "production"),
            *("--ticket", scene.key, "--format", "json", *given, *more),
            environment=self.acme.ci(scene, **self.policy),
        )

    def told(self, scene: Scene, *evidence: str, code: int, **given: Any) -> str:
        """What tested-before says of a deployment to production."""
        ended = self.production(scene, *evidence, **given)
        assert ended.code == code, said(ended)
        answer = json.JSONDecoder().raw_decode(ended.out.lstrip())[0]
        (control,) = (each for each in answer["controls"] if each["id"] == "tested-before")
        assert control["level"] == "require"
        return f"{control['outcome']}: {control['observed']['text']}"

    def newest(self) -> DecisionRecord:
        """The last record of production's log."""
        record = self.acme.records()[-1]
        assert isinstance(record, DecisionRecord)
        return record


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with job(tmp_path_factory.mktemp("road"), services=("shop", "billing")) as made:
        yield Road(made)


def pair(name: str) -> tuple[str, str]:
    return f"{name}.tlog-proof", f"{name}.outcome.tlog-proof"


# ---------------------------------------------------------------- what proves it


def test_both_receipts_prove_it(road: Road) -> None:
    scene = road.acme.world.change("CHG-20")
    name = road.deploy(scene)
    for command in ("check", "enforce"):
        told = road.told(scene, *pair(name), code=0, command=command)
        assert told.startswith(f"pass: {scene.commit[:12]} succeeded in staging at ")
        assert f"by receipts of {ELSEWHERE} (its entries " in told
    tested = road.newest().history.tested
    assert tested is not None
    assert tested.ended is not None
    assert tested.elsewhere is not None
    assert tested.elsewhere.origin == ELSEWHERE
    where = f"entry {tested.ended.index} (leaf {tested.ended.leaf}) of the other log {ELSEWHERE}"
    index = str(road.acme.view().size - 1)
    must_say(road.acme.gate("log", "show", index, expect=0), where)
    span = ("--from", "2020-01-01", "--to", "2099-01-01")
    road.acme.gate("audit", "population", *span, "--output", "p.json", expect=0)
    rows = json.loads((road.acme.home / "p.json").read_text())["rows"]
    assert where in rows[-1]["tested_before"], "an auditor can find the other log's entry"
    assert tested.elsewhere.decision is not None
    assert tested.elsewhere.decision.index < tested.ended.index
    assert tested.elsewhere.at is not None
    road.acme.gate("log", "verify", expect=0)
    verified = road.acme.gate(
        *("log", "verify", "--log", "dir:staging/change-log", "--trust", "staging/trust")
    )
    assert verified.code == 0, said(verified)


def test_the_variable_names_several(road: Road) -> None:
    scene = road.acme.world.change("CHG-21")
    both = " ".join(pair(road.deploy(scene)))
    ended = road.acme.gate(
        *("check", "--service", "shop", "--environment", "production", "--ticket", scene.key),
        environment=road.acme.ci(scene, **road.policy, GATE_EVIDENCE=both),
    )
    assert ended.code == 0, said(ended)


def test_gate_run_writes_both_and_takes_both(road: Road) -> None:
    scene = road.acme.world.change("CHG-22")
    road.acme.gate(
        *("run", "--service", "shop", "--environment", "staging", "--receipt", "receipts/ran"),
        *("--ticket", scene.key, "--quiet", "--", "true"),
        environment=road.staging(scene),
        expect=0,
    )
    first, second = pair("receipts/ran")
    ended = road.acme.gate(
        *("run", "--service", "shop", "--environment", "production", "--ticket", scene.key),
        *("--evidence", first, "--evidence", second, "--quiet", "--", "true"),
        environment=road.acme.ci(scene, **road.policy),
    )
    assert ended.code == 0, said(ended)
    road.acme.gate("log", "verify", expect=0)


def test_artifacts_are_held_against_those_of_the_receipt(road: Road) -> None:
    scene = road.acme.world.change("CHG-23")
    both = pair(road.deploy(scene, "--artifact", APP))
    assert road.told(scene, *both, code=0, more=("--artifact", APP)).startswith("pass: ")
    assert road.told(scene, *both, code=10).endswith("here none is named.")
    other = APP.replace("a" * 64, "b" * 64)
    told = road.told(scene, *both, code=10, more=("--artifact", other))
    assert told.endswith("only without these artifacts.")


# ---------------------------------------------------------------- what does not


def test_without_receipts_it_is_denied_and_told_what_to_hand_along(road: Road) -> None:
    scene = road.acme.world.change("CHG-30")
    road.deploy(scene)
    told = road.told(scene, code=10)
    assert told.startswith(f"fail: No receipt of {ELSEWHERE} was handed along")
    must_say(road.production(scene, command="check"), "--evidence once for its decision's")
    tested = road.newest().history.tested
    assert tested is not None
    assert tested.elsewhere is not None
    assert (tested.ended, tested.elsewhere.at, tested.elsewhere.decision) == (None, None, None)


def test_one_half_proves_nothing(road: Road) -> None:
    scene = road.acme.world.change("CHG-31")
    decision, outcome = pair(road.deploy(scene))
    assert "without the receipt of its outcome" in road.told(scene, decision, code=10)
    assert "without the receipt of its decision" in road.told(scene, outcome, code=10)


def test_what_did_not_succeed_proves_nothing(road: Road) -> None:
    scene = road.acme.world.change("CHG-32")
    name = road.deploy(scene, outcome="failed")
    assert "ended as failed" in road.told(scene, *pair(name), code=10)
    kept = road.deploy(scene)
    good = pair(kept)
    for ending in (".tlog-proof", ".dsse.json"):
        held = road.acme.home / f"{kept}.outcome{ending}"
        (road.acme.home / f"{kept}.first.outcome{ending}").write_bytes(held.read_bytes())
    road.complete(scene, kept, "rolled-back")
    assert "ended as rolled-back" in road.told(scene, *good, code=10)
    with_both = (*good, f"{kept}.first.outcome.tlog-proof")
    assert "ended as rolled-back" in road.told(scene, *with_both, code=10)


def test_a_denial_proves_nothing(road: Road) -> None:
    scene = road.acme.world.change("CHG-33", approver="")
    name = road.deploy(scene, code=10)
    told = road.told(scene, f"{name}.tlog-proof", code=10)
    assert "a decision that permits nothing (denied)" in told


def test_another_commit_or_service_proves_nothing(road: Road) -> None:
    first = road.acme.world.change("CHG-34")
    name = road.deploy(first)
    second = road.acme.world.change("CHG-35")
    assert "of another commit" in road.told(second, *pair(name), code=10)
    mixed = (pair(road.deploy(second))[0], pair(name)[1])
    assert "of another commit" in road.told(second, *mixed, code=10)
    billing = road.acme.world.change("CHG-36", service="billing")
    other = road.deploy(billing, service="billing")
    told = road.told(second, *pair(other), code=10)
    assert "of another service" in told


def test_receipts_of_its_own_log_prove_nothing(road: Road) -> None:
    scene = road.acme.world.change("CHG-37")
    name = road.deploy(scene)
    ended = road.production(scene, *pair(name), more=("--receipt", "receipts/own"))
    assert ended.code == 0, said(ended)
    told = road.told(scene, "receipts/own.tlog-proof", code=10)
    assert "one is of another log" in told
    beside = road.told(scene, *pair(name), "receipts/own.tlog-proof", code=10)
    assert "one is of another log" in beside


@pytest.mark.parametrize("ending", [".tlog-proof", ".dsse.json"])
def test_no_byte_of_a_receipt_can_be_changed(road: Road, ending: str) -> None:
    scene = road.acme.world.change(f"CHG-4{len(ending)}")
    name = road.deploy(scene)
    path = road.acme.home / f"{name}.outcome{ending}"
    good = path.read_bytes()
    for place in range(0, len(good), max(1, len(good) // 12)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        ended = road.production(scene, *pair(name), command="check")
        assert ended.code in {2, 10, 13}, (place, said(ended))
    path.write_bytes(good)
    assert road.told(scene, *pair(name), code=0, command="check").startswith("pass")


def test_a_record_that_was_written_anew_is_no_evidence(road: Road) -> None:
    scene = road.acme.world.change("CHG-50")
    name = road.deploy(scene, outcome="failed")
    path = road.acme.home / f"{name}.outcome.dsse.json"
    envelope = json.loads(path.read_bytes())
    payload = b64decode(envelope["payload"])
    assert b'"outcome":"failed"' in payload
    better = payload.replace(b'"outcome":"failed"', b'"outcome":"succeeded"')
    envelope["payload"] = b64encode(better).decode()
    path.write_text(json.dumps(envelope, separators=(",", ":"), sort_keys=True))
    ended = road.production(scene, *pair(name))
    assert ended.code == 13, said(ended)


def test_what_is_no_receipt_is_a_usage_error(road: Road) -> None:
    scene = road.acme.world.change("CHG-51")
    size = road.acme.view().size
    (road.acme.home / "noise.tlog-proof").write_text("nothing\n")
    (road.acme.home / "noise.dsse.json").write_text("{}")
    for name, words in (
        ("noise", "is no receipt"),
        ("missing", "cannot read the receipt"),
        ("", "--evidence is given and empty"),
    ):
        ended = road.production(scene, name)
        assert ended.code == 2, said(ended)
        must_say(ended, words)
    assert road.acme.view().size == size


def test_evidence_that_nothing_asks_for_is_a_usage_error(road: Road) -> None:
    scene = road.acme.world.change("CHG-52")
    ended = road.acme.judge(
        "check", "--ticket", scene.key, "--evidence", "x", environment=road.acme.ci(scene)
    )
    assert ended.code == 2, said(ended)
    must_say(ended, "takes no receipts of another log", "after of this environment")


def test_whose_receipts_count_is_pinned_with_the_policy(
    road: Road, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A staging of the engineer's own, of the same origin, and its trust in the old one's place."""
    with job(tmp_path_factory.mktemp("forged")) as forger:
        own = Road(forger)
        scene = forger.world.change("CHG-55")
        forged = pair(str(forger.home / own.deploy(scene)))
        real, kept = road.folder / "trust", road.folder / "trust.kept"
        real.rename(kept)
        try:
            copytree(own.folder / "trust", real)
            ended = road.production(road.acme.world.change("CHG-55"), *forged)
        finally:
            rmtree(real)
            kept.rename(real)
    assert ended.code == 10, said(ended)
    answer = json.JSONDecoder().raw_decode(ended.out.lstrip())[0]
    (pinned,) = (each for each in answer["controls"] if each["id"] == "policy-pinned")
    assert (pinned["level"], pinned["outcome"]) == ("require", "fail")


def test_a_trust_folder_of_another_log_is_a_usage_error(road: Road) -> None:
    scene = road.acme.world.change("CHG-53")
    wrong = road.acme.rewrite(
        "wrong.toml", (PRODUCTION, PRODUCTION + AFTER.replace("staging/trust", "trust"))
    )
    ended = road.acme.judge(
        "check", "--ticket", scene.key, environment=road.acme.ci(scene, **wrong)
    )
    assert ended.code == 2, said(ended)
    must_say(ended, "after.trust vouches for", ELSEWHERE)


def test_a_receipt_that_cannot_be_written_is_told_and_no_failure(road: Road) -> None:
    scene = road.acme.world.change("CHG-54")
    name = road.deploy(scene, outcome="")
    Path(road.acme.home / f"{name}.outcome.tlog-proof").mkdir()
    ended = road.acme.gate(
        *("complete", "--receipt", name, "--outcome", "succeeded"),
        environment=road.staging(scene),
    )
    assert ended.code == 0, said(ended)
    must_say(ended, "recorded: succeeded", "to do: gate log prove")
