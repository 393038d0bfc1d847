"""From facts and a decision to a record's words: persons and texts become labels here.

This is the one place where what was read from outside meets the record. Plain text is only what
provably names nobody: identifiers of tickets, names of statuses and types, numbers, digests,
release refs that the policy names, and addresses below the service's own repository. The order of
the calls is the order of the labels, so drafting twice with the same ``Labels`` gives the same
draft.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from gate.frozen import dataclass
from gate.model import (
    COMMIT_ID,
    PERMITTING,
    Account,
    Approval,
    Base,
    Change,
    ChangeRequest,
    Commit,
    Decision,
    EditedText,
    Emergency,
    EntryLink,
    Facts,
    ForgeDeployment,
    Free,
    History,
    Lookup,
    Maybe,
    Message,
    Neighbour,
    Problem,
    PullRequest,
    Push,
    Run,
    SentBack,
    StandardChange,
    TicketReference,
    Value,
    Window,
)
from gate.record import predicates as p
from gate.record.labels import Labels
from gate.record.predicates import plain

T = TypeVar("T")
S = TypeVar("S")
_NUMBER = re.compile(r"[0-9]{1,20}")
_ADDRESS = re.compile(r"[A-Za-z0-9/._?=&-]*")
_WILD = re.compile(r"[*?]")  # in a pattern of refs
_HEADS = "refs/heads/"
PROBLEM = "problem."  # how the codes of messages begin that tell why a fact could not be had
PROBLEM_TEXTS = frozenset({"cause", "request", "remedy"})  # their arguments that come from outside


@dataclass(frozen=True, slots=True)
class Draft:
    """The parts of a decision's predicate that come from facts and decision."""

    run: p.RunPart
    given: tuple[p.GivenPart, ...] | p.Unknown
    tickets: tuple[p.TicketPart, ...]
    change: p.ChangePart | p.Unknown
    deployed_before: tuple[p.ForgeDeploymentPart, ...] | p.Unknown
    own_accounts: tuple[p.PersonLabel, ...]
    clocks: tuple[p.ClockPart, ...]
    controls: tuple[p.ControlPart, ...]
    claims: tuple[p.Plain, ...]
    emergency: p.EmergencyPart | None = None


