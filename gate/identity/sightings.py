"""The accounts that a decision met, each with where it was met. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from gate.frozen import dataclass
from gate.identity.persons import same_account
from gate.model import (
    Account,
    AccountKind,
    Change,
    ChangeRequest,
    Commit,
    Facts,
    Problem,
    Profile,
    PullRequest,
    Push,
    Run,
)

# GitHub commits under this name and address for people who edit on its site: nobody's account.
_FORGE_ITSELF = frozenset({("github", "web-flow"), ("git", "noreply@github.com")})


@dataclass(frozen=True, slots=True)
class Sighting:
    """An account and where it was met, in words of ours.

    ``known_as`` is the person whose a record said that it was; "" where it said nobody's.
    """

    account: Account
    where: str
    known_as: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """All sightings of one account.

    ``account`` is the first, ``emails`` are all addresses that a service verified, in lower case as
    ``People`` compares them, ``names`` all that it was shown as; ``known_as`` as in a sighting.
    ``shown`` are addresses that its service shows, whether or not it verified them.
    """

    account: Account
    wheres: tuple[str, ...]
    emails: frozenset[str]
    names: frozenset[str]
    known_as: frozenset[str]
    shown: frozenset[str] = frozenset()

    def with_profile(self, profile: Profile) -> Seen:
        """The same, with what its service shows of it beside."""
        names = self.names | ({profile.name} if profile.name else set())
        shown = self.shown | ({lower(profile.address)} if profile.address else set())
        return replace(self, names=names, shown=shown)

    def all_kinds(self) -> Iterator[Account]:
        """The account with each of its verified addresses, or as it is without any."""
        account = self.account
        for email in sorted(self.emails) or [""]:
            yield Account(account.system, account.key, account.kind, account.name, email)


def in_facts(facts: Facts) -> Iterator[Sighting]:
    """The accounts of the run, the change requests and the change; what could not be had is not."""
    if isinstance(facts.run, Run) and facts.run.actor is not None:
        yield Sighting(facts.run.actor, "who started the run")
    if not isinstance(facts.environment_approvals, Problem):
        asked = facts.environment_approvals
        yield from _known((a.account, "approver of the run's deployment") for a in asked)
    for lookup in facts.tickets:
        if isinstance(lookup.result, ChangeRequest):
            yield from _of_ticket(lookup.result)
    if isinstance(facts.change, Change):
        yield from _of_change(facts.change)


def _of_ticket(ticket: ChangeRequest) -> Iterator[Sighting]:
    who: list[tuple[Account | None, str]] = [
        (ticket.creator, f"creator of {ticket.key}"),
        (ticket.reporter, f"reporter of {ticket.key}"),
    ]
    if not isinstance(ticket.approvals, Problem):
        who += [(a.account, f"approver asked on {ticket.key}") for a in ticket.approvals]
    for texts in (ticket.scope, ticket.rollback_plan, ticket.test_plan):
        if not isinstance(texts, Problem):
            who += [(text.edited_by, f"editor of {ticket.key}") for text in texts]
    yield from _known(who)


def _of_change(change: Change) -> Iterator[Sighting]:
    if not isinstance(change.commits, Problem):
        yield from _of_commits(change.commits)
    if not isinstance(change.pull_requests, Problem):
        for pull in change.pull_requests:
            yield from _of_pull_request(pull)
    if not isinstance(change.direct_pushes, Problem):
        yield from _of_pushes(change.direct_pushes, "pusher to a release ref")


def _of_commits(commits: Iterable[Commit]) -> Iterator[Sighting]:
    for commit in commits:
        name = commit.sha[:12]
        who: list[tuple[Account | None, str]] = [
            (commit.author, f"author of commit {name}"),
            (commit.committer, f"committer of commit {name}"),
            (commit.signer, f"signer of commit {name}"),
        ]
        who += [(account, f"co-author of commit {name}") for account in commit.co_authors]
        yield from _known(who)


def _of_pull_request(pull: PullRequest) -> Iterator[Sighting]:
    name = f"pull request {pull.number}"
    who = [(pull.author, f"author of {name}"), (pull.merged_by, f"who merged {name}")]
    who += [(account, f"author of work in {name}") for account in pull.others]
    if not isinstance(pull.reviews, Problem):
        who += [(review.account, f"reviewer of {name}") for review in pull.reviews]
    yield from _known(who)
    if not isinstance(pull.pushes, Problem):
        yield from _of_pushes(pull.pushes, f"pusher to {name}")
    if not isinstance(pull.commits, Problem):
        yield from _of_commits(pull.commits)


def _of_pushes(pushes: Iterable[Push], where: str) -> Iterator[Sighting]:
    yield from _known((push.account, where) for push in pushes)


def _known(who: Iterable[tuple[Account | None, str]]) -> Iterator[Sighting]:
    for account, where in who:
        if account is not None and account.key:
            yield Sighting(account, where)


def each_once(sightings: Iterable[Sighting]) -> tuple[Seen, ...]:
    """Each account that may be a person's once, in the order met.

    Apps are nobody's, nor is what the forge itself writes under.
    """
    found: list[list[Sighting]] = []
    places: dict[tuple[str, str], list[list[Sighting]]] = {}
    for sighting in sightings:
        account = sighting.account
        if account.kind is AccountKind.APP or _is_forge(account):
            continue
        near = places.setdefault((account.system, account.key.casefold()), [])
        for group in near:
            if same_account(group[0].account, account):
                group.append(sighting)
                break
        else:
            near.append([sighting])
            found.append(near[-1])
    return tuple(_seen(group) for group in found)


def _is_forge(account: Account) -> bool:
    return (account.system, account.key.lower()) in _FORGE_ITSELF


def _seen(group: list[Sighting]) -> Seen:
    accounts = [sighting.account for sighting in group]
    return Seen(
        account=accounts[0],
        wheres=tuple(dict.fromkeys(sighting.where for sighting in group)),
        emails=frozenset(lower(account.email) for account in accounts if account.email),
        names=frozenset(account.name for account in accounts if account.name),
        known_as=frozenset(sighting.known_as for sighting in group if sighting.known_as),
    )


def lower(address: str) -> str:
    """An address as the policy has it: only ASCII has a lower case that all systems agree on."""
    return address.lower() if address.isascii() else address
