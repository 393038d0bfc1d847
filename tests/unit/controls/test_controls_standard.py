"""Standard changes: approved beforehand by their template, and reviewed all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from worlds import (
    JIRA,
    NOW,
    at,
    github,
    good_approval,
    good_change,
    good_environment,
    good_facts,
    good_history,
    good_policy,
    good_pull_request,
    good_push,
    good_review,
    good_ticket,
    judged,
    person,
    problem,
    with_rules,
)

from gate.config.types import PersonEntry, Policy, ServiceNowSettings, StandardTemplate
from gate.model import (
    Account,
    AccountKind,
    ChangeRequest,
    DecisionKind,
    Facts,
    Level,
    Lookup,
    Outcome,
    Problem,
    ProblemKind,
    StandardChange,
    Status,
    TicketReference,
    TicketSource,
    Verdict,
)
from gate.policy import evaluate

TEMPLATE = StandardTemplate("a" * 32, ("shop",), NOW + timedelta(days=1))
SERVICENOW = ServiceNowSettings(
    url="https://acme.service-now.com",
    auth="basic",
    projects=("CHG",),
    types=("normal", "standard", "emergency"),
    scope=("cmdb_ci",),
    deployable=("-1",),
    closed=("3", "4"),
    rollback_plan=("backout_plan",),
    test_plan=("test_plan",),
    standard_templates=(TEMPLATE,),
)


def snow(name: str) -> Account:
    return Account("servicenow", name, AccountKind.PERSON, name.capitalize())


def standard_policy(**changes: Any) -> Policy:
    people = tuple(
        PersonEntry(p.name, p.emails, {**p.accounts, "servicenow": p.name})
        for p in map(person, ("alice", "bob", "carol", "dave", "erin"))
    )
    settings = replace(SERVICENOW, **changes)
    return good_policy(tickets={"servicenow": settings, "jira": JIRA}, people=people)


def standard_ticket(**changes: Any) -> ChangeRequest:
    """Opened by dave after the review, nobody asked for approval, and it names nothing."""
    base = good_ticket()
    ticket = replace(
        base,
        system="servicenow",
        id="b" * 32,
        key="CHG0030001",
        project="CHG",
        type="standard",
        status=Status("-1", "Implement"),
        created_at=at("09:05"),
        creator=snow("dave"),
        reporter=snow("dave"),
        approvals=(),
        scope=(),
        rollback_plan=tuple(
            replace(text, edited_at=at("09:05"))
            for text in base.rollback_plan  # type: ignore[union-attr]  # it is there
        ),
        standard=StandardChange(TEMPLATE.id),
    )
    return replace(ticket, **changes)


def facts_of(*tickets: ChangeRequest, **changes: Any) -> Facts:
    given = tuple(TicketReference(t.system, t.key, TicketSource.OPTION) for t in tickets)
    known: dict[str, Any] = {
        "given": given,
        "tickets": tuple(Lookup(g, t) for g, t in zip(given, tickets, strict=True)),
        "history": good_history(uses={t.key: () for t in tickets}),
    }
    return good_facts(**known | changes)


def decision(facts: Facts, policy: Policy | None = None) -> tuple[DecisionKind, set[str]]:
    made = evaluate(facts, policy or standard_policy(), NOW)
    bad = {
        c.id
        for c in made.controls
        if c.level is Level.REQUIRE and c.judgement.outcome is not Outcome.PASS
    }
    return made.kind, bad


def test_a_standard_change_of_a_listed_template_needs_no_approval_of_its_own() -> None:
    assert decision(facts_of(standard_ticket())) == (DecisionKind.ALLOWED, set())
    observed = judged("approved", facts_of(standard_ticket()), standard_policy()).observed
    assert TEMPLATE.id in observed.text.format(**observed.args)


def _others() -> Iterator[tuple[str, Policy, ChangeRequest]]:
    expired = replace(TEMPLATE, expires=NOW)
    yield "expired", standard_policy(standard_templates=(expired,)), standard_ticket()
    elsewhere = replace(TEMPLATE, services=("billing",))
    yield "of another service", standard_policy(standard_templates=(elsewhere,)), standard_ticket()
    yield "unlisted", standard_policy(standard_templates=()), standard_ticket()
    other = StandardChange("c" * 32)
    yield "another template", standard_policy(), standard_ticket(standard=other)
    yield "no template", standard_policy(), standard_ticket(standard=None)
    yield "empty", standard_policy(), standard_ticket(standard=StandardChange(""))
    yield "a normal change", standard_policy(), standard_ticket(type="normal")
    yield "an emergency", standard_policy(), standard_ticket(type="emergency")


@pytest.mark.parametrize(
    ("policy", "ticket"), [c[1:] for c in _others()], ids=[c[0] for c in _others()]
)
def test_any_other_needs_approval(policy: Policy, ticket: ChangeRequest) -> None:
    kind, bad = decision(facts_of(ticket), policy)
    assert kind is DecisionKind.DENIED
    assert bad >= {"approved", "approver-independent", "approval-covers-change"}


def test_a_template_that_is_hidden_leaves_it_open() -> None:
    hidden = problem(ProblemKind.HIDDEN, "servicenow")
    facts = facts_of(standard_ticket(standard=hidden))
    assert judged("approved", facts, standard_policy()).outcome is Outcome.UNDETERMINED
    assert decision(facts)[0] is not DecisionKind.ALLOWED


def test_a_standard_change_beside_an_ordinary_one_needs_approval_like_that() -> None:
    approved = good_ticket()
    assert decision(facts_of(standard_ticket(), approved))[0] is DecisionKind.DENIED
    assert "approved" in decision(facts_of(standard_ticket(), approved))[1]


def test_an_objection_counts_against_a_standard_change() -> None:
    no = good_approval(account=snow("bob"), verdict=Verdict.DECLINED)
    kind, bad = decision(facts_of(standard_ticket(approvals=(no,))))
    assert kind is DecisionKind.DENIED
    assert bad == {"approved"}


def test_approvals_that_could_not_be_read_may_hold_an_objection() -> None:
    unread = problem(ProblemKind.HIDDEN, "servicenow")
    kind, _ = decision(facts_of(standard_ticket(approvals=unread)))
    assert kind is DecisionKind.UNDETERMINED


def with_reviews(*reviews: Any, **changes: Any) -> Facts:
    pull = good_pull_request(reviews=reviews, **changes)
    return facts_of(standard_ticket(), change=good_change(pull_requests=(pull,)))


@pytest.mark.parametrize("level", [None, Level.OFF, Level.WARN])
def test_review_stays_required_whatever_the_policy_says_of_it(level: Level | None) -> None:
    environment = good_environment(controls={"peer-reviewed": level} if level else {})
    policy = replace(standard_policy(), environments={"production": environment})
    assert decision(facts_of(standard_ticket()), policy)[0] is DecisionKind.ALLOWED
    kind, bad = decision(with_reviews(), policy)
    assert kind is DecisionKind.DENIED
    assert bad >= {"approved", "approver-independent"}


def test_no_maker_and_not_the_tickets_author_may_be_the_reviewer() -> None:
    assert decision(with_reviews(good_review("alice")))[0] is DecisionKind.DENIED
    kind, bad = decision(with_reviews(good_review("dave")))  # who opened the ticket
    assert kind is DecisionKind.DENIED
    assert bad == {"approver-independent"}
    assert decision(with_reviews(good_review("bob")))[0] is DecisionKind.ALLOWED
    mallory = good_review("mallory", account=github("mallory"))
    assert decision(with_reviews(mallory))[0] is DecisionKind.UNDETERMINED


def test_a_push_after_the_review_is_no_reviewed_code() -> None:
    late = good_push(clock="08:55")
    kind, bad = decision(with_reviews(good_review(), pushes=(good_push(), late)))
    assert kind is DecisionKind.DENIED
    assert "approval-covers-change" in bad


def test_a_standard_change_is_used_once() -> None:
    from worlds import good_use

    uses = {"CHG0030001": (good_use("09:10"),)}
    kind, bad = decision(facts_of(standard_ticket(), history=good_history(uses=uses)))
    assert kind is DecisionKind.DENIED
    assert bad == {"ticket-not-reused"}


@pytest.mark.parametrize("state", ["-5", "0", "3", "4", "1", ""])
def test_a_state_is_compared_by_its_value(state: str) -> None:
    ticket = standard_ticket(status=Status(state, "Implement"))
    assert judged("ticket-open", facts_of(ticket), standard_policy()).outcome is not Outcome.PASS
    facts = facts_of(standard_ticket(status=Status("-1", "whatever it is called")))
    assert judged("ticket-open", facts, standard_policy()).outcome is Outcome.PASS


@pytest.mark.parametrize("changes", [{"project": "ECHG"}, {"key": "CHX0030001"}, {"type": "x"}])
def test_a_change_of_another_prefix_or_type_is_none(changes: dict[str, str]) -> None:
    facts = facts_of(standard_ticket(**changes))
    assert judged("ticket-exists", facts, standard_policy()).outcome is Outcome.FAIL
    good = facts_of(standard_ticket())
    assert judged("ticket-exists", good, standard_policy()).outcome is Outcome.PASS


def test_a_system_that_the_policy_does_not_know_has_no_tickets() -> None:
    facts = facts_of(standard_ticket(system="desk"))
    for control in ("ticket-exists", "ticket-open"):
        assert judged(control, facts, standard_policy()).outcome is Outcome.FAIL
    assert decision(facts)[0] is DecisionKind.DENIED


# ---------------------------------------------------------------- edits known by a bound


def test_an_edit_that_may_be_older_than_the_approval_leaves_it_open() -> None:
    text = good_ticket().scope
    assert not isinstance(text, Problem)
    bound = tuple(replace(t, edited_at=at("09:20"), latest_possible=True) for t in text)
    facts = good_facts(good_ticket(scope=bound))
    for control in ("approval-covers-change", "ticket-covers-change"):
        assert judged(control, facts).outcome is Outcome.UNDETERMINED
    early = tuple(replace(t, edited_at=at("08:40"), latest_possible=True) for t in text)
    facts = good_facts(good_ticket(scope=early))
    for control in ("approval-covers-change", "ticket-covers-change"):
        assert judged(control, facts).outcome is Outcome.PASS


def test_every_author_of_a_ticket_is_kept_from_approving_it() -> None:
    by_bob = good_facts(good_ticket(others=(good_approval().account,)))
    assert judged("approver-independent", by_bob).outcome is Outcome.FAIL
    hidden = good_facts(good_ticket(others=(None,)))
    assert judged("approver-independent", hidden).outcome is Outcome.UNDETERMINED
    policy = with_rules(independent_of=("change-author",))
    assert judged("approver-independent", by_bob, policy).outcome is Outcome.PASS
