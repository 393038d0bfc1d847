"""ticket-covers-change, and what a text names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from worlds import (
    FIRST_SHA,
    MERGE_SHA,
    REPOSITORY,
    SECOND_SHA,
    at,
    good_approval,
    good_change,
    good_commit,
    good_deployment,
    good_facts,
    good_policy,
    good_pull_request,
    good_push,
    good_review,
    good_ticket,
    jira,
    judged,
    problem,
    with_rules,
)

from gate.config.types import Service
from gate.controls.naming import (
    named_commits,
    names_artifacts,
    names_pull_request,
    names_service,
    plain,
)
from gate.model import Artifact, Change, EditedText, Facts, Outcome, Verdict

ID = "ticket-covers-change"
SHOP = Service("shop", REPOSITORY, ("main",), ("shop", "Web shop"))


def scope(*texts: str, edited: str = "08:05") -> tuple[EditedText, ...]:
    return tuple(EditedText("description", text, at(edited)) for text in texts)


def saying(*texts: str, edited: str = "08:05") -> Facts:
    return good_facts(good_ticket(scope=scope(*texts, edited=edited)))


def outcome(facts: Facts) -> Outcome:
    return judged(ID, facts).outcome


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    "text",
    [
        *("shop", "Shop", "SHOP.", "the shop, please", "(shop)", "Shop's checkout", "service:shop"),
        *(
            "Web shop",
            "web\n shop",
            "deploy shop: faster",
            "shop - release",
            "“shop”",
            "shop;other",
        ),
        "sh\N{SOFT HYPHEN}op",
    ],
)
def test_a_service_is_named_as_a_whole_word(text: str) -> None:
    assert names_service(plain(text), SHOP, [SHOP])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "workshop",
            "shopping",
            "shop-admin",
            "my-shop",
            "shop_2",
            "shops",
            "pre\N{HYPHEN}shop",
        ),
        *("shop.acme.example", "other/shop", "shop/admin", "shop@acme.example", "https://x.y/shop"),
        *("sho p", "shop\N{ZERO WIDTH SPACE}-admin", "shop+more", "s\N{CYRILLIC SMALL LETTER O}op"),
    ],
)
def test_a_part_of_another_word_names_no_service(text: str) -> None:
    assert not names_service(plain(text), SHOP, [SHOP])


def test_the_longer_name_of_another_service_is_not_ours() -> None:
    shop = replace(SHOP, names=("shop",))
    web = Service("web", REPOSITORY, (), ("web", "Web shop"))
    assert not names_service("the Web shop", shop, [shop, web])
    assert names_service("the Web shop", shop, [shop])
    assert names_service("the Web shop and the shop", shop, [shop, web])
    assert names_service("the Web shop", web, [shop, web])
    assert names_service("the Web shop", SHOP, [SHOP, web])  # both call theirs so


@pytest.mark.parametrize("names", [(), ("",), (" ", "\n")])
def test_a_service_without_a_name_is_never_named(names: tuple[str, ...]) -> None:
    assert not names_service("anything at all", replace(SHOP, names=names), [SHOP])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("acme/shop#12", True),
        ("see Acme/Shop#12, acme/shop#13", True),
        ("(acme/shop#12)", True),
        ("#12", False),
        ("billing PR #12", False),
        ("acme/billing #12", False),
        ("step #12.5", False),
        (f"{REPOSITORY}/pull/12", True),
        (f"{REPOSITORY}/pull/12/files", True),
        (f"<{REPOSITORY.upper()}/PULL/12>", True),
        ("#123", False),
        ("#1", False),
        ("12", False),
        ("other#12", False),
        ("other/repo#12", False),
        ("##12", False),
        ("&#12;", False),
        (f"{REPOSITORY}/pull/123", False),
        (f"x{REPOSITORY}/pull/12", False),
        ("https://github.com/other/shop/pull/12", False),
    ],
)
def test_a_pull_request_is_named_with_its_repository(text: str, named: bool) -> None:
    assert names_pull_request(text, good_pull_request()) is named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("acme/web/shop!12", True),
        ("Merge Acme/Web/Shop!12.", True),
        ("https://gitlab.example/acme/web/shop/-/merge_requests/12", True),
        ("acme/web/shop#12", False),  # an issue
        ("acme/web#12", False),
        ("web/shop!12", False),
        ("other/acme/web/shop!12", False),
        ("acme/web/shop!123", False),
        ("https://gitlab.example/acme/web/shop/-/issues/12", False),
    ],
)
@pytest.mark.parametrize("dash", ["/-", ""])
def test_a_merge_request_is_named_with_its_project_and_no_issue_is(
    text: str, named: bool, dash: str
) -> None:
    url = f"https://gitlab.example/acme/web/shop{dash}/merge_requests/12"
    pull = good_pull_request(url=url)
    assert names_pull_request(text.replace("/-/merge", f"{dash}/merge"), pull) is named


SHA = "0123456789abcdef" + "0" * 24


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (SHA, True),
        (SHA[:16], True),
        (f"commit {SHA[:20].upper()}.", True),
        (SHA[:15], False),
        (SHA[:7], False),
        (SHA[1:19], False),
        (SHA[:16] + "f", False),
        (SHA + "0", False),
        (f"x{SHA[:16]}", False),
        (f"{SHA[:16]}-x", False),
        ("", False),
    ],
)
def test_a_commit_is_named_by_more_digits_than_can_be_found_by_trying(
    text: str, named: bool
) -> None:
    assert bool(named_commits(text, [SHA])) is named


def test_artifacts_are_named_by_whole_digests_and_all_of_them() -> None:
    one, two = Artifact("shop", "a" * 64), Artifact("shop", "b" * 64)
    assert names_artifacts(f"shop@sha256:{'A' * 64}", [one])
    assert not names_artifacts(f"shop@sha256:{'a' * 63}", [one])
    assert not names_artifacts(f"sha256:{'a' * 65}", [one])
    assert not names_artifacts("shop", [one])
    assert not names_artifacts(f"{'a' * 64}", [one, two])
    assert names_artifacts(f"{'a' * 64} {'b' * 64}", [one, two])
    assert not names_artifacts("anything", [])


# ---------------------------------------------------------------- the control


@pytest.mark.parametrize(
    "text",
    ["Web shop", "PR acme/shop#12", f"{REPOSITORY}/pull/12", MERGE_SHA, SECOND_SHA[:16]],
)
def test_a_ticket_covers_what_it_names(text: str) -> None:
    assert outcome(saying("intro", text)) is Outcome.PASS


@pytest.mark.parametrize("text", ["", "Payments", "#13", "all of it", "CHG-1", FIRST_SHA, "alice"])
def test_a_ticket_of_something_else_fails(text: str) -> None:
    judgement = judged(ID, saying(text))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.remedy is not None


def test_that_the_commit_names_the_ticket_is_no_evidence() -> None:
    pull = good_pull_request(title="CHG-1 faster checkout", head_ref="CHG-1-faster")
    commits = tuple(
        replace(commit, message="CHG-1 shop")
        for commit in good_facts().change.commits  # type: ignore[union-attr]  # no problem in it
    )
    change = good_change(commits=commits, pull_requests=(pull,))
    facts = good_facts(good_ticket(scope=scope("Payments"), summary="shop"), change=change)
    assert outcome(facts) is Outcome.FAIL


def test_no_scope_fields_at_all_fail() -> None:
    assert outcome(good_facts(good_ticket(scope=()))) is Outcome.FAIL


def test_unread_scope_fields_are_undetermined() -> None:
    assert outcome(good_facts(good_ticket(scope=problem()))) is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("edited", "expected"),
    [("08:59", Outcome.PASS), ("09:00", Outcome.PASS), ("09:00:01", Outcome.FAIL)],
)
def test_the_text_counts_as_it_was_at_the_approval(edited: str, expected: Outcome) -> None:
    judgement = judged(ID, saying("shop", edited=edited))
    assert judgement.outcome is expected
    if expected is Outcome.FAIL:
        assert judgement.observed.code == "coverage.edited"


def test_another_text_edited_later_does_not_matter_here() -> None:
    texts = (*scope("shop"), *scope("shop and more", edited="09:20"))
    assert outcome(good_facts(good_ticket(scope=texts))) is Outcome.PASS


def test_any_counted_approval_after_the_edit_will_do() -> None:
    again = (good_approval(), good_approval("carol", "09:10"))
    facts = good_facts(good_ticket(scope=scope("shop", edited="09:05"), approvals=again))
    assert outcome(facts) is Outcome.PASS
    not_counted = (good_approval(), good_approval("dave", "09:10"))
    facts = good_facts(good_ticket(scope=scope("shop", edited="09:05"), approvals=not_counted))
    assert outcome(facts) is Outcome.FAIL


@pytest.mark.parametrize(
    ("not_before", "expected"),
    [(None, Outcome.UNDETERMINED), ("08:04", Outcome.UNDETERMINED), ("08:05", Outcome.PASS)],
)
def test_an_inexact_approval_counts_by_its_earliest_time(
    not_before: str | None, expected: Outcome
) -> None:
    vague = good_approval(latest_possible=True, not_before=at(not_before) if not_before else None)
    facts = good_facts(good_ticket(scope=scope("shop"), approvals=(vague,)))
    assert outcome(facts) is expected


@pytest.mark.parametrize(
    ("approvals", "expected"),
    [
        ((), Outcome.FAIL),
        ((good_approval("dave"),), Outcome.FAIL),
        ((good_approval("mallory"),), Outcome.UNDETERMINED),
        ((good_approval(verdict=Verdict.PENDING),), Outcome.FAIL),
        (problem(), Outcome.UNDETERMINED),
    ],
)
def test_without_a_counted_approval_nothing_is_covered(
    approvals: object, expected: Outcome
) -> None:
    assert outcome(good_facts(good_ticket(approvals=approvals))) is expected


def test_reviews_that_count_are_approvals_of_the_text() -> None:
    facts = good_facts(good_ticket(approvals=()))
    policy = with_rules(sources=("review",))
    assert judged(ID, facts, policy).outcome is Outcome.PASS
    change = good_change(pull_requests=(good_pull_request(reviews=(good_review("dave"),)),))
    assert judged(ID, replace(facts, change=change), policy).outcome is Outcome.FAIL
    assert judged(ID, replace(facts, change=problem()), policy).outcome is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    "change",
    [problem(), good_change(commits=problem()), good_change(pull_requests=problem())],
)
def test_without_a_range_only_the_whole_can_be_covered(change: object) -> None:
    facts = saying("#12")
    assert outcome(replace(facts, change=change)) is Outcome.UNDETERMINED  # type: ignore[arg-type]
    assert outcome(good_facts(change=change)) is Outcome.PASS


def two_pull_requests() -> Change:
    extra = good_commit("9" * 40, MERGE_SHA)
    second = good_pull_request(
        number=13,
        url=f"{REPOSITORY}/pull/13",
        head_sha=extra.sha,
        merge_sha=extra.sha,
        brings=(extra.sha,),
        pushes=(good_push(after=extra.sha),),
    )
    base = good_change()
    assert isinstance(base.commits, tuple)
    assert isinstance(base.pull_requests, tuple)
    return replace(
        base,
        commits=(*base.commits, extra),
        pull_requests=(*base.pull_requests, second),
    )


def test_tickets_must_together_cover_every_pull_request() -> None:
    change = two_pull_requests()
    first = good_ticket(scope=scope("acme/shop#12"))
    second = good_ticket(key="CHG-2", scope=scope("acme/shop#13"))
    judgement = judged(ID, good_facts(first, change=change))
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.args["commits"] == ("9" * 12,)
    assert outcome(good_facts(first, second, change=change)) is Outcome.PASS
    assert outcome(good_facts(good_ticket(scope=scope("shop")), change=change)) is Outcome.PASS


def test_each_ticket_must_name_something_of_the_change() -> None:
    other = good_ticket(key="CHG-2", scope=scope("Payments"))
    assert outcome(good_facts(good_ticket(), other)) is Outcome.FAIL


def test_one_commit_of_a_pull_request_does_not_cover_the_rest_of_it() -> None:
    assert outcome(saying(FIRST_SHA)) is Outcome.FAIL


def test_named_artifacts_cover_the_deployment() -> None:
    deployment = good_deployment(artifacts=(Artifact("image", "a" * 64),))
    facts = saying(f"image@sha256:{'a' * 64}")
    assert outcome(replace(facts, deployment=deployment)) is Outcome.PASS
    assert outcome(facts) is Outcome.FAIL


def test_the_remedy_names_service_ticket_and_fields() -> None:
    judgement = judged(ID, saying("Payments"), good_policy())
    assert judgement.remedy is not None
    assert judgement.remedy.args["service"] == "shop"
    assert judgement.remedy.args["fields"] == ("component", "description")


def test_a_history_that_is_not_shown_is_told_as_such() -> None:
    """Approved after the last edit that is known, which may have been later."""
    text = EditedText("description", "the shop", at("09:10"), jira("alice"), latest_possible=True)
    judgement = judged("ticket-covers-change", good_facts(good_ticket(scope=(text,))))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.observed.code == "coverage.unseen"
    assert judgement.observed.args["system"] == "jira"
