"""deployer-authorised: who started the deployment is one whom the environment allows to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from worlds import (
    NOW,
    git,
    github,
    good_deployment,
    good_environment,
    good_facts,
    good_policy,
    good_run,
    judged,
    problem,
    shell_deployment,
)

from gate.config import public_view
from gate.config.types import Policy
from gate.controls.registry import by_id
from gate.model import (
    Account,
    AccountKind,
    DecisionKind,
    Facts,
    Free,
    Level,
    Outcome,
    ProblemKind,
)
from gate.policy import evaluate

CONTROL = "deployer-authorised"


def started(by: Account) -> Facts:
    return good_facts(run=good_run(actor=by))


def deployers(*names: str, **changes: Any) -> Policy:
    return good_policy(good_environment(deployers=names, **changes))


def test_one_of_the_deployers_may_deploy() -> None:
    judgement = judged(CONTROL)
    assert judgement.outcome is Outcome.PASS
    assert judgement.observed.args["actor"] == github("erin")
    assert judgement.expected.args["deployers"] == (Free("sre"),)


@pytest.mark.parametrize(
    ("by", "names", "outcome"),
    [
        ("erin", ("erin",), Outcome.PASS),
        ("ERIN", ("sre",), Outcome.PASS),
        ("alice", ("sre", "alice"), Outcome.PASS),
        ("bob", ("change-board",), Outcome.PASS),
        ("alice", ("sre",), Outcome.FAIL),
        ("mallory", ("sre",), Outcome.UNDETERMINED),
        ("", ("sre",), Outcome.UNDETERMINED),
    ],
)
def test_it_is_the_persons_account(by: str, names: tuple[str, ...], outcome: Outcome) -> None:
    assert judged(CONTROL, started(github(by)), deployers(*names)).outcome is outcome


def test_an_account_that_nobody_owns_is_told_with_the_line_to_add() -> None:
    judgement = judged(CONTROL, started(github("mallory")))
    assert judgement.remedy
    assert judgement.remedy.args["lines"] == (Free('github = "mallory"'),)


def test_an_app_is_nobody() -> None:
    app = replace(github("erin"), kind=AccountKind.APP)  # whatever the policy says of its key
    assert judged(CONTROL, started(app)).outcome is Outcome.FAIL


def test_a_verified_address_that_is_anothers_makes_it_unknown() -> None:
    torn = replace(github("erin"), email="alice@acme.example")
    assert judged(CONTROL, started(torn)).outcome is Outcome.UNDETERMINED


def test_what_is_not_known_of_the_run_is_not_authorised() -> None:
    for run in (problem(), problem(ProblemKind.CLAIM), good_run(active=False)):
        assert judged(CONTROL, good_facts(run=run)).outcome is Outcome.UNDETERMINED
    in_shell = good_facts(run=None, deployment=shell_deployment())
    assert judged(CONTROL, in_shell).outcome is Outcome.UNDETERMINED
    borrowed = good_run(repository="https://github.com/mallory/shop")
    assert judged(CONTROL, good_facts(run=borrowed)).outcome is Outcome.FAIL


def test_a_claim_counts_only_where_the_policy_accepts_it() -> None:
    facts = good_facts(run=problem(ProblemKind.CLAIM))
    accepted = deployers("sre", accept_claims=("deployer",))
    judgement = judged(CONTROL, facts, accepted)
    assert (judgement.outcome, judgement.claims) == (Outcome.PASS, ("deployer",))
    other = good_deployment(run=replace(good_deployment().run, actor="alice"))
    assert judged(CONTROL, replace(facts, deployment=other), accepted).outcome is Outcome.FAIL
    assert judged(CONTROL, facts).outcome is Outcome.UNDETERMINED


def test_an_address_of_git_metadata_starts_nothing() -> None:
    assert judged(CONTROL, started(git("alice"))).outcome is Outcome.FAIL
    assert judged(CONTROL, started(git("mallory"))).outcome is Outcome.UNDETERMINED


def test_it_is_required_where_deployers_are_named_and_else_off() -> None:
    default = by_id(CONTROL).default
    assert default(good_facts(), good_environment()) is Level.REQUIRE
    assert default(good_facts(), good_environment(deployers=())) is Level.OFF
    by_alice = started(github("alice"))
    assert evaluate(by_alice, good_policy(), NOW).kind is DecisionKind.DENIED
    assert evaluate(by_alice, deployers(), NOW).kind is DecisionKind.ALLOWED
    asked = deployers(controls={CONTROL: Level.REQUIRE})  # which no policy file can say
    assert evaluate(good_facts(), asked, NOW).kind is DecisionKind.DENIED


def test_the_evidence_names_no_deployer() -> None:
    assert "sre" not in public_view(deployers("sre", "erin"))
