"""`[write_back]`: a decision is told on its tickets and its commit, and nothing hangs on that."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from jobs import SHOP, Job, job, must_say, said

import gate.cli.write_back
import gate.http.session
from gate.demo import faults
from gate.demo.faults import Fault
from gate.demo.github_state import CommitStatus
from gate.demo.jira_state import Comment
from gate.demo.plot import Scene
from gate.demo.stage import Ended

KEYS = count(100)
BOTH = "\n[write_back]\nticket = true\nforge = true\n"
PLACES = {"jira": r"/comment$", "github": r"/shop/statuses/"}
LISTS = {"jira": r"/comment\?", "github": r"/commits/.*/statuses"}


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("write-back")) as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, acme: Job) -> Iterator[None]:
    monkeypatch.setattr(gate.http.session, "BACKOFF_SECONDS", 0.0)
    yield
    acme.world.jira.heal()
    acme.world.github.heal()


def comments(acme: Job, key: str) -> list[Comment]:
    return acme.world.jira.issues[key].comments


def statuses(acme: Job, scene: Scene) -> list[CommitStatus]:
    return [row for row in acme.world.shop.statuses if row.sha == scene.commit]


def text_of(comment: Comment) -> str:
    """All text of a comment, a line a node."""
    if isinstance(comment.body, str):
        return comment.body
    return "\n".join(node["text"] for part in comment.body["content"] for node in part["content"])


def block_of(comment: Comment) -> str:
    """What somebody copies who marks the last block."""
    if isinstance(comment.body, str):
        return comment.body.split("{noformat}\n")[-1].removesuffix("\n{noformat}")
    text: str = comment.body["content"][-1]["content"][0]["text"]
    return text


def told(
    acme: Job, scene: Scene, name: str = "both.toml", more: str = BOTH, **changes: str
) -> tuple[Ended, Path]:
    """Enforce a scene under a policy that writes back, and where its outputs are."""
    outputs = acme.home / f"outputs-{scene.key}"
    given = acme.ci(scene, **changes) | acme.rewrite(name, more=more)
    given |= {"GITHUB_OUTPUT": str(outputs)}
    return acme.judge("enforce", "--ticket", scene.key, environment=given), outputs


@pytest.fixture
def scene(acme: Job) -> Scene:
    return acme.world.change(f"CHG-{next(KEYS)}")


# ---------------------------------------------------------------- what is told


def test_by_default_nothing_is_written(acme: Job, scene: Scene) -> None:
    acme.world.jira.forget_requests()
    acme.world.github.forget_requests()
    ended, outputs = told(acme, scene, "neither.toml", "")
    assert ended.code == 0, said(ended)
    assert comments(acme, scene.key) == []
    assert statuses(acme, scene) == []
    assert "write-back" not in outputs.read_text()
    asked = (*acme.world.jira.requests, *acme.world.github.requests)
    assert asked
    assert [r.path for r in asked if re.search(r"/(comment|statuses)(/|$)", r.path)] == []


def test_record_decision_and_signed_head_stand_in_both_places(acme: Job, scene: Scene) -> None:
    ended, outputs = told(acme, scene)
    assert ended.code == 0, said(ended)
    index, leaf = acme.view().size - 1, acme.view().link(acme.view().size - 1).leaf
    (comment,) = comments(acme, scene.key)
    for words in (
        "gate: allowed: shop to production",
        f"Record {index} of acme.example/changes, leaf {leaf}",
        f"Commit {scene.commit}",
        f"/actions/runs/{scene.run_id}",
    ):
        assert words in text_of(comment)
    (status,) = statuses(acme, scene)
    assert (status.state, status.context) == ("success", "gate/production/shop")
    assert status.description == (
        f"allowed: record {index} (leaf {leaf[:16]}) of acme.example/changes"
    )
    assert f"/actions/runs/{scene.run_id}#" in (status.target_url or "")
    assert "write-back=written\n" in outputs.read_text()


def test_the_heads_can_be_held_against_the_log(acme: Job, scene: Scene) -> None:
    told(acme, scene)
    (comment,), (status,) = comments(acme, scene.key), statuses(acme, scene)
    head = urlsafe_b64decode((status.target_url or "").partition("#gate-checkpoint=")[2])
    assert head.decode() == block_of(comment) + "\n"
    for name, kept in (("ticket", f"{block_of(comment)}\n".encode()), ("commit", head)):
        (acme.home / name).write_bytes(kept)
        acme.gate("log", "verify", "--kept", name, expect=0)
    forged = head.replace(b"acme.example/changes\n", b"acme.example/changes\n1", 1)
    (acme.home / "forged").write_bytes(forged)
    assert acme.gate("log", "verify", "--kept", "forged").code == 13


def test_on_data_center_it_is_the_same(tmp_path: Path) -> None:
    with job(tmp_path, flavour="datacenter") as acme:
        ended, _ = told(acme, acme.scene)
        assert ended.code == 0, said(ended)
        (comment,) = comments(acme, "CHG-1")
        assert "gate: allowed: shop to production" in text_of(comment)
        (acme.home / "ticket").write_text(block_of(comment) + "\n")
        acme.gate("log", "verify", "--kept", "ticket", expect=0)


def test_a_denial_is_told_too(acme: Job) -> None:
    scene = acme.world.change(f"CHG-{next(KEYS)}", covers="billing")
    ended, outputs = told(acme, scene)
    assert ended.code == 10, said(ended)
    (comment,), (status,) = comments(acme, scene.key), statuses(acme, scene)
    assert "gate: denied: shop to production" in text_of(comment)
    assert "Not passed: ticket-covers-change" in text_of(comment)
    assert status.state == "failure"
    assert (status.description or "").startswith("denied: record")
    assert "write-back=written\n" in outputs.read_text()


def test_what_is_undetermined_is_an_error(acme: Job) -> None:
    scene = acme.world.change(f"CHG-{next(KEYS)}", approver="mallory")
    ended, _ = told(acme, scene)
    assert ended.code == 11, said(ended)
    (status,) = statuses(acme, scene)
    assert status.state == "error"


def test_each_record_is_told_once_and_a_further_one_again(acme: Job, scene: Scene) -> None:
    told(acme, scene)
    told(acme, scene)
    assert len(comments(acme, scene.key)) == 2
    assert len(statuses(acme, scene)) == 2
    assert len({text_of(comment) for comment in comments(acme, scene.key)}) == 2


def test_a_ticket_that_is_not_there_is_not_written_on(acme: Job, scene: Scene) -> None:
    given = acme.ci(scene) | acme.rewrite("both.toml", more=BOTH)
    ended = acme.judge("enforce", "--ticket", "CHG-9999", environment=given)
    assert ended.code == 10, said(ended)
    assert "not written back" not in said(ended)
    assert "CHG-9999" not in acme.world.jira.issues
    (status,) = statuses(acme, scene)
    assert status.state == "failure"


def test_each_place_can_be_on_alone(acme: Job, scene: Scene) -> None:
    told(acme, scene, "ticket.toml", "\n[write_back]\nticket = true\n")
    assert (len(comments(acme, scene.key)), len(statuses(acme, scene))) == (1, 0)
    told(acme, scene, "forge.toml", "\n[write_back]\nforge = true\n")
    assert (len(comments(acme, scene.key)), len(statuses(acme, scene))) == (1, 1)


def test_no_name_and_no_secret_is_written(acme: Job, scene: Scene) -> None:
    ended, _ = told(acme, scene, GITHUB_SERVER_URL=acme.world.github.url)
    assert ended.code == 0, said(ended)
    text = text_of(comments(acme, scene.key)[0]) + repr(statuses(acme, scene))
    for word in ("alice", "bob", "carol", *acme.world.secrets().values()):
        assert word not in text


def test_check_tells_nobody(acme: Job, scene: Scene) -> None:
    given = acme.ci(scene) | acme.rewrite("both.toml", more=BOTH)
    ended = acme.judge("check", "--ticket", scene.key, environment=given)
    assert ended.code == 0, said(ended)
    assert comments(acme, scene.key) == []
    assert statuses(acme, scene) == []


# ---------------------------------------------------------------- nothing hangs on it

FAULTS: dict[str, Callable[[], Fault]] = {
    "hangs": faults.hang,
    "resets": faults.reset,
    "redirects": lambda: faults.redirect("https://elsewhere.example/"),
    "is no JSON": faults.html,
    "is empty": faults.empty,
    "is huge": faults.huge,
    **{str(code): lambda code=code: faults.status(code) for code in (400, 401, 403, 404, 409)},  # type: ignore[misc]  # bound early
    **{str(code): lambda code=code: faults.status(code) for code in (422, 429, 500, 502, 503)},  # type: ignore[misc]  # bound early
    "asks for an hour": lambda: faults.status(503, retry_after=3600),
}


CASES = [("write", fault) for fault in FAULTS] + [("list", "hangs"), ("list", "403")]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """So much time for all the writing; gathering keeps its own."""
    monkeypatch.setattr(gate.cli.write_back, "LONGEST", timedelta(seconds=2))


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize(("where", "fault"), CASES, ids=[f"{w} {f}" for w, f in CASES])
def test_a_fault_of_either_changes_nothing(
    acme: Job, scene: Scene, fault: str, name: str, where: str
) -> None:
    server = getattr(acme.world, name)
    server.fault((LISTS if where == "list" else PLACES)[name], FAULTS[fault]())
    size = acme.view().size
    ended, outputs = told(acme, scene)
    assert ended.code == 0, said(ended)
    must_say(ended, "ALLOWED", "the decision and its record stand all the same")
    what = f"jira {scene.key}" if name == "jira" else "github"
    (line,) = (x for x in ended.err.splitlines() if x.startswith("gate: not written back"))
    assert line.startswith(f"gate: not written back: {what}: "), line
    assert "; to do: " in line
    assert "write-back=failed\n" in outputs.read_text()
    assert "decision<<" in outputs.read_text()
    assert acme.view().size == size + 1
    other = statuses(acme, scene) if name == "jira" else comments(acme, scene.key)
    assert len(other) == 1, "the other place is told all the same"


@pytest.mark.parametrize("name", PLACES)
def test_a_fault_lets_no_denial_go_on(acme: Job, name: str) -> None:
    scene = acme.world.change(f"CHG-{next(KEYS)}", covers="billing")
    getattr(acme.world, name).fault(PLACES[name], faults.status(500))
    ended, outputs = told(acme, scene)
    assert ended.code == 10, said(ended)
    must_say(ended, "DENIED", "not written back")
    assert "write-back=failed\n" in outputs.read_text()


@pytest.mark.usefixtures("short")
def test_both_may_fail_at_once(acme: Job, scene: Scene) -> None:
    acme.world.jira.fault(PLACES["jira"], faults.hang())
    acme.world.github.fault(PLACES["github"], faults.hang())
    ended, _ = told(acme, scene)
    assert ended.code == 0, said(ended)
    assert ended.err.count("not written back: ") == 2


@pytest.mark.parametrize("error", [ValueError("a bug"), MemoryError()])
def test_even_a_bug_changes_nothing(
    acme: Job, scene: Scene, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(gate.cli.write_back, "_places", fail)
    ended, outputs = told(acme, scene)
    assert ended.code == 0, said(ended)
    must_say(ended, "not written back: write-back: a bug in gate", "stand all the same")
    assert "write-back=failed\n" in outputs.read_text()


def test_a_command_that_is_run_decides_the_code(acme: Job, scene: Scene) -> None:
    acme.world.jira.fault(PLACES["jira"], faults.status(403))
    given = acme.ci(scene) | acme.rewrite("both.toml", more=BOTH)
    ended = acme.gate("run", *SHOP, "--ticket", scene.key, "--", "true", environment=given)
    assert ended.code == 0, said(ended)
    must_say(ended, "not written back: jira")


def test_a_missing_token_of_the_forge_is_said(acme: Job, scene: Scene) -> None:
    given = acme.ci(scene, GITHUB_TOKEN=None) | acme.rewrite("both.toml", more=BOTH)
    ended = acme.judge("enforce", "--ticket", scene.key, environment=given)
    assert ended.code in {10, 11}, said(ended)
    must_say(ended, "not written back: forge", "write_back")


# ---------------------------------------------------------------- doctor


def doctor(acme: Job, more: str, **changes: str | None) -> Ended:
    given = acme.ci(**changes) | acme.rewrite("doctor.toml", more=more)
    return acme.gate("doctor", environment=given)


def test_doctor_checks_the_permissions_where_it_is_on(acme: Job) -> None:
    before = len(acme.world.shop.statuses)
    ended = doctor(acme, BOTH)
    assert ended.code == 0, said(ended)
    must_say(ended, "ok write-back: jira CHG, Add Comments: granted")
    must_say(ended, "ok write-back: github acme/shop, statuses: write: granted")
    assert "write-back" not in doctor(acme, "").out
    assert len(acme.world.shop.statuses) == before


def test_doctor_names_what_is_not_granted(acme: Job) -> None:
    reading = acme.world.github.add_token("", "github-token-that-reads", without=("statuses",))
    acme.world.jira.projects["CHG"].commenters = set()
    ended = doctor(acme, BOTH, GITHUB_TOKEN=reading)
    acme.world.jira.projects["CHG"].commenters = None
    assert ended.code == 0, "no deployment waits for it"
    must_say(ended, "warning write-back: jira CHG, Add Comments: not granted")
    must_say(ended, "warning write-back: github acme/shop, statuses: write", "(403)")
    assert len(re.findall(r"to do: give .*write_back", ended.out)) == 2
