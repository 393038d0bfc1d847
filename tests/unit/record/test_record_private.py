"""No name and no text of people leaves by the words of the controls themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import worlds
from records import Written, write
from worlds import good_facts, problem

from gate.config.types import Freeze
from gate.controls.control import say, together
from gate.model import Earlier, Facts, Lookup, MissingTicket, Neighbour, Window
from gate.policy import evaluate
from gate.record.drafting import Drafting
from gate.record.labels import Labels
from gate.record.predicates import TextReference

PERSONAL = (
    *("alice", "bob", "carol", "dave", "erin", "mallory", "acc-", "acme.example", "web-flow"),
    *("faster", "Faster", "heckout", "one book", "refs/", "dashboards", "GET /thing", "answer"),
)


def _ticket(**changes: object) -> Facts:
    return good_facts(worlds.good_ticket(**changes))


def _change(**changes: object) -> Facts:
    return good_facts(change=worlds.good_change(**changes))


WORLDS: dict[str, Callable[[], Facts]] = {
    "good": good_facts,
    "run unread": lambda: good_facts(run=problem()),
    "nothing given": lambda: good_facts(given=(), tickets=()),
    "given unread": lambda: good_facts(given=problem(), tickets=()),
    "change unread": lambda: good_facts(change=problem()),
    "history unread": lambda: good_facts(history=problem()),
    "deployments unread": lambda: good_facts(deployed_before=problem()),
    "ticket unread": lambda: good_facts(tickets=(Lookup(worlds.reference(), problem()),)),
    "ticket missing": lambda: good_facts(tickets=(Lookup(worlds.reference(), MissingTicket()),)),
    "ticket moved": lambda: good_facts(
        tickets=(Lookup(worlds.reference(), worlds.good_ticket(key="OPS-5")),)
    ),
    "ticket late": lambda: _ticket(created_at=worlds.at("09:20")),
    "own approval": lambda: _ticket(approvals=(worlds.good_approval("alice"),)),
    "approval by nobody known": lambda: _ticket(approvals=(worlds.good_approval("mallory"),)),
    "approval late": lambda: _ticket(approvals=(worlds.good_approval(clock="09:45"),)),
    "no approval": lambda: _ticket(approvals=()),
    "nothing written": lambda: _ticket(scope=(), rollback_plan=(), test_plan=()),
    "pushed after approval": lambda: worlds.with_pull_request(
        pushes=(worlds.good_push(clock="09:25"),)
    ),
    "not reviewed": lambda: worlds.with_pull_request(reviews=()),
    "pushed directly": lambda: _change(
        pull_requests=(),
        direct_pushes=(worlds.good_push("mallory"),),
        push_of={worlds.MERGE_SHA: 0},
    ),
    "deployed by another": lambda: good_facts(run=worlds.good_run(actor=worlds.github("dave"))),
    "deployed by nobody known": lambda: good_facts(
        run=worlds.good_run(actor=worlds.github("mallory"))
    ),
    "no window": lambda: _ticket(window=Window(None, None, worlds.at("08:00"))),
    "window over": lambda: _ticket(
        window=Window(worlds.at("08:00"), worlds.at("09:00"), worlds.at("08:00"))
    ),
    "linked": lambda: _ticket(linked=("SHOP-1",)),
    "backdated": lambda: _ticket(neighbours=(Neighbour("CHG-0", worlds.at("09:00")),)),
    "named nowhere": lambda: worlds.with_pull_request(title="Faster checkout"),
    "merged anew": lambda: worlds.with_pull_request(remerged="e" * 40),
    "not merged anew": lambda: worlds.with_pull_request(remerged=problem(service="git")),
    "never tested": lambda: good_facts(
        history=worlds.good_history(earlier=Earlier("environment-1"))
    ),
    "on no release ref": lambda: _change(release_refs=()),
    "in a fork only": lambda: _change(in_repository=False),
    **{
        f"change.{part} unread": lambda part=part: _change(**{part: problem()})  # type: ignore[misc]
        for part in ("commits", "pull_requests", "direct_pushes", "release_refs", "in_repository")
    },
    **{
        f"ticket.{part} unread": lambda part=part: _ticket(**{part: problem()})  # type: ignore[misc]
        for part in (
            *("approvals", "scope", "rollback_plan", "test_plan"),
            *("window", "linked", "neighbours"),
        )
    },
}


def _observed(written: Written, control: str) -> Any:
    (found,) = [c for c in written.record.predicate.controls if c.id == control]
    return found.observed.args


def test_what_the_policy_or_the_ticket_system_says_is_told_in_clear() -> None:
    facts = _change(release_refs=("main", "release/of-alice"))
    written = write(facts, evaluate(facts, worlds.good_policy(), worlds.NOW))
    assert _observed(written, "ticket-open")["status"] == "Approved"
    main, other = _observed(written, "commit-on-release-ref")["refs"]
    assert main == "main"
    assert isinstance(other, TextReference)
    (approved,) = [c for c in written.record.predicate.controls if c.id == "approved"]
    expected: Any = approved.expected.args
    assert all(isinstance(name, TextReference) for name in expected["by"])


# A policy that names people wherever it may.
NAMING = worlds.good_policy(
    worlds.good_environment(deployers=("alice", "erin")),
    freezes=(Freeze("alice is away", worlds.at("09:00"), worlds.at("10:00")),),
)


@pytest.mark.parametrize("world", WORLDS)
def test_what_the_controls_say_names_nobody(world: str) -> None:
    facts = WORLDS[world]()
    written = write(facts, evaluate(facts, NAMING, worlds.NOW))
    for data in (written.payload, written.evidence):
        text = data.decode()
        assert [word for word in PERSONAL if word in text] == []


def test_what_could_not_be_had_stays_a_label_behind_another_message_too() -> None:
    told = together(
        [
            say("a.failure", "It failed."),
            say(
                "problem.unavailable",
                "{service}: {cause} (asked: {request})",
                service="github",
                cause="the branch of alice is gone",
                request="GET /users/alice",
            ),
        ]
    )
    labels = Labels(lambda _: None)
    args: Any = Drafting(labels, worlds.REPOSITORY)._message(told).args
    texts = {name for name, value in args.items() if isinstance(value, TextReference)}
    assert texts == {name for name in args if name.startswith(("cause", "request"))} != set()
