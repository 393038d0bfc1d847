"""What records say of the emergencies of their service, held against the emergencies and reviews.

A record lists those that await their review below the head it was judged at; and what permits, and
counted on it, has no review of its service overdue before it. Emergencies are few: whoever checks a
part of the log takes all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gate.log.history.emergencies import Emergencies, Open, Subject, overdue_at
from gate.log.verifying.facts import EMERGENCIES, Decided, DeploymentFact, EmergencyFact
from gate.log.verifying.findings import HISTORY, PRIOR, Findings
from gate.log.verifying.scope import Scope
from gate.record.predicates import ReviewOutcome
from gate.record.summary import Settled, link_of


class Declared:
    """The emergencies of each service; ``wrong`` says what is wrong with which reviews."""

    def __init__(self) -> None:
        self.of: dict[str, Emergencies] = {}
        self.wrong: dict[int, str] = {}

    def below(self, service: str, size: int) -> tuple[Open, ...]:
        """Those open at ``size`` entries."""
        known = self.of.get(service)
        return () if known is None else known.below(size)


def emergencies_of(scope: Scope) -> Declared:
    """All emergencies and reviews that the records told of."""
    declared = Declared()
    times: dict[tuple[int, str], tuple[str, str]] = {}  # of each: decided, review by
    for fact in scope.scratch.facts(EMERGENCIES, scope.chunks, 0):
        known = declared.of.setdefault(fact.service, Emergencies())
        review = fact.review()
        if review is None:
            known.declare(Open(fact.place, fact.leaf, fact.due), _subject(fact))
            times[fact.place, fact.leaf] = fact.at, fact.due
            continue
        wrong = _wrong(fact, review, known, times)
        if wrong:
            declared.wrong[fact.place] = wrong
    return declared


def _wrong(
    fact: EmergencyFact,
    review: Settled,
    known: Emergencies,
    times: Mapping[tuple[int, str], tuple[str, str]],
) -> str:
    """What is wrong with a review, which ``known`` is told of; "" for nothing."""
    of = link_of(review.of)
    approved = review.outcome == ReviewOutcome.APPROVED
    if of is None or not known.review(fact.place, of, _subject(fact), approved=approved):
        return "is the review of no emergency before it"
    if times[of] != (review.decided_at, review.review_by):
        return f"gives entry {of[0]}, which it reviews, other times than its own"
    if _is_mistaken(fact.at, fact.due, late=review.late):
        word = "late" if review.late else "in time"
        return f"says that it is {word}: it is of {fact.at}, and was due by {fact.due}"
    return ""


def _subject(fact: EmergencyFact) -> Subject:
    return Subject(fact.service, fact.environment, fact.commit)


def _is_mistaken(at: str, due: str, *, late: bool) -> bool:
    """Whether a review is not what it says; in the very millisecond it may be either."""
    then, by = datetime.fromisoformat(at), datetime.fromisoformat(due)
    return then != by and (then > by) != late


def check_emergencies(
    declared: Declared, findings: Findings, fact: DeploymentFact, decided: Decided | None
) -> None:
    """Check a record and its list; ``decided`` is what it told if it is a decision."""
    place, service, entry = fact.place, fact.key.partition("\n")[0], f"entry {fact.place}"
    if fact.emergencies != declared.below(service, min(fact.size, place)):
        what = "does not name the emergencies of its service that await their review"
        findings.fault("prior", entry, f"{entry} {what}", (place, PRIOR))
    if place in declared.wrong:
        findings.fault("history", entry, f"{entry} {declared.wrong[place]}", (place, HISTORY))
    if decided is None or not decided.bound:
        return
    for late in overdue_at(declared.below(service, place), decided.at):
        what = f"permits, though the review of the emergency at entry {late} was overdue"
        findings.fault("history", entry, f"{entry} {what}", (place, HISTORY))
