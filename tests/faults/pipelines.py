"""Logs of the world of ``worlds``: a pipeline that enforces and completes, without the network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from records import SIGNER, good_controls, good_decision, labels, result, trusted, write
from worlds import NOW, good_approval, good_change, good_deployment, good_facts, good_ticket

from gate.config.types import After
from gate.log.history.history import read_history
from gate.log.reading.trust import Trust
from gate.log.reading.view import LogView
from gate.log.writing.append import Appended, append
from gate.log.writing.create import init_log
from gate.log.writing.judge_again import judge_again
from gate.log.writing.plan import plan_append
from gate.model import (
    Artifact,
    DecisionKind,
    EarlierTerm,
    Elsewhere,
    Emergency,
    Free,
    History,
    Level,
    Lookup,
)
from gate.record.dsse import seal
from gate.record.predicates import KeyAction, KeyRole
from gate.record.signer import RecordSigner, key_id
from gate.record.signers import SignerEntry
from gate.record.statement import DecisionRecord, open_record
from gate.record.writing import key_statement, outcome_statement, review_statement
from gate.store.contract import Store
from gate.store.directory.store import DirectoryStore
from gate.store.durable import Calls
from gate.tlog.note import Ed25519Signer
from gate.tlog.trust import parse_policy

ORIGIN = "acme.example/changes"
LOG_KEY = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x11" * 32))
OTHER_LOG_KEY = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x12" * 32))


def vkey(signer: Ed25519Signer) -> str:
    return signer.verifier.vkey


def good_trust(log: Ed25519Signer = LOG_KEY, record: RecordSigner = SIGNER) -> Trust:
    return Trust(parse_policy(f"log {vkey(log)}\nquorum none\n"), trusted(record))


TRUST = good_trust()


def sha(text: str) -> str:
    """A commit id."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def new_directory(path: Path, calls: Calls | None = None) -> DirectoryStore:
    """A directory with an empty log."""
    init_log(DirectoryStore(path), ORIGIN, LOG_KEY)
    return DirectoryStore(path, calls=calls)