class Drafting:
    """Writes the parts with one record's labels.

    ``repository`` is the service's own, by the policy; so are ``release_refs``, of which those
    without a wildcard are names that the policy itself tells.
    """

    def __init__(self, labels: Labels, repository: str, release_refs: Sequence[str] = ()) -> None:
        self._labels = labels
        self._below = repository.rstrip("/")
        self._release_refs = frozenset(
            ref.removeprefix(_HEADS)
            for ref in release_refs
            if _WILD.search(ref) is None and plain(ref) == ref
        )

    def draft(self, facts: Facts, decision: Decision) -> Draft:
        """All parts."""
        return Draft(
            run=self._run(facts),
            given=self._maybe(facts.given, self._given),
            tickets=tuple(self._ticket(lookup) for lookup in facts.tickets),
            change=self._problem(facts.change)
            if isinstance(facts.change, Problem)
            else self._change(facts.change),
            deployed_before=self._maybe(facts.deployed_before, _forge_deployment),
            own_accounts=tuple(self._labels.person(a) for a in facts.gate_accounts),
            clocks=tuple(
                p.ClockPart(plain(c.service), round(c.offset * 1000), round(c.uncertainty * 1000))
                for c in facts.clocks
            ),
            controls=tuple(
                p.ControlPart(
                    result.id,
                    result.level,
                    result.judgement.outcome,
                    self._message(result.judgement.expected),
                    self._message(result.judgement.observed),
                )
                for result in decision.controls
            ),
            claims=tuple(plain(claim) for claim in decision.claims),
            emergency=None if decision.emergency is None else self._emergency(decision.emergency),
        )

    def _emergency(self, emergency: Emergency) -> p.EmergencyPart:
        return p.EmergencyPart(
            self._labels.text(emergency.reason),
            emergency.waived,
            emergency.review_by,
            emergency.seconded,
            emergency.deferred,
            emergency.spooled,
        )

    # ------------------------------------------------------------ labels

    def _person(self, account: Account | None) -> str | None:
        return None if account is None else self._labels.person(account)

    def _persons(self, accounts: Iterable[Account]) -> tuple[str, ...]:
        return tuple(self._labels.person(account) for account in accounts)

    def _text(self, text: str) -> str | None:
        return self._labels.text(text) if text else None

    def _shown(self, text: str, *, safe: bool) -> p.Shown:
        return text if safe or not text else p.TextReference(self._labels.text(text))

    def _number(self, text: str) -> p.Shown:
        return self._shown(text, safe=_NUMBER.fullmatch(text) is not None)

    def _address(self, url: str) -> p.Shown:
        """An address: plain only for the service's repository and what lies below it.

        Others may name people ("https://…/alice/fork").
        """
        rest = url.removeprefix(self._below)
        safe = url == self._below or (
            rest != url and rest.startswith("/") and _ADDRESS.fullmatch(rest) is not None
        )
        return self._shown(url, safe=safe and self._labels.plain(url) == url)

    def _ref(self, ref: str) -> p.Shown:
        """A ref: plain only where the policy names it as a release ref; others may name people.

        The policy's ``main`` is the branch, as ``refs/heads/main`` is; a tag has its prefix.
        """
        return self._shown(ref, safe=ref.removeprefix(_HEADS) in self._release_refs)

    def _problem(self, problem: Problem) -> p.Unknown:
        # What was asked may hold a branch name or an account: labelled with the cause.
        detail = self._labels.text(f"{problem.request}: {problem.cause}")
        return p.Unknown(problem.kind, plain(problem.service), detail)

    def _maybe(
        self, fact: Maybe[tuple[T, ...]], part: Callable[[T], S]
    ) -> tuple[S, ...] | p.Unknown:
        if isinstance(fact, Problem):
            return self._problem(fact)
        return tuple(part(item) for item in fact)

    # ------------------------------------------------------------ run and tickets

    def _run(self, facts: Facts) -> p.RunPart:
        claim = facts.deployment.run
        fact: p.RunFact | p.Unknown | None = None
        if isinstance(facts.run, Problem):
            fact = self._problem(facts.run)
        elif facts.run is not None:
            fact = self._run_fact(facts.run)
        return p.RunPart(
            ci=claim.ci,
            id=self._number(claim.id),
            attempt=self._number(claim.attempt),
            url=self._address(claim.url),
            repository=self._address(claim.repository),
            ref=self._ref(claim.ref) if claim.ref else None,
            actor=self._text(claim.actor),
            created_at=claim.created_at,
            fact=fact,
            approvals=self._maybe(facts.environment_approvals, self._approval) or None,
        )

    def _run_fact(self, run: Run) -> p.RunFact:
        return p.RunFact(
            id=self._number(run.id),
            attempt=run.attempt,
            repository=self._repository(run.repository),
            head_sha=run.head_sha,
            created_at=run.created_at,
            actor=None if run.actor is None else self._labels.person(run.actor),
            active=run.active,
            url=self._address(run.url),
        )

    def _repository(self, name: str) -> p.Shown:
        """A run's repository, which some CI give as "acme/shop" without the host."""
        return self._shown(name, safe=name == self._below or self._below.endswith("/" + name))

    def _given(self, reference: TicketReference) -> p.GivenPart:
        through = plain(reference.through) if reference.through else None
        return p.GivenPart(reference.system, plain(reference.id), reference.source, through)

    def _ticket(self, lookup: Lookup) -> p.TicketPart:
        result, fact = lookup.result, None
        if isinstance(result, Problem):
            return p.TicketPart(plain(lookup.reference.id), self._problem(result))
        if isinstance(result, ChangeRequest):
            fact = self._ticket_fact(result)
        return p.TicketPart(plain(lookup.reference.id), fact)

    def _ticket_fact(self, ticket: ChangeRequest) -> p.TicketFact:
        return p.TicketFact(
            id=plain(ticket.id),
            key=plain(ticket.key),
            url=self._labels.plain(ticket.url),
            project=self._labels.plain(ticket.project),
            type=self._labels.plain(ticket.type),
            status_id=self._labels.plain(ticket.status.id),
            status=self._labels.plain(ticket.status.name),
            created_at=ticket.created_at,
            creator=self._person(ticket.creator),
            reporter=self._person(ticket.reporter),
            summary=self._text(ticket.summary),
            approvals=self._maybe(ticket.approvals, self._approval),
            scope=self._maybe(ticket.scope, self._edited),
            rollback_plan=self._maybe(ticket.rollback_plan, self._edited),
            test_plan=self._maybe(ticket.test_plan, self._edited),
            window=self._problem(ticket.window)
            if isinstance(ticket.window, Problem)
            else _window(ticket.window),
            linked=self._maybe(ticket.linked, plain) or None,
            neighbours=self._maybe(ticket.neighbours, _neighbour) or None,
            others=tuple(self._person(account) for account in ticket.others),
            template=self._template(ticket.standard),
            sent_back=self._problem(ticket.sent_back)
            if isinstance(ticket.sent_back, Problem)
            else _sent_back(ticket.sent_back),
        )

    def _approval(self, approval: Approval) -> p.ApprovalPart:
        return p.ApprovalPart(
            person=self._person(approval.account),
            verdict=approval.verdict,
            decided_at=approval.decided_at,
            not_before=approval.not_before,
            latest_possible=approval.latest_possible,
            source=self._labels.plain(approval.source),
            id=self._number(approval.id),
            commit=_commit_or_none(approval.commit),
        )

    def _edited(self, text: EditedText) -> p.TextPart:
        label = self._labels.text(text.text)
        by = self._person(text.edited_by)
        where = self._labels.plain(text.location)
        return p.TextPart(where, label, text.edited_at, by, text.latest_possible)

    def _template(self, standard: Maybe[StandardChange | None]) -> p.Plain | p.Unknown | None:
        if isinstance(standard, Problem):
            return self._problem(standard)
        return None if standard is None else self._labels.plain(standard.template)

    # ------------------------------------------------------------ change

    def _change(self, change: Change) -> p.ChangePart:
        inside = change.in_repository
        return p.ChangePart(
            repository=plain(change.repository),
            base=base_part(change.base),
            start=_start(change),
            head=change.head,
            base_is_ancestor=change.base_is_ancestor,
            in_repository=self._problem(inside) if isinstance(inside, Problem) else inside,
            release_refs=self._maybe(change.release_refs, self._ref),
            commits=self._maybe(
                change.commits, lambda commit: self._commit(commit, change.push_of.get(commit.sha))
            ),
            pull_requests=self._maybe(
                change.pull_requests, lambda pull: self._pull_request(pull, change)
            ),
            direct_pushes=self._maybe(change.direct_pushes, self._push),
        )

    def _commit(self, commit: Commit, push: int | None) -> p.CommitPart:
        return p.CommitPart(
            sha=commit.sha,
            parents=commit.parents,
            author=self._labels.person(commit.author),
            committer=self._labels.person(commit.committer),
            co_authors=self._persons(commit.co_authors),
            signer=self._person(commit.signer),
            merged_by_forge=commit.merged_by_forge,
            push=push,
        )

    def _push(self, push: Push) -> p.PushPart:
        return p.PushPart(
            at=push.at,
            person=self._person(push.account),
            ref=self._ref(push.ref),
            before=_commit_or_none(push.before),
            after=_commit_or_none(push.after),
        )

    def _pull_request(self, pull: PullRequest, change: Change) -> p.PullRequestPart:
        return p.PullRequestPart(
            number=pull.number,
            title=self._labels.text(pull.title),
            author=self._person(pull.author),
            head_ref=self._labels.text(pull.head_ref),
            head_sha=pull.head_sha,
            base_ref=self._ref(pull.base_ref),
            merge_sha=_commit_or_none(pull.merge_sha),
            merged_at=pull.merged_at,
            merged_by=self._person(pull.merged_by),
            landed_at=pull.landed_at,
            into_release_ref=pull.into_release_ref,
            brings=pull.brings,
            reviews=self._maybe(pull.reviews, self._approval),
            pushes=self._maybe(pull.pushes, self._push),
            commits=self._maybe(pull.commits, self._own_commit),
            others=tuple(self._person(account) for account in pull.others),
            trees=self._trees(pull, change),
            retargeted_at=self._problem(pull.retargeted_at)
            if isinstance(pull.retargeted_at, Problem)
            else pull.retargeted_at,
        )

    def _trees(self, pull: PullRequest, change: Change) -> p.TreesPart | None:
        known = {} if isinstance(change.commits, Problem) else {c.sha: c for c in change.commits}
        own = {} if isinstance(pull.commits, Problem) else {c.sha: c for c in pull.commits}
        merge, head = known.get(pull.merge_sha), (own | known).get(pull.head_sha)
        remerged = pull.remerged
        part = p.TreesPart(
            merge=_commit_or_none(merge.tree) if merge else None,
            head=_commit_or_none(head.tree) if head else None,
            remerged=self._problem(remerged)
            if isinstance(remerged, Problem)
            else _commit_or_none(remerged or ""),
            conflicts=remerged == "",
        )
        return None if part == p.TreesPart(None, None, None, conflicts=False) else part

    def _own_commit(self, commit: Commit) -> p.OwnCommitPart:
        return p.OwnCommitPart(
            sha=commit.sha,
            author=self._labels.person(commit.author),
            committer=self._labels.person(commit.committer),
            co_authors=self._persons(commit.co_authors),
            signer=self._person(commit.signer),
        )

    # ------------------------------------------------------------ messages

    def _message(self, message: Message) -> p.MessagePart:
        args = {name: self._argument(value) for name, value in message.args.items()}
        also = message.args.get("also", ())
        codes = (message.code, *(also if isinstance(also, tuple) else ()))
        if any(str(code).startswith(PROBLEM) for code in codes):
            # What was asked, and what came back, may hold a branch's or an account's name. Where
            # several messages were put together, the later ones' arguments are numbered.
            args |= {
                name: p.TextReference(self._labels.text(value))
                for name, value in message.args.items()
                if isinstance(value, str) and name.rstrip("0123456789").rstrip("_") in PROBLEM_TEXTS
            }
        return p.MessagePart(message.code, args)

    def _argument(self, value: Value) -> p.Argument:
        match value:
            case Account():
                return p.PersonReference(self._labels.person(value))
            case Free():
                return p.TextReference(self._labels.text(value))
            case datetime():
                return p.TimeValue(value)
            case timedelta():
                return value
            case tuple():
                return tuple(self._argument(item) for item in value)
            case int():
                return int(value)
            case str():
                return self._labels.plain(value)


