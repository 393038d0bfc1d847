"""No step towards less knowledge, more makers or fewer approvals ever opens the gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import (
    BASE_SHA,
    FIRST_SHA,
    MERGE_SHA,
    NOW,
    at,
    earlier_deployment,
    git,
    github,
    good_approval,
    good_change,
    good_commit,
    good_commits,
    good_deployment,
    good_earlier,
    good_entry,
    good_environment,
    good_facts,
    good_history,
    good_policy,
    good_pull_request,
    good_push,
    good_review,
    good_run,
    good_ticket,
    good_use,
    jira,
    problem,
    tree_of,
    with_rules,
)

from gate.config.types import Freeze, Policy
from gate.controls.registry import CONTROLS
from gate.model import (
    Account,
    AccountKind,
    Artifact,
    Change,
    ChangeRequest,
    Commit,
    DecisionKind,
    Earlier,
    EarlierDeployment,
    EditedText,
    EntryLink,
    Facts,
    ForgeDeployment,
    History,
    Level,
    Lookup,
    MissingTicket,
    Neighbour,
    OpenEmergency,
    Outcome,
    PinState,
    Problem,
    ProblemKind,
    PullRequest,
    Run,
    SentBack,
    Status,
    Verdict,
    Window,
)
from gate.policy import evaluate

Step: TypeAlias = Callable[[Facts], Facts]


def ticket(facts: Facts) -> ChangeRequest | None:
    result = facts.tickets[0].result if facts.tickets else None
    return result if isinstance(result, ChangeRequest) else None


def on_ticket(change: Callable[[ChangeRequest], ChangeRequest]) -> Step:
    """A step that changes the first ticket, where it was read."""

    def step(facts: Facts) -> Facts:
        read = ticket(facts)
        if read is None:
            return facts
        first = Lookup(facts.tickets[0].reference, change(read))
        return replace(facts, tickets=(first, *facts.tickets[1:]))

    return step


def on_change(change: Callable[[Change], Change]) -> Step:
    """A step that changes the change, where it was read."""
    return lambda facts: (
        replace(facts, change=change(facts.change)) if isinstance(facts.change, Change) else facts
    )


def on_pulls(change: Callable[[PullRequest], PullRequest]) -> Step:
    """A step that changes the pull requests, where they were read."""
    return on_change(
        lambda read: (
            replace(read, pull_requests=tuple(change(pull) for pull in read.pull_requests))
            if isinstance(read.pull_requests, tuple)
            else read
        )
    )


def on_first_commit(change: Callable[[Commit], Commit]) -> Step:
    """A step that changes the first commit and the request's own copy of it."""

    def both(read: Change) -> Change:
        commits = read.commits
        if not isinstance(commits, tuple) or not commits:
            return read
        return replace(read, commits=(change(commits[0]), *commits[1:]))

    return on_change(both)


def set_ticket(**changes: Any) -> Step:
    return on_ticket(lambda read: replace(read, **changes))


def set_change(**changes: Any) -> Step:
    return on_change(lambda read: replace(read, **changes))


def set_pulls(**changes: Any) -> Step:
    return on_pulls(lambda pull: replace(pull, **changes))


def set_facts(**changes: Any) -> Step:
    return lambda facts: replace(facts, **changes)


def set_lookup(result: Any) -> Step:
    return lambda facts: replace(
        facts, tickets=tuple(Lookup(each.reference, result) for each in facts.tickets)
    )


def more(field: str, *items: Any) -> Step:
    """A step that lengthens a list of the ticket, where it was read."""
    return on_ticket(lambda read: replace(read, **longer(read, field, items)))


def more_of_pull(field: str, *items: Any) -> Step:
    return on_pulls(lambda pull: replace(pull, **longer(pull, field, items)))


def given_base(pull: PullRequest, moment: datetime) -> PullRequest:
    """The pull request, given another base once more; what cannot be told stays so."""
    had = pull.retargeted_at
    later = had if isinstance(had, Problem) else max(moment, had or moment)
    return replace(pull, retargeted_at=later)


