"""Statements: what is in the envelope, and how it is read. ``writing`` writes them.

An in-toto Statement v1 in canonical JSON (``canonical``):

    {"_type":"https://in-toto.io/Statement/v1",
     "predicate":{…},
     "predicateType":"urn:gate:decision:v1",
     "subject":[{"digest":{"gitCommit":"<commit>"},"name":"https://github.com/acme/shop"},
                {"digest":{"sha256":"<digest>"},"name":"shop.tar.gz"}]}

The commit is the first subject of a decision, an outcome and a review, each artifact one more; the
subject of a key record is the key, named by its id. Predicates are described by ``predicates`` and
by the JSON Schemas beside this module. Every predicate has its time in ``at``, those of later
versions too: it is what a key's period is held against.
"""

from __future__ import annotations

import base64
from datetime import datetime
from functools import lru_cache
from typing import Any

from gate.frozen import dataclass
from gate.model import Artifact
from gate.record import codec, times
from gate.record.canonical import decode
from gate.record.dsse import MAX_PAYLOAD, open_signed, require_valid
from gate.record.predicates import (
    DecisionPredicate,
    DeploymentOutcome,
    KeyPredicate,
    OutcomePredicate,
    Plain,
    ReviewPredicate,
    Sha256,
    plain,
)
from gate.record.records import (
    DecisionRecord,
    KeyRecord,
    OutcomeRecord,
    Record,
    ReviewRecord,
    UnknownRecord,
)
from gate.record.signer import key_id
from gate.record.signers import TrustedSigners
from gate.record.specs import malformed

__all__ = [
    "DecisionRecord",
    "DeploymentOutcome",
    "KeyRecord",
    "OutcomeRecord",
    "Record",
    "ReviewRecord",
    "UnknownRecord",
    "open_record",
    "parse_statement",
]

STATEMENT = "https://in-toto.io/Statement/v1"
DECISION = "urn:gate:decision:v1"
OUTCOME = "urn:gate:outcome:v1"
KEY = "urn:gate:key:v1"
REVIEW = "urn:gate:review:v1"


@dataclass(frozen=True, slots=True)
class _Sha256Digest:
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class ArtifactSubject:
    """An artifact as a subject."""

    name: Plain
    digest: _Sha256Digest


def open_record(data: bytes, signers: TrustedSigners) -> tuple[Record, str]:
    """The record of a log entry and the id of the key that signed it.

    Signature first, then parsing, then the key's period. Raises what ``dsse.open_signed`` and
    ``parse_statement`` raise, and SignerNotValidError.
    """
    payload, keyid = open_signed(data, signers)
    record = parse_statement(payload)
    require_valid(keyid, record.at, signers)
    return record, keyid


@lru_cache(4)  # an append looks at its own record, and at the one before it, again and again
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
    if kind == REVIEW:
        review = codec.read(ReviewPredicate, predicate, "predicate")
        return ReviewRecord(review, _artifacts(subjects, review))
    if kind == KEY:
        return _key_record(subjects, codec.read(KeyPredicate, predicate, "predicate"))
    return UnknownRecord(plain(kind), _time_or_none(predicate.get("at")))


def _artifacts(
    subjects: list[Any], predicate: DecisionPredicate | OutcomePredicate | ReviewPredicate
) -> tuple[Artifact, ...]:
    if subjects[0] != commit_subject(predicate.repository, predicate.commit):
        raise malformed("subject[0]", "the predicate's repository and commit")
    rest = [
        codec.read(ArtifactSubject, subject, f"subject[{number}]")
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
    if predicate.keyid != key_id(public_key) or subjects != [key_subject(predicate.keyid)]:
        raise malformed("predicate.keyid", "the SHA-256 of the public key, and the subject")
    return KeyRecord(predicate)


def _time_or_none(value: Any) -> datetime | None:
    try:
        return times.parse_time(value)
    except (TypeError, ValueError):
        return None


def commit_subject(repository: str, commit: str) -> dict[str, Any]:
    """The subject that is the commit deployed."""
    return {"name": repository, "digest": {"gitCommit": commit}}


def key_subject(keyid: str) -> dict[str, Any]:
    """The subject that is a key."""
    return {"name": f"key:{keyid}", "digest": {"sha256": keyid}}