class Pipeline:
    """Enforces and completes deployments on one log; its clock moves a minute at a time.

    A commit has a ticket of its own unless others are named, and every ticket is approved anew a
    second before each decision, unless a test says when it was.
    """

    def __init__(self, store: Store, trust: Trust = TRUST, tail: int = 256) -> None:
        self.store = store
        self.trust = trust
        self.tail = tail
        self.minutes = 0

    def now(self) -> datetime:
        self.minutes += 1
        return NOW + timedelta(minutes=self.minutes)

    def view(self) -> LogView:
        return LogView(self.store, self.trust, tail=self.tail)

    def decide(
        self,
        commit: str = "one",
        *,
        service: str = "shop",
        environment: str = "production",
        tickets: Sequence[str] = (),
        kind: DecisionKind = DecisionKind.ALLOWED,
        approved: datetime | None = None,
        level: Level = Level.REQUIRE,
        after: After | None = None,
        artifacts: tuple[Artifact, ...] = (),
        emergency: Emergency | None = None,
        reviewed: Level = Level.OFF,
        told: Callable[[History], History] = lambda history: history,
    ) -> bytes:
        """A decision judged at the present head, sealed and not yet appended.

        ``approved`` is when its tickets were, ``level`` that of ticket-not-reused, and of
        tested-before where something must come ``after`` something; ``reviewed`` is that of
        emergency-reviewed. ``told`` is what the record makes of history.
        """
        head, at = sha(commit), self.now()
        tickets = tickets or (f"CHG-{commit}",)
        anew = approved or at - timedelta(seconds=1)
        view = self.view()
        found = read_history(
            view,
            service,
            environment,
            head,
            tickets,
            after=after.environment if after and not after.origin else "",
            artifacts=artifacts,
        )
        history = told(found)
        facts = good_facts(
            *(
                good_ticket(key=ticket, approvals=(good_approval(decided_at=anew),))
                for ticket in tickets
            ),
            deployment=good_deployment(
                service=service, environment=environment, commit=head, artifacts=artifacts
            ),
            change=good_change(head=head, base=history.base),
            history=history,
        )
        assert all(isinstance(one, Lookup) for one in facts.tickets)
        decision = replace(
            good_decision(kind),
            at=at,
            controls=(
                *good_controls(),
                result("ticket-not-reused", level=level),
                *([result("tested-before", level=level)] if after else []),
                *([] if reviewed is Level.OFF else [result("emergency-reviewed", level=reviewed)]),
            ),
            approved_anew=dict.fromkeys(tickets, anew),
            tested=_tested(history, after, artifacts),
            emergency=emergency,
        )
        written = write(facts, decision, judged=history)
        self.store.put_evidence(digest(written.evidence), written.evidence)
        return written.entry

    def append(self, entry: bytes) -> Appended:
        again = judge_again(SIGNER, self.now, "0.1.0")
        return append(self.store, self.trust, LOG_KEY, entry, rejudge=again, pause=lambda _: None)

    def enforce(
        self,
        commit: str = "one",
        *,
        service: str = "shop",
        environment: str = "production",
        tickets: Sequence[str] = (),
        kind: DecisionKind = DecisionKind.ALLOWED,
        approved: datetime | None = None,
    ) -> Appended:
        return self.append(
            self.decide(
                commit,
                service=service,
                environment=environment,
                tickets=tickets,
                kind=kind,
                approved=approved,
            )
        )

    def urgent(
        self, commit: str, review_by: datetime, *, seconded: bool = False, **given: Any
    ) -> bytes:
        """An emergency, sealed and not yet appended."""
        declared = Emergency(Free("It burns."), ("approved",), review_by, seconded)
        return self.decide(commit, kind=DecisionKind.EMERGENCY, emergency=declared, **given)

    def review(
        self, decision: Appended, kind: DecisionKind = DecisionKind.ALLOWED, **changes: Any
    ) -> bytes:
        """A review of an emergency, sealed and not yet appended."""
        record, _ = open_record(decision.entry, self.trust.signers)
        assert isinstance(record, DecisionRecord)
        said = replace(record, **changes)
        about = (said.service, said.environment, said.commit, said.tickets)
        evidence = b"what the review of %d rests on" % decision.index
        self.store.put_evidence(digest(evidence), evidence)
        payload = review_statement(
            good_facts(
                *(good_ticket(key=ticket) for ticket in record.tickets),
                deployment=good_deployment(commit=record.commit),
                change=good_change(head=record.commit),
            ),
            replace(good_decision(kind), at=self.now()),
            (decision.link, said),
            labels=labels(),
            policy=record.predicate.policy,
            judged=read_history(self.view(), *about),
            evidence_sha256=digest(evidence),
            gate_version="0.1.0",
        )
        return seal(payload, SIGNER)

    def end(self, decision: Appended, outcome: str = "succeeded") -> bytes:
        """The outcome of a decision, sealed and not yet appended."""
        record, _ = open_record(decision.entry, self.trust.signers)
        assert isinstance(record, DecisionRecord)
        judged = read_history(
            self.view(), record.service, record.environment, record.commit, record.tickets
        )
        payload = outcome_statement(
            decision.link, record, outcome, at=self.now(), judged=judged, gate_version="0.1.0"
        )
        return seal(payload, SIGNER)

    def complete(self, decision: Appended, outcome: str = "succeeded") -> Appended:
        return self.append(self.end(decision, outcome))

    def deploy(
        self,
        commit: str,
        *,
        service: str = "shop",
        environment: str = "production",
        tickets: Sequence[str] = (),
        artifacts: tuple[Artifact, ...] = (),
        outcome: str = "succeeded",
    ) -> Appended:
        """Enforce, and complete; returns the decision."""
        decision = self.append(
            self.decide(
                commit,
                service=service,
                environment=environment,
                tickets=tickets,
                artifacts=artifacts,
            )
        )
        self.complete(decision, outcome)
        return decision


def _tested(
    history: History, after: After | None, artifacts: tuple[Artifact, ...]
) -> EarlierTerm | None:
    if after is None:
        return None
    last = history.earlier.decisive(artifacts) if history.earlier else None
    elsewhere = None
    if after.origin:
        elsewhere = Elsewhere(after.origin, *((last.decision, last.at) if last else ()))
    return EarlierTerm(after.environment, after.within, last.ended if last else None, elsewhere)


def story(pipeline: Pipeline, entries: int) -> None:
    """At least ``entries`` records of several services, tickets, denials and outcomes."""
    n = 0
    while pipeline.view().size < entries:
        n += 1
        service = ("shop", "billing")[n % 2]
        if n % 5 == 0:
            pipeline.enforce(
                f"c{n}", service=service, tickets=(f"CHG-{n}",), kind=DecisionKind.DENIED
            )
        elif n % 7 == 0:
            decision = pipeline.enforce(f"c{n}", service=service, tickets=(f"CHG-{n}", "CHG-1"))
            pipeline.complete(decision, "rolled-back")
        else:
            pipeline.deploy(f"c{n - n % 3}", service=service, tickets=(f"CHG-{n // 2}",))


def filler(count: int, start: int = 0) -> list[bytes]:
    """Records that speak of no deployment: quick to make, for logs that must only be long."""
    return [_filler(n) for n in range(start, start + count)]


@cache
def _filler(n: int) -> bytes:
    public = hashlib.sha256(b"%d" % n).digest()
    signer = SignerEntry(key_id(public), public, "", NOW, None)
    payload = key_statement(signer, KeyAction.RETIRED, KeyRole.RECORD, at=NOW, gate_version="0.1.0")
    return seal(payload, SIGNER)


def fill(store: Store, count: int) -> None:
    """Append ``count`` fillers in one commit."""
    view = LogView(store, TRUST)
    assert store.commit(view.checkpoint, plan_append(view, filler(count, view.size), LOG_KEY))