def longer(of: object, field: str, items: tuple[Any, ...]) -> dict[str, Any]:
    had = getattr(of, field)
    return {field: (*had, *items) if isinstance(had, tuple) else had}


def on_merge(**changes: Any) -> Step:
    """A step that changes the last commit, the merge."""

    def step(read: Change) -> Change:
        if not isinstance(read.commits, tuple) or not read.commits:
            return read
        return replace(read, commits=(*read.commits[:-1], replace(read.commits[-1], **changes)))

    return on_change(step)


def on_history(change: Callable[[History], History]) -> Step:
    """A step that changes the history, where it was read."""
    return lambda facts: (
        replace(facts, history=change(facts.history))
        if isinstance(facts.history, History)
        else facts
    )


def staged(*deployments: EarlierDeployment) -> Step:
    """These ended in staging, too."""

    def step(read: History) -> History:
        if read.earlier is None:
            return read
        longer = (*read.earlier.deployments, *deployments)
        return replace(read, earlier=replace(read.earlier, deployments=longer))

    return on_history(step)


def beside(clock: str) -> Step:
    """One more neighbour, where any is known: that there is one is knowledge gained."""
    one = Neighbour("CHG-00", at(clock))
    return on_ticket(
        lambda read: (
            replace(read, neighbours=(*read.neighbours, one))
            if isinstance(read.neighbours, tuple) and read.neighbours
            else read
        )
    )


P = problem(ProblemKind.UNAVAILABLE)

# Facts that could not be had.
UNAVAILABLE: dict[str, Step] = {
    "given": set_facts(given=P, tickets=()),
    "lookup": set_lookup(P),
    "approvals": set_ticket(approvals=P),
    "scope": set_ticket(scope=P),
    "rollback plan": set_ticket(rollback_plan=P),
    "run": set_facts(run=P),
    "change": set_facts(change=P),
    "commits": set_change(commits=P),
    "pull requests": set_change(pull_requests=P),
    "release refs": set_change(release_refs=P),
    "in repository": set_change(in_repository=P),
    "pushes": set_pulls(pushes=P),
    "own commits": set_pulls(commits=P),
    "other bases": set_pulls(retargeted_at=P),
    "history": set_facts(history=P),
    "uses": on_history(lambda read: replace(read, uses={})),
    "earlier": on_history(lambda read: replace(read, earlier=None)),
    "window": set_ticket(window=P),
    "sent back": set_ticket(sent_back=P),
    "neighbours": set_ticket(neighbours=P),
    "no neighbours": set_ticket(neighbours=()),
    "merge's tree": on_merge(tree=""),
    "deployed before": set_facts(deployed_before=P),
}
# Lists and fields that are empty.
EMPTY: dict[str, Step] = {
    "no reference": set_facts(given=(), tickets=()),
    "no lookup": set_facts(tickets=()),
    "no ticket": set_lookup(MissingTicket()),
    "a story without one": set_lookup(MissingTicket(("Deployment (outward)",))),
    "no approval": set_ticket(approvals=()),
    "no window": on_ticket(
        lambda read: (
            read
            if isinstance(read.window, Problem)
            else replace(read, window=Window(None, None, at("08:00")))
        )
    ),
    "never in staging": on_history(lambda read: replace(read, earlier=Earlier("staging"))),
    "no scope": set_ticket(scope=()),
    "no rollback plan": set_ticket(rollback_plan=()),
    "no status": set_ticket(status=Status("", "")),
    "no creator": set_ticket(creator=None),
    "no run": set_facts(run=None),
    "no commits": set_change(commits=()),
    "no pull requests": set_change(pull_requests=()),
    "no release refs": set_change(release_refs=()),
    "no pushes": set_pulls(pushes=()),
    "no own commits": set_pulls(commits=()),
    "no author": set_pulls(author=None),
    "brings nothing": set_pulls(brings=()),
    "no clocks": set_facts(clocks=()),
    "no pin": set_facts(pin=PinState.UNPINNED),
}
UNKNOWN = UNAVAILABLE | EMPTY
# Facts that are lacking where they are not needed.
UNNEEDED: dict[str, Step] = {
    "links": set_ticket(linked=P),
    "no links": set_ticket(linked=()),
    "merged anew": set_pulls(remerged=P),
    "not merged anew": set_pulls(remerged=None),
}


