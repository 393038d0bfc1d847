"""Over all facts and all controls, by a walk of the dataclasses: less knowledge opens nothing.

``test_controls_properties`` holds chosen worlds and steps against each other, several at a time;
here each field of each fact has its turn, and a field that is added tomorrow will, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any

import pytest
from facts_walk import Key, Spot, at_path, can_be_absent, can_be_unknown, is_list_of, put, spots
from worlds import (
    NOW,
    at,
    git,
    github,
    good_approval,
    good_change,
    good_entry,
    good_environment,
    good_facts,
    good_history,
    good_policy,
    good_pull_request,
    good_review,
    good_ticket,
    good_use,
    jira,
    problem,
    with_rules,
)

from gate.config.types import Policy
from gate.controls.registry import CONTROLS
from gate.model import (
    Account,
    Approval,
    Change,
    DecisionKind,
    EditedText,
    Facts,
    Level,
    Outcome,
    ProblemKind,
    Push,
    Verdict,
    Window,
)
from gate.policy import evaluate

STRICT = good_policy(
    good_environment(controls=dict.fromkeys((c.id for c in CONTROLS), Level.REQUIRE))
)
# Three must approve, each elsewhere: bob in the ticket, carol in the review, erin the deployment.
SOURCES = with_rules(
    STRICT,
    required=3,
    by=("change-board", "erin"),
    sources=("change-request", "review", "environment"),
    at_least={"carol": 1, "erin": 1},
)
BY_ID = {control.id: control for control in CONTROLS}
WORLDS: dict[str, Facts] = {
    "good": good_facts(),
    "two tickets": good_facts(
        good_ticket(linked=("SHOP-7", "SHOP-8")),
        good_ticket(key="CHG-2", approvals=(good_approval("carol"),)),
    ),
    "more of all": good_facts(
        good_ticket(approvals=(good_approval(), good_approval("carol", "09:01"))),
        history=good_history(uses={"CHG-1": (good_use("08:40"), good_use("08:41"))}),
        change=good_change(
            pull_requests=(good_pull_request(reviews=(good_review(), good_review("bob"))),)
        ),
    ),
    "all sources": good_facts(environment_approvals=(good_entry("erin"),)),
}
POLICIES = dict.fromkeys(WORLDS, STRICT) | {"all sources": SOURCES}
# The command line has found these in the policy, before anything is judged.
SETTLED = {
    "deployment.service",
    "deployment.environment",
    "given.system",
    "tickets.reference.system",
}
# What is known to be absent, where it is null; see the docstrings of gate/model.py.
NOTHING_KNOWN = {"tickets.result.reporter": "a ticket without reporter has its creator for author"}
# Where null itself says that it never happened, and unknown is another value.
NEVER = {"tickets.result.sent_back", "change.pull_requests.retargeted_at"}
GONE = problem(ProblemKind.INCOMPLETE)
Step = tuple[str, Facts]


def is_allowed(facts: Facts, policy: Policy) -> bool:
    return evaluate(facts, policy, NOW).kind is DecisionKind.ALLOWED


def missing(facts: Facts, policy: Policy) -> frozenset[str]:
    """The controls that do not pass."""
    results = evaluate(facts, policy, NOW).controls
    return frozenset(r.id for r in results if r.judgement.outcome is not Outcome.PASS)


def label(spot: Spot, how: str) -> str:
    return f"{'.'.join(str(getattr(step, 'of', step)) for step in spot.path)}: {how}"


# ---------------------------------------------------------------- steps


def unknown(facts: Facts) -> Iterator[Step]:
    """Each fact, one at a time, could not be had, is null, or is no longer there by its key."""
    late = {spot.path for spot in spots(facts) if is_late(spot.value)}
    for spot in spots(facts):
        if spot.name in NOTHING_KNOWN or spot.path[:-1] in late:
            continue
        if can_be_unknown(spot):
            yield label(spot, "unknown"), put(facts, spot.path, GONE)
        if can_be_absent(spot) and spot.name not in NEVER:
            yield label(spot, "null"), put(facts, spot.path, None)
        if spot.path and isinstance(spot.path[-1], Key):
            above = spot.path[:-1]
            left = without(at_path(facts, above), spot.path[-1].of)
            yield label(spot, "missing"), put(facts, above, left)


def is_late(value: Any) -> bool:
    """Whether it is an approval of after the job: that is itself a reason to deny."""
    return isinstance(value, Approval) and value.decided_at is not None and value.decided_at > NOW


def without(had: dict[Any, Any], key: Any) -> dict[Any, Any]:
    return {name: value for name, value in had.items() if name != key}


PEOPLE = (github("bob"), github("mallory"), git("bob"), git("mallory"))
CLOCKS = ("07:00", "09:05", "10:00")


def added(facts: Facts) -> Iterator[Step]:
    """One more maker, objection, push or edit, wherever there is a list or a text for it."""
    for spot in spots(facts):
        for what, new in additions(spot):
            yield label(spot, what), put(facts, spot.path, new)


def additions(spot: Spot) -> Iterator[tuple[str, Any]]:
    if is_list_of(spot, Account) and spot.name != "gate_accounts":
        yield from ((f"and {one.system} {one.key}", (*spot.value, one)) for one in PEOPLE)
    if is_list_of(spot, Approval):
        yield from (("declined", (*spot.value, no)) for no in objections())
    if is_list_of(spot, Push):
        again = (push for pushed in spot.value for push in pushed_again(pushed))
        yield from (("pushed again", (*spot.value, push)) for push in again)
    if isinstance(spot.value, EditedText | Window):
        later = (at(clock) for clock in CLOCKS if at(clock) > spot.value.edited_at)
        yield from ((f"edited at {time}", replace(spot.value, edited_at=time)) for time in later)


def objections() -> Iterator[Approval]:
    for clock in CLOCKS:
        for account in (jira("carol"), jira("mallory"), None):
            yield Approval(account, Verdict.DECLINED, at(clock), "jsm", f"no-{clock}")


def pushed_again(pushed: Push) -> Iterator[Push]:
    """The same once more: a push that nobody knew of would be knowledge gained."""
    for account in (*PEOPLE, None):
        yield from (replace(pushed, at=at(clock), account=account) for clock in CLOCKS)


def unapproved(facts: Facts) -> Iterator[Step]:
    """One approval less, of a ticket or of a pull request."""
    for spot in spots(facts):
        if is_approval(spot.value) and not is_late(spot.value):
            place, above = spot.path[-1], spot.path[:-1]
            had = at_path(facts, above)
            yield label(spot, "not there"), put(facts, above, (*had[:place], *had[place + 1 :]))


def is_approval(value: Any) -> bool:
    return isinstance(value, Approval) and value.verdict is Verdict.APPROVED


def altered(facts: Facts) -> Iterator[Step]:
    """Each value another one of its type: most of them are wrong then, in some way."""
    for spot in spots(facts):
        if spot.name in SETTLED:
            continue
        for number, new in enumerate(others(spot.value)):
            yield label(spot, f"other {number}"), put(facts, spot.path, new)


def others(value: Any) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case datetime():
            yield from (value - timedelta(days=1), value + timedelta(minutes=25))
            yield value + timedelta(days=400)
        case Enum():
            yield from (one for one in type(value) if one is not value)
        case int() | float():
            yield from (value + 1, value + 10**6)
        case str():
            yield from ("", "9" * 40, "tbd")
        case Account():
            yield from (github("mallory"), jira("alice"), github("carol"), jira("bob"))
        case tuple():
            if value:
                yield ()
                yield value[:-1]


@cache
def blocked(world: str) -> tuple[tuple[str, Facts, frozenset[str]], ...]:
    """Worlds that are not allowed, with the controls that miss: each is one alteration away."""
    good = WORLDS[world]
    made = [*altered(good), *unknown(good), *added(good), *unapproved(good)]
    found = []
    seen = set()
    for how, facts in made:
        missed = missing(facts, POLICIES[world])
        # Of those that miss the same in the same part of the facts, one stands for all.
        kind = (tuple(re.findall("[a-z_]+", how))[:3], missed)
        if missed and kind not in seen:
            seen.add(kind)
            found.append((how, facts, missed))
    return tuple(found)


# ---------------------------------------------------------------- what holds


@pytest.mark.parametrize("world", WORLDS)
def test_the_worlds_are_allowed_and_walked_through(world: str) -> None:
    assert is_allowed(WORLDS[world], POLICIES[world])
    assert len(tuple(spots(WORLDS[world]))) > 200
    missed = {name for _, _, names in blocked(world) for name in names}
    assert BY_ID.keys() - missed == {"freeze"}  # which is the policy's


@pytest.mark.parametrize("steps", [unknown, added, unapproved], ids=lambda step: step.__name__)
@pytest.mark.parametrize("world", WORLDS)
def test_no_step_to_less_opens_what_was_not_open(world: str, steps: Any) -> None:
    policy = POLICIES[world]
    opened = [
        f"{before}, then {step}"
        for before, facts, missed in blocked(world)
        for step, after in steps(facts)
        if not any(is_missed(name, after, policy) for name in missed) and is_allowed(after, policy)
    ]
    assert not opened, "\n".join(opened[:40])


def is_missed(control: str, facts: Facts, policy: Policy) -> bool:
    return BY_ID[control].judge(facts, policy, NOW).outcome is not Outcome.PASS


@pytest.mark.parametrize("world", WORLDS)
def test_the_order_of_no_list_matters(world: str) -> None:
    policy = POLICIES[world]
    wrong = [
        f"{before}, then {label(spot, 'reversed')}"
        for before, facts, _ in (("", WORLDS[world], frozenset()), *blocked(world))
        for spot in spots(facts)
        if isinstance(spot.value, tuple) and len(spot.value) > 1 and spot.name not in ORDERED
        if outcomes(facts, policy) != outcomes(turned(facts, spot), policy)
    ]
    assert not wrong, "\n".join(wrong[:40])


# The first parent is the line that was merged into.
ORDERED = {"change.commits.parents", "change.pull_requests.commits.parents"}


def turned(facts: Facts, spot: Spot) -> Facts:
    """The facts with one list from its end; what goes by its positions goes along."""
    after: Facts = put(facts, spot.path, spot.value[::-1])
    if spot.name in {"given", "tickets"} and isinstance(facts.given, tuple):
        return replace(facts, given=facts.given[::-1], tickets=facts.tickets[::-1])
    if spot.name == "change.direct_pushes" and isinstance(after.change, Change):
        last = len(spot.value) - 1
        moved = {sha: last - place for sha, place in after.change.push_of.items()}
        return replace(after, change=replace(after.change, push_of=moved))
    return after


def outcomes(facts: Facts, policy: Policy) -> tuple[Outcome, ...]:
    return tuple(r.judgement.outcome for r in evaluate(facts, policy, NOW).controls)


# Facts that a deployment may lack, where every source of approvals is needed, and why.
UNNEEDED = {
    "tickets.result.linked": "the pull requests name the ticket itself",
    "tickets.result.standard": "a change that may be a standard one is judged as any other",
    "tickets.result.scope.edited_by": "whoever edited it, what counts is when",
    "tickets.result.rollback_plan.edited_by": "whoever edited it, what counts is when",
    "tickets.result.test_plan.edited_by": "whoever edited it, what counts is when",
    "change.base.index": "where the log proves the base is told, not judged",
    "history.base.index": "where the log proves the base is told, not judged",
    "change.pull_requests.merged_by": "whoever pressed the button makes nothing of the change",
    "change.pull_requests.landed_at": "the pipeline is the reference here, not the merge",
    "change.pull_requests.remerged": "the merge holds what its head does",
    "change.direct_pushes": "each commit came by a pull request, whose pushes are known",
}


def test_each_fact_that_is_unknown_closes_the_gate_but_those_that_are_not_needed() -> None:
    good = WORLDS["all sources"]
    names = {label(spot, how): spot.name for spot in spots(good) for how in ("unknown", "null")}
    open_still = (step for step, facts in unknown(good) if is_allowed(facts, SOURCES))
    still = {names[step] for step in open_still if step in names}
    assert still == UNNEEDED.keys()


def test_each_control_is_closed_by_some_fact_that_is_unknown() -> None:
    """But for those that no fact decides: the policy's own, and what is asked for."""
    closed = {name for _, facts in unknown(WORLDS["good"]) for name in missing(facts, STRICT)}
    assert {control.id for control in CONTROLS} - closed == {
        *("clock-sane", "freeze", "policy-pinned"),  # lists that may be empty, and no facts at all
    }
