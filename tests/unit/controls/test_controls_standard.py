"""Standard changes: approved beforehand by their template, and reviewed all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from standard_worlds import (
    TEMPLATE,
    facts_of,
    snow,
    standard_policy,
    standard_ticket,
    with_reviews,
)
from worlds import (
    NOW,
    at,
    github,
    good_approval,
    good_environment,
    good_facts,
    good_history,
    good_push,
    good_review,
    good_ticket,
    good_use,
    judged,
    problem,
    with_rules,
)

from gate.config.types import Policy
from gate.model import (
    ChangeRequest,
    DecisionKind,
    Facts,
    Level,
    Outcome,
    Problem,
    ProblemKind,
    StandardChange,
    Status,
    Verdict,
)
from gate.policy import evaluate


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


@pytest.mark.parametrize("sources", [("change-request",), ("review",)])
def test_an_objection_counts_against_a_standard_change(sources: tuple[str, ...]) -> None:
    no = good_approval(account=snow("bob"), verdict=Verdict.DECLINED)
    policy = with_rules(standard_policy(), sources=sources)
    kind, bad = decision(facts_of(standard_ticket(approvals=(no,))), policy)
    assert kind is DecisionKind.DENIED
    assert bad == {"approved"}


@pytest.mark.parametrize("sources", [("change-request",), ("review",)])
def test_approvals_that_could_not_be_read_may_hold_an_objection(sources: tuple[str, ...]) -> None:
    unread = problem(ProblemKind.HIDDEN, "servicenow")
    policy = with_rules(standard_policy(), sources=sources)
    kind, _ = decision(facts_of(standard_ticket(approvals=unread)), policy)
    assert kind is DecisionKind.UNDETERMINED


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