def on_entries(**changes: Any) -> Step:
    """A step that changes each decision on the run's deployment, where they are known."""

    def step(facts: Facts) -> Facts:
        listed = facts.environment_approvals
        if not isinstance(listed, tuple):
            return facts
        approved = (each for each in listed if each.verdict is Verdict.APPROVED)
        against = (each for each in listed if each.verdict is not Verdict.APPROVED)
        changed = (*(replace(each, **changes) for each in approved), *against)
        return replace(facts, environment_approvals=changed)

    return step


def rejected(name: str) -> Step:
    """Somebody rejected the deployment, too."""
    one = good_entry(name, verdict=Verdict.DECLINED, id=name)
    return lambda facts: replace(facts, **longer(facts, "environment_approvals", (one,)))


# Of the run's deployment: decisions that are unknown, of unknown time, run or person, or against.
OF_THE_RUN: dict[str, Step] = {
    "entries": set_facts(environment_approvals=P),
    "an attempt's unknown entries": on_entries(not_before=None, decided_at=None),
    "entries of another commit": on_entries(commit="9" * 40),
    "an entry of nobody": on_entries(account=None),
    "an entry of an app": on_entries(account=Account("github", "bob", AccountKind.APP)),
    "an entry of a stranger": on_entries(account=github("mallory")),
    "rejected by the approver": rejected("bob"),
    "rejected by anybody": rejected("mallory"),
}

