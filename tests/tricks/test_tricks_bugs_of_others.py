"""Bugs that other tools shipped, each played against the whole command."""

from __future__ import annotations

import json
import shutil
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from jobs import SHOP, must_say, said, spoiled
from tricks.stages import GITHUB, TRICK, Play, judged, play

from gate.cli.main import COMMANDS
from gate.demo.gitlab_world import GitLabWorld
from gate.demo.plot import AFTER_RUN, HOUR, MINUTE
from gate.demo.server import Simulator
from gate.errors import OK
from gate.model import Outcome
from gate.record.predicates import ChangePart
from gate.record.statement import DecisionRecord


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """For commands that leave nothing behind."""
    with play(tmp_path_factory.mktemp("shared"), GITHUB) as made:
        yield made


# ---------------------------------------------------------------- what was taken for a ticket


def taken_for_no_ticket(desk: Play, text: str, *words: str) -> None:
    """Given as a ticket it is refused unasked; named by the change alone it is none."""
    desk.unasked(
        *("enforce", *SHOP, "--ticket", text), environment=desk.ci(), words=(*words, "to do:")
    )
    scene = desk.tell(f"{text}-", with_ticket=False)
    for simulator in simulators(desk):
        simulator.forget_requests()
    before = desk.view().size
    ended = desk.gate("enforce", *SHOP, environment=desk.ci(scene))
    assert ended.code == 10, said(ended)
    must_say(ended, "ticket-given", "to do")
    assert desk.view().size == before + 1
    assert judged(desk.newest(), "ticket-given").outcome is Outcome.FAIL
    asked = [request.path for one in simulators(desk) for request in one.requests]
    assert not any(text in path or "/rest/api/3/issue/" in path for path in asked)


def simulators(play: Play) -> list[Any]:
    """Those that run."""
    names = ("jira", "github", "gitlab", "servicenow")
    return [getattr(play.world, name) for name in names if hasattr(play.world, name)]


def test_cve_taken_for_a_ticket(desk: Play) -> None:
    """The name of a vulnerability looks like a project's key and a number."""
    taken_for_no_ticket(desk, "CVE-2024-1234", "a vulnerability (CVE)")


def test_date_taken_for_a_ticket(desk: Play) -> None:
    """So does a date."""
    taken_for_no_ticket(desk, "2026-01-05", "that is a date")


def test_lower_case_key(desk: Play) -> None:
    """A system that finds records whatever the case says yes to what nobody has written."""
    taken_for_no_ticket(desk, desk.key.lower() if "/" not in desk.key else desk.key.title())


def test_bare_number(desk: Play) -> None:
    """A number in a merge message was looked up as a ticket."""
    taken_for_no_ticket(desk, "424")


@pytest.mark.parametrize("nothing", ["", "null", "None", "undefined", "false", " "])
def test_empty_id_matches_a_record(desk: Play, nothing: str) -> None:
    """Systems answer an empty ID with some record, or with all of them."""
    for given in (("--ticket", nothing), ("--ticket", desk.scene.key, "--ticket", nothing)):
        desk.unasked(
            *("enforce", *SHOP, *given), environment=desk.ci(), words=("the ticket ID is",)
        )


# ---------------------------------------------------------------- what was taken for an approval


def test_empty_list_of_approvers(desk: Play) -> None:
    """All of nobody had approved."""
    scene = desk.tell(approver="")
    desk.desk.move_on(scene.key, at=desk.now - 2 * HOUR)
    desk.blocked_by("approved", scene, words=("0 of 1 approvals",))


def test_empty_list_of_approvers_in_an_approved_step(acme: Play) -> None:
    """The step says that it is approved, and names nobody who approved it."""

    def emptied(body: Any) -> Any:
        return {**body, "values": [{**row, "approvers": []} for row in body["values"]]}

    with spoiled(acme.world.jira, "/approval", emptied):
        acme.blocked_by("approved", acme.scene, words=("0 of 1 approvals",))


def test_waiting_is_no_approval(desk: Play) -> None:
    """Somebody was asked and has not answered, while the ticket's status says what it likes."""
    scene = desk.tell(approver="")
    desk.desk.ask(scene.key, at=desk.now - HOUR)
    desk.blocked_by("approved", scene, words=("0 of 1 approvals",))


