"""Statements: what is in the envelope, written and read.

An in-toto Statement v1 in canonical JSON (``canonical``):

    {"_type":"https://in-toto.io/Statement/v1",
     "predicate":{…},
     "predicateType":"urn:gate:decision:v1",
     "subject":[{"digest":{"gitCommit":"<commit>"},"name":"https://github.com/acme/shop"},
                {"digest":{"sha256":"<digest>"},"name":"shop.tar.gz"}]}

The commit is the first subject of a decision and of an outcome, each artifact one more; the subject
of a key record is the key, named by its id. Predicates are described by ``predicates`` and by the
JSON Schemas beside this module. Every predicate has its time in ``at``, those of later versions
too: it is what a key's period is held against.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gate.model import Artifact, Decision, DecisionKind, EntryLink, Facts, History
from gate.record import codec, times
from gate.record.canonical import decode, encode
from gate.record.codec import Part, malformed
from gate.record.dsse import MAX_PAYLOAD, open_signed, require_valid
from gate.record.errors import MalformedRecordError
from gate.record.predicates import (
    Assurance,
    DecisionPredicate,
    DeploymentOutcome,
    KeyAction,
    KeyPredicate,
    KeyRole,
    LinkPart,
    OutcomePredicate,
    Plain,
    PolicyReference,
    ReplacesPart,
    Sha256,
    plain,
)
from gate.record.records import (
    DecisionRecord,
    KeyRecord,
    OutcomeRecord,
    Record,
    UnknownRecord,
)
from gate.record.signer import SignerEntry, TrustedSigners, key_id

if TYPE_CHECKING:
    from gate.record.labels import Labels

# What only writers need is imported where it is used: a deploy target's check reads.

__all__ = [
    "Assurance",
    "DecisionRecord",
    "DeploymentOutcome",
    "KeyAction",
    "KeyRecord",
    "KeyRole",
    "OutcomeRecord",
    "PolicyReference",
    "Record",
    "UnknownRecord",
    "decision_statement",
    "key_statement",
    "open_record",
    "outcome_statement",
    "parse_statement",
    "superseded_statement",
]

STATEMENT = "https://in-toto.io/Statement/v1"
DECISION = "urn:gate:decision:v1"
OUTCOME = "urn:gate:outcome:v1"
REVIEW = "urn:gate:review:v1"
KEY = "urn:gate:key:v1"
MOVED = "history-moved"


class _Sha256Digest(Part):
    sha256: Sha256


class _ArtifactSubject(Part):
    name: Plain
    digest: _Sha256Digest


# ---------------------------------------------------------------- reading


def open_record(data: bytes, signers: TrustedSigners) -> tuple[Record, str]:
    """The record of a log entry and the id of the key that signed it.

    Signature first, then parsing, then the key's period. Raises what ``dsse.open_signed`` and
    ``parse_statement`` raise, and SignerNotValidError.
    """
    payload, keyid = open_signed(data, signers)
    record = parse_statement(payload)
    require_valid(keyid, record.at, signers)
    return record, keyid


def parse_statement(payload: bytes) -> Record:
    """The record that a payload spells.

    MalformedRecordError for anything but canonical bytes of exactly the known shape. A
    ``predicateType`` that is not known gives an ``UnknownRecord``.
    """
    statement = decode(payload, limit=MAX_PAYLOAD, what="record")
    keys = {"_type", "predicate", "predicateType", "subject"}
    if not isinstance(statement, dict) or statement.keys() != keys:
        raise malformed("the payload", "an in-toto Statement")
    if statement["_type"] != STATEMENT:
        raise malformed("_type", STATEMENT)
    predicate, subjects = statement["predicate"], statement["subject"]
    if not isinstance(predicate, dict) or not isinstance(subjects, list) or not subjects:
        raise malformed("the payload", "an in-toto Statement with a subject and a predicate")
    kind = statement["predicateType"]
    if not isinstance(kind, str):
        raise malformed("predicateType", "a text")
    if kind == DECISION:
        decision = codec.read(DecisionPredicate, predicate, "predicate")
        return DecisionRecord(decision, _artifacts(subjects, decision))
    if kind == OUTCOME:
        outcome = codec.read(OutcomePredicate, predicate, "predicate")
        return OutcomeRecord(outcome, _artifacts(subjects, outcome))
    if kind == KEY:
        return _key_record(subjects, codec.read(KeyPredicate, predicate, "predicate"))
    return UnknownRecord(plain(kind), _time_or_none(predicate.get("at")))


def _artifacts(
    subjects: list[Any], predicate: DecisionPredicate | OutcomePredicate
) -> tuple[Artifact, ...]:
    if subjects[0] != _commit_subject(predicate.repository, predicate.commit):
        raise malformed("subject[0]", "the predicate's repository and commit")
    rest = [
        codec.read(_ArtifactSubject, subject, f"subject[{number}]")
        for number, subject in enumerate(subjects[1:], 1)
    ]
    artifacts = tuple(Artifact(s.name, s.digest.sha256) for s in rest)
    if len(set(artifacts)) != len(artifacts):
        raise malformed("subject", "a list that names each artifact once")
    return artifacts


def _key_record(subjects: list[Any], predicate: KeyPredicate) -> KeyRecord:
    public_key = base64.b64decode(predicate.public_key)
    if base64.b64encode(public_key).decode("ascii") != predicate.public_key:
        raise malformed("predicate.publicKey", "canonical base64")
    if predicate.keyid != key_id(public_key) or subjects != [_key_subject(predicate.keyid)]:
        raise malformed("predicate.keyid", "the SHA-256 of the public key, and the subject")
    return KeyRecord(predicate)


def _time_or_none(value: Any) -> datetime | None:
    try:
        return times.parse_time(value)
    except (TypeError, ValueError):
        return None


# ---------------------------------------------------------------- writing


def decision_statement(
    facts: Facts,
    decision: Decision,
    *,
    labels: Labels,
    repository: str,
    policy: PolicyReference,
    judged: History,
    evidence_sha256: str,
    gate_version: str,
    assurance: Assurance = Assurance.SELF_RUN,
) -> bytes:
    """The payload of a decision.

    ``repository`` is the service's URL by the policy, ``judged`` what the log proved at the head
    that was judged at, ``evidence_sha256`` names the bundle that ``evidence.evidence_bundle`` made
    of the same facts, decision and ``labels``. Raises UsageError where even the shortest record is
    too long for the log.
    """
    from gate.record.drafting import Drafting, head_part, history_part, prior_part
    from gate.record.spill import spill

    draft = Drafting(labels, repository).draft(facts, decision)
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
        clocks=draft.clocks,
        controls=draft.controls,
        labels=labels.commitments(),
        policy=policy,
        evidence=evidence_sha256,
        judged_at=head_part(judged),
        prior=prior_part(judged),
        history=history_part(judged),
        replaces=None,
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
    from gate.record.drafting import head_part, prior_part

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
    from gate.record.drafting import head_part, history_part, prior_part
    from gate.record.spill import spill

    predicate = record.predicate.but(
        at=at,
        decision=DecisionKind.DENIED,
        gate=gate_version,
        judged_at=head_part(judged),
        prior=prior_part(judged),
        history=history_part(judged),
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
    return _checked(_statement(KEY, predicate, [_key_subject(entry.keyid)]))


def _statement(predicate_type: str, predicate: Any, subjects: list[Any]) -> dict[str, Any]:
    return {
        "_type": STATEMENT,
        "predicateType": predicate_type,
        "predicate": codec.write(predicate),
        "subject": subjects,
    }


def _subjects(
    predicate: DecisionPredicate | OutcomePredicate, artifacts: Sequence[Artifact]
) -> list[Any]:
    return [
        _commit_subject(predicate.repository, predicate.commit),
        *({"name": a.name, "digest": {"sha256": a.sha256}} for a in dict.fromkeys(artifacts)),
    ]


def _commit_subject(repository: str, commit: str) -> dict[str, Any]:
    return {"name": repository, "digest": {"gitCommit": commit}}


def _key_subject(keyid: str) -> dict[str, Any]:
    return {"name": f"key:{keyid}", "digest": {"sha256": keyid}}


def _checked(statement: dict[str, Any]) -> bytes:
    """The canonical bytes, read back once: what our own reader refuses is never signed."""
    payload = encode(statement)
    try:
        parse_statement(payload)
    except MalformedRecordError as error:
        raise ValueError(f"facts that fit no record: {error.message}") from error
    return payload
