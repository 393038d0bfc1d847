"""The forge's approval of a run's deployment to its environment, as a source of approvals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from worlds import (
    BASE_SHA,
    MERGE_SHA,
    NOW,
    at,
    github,
    good_approval,
    good_change,
    good_entry,
    good_facts,
    good_history,
    good_policy,
    good_pull_request,
    good_push,
    good_review,
    good_run,
    good_ticket,
    good_use,
    judged,
    problem,
    shell_deployment,
    with_rules,
)

from gate.config.types import EmergencyRules, Policy
from gate.controls.afterwards import for_review, only_afterwards
from gate.controls.control import codes_of
from gate.controls.emergency import nobody_decided
from gate.model import (
    Account,
    AccountKind,
    Approval,
    DecisionKind,
    EditedText,
    Facts,
    Free,
    Outcome,
    RunClaim,
    Verdict,
)
from gate.policy import evaluate, evaluate_review

ONLY = with_rules(sources=("environment",))
BESIDE = with_rules(sources=("change-request", "environment"))
ALL = with_rules(sources=("change-request", "review", "environment"))


def entered(*entries: Approval, **changes: Any) -> Facts:
    """The good world, its ticket approved by nobody, its run let in by these."""
    ticket = good_ticket(approvals=())
    return good_facts(ticket, environment_approvals=entries or (good_entry(),), **changes)


def timed(name: str = "bob", clock: str = "09:20", **changes: Any) -> Approval:
    """An entry by a forge that tells its time."""
    return good_entry(name, decided_at=at(clock), latest_possible=False, not_before=None, **changes)


def outcome(control: str, facts: Facts, policy: Policy = ONLY) -> Outcome:
    return judged(control, facts, policy).outcome


CONTROLS = (
    "approved",
    "approval-predates-deployment",
    "approver-independent",
    "approval-covers-change",
    "ticket-covers-change",
)


# ---------------------------------------------------------------- allowed


@pytest.mark.parametrize("policy", [ONLY, BESIDE, ALL])
@pytest.mark.parametrize("entry", [good_entry(), timed()])
def test_it_satisfies_every_control_of_approvals(policy: Policy, entry: Approval) -> None:
    for control in CONTROLS:
        judgement = judged(control, entered(entry), policy)
        assert judgement.outcome is Outcome.PASS, (control, judgement)
    assert evaluate(entered(entry), policy, NOW).kind is DecisionKind.ALLOWED


def test_it_counts_only_where_the_policy_says_so() -> None:
    assert evaluate(entered(), good_policy(), NOW).kind is DecisionKind.DENIED
    unreviewed = good_change(pull_requests=(good_pull_request(reviews=()),))
    by_review = with_rules(sources=("review",))
    assert outcome("approved", entered(change=unreviewed), by_review) is Outcome.FAIL
    unknown = good_facts(environment_approvals=problem())
    assert evaluate(unknown, good_policy(), NOW).kind is DecisionKind.ALLOWED


def test_it_adds_to_the_tickets_own_approvals_person_by_person() -> None:
    two = with_rules(sources=("change-request", "environment"), required=2)
    own = good_ticket(approvals=(good_approval("carol"),))
    by_bob = good_facts(own, environment_approvals=(good_entry("bob"),))
    by_carol = good_facts(own, environment_approvals=(good_entry("carol"),))
    assert outcome("approved", by_bob, two) is Outcome.PASS
    assert outcome("approved", by_carol, two) is Outcome.FAIL
    assert outcome("approved", entered(good_entry(), good_entry("bob", id="1")), two) is (
        Outcome.FAIL
    )


def test_direct_pushes_and_pull_requests_are_covered_alike() -> None:
    pushed = good_push(clock="09:14:59", after=MERGE_SHA, before=BASE_SHA)
    commits = good_change().commits
    assert isinstance(commits, tuple)
    change = good_change(
        commits=(replace(commits[2], parents=(BASE_SHA,), merged_by_forge=False),),
        pull_requests=(),
        direct_pushes=(pushed,),
        push_of={MERGE_SHA: 0},
    )
    assert outcome("approval-covers-change", entered(change=change)) is Outcome.PASS
    assert outcome("approver-independent", entered(change=change)) is Outcome.PASS


# ---------------------------------------------------------------- who

NOBODYS: dict[str, tuple[Approval, Outcome]] = {
    "not one of by": (good_entry("dave"), Outcome.FAIL),
    "an app": (
        good_entry(account=Account("github", "bob", AccountKind.APP)),
        Outcome.FAIL,
    ),
    "a deleted account": (good_entry(account=None), Outcome.FAIL),
    "nobody's account": (good_entry("mallory"), Outcome.UNDETERMINED),
    "of another commit": (good_entry(commit="9" * 40), Outcome.FAIL),
    "of no commit": (good_entry(commit=""), Outcome.FAIL),
    "only a comment": (good_entry(verdict=Verdict.PENDING), Outcome.FAIL),
}


@pytest.mark.parametrize("what", NOBODYS)
def test_who_may_not_approve_lets_nothing_in(what: str) -> None:
    entry, expected = NOBODYS[what]
    assert outcome("approved", entered(entry)) is expected
    assert evaluate(entered(entry), ONLY, NOW).kind is not DecisionKind.ALLOWED


def test_gates_own_account_lets_nothing_in() -> None:
    assert outcome("approved", entered(gate_accounts=(github("bob"),))) is Outcome.FAIL


def test_a_makers_own_approval_is_not_independent() -> None:
    policy = with_rules(sources=("environment",), by=("alice", "dave", "erin"))
    assert outcome("approved", entered(good_entry("alice")), policy) is Outcome.PASS
    assert outcome("approver-independent", entered(good_entry("alice")), policy) is Outcome.FAIL
    # dave opened the ticket, erin started the run
    assert outcome("approver-independent", entered(good_entry("dave")), policy) is Outcome.FAIL
    strict = with_rules(policy, independent_of=("change-author", "deployer"))
    assert outcome("approver-independent", entered(good_entry("erin")), strict) is Outcome.FAIL
    assert outcome("approver-independent", entered(good_entry("erin")), policy) is Outcome.PASS


# ---------------------------------------------------------------- objections


@pytest.mark.parametrize("policy", [ONLY, BESIDE, ALL])
@pytest.mark.parametrize("name", ["bob", "dave", "mallory"])
def test_a_rejection_stands_whoever_gave_it(policy: Policy, name: str) -> None:
    against = good_entry(name, verdict=Verdict.DECLINED, id="1")
    facts = replace(entered(good_entry("carol"), against), tickets=good_facts().tickets)
    judgement = judged("approved", facts, policy)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "approved.objection"


def test_a_rejection_is_told_even_where_the_run_is_not_this_one() -> None:
    against = good_entry(verdict=Verdict.DECLINED, account=None)
    facts = entered(good_entry("carol"), against, run=good_run(active=False))
    assert judged("approved", facts, BESIDE).observed.code == "approved.objection"
    assert outcome("approved", facts, BESIDE) is Outcome.FAIL


# ---------------------------------------------------------------- when, and of what


def test_it_is_never_before_the_pipeline() -> None:
    """The configuration refuses that, too; no policy is taken at its word."""
    policy = with_rules(sources=("environment",), predates="pipeline")
    assert outcome("approval-predates-deployment", entered(), policy) is Outcome.FAIL
    assert outcome("approval-predates-deployment", entered(timed()), policy) is Outcome.FAIL


def test_a_time_to_come_fails() -> None:
    late = timed(clock="09:31")
    for control in ("approval-predates-deployment", "approval-covers-change"):
        assert outcome(control, entered(late)) is Outcome.FAIL
    ahead = good_entry(not_before=NOW + timedelta(minutes=1))
    assert outcome("approval-predates-deployment", entered(ahead)) is Outcome.FAIL


def test_of_a_later_attempt_it_is_not_known_of_which_it_was() -> None:
    facts = entered(
        good_entry(not_before=None),
        run=good_run(attempt=2),
        deployment=replace(
            good_facts().deployment, run=replace(good_facts().deployment.run, attempt="2")
        ),
    )
    judgement = judged("approved", facts, ONLY)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.remedy is not None
    assert judgement.remedy.code == "approval.attempt"
    for control in CONTROLS:
        assert outcome(control, facts) is not Outcome.PASS
    # Beside an approval of the ticket it is not needed.
    beside = replace(facts, tickets=good_facts().tickets)
    assert evaluate(beside, BESIDE, NOW).kind is DecisionKind.ALLOWED


RUNS: dict[str, dict[str, Any]] = {
    "not running": {"run": good_run(active=False)},
    "of another commit": {"run": good_run(head_sha="9" * 40)},
    "of another repository": {"run": good_run(repository="https://github.com/mallory/shop")},
    "another run": {"run": good_run(id="1")},
    "another attempt": {"run": good_run(attempt=2)},
    "unknown": {"run": problem()},
    "no pipeline": {"run": None, "deployment": shell_deployment()},
}


@pytest.mark.parametrize("what", RUNS)
def test_it_counts_only_for_the_run_that_this_provably_is(what: str) -> None:
    for control in CONTROLS:
        assert outcome(control, entered(**RUNS[what])) is not Outcome.PASS, control
    assert evaluate(entered(**RUNS[what]), ONLY, NOW).kind is not DecisionKind.ALLOWED


def test_what_could_not_be_had_is_undetermined_also_beside_enough_approvals() -> None:
    for policy in (ONLY, BESIDE, ALL):
        facts = good_facts(environment_approvals=problem())
        assert outcome("approved", facts, policy) is Outcome.UNDETERMINED
        assert evaluate(facts, policy, NOW).kind is DecisionKind.UNDETERMINED


def test_a_push_after_the_approval_changes_nothing_in_the_commit_approved() -> None:
    """What is deployed is the run's own commit; a pull request's branch may go on."""
    pull = good_pull_request(pushes=(good_push(clock="09:25"),))
    facts = entered(change=good_change(pull_requests=(pull,)))
    assert outcome("approval-covers-change", facts) is Outcome.PASS
    assert (
        outcome(
            "approval-covers-change", replace(facts, tickets=good_facts().tickets), (good_policy())
        )
        is Outcome.FAIL
    )


@pytest.mark.parametrize("field", ["scope", "rollback_plan", "test_plan"])
@pytest.mark.parametrize(
    ("clock", "entry", "expected"),
    [
        ("09:14", good_entry(), Outcome.PASS),
        ("09:16", good_entry(), Outcome.UNDETERMINED),  # before or after it, nobody knows
        ("09:19", timed(), Outcome.PASS),
        ("09:21", timed(), Outcome.FAIL),
    ],
)
def test_an_edit_of_the_ticket_must_precede_it(
    field: str, clock: str, entry: Approval, expected: Outcome
) -> None:
    text = (EditedText("component", "Web shop, and how to put it back", at(clock)),)
    ticket = good_ticket(approvals=(), **{field: text})
    facts = good_facts(ticket, environment_approvals=(entry,))
    assert outcome("approval-covers-change", facts) is expected


def test_a_scope_that_named_the_service_too_late_covers_nothing() -> None:
    late = (EditedText("component", "Web shop", at("09:16")),)
    facts = good_facts(good_ticket(approvals=(), scope=late), environment_approvals=(good_entry(),))
    assert outcome("ticket-covers-change", facts) is Outcome.UNDETERMINED
    facts = good_facts(
        good_ticket(approvals=(), scope=late), environment_approvals=(timed(clock="09:15:30"),)
    )
    assert outcome("ticket-covers-change", facts) is Outcome.FAIL


def test_it_approves_the_run_and_not_the_ticket_anew() -> None:
    history = good_history(uses={"CHG-1": (good_use("09:10"),)})
    for policy in (ONLY, BESIDE, ALL):
        for entry in (good_entry(), timed()):
            assert outcome("ticket-not-reused", entered(entry, history=history), policy) is (
                Outcome.FAIL
            )


def test_a_review_adds_nothing_to_what_the_run_lacks() -> None:
    """Each source counts where it is listed, and only there."""
    facts = entered(good_entry("dave"))
    assert outcome("approved", facts, ONLY) is Outcome.FAIL
    reviewed = good_change(pull_requests=(good_pull_request(reviews=(good_review("bob"),)),))
    assert outcome("approved", replace(facts, change=reviewed), ONLY) is Outcome.FAIL
    assert outcome("approved", replace(facts, change=reviewed), ALL) is Outcome.PASS


# ---------------------------------------------------------------- emergencies


def emergency(**changes: Any) -> Policy:
    rules = EmergencyRules(
        ("approved", "approval-predates-deployment"), timedelta(hours=24), ("erin",)
    )
    environment = with_rules(sources=("change-request", "environment")).environments["production"]
    return good_policy(replace(environment, emergency=rules, **changes))


def declared(*entries: Approval) -> Facts:
    return good_facts(
        good_ticket(approvals=()),
        environment_approvals=entries,
        emergency=Free("The shop is down."),
    )


def test_an_emergency_waives_the_missing_approval_and_no_rejection() -> None:
    assert evaluate(declared(), emergency(), NOW).kind is DecisionKind.EMERGENCY
    rejected = good_entry("dave", verdict=Verdict.DECLINED)
    assert evaluate(declared(rejected), emergency(), NOW).kind is DecisionKind.DENIED
    assert "approved.objection" in codes_of(judged("approved", declared(rejected), emergency()))


def test_an_emergency_does_not_do_without_what_may_hold_an_objection() -> None:
    """Else whoever keeps gate from reading the objection would be better off than with it."""
    approved = good_facts(emergency=Free("The shop is down."))
    hidden = replace(approved, environment_approvals=problem())
    assert evaluate(approved, emergency(), NOW).kind is DecisionKind.ALLOWED
    assert evaluate(hidden, emergency(), NOW).kind is DecisionKind.UNDETERMINED
    unread = good_change(pull_requests=(good_pull_request(reviews=problem()),))
    by_review = emergency(approvals=ALL.environments["production"].approvals)
    facts = replace(approved, change=unread)
    assert evaluate(facts, by_review, NOW).kind is DecisionKind.UNDETERMINED


def test_a_makers_own_entry_is_a_decision_that_nothing_waives() -> None:
    own = good_entry("alice")
    assert not nobody_decided(declared(own), emergency())
    assert nobody_decided(declared(), emergency())
    assert not nobody_decided(replace(declared(), environment_approvals=problem()), emergency())
    policy = emergency(
        approvals=replace(BESIDE.environments["production"].approvals, by=("alice",))
    )
    assert evaluate(declared(own), policy, NOW).kind is not DecisionKind.EMERGENCY


def test_no_entry_of_the_emergencys_own_run_is_its_review() -> None:
    facts = only_afterwards(entered(good_entry(), timed()), at("09:25"), {"CHG-1": True})
    assert facts.environment_approvals == ()
    rejected = good_entry(verdict=Verdict.DECLINED)
    kept = only_afterwards(entered(rejected), at("09:25"), {"CHG-1": True})
    assert kept.environment_approvals == (rejected,)
    unknown = replace(good_facts(), environment_approvals=problem())
    assert only_afterwards(unknown, at("09:25"), {}).environment_approvals == problem()


def test_after_the_fact_the_ticket_is_approved_where_only_the_run_counted() -> None:
    for sources, afterwards in (
        (("environment",), ("change-request",)),
        (("environment", "review"), ("review",)),
        (("change-request", "environment"), ("change-request",)),
    ):
        found = for_review(with_rules(sources=sources), "production")
        assert found.environments["production"].approvals.sources == afterwards
    approved = good_ticket(approvals=(good_approval(clock="09:26"),))
    facts = good_facts(approved, environment_approvals=(good_entry("carol"),))
    decision = evaluate_review(facts, ONLY, NOW, at("09:25"), {"CHG-1": True})
    assert decision.kind is DecisionKind.ALLOWED
    before = good_facts(environment_approvals=(good_entry("carol"),))
    decision = evaluate_review(before, ONLY, NOW, at("09:25"), {"CHG-1": True})
    assert decision.kind is DecisionKind.DENIED


# ---------------------------------------------------------------- words


def test_messages_name_the_deployment() -> None:
    judgement = judged("approved", entered(good_entry("dave")), ONLY)
    place = judgement.observed.args["place"]
    assert place == f"the deployment of {MERGE_SHA[:12]} to production"
    assert judgement.remedy is not None
    assert judgement.remedy.args["place"] == place


def test_a_run_of_another_ci_lets_nothing_in() -> None:
    claim = RunClaim("gitlab", "4711", "1")
    facts = entered(deployment=replace(good_facts().deployment, run=claim))
    assert outcome("approved", facts) is Outcome.FAIL
