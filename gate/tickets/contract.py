"""What every ticket system must do, as tests that its author runs.

A package that brings a ticket system says in a test of its own how to let things happen on a
stand-in of it (a ``Desk``), and has the rest from here::

    class TestAcmeDesk(TicketContract):
        @pytest.fixture
        def desk(self) -> Iterator[Desk]:
            with AcmeDesk() as desk:
                yield desk

gate's own systems are held to the same words in ``tests/contract/tickets``. Nothing here needs more
than the standard library; pytest finds the methods by their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gate.errors import UsageError
from gate.model import (
    Account,
    AccountKind,
    Approval,
    ChangeRequest,
    EditedText,
    Maybe,
    MissingTicket,
    Problem,
    ProblemKind,
    Verdict,
)
from gate.tickets.system import Grammar, TicketSystem

HOUR = timedelta(hours=1)


class Desk(Protocol):
    """A stand-in of a ticket system, and what can be made to happen on it.

    alice opened its one change request, which has a scope and a rollback plan, and nobody touched
    it since. bob and carol may approve.
    """

    @property
    def ticket(self) -> str:
        """The ID of the change request."""
        ...

    @property
    def missing(self) -> str:
        """An ID of a ticket that is not there."""
        ...

    @property
    def scope(self) -> str:
        """What the scope of the change request names."""
        ...

    @property
    def opened_at(self) -> datetime:
        """When it was opened."""
        ...

    @property
    def secret(self) -> str:
        """What gate's account logs in with."""
        ...

    @property
    def faults(self) -> Sequence[str]:
        """The names that ``spoil`` knows."""
        ...

    def grammar(self) -> Grammar:
        """The grammar of its IDs."""
        ...

    def open(self, *, secret: str | None = None) -> TicketSystem:
        """The system as gate opens it; ``secret`` is another than the right one."""
        ...

    def account(self, name: str) -> Account:
        """The account of alice, bob or carol."""
        ...

    def approve(self, *, by: str, at: datetime) -> None:
        """Somebody approves the ticket."""
        ...

    def decline(self, *, by: str, at: datetime) -> None:
        """Somebody objects to it."""
        ...

    def rewrite_scope(self, text: str, *, by: str, at: datetime) -> None:
        """Somebody writes another text where the ticket names what it covers."""
        ...

    def move_on(self, *, by: str, at: datetime) -> None:
        """Somebody moves the ticket to a status in which it may be deployed."""
        ...

    def send_back(self, *, by: str, at: datetime) -> None:
        """Somebody moves it out of that status, and on again a minute later."""
        ...

    def hide_ticket(self) -> None:
        """Gate's account may not see the ticket any more."""
        ...

    def hide_everything(self) -> None:
        """Gate's account may not see any ticket, and the system does not say so."""
        ...

    def hide_a_decision(self) -> None:
        """Of the decisions on the ticket, one is not shown to gate's account."""
        ...

    def spoil(self, fault: str) -> None:
        """Every reply goes wrong in this way."""
        ...

    def asked(self) -> int:
        """How many requests the stand-in has seen."""
        ...


