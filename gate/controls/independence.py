"""Which counted approvals speak for a commit, and whether their givers had no part in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from gate.config.types import Policy
from gate.controls.change import Range, shown
from gate.controls.control import Finding, say, undetermined
from gate.controls.counted import Tally, Teller, Vote, merged, no_vote
from gate.controls.coverage import Coverage, by_template, coverage, demanded
from gate.controls.makers import Makers
from gate.controls.pipeline import deployer
from gate.controls.tickets import found
from gate.frozen import dataclass
from gate.identity import People, Relation
from gate.model import Account, ChangeRequest, Commit, Facts

TICKET_AUTHOR = "ticket-author"
DEPLOYER = "deployer"
Starter: TypeAlias = tuple[Account | None, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A counted approval, and the tickets that bear on it.

    Those whose authors must not have given it, and those whose texts were agreed to by it.
    """

    vote: Vote
    tickets: tuple[ChangeRequest, ...]
    agreed: tuple[ChangeRequest, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How an approver stands to those they must not be.

    ``same`` and ``unknown`` are the accounts that are, or may be, the approver's; ``nameless``: one
    of them has no account any more.
    """

    relation: Relation
    same: frozenset[Account] = frozenset()
    unknown: frozenset[Account] = frozenset()
    nameless: bool = False


class Ballot:
    """The approvals of a deployment, by commit.

    ``starter`` is the deployer with the claims that this rests on, where approvers must be
    independent of them; nobody where they need not be; or why it cannot be told.
    """

    def __init__(self, facts: Facts, policy: Policy, change: Range, now: datetime) -> None:
        self.teller = Teller(facts, policy, now)
        self.tickets = found(facts)
        self._change = change
        self.starter = self._starter(facts, policy)
        self._tallies = {t.key: self.teller.of_ticket(t) for t in self.tickets}
        self._reviews = self.teller.of_change(change)
        self._of_run = self.teller.of_run()
        self._bounded = demanded(facts, policy)
        self._covers = {t.key: self._coverage(t, facts, policy) for t in self.tickets}

    def tally(self, commits: Iterable[Commit]) -> Tally:
        """All approvals that may speak for these commits, whether or not a ticket covers them."""
        of_tickets = self._tallies.values() if self.teller.counts_tickets else ()
        of_run = [self._of_run] if self.teller.counts_run else []
        return merged([*of_tickets, *of_run, *self._reviews_of_all(tuple(commits))])

    def candidates(self, commits: Iterable[Commit]) -> tuple[Candidate, ...]:
        """The counted approvals that speak for all of these commits.

        An approval of a ticket speaks for what the ticket covers; a review, where reviews are
        approvals, for its own pull request; the forge's approval of this run's deployment for all
        that its commit brings.
        """
        wanted = tuple(commits)
        of_tickets = [
            Candidate(vote, (ticket,), (ticket,))
            for ticket in self.tickets
            if self._speaks_for(ticket, wanted)
            for vote in self._tallies[ticket.key].votes
        ]
        # The texts of a standard change are its template's, and no reviewer agreed to them.
        agreed = () if self.teller.standard else self.tickets
        of_others = [
            Candidate(vote, self.tickets, agreed)
            for tally in (*self._reviews_of_all(wanted), self._of_run)
            for vote in tally.votes
        ]
        return (*of_tickets, *of_others)

    def nothing(self, commits: tuple[Commit, ...]) -> Finding:
        """What a control says of commits that no counted approval speaks for."""
        tally = self.tally(commits)
        if tally.votes and not any(self._speaks_for(each, commits) for each in self.tickets):
            return undetermined(
                say(
                    "approval.uncovered",
                    "No approved ticket covers {count} commit(s) ({commits}); see"
                    " ticket-covers-change.",
                    **shown(commits),
                ),
                say("approval.uncovered.remedy", "Put ticket-covers-change right first."),
            )
        return no_vote(tally, self.teller)

    def _starter(self, facts: Facts, policy: Policy) -> Starter | Finding:
        if DEPLOYER not in self.teller.rules.independent_of:
            return None, ()
        return deployer(facts, policy)

    def _speaks_for(self, ticket: ChangeRequest, commits: tuple[Commit, ...]) -> bool:
        if not self._bounded:
            return True
        covers = self._covers[ticket.key]
        return isinstance(covers, Coverage) and covers.has(commit.sha for commit in commits)

    def _reviews_of_all(self, commits: tuple[Commit, ...]) -> list[Tally]:
        """The reviews of those pull requests that bring every one of the commits."""
        if not self.teller.counts_reviews:
            return []
        return [
            self._reviews[unit.pull_request.number]
            for unit in self._change.units
            if unit.pull_request is not None and set(commits) <= set(unit.commits)
        ]

    def _coverage(self, ticket: ChangeRequest, facts: Facts, policy: Policy) -> Coverage | Finding:
        template = self.teller.standard.get(ticket.key)
        if template is not None:
            return by_template(facts)
        votes = votes_on(ticket, self._change, self.teller)
        return coverage(ticket, votes, facts, policy, self._change)


def votes_on(ticket: ChangeRequest, change: Range | Finding, teller: Teller) -> tuple[Vote, ...]:
    """The counted approvals that read the ticket: its own, the run's, and reviews that count."""
    tallies = [teller.of_ticket(ticket), teller.of_run()]
    if isinstance(change, Range):
        tallies += teller.of_change(change).values()
    return tuple(vote for tally in tallies for vote in tally.votes)


def standing(
    candidate: Candidate,
    makers: Makers,
    people: People,
    independent_of: tuple[str, ...],
    deployer: Account | None,
) -> Standing:
    """How an approver stands to a commit's makers and, as configured, ticket author and deployer.

    DIFFERENT only where it is proved of every one of them.
    """
    others = set(makers.accounts)
    nameless = makers.nameless
    if TICKET_AUTHOR in independent_of:
        for ticket in candidate.tickets:
            nameless = nameless or ticket.creator is None or None in ticket.others
            authors = (ticket.creator, ticket.reporter, *ticket.others)
            others |= {account for account in authors if account is not None}
    if DEPLOYER in independent_of:
        nameless = nameless or deployer is None
        others |= {deployer} if deployer is not None else set()
    return compared(candidate.vote.account, others, people, nameless=nameless)


def compared(
    account: Account, others: Iterable[Account], people: People, *, nameless: bool
) -> Standing:
    """How an account's person stands to several others."""
    relations = {other: people.compare(account, other) for other in others}
    same = frozenset(o for o, relation in relations.items() if relation is Relation.SAME)
    unknown = frozenset(o for o, relation in relations.items() if relation is Relation.UNKNOWN)
    if same:
        return Standing(Relation.SAME, same)
    if unknown or nameless or not relations:
        return Standing(Relation.UNKNOWN, frozenset(), unknown, nameless)
    return Standing(Relation.DIFFERENT)
