"""Which approvals count, for every control that speaks of a *counted approval*.

An approval counts where a person gave it, that person is one of ``approvals.by``, its time is
known, and the ticket was not sent back since. Accounts are joined to persons by the policy alone,
so an approval by an account that nobody owns is *possible*: it might count once the policy says
whose it is. Two accounts of one person count once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from gate.config.types import ApprovalRules, Policy
from gate.controls.change import Range, pull_name
from gate.controls.control import (
    Finding,
    environment_of,
    failed,
    say,
    unavailable,
    undetermined,
)
from gate.controls.minimum import Minimum
from gate.controls.run_approvals import ENVIRONMENT, decided_on_run, name_of_deployment
from gate.controls.sent_back import anew, still_standing
from gate.controls.standard import approved_beforehand
from gate.controls.ways import ways_to_approve
from gate.controls.whose import in_order, whose
from gate.frozen import dataclass
from gate.identity import People, same_account
from gate.model import (
    Account,
    AccountKind,
    Approval,
    ChangeRequest,
    Facts,
    Free,
    Maybe,
    Message,
    Problem,
    PullRequest,
    Verdict,
)

CHANGE_REQUEST = "change-request"
REVIEW = "review"
NO_APPROVAL = "approval.none"  # what a control says that needs a counted approval and has none


@dataclass(frozen=True, slots=True)
class Vote:
    """A counted approval.

    ``latest`` is its time, or the latest it can have; ``earliest`` the earliest it can have, None
    where the system does not tell. ``of_commit``: it was given on the deployed commit itself.
    """

    account: Account
    person: str
    latest: datetime
    earliest: datetime | None
    place: str
    of_commit: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """The approvals of one place (a ticket or a pull request), sorted.

    ``possible`` may count once the policy knows the account or the system its kind; ``objections``
    stand against; ``others`` is the number of approvals that do not count. ``problem``: why there
    may be others that are not known. ``voided`` approvals were given before the ticket was sent
    back at ``since``.
    """

    place: str
    votes: tuple[Vote, ...] = ()
    possible: tuple[Approval, ...] = ()
    objections: tuple[Approval, ...] = ()
    others: int = 0
    problem: Finding | None = None
    voided: int = 0
    since: datetime | None = None

    @property
    def persons(self) -> frozenset[str]:
        """Who approved."""
        return frozenset(vote.person for vote in self.votes)


class Teller:
    """Sorts approvals by the rules of the environment deployed to.

    ``standard`` has the template of each ticket where all are approved beforehand at ``now``: then
    reviews are what counts, of anybody in ``[[people]]``. Without ``now`` none is.
    """

    def __init__(self, facts: Facts, policy: Policy, now: datetime | None = None) -> None:
        self.people = People(policy)
        self.rules: ApprovalRules = environment_of(facts, policy).approvals
        self._members = self.people.members(self.rules.by)
        self._own = facts.gate_accounts
        self._deployment = name_of_deployment(facts)
        self._on_run = decided_on_run(facts, policy, now)
        self.ways = ways_to_approve(facts, policy)
        self.standard = {} if now is None else approved_beforehand(facts, policy, now)
        self._reviewers = (
            frozenset(person.name for person in policy.people) if self.standard else self._members
        )

    @property
    def required(self) -> int:
        """How many people must approve: never nobody."""
        return max(1, self.rules.required)

    @property
    def minimums(self) -> tuple[Minimum, ...]:
        """What ``approvals.at_least`` asks for; nothing of standard changes."""
        if self.standard:
            return ()
        asked = sorted(self.rules.at_least.items())
        return tuple(Minimum(n, least, self.people.members((n,))) for n, least in asked)

    def suffice(self, persons: frozenset[str]) -> bool:
        """Whether so many, and of each group so many, have approved."""
        enough = len(persons) >= self.required
        return enough and all(each.of(persons) >= each.count for each in self.minimums)

    def may_suffice(self, persons: frozenset[str], possible: Iterable[Approval]) -> bool:
        """Whether they would, if all that is possible counted for the best."""
        accounts = {each.account for each in possible if each.account is not None}
        enough = len(persons) + len(accounts) >= self.required
        return enough and all(
            each.of(persons) + len(self.maybe_of(each, accounts)) >= each.count
            for each in self.minimums
        )

    def maybe_of(self, minimum: Minimum, accounts: Iterable[Account]) -> tuple[Account, ...]:
        """Those accounts that are, or may be, of somebody in the group."""
        owned = ((account, self.people.owner(account)) for account in accounts)
        return in_order(a for a, owner in owned if owner is None or owner in minimum.members)

    @property
    def by(self) -> tuple[Free, ...]:
        """The groups and people who may approve, for a message."""
        return tuple(Free(name) for name in self.rules.by)

    @property
    def counts_tickets(self) -> bool:
        """Whether approvals of tickets count."""
        return CHANGE_REQUEST in self.rules.sources

    @property
    def counts_reviews(self) -> bool:
        """Whether reviews of pull requests are approvals."""
        return REVIEW in self.rules.sources or bool(self.standard)

    @property
    def counts_run(self) -> bool:
        """Whether the forge's approvals of this run's deployment are approvals."""
        return ENVIRONMENT in self.rules.sources

    def of_ticket(self, ticket: ChangeRequest) -> Tally:
        """The approvals of a ticket; an empty tally where tickets are no source of approvals.

        What may have been given before the ticket was sent back is a problem only where too few
        others approved.
        """
        if not self.counts_tickets:
            return Tally(ticket.key)
        left = still_standing(ticket)
        tally = self._sorted(ticket.key, left.ticket.approvals, self._members)
        unclear = None if self.suffice(tally.persons) else left.unclear
        return replace(
            tally, problem=tally.problem or unclear, voided=left.voided, since=left.since
        )

    def of_pull_request(self, pull: PullRequest) -> Tally:
        """The reviews of a pull request; an empty tally where they are no source of approvals.

        A review of an older head than the last is none.
        """
        place = pull_name(pull)
        if not self.counts_reviews:
            return Tally(place)
        return self._sorted(place, current_reviews(pull), self._reviewers)

    def of_run(self) -> Tally:
        """What was decided on this run's deployment; empty where that is no source of approvals."""
        place, decided = self._deployment, self._on_run
        if not self.counts_run:
            return Tally(place)
        tally = self._sorted(place, decided.approvals, self._members)
        votes = tuple(replace(vote, of_commit=True) for vote in tally.votes)
        return replace(tally, votes=votes, problem=decided.problem)

    def of_ticket_and_run(self, ticket: ChangeRequest) -> tuple[Tally, ...]:
        """A ticket's approvals and those of the run, each only where it is a source."""
        of_ticket = (self.of_ticket(ticket),) if self.counts_tickets else ()
        return (*of_ticket, self.of_run()) if self.counts_run else of_ticket

    def of_change(self, change: Range) -> Mapping[int, Tally]:
        """The reviews of each of its pull requests, by number."""
        return {pull.number: self.of_pull_request(pull) for pull in change.pull_requests}

    def of_all(self, ticket: ChangeRequest, change: Range | Finding) -> Tally | Finding:
        """A ticket's approvals and, where they count, those of the run and the reviews as one.

        A change that could not be had is told only where its reviews would count.
        """
        own = self.of_ticket_and_run(ticket)
        if not self.counts_reviews:
            return merged(own)
        if isinstance(change, Finding):
            return change
        return merged([*own, *self.of_change(change).values()])

    def _sorted(
        self, place: str, approvals: Maybe[tuple[Approval, ...]], members: frozenset[str]
    ) -> Tally:
        if isinstance(approvals, Problem):
            return Tally(place, problem=unavailable(approvals))
        given = [a for a in approvals if a.verdict is Verdict.APPROVED]
        votes = tuple(vote for a in given if (vote := self._vote(place, a, members)) is not None)
        possible = tuple(a for a in given if self._is_possible(a, members))
        return Tally(
            place,
            votes,
            possible,
            tuple(a for a in approvals if a.verdict is Verdict.DECLINED),
            len(given) - len(votes) - len(possible),
        )

    def _vote(self, place: str, approval: Approval, members: frozenset[str]) -> Vote | None:
        account, time = approval.account, approval.decided_at
        if account is None or time is None or account.kind is not AccountKind.PERSON:
            return None
        person = self.people.owner(account)
        if person is None or person not in members or self._is_own(account):
            return None
        earliest = approval.not_before if approval.latest_possible else time
        return Vote(account, person, time, earliest, place)

    def _is_possible(self, approval: Approval, members: frozenset[str]) -> bool:
        account = approval.account
        if account is None or account.kind is AccountKind.APP or self._is_own(account):
            return False
        person = self.people.owner(account)
        if person is None:
            return True
        unclear = account.kind is not AccountKind.PERSON or approval.decided_at is None
        return unclear and person in members

    def _is_own(self, account: Account) -> bool:
        return any(same_account(account, own) for own in self._own)


