"""change-linked: each part of the change names the ticket, or an issue that is linked to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from worlds import (
    FIRST_SHA,
    MERGE_SHA,
    SECOND_SHA,
    at,
    github,
    good_change,
    good_commit,
    good_commits,
    good_environment,
    good_facts,
    good_policy,
    good_pull_request,
    good_push,
    good_ticket,
    judged,
    problem,
    with_pull_request,
)

from gate.config.types import Policy
from gate.controls.naming import names_ticket
from gate.model import (
    Account,
    AccountKind,
    ChangeRequest,
    Facts,
    Outcome,
    PullRequest,
)
from gate.tickets.gitlab.names import issue_ids
from gate.tickets.ids import find_ids

CONTROL = "change-linked"
BOT = Account("github", "dependabot[bot]", AccountKind.APP)
BOTS = good_policy(good_environment(bots=("dependabot[bot]",)))


def titled(title: str, *tickets: ChangeRequest, **changes: Any) -> Facts:
    """Pull request #12 is called so."""
    pulls = (good_pull_request(title=title, **changes),)
    return replace(good_facts(*tickets), change=good_change(pull_requests=pulls))


def outcome(facts: Facts, policy: Policy | None = None) -> Outcome:
    return judged(CONTROL, facts, policy).outcome


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("CHG-1", True),
        ("Faster checkout (CHG-1)", True),
        ("CHG-1-faster", True),
        ("fix/CHG-1", True),
        ("CHG-1, CHG-2", True),
        ("CHG-12", False),
        ("XCHG-1", False),
        ("CHG-1a", False),
        ("CHG-1-2", False),
        ("CHG-1.2", False),
        ("CHG-01", False),
        ("chg-1", False),
        ("CHG 1", False),
        ("", False),
    ],
)
def test_a_ticket_is_named_as_a_whole_word(text: str, named: bool) -> None:
    assert names_ticket(text, "CHG-1") is named
    assert not named or "CHG-1" in find_ids(text, ("CHG",))
    assert (outcome(titled(text)) is Outcome.PASS) is named
    assert not names_ticket(text, "")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("acme/ops#4", True),
        ("Faster checkout (acme/ops#4)", True),
        ("Closes acme/ops#4.", True),
        ("acme/ops#4-faster", True),
        ("other/acme/ops#4", False),
        ("my-acme/ops#4", False),
        ("my.acme/ops#4", False),
        ("acme/ops#41", False),
        ("acme/ops#4.1", False),
        ("#4", False),
    ],
)
def test_an_issue_is_named_with_its_whole_place(text: str, named: bool) -> None:
    assert names_ticket(text, "acme/ops#4") is named
    # A name is never more than what would be looked up for it.
    assert not named or issue_ids(("acme/ops",)).find(text) == ("acme/ops#4",)


@pytest.mark.parametrize(
    "where",
    [
        {"head_ref": "feature/CHG-1-faster"},
        {"commits": (good_commit(FIRST_SHA, "b" * 40, message="Faster\n\nCHG-1"),)},
    ],
)
def test_branch_and_commits_name_it_as_well(where: dict[str, Any]) -> None:
    assert outcome(titled("Faster", **where)) is Outcome.PASS


def test_the_message_of_the_merge_names_it_as_well() -> None:
    merge = replace(good_commits()[2], message="Merge pull request #12\n\nCHG-1")
    change = good_change(
        commits=(*good_commits()[:2], merge), pull_requests=(good_pull_request(title="Faster"),)
    )
    assert outcome(good_facts(change=change)) is Outcome.PASS


def test_an_issue_that_is_linked_to_the_ticket_will_do() -> None:
    linked = good_ticket(linked=("SHOP-7", "SHOP-8"))
    assert outcome(titled("SHOP-8 faster", linked)) is Outcome.PASS
    other = judged(CONTROL, titled("SHOP-9 faster", linked))
    assert other.outcome is Outcome.FAIL
    assert other.remedy
    assert other.remedy.args["tickets"] == ("CHG-1",)