def test_state_compared_by_its_looks(desk: Play) -> None:
    """A state's value was compared with a state's name: here an id is an id, and a name a name."""
    scene = desk.tell(status=desk.desk.closed_too)
    desk.blocked_by("ticket-open", scene)


def test_state_named_by_its_id(acme: Play) -> None:
    """And an id in the policy is that of one status, whatever others are called."""
    by_name = ('deployable = ["Approved", "Implementing"]', 'deployable = ["10002"]')
    acme.under(acme.rewrite("by-id.toml", by_name))
    acme.allowed_now(acme.scene)


@pytest.mark.parametrize("status", ["Open", "Awaiting approval", "Declined", "Cancelled", "Closed"])
def test_approved_ticket_that_is_not_open_any_more(acme: Play, status: str) -> None:
    """It was approved once: what it is now counts."""
    acme.blocked_by("ticket-open", acme.tell(status=status), words=(status,))


def test_ticket_that_moved(acme: Play) -> None:
    """The answer is about another ticket than was asked for."""
    acme.blocked_by("ticket-exists", acme.tell(moved_to="OPS-55"), words=("OPS-55",))


# ---------------------------------------------------------------- commits and runs


def test_detached_head(acme: Play) -> None:
    """Pipelines check out no branch: a commit is a commit, and the job says which."""
    acme.check_out(acme.scene)
    clone = acme.workspace
    head = (clone / ".git" / "HEAD").read_text()
    assert not head.startswith("ref:")
    record = acme.allowed_now(acme.scene)
    assert record.commit == acme.scene.commit
    merge = ('predates = "pipeline"', 'predates = "merge"')
    policy = acme.rewrite("shell.toml", merge)
    policy["GATE_CONFIG"] = str(acme.home / policy["GATE_CONFIG"])
    ended = acme.gate(
        *("enforce", *SHOP, "--ticket", acme.scene.key),
        environment=acme.shell(**policy),
        home=clone,
    )
    assert ended.code == OK, said(ended)
    assert acme.newest().commit == acme.scene.commit


def test_rerun_loses_or_doubles_the_change(forge: Play) -> None:
    """The first attempt's start counts, the range stays, each attempt is a record of its own."""
    good = forge.tell(rerun=True)
    for _ in range(2):
        forge.allowed_now(good)
    late = forge.tell(forge.company.keys[2], ticket=AFTER_RUN, rerun=True)
    for _ in range(2):
        forge.blocked_by(
            "ticket-predates-deployment", late, words=("a re-run keeps its old start",)
        )
    made = [record for record in forge.records() if isinstance(record, DecisionRecord)]
    assert [record.commit for record in made] == [good.commit] * 2 + [late.commit] * 2
    ranges = [shas(record) for record in made]
    assert ranges[0] == ranges[1]
    assert ranges[2] == ranges[3]
    assert good.head in ranges[0]
    assert late.head in ranges[2]


def shas(record: DecisionRecord) -> tuple[str, ...]:
    """The commits that a record judged."""
    change = record.predicate.change
    assert isinstance(change, ChangePart)
    assert isinstance(change.commits, tuple)
    return tuple(commit.sha for commit in change.commits)


def test_pull_request_missing_after_its_merge(forge: Play) -> None:
    """Seconds after a merge the forge's list is empty: that is no commit without review."""

    def emptied(body: Any) -> Any:
        if isinstance(body, dict):  # of GitHub's GraphQL
            none = {"totalCount": 0, "nodes": []}
            return {
                name: none if name == "associatedPullRequests" else emptied(value)
                for name, value in body.items()
            }
        return [] if isinstance(body, list) else body

    world = forge.world
    simulator: Simulator = world.github
    path = r"/commits/[0-9a-f]{40}/pulls|/graphql"
    if isinstance(world, GitLabWorld):
        simulator, path = world.gitlab, r"/commits/[0-9a-f]{40}/merge_requests"
    with spoiled(simulator, path, emptied):
        forge.blocked_by("approver-independent", forge.scene, code=11)