def current_reviews(pull: PullRequest) -> Maybe[tuple[Approval, ...]]:
    """The reviews of a pull request without approvals of an older head; objections all stay."""
    if isinstance(pull.reviews, Problem):
        return pull.reviews
    return tuple(
        review
        for review in pull.reviews
        if review.verdict is Verdict.DECLINED or (review.commit and review.commit == pull.head_sha)
    )


def merged(tallies: Iterable[Tally]) -> Tally:
    """Several places as one."""
    listed = tuple(tallies)
    if len(listed) == 1:
        return listed[0]
    return Tally(
        " and ".join(t.place for t in listed) or "the change",
        tuple(vote for t in listed for vote in t.votes),
        tuple(approval for t in listed for approval in t.possible),
        tuple(objection for t in listed for objection in t.objections),
        sum(t.others for t in listed),
        next((t.problem for t in listed if t.problem is not None), None),
        sum(t.voided for t in listed),
        max((t.since for t in listed if t.since is not None), default=None),
    )


def no_vote(tally: Tally, teller: Teller) -> Finding:
    """What a control says that needs a counted approval where there is none.

    Undetermined while one may still turn out to count, else a failure.
    """
    if tally.problem is not None:
        return tally.problem
    observed = say(
        "approval.none", "No approval of {place} counts; see approved.", place=tally.place
    )
    if tally.possible:
        return undetermined(observed, whose(tally.possible, teller.people))
    return failed(observed, ask_of(tally, teller))


