"""The forward flow: facts, decision, record, log, receipt. One function a command.

``check`` judges and writes nothing. ``enforce`` judges, and has the record durably in the log
before it answers. ``complete`` adds what became of the deployment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gate import __version__
from gate.config import Policy
from gate.config.secrets import Secrets
from gate.errors import FindingError, NotRecordedError, UsageError
from gate.facts import Gathered, Question, gather
from gate.frozen import dataclass
from gate.model import (
    PERMITTING,
    Decision,
    Deployment,
    EntryLink,
    Facts,
    History,
    Maybe,
    Now,
    Problem,
    ProblemKind,
)
from gate.policy import evaluate

if TYPE_CHECKING:
    from gate.http import Poster
    from gate.log.append import Appended
    from gate.log.kept import Kept
    from gate.log.trust import Trust
    from gate.log.view import LogView
    from gate.record.signer import RecordSigner
    from gate.store.contract import Store, Surroundings
    from gate.tlog.keys import Verifier
    from gate.tlog.note import Signer


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision with what it rests on."""

    gathered: Gathered
    decision: Decision

    @property
    def facts(self) -> Facts:
        """The facts judged."""
        return self.gathered.facts


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision in the log.

    ``superseded``: the log moved on meanwhile and what was judged no longer holds there, so a
    denial stands in its place.
    """

    judged: Judged
    appended: Appended


@dataclass(frozen=True, slots=True)
class Place:
    """Where the policy keeps things, its relative paths resolved against ``root``.

    ``environ`` has the credentials that a store may need.
    """

    policy: Policy
    root: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def trust(self) -> Path:
        """The trust folder."""
        return self.root / self.policy.log.trust

    @property
    def log(self) -> Path | None:
        """The log's own folder, if it has one; nothing inside it says whom to trust."""
        from gate.store.open import folder_of

        return folder_of(self.policy.log.url, self.root)


def check(
    question: Question, place: Place, secrets: Secrets, now: Now, kept: Sequence[Kept] = ()
) -> Judged:
    """Judge without recording. A log that cannot be read is a fact that could not be had.

    Raises ``InconsistentError`` where the log does not extend one of the ``kept`` heads.
    """
    history: Maybe[History]
    try:
        view = open_view(place)
        _require_extended(view, kept)
        history = read_history(view, question.deployment)
    except NotRecordedError as error:
        history = Problem(
            ProblemKind.LOCAL, "log", f"read {place.policy.log.url}", error.message, error.remedy
        )
    return _judge(question, place.policy, secrets, history, now)


def enforce(
    question: Question, place: Place, secrets: Secrets, now: Now, kept: Sequence[Kept] = ()
) -> Recorded:
    """Judge, and append the record before answering.

    Raises ``UsageError`` where a key is missing or not the one the trust folder names,
    ``NotRecordedError`` where the record is not durably in the log, ``InconsistentError`` where the
    log does not extend one of the ``kept`` heads.
    """
    keys = open_keys(place, secrets, now())
    store = open_store(place, keys.trust)
    view = open_view(place, keys.trust, store, quorum=False)
    _require_extended(view, kept)
    judged = _judge(question, place.policy, secrets, read_history(view, question.deployment), now)
    # The same head again: only the links to the tickets' newest records are new.
    named = {lookup.reference.id for lookup in judged.facts.tickets}
    history = read_history(view, question.deployment, sorted(named))
    entry = _record(judged, place, keys.signer, store, history)
    return Recorded(judged, _append(place, store, keys, entry, now))


def complete(
    receipt_path: Path, outcome: str, place: Place, secrets: Secrets, now: Now
) -> Appended:
    """Append the outcome of an enforced deployment.

    Raises ``InconsistentError`` where the receipt does not verify, ``FindingError`` where it
    permits nothing, and what ``enforce`` raises of keys and log.
    """
    from gate.log.history import read_history as read
    from gate.log.receipt import read_receipt, verify_receipt
    from gate.record.dsse import seal
    from gate.record.statement import DecisionRecord
    from gate.record.writing import outcome_statement

    keys = open_keys(place, secrets, now())
    receipt = read_receipt(receipt_path)
    record = verify_receipt(receipt, keys.trust)
    if not isinstance(record, DecisionRecord):
        raise FindingError("the receipt is not of a decision, so it has no outcome to record")
    if record.decision not in PERMITTING:
        raise FindingError(
            f"the receipt's decision is {record.decision}: nothing was permitted, so nothing can "
            "have come of it",
            remedy="give the receipt of the decision that let this deployment go on",
        )
    store = open_store(place, keys.trust)
    view = open_view(place, keys.trust, store, quorum=False)
    history = read(view, record.service, record.environment, record.commit, record.tickets)
    if outcome == "succeeded":
        _require_standing(receipt.link, history)
    payload = outcome_statement(
        receipt.link, record, outcome, at=now(), judged=history, gate_version=__version__
    )
    return _append(place, store, keys, seal(payload, keys.signer), now)


def _require_standing(decision: EntryLink, history: History) -> None:
    """``FindingError`` where a newer decision on the same commit here no longer permitted it.

    An old permission that was never used must not be said to have succeeded after that: the next
    deployment's range would start from it.
    """
    for past in history.here:
        if past.link.index > decision.index and past.decision not in PERMITTING:
            raise FindingError(
                f"entry {past.link.index} decided {past.decision} on the same commit after entry "
                f"{decision.index} had permitted it",
                remedy="enforce again, and complete with the receipt of that decision",
            )