# Facts that are known, and are not as they must be.
BROKEN: dict[str, Step] = {
    "moved": set_ticket(key="OPS-1"),
    "other project": set_ticket(project="OPS"),
    "rejected": set_ticket(status=Status("6", "Rejected")),
    "late": set_ticket(created_at=at("09:16")),
    "future": set_ticket(created_at=at("10:16")),
    "covers something else": set_ticket(scope=(EditedText("component", "Pay", at("08:05")),)),
    "named after the approval": set_ticket(scope=(EditedText("d", "shop", at("09:05")),)),
    "opened by the approver": set_ticket(reporter=jira("bob")),
    "objection": more("approvals", good_approval("carol", verdict=Verdict.DECLINED)),
    "no approver": set_ticket(approvals=(good_approval("dave"),)),
    "sent back": set_ticket(sent_back=SentBack(at("09:05"))),
    "sent back, perhaps": set_ticket(sent_back=SentBack(at("09:05"), latest_possible=True)),
    "nobody's approval": set_ticket(approvals=(good_approval("mallory"),)),
    "an app's approval": set_ticket(
        approvals=(good_approval(account=replace(jira("bob"), kind=AccountKind.APP)),)
    ),
    "gate's own approval": set_facts(gate_accounts=(jira("bob"),)),
    "future approval": set_ticket(approvals=(good_approval(clock="09:31"),)),
    "filler plan": set_ticket(rollback_plan=(EditedText("r", "tbd", at("08:05")),)),
    "filler test plan": set_ticket(test_plan=(EditedText("t", "n/a", at("08:05")),)),
    "not reviewed": set_pulls(reviews=()),
    "other run": set_facts(run=good_run(repository="https://github.com/mallory/shop")),
    "other commit": set_facts(run=good_run(head_sha="9" * 40)),
    "deployed already": set_facts(
        deployed_before=(ForgeDeployment("1", "production", MERGE_SHA, at("07:00")),)
    ),
    "fork": set_change(in_repository=False),
    "other head": set_change(head="9" * 40),
    "base aside": set_change(base_is_ancestor=False),
    "emergency not reviewed": set_facts(
        history=good_history(emergencies=(OpenEmergency(EntryLink(2, "d" * 64), at("09:00")),))
    ),
    "used before": set_facts(history=good_history(uses={"CHG-1": (good_use("09:10"),)})),
    "pinned otherwise": set_facts(pin=PinState.DIFFERENT),
    # What the policy says, not the ticket: with the place goes what was wrong there.
    "no place for windows": set_ticket(window=None),
    "window over": set_ticket(window=Window(at("08:00"), at("09:29"), at("08:00"))),
    "window to come": set_ticket(window=Window(at("09:31"), at("10:00"), at("08:00"))),
    "window moved": set_ticket(window=Window(at("09:00"), at("10:00"), at("09:05"))),
    "backdated": set_ticket(neighbours=(Neighbour("CHG-0", at("08:30")),)),
    "unnamed": set_pulls(title="Faster checkout"),
    "more in the merge": on_merge(tree="e" * 40),
    "another head merged": on_merge(parents=(BASE_SHA, FIRST_SHA)),
    "settled unseen": on_change(lambda read: replace(read, pull_requests=(behind(remerged=""),))),
    "rolled back in staging": staged(earlier_deployment(9, "08:40", "rolled-back")),
    "elsewhere long ago": on_history(
        lambda read: replace(
            read,
            earlier=good_earlier(replace(earlier_deployment(), at=NOW - timedelta(days=15))),
        )
    ),
    "artifacts not tested": set_facts(
        deployment=good_deployment(artifacts=(Artifact("app", "a" * 64),))
    ),
    "somebody else's run": set_facts(run=good_run(actor=github("alice"))),
    "nobody's run": set_facts(run=good_run(actor=github("mallory"))),
    "a run that a timer began": set_facts(run=good_run(actor=None)),
    "an app's run": set_facts(run=good_run(actor=replace(github("erin"), kind=AccountKind.APP))),
    "by hand": set_change(
        commits=(*good_commits()[:2], replace(good_commits()[2], merged_by_forge=False))
    ),
    "pushed by the approver": more_of_pull("pushes", good_push("bob", "08:31")),
    "pushed after the approval": more_of_pull("pushes", good_push("alice", "09:05")),
    "given another base after the approval": set_pulls(retargeted_at=at("09:05")),
    "pushed by nobody": more_of_pull("pushes", good_push(account=None)),
    "written by the approver": on_first_commit(lambda c: replace(c, author=git("bob"))),
    "written with the approver": on_first_commit(lambda c: replace(c, co_authors=(git("bob"),))),
    "written by nobody known": on_first_commit(lambda c: replace(c, co_authors=(git("mal"),))),
}

MAKERS = st.sampled_from(
    [
        *(github(name) for name in ("alice", "bob", "carol", "dave", "mallory", "BOB")),
        *(git(name) for name in ("alice", "bob", "carol", "mallory")),
        Account("github", "helper[bot]", AccountKind.APP),
        Account("github", "", AccountKind.UNKNOWN),
    ]
)
CLOCKS = st.sampled_from(
    ["07:00", "08:20", "08:30", "09:00", "09:00:01", "09:14", "09:30", "10:00"]
)


def texts(clock: str) -> EditedText:
    return EditedText("description", "An afterthought", at(clock))


def used(clock: str, commit: str, service: str) -> Step:
    """Each ticket let this in, too."""

    def step(facts: Facts) -> Facts:
        if not isinstance(facts.history, History):
            return facts
        one = good_use(clock, commit, service)
        uses = {key: (*had, one) for key, had in facts.history.uses.items()}
        return replace(facts, history=replace(facts.history, uses=uses))

    return step


