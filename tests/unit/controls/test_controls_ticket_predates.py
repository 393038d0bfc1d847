"""ticket-predates-deployment and its reference."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from worlds import (
    MERGE_SHA,
    RUN_ID,
    at,
    good_change,
    good_commit,
    good_deployment,
    good_environment,
    good_facts,
    good_history,
    good_policy,
    good_pull_request,
    good_push,
    good_run,
    good_ticket,
    judged,
    problem,
    shell_deployment,
    with_ticket_rules,
)

from gate.config.types import Policy
from gate.model import (
    EntryLink,
    Facts,
    ForgeDeployment,
    Outcome,
    PastDecision,
    ProblemKind,
    RunClaim,
)

ID = "ticket-predates-deployment"
PIPELINE, JOB, MERGE = (with_ticket_rules(predates=kind) for kind in ("pipeline", "job", "merge"))


def created(clock: str) -> Facts:
    return good_facts(good_ticket(created_at=at(clock)))


@pytest.mark.parametrize(
    ("policy", "clock", "outcome"),
    [
        (PIPELINE, "09:14:59", Outcome.PASS),
        (PIPELINE, "09:15", Outcome.PASS),
        (PIPELINE, "09:15:01", Outcome.FAIL),
        (JOB, "09:29:59", Outcome.PASS),
        (JOB, "09:30:01", Outcome.FAIL),
        (MERGE, "09:09:59", Outcome.PASS),
        (MERGE, "09:10:01", Outcome.FAIL),
    ],
)
def test_a_ticket_must_be_there_before_the_reference(
    policy: Policy, clock: str, outcome: Outcome
) -> None:
    assert judged(ID, created(clock), policy).outcome is outcome


def test_a_late_ticket_is_told_how_late_and_sent_to_a_new_run() -> None:
    judgement = judged(ID, created("09:20"), PIPELINE)
    assert judgement.observed.code == "ticket-predates.late"
    assert judgement.observed.args["late"] == timedelta(minutes=5)
    assert judgement.remedy is not None
    assert "new pipeline run" in judgement.remedy.text


def test_a_rerun_does_not_help_because_the_run_keeps_its_first_start() -> None:
    facts = replace(created("09:20"), run=good_run(attempt=2))
    assert judged(ID, facts, PIPELINE).outcome is Outcome.FAIL


@pytest.mark.parametrize("policy", [PIPELINE, JOB, MERGE])
def test_a_ticket_of_the_future_fails(policy: Policy) -> None:
    judgement = judged(ID, created("09:31"), policy)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "ticket-predates.future"


@pytest.mark.parametrize(("clock", "outcome"), [("08:15", "pass"), ("08:15:01", "fail")])
def test_the_minimum_lead_is_honoured(clock: str, outcome: str) -> None:
    policy = with_ticket_rules(minimum_lead=timedelta(hours=1))
    judgement = judged(ID, created(clock), policy)
    assert judgement.outcome == outcome
    if outcome == "fail":
        assert judgement.observed.code == "ticket-predates.short"
        assert judgement.observed.args["lead"] == timedelta(hours=1)


def test_a_run_a_little_ahead_sets_no_later_reference_than_now() -> None:
    facts = replace(created("09:30"), run=good_run(created_at=at("09:31")))
    assert judged(ID, facts, PIPELINE).outcome is Outcome.PASS
    facts = replace(created("09:31"), run=good_run(created_at=at("09:31")))
    assert judged(ID, facts, PIPELINE).outcome is Outcome.FAIL


@pytest.mark.parametrize("clock", ["09:31:01", "11:00"])
def test_a_run_of_the_future_proves_nothing(clock: str) -> None:
    judgement = judged(ID, replace(created("08:00"), run=good_run(created_at=at(clock))), PIPELINE)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.observed.code == "reference.future"


def test_a_merge_of_the_future_proves_nothing() -> None:
    change = good_change(pull_requests=(good_pull_request(merged_at=at("09:32")),))
    judgement = judged(ID, good_facts(change=change), MERGE)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.observed.code == "reference.future"


@pytest.mark.parametrize(
    "changes",
    [
        {"repository": "https://github.com/mallory/shop"},
        {"repository": "https://github.example/acme/shop"},
        {"repository": ""},
        {"id": "4712"},
        {"id": ""},
        {"ci": "gitlab"},
        {"head_sha": "9" * 40},
    ],
)
def test_a_run_that_is_not_what_the_environment_says_fails(changes: dict[str, str]) -> None:
    judgement = judged(ID, good_facts(run=good_run(**changes)), PIPELINE)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "run.claims-differ"
    assert "is not what the API says" in judgement.observed.text


def test_a_run_without_id_is_not_the_run_of_an_environment_without_one() -> None:
    deployment = good_deployment(run=RunClaim("github"))
    facts = good_facts(deployment=deployment, run=good_run(id=""))
    assert judged(ID, facts, PIPELINE).outcome is Outcome.FAIL


def test_a_repository_is_one_with_or_without_git_suffix_and_case() -> None:
    facts = good_facts(run=good_run(repository="https://GitHub.com/ACME/shop.git/"))
    assert judged(ID, facts, PIPELINE).outcome is Outcome.PASS


def test_a_run_of_another_commit_says_nothing_of_this_one() -> None:
    deployment = good_deployment(commit_from_run=False)
    facts = good_facts(deployment=deployment, run=good_run(head_sha="9" * 40))
    judgement = judged(ID, facts, PIPELINE)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.observed.code == "run.other-commit"


def test_another_attempt_than_the_environment_claims_is_another_job() -> None:
    facts = good_facts(run=good_run(attempt=7))
    assert judged(ID, facts, PIPELINE).outcome is Outcome.FAIL


def test_a_run_that_is_over_is_undetermined() -> None:
    judgement = judged(ID, good_facts(run=good_run(active=False)), PIPELINE)
    assert judgement.outcome is Outcome.UNDETERMINED


def test_in_a_plain_shell_there_is_no_pipeline_and_the_message_says_so() -> None:
    facts = good_facts(run=None, deployment=shell_deployment())
    judgement = judged(ID, facts, PIPELINE)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "no pipeline in a plain shell" in judgement.observed.text
    assert judgement.remedy is not None
    assert 'predates = "merge"' in judgement.remedy.text
    assert judged(ID, facts, MERGE).outcome is Outcome.PASS
    assert judged(ID, facts, JOB).outcome is Outcome.PASS


def claiming(clock: str, ci: str = "gitlab") -> Facts:
    claim = RunClaim(ci, RUN_ID, created_at=at(clock))
    run = problem(ProblemKind.CLAIM, ci)
    return good_facts(run=run, deployment=good_deployment(run=claim))


ACCEPTING = good_policy(good_environment(accept_claims=("pipeline-start",)))


def test_a_claimed_start_counts_only_where_the_policy_accepts_it() -> None:
    assert judged(ID, claiming("09:15")).outcome is Outcome.UNDETERMINED
    judgement = judged(ID, claiming("09:15"), ACCEPTING)
    assert judgement.outcome is Outcome.PASS
    assert judgement.claims == ("pipeline-start",)
    assert judged(ID, claiming("07:59"), ACCEPTING).outcome is Outcome.FAIL


def test_a_claimed_start_is_no_way_round_an_api_that_can_be_asked() -> None:
    late = replace(claiming("09:15", "github"), run=good_run(created_at=at("07:00")))
    assert judged(ID, late, ACCEPTING).outcome is Outcome.FAIL
    for kind in ProblemKind:
        facts = replace(claiming("09:15", "github"), run=problem(kind, "github"))
        expected = Outcome.PASS if kind is ProblemKind.CLAIM else Outcome.UNDETERMINED
        assert judged(ID, facts, ACCEPTING).outcome is expected


def test_an_accepted_claim_that_is_not_made_is_undetermined() -> None:
    facts = claiming("09:15")
    facts = replace(facts, deployment=good_deployment(run=RunClaim("gitlab", RUN_ID)))
    assert judged(ID, facts, ACCEPTING).outcome is Outcome.UNDETERMINED


def test_a_claimed_start_of_the_future_proves_nothing() -> None:
    assert judged(ID, claiming("12:00"), ACCEPTING).outcome is Outcome.UNDETERMINED
    facts = replace(claiming("09:31"), tickets=created("09:31").tickets)
    assert judged(ID, facts, ACCEPTING).outcome is Outcome.FAIL


def test_a_shell_has_no_pipeline_whatever_it_claims() -> None:
    facts = replace(claiming("09:15", "shell"), run=None)
    assert judged(ID, facts, ACCEPTING).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    "change",
    [
        good_change(pull_requests=problem()),
        good_change(direct_pushes=problem()),
        good_change(commits=problem()),
        good_change(commits=()),
        good_change(pull_requests=()),
        good_change(pull_requests=(good_pull_request(merged_at=None),)),
        problem(),
    ],
)
def test_a_merge_that_is_not_known_is_undetermined(change: object) -> None:
    assert judged(ID, good_facts(change=change), MERGE).outcome is Outcome.UNDETERMINED


def test_the_earliest_merge_or_push_of_the_range_is_the_reference() -> None:
    extra = good_commit("9" * 40, MERGE_SHA)
    change = good_change(
        head=extra.sha,
        commits=(*good_facts().change.commits, extra),  # type: ignore[union-attr, misc]  # no problem
        direct_pushes=(good_push(clock="07:30", after=extra.sha),),
        push_of={extra.sha: 0},
    )
    deployment = good_deployment(commit=extra.sha)
    facts = good_facts(change=change, deployment=deployment)
    assert judged(ID, facts, MERGE).outcome is Outcome.FAIL


def past(clock: str, decision: str = "allowed", commit: str = MERGE_SHA) -> PastDecision:
    return PastDecision(EntryLink(3, "c" * 64), at(clock), commit, decision, "")


def deployed(clock: str, *records: PastDecision, ticket: str = "08:00") -> Facts:
    return replace(
        created(ticket),
        deployed_before=(ForgeDeployment("1", "production", MERGE_SHA, at(clock)),),
        history=good_history(here=records),
    )


@pytest.mark.parametrize("policy", [PIPELINE, JOB, MERGE])
def test_a_deployment_that_no_record_covers_must_come_after_the_ticket(policy: Policy) -> None:
    judgement = judged(ID, deployed("07:59"), policy)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "ticket-predates.deployed"
    assert judged(ID, deployed("08:00"), policy).outcome is Outcome.FAIL
    assert judged(ID, deployed("08:01"), policy).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("record", "outcome"),
    [
        (past("07:00"), Outcome.PASS),
        (past("07:00", "emergency"), Outcome.PASS),
        (past("07:00", "denied"), Outcome.FAIL),
        (past("07:00", "undetermined"), Outcome.FAIL),
        (past("07:30:01"), Outcome.FAIL),  # it came after the deployment
        (past("07:00", commit="9" * 40), Outcome.FAIL),
    ],
)
def test_only_an_earlier_permission_covers_a_deployment(
    record: PastDecision, outcome: Outcome
) -> None:
    assert judged(ID, deployed("07:30", record)).outcome is outcome


def test_unknown_deployments_or_history_are_undetermined() -> None:
    facts = good_facts(deployed_before=problem())
    assert judged(ID, facts, JOB).outcome is Outcome.UNDETERMINED
    facts = good_facts(history=problem())
    assert judged(ID, facts, JOB).outcome is Outcome.UNDETERMINED


def test_each_ticket_must_be_early() -> None:
    facts = good_facts(good_ticket(), good_ticket(key="CHG-2", created_at=at("09:20")))
    assert judged(ID, facts).outcome is Outcome.FAIL