@dataclass(frozen=True, slots=True)
class Keys:
    """The record key, the log key and the trust folder that vouches for both."""

    signer: RecordSigner
    log_signer: Signer
    trust: Trust


def open_keys(place: Place, secrets: Secrets, at: datetime | None = None) -> Keys:
    """The keys as the environment gives them, held against the trust folder.

    ``at`` is when records will be signed: the record key must count then. Raises ``UsageError``
    for keys that are missing, broken or not the trusted ones.
    """
    from gate.log.trust import LOG_KEY, SIGNING_KEY, load_trust, require_keys
    from gate.record.signer import RecordSigner, load_private_key
    from gate.tlog.note import Ed25519Signer

    for name, value in ((SIGNING_KEY, secrets.signing_key), (LOG_KEY, secrets.log_key)):
        if not value:
            raise UsageError(
                f"{name} is not set",
                remedy=f"give the job the secret {name} (or {name}_FILE); "
                "`gate keys new` makes keys",
            )
    keys = Keys(
        RecordSigner(load_private_key(secrets.signing_key, SIGNING_KEY)),
        Ed25519Signer(place.policy.log.origin, load_private_key(secrets.log_key, LOG_KEY)),
        load_trust(place.trust, log=place.log),
    )
    require_keys(keys.trust, keys.log_signer, keys.signer, at)
    return keys


def open_store(place: Place, trust: Trust) -> Store:
    """The log's store."""
    from gate.store.open import open_store as opened

    return opened(
        place.policy.log.url, surroundings(place, *(one.key for one in trust.policy.logs))
    )


def surroundings(place: Place, *keys: Verifier) -> Surroundings:
    """What opening the policy's store takes; ``keys`` are those that sign the log's heads."""
    from gate.log.reading import log_reader
    from gate.store.contract import Surroundings as Around

    settings = place.policy.log
    return Around(
        place.root,
        log_reader(keys),
        place.environ,
        endpoint=settings.endpoint,
        region=settings.region,
        ca=settings.ca or place.policy.network.ca,
    )


def open_view(
    place: Place,
    trust: Trust | None = None,
    store: Store | None = None,
    *,
    quorum: bool = True,
) -> LogView:
    """The log at its newest verified head; who is to append to it needs no ``quorum`` before."""
    from gate.log.trust import load_trust
    from gate.log.view import LogView

    trust = trust or load_trust(place.trust, log=place.log)
    return LogView(store or open_store(place, trust), trust, quorum=quorum)


def _require_extended(view: LogView, kept: Sequence[Kept]) -> None:
    """``InconsistentError`` where the log does not extend a head that was kept elsewhere."""
    from gate.log.kept import hold

    for one in kept:
        hold(one, view.trust.policy, view.size, view.checkpoint, view.root_at)


def read_history(view: LogView, deployment: Deployment, tickets: Sequence[str] = ()) -> History:
    """What the log proves of the service, the environment, the commit and the tickets."""
    from gate.log.history import read_history as read

    return read(view, deployment.service, deployment.environment, deployment.commit, tickets)


def _judge(
    question: Question, policy: Policy, secrets: Secrets, history: Maybe[History], now: Now
) -> Judged:
    gathered = gather(question, policy, secrets, history)
    return Judged(gathered, evaluate(gathered.facts, policy, now()))


def _record(
    judged: Judged, place: Place, signer: RecordSigner, store: Store, history: History
) -> bytes:
    """Seal the record, and store what it points to first: its evidence and its disclosure.

    Returns the log entry.
    """
    from gate.config import public_view
    from gate.identity import People
    from gate.record.disclosure import Disclosure
    from gate.record.dsse import seal
    from gate.record.evidence import evidence_bundle, evidence_name
    from gate.record.labels import Labels
    from gate.record.predicates import PolicyReference
    from gate.record.writing import decision_statement
    from gate.store.disclosure import open_disclosures

    facts, policy = judged.facts, place.policy
    service = policy.services[facts.deployment.service]
    labels = Labels(People(policy).owner)
    bundle = evidence_bundle(
        facts,
        judged.decision,
        labels=labels,
        repository=service.repository,
        release_refs=service.release_refs,
        public_policy=public_view(policy),
    )
    payload = decision_statement(
        facts,
        judged.decision,
        labels=labels,
        repository=service.repository,
        release_refs=service.release_refs,
        policy=PolicyReference(policy.sha256, facts.pin),
        judged=history,
        evidence_sha256=evidence_name(bundle),
        gate_version=__version__,
    )
    entry = seal(payload, signer)
    disclosure = Disclosure.of(entry, labels, policy.text.decode())
    store.put_evidence(evidence_name(bundle), bundle)
    open_disclosures(policy.evidence_url, place.root).put(disclosure.entry, disclosure.to_json())
    return entry


def _append(place: Place, store: Store, keys: Keys, entry: bytes, now: Now) -> Appended:
    from gate.log.append import append
    from gate.log.judge_again import judge_again

    again = judge_again(keys.signer, now, __version__)
    with asking_witnesses(place, keys.trust) as post:
        return append(store, keys.trust, keys.log_signer, entry, rejudge=again, post=post)


@contextmanager
def asking_witnesses(place: Place, trust: Trust) -> Iterator[Poster | None]:
    """What asks the witnesses, by the policy's network settings; None where there are none."""
    from gate.tlog.trust import NONE

    if trust.policy.quorum == NONE:
        yield None
        return
    from gate.http import Poster

    with closing(Poster(place.policy.network)) as poster:
        yield poster