USED = st.builds(
    used,
    CLOCKS,
    st.sampled_from([FIRST_SHA, MERGE_SHA, "9" * 40]),
    st.sampled_from(["shop", "billing"]),
)
# More makers, objections, edits, pushes, uses, younger neighbours and failures elsewhere.
ADDED: st.SearchStrategy[Step] = st.one_of(
    USED,
    CLOCKS.map(beside),
    st.just(on_ticket(lambda read: replace(read, unfinished=("12",)))),
    CLOCKS.map(
        lambda clock: on_ticket(
            lambda read: (
                read
                if isinstance(read.sent_back, Problem)
                or (read.sent_back is not None and read.sent_back.at >= at(clock))
                else replace(read, sent_back=SentBack(at(clock)))
            )
        )
    ),
    st.builds(
        lambda index, clock, outcome: staged(earlier_deployment(index, clock, outcome)),
        st.integers(6, 9),
        CLOCKS,
        st.sampled_from(["failed", "cancelled", "rolled-back"]),
    ),
    CLOCKS.map(
        lambda clock: on_ticket(
            lambda read: (
                replace(read, window=replace(read.window, edited_at=at(clock)))
                if isinstance(read.window, Window) and read.window.edited_at < at(clock)
                else read
            )
        )
    ),
    MAKERS.map(lambda m: on_first_commit(lambda c: replace(c, co_authors=(*c.co_authors, m)))),
    MAKERS.map(
        lambda m: more_of_pull("commits", good_commit("8" * 40, FIRST_SHA, co_authors=(m,)))
    ),
    st.builds(
        lambda m, clock: more_of_pull("pushes", good_push(clock=clock, account=m)), MAKERS, CLOCKS
    ),
    CLOCKS.map(lambda clock: more_of_pull("pushes", good_push(clock=clock, account=None))),
    CLOCKS.map(lambda clock: on_pulls(lambda pull: given_base(pull, at(clock)))),
    st.builds(
        lambda name, clock: more("approvals", good_approval(name, clock, verdict=Verdict.DECLINED)),
        st.sampled_from(["bob", "carol", "mallory"]),
        CLOCKS,
    ),
    st.builds(
        lambda field, clock: more(field, texts(clock)),
        st.sampled_from(["scope", "test_plan"]),
        CLOCKS,
    ),
    CLOCKS.map(
        lambda clock: (
            lambda facts: replace(
                facts,
                **longer(
                    facts,
                    "deployed_before",
                    (ForgeDeployment(clock, "production", MERGE_SHA, at(clock)),),
                ),
            )
        )
    ),
)


def without_entry(place: int) -> Step:
    """One approval fewer of the run's deployment, where they are known."""

    def shorter(facts: Facts) -> Facts:
        listed = facts.environment_approvals
        if not isinstance(listed, tuple):
            return facts
        stay = [
            entry
            for index, entry in enumerate(listed)
            if index != place or entry.verdict is Verdict.DECLINED
        ]
        return replace(facts, environment_approvals=tuple(stay))

    return shorter


def without_approval(place: int) -> Step:
    def shorter(read: ChangeRequest) -> ChangeRequest:
        if not isinstance(read.approvals, tuple):
            return read
        # Without an objection there is less against, which this property is not about.
        stay = [
            approval
            for index, approval in enumerate(read.approvals)
            if index != place or approval.verdict is Verdict.DECLINED
        ]
        return replace(read, approvals=tuple(stay))

    return on_ticket(shorter)


LESS: st.SearchStrategy[Step] = st.one_of(
    st.sampled_from(list((UNKNOWN | UNNEEDED).values())),
    ADDED,
    st.integers(0, 3).map(without_approval),
    st.integers(0, 2).map(without_entry),
    st.sampled_from(list(OF_THE_RUN.values())),
)
WORSE = st.one_of(LESS, st.sampled_from(list(BROKEN.values())))

