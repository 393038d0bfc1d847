"""Who stands behind a record's labels, where its disclosure is still there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias

from gate.audit.source import Fetch
from gate.record.canonical import digest_of
from gate.record.disclosure import Disclosure, parse_disclosure
from gate.record.evidence import Evidence, P, check_evidence
from gate.record.predicates import DecisionPredicate, ReviewPredicate, Spilled
from gate.record.statement import DecisionRecord, ReviewRecord

MATCH = "match"
MISSING = "missing"
NOT_ASKED = "not-asked"
NOT_AT_HAND = "not-at-hand"  # erased, or kept elsewhere: from here the two look the same
UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Names:
    """Labels to words. Without a disclosure a label stays a label.

    ``asked``: whoever reads asked for names, so a label that stays one says that there is none.
    """

    disclosure: Disclosure | None
    asked: bool = False

    def person(self, label: str) -> str:
        """The person's name in the policy, else the account as "system:key", else the label."""
        if self.disclosure is None:
            return f"{label} (no name available)" if self.asked else label
        person = self.disclosure.person(label)
        if person.owner is not None:
            return person.owner
        return " = ".join(f"{account.system}:{account.key}" for account in person.accounts)

    def text(self, label: str) -> str:
        """The text, else the label."""
        if self.disclosure is None:
            return f"{label} (no text available)" if self.asked else label
        return self.disclosure.text(label)


@dataclass(frozen=True, slots=True)
class Opened(Generic[P]):
    """A decision, or a review, with what lies beside the log.

    ``predicate`` has everything that spilled where ``evidence`` is "match"; it is the record's own
    where that is "missing". ``people`` is "match", "not-asked", "not-at-hand", or "unchecked": the
    disclosure is there, and the commitments to hold it against stand in an evidence bundle that is
    not.
    """

    predicate: P
    public_policy: str
    names: Names
    evidence: str
    people: str


AnyOpened: TypeAlias = Opened[DecisionPredicate] | Opened[ReviewPredicate]


def disclosed_under(record: DecisionRecord, entry: bytes) -> str:
    """The digest under which a record's disclosure is kept.

    It is its entry's, or that of the entry which it replaces and whose labels it took over.
    """
    replaces = record.predicate.replaces
    return digest_of(entry) if replaces is None else replaces.entry


def open_decision(
    record: DecisionRecord, entry: bytes, *, evidence: Fetch, disclosures: Fetch | None
) -> Opened[DecisionPredicate]:
    """The decision with evidence and names; ``AlteredError`` where either does not fit it.

    ``disclosures`` is None where names were not asked for.
    """
    bundle = evidence(record.predicate.evidence)
    found = None if bundle is None else check_evidence(record, bundle)
    return _opened(record.predicate, found, disclosed_under(record, entry), disclosures)


def open_review(
    record: ReviewRecord, entry: bytes, *, evidence: Fetch, disclosures: Fetch | None
) -> Opened[ReviewPredicate]:
    """As ``open_decision``, of a review."""
    bundle = evidence(record.predicate.evidence)
    found = None if bundle is None else check_evidence(record, bundle)
    return _opened(record.predicate, found, digest_of(entry), disclosures)


def _opened(
    said: P, found: Evidence[P] | None, digest: str, disclosures: Fetch | None
) -> Opened[P]:
    """What a record said, with its evidence if that was there; names are kept under ``digest``."""
    predicate, policy = (said, "") if found is None else (found.predicate, found.policy)
    state = MISSING if found is None else MATCH
    if disclosures is None:
        return Opened(predicate, policy, Names(None), state, NOT_ASKED)
    data = disclosures(digest)
    if data is None:
        return Opened(predicate, policy, Names(None, asked=True), state, NOT_AT_HAND)
    disclosure = parse_disclosure(data)
    labels: Mapping[str, str] | Spilled = predicate.labels
    if isinstance(labels, Spilled):
        # Names that nothing vouches for are not shown.
        return Opened(predicate, policy, Names(None, asked=True), state, UNCHECKED)
    disclosure.check(digest, labels, predicate.policy.sha256)
    return Opened(predicate, policy, Names(disclosure), state, MATCH)
