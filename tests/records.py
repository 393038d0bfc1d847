"""Records of the world of ``worlds``: what a pipeline that enforces leaves behind, made by hand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import worlds
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from worlds import NOW, REPOSITORY, github, good_facts, good_history, jira

from gate.model import (
    Account,
    ControlResult,
    Decision,
    DecisionKind,
    EntryLink,
    Facts,
    Free,
    History,
    Judgement,
    Level,
    Message,
    Outcome,
    PinState,
    RunClaim,
)
from gate.record.disclosure import Disclosure
from gate.record.dsse import seal
from gate.record.evidence import evidence_bundle, evidence_name
from gate.record.labels import Labels
from gate.record.predicates import PolicyReference
from gate.record.signer import RecordSigner
from gate.record.signers import SignerEntry, TrustedSigners
from gate.record.statement import DecisionRecord, parse_statement
from gate.record.writing import decision_statement, outcome_statement

SIGNER = RecordSigner(Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
OTHER = RecordSigner(Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
POLICY_TEXT = '[log]\nurl = "dir:change-log"\n# alice and bob\n'
PUBLIC_POLICY = '{"log":{"url":"dir:change-log"}}'


def trusted(
    signer: RecordSigner = SIGNER,
    not_before: datetime = NOW - timedelta(days=30),
    not_after: datetime | None = None,
) -> TrustedSigners:
    entry = SignerEntry(signer.keyid, signer.public_key, "shop", not_before, not_after)
    return TrustedSigners((entry,))


def owner_of(account: Account) -> str | None:
    """As the policy of the world: mallory is nobody's account."""
    name = account.key.removeprefix("acc-").partition("@")[0]
    return name if name in {"alice", "bob", "carol", "dave", "erin"} else None


def labels() -> Labels:
    return Labels(owner_of)


def result(
    name: str,
    outcome: Outcome = Outcome.PASS,
    level: Level = Level.REQUIRE,
    **args: Any,
) -> ControlResult:
    expected = Message(f"{name}.expected", "As it should be.", {})
    observed = Message(f"{name}.observed", "As it is.", args)
    return ControlResult(name, name, level, Judgement(outcome, expected, observed))


def good_controls() -> tuple[ControlResult, ...]:
    return (
        result("ticket-given", ids=("CHG-1",)),
        result(
            "approved",
            people=(jira("bob"), github("mallory")),
            at=NOW,
            lead=timedelta(minutes=30),
            number=1,
            reason=Free("because bob said so"),
        ),
        result("test-plan", Outcome.FAIL, Level.WARN),
    )


def good_decision(kind: DecisionKind = DecisionKind.ALLOWED, **changes: Any) -> Decision:
    return replace(Decision(kind, NOW, good_controls(), ("pipeline-start",)), **changes)


def everything_known() -> tuple[Facts, Decision]:
    """A world in which each kind of name and text is somewhere."""
    claim = RunClaim(
        "github",
        "run of alice",
        "alice",
        "https://github.com/alice/shop/actions/runs/1",
        "https://github.com/alice/shop",
        "refs/heads/alice",
        worlds.MERGE_SHA,
        "alice",
        NOW,
    )
    run = worlds.good_run(id="alice-1", repository="alice/shop", url="https://ci/~alice/1")
    facts = good_facts(
        worlds.good_ticket(scope=worlds.problem()),
        run=run,
        deployment=worlds.good_deployment(run=claim),
        deployed_before=worlds.problem(service="github"),
        change=worlds.good_change(
            commits=(
                replace(
                    worlds.good_commit(worlds.MERGE_SHA, worlds.BASE_SHA),
                    co_authors=(worlds.git("mallory"),),
                    signer=worlds.github("alice"),
                ),
            ),
            direct_pushes=(worlds.good_push("mallory"),),
            push_of={worlds.MERGE_SHA: 0},
            release_refs=worlds.problem(),
            in_repository=worlds.problem(),
        ),
    )
    controls = (
        *good_controls(),
        result("nested", x=(((Account("git", "alice@acme.example"),),), Free("because of bob"))),
    )
    return facts, good_decision(controls=controls)


@dataclass(frozen=True, slots=True)
class Written:
    """A record as enforce makes it."""

    payload: bytes
    entry: bytes
    evidence: bytes
    disclosure: Disclosure
    labels: Labels

    @property
    def record(self) -> DecisionRecord:
        record = parse_statement(self.payload)
        assert isinstance(record, DecisionRecord)
        return record

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.entry).hexdigest()


def write(
    facts: Facts | None = None,
    decision: Decision | None = None,
    *,
    judged: History | None = None,
    signer: RecordSigner = SIGNER,
    release_refs: tuple[str, ...] = (),
) -> Written:
    facts, decision = facts or good_facts(), decision or good_decision()
    given = labels()
    bundle = evidence_bundle(
        facts,
        decision,
        labels=given,
        repository=REPOSITORY,
        release_refs=release_refs,
        public_policy=PUBLIC_POLICY,
    )
    payload = decision_statement(
        facts,
        decision,
        labels=given,
        repository=REPOSITORY,
        release_refs=release_refs,
        policy=PolicyReference(hashlib.sha256(POLICY_TEXT.encode()).hexdigest(), PinState.PINNED),
        judged=judged or good_history(),
        evidence_sha256=evidence_name(bundle),
        gate_version="0.1.0",
    )
    entry = seal(payload, signer)
    return Written(payload, entry, bundle, Disclosure.of(entry, given, POLICY_TEXT), given)


def write_outcome(
    decision: DecisionRecord,
    link: EntryLink,
    outcome: str = "succeeded",
    *,
    at: datetime = NOW + timedelta(minutes=5),
    signer: RecordSigner = SIGNER,
) -> bytes:
    payload = outcome_statement(
        link, decision, outcome, at=at, judged=good_history(), gate_version="0.1.0"
    )
    return seal(payload, signer)