# Everything is required, whatever its default.
STRICT = good_policy(
    good_environment(controls=dict.fromkeys((c.id for c in CONTROLS), Level.REQUIRE))
)
POLICIES: Sequence[Policy] = [
    good_policy(),
    STRICT,
    good_policy(good_environment(after=None, deployers=())),
    good_policy(
        freezes=(Freeze("over", at("08:00"), NOW), Freeze("next", at("10:00"), at("11:00")))
    ),
    with_rules(independent_of=("change-author", "ticket-author", "deployer")),
    with_rules(sources=("change-request", "review")),
    with_rules(sources=("review",)),
    with_rules(sources=("environment",)),
    with_rules(sources=("change-request", "environment"), required=2),
    with_rules(
        sources=("change-request", "review", "environment"),
        independent_of=("change-author", "ticket-author", "deployer"),
    ),
    with_rules(required=2, predates="pipeline"),
    with_rules(required=2, by=("change-board", "sre"), at_least={"change-board": 1, "sre": 1}),
    with_rules(
        good_policy(good_environment(controls={"approved": Level.WARN})),
        by=("change-board", "sre"),
        at_least={"sre": 1},
    ),
    good_policy(one_account_per_person=("jira", "github")),
    good_policy(good_environment(controls={"ticket-covers-change": Level.OFF})),
    good_policy(good_environment(controls=dict.fromkeys(("approved", "test-plan"), Level.WARN))),
    good_policy(
        good_environment(accept_claims=("pipeline-start", "deployer")),
    ),
]


def behind(**changes: Any) -> PullRequest:
    """Pull request #12 merged onto what its head does not hold."""
    return good_pull_request(commits=(), **{"remerged": tree_of(MERGE_SHA)} | changes)


def elsewhere(pull: PullRequest) -> Change:
    """The change by a pull request that was squashed onto a commit that its branch did not have."""
    squash = good_commit(
        MERGE_SHA, "7" * 40, merged_by_forge=True, tree=tree_of(MERGE_SHA), message="Faster (#12)"
    )
    own = replace(pull, brings=(MERGE_SHA,), commits=good_commits()[:2])
    return good_change(commits=(squash,), pull_requests=(own,))


# Every approval in these worlds precedes every reference: a late one more is a reason to deny.
WORLDS: Sequence[Facts] = [
    good_facts(),
    good_facts(change=elsewhere(behind())),
    good_facts(
        good_ticket(linked=("SHOP-7", "SHOP-8")),
        change=good_change(pull_requests=(good_pull_request(title="SHOP-8 Faster"),)),
    ),
    good_facts(
        deployment=good_deployment(artifacts=(Artifact("app", "a" * 64),)),
        history=good_history(
            earlier=good_earlier(
                earlier_deployment(3, "08:00", "failed", "a" * 64),
                earlier_deployment(5, "08:30", "succeeded", "a" * 64, "b" * 64),
            )
        ),
    ),
    good_facts(good_ticket(approvals=(good_approval(), good_approval("carol", "09:01")))),
    good_facts(good_ticket(approvals=(good_approval("carol"), good_approval("mallory", "09:01")))),
    good_facts(good_ticket(approvals=(good_approval(), good_approval("erin", "09:01")))),
    good_facts(good_ticket(), good_ticket(key="CHG-2", approvals=(good_approval("carol"),))),
    good_facts(history=good_history(uses={"CHG-1": (good_use("08:40"),)})),  # approved anew
    good_facts(good_ticket(approvals=()), environment_approvals=(good_entry(),)),
    good_facts(environment_approvals=(good_entry("carol", decided_at=at("09:20")),)),
    good_facts(
        good_ticket(approvals=(good_approval("carol"),)),
        environment_approvals=(good_entry(), good_entry("erin", id="1")),
    ),
    good_facts(
        good_ticket(scope=(EditedText("d", "#12", at("08:05")),)),
        change=good_change(
            pull_requests=(good_pull_request(reviews=(good_review(), good_review("bob"))),)
        ),
    ),
]


def allowed(facts: Facts, policy: Policy) -> bool:
    return evaluate(facts, policy, NOW).kind is DecisionKind.ALLOWED


def walk(facts: Facts, steps: Sequence[Step]) -> Iterator[Facts]:
    yield facts
    for step in steps:
        facts = step(facts)
        yield facts


