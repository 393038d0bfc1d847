"""Emergencies: who declares them, what they do without, and what they never do without."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from worlds import (
    NOW,
    at,
    git,
    github,
    good_approval,
    good_change,
    good_commit,
    good_deployment,
    good_environment,
    good_facts,
    good_history,
    good_policy,
    good_pull_request,
    good_review,
    good_run,
    good_ticket,
    jira,
    problem,
    shell_deployment,
)

from gate.config.types import EmergencyRules, Policy
from gate.controls.emergency import DECLARED
from gate.controls.emergency_reviewed import OPEN_AT_MOST
from gate.model import (
    AccountKind,
    Decision,
    DecisionKind,
    EntryLink,
    Facts,
    Free,
    Level,
    MissingTicket,
    OpenEmergency,
    Outcome,
    ProblemKind,
    RunClaim,
    Verdict,
)
from gate.policy import evaluate

REASON = Free("The checkout is down.")
DAY = timedelta(hours=24)
RULES = EmergencyRules(waives=("approved",), review_within=DAY, by=("sre",))
REVIEWED = {"peer-reviewed": Level.REQUIRE}
MISSING = ("approved", "ticket-covers-change", "approval-predates-deployment")


def policy(rules: EmergencyRules | None = RULES, **changes: Any) -> Policy:
    """erin, who starts the pipelines, is the one who may declare emergencies."""
    return good_policy(good_environment(emergency=rules, **changes))


def rules_of(**changes: Any) -> Any:
    return replace(good_environment().approvals, **changes)


def urgent(*tickets: Any, **changes: Any) -> Facts:
    return replace(good_facts(*tickets, **changes), emergency=REASON)


def unapproved(**changes: Any) -> Facts:
    return urgent(good_ticket(approvals=(), **changes))


def judged(facts: Facts, given: Policy | None = None) -> Decision:
    return evaluate(facts, given or policy(), NOW)


def outcome(decision: Decision, control: str) -> Outcome:
    return next(r.judgement.outcome for r in decision.controls if r.id == control)


# ---------------------------------------------------------------- what is waived


def test_with_no_approval_at_all_an_emergency_goes_on_and_is_to_be_reviewed() -> None:
    made = judged(unapproved())
    assert made.kind is DecisionKind.EMERGENCY
    assert made.emergency is not None
    assert made.emergency.reason == REASON
    assert made.emergency.review_by == NOW + DAY
    assert not made.emergency.seconded
    waived = [r.id for r in made.controls if r.judgement.outcome is Outcome.WAIVED]
    assert made.emergency.waived == tuple(waived)
    assert set(waived) == {*MISSING, "approver-independent", "approval-covers-change"}
    assert outcome(made, DECLARED) is Outcome.PASS
    for result in made.controls:
        if result.judgement.outcome is Outcome.WAIVED:
            assert result.judgement.remedy is not None
            assert result.level is Level.REQUIRE


def test_what_needs_no_waiver_is_allowed_and_no_emergency() -> None:
    for actor in ("erin", "mallory"):
        anybody = policy(controls={"deployer-authorised": Level.OFF})
        made = judged(urgent(run=good_run(actor=github(actor))), anybody)
        assert made.kind is DecisionKind.ALLOWED
        assert DECLARED not in [result.id for result in made.controls]
        assert made.emergency is not None
        assert (made.emergency.waived, made.emergency.review_by) == ((), None)


def test_without_a_declaration_nothing_changes() -> None:
    facts = replace(unapproved(), emergency=None)
    made = judged(facts)
    assert (made.kind, made.emergency) == (DecisionKind.DENIED, None)


def test_one_thing_that_is_not_waivable_keeps_everything_from_being_waived() -> None:
    made = judged(unapproved(rollback_plan=()))
    assert made.kind is DecisionKind.DENIED
    assert Outcome.WAIVED not in {result.judgement.outcome for result in made.controls}
    assert made.emergency is not None
    assert (made.emergency.waived, made.emergency.review_by) == ((), None)
    assert made.emergency.against == ("rollback-plan",)
    more = replace(RULES, waives=("approved", "rollback-plan"))
    assert judged(unapproved(rollback_plan=()), policy(more)).kind is DecisionKind.EMERGENCY


def test_an_unknown_may_be_waived_like_a_failure() -> None:
    rules = replace(RULES, waives=("rollback-plan", "approval-covers-change"))
    made = judged(urgent(good_ticket(rollback_plan=problem())), policy(rules))
    assert made.kind is DecisionKind.EMERGENCY
    assert made.emergency is not None
    assert made.emergency.waived == ("approval-covers-change", "rollback-plan")


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (replace(unapproved(), given=(), tickets=()), DecisionKind.DENIED),
        (
            replace(
                unapproved(),
                tickets=tuple(replace(t, result=MissingTicket()) for t in unapproved().tickets),
            ),
            DecisionKind.DENIED,
        ),
        (
            replace(
                unapproved(),
                tickets=tuple(replace(t, result=problem()) for t in unapproved().tickets),
            ),
            DecisionKind.UNDETERMINED,
        ),
        (urgent(clocks=()), DecisionKind.UNDETERMINED),
        (urgent(history=problem(service="log")), DecisionKind.UNDETERMINED),
        (replace(unapproved(), clocks=()), DecisionKind.DENIED),
        (replace(unapproved(), history=problem(service="log")), DecisionKind.DENIED),
    ],
)
def test_nothing_of_integrity_is_waived_whatever_the_policy_lists(
    facts: Facts, kind: DecisionKind
) -> None:
    everything = tuple(result.id for result in judged(good_facts()).controls)
    assert judged(facts, policy(replace(RULES, waives=everything))).kind is kind


def test_independence_is_waived_with_the_approval_only_while_there_is_none_at_all() -> None:
    for given in (
        good_approval("dave"),  # may not approve
        good_approval("mallory"),  # nobody's account
        good_approval(account=None),
        good_approval("bob", verdict=Verdict.DECLINED),
    ):
        made = judged(urgent(good_ticket(approvals=(given,))))
        assert made.kind in {DecisionKind.DENIED, DecisionKind.UNDETERMINED}, given
    pending = good_approval(verdict=Verdict.PENDING, decided_at=None)
    assert judged(urgent(good_ticket(approvals=(pending,)))).kind is DecisionKind.EMERGENCY
    made = judged(urgent(good_ticket(approvals=problem())))
    assert made.kind is DecisionKind.UNDETERMINED


def test_the_makers_of_a_change_are_no_approvers_in_an_emergency_either() -> None:
    by_bob = good_change(pull_requests=(good_pull_request(author=github("bob")),))
    assert judged(urgent(change=by_bob)).kind is DecisionKind.DENIED
    unvouched = replace(
        good_change(),
        commits=(good_commit("8" * 40, "b" * 40, author=git("mal")),),
        head="8" * 40,
        pull_requests=(),
    )
    deployment = good_deployment(commit="8" * 40)
    facts = replace(unapproved(), change=unvouched, deployment=deployment)
    facts = replace(facts, run=good_run(head_sha="8" * 40))
    rules = replace(RULES, waives=("approved", "approval-covers-change", "commit-on-release-ref"))
    made = judged(facts, policy(rules))
    assert made.kind is DecisionKind.DENIED
    assert made.emergency is not None
    assert made.emergency.against == ("approver-independent",)


def test_where_reviews_are_approvals_one_of_them_is_an_approval() -> None:
    with_reviews = policy(approvals=rules_of(sources=("change-request", "review")))
    none = good_change(pull_requests=(good_pull_request(reviews=()),))
    assert judged(replace(unapproved(), change=none), with_reviews).kind is DecisionKind.EMERGENCY
    declined = good_review("dave", verdict=Verdict.DECLINED)
    for reviews in ((good_review("dave"),), (declined,), problem(service="github")):
        change = good_change(pull_requests=(good_pull_request(reviews=reviews),))
        made = judged(replace(unapproved(), change=change), with_reviews)
        assert made.kind in {DecisionKind.DENIED, DecisionKind.UNDETERMINED}


def test_an_objection_stands_whatever_the_policy_waives() -> None:
    everything = tuple(result.id for result in judged(good_facts()).controls)
    objection = good_approval("bob", verdict=Verdict.DECLINED)
    facts = urgent(good_ticket(approvals=(good_approval("carol"), objection)))
    assert judged(facts, policy(replace(RULES, waives=everything))).kind is DecisionKind.DENIED


def test_nor_is_a_request_for_changes_waived_with_the_review() -> None:
    given = policy(replace(RULES, waives=("peer-reviewed",)), controls=REVIEWED)
    nobody = good_change(pull_requests=(good_pull_request(reviews=()),))
    assert judged(urgent(change=nobody), given).kind is DecisionKind.EMERGENCY
    objection = good_review("dave", verdict=Verdict.DECLINED)
    objected = good_change(pull_requests=(good_pull_request(reviews=(objection,)),))
    made = judged(urgent(change=objected), given)
    assert made.kind is DecisionKind.DENIED
    assert made.emergency is not None
    assert made.emergency.against == ("peer-reviewed",)


# ---------------------------------------------------------------- who declares


@pytest.mark.parametrize(
    ("actor", "kind", "declared"),
    [
        ("erin", DecisionKind.EMERGENCY, Outcome.PASS),
        ("alice", DecisionKind.DENIED, Outcome.FAIL),
        ("mallory", DecisionKind.DENIED, Outcome.UNDETERMINED),
    ],
)
def test_only_those_the_policy_names_declare_one(
    actor: str, kind: DecisionKind, declared: Outcome
) -> None:
    made = judged(replace(unapproved(), run=good_run(actor=github(actor))))
    assert made.kind is kind
    assert outcome(made, DECLARED) is declared


def test_an_app_declares_none_though_somebody_lists_its_account() -> None:
    made = judged(
        replace(unapproved(), run=good_run(actor=replace(github("erin"), kind=AccountKind.APP)))
    )
    assert made.kind is DecisionKind.DENIED
    assert outcome(made, DECLARED) is Outcome.FAIL


def test_a_claim_of_who_deploys_does_not_do_unless_the_policy_accepts_it() -> None:
    claim = RunClaim("gitlab", "1", actor="erin", created_at=at("09:15"))
    facts = replace(
        unapproved(), run=problem(ProblemKind.CLAIM), deployment=good_deployment(run=claim)
    )
    people = tuple(
        replace(each, accounts={**each.accounts, "gitlab": each.name})
        for each in good_policy().people
    )
    one = policy(accept_claims=("pipeline-start",))
    assert judged(facts, replace(one, people=people)).kind is DecisionKind.DENIED
    both = policy(accept_claims=("pipeline-start", "deployer"))
    made = judged(facts, replace(both, people=people))
    assert made.kind is DecisionKind.EMERGENCY
    assert set(made.claims) == {"pipeline-start", "deployer"}


def test_nobody_declares_one_in_a_plain_shell_or_where_the_policy_has_none() -> None:
    facts = replace(unapproved(), run=None, deployment=shell_deployment())
    made = judged(facts, policy(ticket=replace(good_environment().ticket, predates="merge")))
    assert made.kind is DecisionKind.DENIED
    assert outcome(made, DECLARED) is Outcome.UNDETERMINED
    made = judged(unapproved(), policy(None))
    assert made.kind is DecisionKind.DENIED
    assert outcome(made, DECLARED) is Outcome.FAIL


# ---------------------------------------------------------------- overdue reviews


def open_until(*clocks: str) -> Any:
    return good_history(
        emergencies=tuple(
            OpenEmergency(EntryLink(n, "d" * 64), at(clock)) for n, clock in enumerate(clocks)
        )
    )


def test_an_overdue_review_blocks_the_next_deployment() -> None:
    assert judged(good_facts(history=open_until("09:30", "10:00"))).kind is DecisionKind.ALLOWED
    made = judged(good_facts(history=open_until("10:00", "09:29:59")))
    assert made.kind is DecisionKind.DENIED
    (late,) = (r for r in made.controls if r.id == "emergency-reviewed")
    assert late.judgement.observed.args["entries"] == (1,)
    assert late.judgement.remedy is not None
    assert late.judgement.remedy.args["entry"] == 1
    warned = policy(controls={"emergency-reviewed": Level.WARN})
    assert judged(good_facts(history=open_until("09:00")), warned).kind is DecisionKind.ALLOWED


def test_it_blocks_emergencies_too_unless_somebody_else_approves() -> None:
    late = open_until("09:00")
    everything = tuple(result.id for result in judged(good_facts()).controls)
    given = policy(replace(RULES, waives=everything))
    assert judged(replace(unapproved(), history=late), given).kind is DecisionKind.DENIED
    facts = urgent(good_ticket(rollback_plan=()), history=late)
    made = judged(facts, given)
    assert made.kind is DecisionKind.EMERGENCY
    assert made.emergency is not None
    assert made.emergency.seconded
    assert made.emergency.waived == ("rollback-plan",)
    assert judged(replace(facts, emergency=None), given).kind is DecisionKind.DENIED


@pytest.mark.parametrize(
    "approvals",
    [
        (good_approval("erin"),),  # the deployer, who may approve here
        (good_approval("mallory"),),
        (good_approval(clock="09:31"),),  # in the future
        (good_approval(), good_approval("carol", verdict=Verdict.DECLINED)),
        problem(),
    ],
)
def test_what_is_no_second_person(approvals: Any) -> None:
    rules = rules_of(by=("change-board", "erin"))
    given = policy(replace(RULES, waives=("rollback-plan",)), approvals=rules)
    ticket = good_ticket(approvals=approvals, rollback_plan=())
    made = judged(urgent(ticket, history=open_until("09:00")), given)
    assert outcome(made, "emergency-reviewed") is Outcome.FAIL
    assert made.emergency is not None
    assert not made.emergency.seconded


def test_every_ticket_needs_a_second_person() -> None:
    given = policy(replace(RULES, waives=("approved", "rollback-plan")))
    tickets = (good_ticket(), good_ticket(key="CHG-2", approvals=()))
    made = judged(urgent(*tickets, history=open_until("09:00")), given)
    assert outcome(made, "emergency-reviewed") is Outcome.FAIL


def test_so_many_open_emergencies_are_too_many_for_one_more() -> None:
    many = open_until(*["10:00"] * OPEN_AT_MOST)
    assert judged(good_facts(history=many)).kind is DecisionKind.ALLOWED
    made = judged(replace(unapproved(), history=many))
    assert made.kind is DecisionKind.DENIED
    assert outcome(made, "emergency-reviewed") is Outcome.FAIL


def test_the_history_of_the_log_is_needed() -> None:
    made = judged(good_facts(history=problem(service="log")))
    assert outcome(made, "emergency-reviewed") is Outcome.UNDETERMINED
    assert jira("bob") != github("bob")


# ---------------------------------------------------------------- while a service is down

OFFLINE = replace(RULES, offline=True)
UNREAD = replace(good_history(uses={}), size=0, offline=True, earlier=None)


def unread(kind: ProblemKind = ProblemKind.UNAVAILABLE) -> Facts:
    """The ticket system does not answer."""
    facts = urgent()
    lookups = tuple(replace(each, result=problem(kind)) for each in facts.tickets)
    return replace(facts, tickets=lookups)


def test_a_ticket_system_that_is_down_may_be_asked_later() -> None:
    made = judged(unread(), policy(OFFLINE))
    assert made.kind is DecisionKind.EMERGENCY
    assert made.emergency is not None
    assert "ticket-exists" in made.emergency.deferred
    assert "approver-independent" in made.emergency.deferred
    assert set(made.emergency.deferred) == set(made.emergency.waived)
    assert not made.emergency.spooled
    assert judged(unread()).kind is DecisionKind.UNDETERMINED
    assert judged(replace(unread(), emergency=None), policy(OFFLINE)).kind is (
        DecisionKind.UNDETERMINED
    )


@pytest.mark.parametrize("kind", [k for k in ProblemKind if k is not ProblemKind.UNAVAILABLE])
def test_one_that_answers_is_not_down(kind: ProblemKind) -> None:
    assert judged(unread(kind), policy(OFFLINE)).kind is DecisionKind.UNDETERMINED


def test_a_ticket_that_is_missing_or_objected_to_is_not_deferred_beside_one_that_is_unread() -> (
    None
):
    facts = urgent(good_ticket(), good_ticket(key="CHG-2"))
    down = replace(facts.tickets[0], result=problem())
    missing = replace(facts.tickets[1], result=MissingTicket())
    objection = good_approval("bob", verdict=Verdict.DECLINED)
    objected = replace(facts.tickets[1], result=good_ticket(key="CHG-2", approvals=(objection,)))
    for other in (missing, objected):
        made = judged(replace(facts, tickets=(down, other)), policy(OFFLINE))
        assert made.kind is DecisionKind.DENIED


def test_independence_is_deferred_only_where_approval_may_be_waived() -> None:
    other = replace(OFFLINE, waives=("rollback-plan",))
    made = judged(unread(), policy(other))
    assert made.kind is DecisionKind.UNDETERMINED
    assert made.emergency is not None
    assert made.emergency.against == ("approver-independent",)


@pytest.mark.parametrize(
    "changes", [{"clocks": ()}, {"given": (), "tickets": ()}, {"change": problem()}]
)
def test_nothing_else_of_integrity_is_deferred(changes: dict[str, Any]) -> None:
    facts = replace(unapproved(), **changes)
    assert judged(facts, policy(OFFLINE)).kind is not DecisionKind.EMERGENCY


def test_without_the_log_what_needs_it_is_deferred_and_nothing_else() -> None:
    facts = replace(urgent(), history=UNREAD)
    made = judged(facts, policy(OFFLINE))
    assert made.kind is DecisionKind.EMERGENCY
    assert made.emergency is not None
    assert made.emergency.deferred == (
        *("ticket-not-reused", "tested-before", "emergency-reviewed"),
    )
    assert made.emergency.spooled
    assert judged(facts).kind is DecisionKind.UNDETERMINED
    alone = replace(unapproved(), history=UNREAD)
    assert judged(alone, policy(OFFLINE)).kind is DecisionKind.EMERGENCY
    maker = replace(urgent(good_ticket(approvals=(good_approval("dave"),))), history=UNREAD)
    assert judged(maker, policy(OFFLINE)).kind is DecisionKind.DENIED


def test_both_may_be_down() -> None:
    made = judged(replace(unread(), history=UNREAD), policy(OFFLINE))
    assert made.kind is DecisionKind.EMERGENCY
    assert made.emergency is not None
    assert {"ticket-exists", "emergency-reviewed"} <= set(made.emergency.deferred)


def test_without_the_log_nothing_but_an_emergency_is_ever_right() -> None:
    assert judged(good_facts(history=UNREAD)).kind is DecisionKind.UNDETERMINED
