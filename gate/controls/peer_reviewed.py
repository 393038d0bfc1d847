"""peer-reviewed: somebody else read every commit before it was merged."""

from __future__ import annotations

from datetime import datetime

from gate.config.types import Policy
from gate.controls.change import Range, Unit, range_of, shown
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    say,
    unavailable,
    undetermined,
    warn,
)
from gate.controls.counted import current_reviews
from gate.controls.independence import Standing, compared
from gate.controls.makers import Makers, makers_of
from gate.controls.whose import in_order, lines
from gate.identity import People, Relation, same_account
from gate.model import (
    Account,
    AccountKind,
    Facts,
    Judgement,
    Message,
    Problem,
    PullRequest,
    Verdict,
)

OBJECTION = "peer-reviewed.objection"


def judge(facts: Facts, policy: Policy, now: datetime) -> Judgement:
    """Every commit came in by a merged and independently reviewed pull request."""
    expected = say(
        "peer-reviewed.expected",
        "Each commit came in by a pull request merged into a release ref, with an approving review"
        " of its head by none of its makers.",
    )
    change = range_of(facts)
    if isinstance(change, Finding):
        return conclude(expected, [change])
    people = People(policy)
    limit = now + policy.network.clock_tolerance
    findings = [
        _in_future(unit, limit) or _unit(unit, change, people, facts.gate_accounts)
        for unit in change.landed
    ]
    if change.loose:
        findings.append(_loose(change))
    return conclude(expected, findings)


def _in_future(unit: Unit, limit: datetime) -> Finding | None:
    """A review that is yet to come: what it says of this change is anybody's guess."""
    reviews = current_reviews(unit.pull_request) if unit.pull_request else ()
    if isinstance(reviews, Problem):
        return None
    times = [review.decided_at for review in reviews if review.decided_at is not None]
    if not any(time > limit for time in times):
        return None
    return undetermined(
        say(
            "peer-reviewed.future",
            "A review of {unit} is of {at}, which is later than now.",
            unit=unit.name,
            at=max(times),
        ),
        say("peer-reviewed.future.remedy", "Compare this machine's clock; see clock-sane."),
    )


def _unit(unit: Unit, change: Range, people: People, own: tuple[Account, ...]) -> Finding:
    pull = unit.pull_request
    if pull is None:
        return failed(
            say(
                "peer-reviewed.direct",
                "{count} commit(s) ({commits}) were pushed directly, without a pull request.",
                **shown(unit.commits),
            ),
            _remedy(),
        )
    if not pull.into_release_ref or pull.merged_at is None:
        return failed(
            say(
                "peer-reviewed.open",
                "The forge shows no merge of {unit} into a release ref.",
                unit=unit.name,
            ),
            _remedy(),
        )
    reviews = current_reviews(pull)
    if isinstance(reviews, Problem):
        return unavailable(reviews)
    against = [review.account for review in reviews if review.verdict is Verdict.DECLINED]
    if against:
        known = in_order(account for account in against if account is not None)
        return failed(
            say(
                "peer-reviewed.objection",
                "{accounts} asked for changes in {unit}.",
                accounts=known or "A deleted account",
                unit=unit.name,
            ),
            say("peer-reviewed.objection.remedy", "Settle it with them, and have them approve."),
        )
    reviewers = _reviewers(pull, own)
    makers = {makers_of(commit, change.units_of[commit.sha]) for commit in unit.commits}
    return _judged(unit, reviewers, makers, people)


def _reviewers(pull: PullRequest, own: tuple[Account, ...]) -> tuple[Account, ...]:
    """People whose approving review is of the head as it was merged."""
    reviews = current_reviews(pull)
    return in_order(
        review.account
        for review in (() if isinstance(reviews, Problem) else reviews)
        if review.verdict is Verdict.APPROVED
        and review.account is not None
        and review.account.kind is AccountKind.PERSON
        and not any(same_account(review.account, each) for each in own)
    )


def _judged(
    unit: Unit, reviewers: tuple[Account, ...], makers: set[Makers], people: People
) -> Finding:
    if not reviewers:
        return failed(
            say("peer-reviewed.none", "Nobody approved the head of {unit}.", unit=unit.name),
            _remedy(),
        )
    problem = next((each.problem for each in makers if each.problem is not None), None)
    if problem is not None:
        return unavailable(problem)
    standings = {
        reviewer: [compared(reviewer, m.accounts, people, nameless=m.nameless) for m in makers]
        for reviewer in reviewers
    }
    for reviewer, each in standings.items():
        if all(one.relation is Relation.DIFFERENT for one in each):
            return _vouched(unit, reviewer, makers)
    return _unproven(unit, standings, people)


def _unproven(unit: Unit, standings: dict[Account, list[Standing]], people: People) -> Finding:
    observed = say(
        "peer-reviewed.maker",
        "No reviewer of {unit} is provably none of its makers: {reviewers}.",
        unit=unit.name,
        reviewers=tuple(standings),
    )
    unclear = {
        reviewer: each
        for reviewer, each in standings.items()
        if all(one.relation is not Relation.SAME for one in each)
    }
    if not unclear:
        return failed(observed, _remedy())
    accounts = {*unclear, *(a for each in unclear.values() for one in each for a in one.unknown)}
    unowned = [account for account in accounts if people.owner(account) is None]
    return undetermined(observed, lines(unowned, people) if unowned else _remedy())


def _vouched(unit: Unit, reviewer: Account, makers: set[Makers]) -> Finding:
    if not all(each.vouched for each in makers):
        return undetermined(
            say(
                "peer-reviewed.unvouched",
                "No push by a known account vouches for the commits of {unit}.",
                unit=unit.name,
            ),
            _remedy(),
        )
    return passed(
        say(
            "peer-reviewed.by",
            "{reviewer} reviewed {unit}.",
            unit=unit.name,
            reviewer=reviewer,
        )
    )


def _loose(change: Range) -> Finding:
    return failed(
        say(
            "peer-reviewed.loose",
            "{count} commit(s) ({commits}) came in by no pull request.",
            **shown(change.loose),
        ),
        _remedy(),
    )


def _remedy() -> Message:
    return say(
        "peer-reviewed.remedy",
        "Bring changes in by pull requests, and have somebody else approve the last state.",
    )


CONTROL = Control(
    id="peer-reviewed",
    title="Somebody else reviewed the code",
    criteria=(
        "SOC 2 CC8.1 (POF 9)",
        "ISO 27001:2022 A.8.28",
        "NIST 800-53r5 SA-11",
        "PCI DSS 6.2.3, 6.2.3.1",
    ),
    needs=("pull requests of the change with reviews, merges and pushes",),
    default=warn,
    integrity=False,
    demands=(
        "Each commit since the base belongs to a pull request that was merged into a release ref, "
        "with an approving review of its head by somebody who is provably none of its makers, and "
        "no request for changes left. A review from before the pull request was given another base "
        "is none of its head, which brings other commits since."
    ),
    satisfy="Work in pull requests, and have each approved after its last push.",
    judge=judge,
)
