"""Whether a receipt permits a deployment: the offline check of a deploy target."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from gate.errors import FindingError
from gate.frozen import dataclass
from gate.log.reading.trust import load_trust
from gate.log.receipts.receipt import read_receipt, verify_receipt
from gate.model import Artifact, DecisionKind, PinState
from gate.record.statement import DecisionRecord

AHEAD = timedelta(minutes=5)  # how far the deciding machine's clock may be ahead of ours


@dataclass(frozen=True, slots=True)
class Expected:
    """What is about to be deployed, and how old a permission may be.

    ``policies`` are the digests of policies that may have decided; empty: any.
    """

    commit: str
    environment: str
    service: str
    artifacts: tuple[Artifact, ...]
    max_age: timedelta
    allow_emergency: bool
    policies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Permit:
    """Where the decision stands, and why it does not permit: no refusals means that it does.

    ``warnings`` are those of the trust folder, and what the receipt leaves open.
    """

    index: int
    origin: str
    decided_at: datetime
    refusals: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def permits(receipt: Path, trust: Path, expected: Expected, now: datetime) -> Permit:
    """Verify the receipt against the trust folder and hold it against what is deployed.

    Raises ``InconsistentError`` where a signature, proof or format does not hold, ``QuorumError``
    where too few witnesses cosigned its head, ``FindingError`` where the receipt is not of a
    decision, ``UsageError`` where receipt or trust cannot be read.
    """
    trusted = load_trust(trust)
    read = read_receipt(receipt)
    record = verify_receipt(read, trusted)
    if not isinstance(record, DecisionRecord):
        raise FindingError("the receipt is of another kind of record than a decision")
    return Permit(
        index=read.proof.index,
        origin=trusted.policy.log.name,
        decided_at=record.at,
        refusals=tuple(_refusals(record, expected, now)),
        warnings=(*trusted.warnings, *_open(record, expected)),
    )


def _open(record: DecisionRecord, expected: Expected) -> tuple[str, ...]:
    """Nobody pinned the policy, neither where it decided nor here: then it may be anybody's."""
    if expected.policies or record.predicate.policy.pin is PinState.PINNED:
        return ()
    digest = record.predicate.policy.sha256
    advice = "give --policy-sha256 to refuse any but the agreed one"
    return (f"the policy {digest} was not pinned when it decided; {advice}",)


def _refusals(record: DecisionRecord, expected: Expected, now: datetime) -> list[str]:
    refusals = []
    permitted = {DecisionKind.ALLOWED}
    if expected.allow_emergency:
        permitted.add(DecisionKind.EMERGENCY)
    if record.decision not in permitted:
        hint = (
            " (an emergency needs --allow-emergency)"
            if record.decision == DecisionKind.EMERGENCY
            else ""
        )
        refusals.append(f"the decision is {record.decision}{hint}")
    for what, recorded, wanted in (
        ("commit", record.commit, expected.commit),
        ("environment", record.environment, expected.environment),
        ("service", record.service, expected.service),
    ):
        if recorded != wanted:
            refusals.append(f"it is for {what} {recorded}, not {wanted}")
    if set(record.artifacts) != set(expected.artifacts):
        refusals.append(
            f"it is for {_named(record.artifacts)}, not {_named(expected.artifacts)}: "
            "every recorded artifact must be given with --artifact, and no other"
        )
    if expected.policies and record.predicate.policy.sha256 not in expected.policies:
        refusals.append(f"it was decided by the policy {record.predicate.policy.sha256}")
    age = now - record.at
    if age > expected.max_age:
        refusals.append(f"it was decided {record.at:%Y-%m-%d %H:%M:%S} UTC, which is too long ago")
    if age < -AHEAD:
        refusals.append(
            f"it was decided {record.at:%Y-%m-%d %H:%M:%S} UTC, which is in the future: "
            "compare the clocks"
        )
    return refusals


def _named(artifacts: tuple[Artifact, ...]) -> str:
    return ", ".join(f"{a.name}@sha256:{a.sha256}" for a in artifacts) or "no artifact"
