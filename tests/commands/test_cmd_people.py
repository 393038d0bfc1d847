"""`gate people` and `[identity] people_from`: who is who, and who may say so."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs import SHOP, Job, job, must_say, said

import gate.http.session
from gate.config import load_policy
from gate.demo import faults


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("people")) as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate.http.session, "BACKOFF_SECONDS", 0.0)


def written(acme: Job) -> dict[str, bytes]:
    """Everything in the job's folder."""
    return {str(p): p.read_bytes() for p in acme.home.rglob("*") if p.is_file()}


# ---------------------------------------------------------------- suggest


def test_where_all_are_known_nothing_is_suggested(acme: Job) -> None:
    before = written(acme)
    given = acme.ci()
    ended = acme.gate("people", "suggest", *SHOP, "--ticket", "CHG-1", environment=given, expect=0)
    assert ended.out == ""
    must_say(ended, "every account that was met has an owner")
    assert written(acme) == before, "it writes nothing"


def test_accounts_of_the_deployment_that_is_named_are_suggested(acme: Job) -> None:
    size = acme.view().size
    stranger = acme.world.change("CHG-20", approver="mallory", reviewer="mallory")
    given = acme.ci(stranger)
    ended = acme.gate("people", "suggest", *SHOP, "--ticket", "CHG-20", environment=given, expect=0)
    account = acme.world.jira.users["mallory"].account_id
    # Jira shows no verified address, so that both are one person's is for a human to say.
    for line in (
        "# to confirm: github 'mallory' is called like jira",
        "# [[people]]",
        '# name = "mallory"',
        f'# jira = "{account}"',
        '# github = "mallory"',
    ):
        assert line in ended.out, said(ended)
    assert "approver asked on CHG-20" in ended.out
    assert tomllib.loads(ended.out) == {}
    assert acme.view().size == size, "nothing is recorded"


@pytest.fixture(scope="module")
def met(acme: Job) -> int:
    """The index of a record that met mallory."""
    stranger = acme.world.change("CHG-21", approver="mallory")
    acme.judge("enforce", "--ticket", "CHG-21", environment=acme.ci(stranger))
    return acme.view().size - 1


def test_what_the_services_show_helps_to_recognise_people(acme: Job) -> None:
    jira, github = acme.world.jira, acme.world.github
    account = jira.add_user("marcher", display_name="M").account_id
    jira.users["marcher"].email = "mallory.archer@home.example"
    github.add_user("ma42", name="Mallory Archer")
    scene = acme.world.change("CHG-22", approver="marcher", reviewer="ma42")
    typed = ("people", "suggest", *SHOP, "--ticket", "CHG-22")
    ended = acme.gate(*typed, environment=acme.ci(scene), expect=0)
    reason = f"github 'ma42' is called like jira '{account}' ('malloryarcher')"
    assert reason in ended.out, said(ended)
    assert "home.example" not in "".join(re.findall(r"emails = .*", ended.out))
    jira.fault("/rest/api/3/user", faults.status(403))
    ended = acme.gate(*typed, environment=acme.ci(scene))
    jira.heal()
    assert ended.code == 11, said(ended)
    must_say(ended, "not read: jira GET /rest/api/3/user", account)
    assert reason not in ended.out


def test_accounts_of_the_logs_records_are_suggested(acme: Job, met: int) -> None:
    ended = acme.gate("people", "suggest", expect=0)
    assert '# name = "mallory"' in ended.out
    assert f": entry {met}" in ended.out
    gates_own = acme.world.jira.users["gate"].account_id
    assert gates_own not in ended.out
    must_say(acme.gate("people", "suggest", "--last", "0", expect=0), "every account")


def test_what_is_suggested_is_what_helps(acme: Job, met: int) -> None:
    """Without its comment signs it is an entry, and people check has nothing left to say of it."""
    out = acme.gate("people", "suggest", expect=0).out
    entry = "\n".join(
        line.removeprefix("# ")
        for line in out.splitlines()
        if re.match(r"# (\[\[people\]\]|(name|jira|github|emails) = )", line)
    )
    before = acme.gate("people", "check", expect=10)
    must_say(before, "nobody owns jira account", f"first seen in entry {met}")
    given = acme.rewrite("more.toml", more=f"\n{entry}\n")
    must_say(acme.gate("people", "check", environment=given, expect=0), "every account")


def test_what_could_not_be_read_is_said(acme: Job) -> None:
    acme.world.jira.fault("/rest/", faults.status(500))
    ended = acme.gate("people", "suggest", *SHOP, "--ticket", "CHG-1", environment=acme.ci())
    acme.world.jira.heal()
    assert ended.code == 11, said(ended)
    must_say(ended, "not read: jira GET", "(500)")
    assert tomllib.loads(ended.out) == {}


def test_a_log_that_is_gone_is_said(acme: Job) -> None:
    (acme.home / "log").rename(acme.home / "away")
    ended = acme.gate("people", "suggest")
    (acme.home / "away").rename(acme.home / "log")
    assert ended.code in {11, 12}, said(ended)
    must_say(ended, "log")