def in_future(vote: Vote, now: datetime) -> Finding | None:
    """What is wrong with an approval that is yet to come: whatever it is held against."""
    if vote.latest <= now:
        return None
    return failed(
        say(
            "approval.future",
            "{approver} approved {place} at {at}, which is later than now ({now}).",
            approver=vote.account,
            place=vote.place,
            at=vote.latest,
            now=now,
        ),
        say("approval.future.remedy", "Compare this machine's clock; see clock-sane."),
    )


def ask_of(tally: Tally, teller: Teller, of: Minimum | None = None) -> Message:
    """The remedy where approvals of a tally are missing, those that fell among them."""
    asked = ask(tally.place, teller, of)
    return asked if tally.since is None else anew(asked, tally.place, tally.since)


def ask(place: str, teller: Teller, of: Minimum | None = None) -> Message:
    """The remedy where approvals are missing, of anybody who may approve or of a group."""
    by = teller.by if of is None else (Free(of.name),)
    if ways := teller.ways.get(place):
        return say(
            "approval.ask-by",
            "Have somebody of {by} approve {place}, by {ways}. What was edited or hidden, came with"
            " the opening of {place}, or is older than its last reopening does not count.",
            by=by,
            place=place,
            ways=" or ".join(ways),
        )
    return say(
        "approval.ask",
        "Have somebody of {by} approve {place}.",
        by=by,
        place=place,
    )
