"""What no emergency can do, whatever the world and the policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from properties.test_controls_properties import (
    LESS,
    OF_THE_RUN,
    POLICIES,
    UNAVAILABLE,
    WORLDS,
    WORSE,
    Step,
    more,
    more_of_pull,
    rejected,
    set_pulls,
    walk,
)
from worlds import NOW, good_approval, good_review, problem

from gate.config.types import EmergencyRules, Policy
from gate.controls.registry import CONTROLS
from gate.model import (
    PERMITTING,
    ChangeRequest,
    DecisionKind,
    Facts,
    Free,
    Level,
    Outcome,
    Problem,
    ProblemKind,
    Verdict,
)
from gate.policy import evaluate

INTEGRITY = {control.id for control in CONTROLS if control.integrity}
INDEPENDENT = "approver-independent"
WAIVES: Sequence[tuple[str, ...]] = [
    ("approved",),
    ("rollback-plan", "ticket-open"),
    tuple(control.id for control in CONTROLS),  # more than the parser lets through
]


def with_emergencies(policy: Policy, waives: tuple[str, ...]) -> Policy:
    rules = EmergencyRules(waives, timedelta(hours=1), ("sre",))
    places = {name: replace(e, emergency=rules) for name, e in policy.environments.items()}
    return replace(policy, environments=places)


EMERGENCIES = st.builds(with_emergencies, st.sampled_from(POLICIES), st.sampled_from(WAIVES))


def declared(world: Facts) -> Facts:
    return replace(world, emergency=Free("It burns."))


def undecided(facts: Facts) -> bool:
    tickets = [lookup.result for lookup in facts.tickets]
    return all(
        isinstance(ticket, ChangeRequest)
        and not isinstance(ticket.approvals, Problem)
        and all(one.verdict is Verdict.PENDING for one in ticket.approvals)
        for ticket in tickets
    )


@given(st.sampled_from(WORLDS), st.lists(WORSE, max_size=5), EMERGENCIES)
def test_nothing_of_integrity_is_ever_waived(
    world: Facts, steps: list[Step], policy: Policy
) -> None:
    *_, facts = walk(declared(world), steps)
    made = evaluate(facts, policy, NOW)
    waived = {r.id for r in made.controls if r.judgement.outcome is Outcome.WAIVED}
    assert (made.kind is DecisionKind.EMERGENCY) == bool(waived)
    assert waived & INTEGRITY <= {INDEPENDENT}
    assert "emergency-reviewed" not in waived
    if INDEPENDENT in waived:
        assert undecided(facts)
    for result in made.controls:
        if made.kind in PERMITTING and result.level is Level.REQUIRE:
            assert result.judgement.outcome is Outcome.PASS or result.id in waived


@given(st.sampled_from(WORLDS), st.lists(WORSE, max_size=5), EMERGENCIES)
def test_a_service_that_is_down_excuses_only_what_it_keeps_from_being_judged(
    world: Facts, steps: list[Step], policy: Policy
) -> None:
    places = {
        name: replace(e, emergency=replace(e.emergency, offline=True))
        for name, e in policy.environments.items()
        if e.emergency is not None
    }
    *_, facts = walk(declared(world), steps)
    plain = evaluate(facts, policy, NOW)
    made = evaluate(facts, replace(policy, environments=places), NOW)
    down = [lookup.result.kind for lookup in facts.tickets if isinstance(lookup.result, Problem)]
    if plain.kind in PERMITTING or not down or set(down) != {ProblemKind.UNAVAILABLE}:
        assert made.kind is plain.kind
    waived = {r.id for r in made.controls if r.judgement.outcome is Outcome.WAIVED}
    assert waived & INTEGRITY <= {INDEPENDENT, "ticket-exists"}
    assert made.emergency is not None
    assert set(made.emergency.deferred) <= waived
    before = {r.id: r.judgement.outcome for r in plain.controls}
    assert all(before[one] is Outcome.UNDETERMINED for one in made.emergency.deferred)


OBJECTIONS: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        lambda name, clock: more("approvals", good_approval(name, clock, verdict=Verdict.DECLINED)),
        st.sampled_from(["bob", "carol", "dave", "mallory"]),
        st.sampled_from(["08:10", "09:00", "09:29"]),
    ),
    st.sampled_from(["bob", "dave", "mallory"]).map(rejected),
    st.sampled_from(["bob", "dave", "mallory"]).map(
        lambda name: more_of_pull("reviews", good_review(name, verdict=Verdict.DECLINED))
    ),
)
UNKNOWN: st.SearchStrategy[Step] = st.sampled_from(
    [
        *UNAVAILABLE.values(),
        lambda facts: replace(facts, run=problem()),
        OF_THE_RUN["entries"],
        set_pulls(reviews=problem()),
    ]
)


@given(
    st.sampled_from(WORLDS),
    st.lists(st.one_of(LESS, WORSE), max_size=3),
    st.lists(st.one_of(OBJECTIONS, UNKNOWN), min_size=1, max_size=3),
    EMERGENCIES,
)
def test_no_objection_and_no_unknown_ever_helps(
    world: Facts,
    before: list[Callable[[Facts], Facts]],
    after: list[Step],
    policy: Policy,
) -> None:
    *_, start = walk(declared(world), before)
    answers = [evaluate(f, policy, NOW).kind in PERMITTING for f in walk(start, after)]
    assert answers == sorted(answers, reverse=True)