@given(
    st.sampled_from(WORLDS),
    st.sampled_from(POLICIES),
    st.lists(WORSE, max_size=3),
    st.lists(LESS, min_size=1, max_size=3),
)
def test_no_worse_world_is_allowed_where_a_better_one_is_not(
    world: Facts, policy: Policy, before: list[Step], after: list[Step]
) -> None:
    *_, start = walk(world, before)
    answers = [allowed(facts, policy) for facts in walk(start, after)]
    assert answers == sorted(answers, reverse=True)


@given(st.sampled_from(WORLDS), st.lists(WORSE, max_size=6), st.sampled_from(POLICIES))
def test_every_world_gets_an_answer_whose_messages_are_whole(
    world: Facts, steps: list[Step], policy: Policy
) -> None:
    *_, facts = walk(world, steps)
    decision = evaluate(facts, policy, NOW)
    for result in decision.controls:
        judgement = result.judgement
        for message in (judgement.expected, judgement.observed, judgement.remedy):
            if message is not None:
                assert message.text.format(**message.args)
        blocked = judgement.outcome in {Outcome.FAIL, Outcome.UNDETERMINED}
        assert blocked == (judgement.remedy is not None)
    required = [r.judgement.outcome for r in decision.controls if r.level is Level.REQUIRE]
    assert (decision.kind is DecisionKind.ALLOWED) == (set(required) == {Outcome.PASS})
    assert (decision.kind is DecisionKind.DENIED) == (Outcome.FAIL in required)


def shuffled(facts: Facts, order: Callable[[Sequence[Any]], tuple[Any, ...]]) -> Facts:
    """The same facts with every list in another order."""

    def of_ticket(read: ChangeRequest) -> ChangeRequest:
        fields = ("approvals", "scope", "rollback_plan", "test_plan", "linked", "neighbours")
        return replace(read, **{name: _ordered(getattr(read, name), order) for name in fields})

    def of_pull(pull: PullRequest) -> PullRequest:
        fields = ("reviews", "pushes", "commits", "brings", "others")
        return replace(pull, **{name: _ordered(getattr(pull, name), order) for name in fields})

    change = facts.change
    if isinstance(change, Change):
        pulls = change.pull_requests
        change = replace(
            change,
            commits=_ordered(change.commits, order),
            pull_requests=(
                order([of_pull(pull) for pull in pulls]) if isinstance(pulls, tuple) else pulls
            ),
        )
    lookups = [
        Lookup(each.reference, of_ticket(each.result))
        if isinstance(each.result, ChangeRequest)
        else each
        for each in facts.tickets
    ]
    history = facts.history
    if isinstance(history, History):
        uses = {key: order(found) for key, found in history.uses.items()}
        earlier = history.earlier
        if earlier is not None:
            earlier = replace(earlier, deployments=order(earlier.deployments))
        history = replace(history, uses=uses, here=order(history.here), earlier=earlier)
    return replace(
        facts,
        change=change,
        history=history,
        tickets=order(lookups),
        given=_ordered(facts.given, order),
        clocks=order(facts.clocks),
        environment_approvals=_ordered(facts.environment_approvals, order),
    )


def _ordered(items: Any, order: Callable[[Sequence[Any]], tuple[Any, ...]]) -> Any:
    return order(items) if isinstance(items, tuple) else items


@given(
    st.sampled_from(WORLDS),
    st.lists(WORSE, max_size=3),
    st.sampled_from(POLICIES),
    st.randoms(use_true_random=False),
)
def test_the_order_of_lists_never_matters(
    world: Facts, steps: list[Step], policy: Policy, random: Any
) -> None:
    *_, facts = walk(world, steps)
    mixed = shuffled(facts, lambda items: tuple(random.sample(list(items), len(items))))
    one, other = evaluate(facts, policy, NOW), evaluate(mixed, policy, NOW)
    assert one.kind is other.kind
    assert [r.judgement.outcome for r in one.controls] == [
        r.judgement.outcome for r in other.controls
    ]


