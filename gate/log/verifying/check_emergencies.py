"""What records say of the emergencies of their service, held against the emergencies and reviews.

A record lists those that await their review below the head it was judged at; and what permits, and
counted on it, has no review of its service overdue before it. Emergencies are few: whoever checks a
part of the log takes all of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gate.log.history.emergencies import Emergencies, Open, overdue_at
from gate.log.verifying.check_records import EMERGENCIES
from gate.log.verifying.findings import HISTORY, PRIOR, Findings
from gate.log.verifying.scope import Scope
from gate.record.predicates import ReviewOutcome
from gate.record.summary import link_of


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
    for index, leaf, service, commit, at, due, review in scope.scratch.facts(
        EMERGENCIES, scope.chunks, 0
    ):
        known = declared.of.setdefault(service, Emergencies())
        if review is None:
            known.declare(index, leaf, due, commit)
            times[index, leaf] = at, due
            continue
        link, outcome, decided, late = review
        of = link_of(link)
        approved = outcome == ReviewOutcome.APPROVED
        if of is None or not known.review(index, of, commit, approved=approved):
            declared.wrong[index] = "is the review of no emergency before it"
        elif times[of] != (decided, due):
            declared.wrong[index] = (
                f"gives entry {of[0]}, which it reviews, other times than its own"
            )
        elif _is_wrong(at, due, late=late):
            word = "late" if late else "in time"
            declared.wrong[index] = f"says that it is {word}: it is of {at}, and was due by {due}"
    return declared


def _is_wrong(at: str, due: str, *, late: bool) -> bool:
    """Whether a review is not what it says; in the very millisecond it may be either."""
    then, by = datetime.fromisoformat(at), datetime.fromisoformat(due)
    return then != by and (then > by) != late


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
    if index in declared.wrong:
        findings.fault("history", place, f"{place} {declared.wrong[index]}", (index, HISTORY))
    counts, at = told[-1] if len(told) > _OUTCOME else (False, "")
    if not counts:
        return
    for late in overdue_at(declared.below(service, index), at):
        what = f"permits, though the review of the emergency at entry {late} was overdue"
        findings.fault("history", place, f"{place} {what}", (index, HISTORY))


_OUTCOME = 2  # parts of what an outcome told; of a review there are none
