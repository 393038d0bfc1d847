"""The evidence bundle: what a record rests on, in full, without anybody's name.

Canonical JSON (``canonical``), named by its SHA-256, which the record holds in ``evidence``:

    {"policy":"<the policy as JSON without people and groups>",
     "record":{"change":…,"claims":…,"clocks":…,"controls":…,"deployedBefore":…,"given":…,
               "labels":…,"ownAccounts":…,"run":…,"tickets":…},
     "version":"gate/evidence/v1"}

``record`` holds these parts of the record's predicate before anything spilled out of it, so the
bundle both completes a record whose lists were too long and can be held against it word for word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, overload

from gate.frozen import dataclass
from gate.model import Decision, Facts
from gate.record import codec
from gate.record.canonical import decode, digest_of, encode
from gate.record.drafting import Drafting
from gate.record.errors import AlteredError, MalformedRecordError
from gate.record.labels import Labels
from gate.record.predicates import DecisionPredicate, ReviewPredicate
from gate.record.records import DecisionRecord, ReviewRecord
from gate.record.specs import malformed
from gate.record.spill import restore

VERSION = "gate/evidence/v1"
MAX_BUNDLE = 50_000_000  # bytes

P = TypeVar("P", DecisionPredicate, ReviewPredicate)


@dataclass(frozen=True, slots=True)
class Evidence(Generic[P]):
    """A bundle that fits its record: the public policy, and the predicate with nothing spilled."""

    policy: str
    predicate: P


def evidence_bundle(
    facts: Facts,
    decision: Decision,
    *,
    labels: Labels,
    repository: str,
    release_refs: Sequence[str] = (),
    public_policy: str,
) -> bytes:
    """The bundle of a decision.

    Give ``decision_statement`` the same ``labels``, ``repository`` and ``release_refs`` afterwards.
    """
    draft = codec.write(Drafting(labels, repository, release_refs).draft(facts, decision))
    record = {**draft, "labels": dict(labels.commitments())}
    return encode({"version": VERSION, "policy": public_policy, "record": record})


def evidence_name(bundle: bytes) -> str:
    """The bundle's SHA-256 in lower-case hex."""
    return digest_of(bundle)


@overload
def check_evidence(record: DecisionRecord, bundle: bytes) -> Evidence[DecisionPredicate]: ...
@overload
def check_evidence(record: ReviewRecord, bundle: bytes) -> Evidence[ReviewPredicate]: ...
def check_evidence(record: DecisionRecord | ReviewRecord, bundle: bytes) -> Evidence[Any]:
    """The evidence of ``record``, a decision or a review.

    AlteredError where the bundle is not the one that the record names, or says something else.
    """
    if evidence_name(bundle) != record.predicate.evidence:
        raise AlteredError("evidence: the bundle's SHA-256 is not the one in the record")
    try:
        body = decode(bundle, limit=MAX_BUNDLE, what="evidence")
        if not isinstance(body, dict) or body.keys() != {"version", "policy", "record"}:
            raise malformed("the bundle", "of version, policy and record")
        if body["version"] != VERSION or not isinstance(body["policy"], str):
            raise malformed("version", VERSION)
        return Evidence(body["policy"], _completed(record.predicate, body["record"]))
    except MalformedRecordError as error:
        raise AlteredError(f"evidence: {error.message}") from error


def _completed(said: DecisionPredicate | ReviewPredicate, full: Any) -> Any:
    predicate = codec.write(said)
    if not isinstance(full, dict) or not full.keys() <= predicate.keys():
        raise malformed("record", "an object of the record's parts")
    codec.read(type(said), {**predicate, **full}, "record")  # the shape, before its use
    restore(predicate, full)
    return codec.read(type(said), predicate, "record")
