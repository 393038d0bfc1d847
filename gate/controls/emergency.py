"""Emergencies: who may declare one, what it does without, and who has to second it.

Pure. ``policy`` asks when an emergency was declared and something required does not pass. It waives
nothing of integrity, with one exception that the policy must have asked for: where ``approved`` is
waived and there is no approval at all, what says only that an approval is missing is waived with
it, ``approver-independent`` too. An objection is never waived. With ``emergency.offline`` what only
a service that is down keeps from being judged is deferred (``is_deferred``).
"""

from __future__ import annotations

from datetime import datetime

from gate.config.emergencies import NEVER_WAIVED
from gate.config.levels import INTEGRITY_IDS
from gate.config.types import Policy
from gate.controls import approved, peer_reviewed
from gate.controls.change import range_of
from gate.controls.control import (
    Finding,
    codes_of,
    conclude,
    environment_of,
    failed,
    passed,
    say,
    undetermined,
)
from gate.controls.counted import NO_APPROVAL, Teller, Vote
from gate.controls.pipeline import deployer
from gate.controls.tickets import UNREAD, all_looked_up, found
from gate.controls.whose import lines
from gate.identity import People, Relation
from gate.model import (
    AccountKind,
    Approval,
    ControlResult,
    Facts,
    Free,
    History,
    Judgement,
    Maybe,
    Outcome,
    Problem,
    ProblemKind,
    Verdict,
)

APPROVED, EXISTS, INDEPENDENT = "approved", "ticket-exists", "approver-independent"
OF_THE_LOG = {
    "ticket-not-reused": "ticket-not-reused.unread",
    "tested-before": "tested-before.unread",
    "emergency-reviewed": "emergency-reviewed.unread",
}
"""What these controls say where the log could not be read."""
OBJECTIONS = frozenset({approved.OBJECTION, peer_reviewed.OBJECTION})
OBJECTED = frozenset({APPROVED, "peer-reviewed"})  # the controls that tell objections
UNKNOWN = "problem."  # how codes begin of what could not be had
DECLARED = "emergency-declared"
TITLE = "Whoever declared the emergency may do so"


def judge_declared(facts: Facts, policy: Policy) -> Judgement:
    """Whether the deployer, as the CI's API tells who it is, is one of ``emergency.by``."""
    environment = environment_of(facts, policy)
    rules = environment.emergency
    by = () if rules is None else tuple(Free(name) for name in rules.by)
    expected = say(
        "emergency-declared.expected",
        "An emergency is declared by one of {by}.",
        by=by or "nobody: the policy has no emergencies in this environment",
    )
    return conclude(expected, [_declared(facts, policy)])


def _declared(facts: Facts, policy: Policy) -> Finding:
    rules = environment_of(facts, policy).emergency
    if rules is None:
        return failed(
            say("emergency-declared.none", "The policy has no emergencies in this environment."),
            say("emergency-declared.none.remedy", "Deploy with an approved change request."),
        )
    started = deployer(facts, policy)
    if isinstance(started, Finding):
        return started
    account, claims = started
    by = tuple(Free(name) for name in rules.by)
    remedy = say("emergency-declared.remedy", "Have one of {by} start the pipeline.", by=by)
    if account.kind is AccountKind.APP:
        return failed(
            say(
                "emergency-declared.app",
                "{account} declared the emergency, which is no person's account.",
                account=account,
            ),
            remedy,
        )
    people = People(policy)
    allowed = people.allowed(account, rules.by)
    if allowed:
        return passed(
            say("emergency-declared.by", "{account} declared the emergency.", account=account),
            *claims,
        )
    observed = say("emergency-declared.other", "{account} declared the emergency.", account=account)
    if allowed is None:
        return undetermined(observed, lines([account], people))
    return failed(observed, remedy)