def test_untracked_pipeline(forge: Play) -> None:
    """A service that nobody lists, and a listed one from a repository that is not its own."""
    forge.unasked(
        *("enforce", "--service", "shadow", "--environment", "production"),
        environment=forge.ci(),
        words=("the policy lists no service 'shadow'",),
    )
    theirs = forge.fork("mallory")
    made = forge.repository.commit("Mine", by="mallory", at=forge.now - 5 * HOUR)
    theirs.push("main", made, by="mallory", at=forge.now - 5 * HOUR)
    mine = {"CI_PROJECT_PATH": "mallory/shop", "CI_COMMIT_SHA": made}
    if not isinstance(forge.world, GitLabWorld):
        mine = {"GITHUB_REPOSITORY": "mallory/shop", "GITHUB_SHA": made}
    before = forge.allowed()
    ended = forge.enforce(forge.scene, **mine)
    assert ended.code == 10, said(ended)
    must_say(ended, "to do")
    assert forge.allowed() == before


# ---------------------------------------------------------------- what was said, or not


@pytest.mark.parametrize("secret", ["not-the-secret", "", None])
def test_401_reported_as_not_found(anywhere: Play, secret: str | None) -> None:
    """Whoever is told "no such ticket" looks for the ticket, and not for the credentials."""
    name = anywhere.desk.secret
    anywhere.given = {name: secret}
    ended = anywhere.blocked_by("ticket-exists", anywhere.scene, code=11)
    must_say(ended, name)
    assert "missing or hidden" not in ended.out
    assert "not found" not in ended.out.lower()


