"""Which system a text's ticket is of, where the policy has several."""

from __future__ import annotations

import pytest

from gate.errors import UsageError
from gate.model import (
    Account,
    ChangeRequest,
    ClockReading,
    Lookup,
    Maybe,
    MissingTicket,
    TicketReference,
    TicketSource,
)
from gate.tickets.github.names import issue_ids
from gate.tickets.ids import ProjectKeys
from gate.tickets.references import find_references, parse_reference
from gate.tickets.servicenow.numbers import ChangeNumbers
from gate.tickets.several import Tickets
from gate.tickets.system import Grammar

ALL: dict[str, Grammar] = {
    "jira": ProjectKeys(("CHG",)),
    "servicenow": ChangeNumbers(("CHG",)),
    "github": issue_ids(("acme/changes",)),
}
BOTH: dict[str, Grammar] = {"jira": ProjectKeys(("CHG",)), "servicenow": ChangeNumbers(("CHG",))}
SYS_ID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "system"),
    [("CHG-1", "jira"), ("CHG0030001", "servicenow"), (SYS_ID, "servicenow")],
)
def test_an_id_is_of_the_system_whose_grammar_claims_it(text: str, system: str) -> None:
    assert parse_reference(text, BOTH) == (system, text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("null", "word for nothing"),
        ("CHG-01", "no ticket ID of jira, servicenow"),
        ("INC0030001", "no ticket ID of jira, servicenow"),
        ("CHG0030001^", "query operator"),
        ("2026-01-05", "a date"),
        ("CVE-2026-12345", "vulnerability"),
        (SYS_ID.upper(), "no ticket ID"),
        ("../" + SYS_ID, "path"),
        ("CHG\N{FULLWIDTH DIGIT ZERO}030001", "no ticket ID"),
    ],
)
def test_what_no_system_claims_is_refused_with_every_form(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text, BOTH)
    assert says in caught.value.message
    if "no ticket ID" in says:
        assert "CHG-1" in caught.value.remedy
        assert "CHG0030001" in caught.value.remedy


def test_an_id_that_two_systems_claim_is_nobodys() -> None:
    two: dict[str, Grammar] = {"one": ProjectKeys(("CHG",)), "two": ProjectKeys(("CHG", "OPS"))}
    for look in (parse_reference, find_references):
        with pytest.raises(UsageError, match="may be a ticket of one and of two"):
            look("CHG-1", two)
    assert parse_reference("OPS-1", two) == ("two", "OPS-1")


def test_texts_name_tickets_of_every_system_and_never_a_sys_id() -> None:
    text = f"CHG-1 and CHG0030001, CHG0030001 again; {SYS_ID} is any digest, xCHG0030002, CHG1"
    assert find_references(text, BOTH) == (("jira", "CHG-1"), ("servicenow", "CHG0030001"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("chg0030001", "capitals"),
        ("CHG1", "no number of a change"),
        ("CHG-1", "no number of a change"),
        ("TASK0030001", "prefixes: CHG"),
        ("CHG0030001 ", "blanks"),
        ("CHG0030001" * 20, "longer"),
        ("12345", "number without a project"),
    ],
)
def test_what_is_no_change_number_is_told_why(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text, {"servicenow": ChangeNumbers(("CHG",))})
    assert says in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("release-CHG0030001-fix", ("CHG0030001",)),
        ("CHG0030001.", ("CHG0030001",)),
        ("CHG0030001.2", ()),
        ("CHG0030001-2", ()),
        ("CHG0030001a", ()),
        ("ACHG0030001", ()),
        ("CHG0030001234567890", ()),
        ("CHG12", ()),
    ],
)
def test_numbers_are_found_as_whole_words(text: str, found: tuple[str, ...]) -> None:
    assert ChangeNumbers(("CHG",)).find(text) == found


class System:
    """A ticket system that answers one thing, and remembers that it was closed."""

    def __init__(
        self, result: Maybe[ChangeRequest | MissingTicket], *, closes: bool = True
    ) -> None:
        self.result = result
        self.closes = closes
        self.closed = 0

    def fetch(self, _: str) -> Maybe[ChangeRequest | MissingTicket]:
        return self.result

    def own_accounts(self) -> tuple[Account, ...]:
        return (Account("x", "gate"),)

    def rights(self) -> tuple[()]:
        return ()

    def clocks(self) -> tuple[ClockReading, ...]:
        return (ClockReading("x", 0, 1),)

    def requests(self) -> tuple[()]:
        return ()

    def close(self) -> None:
        self.closed += 1
        if not self.closes:
            raise OSError("still busy")


def test_every_system_is_closed_whatever_happens() -> None:
    first, second = System(MissingTicket()), System(MissingTicket(), closes=False)
    tickets = Tickets({"jira": first, "servicenow": second}, BOTH)  # type: ignore[dict-item]  # a stub
    assert len(tickets.own_accounts()) == len(tickets.clocks()) == 2
    with pytest.raises(OSError, match="busy"):
        tickets.close()
    assert (first.closed, second.closed) == (1, 1)


def _by_id(ticket: ChangeRequest) -> Lookup:
    systems = {"servicenow": System(ticket)}
    tickets = Tickets(systems, {"servicenow": BOTH["servicenow"]})  # type: ignore[arg-type]  # a stub
    return tickets.fetch(TicketReference("servicenow", SYS_ID, TicketSource.OPTION))


def test_another_name_becomes_the_key_only_of_the_ticket_asked_for() -> None:
    from dataclasses import replace

    from worlds import good_ticket

    ticket = replace(good_ticket(), system="servicenow", id=SYS_ID, key="CHG0030001")
    assert _by_id(ticket).reference.id == "CHG0030001"
    assert _by_id(replace(ticket, id="f" * 32)).reference.id == SYS_ID
    assert _by_id(replace(ticket, key="INC0030001")).reference.id == SYS_ID
    moved = replace(good_ticket(), id="CHG-1", key="CHG-2")
    reference = TicketReference("jira", "CHG-1", TicketSource.OPTION)
    tickets = Tickets({"jira": System(moved)}, {"jira": BOTH["jira"]})  # type: ignore[dict-item]  # a stub
    assert tickets.fetch(reference).reference == reference


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("acme/changes#12-release and CHG-1", ("acme/changes#12", "CHG-1")),
        ("acme/changes#12, acme/changes#12.", ("acme/changes#12",)),
        ("https://github.com/acme/changes/issues/12", ()),
        ("#12 GH-12 changes#12 acme/other#12 Acme/changes#12", ()),
        ("x.acme/changes#12 org/acme/changes#12 acme/changes#012 acme/changes#0", ()),
        ("acme/changes#12345678901", ()),
    ],
)
def test_issues_are_found_by_their_whole_name(text: str, found: tuple[str, ...]) -> None:
    assert {ticket for _, ticket in find_references(text, ALL)} == set(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("acme/other#12", "not of a configured repository"),
        ("Acme/changes#12", "not of a configured repository"),
        ("#12", "a number without a project"),
        ("acme/changes", "path or URL"),
        ("GH-12", "no issue's ID"),
    ],
)
def test_what_is_no_issue_is_told_why(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_reference(text, {"github": ALL["github"]})
