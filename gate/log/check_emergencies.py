"""What records say of the emergencies of their service, held against the emergencies and reviews.

A record lists those that await their review below the head it was judged at; and what permits, and
counted on it, has no review of its service overdue before it. Emergencies are few: whoever checks a
part of the log takes all of them.
"""

from __future__ import annotations

from typing import Any

from gate.log.check_records import EMERGENCIES
from gate.log.emergencies import Emergencies, Open, overdue_at
from gate.log.findings import HISTORY, PRIOR, Findings
from gate.log.scope import Scope
from gate.record.predicates import ReviewOutcome
from gate.record.summary import link_of


class Declared:
    """The emergencies of each service; ``strays`` are reviews of none."""

    def __init__(self) -> None:
        self.of: dict[str, Emergencies] = {}
        self.strays: set[int] = set()

    def below(self, service: str, size: int) -> tuple[Open, ...]:
        """Those open at ``size`` entries."""
        known = self.of.get(service)
        return () if known is None else known.below(size)


def emergencies_of(scope: Scope) -> Declared:
    """All emergencies and reviews that the records told of."""
    declared = Declared()
    for index, leaf, service, commit, due, review in scope.spool.facts(
        EMERGENCIES, scope.chunks, 0
    ):
        known = declared.of.setdefault(service, Emergencies())
        if review is None:
            known.declare(index, leaf, due, commit)
            continue
        of = link_of(review[0])
        approved = review[1] == ReviewOutcome.APPROVED
        if of is None or not known.review(index, of, commit, approved=approved):
            declared.strays.add(index)
    return declared


def check_emergencies(
    declared: Declared,
    findings: Findings,
    fact: tuple[int, str, int, tuple[Any, ...]],
    said: tuple[Open, ...],
) -> None:
    """Check a record (index, key of its deployment, judged size, what it told) and its list."""
    index, key, size, told = fact
    service, place = key.partition("\n")[0], f"entry {index}"
    if said != declared.below(service, min(size, index)):
        what = "does not name the emergencies of its service that await their review"
        findings.fault("prior", place, f"{place} {what}", (index, PRIOR))
    if index in declared.strays:
        what = "is the review of no emergency before it"
        findings.fault("history", place, f"{place} {what}", (index, HISTORY))
    counts, at = told[-1] if len(told) > _OUTCOME else (False, "")
    if not counts:
        return
    for late in overdue_at(declared.below(service, index), at):
        what = f"permits, though the review of the emergency at entry {late} was overdue"
        findings.fault("history", place, f"{place} {what}", (index, HISTORY))


_OUTCOME = 2  # parts of what an outcome told; of a review there are none