def is_waived(result: ControlResult, facts: Facts, policy: Policy) -> bool:
    """Whether an emergency here does without the control, which does not pass."""
    rules = environment_of(facts, policy).emergency
    if rules is None or OBJECTIONS & codes_of(result.judgement) or _may_hide_objections(result):
        return False
    if result.id in rules.waives and result.id not in NEVER_WAIVED:
        return True
    nothing_else = codes_of(result.judgement) == {NO_APPROVAL}
    return APPROVED in rules.waives and nothing_else and nobody_decided(facts, policy)


def _may_hide_objections(result: ControlResult) -> bool:
    """Whether what was decided could not be had, so that there may be an objection in it."""
    unknown = any(code.startswith(UNKNOWN) for code in codes_of(result.judgement))
    return unknown and result.id in OBJECTED


def is_deferred(result: ControlResult, facts: Facts, policy: Policy) -> bool:
    """Whether it could not be judged for nothing but a service that is down, and may wait for that.

    That is ``emergency.offline``: the ticket system does not answer, or the log cannot be read.
    """
    rules = environment_of(facts, policy).emergency
    if rules is None or not rules.offline or result.judgement.outcome is not Outcome.UNDETERMINED:
        return False
    codes = codes_of(result.judgement)
    if is_offline(facts) and codes == {OF_THE_LOG.get(result.id, "")}:
        return True
    if not tickets_are_down(facts):
        return False
    if result.id == EXISTS:
        return codes == {f"problem.{ProblemKind.UNAVAILABLE}"}
    is_open = result.id not in INTEGRITY_IDS
    return codes == {UNREAD} and (
        is_open or (result.id == INDEPENDENT and APPROVED in rules.waives)
    )


def is_offline(facts: Facts) -> bool:
    """Whether the log could not be read, and an emergency is judged without it."""
    return isinstance(facts.history, History) and facts.history.offline


def tickets_are_down(facts: Facts) -> bool:
    """Whether every ticket that could not be read was asked for of a system that is down."""
    results = [lookup.result for lookup in facts.tickets]
    problems = [result for result in results if isinstance(result, Problem)]
    return (
        bool(problems)
        and all_looked_up(facts)
        and all(problem.kind is ProblemKind.UNAVAILABLE for problem in problems)
    )


def nobody_decided(facts: Facts, policy: Policy) -> bool:
    """Whether nobody at all has approved or objected, wherever approvals are read.

    False where that is not known.
    """
    teller = Teller(facts, policy)
    places: list[Maybe[tuple[Approval, ...]]] = []
    if not facts.tickets or not all_looked_up(facts):
        return False
    tickets = found(facts)
    if len(tickets) != len({lookup.reference.id for lookup in facts.tickets}):
        return False
    places += [ticket.approvals for ticket in tickets]
    if teller.counts_reviews:
        change = range_of(facts)
        if isinstance(change, Finding):
            return False
        places += [pull.reviews for pull in change.pull_requests]
    if teller.counts_run:
        places.append(facts.environment_approvals)
    return all(_undecided(place) for place in places)


def _undecided(approvals: Maybe[tuple[Approval, ...]]) -> bool:
    return not isinstance(approvals, Problem) and all(
        approval.verdict is Verdict.PENDING for approval in approvals
    )


def is_seconded(facts: Facts, policy: Policy, now: datetime) -> bool:
    """Whether, on every ticket, an approval counts whose giver is surely not the deployer.

    Nobody may object.
    """
    started = deployer(facts, policy)
    tickets = found(facts)
    if isinstance(started, Finding) or not tickets or len(tickets) != len(facts.tickets):
        return False
    account, _ = started
    teller = Teller(facts, policy)

    def is_second(vote: Vote) -> bool:
        relation = teller.people.compare(vote.account, account)
        return relation is Relation.DIFFERENT and vote.latest <= now

    tallies = [teller.of_ticket(ticket) for ticket in tickets]
    return all(
        tally.problem is None and not tally.objections and any(map(is_second, tally.votes))
        for tally in tallies
    )


def waived(judgement: Judgement) -> Judgement:
    """The judgement of a control that an emergency does without."""
    return Judgement(
        Outcome.WAIVED,
        judgement.expected,
        judgement.observed,
        judgement.remedy,
        judgement.claims,
    )
