"""The example of another package's ticket system, held to the contract and used as installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import worlds
from acme_desk_server import AcmeDeskServer
from desk import hour
from policies import DESK, GOOD, TICKETS, edited
from ticket_desks import FAULTS

from gate.config import ExtensionSettings, NetworkSettings, Policy, Secrets, parse_policy
from gate.errors import UsageError
from gate.http import Budget
from gate.model import Account, ChangeRequest, TicketReference, TicketSource
from gate.tickets.contract import Desk, TicketContract
from gate.tickets.registry import grammars_of, open_tickets
from gate.tickets.system import Credentials, Grammar, TicketSystem

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "examples" / "acme-desk"
TOKEN = "s3cr3t-of-the-desk"
SETTINGS = ExtensionSettings(
    package="acme-desk",
    url="",
    projects=("D",),
    types=(),
    scope=(),
    deployable=("open", "begun"),
    rollback_plan=(),
    test_plan=(),
    options={},
)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module can be imported, and nothing else of it is there."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.delitem(sys.modules, "acme_desk", raising=False)


class AcmeDeskDesk:
    """D-1 on the desk."""

    ticket, missing, scope, secret = "D-1", "D-2", "shop", TOKEN
    opened_at = hour(8)
    faults = tuple(FAULTS)

    def __init__(self, server: AcmeDeskServer) -> None:
        self.server = server
        server.open_ticket("D-1", by="alice", at=hour(8))

    def grammar(self) -> Grammar:
        import acme_desk

        return acme_desk.grammar(SETTINGS)

    def open(self, *, secret: str | None = None) -> TicketSystem:
        import acme_desk

        known = {name: getattr(SETTINGS, name) for name in SETTINGS.__slots__}
        settings = ExtensionSettings(**known | {"url": self.server.url})
        credentials = Credentials(token=TOKEN if secret is None else secret)
        budget = Budget(timedelta(seconds=2))
        return acme_desk.open_system(settings, credentials, NetworkSettings(), budget)

    def account(self, name: str) -> Account:
        return Account("acme-desk", name)

    def approve(self, *, by: str, at: datetime) -> None:
        self.server.decide("D-1", "yes", by=by, at=at)

    def decline(self, *, by: str, at: datetime) -> None:
        self.server.decide("D-1", "no", by=by, at=at)

    def rewrite_scope(self, text: str, *, by: str, at: datetime) -> None:
        covers = {"text": text, "edited": at.isoformat(), "edited_by": by}
        self.server.tickets["D-1"]["covers"] = covers

    def move_on(self, *, by: str, at: datetime) -> None:  # noqa: ARG002 -- the desk tells nobody
        self.server.move("D-1", "begun", at=at)

    def send_back(self, *, by: str, at: datetime) -> None:  # noqa: ARG002 -- the desk tells nobody
        self.server.move("D-1", "parked", at=at)
        self.server.move("D-1", "begun", at=at + timedelta(minutes=1))

    def hide_ticket(self) -> None:
        self.server.hides = "D-1"

    def hide_everything(self) -> None:
        self.server.hides = "everything"

    def hide_a_decision(self) -> None:
        self.server.hides = "decisions"

    def spoil(self, fault: str) -> None:
        self.server.heal()
        self.server.fault(".", FAULTS[fault])

    def asked(self) -> int:
        return len(self.server.requests)


@contextmanager
def acme_desk_desk() -> Iterator[Desk]:
    with AcmeDeskServer(TOKEN) as server:
        yield AcmeDeskDesk(server)


class TestAcmeDesk(TicketContract):
    @pytest.fixture
    def desk(self) -> Iterator[Desk]:
        with acme_desk_desk() as desk:
            yield desk


# ---------------------------------------------------------------- as a package beside gate


def _policy(url: str, package: str = "acme-desk", system: str = "acme-desk") -> Policy:
    section = DESK.replace("acme-desk", package).replace("[tickets.desk]", f"[tickets.{system}]")
    section = section.replace("https://desk.acme.example", url)
    text = edited(TICKETS, f'{section}projects = ["D"]\ndeployable = ["open"]\n')
    return parse_policy(text.replace("jira = ", f"accounts.{system} = ").encode())


def _install(folder: Path, name: str = "acme-desk", target: str = "acme_desk") -> None:
    """What pip leaves of a distribution, as far as entry points go."""
    made = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (made / "entry_points.txt").write_text(f"[gate.tickets]\nacme-desk = {target}\n")


def test_an_installed_package_brings_its_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with AcmeDeskServer(TOKEN) as server:
        server.open_ticket("D-1", by="alice", at=worlds.NOW)
        policy = _policy(server.url)
        assert [person.accounts["acme-desk"] for person in policy.people] == [
            "5b10ac8d82e05b22cc7d4ef5",
            "b0b",
        ]
        assert grammars_of(policy)["acme-desk"].claims("D-1")
        secrets = Secrets(tickets_token=TOKEN)
        tickets = open_tickets(policy, secrets, Budget(policy.network.budget))
        found = tickets.fetch(TicketReference("acme-desk", "D-1", TicketSource.OPTION))
        assert isinstance(found.result, ChangeRequest)
        assert found.result.key == "D-1"
        tickets.close()


@pytest.mark.parametrize(
    ("package", "system", "installs", "target"),
    [
        ("acme-desk", "acme-desk", (), "acme_desk"),
        ("other", "acme-desk", ("acme-desk",), "acme_desk"),  # not the package that is named
        ("acme-desk", "other", ("acme-desk",), "acme_desk"),  # not the system that it brings
        ("acme-desk", "acme-desk", ("acme-desk",), "no_such_module"),
        ("acme-desk", "acme-desk", ("acme-desk",), "acme_desk:no_such_name"),
    ],
)
def test_only_the_package_that_the_policy_names_is_asked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    system: str,
    installs: tuple[str, ...],
    target: str,
) -> None:
    for name in installs:
        _install(tmp_path, name, target)
    monkeypatch.syspath_prepend(str(tmp_path))
    policy = _policy("https://desk.acme.example", package, system)
    with pytest.raises(UsageError) as caught:
        grammars_of(policy)
    assert f"tickets.{system}.package" in caught.value.message
    assert caught.value.remedy


def test_an_installed_package_changes_nothing_that_gate_brings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "evil-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (made / "entry_points.txt").write_text("[gate.tickets]\njira = acme_desk\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    grammar = grammars_of(parse_policy(GOOD.encode()))["jira"]
    assert grammar.claims("CHG-1")


def test_options_are_for_the_system_to_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    section = DESK.replace("[tickets.desk]", "[tickets.acme-desk]")
    text = edited(TICKETS, section + 'deployable = ["open"]\n')
    policy = parse_policy(text.replace("jira = ", "accounts.acme-desk = ").encode())
    with pytest.raises(UsageError, match="queues"):
        grammars_of(policy)