def _commit_or_none(sha: str) -> str | None:
    return sha if COMMIT_ID.fullmatch(sha) is not None else None


def _window(window: Window | None) -> p.WindowPart | None:
    if window is None:
        return None
    return p.WindowPart(window.start, window.end, window.edited_at, window.latest_possible)


def _sent_back(back: SentBack | None) -> p.SentBackPart | None:
    return None if back is None else p.SentBackPart(back.at, back.latest_possible)


def _neighbour(neighbour: Neighbour) -> p.NeighbourPart:
    return p.NeighbourPart(plain(neighbour.key), neighbour.created_at)


def _forge_deployment(deployment: ForgeDeployment) -> p.ForgeDeploymentPart:
    return p.ForgeDeploymentPart(plain(deployment.id), deployment.at)


def base_part(base: Base) -> p.BasePart:
    """A range's start."""
    return p.BasePart(base.kind, base.commit or None, base.index)


def history_part(
    history: History, tickets: tuple[p.TicketTerm, ...], tested: p.EarlierTermPart | None
) -> p.HistoryPart:
    """What judgement took from the log's history, and what it holds against others' records."""
    here = [d.link.index for d in history.here if d.decision in PERMITTING]
    return p.HistoryPart(base_part(history.base), tuple(sorted(here)[-p.HERE :]), tickets, tested)


