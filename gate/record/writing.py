"""Statements as they are written: decisions, outcomes, reviews, denials of place, keys.

``statement`` says what they look like, and reads each one back before it is signed.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gate.model import Artifact, Decision, DecisionKind, EntryLink, Facts, History
from gate.record import codec
from gate.record.canonical import encode
from gate.record.drafting import (
    Drafting,
    head_part,
    history_part,
    prior_part,
    tested_part,
    ticket_terms,
)
from gate.record.dsse import MAX_PAYLOAD
from gate.record.errors import MalformedRecordError
from gate.record.labels import Labels
from gate.record.predicates import (
    Assurance,
    DecisionPredicate,
    DeploymentOutcome,
    KeyAction,
    KeyPredicate,
    KeyRole,
    LinkPart,
    OutcomePredicate,
    PolicyReference,
    ReplacesPart,
    ReviewOutcome,
    ReviewPredicate,
)
from gate.record.records import DecisionRecord
from gate.record.signers import SignerEntry
from gate.record.spill import spill
from gate.record.statement import (
    DECISION,
    KEY,
    OUTCOME,
    REVIEW,
    STATEMENT,
    commit_subject,
    key_subject,
    parse_statement,
)

MOVED = "history-moved"
_REVIEWED = {
    DecisionKind.ALLOWED: ReviewOutcome.APPROVED,
    DecisionKind.DENIED: ReviewOutcome.DENIED,
}


def decision_statement(
    facts: Facts,
    decision: Decision,
    *,
    labels: Labels,
    repository: str,
    release_refs: Sequence[str] = (),
    policy: PolicyReference,
    judged: History,
    evidence_sha256: str,
    gate_version: str,
    assurance: Assurance = Assurance.SELF_RUN,
) -> bytes:
    """The payload of a decision.

    ``repository`` and ``release_refs`` are the service's by the policy, ``judged`` is what the log
    proved at the head that was judged at, ``evidence_sha256`` names the bundle that
    ``evidence.evidence_bundle`` made of the same facts, decision and ``labels``. Raises UsageError
    where even the shortest record is too long for the log.
    """
    draft = Drafting(labels, repository, release_refs).draft(facts, decision)
    deployment = facts.deployment
    predicate = DecisionPredicate(
        at=decision.at,
        decision=decision.kind,
        service=deployment.service,
        environment=deployment.environment,
        repository=repository,
        commit=deployment.commit,
        commit_from_run=deployment.commit_from_run,
        gate=gate_version,
        assurance=assurance,
        claims=draft.claims,
        run=draft.run,
        given=draft.given,
        tickets=draft.tickets,
        change=draft.change,
        deployed_before=draft.deployed_before,
        own_accounts=draft.own_accounts,
        clocks=draft.clocks,
        controls=draft.controls,
        labels=labels.commitments(),
        policy=policy,
        evidence=evidence_sha256,
        judged_at=head_part(judged),
        prior=prior_part(judged),
        history=history_part(judged, ticket_terms(decision), tested_part(decision)),
        replaces=None,
        emergency=draft.emergency,
    )
    statement = _statement(DECISION, predicate, _subjects(predicate, deployment.artifacts))
    spill(statement)
    return _checked(statement)


def outcome_statement(
    link: EntryLink,
    decision: DecisionRecord,
    outcome: DeploymentOutcome | str,
    *,
    at: datetime,
    judged: History,
    gate_version: str,
    assurance: Assurance = Assurance.SELF_RUN,
) -> bytes:
    """The payload of the outcome of the decision that stands at ``link``.

    ValueError for an ``outcome`` that is none.
    """
    of = decision.predicate
    predicate = OutcomePredicate(
        at=at,
        outcome=DeploymentOutcome(outcome),
        decision=LinkPart(link.index, link.leaf),
        service=of.service,
        environment=of.environment,
        repository=of.repository,
        commit=of.commit,
        tickets=decision.tickets,
        gate=gate_version,
        assurance=assurance,
        judged_at=head_part(judged),
        prior=prior_part(judged),
    )
    return _checked(_statement(OUTCOME, predicate, _subjects(predicate, decision.artifacts)))


def review_statement(
    facts: Facts,
    decision: Decision,
    of: tuple[EntryLink, DecisionRecord],
    *,
    labels: Labels,
    release_refs: Sequence[str] = (),
    policy: PolicyReference,
    judged: History,
    evidence_sha256: str,
    gate_version: str,
    assurance: Assurance = Assurance.SELF_RUN,
) -> bytes:
    """The payload of a review of the emergency decision ``of``, and where that stands.

    ``facts`` and ``decision`` are what the review was judged by and came to; the rest is as for
    ``decision_statement``.
    """
    link, emergency = of
    repository = emergency.repository
    draft = Drafting(labels, repository, release_refs).draft(facts, decision)
    predicate = ReviewPredicate(
        at=decision.at,
        outcome=_REVIEWED.get(decision.kind, ReviewOutcome.UNDETERMINED),
        late=decision.at > emergency.review_by,
        decision=LinkPart(link.index, link.leaf),
        decided_at=emergency.at,
        review_by=emergency.review_by,
        service=emergency.service,
        environment=emergency.environment,
        repository=repository,
        commit=emergency.commit,
        gate=gate_version,
        assurance=assurance,
        claims=draft.claims,
        run=draft.run,
        given=draft.given,
        tickets=draft.tickets,
        change=draft.change,
        deployed_before=draft.deployed_before,
        own_accounts=draft.own_accounts,
        clocks=draft.clocks,
        controls=draft.controls,
        labels=labels.commitments(),
        policy=policy,
        evidence=evidence_sha256,
        judged_at=head_part(judged),
        prior=prior_part(judged),
    )
    statement = _statement(REVIEW, predicate, _subjects(predicate, emergency.artifacts))
    spill(statement)
    return _checked(statement)


def superseded_statement(
    entry_sha256: str,
    record: DecisionRecord,
    failed: Sequence[str],
    *,
    at: datetime,
    judged: History,
    gate_version: str,
) -> bytes:
    """The payload of the denial that is logged instead of a record which no longer holds.

    It has that record's words, decided ``denied`` for the reason ``history-moved``, the digest of
    its entry and the codes of what failed. Its disclosure is that of the entry it names.
    """
    predicate = replace(
        record.predicate,
        at=at,
        decision=DecisionKind.DENIED,
        gate=gate_version,
        judged_at=head_part(judged),
        prior=prior_part(judged),
        history=history_part(judged, record.history.tickets, record.history.tested),
        replaces=ReplacesPart(entry_sha256, MOVED, tuple(failed)),
    )
    statement = _statement(DECISION, predicate, _subjects(predicate, record.artifacts))
    spill(statement, MAX_PAYLOAD)
    return _checked(statement)


def key_statement(
    entry: SignerEntry, action: KeyAction, role: KeyRole, *, at: datetime, gate_version: str
) -> bytes:
    """The payload of a key's coming or going. The entry's name stays out: it may be a person's."""
    predicate = KeyPredicate(
        at=at,
        action=action,
        role=role,
        keyid=entry.keyid,
        public_key=base64.b64encode(entry.public_key).decode("ascii"),
        not_before=entry.not_before,
        not_after=entry.not_after,
        gate=gate_version,
    )
    return _checked(_statement(KEY, predicate, [key_subject(entry.keyid)]))


def _statement(predicate_type: str, predicate: Any, subjects: list[Any]) -> dict[str, Any]:
    return {
        "_type": STATEMENT,
        "predicateType": predicate_type,
        "predicate": codec.write(predicate),
        "subject": subjects,
    }


def _subjects(
    predicate: DecisionPredicate | OutcomePredicate | ReviewPredicate,
    artifacts: Sequence[Artifact],
) -> list[Any]:
    return [
        commit_subject(predicate.repository, predicate.commit),
        *({"name": a.name, "digest": {"sha256": a.sha256}} for a in dict.fromkeys(artifacts)),
    ]


def _checked(statement: dict[str, Any]) -> bytes:
    """The canonical bytes, read back once: what our own reader refuses is never signed."""
    payload = encode(statement)
    try:
        parse_statement(payload)
    except MalformedRecordError as error:
        raise ValueError(f"facts that fit no record: {error.message}") from error
    return payload