def test_a_disclosure_that_was_altered_is_believed_by_nobody(acme: Job, met: int) -> None:
    """Else whoever writes the place of disclosures could propose whose account is whose."""
    assert met >= 0
    evidence = acme.home / "change-evidence"
    shutil.copytree(evidence, acme.home / "kept")
    for path in evidence.rglob("*.json"):
        text = path.read_text().replace("carol", "karol")
        path.chmod(0o600)
        path.write_text(text)
    for command in ("check", "suggest"):
        ended = acme.gate("people", command)
        assert ended.code == 13, said(ended)
    shutil.rmtree(evidence)
    (acme.home / "kept").rename(evidence)


# ---------------------------------------------------------------- check


def test_people_of_groups_who_have_no_account_are_named(acme: Job) -> None:
    text = (acme.home / "gate.toml").read_text()
    bob = text[text.index('name = "bob"') :].partition("[[people]]")[0]
    given = acme.rewrite("bare.toml", (bob, 'name = "bob"\nemails = ["bob@acme.example"]\n\n'))
    ended = acme.gate("people", "check", environment=given, expect=10)
    must_say(ended, "bob of change-board has no account in any system", "to do:")


# ---------------------------------------------------------------- people_from


class Listed:
    """A policy whose people stand in a file beside it."""

    def __init__(self, acme: Job) -> None:
        self.acme = acme
        text = (acme.home / "gate.toml").read_text()
        policy, _, people = text.partition("\n[[people]]")
        parsed = tomllib.loads(f"[[people]]{people}")["people"]
        self.rows = [
            f"{p['name']},{' '.join(p['emails'])},{p['jira']},{p['github']}" for p in parsed
        ]
        identity = "[identity]\n"
        assert identity in policy
        policy = policy.replace(identity, f'{identity}people_from = "list/people.csv"\n')
        (acme.home / "listed.toml").write_text(policy + "\n")
        self.write(*self.rows)

    @property
    def path(self) -> Path:
        return self.acme.home / "list" / "people.csv"

    def write(self, *rows: str) -> None:
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text("\n".join(["name,emails,jira,github", *rows, ""]))

    def pinned(self) -> dict[str, str]:
        digest = load_policy(self.acme.home / "listed.toml").sha256
        return {"GATE_CONFIG": "listed.toml", "GATE_POLICY_SHA256": digest}


@pytest.fixture(scope="module")
def listed(acme: Job) -> Listed:
    return Listed(acme)


def test_people_of_a_list_are_people(acme: Job, listed: Listed) -> None:
    given = {**acme.ci(acme.world.change("CHG-29")), **listed.pinned()}
    ended = acme.judge("enforce", "--ticket", "CHG-29", environment=given)
    assert ended.code == 0, said(ended)
    index = str(acme.view().size - 1)
    shown = acme.gate("log", "show", index, "--people", environment=listed.pinned(), expect=0)
    must_say(shown, listed.pinned()["GATE_POLICY_SHA256"], "bob")
    acme.gate("log", "verify", environment=listed.pinned(), expect=0)
    ended = acme.gate("doctor", environment=given)
    must_say(ended, "ok policy: is the pinned one", "ok people: 4 people of list/people.csv")


def test_whoever_edits_the_list_does_not_escape_the_pin(acme: Job, listed: Listed) -> None:
    """mallory's account becomes bob's by one line, and an approval of hers counts as his."""
    stranger = acme.world.change("CHG-30", approver="mallory")
    given = {**acme.ci(stranger), **listed.pinned()}
    account = acme.world.jira.users["mallory"].account_id
    bob = acme.world.jira.users["bob"].account_id
    listed.write(*(row.replace(bob, account) for row in listed.rows))
    words = ("fail policy-pinned", "the list of people that it names")
    acme.blocked("enforce", *SHOP, "--ticket", "CHG-30", environment=given, code=10, words=words)
    agreed = {**given, **listed.pinned()}
    must_say(acme.judge("check", "--ticket", "CHG-30", environment=agreed), "ALLOWED")
    listed.write(*listed.rows)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (("alice,,,",), ("people.csv line 2", "neither an account nor")),
        (("alice,a@x.example,1,a", "alice,b@x.example,2,b"), ("line 3.name", "twice")),
        (("alice,a@x.example,1,a", "bob,b@x.example,1,b"), ("line 3.jira", '"alice" and "bob"')),
        ((), ("there is nobody in it",)),
        (("eve,e@x.example,1,e",), ('nobody is called "alice"',)),
    ],
)
def test_a_list_that_is_wrong_ends_it_at_once(
    acme: Job, listed: Listed, rows: tuple[str, ...], words: tuple[str, ...]
) -> None:
    given = {**acme.ci(), **listed.pinned()}
    listed.write(*rows)
    acme.unasked("enforce", *SHOP, "--ticket", "CHG-1", environment=given, words=words)
    listed.write(*listed.rows)


def test_a_list_that_is_gone_ends_it_at_once(acme: Job, listed: Listed) -> None:
    given = {**acme.ci(), **listed.pinned()}
    listed.path.unlink()
    acme.unasked(
        "enforce", *SHOP, "--ticket", "CHG-1", environment=given, words=("cannot be read",)
    )
    listed.write(*listed.rows)


def test_check_names_the_list(acme: Job, listed: Listed, met: int) -> None:
    assert met >= 0
    ended = acme.gate("people", "check", environment=listed.pinned(), expect=10)
    must_say(ended, "to do: add to list/people.csv")
