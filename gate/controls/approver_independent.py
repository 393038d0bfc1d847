"""approver-independent: whoever approved had no part in what they approved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from gate.config.types import Policy
from gate.controls.change import Range, range_of, shown
from gate.controls.control import (
    Control,
    Finding,
    conclude,
    failed,
    passed,
    require,
    say,
    unavailable,
    undetermined,
)
from gate.controls.independence import Ballot, Candidate, Standing, standing
from gate.controls.makers import Makers, makers_of
from gate.controls.tickets import unread
from gate.controls.whose import in_order, lines, whose
from gate.frozen import dataclass
from gate.identity import Relation
from gate.model import Account, Commit, Facts, Judgement, Message


@dataclass(frozen=True, slots=True)
class _Group:
    """Commits that stand alike: the same makers, and the same approvals that speak for them."""

    makers: Makers
    candidates: tuple[Candidate, ...]


def judge(facts: Facts, policy: Policy, now: datetime) -> Judgement:
    """Every commit has a counted approver who is provably none of its makers."""
    expected = say(
        "independent.expected",
        "Each commit has a counted approver who is provably none of its makers.",
    )
    # A ticket that could not be read may carry the approval that is needed: nothing is disproved.
    unjudged = unread(facts)
    if unjudged:
        return conclude(expected, unjudged)
    change = range_of(facts)
    if isinstance(change, Finding):
        return conclude(expected, [change])
    ballot = Ballot(facts, policy, change, now)
    if isinstance(ballot.starter, Finding):
        return conclude(expected, [ballot.starter])
    account, claims = ballot.starter
    groups: dict[_Group, list[Commit]] = defaultdict(list)
    for commit in change.commits:
        makers = makers_of(commit, change.units_of[commit.sha])
        groups[_Group(makers, ballot.candidates([commit]))].append(commit)
    findings = [
        finding
        for group, commits in groups.items()
        for finding in _judged(group, tuple(commits), ballot, account)
    ]
    findings.append(passed(_all(change), *claims))
    return conclude(expected, findings)


def _all(change: Range) -> Message:
    return say(
        "independent.all",
        "Each of {count} commit(s) has an approver who is none of its makers.",
        count=len(change.commits),
    )


def _judged(
    group: _Group, commits: tuple[Commit, ...], ballot: Ballot, starter: Account | None
) -> Iterator[Finding]:
    """What is wrong with these commits; nothing where they are right."""
    if group.makers.problem is not None:
        yield unavailable(group.makers.problem)
        return
    if not group.makers.vouched:
        yield _unvouched(commits)
    teller = ballot.teller
    standings = [
        (c, standing(c, group.makers, teller.people, teller.rules.independent_of, starter))
        for c in group.candidates
    ]
    if any(each.relation is Relation.DIFFERENT for _, each in standings):
        return
    unclear = [(c, each) for c, each in standings if each.relation is Relation.UNKNOWN]
    if unclear:
        for candidate, each in unclear:
            yield _unclear(candidate, each, commits, ballot)
        return
    yield _nobody(group, standings, commits, ballot)


def _nobody(
    group: _Group,
    standings: list[tuple[Candidate, Standing]],
    commits: tuple[Commit, ...],
    ballot: Ballot,
) -> Finding:
    """No approval is, or may be, independent."""
    if not group.candidates:
        return ballot.nothing(commits)
    tally = ballot.tally(commits)
    observed = say(
        "independent.maker",
        "{approvers} approved, but had a part in {count} commit(s) ({commits}) or their ticket, as"
        " {accounts}.",
        approvers=in_order(c.vote.account for c in group.candidates),
        accounts=in_order(account for _, each in standings for account in each.same),
        **shown(commits),
    )
    if tally.problem is not None:
        return tally.problem
    if tally.possible:
        return undetermined(observed, whose(tally.possible, ballot.teller.people))
    return failed(
        observed,
        say(
            "independent.maker.remedy",
            "Have somebody else of {by} approve {place}: none of {makers}.",
            by=ballot.teller.by,
            place=tally.place,
            makers=in_order(group.makers.accounts),
        ),
    )


def _unclear(
    candidate: Candidate, each: Standing, commits: tuple[Commit, ...], ballot: Ballot
) -> Finding:
    """It cannot be told whether the approver is one of the makers."""
    people = ballot.teller.people
    approver = candidate.vote.account
    if not each.unknown:
        return undetermined(
            say(
                "independent.nameless",
                "{count} commit(s) ({commits}), or their ticket, are by a deleted or unknown"
                " account, so it may be {approver}'s.",
                approver=approver,
                **shown(commits),
            ),
            say(
                "independent.nameless.remedy",
                "Push the change again, or open the ticket again, from a known account.",
            ),
        )
    unowned = [account for account in each.unknown if people.owner(account) is None]
    return undetermined(
        say(
            "independent.unknown",
            "Whether {approver} is another person than {makers} cannot be told, for {count}"
            " commits ({commits}) or their ticket.",
            approver=approver,
            makers=in_order(each.unknown),
            **shown(commits),
        ),
        lines(unowned or each.unknown, people),
    )


def _unvouched(commits: tuple[Commit, ...]) -> Finding:
    return undetermined(
        say(
            "independent.unvouched",
            "Neither a push by a known account nor a verified signature vouches for {count}"
            " commit(s) ({commits}), so their makers may be anybody.",
            **shown(commits),
        ),
        say(
            "independent.unvouched.remedy",
            "Bring them in by a pull request, or sign them with a key that the forge verifies.",
        ),
    )


CONTROL = Control(
    id="approver-independent",
    title="The approver had no part in the change",
    criteria=(
        "SOC 2 CC8.1 (POF 9), CC5.1, CC6.3",
        "ISO 27001:2022 A.5.3",
        "NIST 800-53r5 AC-5, CM-5(4)",
        "PCI DSS 6.5.4, 6.2.3.1",
    ),
    needs=(
        "the ticket's approvals, and others that approvals.sources adds",
        "authors, co-authors and committers of every commit",
        "authors and pushers of the pull requests, pushers of direct pushes",
        "the policy's [[people]]",
    ),
    default=require,
    integrity=True,
    demands=(
        "Each commit has at least one counted approver who is provably none of its makers (author, "
        "co-author, committer, pusher, author of the pull request) nor, as configured, the "
        "ticket's author or the deployer. Provably: both belong to different [[people]], or both "
        "accounts are of a system that one_account_per_person lists. A commit that no push by a "
        "known account and no verified signature vouches for is undetermined. An emergency whose "
        "policy waives approved owes this with it, while nobody has approved or objected, until "
        "its review judges it."
    ),
    satisfy="Have somebody approve who did not work on it; list all accounts in [[people]].",
    judge=judge,
)