def ticket_terms(decision: Decision) -> tuple[p.TicketTerm, ...]:
    """From when on each ticket counts as approved anew, in the order of their ids."""
    return tuple(p.TicketTerm(plain(id_), at) for id_, at in sorted(decision.approved_anew.items()))


def tested_part(decision: Decision) -> p.EarlierTermPart | None:
    """What ``tested-before`` went by."""
    tested = decision.tested
    if tested is None:
        return None
    where, elsewhere = tested.elsewhere, None
    if where is not None:
        elsewhere = p.ElsewherePart(plain(where.origin), _link(where.decision), where.at)
    return p.EarlierTermPart(
        plain(tested.environment), tested.within, _link(tested.ended), elsewhere
    )


def _link(link: EntryLink | None) -> p.LinkPart | None:
    return None if link is None else p.LinkPart(link.index, link.leaf)


def head_part(history: History) -> p.HeadPart:
    """The head that history was read at."""
    return p.HeadPart(history.size, history.root)


def prior_part(history: History) -> p.PriorPart:
    """The newest records below that head, tickets in the order of their ids."""
    newest = history.prior_deployment
    return p.PriorPart(
        None if newest is None else p.LinkPart(newest.index, newest.leaf),
        tuple(
            p.TicketLink(plain(id_), link.index, link.leaf)
            for id_, link in sorted(history.prior_tickets.items())
        ),
        tuple(
            p.OpenPart(each.link.index, each.link.leaf, each.review_by)
            for each in history.emergencies
        ),
    )


def _start(change: Change) -> str | None:
    """The first commit, along first parents from the head, that the range does not hold."""
    if isinstance(change.commits, Problem):
        return None
    parents = {commit.sha: commit.parents for commit in change.commits}
    place: str = change.head
    while place in parents:
        above = parents.pop(place)  # popped, so that parents which go in a circle end it
        if not above:
            return None
        place = above[0]
    return place if place != change.head else None
