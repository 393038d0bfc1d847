"""Several runs at once on one log: all of them are in it, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from threading import Barrier
from typing import Any

import pytest
from jobs import PROCESS, Job, job, must_say, spoiled

from gate.model import DecisionKind
from gate.record.canonical import digest_of
from gate.record.statement import DecisionRecord

AT_ONCE = 4
SERVICES = ("shop", "cart", "search", "mail", "stats", "till")


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("at-once"), services=SERVICES) as made:
        yield made


def test_runs_at_once_are_all_in_the_log_and_each_has_its_receipt(acme: Job) -> None:
    """Processes of their own. Half of them deploy the same service, and one has no ticket."""
    acme.gate(
        *("run", "--service", "shop", "--ticket", "CHG-1", "--", "true"),
        environment=acme.ci(),
        expect=0,
    )
    before = acme.view().size
    jobs = []
    for number, service in enumerate(("shop", "shop", "stats", "mail")):
        key = f"CHG-{20 + number}"
        scene = acme.world.change(key, service=service, with_ticket=service != "mail")
        jobs.append((service, key, scene))
    started = [
        subprocess.Popen(
            [
                *(*PROCESS, "enforce", "--service", service, "--environment", "production"),
                *("--ticket", key, "--receipt", f"receipts/{key}", "--quiet"),
            ],
            cwd=acme.home,
            env=acme.environ(acme.ci(scene)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for service, key, scene in jobs
    ]
    ended = [(process.communicate(timeout=60), process.returncode) for process in started]
    assert [code for _, code in ended] == [0, 0, 0, 10], ended
    assert acme.view().size == before + AT_ONCE
    records = [r for r in acme.records()[before:] if isinstance(r, DecisionRecord)]
    assert sorted(r.commit for r in records) == sorted(scene.commit for _, _, scene in jobs)
    assert sum(r.decision == DecisionKind.ALLOWED for r in records) == AT_ONCE - 1
    acme.gate("log", "verify", "--log", "dir:log", "--trust", "trust", expect=0)
    for service, key, scene in jobs:
        verdict = acme.gate(
            *("verify", "--receipt", f"receipts/{key}", "--trust", "trust", "--service", service),
            *("--environment", "production", "--commit", scene.commit),
        )
        assert verdict.code == (10 if service == "mail" else 0), verdict


def test_the_same_run_twice_at_once_is_two_records(acme: Job) -> None:
    """A re-run that lost or merged the change was a bug of others: every attempt is recorded."""
    scene = acme.world.change("CHG-30", service="search")
    before = acme.view().size
    command = [*PROCESS, "enforce", "--service", "search", "--ticket", "CHG-30"]
    started = [
        subprocess.Popen(
            [*command, "--format", "json", "--receipt", f"receipts/twice-{number}"],
            cwd=acme.home,
            env=acme.environ(acme.ci(scene)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    answers = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    places = {json.JSONDecoder().raw_decode(answer)[0]["record"]["index"] for answer in answers}
    assert places == {before, before + 1}
    assert acme.view().size == before + 2
    acme.gate("log", "verify", expect=0)


def test_of_two_first_deployments_at_once_one_may_be_told_to_run_again(acme: Job) -> None:
    """The first to be recorded says where the other's range starts. Both are in the log."""
    scenes = [acme.world.change(f"CHG-4{n}", service="cart") for n in range(2)]
    before = acme.view().size
    started = [
        subprocess.Popen(
            [*PROCESS, "enforce", "--service", "cart", "--ticket", scene.key, "--quiet"],
            cwd=acme.home,
            env=acme.environ(acme.ci(scene)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for scene in scenes
    ]
    ended = [(process.communicate(timeout=60), process.returncode) for process in started]
    assert sorted(code for _, code in ended) in ([0, 0], [0, 10]), ended
    for (out, _), code in ended:
        assert code == 0 or "superseded" in out or "denied" in out, out
    records = [r for r in acme.records()[before:] if isinstance(r, DecisionRecord)]
    assert sorted(r.commit for r in records) == sorted(scene.commit for scene in scenes)
    acme.gate("log", "verify", expect=0)


def test_of_two_runs_on_one_ticket_with_different_commits_one_goes_on(acme: Job) -> None:
    """Both are judged before either is recorded, and by then the ticket had let nothing in."""
    first = acme.world.change("CHG-50", service="till")
    till = ("--service", "till", "--environment", "production")
    acme.gate(
        "run", *till, "--ticket", "CHG-50", "--", "true", environment=acme.ci(first), expect=0
    )
    scenes = [
        acme.world.change("CHG-51", service="till"),
        acme.world.change("CHG-51", service="till", with_ticket=False),
    ]
    before, both = acme.view().size, Barrier(2)

    def together(body: Any) -> Any:
        both.wait(timeout=60)
        return body

    # A run has read the log before it asks for its ticket, and gets that when the other asks too.
    with spoiled(acme.world.jira, r"/rest/api/3/issue/CHG-51\?", together):
        started = [
            subprocess.Popen(
                [*PROCESS, "enforce", *till, "--ticket", "CHG-51", "--receipt", f"receipts/on{n}"],
                cwd=acme.home,
                env=acme.environ(acme.ci(scene)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for n, scene in enumerate(scenes)
        ]
        ended = [(process.communicate(timeout=60), process.returncode) for process in started]
    assert sorted(code for _, code in ended) == [0, 10], ended
    won, lost = sorted(range(2), key=lambda n: ended[n][1])
    assert "a denial was recorded instead" in ended[lost][0][1]
    allowed, denied = acme.records()[before:]
    assert isinstance(allowed, DecisionRecord)
    assert isinstance(denied, DecisionRecord)
    assert (allowed.decision, allowed.commit) == (DecisionKind.ALLOWED, scenes[won].commit)
    assert (denied.decision, denied.commit) == (DecisionKind.DENIED, scenes[lost].commit)
    assert allowed.judged_at.size == before
    replaces = denied.predicate.replaces
    assert replaces is not None
    assert replaces.failed == ("ticket-reused",)
    # What it names is what the slower run had decided: its disclosure is there, its entry is not.
    disclosures = {path.stem for path in (acme.home / "change-evidence").rglob("*.json")}
    assert replaces.entry in disclosures
    view = acme.view()
    assert replaces.entry not in {digest_of(view.entry(n)) for n in range(view.size)}
    acme.gate("log", "verify", expect=0)
    for n in (won, lost):
        verdict = acme.gate(
            *("verify", "--receipt", f"receipts/on{n}", "--trust", "trust", *till),
            *("--commit", scenes[n].commit),
        )
        assert verdict.code == ended[n][1]
        again = acme.gate("enforce", *till, "--ticket", "CHG-51", environment=acme.ci(scenes[n]))
        assert again.code == ended[n][1]
    must_say(again, "ticket-not-reused", "was not approved anew since")
