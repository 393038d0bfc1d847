"""The forward flow: facts, decision, record, log, receipt. One function a command.

``check`` judges and writes nothing. ``enforce`` judges, and has the record durably in the log
before it answers. ``complete`` adds what became of the deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gate import __version__
from gate.config import Policy
from gate.config.secrets import Secrets
from gate.errors import FindingError, NotRecordedError
from gate.facts.gather import Gathered, gather
from gate.facts.question import Question
from gate.frozen import dataclass
from gate.model import (
    PERMITTING,
    Decision,
    EntryLink,
    Facts,
    History,
    Maybe,
    Now,
    Problem,
    ProblemKind,
)
from gate.past import asked_of, read_evidence, read_history, require_extended
from gate.place import (
    Keys,
    Place,
    asking_witnesses,
    open_disclosures,
    open_keys,
    open_store,
    open_view,
)
from gate.policy import evaluate

if TYPE_CHECKING:
    from gate.log.reading.view import LogView
    from gate.log.receipts.kept import Kept
    from gate.log.writing.append import Appended
    from gate.record.disclosure import Disclosure
    from gate.record.signer import RecordSigner
    from gate.store.contract import Store


# What was read of the log's history: that, or where nothing is recorded perhaps a problem.
Read = TypeVar("Read", bound=Maybe[History])


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
class Written:
    """A sealed record with its evidence bundle, the bundle's digest, and its disclosure."""

    entry: bytes
    evidence_sha256: str
    evidence: bytes
    disclosure: Disclosure


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision in the log.

    ``superseded``: the log moved on meanwhile and what was judged no longer holds there, so a
    denial stands in its place.
    """

    judged: Judged
    appended: Appended


def check(
    question: Question, place: Place, secrets: Secrets, now: Now, kept: Sequence[Kept] = ()
) -> Judged:
    """Judge without recording. A log that cannot be read is a fact that could not be had.

    Raises ``InconsistentError`` where the log does not extend one of the ``kept`` heads.
    """

    @cache
    def view() -> LogView:
        opened = open_view(place, asking=asked_of(question, place.policy))
        require_extended(opened, kept)
        return opened

    handed = read_evidence(question, place)

    def past(tickets: Iterable[str]) -> Maybe[History]:
        url = place.policy.log.url
        try:
            found = read_history(view(), question.deployment, tickets, place.policy)
            return replace(found, earlier=handed or found.earlier)
        except NotRecordedError as error:
            return Problem(ProblemKind.LOCAL, "log", f"read {url}", error.message, error.remedy)

    judged, _ = judge(question, place.policy, secrets, past, now)
    return judged


def enforce(
    question: Question, place: Place, secrets: Secrets, now: Now, kept: Sequence[Kept] = ()
) -> Recorded:
    """Judge, and append the record before answering.

    Raises ``UsageError`` where a key is missing or not the one the trust folder names,
    ``NotRecordedError`` where the record is not durably in the log, ``InconsistentError`` where the
    log does not extend one of the ``kept`` heads.
    """
    keys = open_keys(place, secrets, now())
    handed = read_evidence(question, place)
    store = open_store(place, keys.trust)
    asked = asked_of(question, place.policy)
    view = open_view(place, keys.trust, store, quorum=False, asking=asked)
    require_extended(view, kept)

    def past(tickets: Iterable[str]) -> History:
        found = read_history(view, question.deployment, tickets, place.policy)
        return replace(found, earlier=handed or found.earlier)

    judged, history = judge(question, place.policy, secrets, past, now)
    entry = _record(judged, place, keys.signer, store, history, secrets)
    return Recorded(judged, append_entry(place, store, keys, entry, now))


def complete(
    receipt_path: Path, outcome: str, place: Place, secrets: Secrets, now: Now
) -> Appended:
    """Append the outcome of an enforced deployment.

    Raises ``InconsistentError`` where the receipt does not verify, ``FindingError`` where it
    permits nothing, and what ``enforce`` raises of keys and log.
    """
    from gate.log.history.history import keys_asked
    from gate.log.history.history import read_history as read
    from gate.log.receipts.receipt import read_receipt, verify_receipt
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
    about = (record.service, record.environment, record.commit, record.tickets)
    view = open_view(place, keys.trust, store, quorum=False, asking=keys_asked(*about))
    history = read(view, *about)
    if outcome == "succeeded":
        _require_standing(receipt.link, history)
    payload = outcome_statement(
        receipt.link, record, outcome, at=now(), judged=history, gate_version=__version__
    )
    return append_entry(place, store, keys, seal(payload, keys.signer), now)


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


def judge(
    question: Question,
    policy: Policy,
    secrets: Secrets,
    past: Callable[[Iterable[str]], Read],
    now: Now,
) -> tuple[Judged, Read]:
    """The decision, and the history that it rests on: ``past`` reads it, of the tickets given.

    The range of commits starts where history says, so that is read first; of tickets that only the
    change names it is read again, at the same head, when they are known.
    """
    history = past(question.tickets)
    gathered = gather(question, policy, secrets, history)
    named = {lookup.reference.id for lookup in gathered.facts.tickets}
    if isinstance(history, History) and not named <= history.uses.keys():
        history = past(sorted(named))
        gathered = replace(gathered, facts=replace(gathered.facts, history=history))
    return Judged(gathered, evaluate(gathered.facts, policy, now())), history


def _record(
    judged: Judged,
    place: Place,
    signer: RecordSigner,
    store: Store,
    history: History,
    secrets: Secrets,
) -> bytes:
    """Seal the record, and store what it points to first; returns the log entry."""
    written = write_record(judged, place, signer, history, secrets)
    store.put_evidence(written.evidence_sha256, written.evidence)
    open_disclosures(place).put(written.disclosure.entry, written.disclosure.to_json())
    return written.entry


def write_record(
    judged: Judged, place: Place, signer: RecordSigner, history: History, secrets: Secrets
) -> Written:
    """The sealed record and what it points to, without the ``secrets``; nothing is stored."""
    from gate.config import public_view
    from gate.identity import People
    from gate.record.disclosure import Disclosure
    from gate.record.dsse import seal
    from gate.record.evidence import evidence_bundle, evidence_name
    from gate.record.labels import Labels
    from gate.record.predicates import PolicyReference
    from gate.record.writing import decision_statement

    facts, policy = judged.facts, place.policy
    service = policy.services[facts.deployment.service]
    labels = Labels(People(policy).owner, redact=secrets.redactor())
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
    return Written(entry, evidence_name(bundle), bundle, disclosure)


def append_entry(place: Place, store: Store, keys: Keys, entry: bytes, now: Now) -> Appended:
    """Append a sealed record, judged again at its place; raises what ``log.append`` raises."""
    from gate.log.writing.append import append
    from gate.log.writing.judge_again import judge_again

    again = judge_again(keys.signer, now, __version__)
    with asking_witnesses(place, keys.trust) as post:
        return append(store, keys.trust, keys.log_signer, entry, rejudge=again, post=post)