def test_links_that_could_not_be_had_matter_only_where_they_are_needed() -> None:
    unseen = good_ticket(linked=problem())
    assert outcome(titled("CHG-1", unseen)) is Outcome.PASS
    assert outcome(titled("SHOP-8", unseen)) is Outcome.UNDETERMINED


def test_one_of_several_tickets_will_do() -> None:
    both = (good_ticket(), good_ticket(key="CHG-2", linked=("SHOP-7",)))
    for title, expected in (("CHG-2", Outcome.PASS), ("SHOP-7", Outcome.PASS), ("x", Outcome.FAIL)):
        assert outcome(titled(title, *both)) is expected


def test_each_pull_request_names_it() -> None:
    second = good_pull_request(number=13, title="More", brings=(SECOND_SHA, MERGE_SHA))
    change = good_change(pull_requests=(good_pull_request(brings=(FIRST_SHA,)), second))
    judgement = judged(CONTROL, good_facts(change=change))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.args["unit"] == "pull request #13"


def test_pushes_beside_pull_requests_name_it_too() -> None:
    def pushed(message: str) -> Facts:
        commit = good_commit(MERGE_SHA, "b" * 40, message=message)
        return good_facts(
            change=good_change(
                commits=(commit,),
                pull_requests=(),
                direct_pushes=(good_push(after=MERGE_SHA),),
                push_of={MERGE_SHA: 0},
            )
        )

    assert outcome(pushed("CHG-1 at once")) is Outcome.PASS
    assert outcome(pushed("at once")) is Outcome.FAIL
    loose = replace(pushed("CHG-1"), change=good_change(pull_requests=()))
    judgement = judged(CONTROL, loose)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.args["unit"] == "what no push is known of"


def test_what_is_not_known_is_not_linked() -> None:
    assert outcome(good_facts(change=problem())) is Outcome.UNDETERMINED
    assert outcome(good_facts(history=problem())) is Outcome.UNDETERMINED
    assert outcome(good_facts(given=(), tickets=())) is Outcome.UNDETERMINED
    assert outcome(titled("Faster", commits=problem())) is Outcome.UNDETERMINED
    assert outcome(titled("CHG-1", commits=problem())) is Outcome.PASS
    for part in ("commits", "pull_requests"):
        hidden = good_facts(change=good_change(**{part: problem()}))
        assert outcome(hidden) is Outcome.UNDETERMINED


# ---------------------------------------------------------------- bots


def by_bot(**changes: Any) -> PullRequest:
    given = {"author": BOT, "title": "Bump", "pushes": (good_push(account=BOT),)}
    return good_pull_request(**given | changes)


def test_a_bots_own_pull_request_needs_no_ticket_where_the_policy_says_so() -> None:
    facts = good_facts(change=good_change(pull_requests=(by_bot(),)))
    assert outcome(facts, BOTS) is Outcome.PASS
    assert outcome(facts) is Outcome.FAIL
    by_other_name = good_policy(good_environment(bots=("Dependabot",)))
    assert outcome(facts, by_other_name) is Outcome.PASS


@pytest.mark.parametrize(
    "changes",
    [
        {"author": github("alice")},
        {"author": None},
        {"author": replace(BOT, kind=AccountKind.PERSON)},
        {"author": replace(BOT, kind=AccountKind.UNKNOWN)},
        {"author": replace(BOT, key="renovate[bot]")},
        {"others": (github("alice"),)},
        {"others": (None,)},
        {"pushes": ()},
        {"pushes": problem()},
        {"pushes": (good_push(account=BOT), good_push("alice", "08:31"))},
        {"pushes": (good_push(account=BOT), good_push(account=None, at=at("08:31")))},
    ],
)
def test_with_anybody_elses_hand_in_it_it_is_no_bots(changes: dict[str, Any]) -> None:
    change = good_change(pull_requests=(by_bot(**changes),))
    assert outcome(good_facts(change=change), BOTS) is Outcome.FAIL


def test_the_good_world_is_linked() -> None:
    assert outcome(good_facts()) is Outcome.PASS
    assert outcome(with_pull_request(title="Faster")) is Outcome.FAIL