@pytest.mark.parametrize("name", [*UNKNOWN, *BROKEN])
def test_each_single_fault_closes_the_gate(name: str) -> None:
    step = (UNKNOWN | BROKEN)[name]
    assert allowed(good_facts(), STRICT)
    assert step(good_facts()) != good_facts()
    assert not allowed(step(good_facts()), STRICT)


@pytest.mark.parametrize("name", OF_THE_RUN)
def test_each_fault_of_the_runs_approvals_closes_the_gate(name: str) -> None:
    policy = with_rules(STRICT, sources=("environment",))
    world = good_facts(good_ticket(approvals=()), environment_approvals=(good_entry(),))
    assert allowed(world, policy)
    assert not allowed(OF_THE_RUN[name](world), policy)
    assert not allowed(without_entry(0)(world), policy)


def test_every_control_is_what_closes_the_gate_on_some_fault() -> None:
    """Each is needed: where all others pass, it alone does not."""
    closing = set()
    for step in (UNKNOWN | BROKEN).values():
        results = evaluate(step(good_facts()), STRICT, NOW).controls
        blocking = [r.id for r in results if r.judgement.outcome is not Outcome.PASS]
        closing |= set(blocking) if len(blocking) == 1 else set()
    frozen = good_policy(freezes=(Freeze("now", at("09:00"), at("10:00")),))
    assert not allowed(good_facts(), frozen)
    alone = {control.id for control in CONTROLS} - closing
    # What the first three see, others see as well; a freeze is the policy's.
    assert alone == {
        "ticket-given",
        "ticket-covers-change",
        "approval-predates-deployment",
        "freeze",
    }


def test_runs_approvals_that_could_not_be_had_deny_nothing() -> None:
    policy = with_rules(STRICT, sources=("environment",))
    decision = evaluate(good_facts(environment_approvals=P), policy, NOW)
    assert decision.kind is DecisionKind.UNDETERMINED


@pytest.mark.parametrize("name", UNAVAILABLE)
def test_what_could_not_be_had_blocks_and_denies_nothing(name: str) -> None:
    decision = evaluate(UNAVAILABLE[name](good_facts()), STRICT, NOW)
    assert decision.kind is DecisionKind.UNDETERMINED


@given(
    st.lists(st.tuples(st.integers(0, 180), st.integers(1, 90)), max_size=3),
    st.integers(-60, 60),
    st.integers(0, 120),
)
def test_allowed_means_outside_every_freeze_and_inside_the_window(
    freezes: list[tuple[int, int]], start: int, length: int
) -> None:
    minute = timedelta(minutes=1)
    begun = [(at("08:00") + first * minute, long * minute) for first, long in freezes]
    window = (NOW + start * minute, NOW + (start + length) * minute)
    policy = replace(
        STRICT,
        freezes=tuple(Freeze(str(n), at, at + long) for n, (at, long) in enumerate(begun)),
    )
    facts = good_facts(good_ticket(window=Window(*window, at("08:08"))))
    is_frozen = any(at <= NOW < at + long for at, long in begun)
    assert allowed(facts, policy) == (not is_frozen and window[0] <= NOW <= window[1])


@given(st.integers(0, 3 * 3600), st.integers(0, 3 * 3600), st.integers(0, 3 * 3600))
def test_allowed_means_ticket_and_push_before_approval_and_run(
    created: int, pushed: int, approved: int
) -> None:
    start = at("07:00")
    times = [start + timedelta(seconds=seconds) for seconds in (created, pushed, approved)]
    text = good_ticket().scope
    assert isinstance(text, tuple)
    pull = good_pull_request(pushes=(replace(good_push(), at=times[1]),))
    facts = good_facts(
        good_ticket(created_at=times[0], approvals=(good_approval(decided_at=times[2]),)),
        change=good_change(pull_requests=(pull,)),
    )
    run = facts.run
    assert isinstance(run, Run)
    edited = max(text[0].edited_at, at("08:08"))
    in_order = (
        times[0] <= run.created_at and times[1] < times[2] and edited <= times[2] and times[2] < NOW
    )
    assert allowed(facts, good_policy()) == in_order
