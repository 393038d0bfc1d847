"""`gate doctor`, `gate people check`, `gate explain`: what would fail tonight is named today."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from jobs import SHOP, Job, job, must_say, said

import gate.http.session
from gate.controls.registry import CONTROLS
from gate.demo import faults
from gate.demo.server import Simulator


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("doctor")) as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate.http.session, "BACKOFF_SECONDS", 0.0)


# ---------------------------------------------------------------- doctor


def test_where_all_is_well_every_line_says_so(acme: Job) -> None:
    size = acme.view().size
    ended = acme.gate("doctor", environment=acme.ci())
    assert ended.code == 0, said(ended)
    lines = ended.out.splitlines()
    (place,) = (n for n, line in enumerate(lines) if line.startswith("warning"))
    assert "log's place: is relative to gate.toml" in lines[place]
    assert "write the whole path" in lines[place + 1]
    rest = lines[:place] + lines[place + 2 :]
    assert all(line.startswith("ok ") for line in rest)
    for what in ("policy", "keys", "log", "evidence", "jira", "github", "clock", "approvers"):
        assert any(what in line for line in lines), what
    assert acme.view().size == size, "it writes nothing"


ENVIRONMENT: dict[str, tuple[dict[str, str | None], int, tuple[str, ...]]] = {
    "the policy is not pinned": ({"GATE_POLICY_SHA256": None}, 0, ("warning policy", "not pinned")),
    "another policy is pinned": ({"GATE_POLICY_SHA256": "0" * 64}, 10, ("fault policy",)),
    "no signing key": ({"GATE_SIGNING_KEY_FILE": None}, 10, ("fault keys: GATE_SIGNING_KEY",)),
    "no log key": ({"GATE_LOG_KEY_FILE": None}, 10, ("fault keys: GATE_LOG_KEY",)),
    "no Jira token": ({"GATE_JIRA_TOKEN": None}, 11, ("unknown jira", "GATE_JIRA_TOKEN")),
    "a wrong Jira token": ({"GATE_JIRA_TOKEN": "x"}, 11, ("unknown jira", "did not accept")),
    "no forge token": ({"GITHUB_TOKEN": None}, 10, ("fault github: GITHUB_TOKEN is not set",)),
    "a wrong forge token": ({"GITHUB_TOKEN": "x"}, 11, ("unknown github", "(401)")),
}


@pytest.mark.parametrize("what", ENVIRONMENT)
def test_what_the_environment_lacks_is_named(acme: Job, what: str) -> None:
    changes, code, words = ENVIRONMENT[what]
    ended = acme.gate("doctor", environment=acme.ci(**changes))
    assert ended.code == code, said(ended)
    must_say(ended, *words, "to do:")


def test_a_pin_that_is_no_digest_ends_it_at_once(acme: Job) -> None:
    ended = acme.gate("doctor", environment=acme.ci(GATE_POLICY_SHA256="abc"))
    assert ended.code == 2
    must_say(ended, "GATE_POLICY_SHA256")


PERMISSIONS = {
    "contents: read": r"/branches",
    "contents: read (activity)": r"/activity",
    "pull-requests: read": r"/pulls\?",
    "deployments: read": r"/deployments",
    "actions: read": r"/actions/runs",
}


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_each_missing_permission_of_the_forge_token_is_named(acme: Job, permission: str) -> None:
    acme.world.github.fault(PERMISSIONS[permission], faults.status(403))
    ended = acme.gate("doctor", environment=acme.ci())
    acme.world.github.heal()
    assert ended.code == 11, said(ended)
    must_say(ended, f"unknown github acme/shop, {permission}", "to do: give the account")
    others = [line for line in ended.out.splitlines() if "github acme/shop" in line]
    assert len(others) == len(PERMISSIONS) + 1  # and what is asked by GraphQL
    assert sum(line.startswith("ok ") for line in others) >= len(PERMISSIONS) - 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.status(403), ()),
        (faults.status(404), ()),
        (faults.replace({"data": None, "errors": [{"type": "FORBIDDEN"}]}), ("FORBIDDEN",)),
        (faults.replace({"data": {"repository": {}}}), ("no such commit",)),
        (faults.html(), ()),
        (faults.empty(), ()),
    ],
    ids=["403", "404", "forbidden", "nothing", "html", "empty"],
)
def test_graphql_that_the_forge_token_may_not_ask_is_named(
    acme: Job, fault: faults.Fault, words: tuple[str, ...]
) -> None:
    acme.world.github.fault("/graphql", fault)
    ended = acme.gate("doctor", environment=acme.ci())
    acme.world.github.heal()
    assert ended.code == 11, said(ended)
    what = "unknown github acme/shop, contents and pull-requests: read (GraphQL)"
    must_say(ended, what, *words, f"(GraphQL is asked at {acme.world.github.url}", "to do:")


def test_a_project_that_gates_account_cannot_browse_is_named(acme: Job) -> None:
    acme.world.jira.projects["CHG"].visible_to = set()
    ended = acme.gate("doctor", environment=acme.ci())
    acme.world.jira.projects["CHG"].visible_to = None
    assert ended.code == 11, said(ended)
    must_say(ended, "unknown jira project CHG", "to do:")


def test_a_service_project_of_which_gate_is_no_agent_is_named(acme: Job) -> None:
    project = acme.world.jira.projects["CHG"]
    project.agents = set()
    ended = acme.gate("doctor", environment=acme.ci())
    project.agents = None
    assert ended.code == 0, said(ended)
    must_say(ended, "warning jira project CHG, agent access", "no agent", "to do: make the account")
    granted = acme.gate("doctor", environment=acme.ci())
    must_say(granted, "jira project CHG, agent access: granted")


def test_agent_access_that_cannot_be_told_is_no_grant(acme: Job) -> None:
    acme.world.jira.fault(r"/mypermissions", faults.status(403))
    ended = acme.gate("doctor", environment=acme.ci())
    acme.world.jira.heal()
    must_say(ended, "warning jira project CHG, agent access")
    assert "agent access: granted" not in said(ended)


@pytest.mark.parametrize("name", ["jira", "github"])
@pytest.mark.parametrize("kind", [faults.reset, faults.html, faults.empty, faults.huge])
def test_a_service_that_does_not_answer_is_named(
    acme: Job, name: str, kind: Callable[[], faults.Fault]
) -> None:
    server: Simulator = getattr(acme.world, name)
    server.fault("/", kind())
    ended = acme.gate("doctor", environment=acme.ci())
    server.heal()
    assert ended.code == 11, said(ended)
    must_say(ended, f"unknown {name}", "to do:")


@pytest.mark.parametrize("name", ["jira", "github"])
def test_a_clock_that_differs_is_named(acme: Job, name: str) -> None:
    server: Simulator = getattr(acme.world, name)
    server.clock_offset = timedelta(hours=1)
    ended = acme.gate("doctor", environment=acme.ci())
    server.clock_offset = timedelta(0)
    assert ended.code == 10, said(ended)
    must_say(ended, f"fault clock against {name}", "(NTP)")


def test_a_log_that_is_gone_or_broken_is_named(acme: Job) -> None:
    log = acme.home / "log"
    log.rename(acme.home / "away")
    ended = acme.gate("doctor", environment=acme.ci())
    assert ended.code in {10, 12}, said(ended)
    must_say(ended, "fault log", "to do:")
    shutil.copytree(acme.home / "away", log)
    (log / "checkpoint").write_bytes(b"nonsense")
    ended = acme.gate("doctor", environment=acme.ci())
    shutil.rmtree(log)
    (acme.home / "away").rename(log)
    assert ended.code in {10, 13}, said(ended)
    must_say(ended, "fault log")


def test_a_trust_folder_that_is_gone_is_named(acme: Job) -> None:
    trust = acme.home / "trust"
    trust.rename(acme.home / "away")
    ended = acme.gate("doctor", environment=acme.ci())
    (acme.home / "away").rename(trust)
    assert ended.code == 10, said(ended)
    must_say(ended, "cannot read trust/trust.policy")


def test_a_place_for_evidence_that_is_a_file_is_named(acme: Job) -> None:
    given = acme.rewrite("evidence.toml", ("dir:change-evidence", "dir:gate.toml"))
    ended = acme.gate("doctor", environment=acme.ci(**given))
    assert ended.code == 10, said(ended)
    must_say(ended, "fault evidence", "to do:")


def test_approvers_whom_no_ticket_system_knows_are_named(acme: Job) -> None:
    bob = acme.world.jira.users["bob"].account_id
    text = (acme.home / "gate.toml").read_text()
    assert f'jira = "{bob}"\n' in text
    given = acme.rewrite("bob.toml", (f'jira = "{bob}"\n', ""))
    ended = acme.gate("doctor", environment=acme.ci(**given))
    must_say(ended, "warning approvers of production", "no Jira account is known of bob")


def test_a_policy_without_a_forge_is_named(acme: Job) -> None:
    text = (acme.home / "gate.toml").read_text()
    section = re.search(r"\[forges\.github\]\nurl = .*\n", text)
    assert section
    given = acme.rewrite("forgeless.toml", (section[0], ""))
    ended = acme.gate("doctor", environment=acme.ci(**given))
    assert ended.code == 10, said(ended)
    must_say(ended, "fault forge: the policy names no forge")


# ---------------------------------------------------------------- people check


def test_people_check_names_whose_account_nobody_owns(acme: Job) -> None:
    must_say(acme.gate("people", "check", expect=0), "every account that the log's disclosures")
    stranger = acme.world.change("CHG-60", approver="mallory")
    blocked = acme.judge("enforce", "--ticket", "CHG-60", environment=acme.ci(stranger))
    assert blocked.code == 11, said(blocked)
    line = f'jira = "{acme.world.jira.users["mallory"].account_id}"'
    must_say(blocked, line)
    ended = acme.gate("people", "check")
    assert ended.code == 10
    must_say(ended, "nobody owns jira account", "to do: add to gate.toml", line)


def test_the_line_that_people_check_gives_is_the_one_that_helps(acme: Job) -> None:
    """Added to the policy (and the pin agreed anew), the same approval counts."""
    stranger = acme.world.change("CHG-61", approver="mallory")
    account = acme.world.jira.users["mallory"].account_id
    more = f'\n[[people]]\nname = "mallory"\njira = "{account}"\n'
    given = acme.rewrite(
        "mallory.toml",
        ('change-board = ["alice", "bob"]', 'change-board = ["alice", "mallory"]'),
        more=more,
    )
    ended = acme.judge("enforce", "--ticket", "CHG-61", environment={**acme.ci(stranger), **given})
    assert ended.code == 0, said(ended)


def test_people_check_counts_what_was_erased(acme: Job) -> None:
    acme.judge("enforce", "--ticket", "CHG-1")
    folder = acme.home / "change-evidence"
    folder.rename(acme.home / "erased")
    ended = acme.gate("people", "check")
    (acme.home / "erased").rename(folder)
    assert ended.code == 0, said(ended)
    must_say(ended, "their people are unknown")


# ---------------------------------------------------------------- explain


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_each_control_is_explained(acme: Job, control: object) -> None:
    (found,) = [c for c in CONTROLS if c is control]
    ended = acme.gate("explain", found.id, expect=0)
    must_say(ended, found.id, found.title, "It demands", "To satisfy it", *found.criteria)
    must_say(ended, *found.demands.split(" ")[:6])
    assert ("no policy switches it off" in ended.out) is found.integrity


def test_all_controls_are_listed(acme: Job) -> None:
    ended = acme.gate("explain", expect=0)
    assert [line.split()[0] for line in ended.out.splitlines()] == [c.id for c in CONTROLS]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("aproved", "did you mean approved?"),
        ("approver-independant", "did you mean approver-independent?"),
        ("Approved", "did you mean approved?"),
        ("thawing", "`gate explain` lists all of them"),
        ("", "`gate explain` lists all of them"),
        ("\x1b[31m", "there is no control"),
    ],
)
def test_a_control_that_there_is_not_names_the_nearest(acme: Job, typed: str, words: str) -> None:
    ended = acme.gate("explain", typed)
    assert ended.code == 2, said(ended)
    must_say(ended, words)
    assert "\x1b" not in said(ended)


def test_every_control_that_blocks_is_one_that_can_be_explained(acme: Job) -> None:
    ended = acme.judge("check", "--ticket", "CHG-999")
    named = {c.id for c in CONTROLS}
    marks = re.findall(
        r"^ \S (?:pass|FAIL|fail|undetermined|warning|off)\s+(\S+)", ended.out, re.MULTILINE
    )
    assert set(marks) == named, said(ended)
    assert SHOP


def test_a_group_that_cannot_give_as_many_approvals_as_it_must_is_a_fault(acme: Job) -> None:
    text = (acme.home / "gate.toml").read_text(encoding="utf-8")
    rules = 'by = ["change-board"]'
    assert rules in text
    given = acme.ci() | acme.rewrite(
        "of-groups.toml",
        (rules, 'by = ["change-board", "security"], at_least = { security = 1 }'),
        ("[groups]", '[groups]\nsecurity = ["erin"]'),
        more='\n[[people]]\nname = "erin"\ngithub = "erin"\n',
    )
    ended = acme.gate("doctor", environment=given)
    assert ended.code == 10, said(ended)
    must_say(ended, "fault approvers of production, security: 0 have a Jira account; 1 must")