class TicketContract:
    """The tests. Each gets a fresh ``desk``."""

    # ---------------------------------------------------------------- the ticket itself

    def test_a_ticket_is_told_whole(self, desk: Desk) -> None:
        """Who opened it when, what it covers, and nothing that did not happen."""
        ticket = _read(desk)
        alice = desk.account("alice")
        authors = {_id(a) for a in (ticket.creator, ticket.reporter, *ticket.others)}
        assert ticket.key == desk.ticket
        assert ticket.system == alice.system
        assert _id(alice) in authors
        assert ticket.created_at == desk.opened_at
        assert ticket.created_at.utcoffset() == timedelta(0)
        assert ticket.approvals == ()
        assert desk.scope in " ".join(text.text for text in _had(ticket.scope))
        assert any(text.text for text in _had(ticket.rollback_plan))
        assert ticket.status.id or ticket.status.name
        assert ticket.standard is None

    def test_what_nobody_touched_was_last_edited_when_it_was_made(self, desk: Desk) -> None:
        """Or it is said that the time is the latest possible one."""
        ticket = _read(desk)
        for text in (*_had(ticket.scope), *_had(ticket.rollback_plan)):
            assert text.edited_at == desk.opened_at or text.latest_possible

    def test_an_edit_of_the_scope_is_seen_with_its_time(self, desk: Desk) -> None:
        """What it says now, and that it said so no earlier."""
        at = desk.opened_at + HOUR
        desk.rewrite_scope("something else", by="bob", at=at)
        texts = _had(_read(desk).scope)
        found = [text for text in texts if "something else" in text.text]
        assert found
        assert all(text.edited_at >= at for text in found)

    # ---------------------------------------------------------------- approvals

    def test_an_approval_is_its_givers_and_has_its_time(self, desk: Desk) -> None:
        """The time itself, or bounds of it that say so."""
        at = desk.opened_at + HOUR
        desk.approve(by="bob", at=at)
        (approval,) = _decided(desk)
        assert (approval.verdict, _id(approval.account)) == (
            Verdict.APPROVED,
            _id(desk.account("bob")),
        )
        assert approval.account is not None
        assert approval.account.kind is AccountKind.PERSON
        _assert_within(approval, at)

    def test_an_objection_stands_beside_an_approval(self, desk: Desk) -> None:
        """Also where the approval came later."""
        desk.decline(by="carol", at=desk.opened_at + HOUR)
        desk.approve(by="bob", at=desk.opened_at + 2 * HOUR)
        found = {_id(a.account): a.verdict for a in _decided(desk)}
        assert found[_id(desk.account("carol"))] is Verdict.DECLINED

    def test_a_hidden_decision_is_no_absent_one(self, desk: Desk) -> None:
        """A list that is not provably whole is no list."""
        desk.approve(by="bob", at=desk.opened_at + HOUR)
        desk.decline(by="carol", at=desk.opened_at + 2 * HOUR)
        desk.hide_a_decision()
        found = desk.open().fetch(desk.ticket)
        assert isinstance(found, Problem) or isinstance(found.approvals, Problem)  # type: ignore[union-attr]  # a missing ticket has none

    # ---------------------------------------------------------------- sent back

    def test_a_ticket_that_moved_on_was_not_sent_back(self, desk: Desk) -> None:
        """Neither before it was approved nor after: None is said only where that is known."""
        assert _read(desk).sent_back is None
        desk.approve(by="bob", at=desk.opened_at + HOUR)
        desk.move_on(by="alice", at=desk.opened_at + HOUR)
        assert [a.verdict for a in _standing(desk)] == [Verdict.APPROVED]

    def test_what_was_approved_before_it_was_sent_back_is_void(self, desk: Desk) -> None:
        """Whoever sent it back, and though it went on since."""
        desk.approve(by="bob", at=desk.opened_at + HOUR)
        desk.move_on(by="alice", at=desk.opened_at + HOUR)
        desk.send_back(by="carol", at=desk.opened_at + 2 * HOUR)
        assert _standing(desk) == []

    def test_approved_anew_it_stands(self, desk: Desk) -> None:
        """By what was given since."""
        desk.move_on(by="alice", at=desk.opened_at + HOUR)
        desk.send_back(by="carol", at=desk.opened_at + 2 * HOUR)
        desk.approve(by="bob", at=desk.opened_at + 3 * HOUR)
        assert [_id(a.account) for a in _standing(desk)] == [_id(desk.account("bob"))]

    # ---------------------------------------------------------------- not there, and why

    def test_a_missing_ticket_is_missing(self, desk: Desk) -> None:
        """Said only by a system that knows us and shows us others."""
        assert isinstance(desk.open().fetch(desk.missing), MissingTicket)

    def test_a_hidden_ticket_is_never_found(self, desk: Desk) -> None:
        """Systems that hide a ticket as missing make it a failure, and never an approval."""
        desk.hide_ticket()
        assert not isinstance(desk.open().fetch(desk.ticket), ChangeRequest)

    def test_a_system_that_shows_nothing_misses_nothing(self, desk: Desk) -> None:
        """Not found, where nothing can be found, is a problem."""
        desk.hide_everything()
        for ticket in (desk.ticket, desk.missing):
            _check(desk.open().fetch(ticket), desk)

    def test_wrong_credentials_are_told_as_such(self, desk: Desk) -> None:
        """Whether or not the ticket is there."""
        for ticket in (desk.ticket, desk.missing):
            problem = _check(desk.open(secret="wr0ng").fetch(ticket), desk)
            assert problem.kind is ProblemKind.CREDENTIALS
            assert "wr0ng" not in repr(problem)

    def test_no_credentials_are_told_before_anything_is_asked(self, desk: Desk) -> None:
        """An unset variable is the likeliest mistake."""
        before = desk.asked()
        found = desk.open(secret="").fetch(desk.ticket)
        assert isinstance(found, Problem)
        assert found.kind is ProblemKind.CREDENTIALS
        assert desk.asked() == before

    def test_a_spoiled_reply_is_a_problem(self, desk: Desk) -> None:
        """Whatever the reply is instead of an answer."""
        for fault in desk.faults:
            desk.spoil(fault)
            _check(desk.open().fetch(desk.ticket), desk)

    # ---------------------------------------------------------------- IDs

    def test_nothing_is_asked_for_what_is_no_id(self, desk: Desk) -> None:
        """UsageError, before any request, and the grammar says the same."""
        before, system = desk.asked(), desk.open()
        for text in _no_ids(desk.ticket):
            assert not desk.grammar().claims(text)
            try:
                system.fetch(text)
            except UsageError as error:
                assert error.remedy  # noqa: PT017 -- pytest is not imported here
            else:
                raise AssertionError(f"{text!r} was asked for")
        assert desk.asked() == before

    def test_ids_are_found_as_whole_words(self, desk: Desk) -> None:
        """And nothing that only holds one."""
        grammar, ticket = desk.grammar(), desk.ticket
        assert grammar.claims(ticket)
        assert grammar.is_key(ticket)
        assert grammar.find(f"Deploys {ticket}, please; {ticket} it is") == (ticket,)
        for text in (f"x{ticket}", f"{ticket}x", f"_{ticket}", f"{ticket}99999999999", ""):
            assert grammar.find(text) == ()
        assert ticket in grammar.form or grammar.form

    # ---------------------------------------------------------------- ourselves

    def test_our_own_account_and_clock_are_known_afterwards(self, desk: Desk) -> None:
        """Approvals by our own account never count, so it must be known whose it is."""
        system = desk.open()
        system.fetch(desk.ticket)
        assert system.own_accounts()
        assert all(clock.service == system.own_accounts()[0].system for clock in system.clocks())
        assert len(system.requests()) == desk.asked()
        system.close()
        system.close()

    def test_the_doctor_hears_what_is_granted_and_what_is_not(self, desk: Desk) -> None:
        """The first right is that the system knows us; none follows where it does not."""
        desk.approve(by="bob", at=desk.opened_at + HOUR)
        rights = list(desk.open().rights())
        assert len(rights) > 1
        assert [r for r in rights if r.problem is not None and r.needed] == []
        refused = list(desk.open(secret="wr0ng").rights())
        assert len(refused) == 1
        assert refused[0].problem is not None
        assert refused[0].needed

    def test_no_secret_is_shown(self, desk: Desk) -> None:
        """Neither in what comes back nor in what stands for the system."""
        system = desk.open()
        told = repr(system.fetch(desk.ticket)) + repr(system) + repr(system.requests())
        assert desk.secret not in told


