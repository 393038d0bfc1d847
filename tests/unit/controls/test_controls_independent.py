"""approver-independent: makers, vouching, and who is provably somebody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from worlds import (
    BASE_SHA,
    FIRST_SHA,
    MERGE_SHA,
    SECOND_SHA,
    at,
    git,
    github,
    good_approval,
    good_change,
    good_commit,
    good_commits,
    good_deployment,
    good_environment,
    good_facts,
    good_history,
    good_policy,
    good_pull_request,
    good_push,
    good_review,
    good_run,
    good_ticket,
    jira,
    judged,
    problem,
    shell_deployment,
    with_rules,
)

from gate.config.types import Policy
from gate.model import (
    Account,
    AccountKind,
    Approval,
    Base,
    BaseKind,
    Change,
    EditedText,
    Facts,
    Level,
    Outcome,
    ProblemKind,
    PullRequest,
    RunClaim,
)

ID = "approver-independent"
APP = AccountKind.APP


def outcome(facts: Facts, policy: Policy | None = None) -> Outcome:
    return judged(ID, facts, policy).outcome


def with_commit(sha: str = FIRST_SHA, **changes: Any) -> Facts:
    commits = tuple(
        replace(commit, **changes) if commit.sha == sha else commit for commit in good_commits()
    )
    return good_facts(change=good_change(commits=commits))


def with_pull(**changes: Any) -> Facts:
    return good_facts(change=good_change(pull_requests=(good_pull_request(**changes),)))


def approved_by(*names: str, **changes: Any) -> Facts:
    approvals = tuple(good_approval(name) for name in names)
    return good_facts(good_ticket(approvals=approvals, **changes))


def test_an_approver_who_had_no_part_in_it_passes() -> None:
    assert outcome(good_facts()) is Outcome.PASS


PARTS = [
    with_commit(author=github("bob")),
    with_commit(committer=github("bob")),
    with_commit(co_authors=(github("dave"), github("bob"))),
    with_commit(author=git("bob")),
    with_commit(author=Account("git", "BOB@acme.example", AccountKind.UNKNOWN)),
    with_commit(signer=github("bob")),
    with_pull(author=github("bob")),
    with_pull(pushes=(good_push("bob", "08:10"), good_push())),
    with_pull(commits=(good_commit(FIRST_SHA, BASE_SHA, co_authors=(git("bob"),)),)),
]


@pytest.mark.parametrize("facts", PARTS)
def test_an_approver_with_any_part_in_a_commit_fails(facts: Facts) -> None:
    judgement = judged(ID, facts)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.observed.code == "independent.maker"
    assert judgement.observed.args["approvers"] == (jira("bob"),)


@pytest.mark.parametrize("facts", PARTS)
def test_a_second_approver_without_a_part_repairs_it(facts: Facts) -> None:
    ticket = good_ticket(approvals=(good_approval(), good_approval("carol")))
    assert outcome(replace(good_facts(ticket), change=facts.change)) is Outcome.PASS


def test_each_commit_may_have_its_own_independent_approver() -> None:
    commits = list(good_commits())
    commits[0] = replace(commits[0], author=github("bob"))
    commits[1] = replace(commits[1], author=github("carol"))
    pull = good_pull_request(commits=())
    plain = replace(
        commits[2], merged_by_forge=False, author=github("alice"), committer=git("alice")
    )
    plain = replace(plain, signer=github("alice"))
    change = good_change(commits=(commits[0], commits[1], plain), pull_requests=(pull,))
    both = good_ticket(approvals=(good_approval(), good_approval("carol")))
    assert outcome(good_facts(both, change=change)) is Outcome.PASS
    assert outcome(good_facts(change=change)) is Outcome.FAIL


def test_the_merger_is_no_maker_where_the_forge_wrote_the_merge() -> None:
    facts = with_commit(MERGE_SHA, author=github("bob"), committer=github("bob"))
    assert outcome(facts) is Outcome.PASS
    facts = with_pull(merged_by=github("bob"))
    assert outcome(facts) is Outcome.PASS


def test_the_forges_own_committer_is_no_maker() -> None:
    facts = with_commit(committer=Account("github", "web-flow", APP))
    assert outcome(facts) is Outcome.PASS


UNKNOWN = [
    with_commit(author=github("mallory")),
    with_commit(author=git("mallory")),
    with_commit(co_authors=(git("mallory"),)),
    with_commit(committer=Account("github", "helper[bot]", APP)),
    with_pull(author=github("mallory")),
    with_pull(pushes=(good_push("mallory", "08:10"), good_push())),
]


@pytest.mark.parametrize("facts", UNKNOWN)
def test_a_maker_that_nobody_owns_is_undetermined_with_the_line_to_add(facts: Facts) -> None:
    judgement = judged(ID, facts)
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.remedy is not None
    assert judgement.remedy.code == "people.line"
    assert "[[people]]" in judgement.remedy.text
    assert judgement.remedy.args["lines"]


def test_differing_addresses_prove_nothing_but_people_do() -> None:
    facts = with_commit(author=git("mallory"))
    people = good_policy().people
    mallory = replace(people[0], name="mallory", emails=("mallory@acme.example",), accounts={})
    assert outcome(facts) is Outcome.UNDETERMINED
    assert outcome(facts, good_policy(people=(*people, mallory))) is Outcome.PASS


def test_two_accounts_of_one_system_differ_where_the_policy_states_it() -> None:
    policy = with_rules(sources=("review",), by=("carol",), independent_of=())
    facts = with_pull(author=github("mallory"), pushes=(good_push("mallory"),))
    assert outcome(facts, policy) is Outcome.UNDETERMINED
    assert outcome(facts, replace(policy, one_account_per_person=("github",))) is Outcome.PASS
    assert outcome(facts, replace(policy, one_account_per_person=("jira",))) is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    "facts",
    [with_pull(author=None), with_pull(pushes=(good_push(account=None), good_push()))],
)
def test_a_deleted_account_may_be_anybodys(facts: Facts) -> None:
    assert outcome(facts) is Outcome.UNDETERMINED


def loose(sha: str = "9" * 40, **changes: Any) -> Change:
    extra = good_commit(sha, MERGE_SHA, **changes)
    return good_change(head=sha, commits=(*good_commits(), extra))


def deploying(change: Change) -> Facts:
    return good_facts(change=change, deployment=good_deployment(commit=change.head))


def test_a_commit_that_nothing_vouches_for_is_undetermined() -> None:
    judgement = judged(ID, deploying(loose()))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.observed.code == "independent.unvouched"


@pytest.mark.parametrize(
    ("signer", "expected"),
    [
        (github("alice"), Outcome.PASS),
        (github("bob"), Outcome.FAIL),
        (github("mallory"), Outcome.UNDETERMINED),
        (Account("github", "web-flow"), Outcome.UNDETERMINED),
        (replace(github("alice"), kind=APP), Outcome.UNDETERMINED),
        (Account("github", ""), Outcome.UNDETERMINED),
    ],
)
def test_a_verified_signature_of_a_person_vouches(signer: Account, expected: Outcome) -> None:
    assert outcome(deploying(loose(signer=signer))) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("alice", Outcome.PASS), ("bob", Outcome.FAIL), ("mallory", Outcome.UNDETERMINED)],
)
def test_a_direct_push_vouches_and_its_pusher_is_a_maker(name: str, expected: Outcome) -> None:
    sha = "9" * 40
    change = replace(loose(), direct_pushes=(good_push(name, after=sha),), push_of={sha: 0})
    assert outcome(deploying(change)) is expected


@pytest.mark.parametrize("position", [-1, 1, 7])
def test_a_push_that_is_not_in_the_list_vouches_for_nothing(position: int) -> None:
    sha = "9" * 40
    change = replace(loose(), direct_pushes=(good_push(after=sha),), push_of={sha: position})
    assert outcome(deploying(change)) is Outcome.UNDETERMINED


@pytest.mark.parametrize(
    "changes",
    [{"pushes": ()}, {"pushes": problem()}, {"commits": problem()}, {"commits": ()}],
)
def test_a_pull_request_without_known_pushes_or_commits_is_undetermined(
    changes: dict[str, Any],
) -> None:
    judgement = judged(ID, with_pull(**changes))
    assert judgement.outcome is Outcome.UNDETERMINED
    told = {
        judgement.observed.code,
        *(str(each) for each in judgement.observed.args.get("also", ())),  # type: ignore[union-attr]
    }
    assert told <= {"independent.unvouched", "problem.unavailable"}


def test_pushes_to_a_branch_do_not_vouch_for_a_merge_made_by_hand() -> None:
    facts = with_commit(MERGE_SHA, merged_by_forge=False)
    assert outcome(facts) is Outcome.UNDETERMINED
    change = facts.change
    assert isinstance(change, Change)
    change = replace(change, direct_pushes=(good_push(after=MERGE_SHA),), push_of={MERGE_SHA: 0})
    assert outcome(replace(facts, change=change)) is Outcome.PASS
    by_bob = replace(change, direct_pushes=(good_push("bob", after=MERGE_SHA),))
    assert outcome(replace(facts, change=by_bob)) is Outcome.FAIL


def test_a_squash_has_the_makers_of_what_was_squashed() -> None:
    squash = good_commit(MERGE_SHA, BASE_SHA, merged_by_forge=True, author=github("carol"))
    originals = (good_commit(FIRST_SHA, BASE_SHA), good_commit(SECOND_SHA, FIRST_SHA))

    def squashed(*commits: Any) -> Facts:
        pull = good_pull_request(brings=(MERGE_SHA,), commits=commits)
        return good_facts(change=good_change(commits=(squash,), pull_requests=(pull,)))

    assert outcome(squashed(*originals)) is Outcome.PASS
    assert outcome(squashed(replace(originals[0], author=git("bob")))) is Outcome.FAIL
    assert outcome(squashed(replace(originals[0], author=git("mallory")))) is Outcome.UNDETERMINED
    assert outcome(squashed()) is Outcome.UNDETERMINED


# ---------------------------------------------------------------- ticket's author and deployer


def test_the_tickets_author_is_no_independent_approver() -> None:
    for field in ("creator", "reporter"):
        facts = good_facts(good_ticket(**{field: jira("bob")}))
        assert outcome(facts) is Outcome.FAIL
        assert outcome(facts, with_rules(independent_of=("change-author",))) is Outcome.PASS
        facts = good_facts(good_ticket(**{field: jira("mallory")}))
        assert outcome(facts) is Outcome.UNDETERMINED


def test_a_ticket_without_creator_may_be_anybodys() -> None:
    assert outcome(good_facts(good_ticket(creator=None))) is Outcome.UNDETERMINED
    assert outcome(good_facts(good_ticket(reporter=None))) is Outcome.PASS


def test_an_author_without_a_key_may_be_anybody() -> None:
    nobody = Account("jira", "")
    assert outcome(good_facts(good_ticket(creator=nobody))) is Outcome.UNDETERMINED


DEPLOYER = with_rules(independent_of=("change-author", "deployer"))


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (good_run(), Outcome.PASS),
        (good_run(actor=github("bob")), Outcome.FAIL),
        (good_run(actor=github("mallory")), Outcome.UNDETERMINED),
        (good_run(active=False), Outcome.UNDETERMINED),
        (good_run(id="9"), Outcome.FAIL),
        (problem(), Outcome.UNDETERMINED),
        (None, Outcome.UNDETERMINED),
    ],
)
def test_the_deployer_is_who_the_api_says_started_the_run(run: Any, expected: Outcome) -> None:
    assert outcome(good_facts(run=run), DEPLOYER) is expected
    assert outcome(good_facts(run=run)) is Outcome.PASS  # not asked for by default


def test_a_claimed_deployer_counts_only_where_the_policy_accepts_it() -> None:
    claim = RunClaim("gitlab", "1", actor="esmith")
    facts = good_facts(run=problem(ProblemKind.CLAIM), deployment=good_deployment(run=claim))
    people = good_policy().people
    erin = replace(people[4], accounts={**people[4].accounts, "gitlab": "esmith"})
    accepting = good_policy(
        good_environment(accept_claims=("deployer",)), people=(*people[:4], erin)
    )
    accepting = with_rules(accepting, independent_of=("deployer",))
    judgement = judged(ID, facts, accepting)
    assert judgement.outcome is Outcome.PASS
    assert judgement.claims == ("deployer",)
    assert outcome(facts, DEPLOYER) is Outcome.UNDETERMINED
    shell = good_facts(run=None, deployment=shell_deployment())
    assert outcome(shell, accepting) is Outcome.UNDETERMINED


# ---------------------------------------------------------------- approvals


def test_the_approvers_own_second_account_fails() -> None:
    second = Account("jira", "acc-alice-2", email="alice@acme.example")
    policy = with_rules(by=("change-board", "alice"))
    facts = good_facts(good_ticket(approvals=(good_approval(account=second),)))
    assert outcome(facts, policy) is Outcome.FAIL


@pytest.mark.parametrize(
    ("approvals", "expected"),
    [
        ((), Outcome.FAIL),
        ((good_approval("dave"),), Outcome.FAIL),
        ((good_approval("mallory"),), Outcome.UNDETERMINED),
        (problem(), Outcome.UNDETERMINED),
    ],
)
def test_without_a_counted_approval_nobody_is_independent(
    approvals: Any, expected: Outcome
) -> None:
    assert outcome(good_facts(good_ticket(approvals=approvals))) is expected


def test_an_approval_that_may_count_keeps_a_makers_own_from_failing() -> None:
    facts = with_commit(author=github("bob"))
    ticket = good_ticket(approvals=(good_approval(), good_approval("mallory")))
    judgement = judged(ID, replace(good_facts(ticket), change=facts.change))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert judgement.remedy is not None
    assert judgement.remedy.args["accounts"] == (jira("mallory"),)


def scope(text: str) -> tuple[EditedText, ...]:
    return (EditedText("description", text, at("08:05")),)


def test_an_approval_speaks_only_for_what_its_ticket_covers() -> None:
    sha = "9" * 40
    second = good_pull_request(
        number=13,
        url="https://github.com/acme/shop/pull/13",
        author=github("carol"),
        head_sha=sha,
        merge_sha=sha,
        brings=(sha,),
        pushes=(good_push("carol", after=sha),),
    )
    change = replace(
        loose(sha, author=github("carol"), committer=github("carol")),
        pull_requests=(good_pull_request(), second),
    )
    # carol made #13; her approval of CHG-2, which covers #13, is nobody else's.
    first = good_ticket(scope=scope("acme/shop#12"))
    other = good_ticket(
        key="CHG-2", scope=scope("acme/shop#13"), approvals=(good_approval("carol"),)
    )
    deployment = good_deployment(commit=sha, commit_from_run=False)
    facts = good_facts(first, other, change=change, deployment=deployment)
    assert outcome(facts) is Outcome.FAIL
    swapped = replace(other, approvals=(good_approval("bob"),))
    assert outcome(good_facts(first, swapped, change=change, deployment=deployment)) is Outcome.PASS
    # where the policy does not demand coverage, any approval speaks for all of it
    relaxed = good_policy(good_environment(controls={"ticket-covers-change": Level.OFF}))
    assert outcome(facts, relaxed) is Outcome.PASS


def test_what_no_ticket_covers_is_left_to_the_control_that_says_so() -> None:
    judgement = judged(ID, good_facts(good_ticket(scope=scope("Payments"))))
    assert judgement.outcome is Outcome.UNDETERMINED
    assert "see ticket-covers-change" in judgement.observed.text


def test_a_review_speaks_for_its_own_pull_request_only() -> None:
    policy = with_rules(sources=("change-request", "review"))
    bare = good_ticket(approvals=())
    reviewed: tuple[Approval, ...] = (good_review(),)
    pull: PullRequest = good_pull_request(reviews=reviewed)
    assert outcome(good_facts(bare, change=good_change(pull_requests=(pull,))), policy) is (
        Outcome.PASS
    )
    sha = "9" * 40
    change = replace(
        loose(sha), direct_pushes=(good_push(after=sha),), push_of={sha: 0}, pull_requests=(pull,)
    )
    facts = good_facts(bare, change=change, deployment=good_deployment(commit=sha))
    assert outcome(facts, policy) is Outcome.FAIL


# ---------------------------------------------------------------- the range


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"commits": problem()}, Outcome.UNDETERMINED),
        ({"pull_requests": problem()}, Outcome.UNDETERMINED),
        ({"commits": ()}, Outcome.UNDETERMINED),
        ({"commits": good_commits()[:2]}, Outcome.UNDETERMINED),  # the head is not among them
        ({"base_is_ancestor": False}, Outcome.FAIL),
        ({"head": "9" * 40}, Outcome.UNDETERMINED),
        ({"base": Base(BaseKind.DEPLOYED, "7" * 40)}, Outcome.UNDETERMINED),
        ({"base": Base(BaseKind.FIRST, "")}, Outcome.UNDETERMINED),
        ({"base": Base(BaseKind.REDEPLOYED, BASE_SHA)}, Outcome.UNDETERMINED),
        ({"base": Base(BaseKind.WIDENED, "7" * 40)}, Outcome.UNDETERMINED),
        ({"base": Base(BaseKind.WIDENED, BASE_SHA)}, Outcome.PASS),
        ({"pull_requests": ()}, Outcome.UNDETERMINED),
    ],
)
def test_a_range_that_is_not_proved_is_no_range(changes: dict[str, Any], expected: Outcome) -> None:
    assert outcome(good_facts(change=good_change(**changes))) is expected


def test_a_first_deployment_may_be_judged_over_a_wider_range() -> None:
    wide = good_change(base=Base(BaseKind.WIDENED, BASE_SHA))
    facts = good_facts(change=wide, history=good_history(base=Base(BaseKind.FIRST, "")))
    assert outcome(facts) is Outcome.PASS


def test_a_wider_range_must_contain_the_proved_base() -> None:
    below = good_commit(BASE_SHA, "7" * 40)
    pull = good_pull_request(brings=(BASE_SHA, FIRST_SHA, SECOND_SHA, MERGE_SHA))
    wide = good_change(
        base=Base(BaseKind.WIDENED, "7" * 40),
        commits=(below, *good_commits()),
        pull_requests=(pull,),
    )
    assert outcome(good_facts(change=wide)) is Outcome.PASS


def test_without_history_or_change_it_is_undetermined() -> None:
    assert outcome(good_facts(change=problem())) is Outcome.UNDETERMINED
    assert outcome(good_facts(history=problem())) is Outcome.UNDETERMINED


def test_a_first_deployment_is_judged_over_its_own_pull_request() -> None:
    first = Base(BaseKind.FIRST, "")
    facts = good_facts(change=good_change(base=first), history=good_history(base=first))
    assert outcome(facts) is Outcome.PASS
