"""ticket-given, ticket-exists, ticket-open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from worlds import (
    JIRA,
    good_environment,
    good_facts,
    good_policy,
    good_ticket,
    judged,
    problem,
    reference,
)

from gate.config.types import Policy
from gate.model import (
    Facts,
    Lookup,
    MissingTicket,
    Outcome,
    ProblemKind,
    Status,
    TicketReference,
    TicketSource,
)

OTHERS = (
    "ticket-open",
    "ticket-predates-deployment",
    "ticket-covers-change",
    "approved",
    "approval-predates-deployment",
    "approver-independent",
    "approval-covers-change",
    "ticket-not-reused",
    "rollback-plan",
    "test-plan",
)


def jira_with(**changes: object) -> Policy:
    return good_policy(jira=replace(JIRA, **changes))  # type: ignore[arg-type]  # test data


def looked_up(result: object) -> Facts:
    return good_facts(tickets=(Lookup(reference(), result),))  # type: ignore[arg-type]  # test data


def test_a_given_ticket_passes_and_is_named_with_its_source() -> None:
    judgement = judged("ticket-given")
    assert judgement.outcome is Outcome.PASS
    assert judgement.observed.args == {"ticket": "CHG-1", "source": "option"}


def test_no_ticket_fails() -> None:
    judgement = judged("ticket-given", good_facts(given=(), tickets=()))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "ticket-given.none"


def test_a_source_that_the_environment_does_not_allow_fails() -> None:
    environment = good_environment()
    rules = replace(environment.ticket, sources=(TicketSource.OPTION,))
    policy = good_policy(replace(environment, ticket=rules))
    given = reference(source=TicketSource.COMMIT)
    facts = good_facts(given=(given,), tickets=(Lookup(given, good_ticket()),))
    assert judged("ticket-given", facts, policy).outcome is Outcome.FAIL
    also = (reference(), given)
    facts = good_facts(given=also, tickets=tuple(Lookup(one, good_ticket()) for one in also))
    assert judged("ticket-given", facts, policy).outcome is Outcome.FAIL


def test_unread_sources_are_undetermined() -> None:
    facts = good_facts(given=problem(ProblemKind.INCOMPLETE, "github"), tickets=())
    judgement = judged("ticket-given", facts)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.observed.code == "problem.incomplete"


@pytest.mark.parametrize(
    "facts",
    [
        good_facts(tickets=()),
        good_facts(given=(reference(), reference("CHG-2"))),
        good_facts(given=(reference("CHG-2"),)),
    ],
)
def test_lookups_that_are_not_those_of_the_references_are_undetermined(facts: Facts) -> None:
    assert judged("ticket-given", facts).outcome is Outcome.UNDETERMINED
    assert judged("ticket-exists", facts).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize("control", OTHERS)
@pytest.mark.parametrize(
    "facts",
    [
        good_facts(given=(), tickets=()),
        good_facts(given=problem(), tickets=()),
        good_facts(tickets=()),
        looked_up(problem()),
        looked_up(MissingTicket()),
        looked_up(good_ticket(key="OPS-3")),
    ],
)
def test_without_a_ticket_no_control_on_tickets_passes(control: str, facts: Facts) -> None:
    judgement = judged(control, facts)
    assert judgement.outcome in {Outcome.UNDETERMINED, Outcome.FAIL}
    assert "see ticket-" in judgement.observed.text


def test_the_ticket_that_was_asked_for_exists() -> None:
    assert judged("ticket-exists").outcome is Outcome.PASS


def test_a_moved_ticket_fails_and_its_new_id_is_named() -> None:
    judgement = judged("ticket-exists", looked_up(good_ticket(key="OPS-3", project="OPS")))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "ticket-exists.moved"
    assert "OPS-3" in str(judgement.observed.args["found"])


@pytest.mark.parametrize("key", ["chg-1", "CHG-10", " CHG-1", "CHG-01", ""])
def test_ids_are_compared_exactly(key: str) -> None:
    assert judged("ticket-exists", looked_up(good_ticket(key=key))).outcome is Outcome.FAIL


def test_a_ticket_of_another_system_is_another_ticket() -> None:
    facts = looked_up(good_ticket(system="servicenow"))
    assert judged("ticket-exists", facts).outcome is Outcome.FAIL


def test_an_empty_id_matches_nothing() -> None:
    empty = TicketReference("jira", "", TicketSource.OPTION)
    facts = good_facts(given=(empty,), tickets=(Lookup(empty, good_ticket(key="")),))
    assert judged("ticket-exists", facts).outcome is Outcome.FAIL


def test_a_missing_ticket_fails_and_says_missing_or_hidden() -> None:
    judgement = judged("ticket-exists", looked_up(MissingTicket()))
    assert judgement.outcome is Outcome.FAIL
    assert "missing or hidden" in judgement.observed.text
    assert judgement.observed.args["system"] == "jira"


@pytest.mark.parametrize("kind", list(ProblemKind))
def test_a_lookup_that_did_not_work_is_undetermined_with_its_own_remedy(kind: ProblemKind) -> None:
    judgement = judged("ticket-exists", looked_up(problem(kind)))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.observed.code == f"problem.{kind}"
    assert judgement.observed.args["cause"] == "It did not answer."
    assert judgement.remedy is not None
    assert judgement.remedy.args["remedy"] == "Try again later."


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ("jira could not be reached", "jira: could not be reached (asked: GET /thing)"),
        ("Jira did not answer", "jira: did not answer (asked: GET /thing)"),
        ("the jira is slow", "jira: the jira is slow (asked: GET /thing)"),
        ("Jiras differ", "jira: Jiras differ (asked: GET /thing)"),
        ("Jira", "jira: Jira (asked: GET /thing)"),
        ("", "jira:  (asked: GET /thing)"),
    ],
)
def test_a_problem_names_its_service_once(cause: str, told: str) -> None:
    observed = judged("ticket-exists", looked_up(replace(problem(), cause=cause))).observed
    assert observed.text.format(**observed.args) == told


def test_project_and_type_must_be_allowed() -> None:
    assert judged("ticket-exists", None, jira_with(projects=("OPS",))).outcome is Outcome.FAIL
    assert judged("ticket-exists", None, jira_with(types=("Bug",))).outcome is Outcome.FAIL
    assert judged("ticket-exists", None, jira_with(types=("Change",))).outcome is Outcome.PASS
    elsewhere = looked_up(good_ticket(project="OPS"))
    assert judged("ticket-exists", elsewhere).outcome is Outcome.FAIL
    both = jira_with(projects=("CHG", "OPS"))
    assert judged("ticket-exists", elsewhere, both).outcome is Outcome.FAIL


def test_every_ticket_is_judged_and_the_worst_one_decides() -> None:
    second = good_ticket(key="CHG-2", status=Status("9", "Rejected"))
    judgement = judged("ticket-open", good_facts(good_ticket(), second))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.args["ticket"] == "CHG-2"


def test_a_failure_is_told_with_what_is_undetermined_beside_it() -> None:
    facts = good_facts(good_ticket(key="CHG-1"), good_ticket(key="CHG-2"))
    facts = replace(
        facts,
        tickets=(
            Lookup(reference("CHG-1"), MissingTicket()),
            Lookup(reference("CHG-2"), problem()),
        ),
    )
    judgement = judged("ticket-exists", facts)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "ticket-exists.missing"
    assert judgement.observed.args["also"] == ("problem.unavailable",)
    assert "It did not answer." in judgement.observed.text.format(**judgement.observed.args)


@pytest.mark.parametrize(
    ("entries", "status", "outcome"),
    [
        (("Approved",), Status("3", "Approved"), Outcome.PASS),
        (("3",), Status("3", "Approved"), Outcome.PASS),
        (("Approved",), Status("3", "approved"), Outcome.FAIL),
        (("Approved",), Status("3", "Approved "), Outcome.FAIL),
        (("Approve",), Status("3", "Approved"), Outcome.FAIL),
        (("1",), Status("3", "1"), Outcome.FAIL),  # a name that looks like an id
        (("1",), Status("1", "Open"), Outcome.PASS),
        (("Open",), Status("Open", "Closed"), Outcome.FAIL),  # an id that looks like a name
        (("1",), Status("10", "Open"), Outcome.FAIL),
        ((), Status("3", "Approved"), Outcome.FAIL),
        (("",), Status("", "Approved"), Outcome.FAIL),
        (("",), Status("3", ""), Outcome.FAIL),
        (("Approved",), Status("", ""), Outcome.UNDETERMINED),
    ],
)
def test_a_status_is_matched_by_id_or_by_exact_name(
    entries: tuple[str, ...], status: Status, outcome: Outcome
) -> None:
    facts = looked_up(good_ticket(status=status))
    assert judged("ticket-open", facts, jira_with(deployable=entries)).outcome is outcome