def _read(desk: Desk) -> ChangeRequest:
    found = desk.open().fetch(desk.ticket)
    assert isinstance(found, ChangeRequest), found
    return found


def _had(texts: Maybe[tuple[EditedText, ...]]) -> tuple[EditedText, ...]:
    assert not isinstance(texts, Problem), texts
    return texts


def _decided(desk: Desk) -> list[Approval]:
    """The approvals and objections."""
    approvals = _read(desk).approvals
    assert not isinstance(approvals, Problem), approvals
    return [each for each in approvals if each.verdict is not Verdict.PENDING]


def _standing(desk: Desk) -> list[Approval]:
    """The approvals that were surely given since the ticket was last sent back."""
    back = _read(desk).sent_back
    assert not isinstance(back, Problem), back
    given = [each for each in _decided(desk) if each.verdict is Verdict.APPROVED]
    return given if back is None else [a for a in given if _since(a) > back.at]


def _since(approval: Approval) -> datetime:
    earliest = approval.not_before if approval.latest_possible else approval.decided_at
    assert earliest is not None
    return earliest


def _assert_within(approval: Approval, at: datetime) -> None:
    assert approval.decided_at is not None
    if approval.latest_possible:
        assert approval.decided_at >= at
        assert approval.not_before is None or approval.not_before <= at
    else:
        assert approval.decided_at == at


def _check(found: Maybe[ChangeRequest | MissingTicket], desk: Desk) -> Problem:
    assert isinstance(found, Problem), found
    assert found.service
    assert found.request
    assert found.cause
    assert found.remedy
    assert desk.secret not in repr(found)
    assert repr(found).isprintable()
    return found


def _id(account: Account | None) -> tuple[str, str]:
    return ("", "") if account is None else (account.system, account.key)


def _no_ids(ticket: str) -> tuple[str, ...]:
    return (
        *("", " ", "null", "none", "424", "2026-01-05", "CVE-2026-12345"),
        *(f" {ticket}", f"{ticket} ", f"{ticket}\n", f"../{ticket}", f"{ticket}/comment"),
        *(f"{ticket}^ORnumber=x", f"{ticket}?x=1", f"{ticket}\0", f"x{ticket}", ticket * 30),
    )
