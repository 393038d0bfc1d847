"""No standard change gets through where it would not have, had less been known or gone wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st
from standard_worlds import TEMPLATE, facts_of, snow, standard_policy, standard_ticket, with_reviews
from worlds import (
    NOW,
    good_approval,
    good_change,
    good_push,
    good_review,
    problem,
)

from gate.model import (
    Change,
    ChangeRequest,
    DecisionKind,
    Facts,
    Lookup,
    ProblemKind,
    StandardChange,
    Verdict,
)
from gate.policy import evaluate

Step: TypeAlias = Callable[[Facts], Facts]
HIDDEN = problem(ProblemKind.HIDDEN, "servicenow")


def on_ticket(**changes: Any) -> Step:
    def step(facts: Facts) -> Facts:
        first, *rest = facts.tickets
        if not isinstance(first.result, ChangeRequest):
            return facts
        changed = replace(first.result, **changes)
        return replace(facts, tickets=(Lookup(first.reference, changed), *rest))

    return step


def on_pull(**changes: Any) -> Step:
    def step(facts: Facts) -> Facts:
        change = facts.change
        if not isinstance(change, Change) or not isinstance(change.pull_requests, tuple):
            return facts
        pulls = tuple(replace(pull, **changes) for pull in change.pull_requests)
        return replace(facts, change=replace(change, pull_requests=pulls))

    return step


def beside_an_ordinary_one(facts: Facts) -> Facts:
    ordinary = replace(standard_ticket(), key="CHG0030002", standard=None, type="normal")
    first = (t.result for t in facts.tickets[:1] if isinstance(t.result, ChangeRequest))
    return facts_of(*first, ordinary, change=facts.change)


WORSE: dict[str, Step] = {
    "template hidden": on_ticket(standard=HIDDEN),
    "no template": on_ticket(standard=None),
    "another template": on_ticket(standard=StandardChange("c" * 32)),
    "a normal change": on_ticket(type="normal"),
    "approvals hidden": on_ticket(approvals=HIDDEN),
    "an objection": on_ticket(
        approvals=(good_approval(account=snow("bob"), verdict=Verdict.DECLINED),)
    ),
    "nobody's objection": on_ticket(
        approvals=(good_approval(account=None, verdict=Verdict.DECLINED),)
    ),
    "an author hidden": on_ticket(others=(None,)),
    "the reviewer is an author": on_ticket(others=(snow("carol"),)),
    "nobody created it": on_ticket(creator=None),
    "closed": on_ticket(status=replace(standard_ticket().status, id="3")),
    "no way back": on_ticket(rollback_plan=()),
    "no reviews": on_pull(reviews=()),
    "reviews hidden": on_pull(reviews=HIDDEN),
    "reviewed by its maker": on_pull(reviews=(good_review("alice"),)),
    "changes asked for": on_pull(reviews=(good_review(verdict=Verdict.DECLINED),)),
    "pushed after the review": on_pull(pushes=(good_push(), good_push(clock="08:55"))),
    "pushes hidden": on_pull(pushes=HIDDEN),
    "no pull request": lambda facts: replace(facts, change=good_change(pull_requests=())),
    "no change": lambda facts: replace(facts, change=HIDDEN),
    "an ordinary ticket beside it": beside_an_ordinary_one,
}
POLICIES = (
    standard_policy(),
    standard_policy(standard_templates=()),
    standard_policy(standard_templates=(replace(TEMPLATE, expires=NOW),)),
    standard_policy(standard_templates=(replace(TEMPLATE, services=("billing",)),)),
)


def allowed(facts: Facts, number: int = 0) -> bool:
    return evaluate(facts, POLICIES[number], NOW).kind is DecisionKind.ALLOWED


def walk(steps: Sequence[str]) -> Iterator[Facts]:
    facts = facts_of(standard_ticket())
    yield facts
    for name in steps:
        facts = WORSE[name](facts)
        yield facts


def test_the_good_world_is_allowed_and_each_single_fault_closes_the_gate() -> None:
    assert allowed(facts_of(standard_ticket()))
    assert allowed(with_reviews(good_review()))
    for name, step in WORSE.items():
        assert not allowed(step(facts_of(standard_ticket()))), name


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(WORSE)), min_size=1, max_size=5, unique=True))
def test_several_faults_never_open_it_again(steps: list[str]) -> None:
    *_, last = walk(steps)
    assert not allowed(last)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(sorted(WORSE)), max_size=3),
    st.integers(min_value=1, max_value=len(POLICIES) - 1),
)
def test_a_policy_without_the_template_allows_none_of_them(steps: list[str], number: int) -> None:
    assert not any(allowed(facts, number) for facts in walk(steps))
