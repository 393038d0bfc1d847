"""The whole command with a ticket system that another package brings."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from acme_desk_server import AcmeDeskServer
from jobs import SHOP, Job, must_say, said

from gate.demo.plot import HOUR
from gate.demo.stage import Ended
from gate.demo.world import World
from gate.errors import OK
from gate.record.statement import DecisionRecord

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "acme-desk"
TOKEN = "s3cr3t-of-the-desk"
POLICY = """\
[tickets.acme-desk]
package = "acme-desk"
url = "{url}"
projects = ["D"]
deployable = ["open"]

[environments.production]"""
LEAKY = """\
from acme_desk import AcmeDesk, grammar


class Leaky(AcmeDesk):
    def fetch(self, ticket):
        raise ZeroDivisionError(f"Authorization: Bearer {self.token}")


def open_system(settings, credentials, network, budget):
    made = Leaky(settings, credentials.token, network, budget)
    made.token = credentials.token
    return made
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path / "services") as running:
        yield running


@pytest.fixture
def desk(world: World) -> Iterator[AcmeDeskServer]:
    """D-1, opened six hours ago by alice and approved three hours ago by bob."""
    with AcmeDeskServer(TOKEN) as server:
        server.open_ticket("D-1", by="alice", at=world.now - 6 * HOUR)
        server.decide("D-1", "yes", by="bob", at=world.now - 3 * HOUR)
        yield server


@pytest.fixture
def acme(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> Job:
    """The job, with the package installed as pip leaves it."""
    site = tmp_path / "site"
    made = site / "acme_desk-1.0.dist-info"
    made.mkdir(parents=True)
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-desk\nVersion: 1.0\n")
    (made / "entry_points.txt").write_text("[gate.tickets]\nacme-desk = acme_desk\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.syspath_prepend(str(EXAMPLE))
    home = tmp_path / "home"
    home.mkdir()
    return Job(home, world)


@pytest.fixture
def given(acme: Job, desk: AcmeDeskServer) -> dict[str, str]:
    """The environment of the job under a policy that knows the desk and no Jira."""
    text = (acme.home / "gate.toml").read_text(encoding="utf-8")
    start, end = text.index("[tickets.jira]"), text.index("[environments.production]")
    changes = [
        (text[start : end + len("[environments.production]")], POLICY.format(url=desk.url)),
        ('one_account_per_person = ["jira"]', "one_account_per_person = []"),
    ]
    for entry in text.split("[[people]]")[1:]:
        name, jira = (
            re.search(rf'^{key} = "(.*)"$', entry, re.MULTILINE) for key in ("name", "jira")
        )
        assert name is not None
        assert jira is not None
        changes.append((jira[0], f'accounts.acme-desk = "{name[1]}"'))
    return {**acme.ci(), **acme.rewrite("desk.toml", *changes), "GATE_TICKETS_TOKEN": TOKEN}


def test_its_tickets_are_judged_like_any_other(acme: Job, given: dict[str, str]) -> None:
    ended = acme.gate("enforce", *SHOP, "--ticket", "D-1", environment=given)
    assert ended.code == OK, said(ended)
    record = acme.records()[-1]
    assert isinstance(record, DecisionRecord)
    assert record.tickets == ("D-1",)
    assert TOKEN not in said(ended)


def test_what_is_wrong_there_blocks(acme: Job, given: dict[str, str], desk: AcmeDeskServer) -> None:
    desk.decide("D-1", "no", by="carol", at=acme.world.now - 2 * HOUR)
    ticket = ("enforce", *SHOP, "--ticket", "D-1")
    acme.blocked(*ticket, environment=given, code=10, words=("approved", "declined"))
    desk.hides = "decisions"
    acme.blocked(*ticket, environment=given, code=11, words=("acme-desk", "every decision"))
    acme.blocked(
        *ticket,
        environment={**given, "GATE_TICKETS_TOKEN": ""},
        code=11,
        words=("GATE_TICKETS_TOKEN",),
    )


def test_without_the_package_nothing_is_judged(
    acme: Job, given: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.path", [p for p in sys.path if str(tmp_path) not in p])
    acme.unasked(
        *("enforce", *SHOP, "--ticket", "D-1"),
        environment=given,
        words=("tickets.acme-desk.package", "not installed"),
    )


def test_the_doctor_examines_it(acme: Job, given: dict[str, str]) -> None:
    ended = acme.gate("doctor", environment=given)
    must_say(ended, "ok acme-desk: knows us", "ok acme-desk queue D: is shown")


def told(acme: Job, given: dict[str, str], command: str = "enforce") -> Ended:
    """Under the same policy, with a note on the ticket asked for."""
    text = (acme.home / "desk.toml").read_text(encoding="utf-8") + "\n[write_back]\nticket = true\n"
    (acme.home / "told.toml").write_text(text, encoding="utf-8")
    pinned = {"GATE_CONFIG": "told.toml", "GATE_POLICY_SHA256": sha256(text.encode()).hexdigest()}
    arguments = (*SHOP, "--ticket", "D-1") if command == "enforce" else ()
    return acme.gate(command, *arguments, environment=given | pinned)


def test_it_is_written_on_where_it_can_be(
    acme: Job, given: dict[str, str], desk: AcmeDeskServer
) -> None:
    ended = told(acme, given)
    assert ended.code == OK, said(ended)
    (note,) = desk.notes["D-1"]
    assert "gate: allowed: shop to production" in note
    assert "not written back" not in said(ended)
    must_say(told(acme, given, "doctor"), "ok write-back: acme-desk notes: may be written")


def test_where_it_cannot_be_written_on_that_is_said(
    acme: Job, given: dict[str, str], desk: AcmeDeskServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("acme_desk.open_commenter")
    ended = told(acme, given)
    assert ended.code == OK, said(ended)
    must_say(ended, "not written back: acme-desk D-1: this version of gate does not write to")
    assert desk.notes == {}
    must_say(told(acme, given, "doctor"), "warning write-back: acme-desk: cannot be written to")


def test_what_a_package_lets_slip_as_it_breaks_is_taken_out_of_print(
    acme: Job, given: dict[str, str], tmp_path: Path
) -> None:
    """Authorization was printed in debug output elsewhere; a traceback shows no locals here."""
    site = tmp_path / "site"
    (site / "leaky_desk.py").write_text(LEAKY)
    entry = site / "acme_desk-1.0.dist-info" / "entry_points.txt"
    entry.write_text("[gate.tickets]\nacme-desk = leaky_desk\n")
    ended = acme.gate(*("enforce", *SHOP, "--ticket", "D-1", "--verbose"), environment=given)
    assert ended.code == 1, said(ended)
    must_say(ended, "ZeroDivisionError: Authorization: Bearer [redacted]", "this is a bug")
    assert TOKEN not in said(ended)