def test_bundle_without_a_signature(acme: Play) -> None:
    """An envelope that nobody signed verified, as none of its signatures was wrong."""
    acme.allowed_now(acme.scene)
    path = acme.home / f"{TRICK}.dsse.json"
    envelope = json.loads(path.read_bytes())
    twice = envelope["signatures"] * 2
    forged: tuple[Any, ...] = ([], None, [{}], [{"keyid": "", "sig": ""}], twice)
    question = ("verify", "--receipt", TRICK, "--trust", "trust", *SHOP)
    for signatures in forged:
        path.write_text(json.dumps({**envelope, "signatures": signatures}, separators=(",", ":")))
        ended = acme.gate(*question, "--commit", acme.scene.commit)
        assert ended.code == 13, said(ended)
        assert "permitted" not in ended.out


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "demo"])
def test_end_of_input_taken_for_an_answer(
    shared: Play, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """EOF on a prompt was taken for "no", with exit 0. Here nothing ever asks."""

    def at_its_end(_prompt: object = "") -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", at_its_end)
    ended = shared.gate(command, environment={})
    assert ended.code == {"explain": 0, "doctor": 10}.get(command, 2), said(ended)


@pytest.mark.parametrize(
    "arguments",
    [
        *((), ("",), ("enforse",), ("Enforce",), ("enforce ",), ("deploy",), ("help",)),
        *(("--",), ("--enforce",), ("-v",), ("log",), ("log", "verfy"), ("log", "")),
        *(("keys",), ("keys", "rotat"), ("people",), ("audit",), ("audit", "smaple")),
        *(("enforce", "now"), ("check", "CHG-1"), ("verify", "receipt")),
        *(("enforce", "--tickets", "CHG-1"), ("enforce", "--format", "yaml")),
        *(("complete", "--outcome", "success", "--receipt", "r"), ("complete",)),
        *(("log", "show", "-1"), ("log", "show", "one"), ("log", "prove", "0x1")),
        *(("run",), ("run", "--"), ("explain", "a", "b")),
    ],
    ids=" ".join,
)
def test_unrecognised_subcommand(shared: Play, arguments: tuple[str, ...]) -> None:
    """A mistyped command did nothing, successfully, and the deployment went on."""
    before = shared.view().size
    ended = shared.gate(*arguments, environment=shared.ci())
    assert ended.code == 2, said(ended)
    must_say(ended, "Usage:" if "explain" not in arguments else "gate")
    assert "ALLOWED" not in said(ended)
    assert shared.view().size == before


@pytest.mark.parametrize("state", ["waiting", "objected to", "unreadable"])
def test_status_that_is_false_while_waiting(acme: Play, state: str) -> None:
    """The call said "not yet", nobody looked at what it said, and the command ran."""
    scene = acme.tell(approver="", objector="dave" if state == "objected to" else "")
    if state == "waiting":
        acme.world.jira.add_approval(scene.key, ["bob"], at=acme.now - MINUTE)
    if state == "unreadable":
        acme.world.jira.fault("/approval", "html")
    for wait in ((), ("--wait", "1s")):
        ended = acme.gate(
            *("run", *SHOP, "--ticket", scene.key, *wait, "--", "touch", "started"),
            environment=acme.ci(scene),
        )
        assert ended.code == 10, said(ended)
        must_say(ended, "approved", "to do")
    assert not (acme.home / "started").exists()
    assert all(record.decision.value in {"denied", "undetermined"} for record in decisions(acme))


def decisions(acme: Play) -> list[DecisionRecord]:
    return [record for record in acme.records() if isinstance(record, DecisionRecord)]


def headers_of(play: Play) -> set[str]:
    """What stands in the Authorization headers that gate sends."""
    given, jira = play.ci(), play.world.jira
    names = ("GATE_JIRA_TOKEN", "GATE_SERVICENOW_PASSWORD", "GITHUB_TOKEN", "GITLAB_TOKEN")
    secrets = {given[name] for name in names if name in given}
    users = {"GATE_JIRA_TOKEN": jira.users["gate"].email, "GATE_SERVICENOW_PASSWORD": "gate"}
    pairs = [f"{user}:{given[name]}" for name, user in users.items() if name in given]
    return secrets | {b64encode(pair.encode()).decode() for pair in pairs}


def test_authorization_in_debug_output(anywhere: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """--verbose showed the header, and so did the traceback of a crash."""
    secrets = headers_of(anywhere)

    def crash(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError(f"Authorization: Bearer {' '.join(sorted(secrets))}")

    for output in ("text", "json"):
        ended = anywhere.enforce(anywhere.scene, "--verbose", "--format", output)
        assert ended.code == OK
        assert "GET" in ended.err
        with monkeypatch.context() as patch:
            patch.setattr("gate.log.writing.append.append", crash)
            crashed = anywhere.enforce(anywhere.scene, "--verbose", "--format", output)
        assert crashed.code == 1
        for text in (said(ended), said(crashed)):
            assert [secret for secret in secrets if secret in text] == []


def test_key_read_from_the_store_that_it_verifies(acme: Play) -> None:
    """The store's writer brings their own log, and the key to it."""
    shutil.copytree(acme.home / "trust", acme.home / "log" / "trust")
    ended = acme.gate("log", "verify", "--log", "dir:log", "--trust", "log/trust")
    assert ended.code == 2, said(ended)
    must_say(ended, "lies inside the log")
    inside = acme.rewrite("inside.toml", ('trust = "trust"', 'trust = "log/trust"'))
    acme.unasked(
        *("enforce", *SHOP, "--ticket", acme.scene.key),
        environment=acme.ci(**inside),
        words=("log.trust: lies in the log's directory",),
    )
    shutil.rmtree(acme.home / "log" / "trust")
    acme.allowed_now(acme.scene)
    beside = acme.gate("verify", "--receipt", TRICK, *SHOP, "--commit", acme.scene.commit)
    assert beside.code == 2, said(beside)
    must_say(beside, "Missing option '--trust'")


# ---------------------------------------------------------------- receipts that lie about


def test_receipt_of_another_run(acme: Play) -> None:
    """A receipt from before permits its own commit alone."""
    acme.allowed_now(acme.scene)
    must_say(acme.refused_at_the_target(acme.tell()), "does not permit")


def test_stale_receipt_where_a_permission_is_expected(acme: Play) -> None:
    """A denial at --receipt replaces the permission that lay there."""
    acme.allowed_now(acme.scene)
    question = ("verify", "--receipt", TRICK, "--trust", "trust", *SHOP)
    assert acme.gate(*question, "--commit", acme.scene.commit).code == OK
    denied = acme.enforce(acme.scene, "--ticket", "CHG-999")
    assert denied.code == 10
    assert acme.gate(*question, "--commit", acme.scene.commit).code == 10
